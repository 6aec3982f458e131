/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a provider of country databases sends, of gzip or tar or neither. In
 * pieces of any size it is taken or refused alike, with a reason, and never
 * more of it than the ceiling.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "courier/unpacker.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define MAX 100000

struct seen {
	size_t n;
	uint64_t sum;
};

static int see(const void *bytes, size_t n, void *userdata)
{
	struct seen *seen = userdata;

	if (n == 0)
		abort();
	seen->n += n;
	for (size_t i = 0; i < n; i++)
		seen->sum = seen->sum * 31 + ((const uint8_t *)bytes)[i];
	return 0;
}

static int unpack(const uint8_t *bytes, size_t n, size_t size,
		  struct seen *seen)
{
	const struct unpacker_args args = { .bytes_max = MAX,
					    .each = see,
					    .userdata = seen };
	scope(unpacker_freep) struct unpacker *unpacker = NULL;
	int r = 0;

	if (unpacker_new(&args, &unpacker) != 0)
		abort();
	for (size_t at = 0; at < n && r == 0; at += size)
		r = unpacker_put(unpacker, bytes + at,
				 n - at < size ? n - at : size);
	if (r == 0)
		r = unpacker_end(unpacker);
	if (r < 0 || (r > 0) != (*unpacker_fault(unpacker) != '\0') ||
	    seen->n > MAX)
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct seen whole = { 0 }, parts = { 0 };
	int r = unpack(bytes, n, n + 1, &whole);

	if (unpack(bytes, n, 7, &parts) != r)
		abort();
	if (r == 0 && (whole.n != parts.n || whole.sum != parts.sum))
		abort();
	return 0;
}
