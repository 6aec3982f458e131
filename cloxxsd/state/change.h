/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Change: everything that can happen to the store, typed. One function applies
 * it, one transaction holds it and its audit records; after the commit those
 * who watch are told. Nothing else writes users, but for two that bring many
 * rows at once: an import (state/import.h), and a restore, on a store that
 * nobody has open (backup/merge.h). A change decides nothing: whether it may be
 * made was settled by whoever made it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/state/acceptance.h"
#include "cloxxsd/state/alarm_row.h"
#include "cloxxsd/state/backups.h"
#include "cloxxsd/state/configuration.h"
#include "cloxxsd/state/grant.h"
#include "cloxxsd/state/ledger.h"
#include "cloxxsd/state/project.h"
#include "cloxxsd/state/refusal.h"
#include "cloxxsd/state/second_factor.h"
#include "cloxxsd/state/session.h"
#include "cloxxsd/state/ssh_key.h"
#include "cloxxsd/state/user.h"
#include "cloxxsd/state/user_group.h"

enum change_type {
	_CHANGE_NONE,        /* records only */
	CHANGE_USER_ADD,     /* user */
	CHANGE_USER_SET,     /* user: profile, role and protected */
	CHANGE_USER_ENABLE,  /* uid, at */
	CHANGE_USER_DISABLE, /* uid, at, text: why, may be NULL */
	CHANGE_USER_DELETE,  /* uid; the id is retired */
	CHANGE_USER_LOCK,    /* uid, at, text: why */
	CHANGE_USER_UNLOCK,  /* uid; count and failures are cleared */
	CHANGE_PASSWORD,     /* uid, at, password, kind, until, history */
	CHANGE_REHASH,       /* uid, password: same secret, higher cost */
	CHANGE_CLAIM,        /* uid, claim, may be NULL: an answer is being
				verified */
	CHANGE_RELEASE,      /* uid: it ended without counting */
	CHANGE_FAILURE,      /* uid, failure: it ended wrong */
	CHANGE_SUCCESS, /* uid, at, service, address, code: a login is complete,
			   and the count back to zero, but for wrong codes
			   where none was proved */
	CHANGE_RESET,   /* uid, code: proved, the count as by a success */
	CHANGE_TEST_CLAIM,    /* uid: counted as wrong while it is verified */
	CHANGE_TEST_RELEASE,  /* uid: it was not wrong */
	CHANGE_DECOY,         /* pages: as many written, about nobody */
	CHANGE_SESSION_OPEN,  /* uid, at, session, service, address, terminal;
				 opened may be NULL */
	CHANGE_SESSION_CLOSE, /* session */
	CHANGE_SESSIONS_OVER, /* uid: those that applications have open; so does
				 CHANGE_USER_DISABLE */
	CHANGE_SESSIONS_GONE, /* text: the boot that runs; those of others go */
	CHANGE_CLOCK,         /* at: what was known to be later is not so */
	CHANGE_BACKUP_MADE,   /* backup */
	CHANGE_BACKUP_GONE,   /* text: its file */
	CHANGE_KEYS,          /* keys: all of them, in the place of all */
	CHANGE_RECOVERY,      /* recovery */
	CHANGE_RESEAL,        /* reseal: same secrets, newest key */
	CHANGE_BREAK_GLASS_OPEN,  /* uid, at, until */
	CHANGE_BREAK_GLASS_CLOSE, /* uid */
	CHANGE_REFUSAL,           /* refusal: one more, at its last_us */
	CHANGE_REFUSAL_TOLD,      /* refusal: its record is of this set */
	CHANGE_ACCEPTANCE,        /* uid, acceptance: all but its user */
	CHANGE_VISIT,             /* uid, at, service, address, terminal */
	CHANGE_VISIT_REFUSED,     /* uid */
	CHANGE_PROJECT_ADD,       /* project */
	CHANGE_PROJECT_SET,       /* project, at: name, archive, groups */
	CHANGE_PROJECT_DELETE,    /* project, at; its ids are retired */
	CHANGE_GROUP_ADD,         /* group */
	CHANGE_GROUP_DELETE,      /* group, members: those who it had */
	CHANGE_MEMBER_ADD,        /* group, uid, at */
	CHANGE_MEMBER_REMOVE,     /* group, uid */
	CHANGE_GRANT_SET,         /* grant, in the place of one */
	CHANGE_GRANT_REMOVE,      /* grant */
	CHANGE_GRANTS,            /* grants, at in microseconds: each as
				     CHANGE_GRANT_SET, its record to come */
	CHANGE_SSH_KEY_ADD,       /* uid, ssh_key */
	CHANGE_SSH_KEY_REMOVE,    /* uid, text: its fingerprint */
	CHANGE_CONFIGURATION,     /* configuration: in the place of another */
	CHANGE_SECOND_FACTOR,     /* uid, second_factor: in the place of one */
	CHANGE_TOTP_USED,         /* uid, at: its time step */
	CHANGE_RECOVERY_CODES,    /* uid, recovery_codes: in the place of all */
	CHANGE_RECOVERY_USED,     /* uid, at: its number */
	CHANGE_CODE_SENT,         /* uid, at: a code is handed to the courier */
	CHANGE_CODE_UNSENT,       /* uid, at: that one has not left */
	CHANGE_ALARMS,            /* alarms: in the place of theirs */
	_CHANGE_N,
};

struct data_keys;
struct recovery_row;
struct sealed_column;

/* Values that were sealed anew. */
struct reseal {
	struct resealed {
		const struct sealed_column *column;
		uint32_t uid;
		int64_t at; /* of a former password */
		struct sealed value;
	} * rows;
	size_t n;
};

/* One of many grants, and what its record will say. */
struct change_grant_record {
	const struct grant *grant; /* NULL: it stands already */
	const char *holder;        /* by name */
	char details[GRANT_DETAILS_MAX];
};
struct change_grants {
	size_t n;
	/* Sets what the one at place i is; details only where it has a grant.
	 * Lives as long as userdata: until after the commit. */
	void (*tell)(const void *userdata, size_t i,
		     struct change_grant_record *ret_record);
	const void *userdata;
	const char *actor;
};
struct change_members {
	const uint32_t *uids;
	size_t n;
};

struct change {
	enum change_type type;
	uint32_t uid;
	int64_t at;
	const struct user *user;
	const struct sealed *password;
	enum user_password_kind kind;
	int64_t until;
	uint32_t history; /* so many former passwords are kept */
	bool code;        /* a second factor was proved */
	const struct user_failure *failure;
	const struct user_claim *claim;
	const char *text;
	const char *service, *address, *terminal;
	const char *session;
	const struct session_opened *opened;
	const struct backup_made *backup;
	const struct data_keys *keys;
	const struct recovery_row *recovery;
	const struct reseal *reseal;
	const struct refusal *refusal;
	uint32_t pages;
	const struct acceptance *acceptance;
	const struct project *project;
	const struct user_group *group;
	const struct change_members *members;
	const struct grant *grant;
	const struct change_grants *grants;
	const struct ssh_key *ssh_key;
	const struct configuration *configuration;
	const struct second_factor *second_factor;
	const struct recovery_codes *recovery_codes;
	const struct alarm_rows *alarms;
};

/*
 * What a change writes beside the record of its set, in pages of the store: a
 * decoy writes as many, or a disk would tell which users there are. A refusal
 * that is counted writes less than its record would.
 */
#define CHANGE_CLAIM_PAGES 1
#define CHANGE_FAILURE_PAGES 3
#define CHANGE_VISIT_REFUSED_PAGES 1
#define CHANGE_REFUSAL_SPARES 2

/* At most so many changes and records in one transaction. */
#define CHANGES_MAX 4
#define RECORDS_MAX 4

struct change_set {
	struct change changes[CHANGES_MAX];
	size_t n_changes;
	struct record records[RECORDS_MAX];
	size_t n_records;
};

void change_set_add(struct change_set *set, struct change change);
void change_set_record(struct change_set *set, struct record record);

/* Applies one change within the caller's transaction. */
must_check int change_apply(struct store *store, const struct change *change);
/* Whether readers of the identity map see the change. */
bool change_is_identity(const struct change *change);
/* Whether readers of the access maps see it. */
bool change_is_access(const struct change *change);
/* Whether it adds, takes away or changes a user's own attributes. */
bool change_is_profile(const struct change *change);
/*
 * Whether all that the set does is to be lenient with a user who proved
 * himself, so that a store which lost it is no less strict.
 */
bool change_set_is_relief(const struct change_set *set);
