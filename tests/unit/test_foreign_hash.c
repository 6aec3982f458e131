/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes of other systems: known ones verify, hostile ones cost nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/attempt/foreign_hash.h"

#define H43 "E9XAySfP6N2THWdzNKesSVmhpcmhNusa8y5TMfT668."
#define H86                                      \
	"svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O8" \
	"17G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
#define H53 "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define SALT "k2XAnEHBqQ1Ct2aMXFKNa/"

static const struct {
	const char *what, *stored;
	uint64_t memory_kib; /* 0: refused */
} rows[] = {
	{ "yescrypt, least", "$y$j75$" SALT "$" H43, 1024 },
	{ "yescrypt, Debian's", "$y$j9T$" SALT "$" H43, 16 * 1024 },
	{ "yescrypt, most", "$y$jCT$" SALT "$" H43, 128 * 1024 },
	{ "yescrypt, salt of one byte", "$y$j9T$k0$" H43, 16 * 1024 },
	{ "sha512crypt", "$6$saltstring$" H86, 64 },
	{ "sha512crypt, least", "$6$rounds=1000$s$" H86, 64 },
	{ "sha512crypt, most", "$6$rounds=1000000$saltsaltsaltsalt$" H86, 64 },
	{ "bcrypt 2b", "$2b$05$" H53, 64 },
	{ "bcrypt 2y, most", "$2y$14$" H53, 64 },
	{ "bcrypt, least", "$2b$04$" H53, 64 },
	/* abuse_81: dearer than is taken, or nonsense */
	{ "yescrypt 256 MiB", "$y$jDT$" SALT "$" H43, 0 },
	{ "yescrypt 1 GiB", "$y$jFT$" SALT "$" H43, 0 },
	{ "yescrypt 2^60", "$y$jzT$" SALT "$" H43, 0 },
	{ "yescrypt, r of 2^20", "$y$j9z$" SALT "$" H43, 0 },
	{ "yescrypt, more parameters", "$y$j9T.1$" SALT "$" H43, 0 },
	{ "yescrypt, other flavour", "$y$/9T$" SALT "$" H43, 0 },
	{ "yescrypt, no salt", "$y$j9T$$" H43, 0 },
	{ "yescrypt, stray bits", "$y$j9T$abc$" H43, 0 },
	{ "yescrypt, broken group", "$y$j9T$abcde$" H43, 0 },
	{ "yescrypt, short hash", "$y$j9T$" SALT "$abc", 0 },
	{ "yescrypt, no hash", "$y$j9T$" SALT, 0 },
	{ "yescrypt, more behind it", "$y$j9T$" SALT "$" H43 "$", 0 },
	{ "sha512crypt over the most", "$6$rounds=1000001$salt$" H86, 0 },
	{ "sha512crypt 10^9", "$6$rounds=999999999$salt$" H86, 0 },
	{ "sha512crypt, wraps", "$6$rounds=4294968296$salt$" H86, 0 },
	{ "sha512crypt under the least", "$6$rounds=999$salt$" H86, 0 },
	{ "sha512crypt, leading zero", "$6$rounds=05000$salt$" H86, 0 },
	{ "sha512crypt, sign", "$6$rounds=-5000$salt$" H86, 0 },
	{ "sha512crypt, long salt", "$6$saltsaltsaltsalts$" H86, 0 },
	{ "sha512crypt, no salt", "$6$$" H86, 0 },
	{ "sha512crypt, bad character", "$6$sa:t$" H86, 0 },
	{ "sha512crypt, cut", "$6$salt$abc", 0 },
	{ "bcrypt over the most", "$2b$15$" H53, 0 },
	{ "bcrypt 31", "$2b$31$" H53, 0 },
	{ "bcrypt 99", "$2b$99$" H53, 0 },
	{ "bcrypt under the least", "$2b$03$" H53, 0 },
	{ "bcrypt, one digit", "$2b$5$" H53, 0 },
	{ "bcrypt, cut", "$2b$05$CCCC", 0 },
	{ "bcrypt 2a", "$2a$05$" H53, 0 },
	{ "bcrypt 2x", "$2x$05$" H53, 0 },
	{ "gost-yescrypt", "$gy$j9T$" SALT "$" H43, 0 },
	{ "scrypt", "$7$CU..../....abcdef$" H43, 0 },
	{ "sha256crypt", "$5$salt$" H43, 0 },
	{ "md5crypt", "$1$salt$abcdefghijklmnopqrstuv", 0 },
	{ "DES", "ab0123456789.", 0 },
	{ "locked", "!$6$saltstring$" H86, 0 },
	{ "none", "*", 0 },
	{ "empty", "", 0 },
	{ "newline behind it", "$6$saltstring$" H86 "\n", 0 },
};

static void test_inspect_abuse_81(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t memory = 1;
		int r = foreign_hash_inspect(rows[i].stored, &memory);

		if (r != (rows[i].memory_kib ? 0 : FOREIGN_HASH_E_REFUSED))
			fail_msg("%s: %d", rows[i].what, r);
		/* Untouched on failure. */
		if (memory != (r == 0 ? rows[i].memory_kib * 1024 : 1))
			fail_msg("%s: %llu bytes", rows[i].what,
				 (unsigned long long)memory);
	}
}

/* Never ends within its size: nothing behind it is read. */
static void test_unended(void **state)
{
	char stored[FOREIGN_HASH_SIZE];
	uint64_t memory;

	(void)state;
	memset(stored, 'a', sizeof(stored));
	memcpy(stored, "$6$", 3);
	assert_int_equal(foreign_hash_inspect(stored, &memory),
			 FOREIGN_HASH_E_REFUSED);
}

static const struct {
	const char *password, *stored;
} vectors[] = {
	/* of the specification of sha512crypt */
	{ "Hello world!", "$6$saltstring$" H86 },
	/* of crypt_blowfish */
	{ "U*U", "$2b$05$" H53 },
	{ "U*U", "$2y$05$" H53 },
	{ "correct horse", "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/"
			   "d5oUHpsygqV5X9xJLQc6e" },
	/* made by Debian's libcrypt */
	{ "correct horse", "$y$j75$" SALT "$" H43 },
	{ "correct horse",
	  "$y$j7T$" SALT "$tIYAo0kgvc7Hh4rcruf7AZfS3FOP5m7v4pDOBpBwKo4" },
	{ "correct horse", "$6$rounds=1000$s$gC51uuPGp0wW9p4wxGiwgzgtBXlYNrzQnl"
			   "QlAqf7A4fQPyVyb33F8PiSTLyPrNJSvn10/K6ZtSaA5JFsLFhO"
			   "51" },
};

static int verify(const char *stored, const char *password, size_t n)
{
	scope(secret_deinit) struct secret secret = { 0 };

	assert_int_equal(secret_set(&secret, password, n), 0);
	return foreign_hash_verify(stored, &secret);
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const char *password = vectors[i].password;
		size_t n = strlen(password);

		assert_true(foreign_hash_is(vectors[i].stored));
		if (verify(vectors[i].stored, password, n) != 0)
			fail_msg("%s: not right", vectors[i].stored);
		if (verify(vectors[i].stored, password, n - 1) !=
		    FOREIGN_HASH_E_WRONG)
			fail_msg("%s: not wrong", vectors[i].stored);
	}
}

static void test_passwords(void **state)
{
	const char *stored = vectors[0].stored;
	char longest[SECRET_MAX];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(verify(stored, "", 0), FOREIGN_HASH_E_WRONG);
	assert_int_equal(verify(stored, longest, sizeof(longest)),
			 FOREIGN_HASH_E_WRONG);
	assert_int_equal(verify(stored, longest, 511), FOREIGN_HASH_E_WRONG);
	assert_int_equal(verify(stored, longest, 512), FOREIGN_HASH_E_WRONG);
	/* The cost is asked before libcrypt is. */
	assert_int_equal(verify("$y$jFT$" SALT "$" H43, "x", 1),
			 FOREIGN_HASH_E_REFUSED);
	assert_false(foreign_hash_is("$argon2id$v=19$m=65536,t=2,p=1$"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_abuse_81),
		cmocka_unit_test(test_unended),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_passwords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
