/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of flat replies, on whatever comes; what it takes must be text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "libcloxxs/flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char string[32];
	scope(secret_deinit) struct secret secret = { 0 };
	int64_t number;
	bool flag;
	struct flat_reply reply = { 0 };
	const struct flat_field fields[] = {
		{ "step", FLAT_STRING, true, string, sizeof(string), NULL },
		{ "pass", FLAT_SECRET, false, &secret, 0, NULL },
		{ "number", FLAT_INT, false, &number, 0, NULL },
		{ "echo", FLAT_BOOL, false, &flag, 0, NULL },
	};

	if (flat_read_reply((const char *)bytes, n, fields, ARRAY_SIZE(fields),
			    &reply) != 0) {
		if (string[0] != '\0' || secret.n != 0)
			abort();
		return 0;
	}
	if (!utf8_is_text(string, strlen(string)) ||
	    !utf8_is_text(secret.bytes, secret.n) ||
	    strlen(secret.bytes) != secret.n ||
	    !utf8_is_text(reply.error, strlen(reply.error)))
		abort();
	return 0;
}
