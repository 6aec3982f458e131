/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/state_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <sodium.h>

void state_fixture_init(struct state_fixture *f)
{
	uint8_t bytes[KEY_BYTES];

	assert_true(sodium_init() >= 0);
	*f = (struct state_fixture){ 0 };
	scratch_init(&f->scratch);
	scratch_path(&f->scratch, "state", f->directory);
	scratch_path(&f->scratch, "key", f->key);
	assert_int_equal(mkdir(f->directory, 0755), 0);
	randombytes_buf(bytes, sizeof(bytes));
	scratch_write(&f->scratch, "key", bytes, sizeof(bytes), 0600);
}

void state_fixture_deinit(struct state_fixture *f)
{
	state_fixture_close(f);
	scratch_deinit(&f->scratch);
}

static void committed(const struct change_set *set, int64_t first_seq,
		      void *userdata)
{
	struct state_fixture *f = userdata;

	(void)set;
	f->n_committed++;
	f->first_seq = first_seq;
}

int state_fixture_try(struct state_fixture *f, char *why)
{
	char unread[1024];
	struct text text;
	int r;

	assert_false(f->is_open);
	text_init(&text, why ? why : unread, 1024);
	r = state_init(&f->state, f->directory, f->key, 900000000, &text);
	f->is_open = r == 0;
	f->state.committed = committed;
	f->state.userdata = f;
	return r;
}

void state_fixture_open(struct state_fixture *f)
{
	char why[1024] = "";
	int r = state_fixture_try(f, why);

	if (r != 0)
		fail_msg("%d: %s", r, why);
}

void state_fixture_close(struct state_fixture *f)
{
	if (f->is_open)
		state_deinit(&f->state);
	f->is_open = false;
}

struct record record_of(enum event event, const char *user)
{
	return (struct record){
		.at_us = 1000000,
		.event = event,
		.result = RECORD_DONE,
		.reason = REASON_BY_ADMINISTRATOR,
		.user = user,
		.actor = "root",
	};
}

struct user user_of(uint32_t uid, const char *name)
{
	struct user user = {
		.uid = uid,
		.enabled = true,
		.services = "sshd,sudo",
		.shell = "/bin/bash",
		.home = "/home/somebody",
		.password = { .n = 3, .bytes = { 1, 2, 3 } },
		.password_kind = USER_PASSWORD_TEMPORARY,
		.password_changed = 900,
		.temporary_until = 2000,
		.credential = 1,
		.created = 900,
	};

	assert_true(strlen(name) < sizeof(user.name));
	memcpy(user.name, name, strlen(name) + 1);
	return user;
}

void apply(struct state_fixture *f, struct change change, int result)
{
	struct change_set set = { 0 };

	change_set_add(&set, change);
	change_set_record(&set, record_of(EVENT_USER_CHANGED, "somebody"));
	assert_int_equal(state_apply(&f->state, &set), result);
}

struct user find(struct state_fixture *f, uint32_t uid)
{
	struct user user;

	assert_int_equal(user_find_uid(f->state.store, uid, &user), 0);
	return user;
}

int64_t state_number(struct state *state, const char *sql)
{
	sqlite3_stmt *row;
	int64_t number;

	assert_int_equal(store_bind(state->store, sql, &row, ""), 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	number = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return number;
}

static void hash_number(crypto_generichash_state *hash, uint64_t number)
{
	crypto_generichash_update(hash, (const uint8_t *)&number,
				  sizeof(number));
}

static void prove_row(const struct state *state, sqlite3_stmt *row,
		      uint8_t chain[LEDGER_CHAIN_BYTES])
{
	crypto_generichash_state hash;
	int n = 13;

	/* Its texts are not those of its chain: ledger_proof is over them. */
	if (sqlite3_column_type(row, 17) != SQLITE_NULL) {
		memcpy(chain, sqlite3_column_blob(row, 16), LEDGER_CHAIN_BYTES);
		return;
	}
	for (int column = 13; column < 16; column++)
		if (sqlite3_column_text(row, column))
			n = 16;
	crypto_generichash_init(
		&hash,
		ledger_key_for(&state->ledger, sqlite3_column_int64(row, 0)),
		KEY_BYTES, LEDGER_CHAIN_BYTES);
	crypto_generichash_update(&hash, chain, LEDGER_CHAIN_BYTES);
	hash_number(&hash, (uint64_t)sqlite3_column_int64(row, 0));
	hash_number(&hash, (uint64_t)sqlite3_column_int64(row, 1));
	for (int column = 2; column < n; column++) {
		const unsigned char *text = sqlite3_column_text(row, column);
		size_t bytes = (size_t)sqlite3_column_bytes(row, column);

		hash_number(&hash, text ? bytes : UINT64_MAX);
		if (text)
			crypto_generichash_update(&hash, text, bytes);
	}
	crypto_generichash_final(&hash, chain, LEDGER_CHAIN_BYTES);
	assert_int_equal(sqlite3_column_bytes(row, 16), LEDGER_CHAIN_BYTES);
	assert_memory_equal(sqlite3_column_blob(row, 16), chain,
			    LEDGER_CHAIN_BYTES);
}

static void prove_ledger(struct state *state)
{
	uint8_t chain[LEDGER_CHAIN_BYTES] = { 0 };
	sqlite3_stmt *row;
	int64_t seq = state->ledger.cut.seq;

	memcpy(chain, state->ledger.cut.chain, sizeof(chain));
	assert_int_equal(
		store_bind(state->store,
			   "SELECT seq, at, event, result, reason, user, actor,"
			   " service, address, terminal, reference, rules,"
			   " details, project, action, object, chain, proof"
			   " FROM ledger ORDER BY seq",
			   &row, ""),
		0);
	while (store_step(row) == STORE_E_ROW) {
		assert_int_equal(sqlite3_column_int64(row, 0), ++seq);
		prove_row(state, row, chain);
	}
	assert_int_equal(seq, state->ledger.seq);
	assert_memory_equal(chain, state->ledger.chain, LEDGER_CHAIN_BYTES);
}

void state_prove(struct state *state)
{
	sqlite3_stmt *row;

	assert_int_equal(
		store_bind(state->store, "PRAGMA integrity_check", &row, ""),
		0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	assert_string_equal((const char *)sqlite3_column_text(row, 0), "ok");
	sqlite3_reset(row);
	assert_int_equal(
		store_bind(state->store, "PRAGMA foreign_key_check", &row, ""),
		0);
	assert_int_equal(store_step(row), 0);
	prove_ledger(state);
}
