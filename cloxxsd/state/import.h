/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Import: many users on their way into the store. They are staged in memory, a
 * table of SQLite's own that no file holds, looked at there one by one, and
 * come into the store in one transaction with the record of the import: all of
 * them or none, whenever the power fails. Their own records, too many for one
 * pause, stand beside them in the same transaction and move to the ledger in
 * portions; what a crash interrupts is moved at the next start. It judges no
 * user: whoever stages has.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cloxxsd/state/state.h"

#define IMPORT_USERS_MAX 200000
#define IMPORT_BYTES_MAX (UINT64_C(192) << 20)
#define IMPORT_DETAILS_MAX 1024

/* What was named for a user, ORed. SQL knows IMPORT_UID by its number. */
enum import_given {
	IMPORT_UID = 1 << 0,
	IMPORT_ROLE = 1 << 1,
	IMPORT_ENABLED = 1 << 2,
	IMPORT_SERVICES = 1 << 3,
	IMPORT_SHELL = 1 << 4,
	IMPORT_HOME = 1 << 5,
	IMPORT_LANGUAGE = 1 << 6,
	IMPORT_PASSWORD = 1 << 7,   /* user.password: sealed for uid n */
	IMPORT_WANTED_UID = 1 << 8, /* another one will do */
	IMPORT_NETWORKS = 1 << 9,
	IMPORT_NOT_BEFORE = 1 << 10,
	IMPORT_NOT_AFTER = 1 << 11,
	IMPORT_HOURS = 1 << 12,
};

/* Stands in SQL and in the store: never another meaning for a number. */
enum import_act {
	IMPORT_NOTHING, /* as he is already */
	IMPORT_ADD,
	IMPORT_CHANGE,
	IMPORT_UNSETTLED,
	IMPORT_GRANT, /* of many at once, which come without a staging here */
	_IMPORT_ACT_N,
};

struct import_entry {
	int64_t n; /* place in the staging, from 1 on */
	int64_t line;
	uint32_t given;
	enum import_act act;
	struct user user; /* name, uid, profile, enabled, password */
};

struct import_counts {
	int64_t added, changed, unchanged;
};

enum import_error {
	_IMPORT_E_OK,
	IMPORT_E_TWICE,   /* the name, or the uid, is staged already */
	IMPORT_E_FULL,    /* more users, or bytes, than are taken */
	IMPORT_E_END,     /* no entry of this place */
	IMPORT_E_STALE,   /* the store has changed since: settle again */
	IMPORT_E_NOBODY,  /* no administrator would be left */
	IMPORT_E_DAMAGED, /* what was staged cannot be read back */
};

struct import_stage {
	struct state *state;
	int64_t n;
	uint64_t bytes;
	uint64_t n_profiles; /* the state's count when settling began */
};

/* Empties the staging. There is one: the caller sees to that. */
must_check int import_stage_init(struct import_stage *stage,
				 struct state *state);
void import_stage_deinit(struct import_stage *stage);

/*
 * Stages entry and sets its n. hash, NULL for none, is sealed at once.
 * IMPORT_E_TWICE: *ret_line is that of the first.
 */
must_check int import_stage_put(struct import_stage *stage,
				struct import_entry *entry, const char *hash,
				int64_t *ret_line);
/* The entry of place n, or IMPORT_E_END. */
must_check int import_stage_get(struct import_stage *stage, int64_t n,
				struct import_entry *ret_entry);
/* Whether somebody staged has uid. */
must_check int import_stage_has_uid(struct import_stage *stage, uint32_t uid,
				    bool *ret_has);

/* Settling looks at the store as of now: to be called before the first. */
static inline void import_stage_begin(struct import_stage *stage)
{
	stage->n_profiles = stage->state->n_profiles;
}
/*
 * Fixes what is to be done with entry: its act and its user are as they will
 * stand in the store, its password is sealed anew for user.uid. details go
 * into the record. IMPORT_E_TWICE: the uid is staged already.
 */
must_check int import_stage_settle(struct import_stage *stage,
				   const struct import_entry *entry,
				   const char *details);
/* Nothing is to be done with entry n. */
must_check int import_stage_skip(struct import_stage *stage, int64_t n);
/* Forgets what was settled about uids that were not asked for. */
must_check int import_stage_unsettle(struct import_stage *stage);
must_check int import_stage_count(struct import_stage *stage,
				  struct import_counts *ret_counts);

/*
 * The one transaction: everything settled, record, and what is still to be
 * recorded. The observer is not told: see import_stage_tell(). -errno or
 * IMPORT_E_*: nothing of it happened.
 */
must_check int import_stage_apply(struct import_stage *stage,
				  const struct record *record);
/* Tells the observer of entry n as of a change that was committed. */
must_check int import_stage_tell(struct import_stage *stage, int64_t n);

/*
 * Moves up to n records that wait to the ledger, in one transaction; *ret_n
 * tells how many. 0: none is left.
 */
must_check int import_record(struct state *state, int64_t n, int64_t *ret_n);
