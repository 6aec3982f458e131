/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/wiped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void wiped_deinit(struct wiped *wiped)
{
	if (wiped->bytes)
		explicit_bzero(wiped->bytes, wiped->size);
	free(wiped->bytes);
	*wiped = (struct wiped){ 0 };
}

/* Room for n more and a NUL. */
static bool make_room(struct wiped *wiped, size_t n)
{
	size_t size = wiped->size > 0 ? wiped->size : 256;
	char *bytes;

	if (wiped->error != 0)
		return false;
	if (n > WIPED_MAX - wiped->n) {
		wiped->error = -E2BIG;
		return false;
	}
	while (size < wiped->n + n + 1)
		size *= 2;
	if (size == wiped->size)
		return true;
	/* Not realloc(): it would leave a copy. */
	bytes = malloc(size);
	if (!bytes) {
		wiped->error = -ENOMEM;
		return false;
	}
	if (wiped->bytes) {
		memcpy(bytes, wiped->bytes, wiped->n);
		explicit_bzero(wiped->bytes, wiped->size);
	}
	free(wiped->bytes);
	wiped->bytes = bytes;
	wiped->size = size;
	return true;
}

void wiped_add_bytes(struct wiped *wiped, const char *bytes, size_t n)
{
	if (!make_room(wiped, n))
		return;
	if (n > 0)
		memcpy(wiped->bytes + wiped->n, bytes, n);
	wiped->n += n;
	wiped->bytes[wiped->n] = '\0';
}

void wiped_add(struct wiped *wiped, const char *string)
{
	wiped_add_bytes(wiped, string, strlen(string));
}

void wiped_add_char(struct wiped *wiped, char c)
{
	wiped_add_bytes(wiped, &c, 1);
}
