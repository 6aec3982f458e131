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

static void look(const char *name)
{
	if (!utf8_is_text(name, strlen(name)))
		abort();
	for (; *name; name++)
		if (iscntrl((unsigned char)*name))
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
