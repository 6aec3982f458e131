/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are taken for a key, and what is made of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/state/key.h"
#include "tests/unit/scratch.h"

static const uint8_t bytes[9 * KEY_BYTES] = {
	[0] = 1,
	[KEY_BYTES] = 2,
	[2 * KEY_BYTES] = 3,
	[3 * KEY_BYTES] = 4,
	[4 * KEY_BYTES] = 5,
	[5 * KEY_BYTES] = 6,
	[6 * KEY_BYTES] = 7,
	[7 * KEY_BYTES] = 8,
	[8 * KEY_BYTES] = 9,
};

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
	{ "two", 2 * KEY_BYTES, 0600, 0 },
	{ "almost-two", 2 * KEY_BYTES - 1, 0600, KEY_E_MALFORMED },
	{ "eight", 8 * KEY_BYTES, 0600, 0 },
	{ "nine", 9 * KEY_BYTES, 0600, KEY_E_MALFORMED },
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

static struct key *ring_of(const uint8_t *roots, size_t n)
{
	struct key *key = NULL;

	assert_int_equal(key_read(roots, n * KEY_BYTES, &key), 0);
	return key;
}

/* A key that stands there twice would hide which one is in force. */
static void no_key_twice(void **state)
{
	uint8_t twice[3 * KEY_BYTES] = { [0] = 1, [KEY_BYTES] = 2, [64] = 1 };
	struct key *key = NULL;

	(void)state;
	assert_int_equal(key_read(twice, sizeof(twice), &key), KEY_E_MALFORMED);
	assert_null(key);
	assert_int_equal(key_read(twice, 0, &key), KEY_E_MALFORMED);
	assert_int_equal(key_read(twice, 2 * KEY_BYTES, &key), 0);
	key_free(key);
}

static void root_ids(void **state)
{
	struct key *key = ring_of(bytes, 2), *first = ring_of(bytes, 1);
	size_t n;

	(void)state;
	assert_int_equal(key_n_roots(key), 2);
	assert_int_equal(key_find_root(key, key_root_id(first, 0)), 0);
	assert_int_equal(key_find_root(first, key_root_id(key, 1)), 1);
	assert_memory_not_equal(key_root_id(key, 0), bytes, KEY_ID_BYTES);
	assert_memory_equal(key_roots(key, &n), bytes, 2 * KEY_BYTES);
	assert_int_equal(n, 2 * KEY_BYTES);
	key_free(key);
	key_free(first);
}

struct wrapped {
	struct key_data facts;
	uint8_t bytes[KEY_WRAPPED_BYTES];
};

/* A seal key, then a ledger key for record 7 and on. */
static void wrap_two(struct key *key, size_t root, struct wrapped rows[2])
{
	assert_int_equal(key_make(key, KEY_USE_SEAL, 100, 0), 0);
	assert_int_equal(key_make(key, KEY_USE_LEDGER, 100, 7), 0);
	for (size_t i = 0; i < 2; i++) {
		rows[i].facts = *key_data_get(key, i);
		key_wrap(key, root, i, rows[i].bytes);
	}
}

/* abuse_108: without the root key a data key is noise. */
static void wrapped_keys(void **state)
{
	struct key *key = ring_of(bytes, 2), *again = ring_of(bytes, 2);
	struct key *other = ring_of(bytes + KEY_BYTES, 1);
	const struct key_data *facts;
	struct wrapped rows[2];
	const uint8_t *seal, *opened;

	(void)state;
	wrap_two(key, 0, rows);
	seal = key_seal_newest(key, &facts);
	assert_memory_equal(facts->id, rows[0].facts.id, KEY_ID_BYTES);
	assert_null(memmem(&rows, sizeof(rows), seal, KEY_BYTES));
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(key_wrapped_root(rows[i].bytes),
				    key_root_id(key, 0), KEY_ID_BYTES);
		assert_int_equal(key_unwrap(other, &rows[i].facts,
					    rows[i].bytes, KEY_WRAPPED_BYTES),
				 KEY_E_WRONG);
		assert_int_equal(key_unwrap(again, &rows[i].facts,
					    rows[i].bytes, KEY_WRAPPED_BYTES),
				 0);
	}
	assert_int_equal(key_n_data(other), 0);
	opened = key_seal_find(again, rows[0].facts.id);
	assert_non_null(opened);
	assert_memory_equal(opened, seal, KEY_BYTES);
	/* A use is not another one. */
	assert_null(key_seal_find(again, rows[1].facts.id));
	assert_null(key_ledger_find(again, 6));
	opened = key_ledger_find(again, 7);
	assert_non_null(opened);
	assert_memory_equal(opened, key_ledger_find(key, 8), KEY_BYTES);
	assert_memory_not_equal(opened, seal, KEY_BYTES);
	key_free(key);
	key_free(again);
	key_free(other);
}

/* Any other id, use or place in the ledger, and any changed bit. */
static void wrapped_keys_are_bound(void **state)
{
	struct key *key = ring_of(bytes, 1), *again = ring_of(bytes, 1);
	struct wrapped rows[2], changed;

	(void)state;
	wrap_two(key, 0, rows);
	for (int i = 0; i < 4; i++) {
		changed = rows[1];
		changed.facts.id[0] ^= i == 0;
		changed.facts.use = i == 1 ? KEY_USE_SEAL : KEY_USE_LEDGER;
		changed.facts.from_seq += i == 2;
		if (i == 3)
			memcpy(changed.bytes, rows[0].bytes, KEY_WRAPPED_BYTES);
		assert_int_equal(key_unwrap(again, &changed.facts,
					    changed.bytes, KEY_WRAPPED_BYTES),
				 KEY_E_DAMAGED);
	}
	for (size_t i = 0; i < 8 * KEY_WRAPPED_BYTES; i++) {
		bool in_root = i / 8 >= 1 && i / 8 <= KEY_ID_BYTES;

		changed = rows[0];
		changed.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(key_unwrap(again, &changed.facts,
					    changed.bytes, KEY_WRAPPED_BYTES),
				 in_root ? KEY_E_WRONG : KEY_E_DAMAGED);
	}
	assert_int_equal(key_unwrap(again, &rows[0].facts, rows[0].bytes,
				    KEY_WRAPPED_BYTES - 1),
			 KEY_E_DAMAGED);
	assert_int_equal(key_n_data(again), 0);
	key_free(key);
	key_free(again);
}

/* Which of several is used for what. */
static void newest_and_by_record(void **state)
{
	struct key *key = ring_of(bytes, 1), *copy = ring_of(bytes, 1);
	const struct key_data *facts = NULL;

	(void)state;
	assert_null(key_seal_newest(key, &facts));
	assert_null(key_ledger_find(key, 1));
	assert_int_equal(key_make(key, KEY_USE_SEAL, 100, 0), 0);
	assert_int_equal(key_make(key, KEY_USE_LEDGER, 100, 1), 0);
	assert_int_equal(key_make(key, KEY_USE_SEAL, 200, 0), 0);
	assert_int_equal(key_make(key, KEY_USE_LEDGER, 200, 10), 0);
	assert_int_equal(key_copy_data(copy, key), 0);
	key_swap(key, copy);
	assert_int_equal(key_n_data(key), 4);
	assert_non_null(key_seal_newest(key, &facts));
	assert_int_equal(facts->created, 200);
	key_retire(key, 2, 300);
	assert_non_null(key_seal_newest(key, &facts));
	assert_int_equal(facts->created, 100);
	assert_non_null(key_seal_find(key, key_data_get(key, 2)->id));
	assert_ptr_equal(key_ledger_find(key, 1), key_ledger_find(key, 9));
	assert_ptr_not_equal(key_ledger_find(key, 9), key_ledger_find(key, 10));
	assert_ptr_equal(key_ledger_find(key, 10),
			 key_ledger_find(key, INT64_MAX));
	assert_null(key_ledger_find(key, 0));
	key_free(key);
	key_free(copy);
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
		cmocka_unit_test(no_key_twice),
		cmocka_unit_test(root_ids),
		cmocka_unit_test(wrapped_keys),
		cmocka_unit_test(wrapped_keys_are_bound),
		cmocka_unit_test(newest_and_by_record),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
