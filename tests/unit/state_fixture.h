/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * State fixture: a state in a scratch directory with a key of its own, and the
 * proof that all of it is sound. Fails the test itself where it is not.
 */

#include "cloxxsd/state/state.h"
#include "tests/unit/scratch.h"

struct state_fixture {
	struct scratch scratch;
	char directory[128]; /* its private/ holds the store */
	char key[128];
	struct state state;
	bool is_open;
	/* What the observer was told. */
	unsigned int n_committed;
	int64_t first_seq;
};

void state_fixture_init(struct state_fixture *f);
void state_fixture_deinit(struct state_fixture *f);
void state_fixture_open(struct state_fixture *f);
/* As state_init() answers; why, of 1024 bytes, may be NULL. */
int state_fixture_try(struct state_fixture *f, char *why);
void state_fixture_close(struct state_fixture *f);

/* A record of event with what matters nowhere else filled in. */
struct record record_of(enum event event, const char *user);
/* A user who could be added; the password is not sealed. */
struct user user_of(uint32_t uid, const char *name);
/* Applies one change, with a record, and expects result. */
void apply(struct state_fixture *f, struct change change, int result);
struct user find(struct state_fixture *f, uint32_t uid);

/*
 * Proves an open state: SQLite's own check, no lost reference, ledger numbers
 * without a gap, and each record's chain as state/ledger.h states it.
 */
void state_prove(struct state *state);
int64_t state_number(struct state *state, const char *sql);
