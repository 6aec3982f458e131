/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/backup/proof.h"

#include <string.h>

#include "cloxxsd/state/ledger_proof.h"

/* Runs a check of SQLite's that gives "ok", or nothing, where all is well. */
static int check(struct state *state, const char *sql, struct text *why)
{
	sqlite3_stmt *row;
	char said[128] = "";
	int r;

	r = store_bind(state->store, sql, &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r;
	(void)store_column_text(row, 0, said, sizeof(said));
	sqlite3_reset(row);
	if (strcmp(said, "ok") == 0)
		return 0;
	text_add_format(why, "%s says: ", sql);
	text_add_escaped(why, said, strlen(said));
	return PROOF_E_FAILED;
}

struct opening {
	const struct state *state;
	struct text *why;
	uint32_t n;
};

static int open_sealed(const struct user *user, void *userdata)
{
	struct opening *opening = userdata;
	scope(secret_deinit) struct secret hash = { 0 };
	int r;

	if (user->password.n == 0)
		return 0;
	r = state_open_password(opening->state, user, &hash);
	if (r == 0)
		opening->n++;
	if (r <= 0)
		return r;
	text_add_format(opening->why,
			"the password of %s does not open with this key",
			user->name);
	return PROOF_E_FAILED;
}

static int prove_users(struct state *state, struct text *why,
		       struct proof *proof)
{
	struct opening opening = { .state = state, .why = why };
	int r;

	r = user_count(state->store, &proof->users);
	if (r == 0)
		r = user_for_each(state->store, open_sealed, &opening);
	proof->n_sealed = opening.n;
	if (r > 0 && text_is_cut(why) == false && why->n == 0)
		text_add(why, "a user's row cannot be read");
	return r > 0 ? PROOF_E_FAILED : r;
}

static int prove_ledger(struct state *state, struct text *why,
			struct proof *proof)
{
	int64_t seq = 0;
	int r = ledger_prove(&state->ledger, &seq);

	if (r == LEDGER_E_BROKEN)
		text_add_format(why,
				"record %lld of the ledger does not follow on "
				"the one before",
				(long long)seq);
	proof->ledger_seq = state->ledger.seq;
	memcpy(proof->ledger_head, state->ledger.chain,
	       sizeof(proof->ledger_head));
	return r > 0 ? PROOF_E_FAILED : r;
}

int proof_make(struct state *state, struct text *why, struct proof *ret_proof)
{
	struct proof proof = { 0 };
	int r;

	r = check(state, "PRAGMA integrity_check(1)", why);
	if (r == 0)
		r = check(state, "PRAGMA foreign_key_check", why);
	if (r == 0)
		r = prove_users(state, why, &proof);
	if (r == 0)
		r = prove_ledger(state, why, &proof);
	if (r == 0)
		*ret_proof = proof;
	return r;
}
