/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sealed value opens with its key, at its place, whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/state/seal.h"

struct keys {
	struct key *one, *other;
};

static const struct seal_place here = { "user", "password", 66000 };
static const char secret[] = "$argon2id$v=19$m=19456,t=2,p=1$salt$hash";

static struct key *make_key(void)
{
	static const uint8_t bytes[KEY_BYTES] = { 1 };
	struct key *key = NULL;

	assert_int_equal(key_read(bytes, sizeof(bytes), &key), 0);
	assert_int_equal(key_make(key, KEY_USE_SEAL, 100, 0), 0);
	return key;
}

static const uint8_t *id_of(const struct key *key)
{
	return key_data_get(key, 0)->id;
}

static int setup(void **state)
{
	static struct keys keys;

	if (sodium_init() < 0)
		return 1;
	keys.one = make_key();
	keys.other = make_key();
	*state = &keys;
	return 0;
}

static int teardown(void **state)
{
	struct keys *keys = *state;

	key_free(keys->one);
	key_free(keys->other);
	return 0;
}

/* Opens into a buffer that must stay as it was on failure. */
static void expect(const struct key *key, const struct seal_place *place,
		   const struct sealed *sealed, int result)
{
	char plain[SEAL_PLAIN_MAX];
	size_t n = 4711;

	memset(plain, 'x', sizeof(plain));
	assert_int_equal(
		seal_open(key, place, sealed, plain, sizeof(plain), &n),
		result);
	if (result == 0)
		return;
	assert_int_equal(n, 4711);
	for (size_t i = 0; i < sizeof(plain); i++)
		assert_int_equal(plain[i], 'x');
}

static void opens_again(void **state)
{
	static const size_t sizes[] = { 0, 1, sizeof(secret), SEAL_PLAIN_MAX };
	struct keys *keys = *state;
	char plain[SEAL_PLAIN_MAX] = "", opened[SEAL_PLAIN_MAX];

	memcpy(plain, secret, sizeof(secret));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sealed sealed = { 0 };
		size_t n = 4711;

		assert_int_equal(
			seal_close(keys->one, &here, plain, sizes[i], &sealed),
			0);
		assert_int_equal(sealed.n, sizes[i] + SEAL_OVERHEAD);
		assert_int_equal(seal_open(keys->one, &here, &sealed, opened,
					   sizes[i], &n),
				 0);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(opened, plain, n);
	}
}

static void nothing_of_it_shows(void **state)
{
	struct keys *keys = *state;
	struct sealed one, two;

	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &one), 0);
	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &two), 0);
	assert_memory_equal(one.bytes, two.bytes, 1 + KEY_ID_BYTES);
	/* Another nonce each time, so that equal secrets do not show. */
	assert_memory_not_equal(one.bytes + 9, two.bytes + 9, 24);
	assert_memory_not_equal(one.bytes + 33, two.bytes + 33, 16);
	assert_null(memmem(one.bytes, one.n, secret, 8));
}

static void too_large(void **state)
{
	char plain[SEAL_PLAIN_MAX + 1] = "";
	struct sealed sealed = { .n = 4711 };
	struct keys *keys = *state;
	size_t n;

	assert_int_equal(
		seal_close(keys->one, &here, plain, sizeof(plain), &sealed),
		SEAL_E_TOO_LARGE);
	assert_int_equal(sealed.n, 4711);
	assert_int_equal(seal_close(keys->one, &here, plain, 20, &sealed), 0);
	assert_int_equal(seal_open(keys->one, &here, &sealed, plain, 19, &n),
			 SEAL_E_TOO_LARGE);
}

/* A value that is copied elsewhere is no value there. */
static void only_at_its_place(void **state)
{
	static const struct seal_place elsewhere[] = {
		{ "user", "password", 66001 },  { "user", "password", 0 },
		{ "user", "passwor", 66000 },   { "user", "password_", 66000 },
		{ "users", "password", 66000 }, { "userp", "assword", 66000 },
		{ "", "userpassword", 66000 },
	};
	struct keys *keys = *state;
	struct sealed sealed;

	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &sealed),
		0);
	expect(keys->one, &here, &sealed, 0);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		expect(keys->one, &elsewhere[i], &sealed, SEAL_E_DAMAGED);
}

static void only_with_its_key(void **state)
{
	struct keys *keys = *state;
	struct sealed sealed;

	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &sealed),
		0);
	expect(keys->other, &here, &sealed, SEAL_E_OTHER_KEY);
	/* The other key's name alone makes it no key of this value. */
	memcpy(sealed.bytes + 1, id_of(keys->other), KEY_ID_BYTES);
	expect(keys->other, &here, &sealed, SEAL_E_DAMAGED);
}

static void every_bit_matters(void **state)
{
	struct keys *keys = *state;
	struct sealed sealed;

	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &sealed),
		0);
	for (size_t i = 0; i < sealed.n * 8; i++) {
		struct sealed bent = sealed;
		bool in_key_id = i / 8 >= 1 && i / 8 < 1 + KEY_ID_BYTES;

		bent.bytes[i / 8] ^= (uint8_t)(1U << (i % 8));
		expect(keys->one, &here, &bent,
		       in_key_id ? SEAL_E_OTHER_KEY : SEAL_E_DAMAGED);
	}
	expect(keys->one, &here, &sealed, 0);
}

static void every_length_matters(void **state)
{
	struct keys *keys = *state;
	struct sealed sealed = { 0 }, other;

	assert_int_equal(
		seal_close(keys->one, &here, secret, sizeof(secret), &sealed),
		0);
	for (size_t n = 0; n <= sizeof(sealed.bytes); n++) {
		other = sealed;
		other.n = n;
		expect(keys->one, &here, &other,
		       n == sealed.n ? 0 : SEAL_E_DAMAGED);
	}
	other.n = sizeof(sealed.bytes) + 1;
	expect(keys->one, &here, &other, SEAL_E_DAMAGED);
	other.n = SIZE_MAX;
	expect(keys->one, &here, &other, SEAL_E_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_again),
		cmocka_unit_test(nothing_of_it_shows),
		cmocka_unit_test(too_large),
		cmocka_unit_test(only_at_its_place),
		cmocka_unit_test(only_with_its_key),
		cmocka_unit_test(every_bit_matters),
		cmocka_unit_test(every_length_matters),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
