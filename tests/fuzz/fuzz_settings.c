/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any file of settings; what is taken can be dumped and gives the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsd/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The dump of what is in n bytes and its length, or an empty string. */
static size_t read_and_dump(const void *bytes, size_t n, char *dump,
			    size_t size)
{
	scope(settings_freep) struct settings *settings = NULL;
	scope(scope_free) char *copy = malloc(n + 1);
	char findings[8192];
	struct text error;
	FILE *stream;
	int r;

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	dump[0] = '\0';
	text_init(&error, findings, sizeof(findings));
	r = settings_parse("fuzz", copy, n, &error, &settings);
	if ((r == 0) != (settings != NULL) || (r != 0 && error.n == 0))
		abort();
	for (size_t i = 0; i < error.n; i++)
		if (findings[i] != '\n' &&
		    (findings[i] < ' ' || findings[i] > '~'))
			abort();
	if (r != 0)
		return 0;
	stream = fmemopen(dump, size, "w");
	if (!stream || settings_dump(settings, stream) != 0)
		abort();
	fclose(stream);
	return strlen(dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char first[8192], second[8192];
	size_t n_first = read_and_dump(bytes, n, first, sizeof(first));

	if (n_first == 0)
		return 0;
	(void)read_and_dump(first, n_first, second, sizeof(second));
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
