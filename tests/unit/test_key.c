/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are taken for a key, and what is made of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/state/key.h"
#include "tests/unit/scratch.h"

static const uint8_t bytes[64] = { 1, 2, 3 };

static const struct {
	const char *name;
	size_t n;
	mode_t mode;
	int result;
} cases[] = {
	{ "good", KEY_BYTES, 0600, 0 },
	{ "read-only", KEY_BYTES, 0400, 0 },
	/* systemd's credentials: an ACL shows as the group's bit. */
	{ "acl", KEY_BYTES, 0440, 0 },
	{ "exposed", KEY_BYTES, 0604, KEY_E_EXPOSED },
	{ "executable", KEY_BYTES, 0601, KEY_E_EXPOSED },
	{ "writable", KEY_BYTES, 0620, KEY_E_EXPOSED },
	{ "writable-by-all", KEY_BYTES, 0602, KEY_E_EXPOSED },
	{ "empty", 0, 0600, KEY_E_MALFORMED },
	{ "short", KEY_BYTES - 1, 0600, KEY_E_MALFORMED },
	{ "long", KEY_BYTES + 1, 0600, KEY_E_MALFORMED },
};

static void expect(const struct scratch *scratch, const char *name, int result)
{
	struct key *key = NULL;
	char path[128];
	int r = key_load(scratch_path(scratch, name, path), &key);

	if (r != result)
		fail_msg("%s: %d instead of %d", name, r, result);
	assert_true((r == 0) == (key != NULL));
	key_free(key);
}

static void files(void **state)
{
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		scratch_write(&scratch, cases[i].name, bytes, cases[i].n,
			      cases[i].mode);
		expect(&scratch, cases[i].name, cases[i].result);
	}
	expect(&scratch, "missing", KEY_E_MISSING);
	expect(&scratch, "good/below", -ENOTDIR);
	scratch_deinit(&scratch);
}

/* A link could be swung by whoever may write beside it. */
static void what_is_no_plain_file(void **state)
{
	char path[128], target[128];
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch);
	scratch_write(&scratch, "key", bytes, KEY_BYTES, 0600);
	assert_int_equal(symlink(scratch_path(&scratch, "key", target),
				 scratch_path(&scratch, "link", path)),
			 0);
	expect(&scratch, "link", KEY_E_EXPOSED);
	assert_int_equal(mkdir(scratch_path(&scratch, "directory", path), 0700),
			 0);
	expect(&scratch, "directory", KEY_E_EXPOSED);
	/* A pipe without a writer must not hold the daemon up. */
	assert_int_equal(mkfifo(scratch_path(&scratch, "pipe", path), 0600), 0);
	expect(&scratch, "pipe", KEY_E_EXPOSED);
	scratch_deinit(&scratch);
}

/* The keys differ by use, and none is the root key; the same file, the same. */
static void made_keys(void **state)
{
	static const enum key_use uses[] = { KEY_USE_SEAL, KEY_USE_LEDGER,
					     KEY_USE_ID };
	struct key *key, *again, *other;
	struct scratch scratch;
	char path[128];

	(void)state;
	scratch_init(&scratch);
	scratch_write(&scratch, "key", bytes, KEY_BYTES, 0600);
	scratch_write(&scratch, "other", bytes + 1, KEY_BYTES, 0600);
	scratch_path(&scratch, "key", path);
	assert_int_equal(key_load(path, &key), 0);
	assert_int_equal(key_load(path, &again), 0);
	assert_int_equal(
		key_load(scratch_path(&scratch, "other", path), &other), 0);
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		const uint8_t *made = key_get(key, uses[i]);

		assert_memory_equal(made, key_get(again, uses[i]), KEY_BYTES);
		assert_memory_not_equal(made, bytes, KEY_BYTES);
		assert_memory_not_equal(made, key_get(other, uses[i]),
					KEY_BYTES);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(made, key_get(key, uses[k]),
						KEY_BYTES);
	}
	assert_memory_not_equal(key_id(key), key_id(other), KEY_ID_BYTES);
	key_free(key);
	key_free(again);
	key_free(other);
	scratch_deinit(&scratch);
}

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(what_is_no_plain_file),
		cmocka_unit_test(made_keys),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
