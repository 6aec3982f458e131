/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server sends as its certificate: refused, or told in words that can
 * be shown. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "courier/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Of those who turn the direction of writing, or are not seen. */
static const char *const heeded[] = {
	"\xd8\x9c",     "\xe2\x80\x8b", "\xe2\x80\x8e", "\xe2\x80\x8f",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa", "\xe2\x80\xab",
	"\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",
	"\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xef\xbb\xbf",
};

/* U+0080 to U+009F */
static bool is_second_control(const char *name)
{
	return (unsigned char)name[0] == 0xc2 && (unsigned char)name[1] < 0xa0;
}

static void look(const char *name)
{
	if (!utf8_is_text(name, strlen(name)))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(heeded); i++)
		if (strstr(name, heeded[i]))
			abort();
	for (; *name; name++)
		if (iscntrl((unsigned char)*name) || is_second_control(name))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	scope(scope_free) char *pem = strndup((const char *)bytes, n);
	struct certificate certificate;

	if (!pem)
		abort();
	if (certificate_read(pem, &certificate) != 0)
		return 0;
	look(certificate.subject);
	look(certificate.organization);
	look(certificate.issuer);
	look(certificate.policies);
	if (certificate.has_extended_validation && !certificate.organization[0])
		abort();
	return 0;
}
