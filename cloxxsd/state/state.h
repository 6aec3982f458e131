/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * State: the store, its key and its ledger as one thing, and the single way
 * by which anything in them changes. It tells one observer what was committed;
 * it neither publishes nor decides.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"
#include "cloxxsd/state/change.h"
#include "cloxxsd/state/key.h"
#include "cloxxsd/state/latest.h"
#include "cloxxsd/state/ledger.h"
#include "cloxxsd/state/lock.h"
#include "cloxxsd/state/store.h"
#include "cloxxsd/state/user.h"

struct state {
	struct lock *lock; /* NULL: held by whoever opened it */
	struct key *key;
	size_t root; /* which of its root keys wraps the data keys */
	struct store *store;
	struct ledger ledger;
	struct latest latest;
	/* Changes of users' attributes so far: what was looked at before one is
	 * to be looked at again. */
	uint64_t n_profiles;
	/* The same of what grants are about: users, groups and projects. */
	uint64_t n_rights;
	/* Called after each commit; first_seq is the first record's number. */
	void (*committed)(const struct change_set *set, int64_t first_seq,
			  void *userdata);
	void *userdata;
};

/*
 * Opens the state below directory (its private/ holds the store) for the
 * daemon, with the keys in key_file, and holds its lock. -EBUSY where somebody
 * else does. A new state is given its data keys; where the first key of the
 * file is not the one in force but a later one is, the rotation that was begun
 * so is done now. On any failure why says what and where; nothing is open then.
 */
must_check int state_init(struct state *state, const char *directory,
			  const char *key_file, int64_t now_us,
			  struct text *why);
/*
 * The one file at path (store_open_snapshot()) as a state that is only read,
 * with a key that is taken in any case; where it has no data keys yet it gets
 * those of the file.
 */
must_check int state_open_snapshot(struct state *state, const char *path,
				   struct key *key, struct text *why);
/* The same for who holds the lock, with a key; key is taken in any case. */
must_check int state_open(struct state *state, const char *directory,
			  struct key *key, int64_t now_us, struct text *why);
/* What key_load() answered, as a sentence. */
const char *state_key_sentence(int error);
void state_deinit(struct state *state);

/*
 * Applies set and writes its records in one transaction. 0: it is on the disk
 * and the observer was told. -errno: nothing of it happened.
 */
must_check int state_apply(struct state *state, const struct change_set *set);

/*
 * The same in steps, for who writes more than a set holds: begin, what is to be
 * written, records of it, and the end, which commits where r is 0, else takes
 * all of it back, and tells the observer of set. state_end() gives r, or what
 * went wrong in its turn.
 */
struct state_former {
	struct ledger ledger;
	struct latest latest;
};
must_check int state_begin(struct state *state,
			   struct state_former *ret_former);
must_check int state_record(struct state *state, const struct record *record);
must_check int state_end(struct state *state, const struct state_former *former,
			 int r, const struct change_set *set);

/*
 * state_apply(), but that the disk has it with state_flush() only: for what
 * makes the state no less strict when a power failure takes it back
 * (change_set_is_relief()). set has a record, whose hand-over flushes it.
 */
must_check int state_apply_ahead(struct state *state,
				 const struct change_set *set);
/* Before anything of the ledger is told to whoever may keep it. -EIO: the disk
 * does not take it, and nothing is written any more (store_flush()). Blocks on
 * the disk. */
must_check int state_flush(struct state *state);

/* Now, for users who need not be active for inactive_s. */
struct user_moment state_moment(const struct state *state, int64_t inactive_s);

/*
 * The clock was right all along, as of record: what was known to be later is
 * forgotten. -errno: it is not.
 */
must_check int state_accept_clock(struct state *state,
				  const struct record *record);

/*
 * Counts every verification that was under way when the daemon last ended as
 * a failure, and locks where that reaches failures_max. To be called once,
 * before the first login.
 */
must_check int state_settle_claims(struct state *state, uint32_t failures_max,
				   int64_t now_us);

/*
 * The same for one user whose claim nobody settles any more: the verification
 * that it stood for could not be brought to its end in the store.
 */
must_check int state_settle_claim(struct state *state, const struct user *user,
				  uint32_t failures_max, int64_t now_us);

/*
 * The key that signs what is told of this state outside of it, that of the
 * ledger's last record; NULL without one. Lives as long as state.
 */
const uint8_t *state_backup_key(const struct state *state);
/* A ring of its own with the root keys of state, for a thread; the data keys
 * are in any copy of the store. */
must_check int state_copy_key(const struct state *state, struct key **ret_key);
/* The public half of the recovery key. -ENOENT: there is none. */
must_check int state_recipient(const struct state *state,
			       uint8_t ret_recipient[32]);

/* Where the password of uid that is in force stands. */
struct seal_place state_place(uint32_t uid);
/* The stored hash of user, unsealed; wiped by the caller. SEAL_E_* or -errno.
 */
must_check int state_open_password(const struct state *state,
				   const struct user *user,
				   struct secret *ret_hash);
/* The same for any value and place. */
must_check int state_seal(const struct state *state,
			  const struct seal_place *place, const char *text,
			  struct sealed *ret_sealed);
must_check int state_unseal(const struct state *state,
			    const struct seal_place *place,
			    const struct sealed *sealed,
			    struct secret *ret_text);
must_check int state_seal_password(const struct state *state, uint32_t uid,
				   const char *hash, struct sealed *ret_sealed);
