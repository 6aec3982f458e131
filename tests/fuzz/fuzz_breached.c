/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of breached passwords: what is found stands there, and what is no list
 * says why. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cloxxsd/attempt/breached.h"

#define PASSWORD "password"
#define DIGITS "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool stands_there(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + strlen(DIGITS) <= n; i++)
		if (strncasecmp((const char *)bytes + i, DIGITS,
				strlen(DIGITS)) == 0)
			return true;
	return false;
}

static void write_list(const char *path, const uint8_t *bytes, size_t n)
{
	scope(scope_close) int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	scope(secret_deinit) struct secret secret = { 0 };
	char directory[] = "/tmp/fuzz_breached.XXXXXX";
	char path[64], why[512];
	struct breached_facts facts = { 0 };
	struct text text;
	int r;

	if (!mkdtemp(directory) ||
	    secret_set(&secret, PASSWORD, strlen(PASSWORD)) != 0)
		abort();
	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/list", directory);
	write_list(path, bytes, n);
	text_init(&text, why, sizeof(why));
	r = breached_search(path, &secret, &text);
	if (r != 0 && r != BREACHED_E_FOUND && r != BREACHED_E_UNUSABLE)
		abort();
	if (r == BREACHED_E_FOUND && !stands_there(bytes, n))
		abort();
	if ((r == BREACHED_E_UNUSABLE) != (text.n > 0))
		abort();
	/* What can be searched can be looked at; the other way round a line
	 * between those that are looked at may be none. */
	text_init(&text, why, sizeof(why));
	if (breached_look(path, &facts, &text) != 0 && r != BREACHED_E_UNUSABLE)
		abort();
	(void)unlink(path);
	(void)rmdir(directory);
	return 0;
}
