/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_98: whatever was done to the ledger, the first bad record is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/state/head.h"
#include "cloxxsd/state/ledger_proof.h"
#include "cloxxsd/state/replaced_row.h"
#include "tests/unit/state_fixture.h"

#define N 12

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static void write_records(int n)
{
	for (int i = 0; i < n; i++) {
		struct change_set set = { 0 };
		struct record record = record_of(EVENT_LOGIN_DENIED, "piet");

		record.at_us = 1000000 + i;
		change_set_record(&set, record);
		assert_int_equal(state_apply(&f->state, &set), 0);
	}
}

static int setup(void **state)
{
	(void)state;
	state_fixture_init(f);
	state_fixture_open(f);
	write_records(N);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_fixture_deinit(f);
	return 0;
}

static void run_sql(const char *sql)
{
	assert_int_equal(store_execute(f->state.store, sql), 0);
}

/* In steps of n. */
static int prove(struct ledger_proof *proof, int64_t n)
{
	int r;

	do
		r = ledger_proof_step(proof, n);
	while (r == LEDGER_PROOF_MORE);
	return r;
}

static void what_is_whole_is_proved(void **state)
{
	struct ledger_proof proof;

	(void)state;
	for (int64_t n = 1; n <= N + 1; n++) {
		ledger_proof_init(&proof, &f->state.ledger);
		assert_int_equal(prove(&proof, n), 0);
		assert_int_equal(proof.seq, N);
		assert_int_equal(proof.n, N);
		assert_int_equal(proof.n_replaced, 0);
		assert_memory_equal(proof.chain, f->state.ledger.chain,
				    LEDGER_CHAIN_BYTES);
	}
}

/* A row by somebody without the key. */
#define FOREIGN(seq)                                                       \
	"INSERT INTO ledger (seq, at, event, result, reason, user, chain)" \
	" VALUES (" #seq ", 1, 'login-allowed', 'allowed', 'none', 'eve'," \
	" randomblob(32))"

static void the_first_bad_record_is_named(void **state)
{
	static const struct {
		const char *sql;
		int64_t seq;
		enum ledger_fault fault;
	} cases[] = {
		{ "UPDATE ledger SET user = 'jan' WHERE seq = 5", 5,
		  LEDGER_FAULT_CHANGED },
		/* behind a NUL, which no search sees */
		{ "UPDATE ledger SET user = user || char(0) || 'x'"
		  " WHERE seq = 5",
		  5, LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET at = at + 1 WHERE seq = 1", 1,
		  LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET details = 'x' WHERE seq = 12", 12,
		  LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET details = 'x' WHERE seq IN (7, 9)", 7,
		  LEDGER_FAULT_CHANGED },
		{ "DELETE FROM ledger WHERE seq = 5", 5, LEDGER_FAULT_MISSING },
		{ "DELETE FROM ledger WHERE seq <= 3", 1,
		  LEDGER_FAULT_MISSING },
		{ "DELETE FROM ledger WHERE seq > 10", 11,
		  LEDGER_FAULT_MISSING },
		{ "DELETE FROM ledger", 1, LEDGER_FAULT_MISSING },
		/* two have changed places */
		{ "UPDATE ledger SET seq = -seq WHERE seq IN (4, 5);"
		  "UPDATE ledger SET seq = 9 + seq WHERE seq < 0",
		  4, LEDGER_FAULT_OUT_OF_ORDER },
		/* one is gone, and the rest moved up */
		{ "DELETE FROM ledger WHERE seq = 6;"
		  "UPDATE ledger SET seq = -seq WHERE seq > 6;"
		  "UPDATE ledger SET seq = -seq - 1 WHERE seq < 0",
		  6, LEDGER_FAULT_FOREIGN },
		/* one was put between */
		{ "UPDATE ledger SET seq = -seq WHERE seq > 6;"
		  "UPDATE ledger SET seq = 1 - seq WHERE seq < 0;" FOREIGN(7),
		  7, LEDGER_FAULT_OUT_OF_ORDER },
		{ "DELETE FROM ledger WHERE seq = 5;" FOREIGN(5), 5,
		  LEDGER_FAULT_FOREIGN },
		{ FOREIGN(13), 13, LEDGER_FAULT_FOREIGN },
		{ "UPDATE ledger SET chain = zeroblob(32) WHERE seq = 5", 5,
		  LEDGER_FAULT_FOREIGN },
		{ "UPDATE ledger SET chain = x'00' WHERE seq = 5", 5,
		  LEDGER_FAULT_FOREIGN },
		/* as if it had been replaced by us */
		{ "UPDATE ledger SET user = NULL, proof = randomblob(32)"
		  " WHERE seq = 5",
		  5, LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET proof = chain WHERE seq = 5", 5,
		  LEDGER_FAULT_CHANGED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ledger_proof proof;

		run_sql("BEGIN");
		run_sql(cases[i].sql);
		for (int64_t n = 1; n < 20; n += 6) {
			ledger_proof_init(&proof, &f->state.ledger);
			assert_int_equal(prove(&proof, n), LEDGER_E_BROKEN);
			if (proof.seq + 1 != cases[i].seq ||
			    proof.fault != cases[i].fault)
				fail_msg("%s: record %lld, %s", cases[i].sql,
					 (long long)proof.seq + 1,
					 ledger_fault_name(proof.fault));
		}
		run_sql("ROLLBACK");
	}
}

static void replace(int64_t seq)
{
	run_sql("BEGIN");
	assert_int_equal(replaced_row_purge(&f->state.ledger, seq), 0);
	run_sql("COMMIT");
}

/* What we replaced is proved, at its place and with what it says now only. */
static void what_we_replaced_is_proved(void **state)
{
	static const struct {
		const char *sql;
		int64_t seq;
		enum ledger_fault fault;
	} cases[] = {
		{ "UPDATE ledger SET user = 'eve' WHERE seq = 5", 5,
		  LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET at = at + 1 WHERE seq = 5", 5,
		  LEDGER_FAULT_CHANGED },
		{ "UPDATE ledger SET proof = NULL WHERE seq = 5", 5,
		  LEDGER_FAULT_CHANGED },
		/* the proof of another one */
		{ "UPDATE ledger SET proof = (SELECT proof FROM ledger"
		  " WHERE seq = 6) WHERE seq = 5",
		  5, LEDGER_FAULT_CHANGED },
		{ "DELETE FROM ledger WHERE seq = 5", 5, LEDGER_FAULT_MISSING },
	};
	struct ledger_proof proof;

	(void)state;
	replace(5);
	replace(6);
	ledger_proof_init(&proof, &f->state.ledger);
	assert_int_equal(prove(&proof, 3), 0);
	assert_int_equal(proof.n, N);
	assert_int_equal(proof.n_replaced, 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		run_sql("BEGIN");
		run_sql(cases[i].sql);
		ledger_proof_init(&proof, &f->state.ledger);
		assert_int_equal(prove(&proof, 100), LEDGER_E_BROKEN);
		if (proof.seq + 1 != cases[i].seq ||
		    proof.fault != cases[i].fault)
			fail_msg("%s: record %lld, %s", cases[i].sql,
				 (long long)proof.seq + 1,
				 ledger_fault_name(proof.fault));
		run_sql("ROLLBACK");
	}
}

/* To replace it would hide what was done to it. */
static void what_was_changed_is_not_replaced(void **state)
{
	(void)state;
	run_sql("UPDATE ledger SET user = 'eve' WHERE seq = 5");
	assert_int_equal(replaced_row_purge(&f->state.ledger, 5),
			 LEDGER_E_BROKEN);
	assert_int_equal(replaced_row_purge(&f->state.ledger, 99),
			 LEDGER_E_BROKEN);
	assert_int_equal(state_number(&f->state, "SELECT count(*) FROM ledger"
						 " WHERE proof IS NOT NULL"),
			 0);
}

/* The head of a store that was exchanged for a former copy. */
static void an_anchor_tells_of_another_ledger(void **state)
{
	struct ledger_proof proof;
	struct anchor anchor;
	bool holds = false;

	(void)state;
	assert_int_equal(head_find(&f->state, &anchor), 0);
	assert_int_equal(anchor.sequence, N);
	assert_int_equal(head_holds(&f->state, &anchor, &holds), 0);
	assert_true(holds);
	write_records(2);
	assert_int_equal(head_holds(&f->state, &anchor, &holds), 0);
	assert_true(holds);
	ledger_proof_init(&proof, &f->state.ledger);
	proof.anchor_seq = anchor.sequence;
	assert_true(anchor_read_hex(anchor.chain, proof.anchor_chain,
				    LEDGER_CHAIN_BYTES));
	assert_int_equal(prove(&proof, 5), 0);
	/* another record at that number */
	ledger_proof_init(&proof, &f->state.ledger);
	proof.anchor_seq = anchor.sequence;
	assert_int_equal(prove(&proof, 5), LEDGER_E_BROKEN);
	assert_int_equal(proof.fault, LEDGER_FAULT_ANCHOR);
	assert_int_equal(proof.seq + 1, N);
	/* the ledger ends before it */
	ledger_proof_init(&proof, &f->state.ledger);
	proof.anchor_seq = N + 3;
	assert_int_equal(prove(&proof, 5), LEDGER_E_BROKEN);
	assert_int_equal(proof.fault, LEDGER_FAULT_MISSING);
	assert_int_equal(proof.seq + 1, N + 3);
	anchor.sequence = N + 3;
	assert_int_equal(head_holds(&f->state, &anchor, &holds), 0);
	assert_false(holds);
	anchor.sequence = N - 1;
	assert_int_equal(head_holds(&f->state, &anchor, &holds), 0);
	assert_false(holds);
	anchor.sequence = N;
	anchor.installation[0] ^= 1;
	assert_int_equal(head_holds(&f->state, &anchor, &holds), 0);
	assert_false(holds);
}

static void anchors_are_lines(void **state)
{
	static const char *const good =
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff 4711"
		" 2026-11-28T19:00:00Z"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef";
	static const char *const bad[] = {
		"",
		"cloxxs-anchor 1",
		"cloxxs-anchor 2 00112233445566778899aabbccddeeff 4711"
		" 2026-11-28T19:00:00Z 01",
		"cloxxs-anchor 1 00112233445566778899AABBCCDDEEFF 4711"
		" 2026-11-28T19:00:00Z"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef",
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff 0"
		" 2026-11-28T19:00:00Z"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef",
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff 12x"
		" 2026-11-28T19:00:00Z"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef",
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff 12"
		" yesterday"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef",
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff 12"
		" 2026-11-28T19:00:00Z 0123",
		"cloxxs-anchor 1 00112233445566778899aabbccddeeff"
		" 99999999999999999999 2026-11-28T19:00:00Z"
		" 0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		"abcdef",
	};
	struct anchor anchor = { .sequence = 5 };
	char line[ANCHOR_LINE_MAX];
	struct text text;

	(void)state;
	assert_true(anchor_read(good, &anchor));
	assert_int_equal(anchor.sequence, 4711);
	assert_int_equal(anchor.at, 1795892400);
	text_init(&text, line, sizeof(line));
	anchor_write(&anchor, &text);
	assert_string_equal(line, good);
	text_add(&text, "\r\n");
	assert_true(anchor_read(line, &anchor));
	text_add(&text, "x");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (anchor_read(bad[i], &anchor))
			fail_msg("was read: %s", bad[i]);
	assert_int_equal(anchor.sequence, 4711);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_whole_is_proved),
		TEST(the_first_bad_record_is_named),
		TEST(what_we_replaced_is_proved),
		TEST(what_was_changed_is_not_replaced),
		TEST(an_anchor_tells_of_another_ledger),
		TEST(anchors_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
