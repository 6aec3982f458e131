/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "config.h"
#include "cloxxsd/attempt/argon2.h"

#define MIB (UINT64_C(1) << 20)
#define SALT "c2FsdHNhbHRzYWx0c2FsdA"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEAD "$argon2id$v=19$m=65536,t=2,p=1$"

static const struct argon2_cost maximum = { .memory = 1024 * MIB,
					    .operations = 16 };

static const struct {
	const char *what;
	const char *stored;
	int expected;
} rows[] = {
	{ "as libsodium writes it", HEAD SALT "$" HASH, 0 },
	{ "least", "$argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH, 0 },
	{ "most", "$argon2id$v=19$m=1048576,t=16,p=1$" SALT "$" HASH, 0 },
	{ "abuse_81 memory over the maximum",
	  "$argon2id$v=19$m=1048577,t=2,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 16 GiB", "$argon2id$v=19$m=16777216,t=2,p=1$" SALT "$" HASH,
	  1 },
	{ "abuse_81 4 TiB and 64 MiB: wraps at 32 bits",
	  "$argon2id$v=19$m=4295032832,t=2,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 wraps at 64 bits",
	  "$argon2id$v=19$m=18446744073709617152,t=2,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 operations over the maximum",
	  "$argon2id$v=19$m=65536,t=17,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 t=2^31",
	  "$argon2id$v=19$m=65536,t=2147483648,p=1$" SALT "$" HASH, 1 },
	{ "no memory", "$argon2id$v=19$m=0,t=2,p=1$" SALT "$" HASH, 1 },
	{ "too little memory", "$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH, 1 },
	{ "no operations", "$argon2id$v=19$m=65536,t=0,p=1$" SALT "$" HASH, 1 },
	{ "leading zero", "$argon2id$v=19$m=065536,t=2,p=1$" SALT "$" HASH, 1 },
	{ "sign", "$argon2id$v=19$m=+65536,t=2,p=1$" SALT "$" HASH, 1 },
	{ "negative", "$argon2id$v=19$m=65536,t=-2,p=1$" SALT "$" HASH, 1 },
	{ "blank", "$argon2id$v=19$m= 65536,t=2,p=1$" SALT "$" HASH, 1 },
	{ "two lanes", "$argon2id$v=19$m=65536,t=2,p=2$" SALT "$" HASH, 1 },
	{ "ten lanes", "$argon2id$v=19$m=65536,t=2,p=10$" SALT "$" HASH, 1 },
	{ "other order", "$argon2id$v=19$t=2,m=65536,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 argon2i", "$argon2i$v=19$m=65536,t=2,p=1$" SALT "$" HASH,
	  1 },
	{ "abuse_81 argon2d", "$argon2d$v=19$m=65536,t=2,p=1$" SALT "$" HASH,
	  1 },
	{ "old version", "$argon2id$v=16$m=65536,t=2,p=1$" SALT "$" HASH, 1 },
	{ "no version", "$argon2id$m=65536,t=2,p=1$" SALT "$" HASH, 1 },
	{ "abuse_81 bcrypt",
	  "$2b$12$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu", 1 },
	{ "abuse_81 scrypt",
	  "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKv",
	  1 },
	{ "abuse_81 sha512crypt", "$6$salt$hash", 1 },
	{ "plain", "password", 1 },
	{ "empty", "", 1 },
	{ "short salt", HEAD "c2FsdHNhbHRzYWx0c2Fs$" HASH, 1 },
	{ "long salt", HEAD SALT "AAAA$" HASH, 1 },
	{ "no salt", HEAD "$" HASH, 1 },
	{ "bad base64 in the salt", HEAD "c2FsdHNhbHRzYWx0c2Fs*A$" HASH, 1 },
	{ "URL base64 in the salt", HEAD "c2FsdHNhbHRzYWx0c2F-_A$" HASH, 1 },
	{ "padded salt", HEAD SALT "==$" HASH, 1 },
	{ "stray bits in the salt", HEAD "c2FsdHNhbHRzYWx0c2FsdB$" HASH, 1 },
	{ "short hash", HEAD SALT "$AAAA", 1 },
	{ "long hash", HEAD SALT "$" HASH "A", 1 },
	{ "no hash", HEAD SALT "$", 1 },
	{ "cut before the hash", HEAD SALT, 1 },
	{ "bad base64 in the hash",
	  HEAD SALT "$AAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA", 1 },
	{ "stray bits in the hash",
	  HEAD SALT "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", 1 },
	{ "more behind it", HEAD SALT "$" HASH "$", 1 },
	{ "newline behind it", HEAD SALT "$" HASH "\n", 1 },
};

static void test_inspect_abuse_81(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct argon2_cost cost = { .memory = 1, .operations = 1 };
		int r = argon2_inspect(rows[i].stored, &maximum, &cost);

		if (r != (rows[i].expected ? ARGON2_E_REFUSED : 0))
			fail_msg("%s: %d", rows[i].what, r);
		/* Untouched on failure. */
		if (r != 0)
			assert_int_equal(cost.memory, 1);
	}
}

static void test_cost(void **state)
{
	struct argon2_cost cost;

	(void)state;
	assert_int_equal(argon2_inspect(HEAD SALT "$" HASH, &maximum, &cost),
			 0);
	assert_int_equal(cost.memory, 64 * MIB);
	assert_int_equal(cost.operations, 2);
}

/* Never ends within its buffer: nothing behind it is read. */
static void test_unended(void **state)
{
	struct argon2_cost cost;
	char stored[ARGON2_STORED_SIZE];

	(void)state;
	memset(stored, '$', sizeof(stored));
	assert_int_equal(argon2_inspect(stored, &maximum, &cost),
			 ARGON2_E_REFUSED);
}

static void test_round_trip(void **state)
{
	static const struct argon2_cost cost = { .memory = 64 * 1024,
						 .operations = 2 };
	scope(secret_deinit) struct secret right = { 0 };
	scope(secret_deinit) struct secret wrong = { 0 };
	char first[ARGON2_STORED_SIZE], second[ARGON2_STORED_SIZE];
	struct argon2_cost read;
	char bytes[SECRET_MAX];

	(void)state;
	/* abuse-77: the last of 1,024 bytes counts. */
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(secret_set(&right, bytes, sizeof(bytes)), 0);
	bytes[SECRET_MAX - 1] = 'y';
	assert_int_equal(secret_set(&wrong, bytes, sizeof(bytes)), 0);
	assert_int_equal(argon2_hash(&right, &cost, first), 0);
	assert_int_equal(argon2_hash(&right, &cost, second), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(argon2_inspect(first, &maximum, &read), 0);
	assert_int_equal(read.memory, cost.memory);
	assert_int_equal(read.operations, cost.operations);
	assert_int_equal(argon2_verify(first, &right, &maximum), 0);
	assert_int_equal(argon2_verify(first, &wrong, &maximum),
			 ARGON2_E_WRONG);
	/* Dearer than allowed now: refused, although it is right. */
	assert_int_equal(argon2_verify(first, &right,
				       &(struct argon2_cost){ 32 * 1024, 2 }),
			 ARGON2_E_REFUSED);
	assert_int_equal(argon2_verify("", &right, &maximum), ARGON2_E_REFUSED);
}

static void test_bad_cost(void **state)
{
	static const struct argon2_cost bad[] = {
		{ 0, 2 },
		{ 4096, 2 },
		{ 64 * 1024, 0 },
		{ UINT64_MAX, 2 },
	};
	struct secret secret = { 0 };
	char stored[ARGON2_STORED_SIZE] = "before";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(argon2_hash(&secret, &bad[i], stored),
				 -EINVAL);
	assert_string_equal(stored, "before");
}

/* A lack of memory is no wrong answer: it must never count towards a lock. */
static void test_no_memory(void **state)
{
	static const char stored[] =
		"$argon2id$v=19$m=1048576,t=2,p=1$" SALT "$" HASH;
	static const struct argon2_cost cost = { 1024 * MIB, 2 };
	struct secret secret = { 0 };
	struct rlimit before, little;
	char hashed[ARGON2_STORED_SIZE];
	int verified, made;

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	little = before;
	little.rlim_cur = 512 * MIB;
	assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
	verified = argon2_verify(stored, &secret, &maximum);
	made = argon2_hash(&secret, &cost, hashed);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_int_equal(verified, -ENOMEM);
	assert_int_equal(made, -ENOMEM);
}

static void test_rehash_abuse_81(void **state)
{
	static const struct {
		struct argon2_cost stored, asked;
		bool needed;
		struct argon2_cost wanted;
	} cases[] = {
		{ { 64, 2 }, { 64, 2 }, false, { 0, 0 } },
		{ { 64, 2 }, { 128, 2 }, true, { 128, 2 } },
		{ { 64, 2 }, { 64, 3 }, true, { 64, 3 } },
		{ { 128, 3 }, { 64, 2 }, false, { 0, 0 } },
		{ { 128, 2 }, { 64, 3 }, true, { 128, 3 } },
		{ { 64, 3 }, { 128, 2 }, true, { 128, 3 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct argon2_cost wanted = { 0, 0 };

		assert_int_equal(argon2_needs_rehash(&cases[i].stored,
						     &cases[i].asked, &wanted),
				 cases[i].needed);
		assert_int_equal(wanted.memory, cases[i].wanted.memory);
		assert_int_equal(wanted.operations, cases[i].wanted.operations);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_abuse_81),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_unended),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad_cost),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_rehash_abuse_81),
	};

	return cmocka_run_group_tests_name("argon2", tests, NULL, NULL);
}
