/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A country database: refused with a sentence, or one that answers anything
 * that is asked of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cloxxsd/geo/database.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define NOW INT64_C(1790000000)

static void ask(const struct geo_database *database, const char *text)
{
	char code[COUNTRY_SIZE];
	struct address address;

	if (address_parse(text, &address) != 0)
		abort();
	if (geo_database_country(database, &address, code) == 0 &&
	    !country_is_known(code, strlen(code)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const addresses[] = {
		"145.97.20.1", "10.0.0.1",     "0.0.0.0", "255.255.255.255",
		"2001:610::1", "2002:9161::1", "::",      "ffff::1",
	};
	scope(geo_database_freep) struct geo_database *database = NULL;
	scope(scope_close) int fd = memfd_create("file", MFD_CLOEXEC);
	char buffer[256] = "";
	struct text why;
	int r;

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	text_init(&why, buffer, sizeof(buffer));
	r = geo_database_read(fd, NOW, &why, &database);
	if (r == GEO_DATABASE_E_REFUSED && why.n == 0)
		abort();
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(addresses); i++)
		ask(database, addresses[i]);
	return 0;
}
