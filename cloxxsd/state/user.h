/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User: one row of the store as the rest of the daemon sees it, copied out
 * whole. Reading only: users change through state/change.h. Nothing here is
 * looked up through the system's name service.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/name.h"
#include "base/scope.h"
#include "cloxxsd/state/seal.h"
#include "cloxxsd/state/store.h"
#include "policy/hours.h"
#include "policy/reason.h"

#define USER_SERVICES_MAX 1024
#define USER_PATH_MAX 256
#define USER_LANGUAGE_MAX 16
#define USER_REASON_MAX 256
#define USER_NETWORKS_MAX 4096

enum user_role {
	USER_ROLE_USER,
	USER_ROLE_ADMINISTRATOR,
	_USER_ROLE_N,
};

enum user_password_kind {
	USER_PASSWORD_NONE,
	USER_PASSWORD_TEMPORARY,
	USER_PASSWORD_CHOSEN,
	_USER_PASSWORD_KIND_N,
};

/* Times in seconds since 1970, UTC; 0: never. */
struct user {
	uint32_t uid;
	char name[NAME_USER_MAX + 1];
	enum user_role role;
	bool enabled;
	char services[USER_SERVICES_MAX]; /* "sshd,sudo"; "" for none */
	char shell[USER_PATH_MAX];
	char home[USER_PATH_MAX];
	char language[USER_LANGUAGE_MAX]; /* "" for the default */
	/* "192.0.2.0/24, 2001:db8::1": he comes from there only; "" for none */
	char networks[USER_NETWORKS_MAX];
	struct sealed password;
	enum user_password_kind password_kind;
	int64_t password_changed;
	int64_t temporary_until;
	int64_t credential;
	uint32_t failures;
	bool claim;
	int64_t locked_at;
	char locked_because[USER_REASON_MAX];
	int64_t disabled_at;
	char disabled_because[USER_REASON_MAX];
	int64_t last_login;
	char last_login_service[NAME_SERVICE_MAX + 1];
	char last_login_address[ADDRESS_TEXT_MAX];
	int64_t created;
	int64_t not_before, not_after; /* when he is valid, both included */
	char hours[HOURS_TEXT_MAX];    /* "" for always */
	int64_t active_at; /* he came in, was made, enabled or reset */
	bool protected;    /* root alone changes him */
	bool break_glass;  /* for emergencies: see user_is_open() */
	int64_t opened_at, open_until;
};

/* One counted wrong answer. */
struct user_failure {
	int64_t at;
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	char terminal[65];
	char reason[40];
	char reference[16];
};

/* An answer that is being verified. */
struct user_claim {
	/* That it is where nobody settles it; at 0: when is not known. Its
	 * address is that of his login, where he has none of his own. */
	struct user_failure failure;
	char requester[257]; /* "" for himself */
};

/* A lock in force, and the last counted wrong answer of its user, if any. */
struct user_lock {
	char name[NAME_USER_MAX + 1];
	int64_t at;
	char because[USER_REASON_MAX];
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
};

/* What validity is measured by. */
struct user_moment {
	int64_t now;
	int64_t latest;     /* that is known: now, or after it */
	int64_t inactive_s; /* so long he need not be active; 0: ever */
};

enum user_error {
	_USER_E_OK,
	USER_E_UNKNOWN, /* no such user */
	USER_E_DAMAGED, /* a row that cannot be true: not used */
};

struct user_counts {
	uint32_t all, locked, disabled;
};

must_check int user_find(struct store *store, const char *name,
			 struct user *ret_user);
must_check int user_find_uid(struct store *store, uint32_t uid,
			     struct user *ret_user);
/* The first user whose name comes after name; USER_E_UNKNOWN at the end. */
must_check int user_next(struct store *store, const char *name,
			 struct user *ret_user);
/* The first user after uid with a break-glass account that is or was open. */
must_check int user_next_open(struct store *store, uint32_t uid,
			      struct user *ret_user);
/* When a user's time begins, or is over: the first second of either. */
struct user_edge {
	int64_t at;
	uint32_t uid;
};
/* The first behind after; USER_E_UNKNOWN at the end. */
must_check int user_next_edge(struct store *store,
			      const struct user_edge *after,
			      struct user_edge *ret_edge);
/* How many but but_uid are as user_is_administrator() says. */
must_check int user_count_administrators(struct store *store, uint32_t but_uid,
					 const struct user_moment *moment,
					 uint32_t *ret_n);
/* user_next() among those who are locked, or for emergencies. */
must_check int user_next_locked(struct store *store, const char *name,
				struct user *ret_user);
must_check int user_next_break_glass(struct store *store, const char *name,
				     struct user *ret_user);
must_check int user_count(struct store *store, struct user_counts *ret_counts);
/* Calls each for every user, in no order; what it returns other than 0 ends it.
 */
must_check int user_for_each(struct store *store,
			     int (*each)(const struct user *user,
					 void *userdata),
			     void *userdata);
/* The same with what maps tell of them only: uid, name, enabled, services,
 * shell, home, not_before, not_after, break_glass, opened_at and open_until;
 * all else is zero. */
must_check int user_for_each_outline(struct store *store,
				     int (*each)(const struct user *user,
						 void *userdata),
				     void *userdata);
/* Newest first. */
must_check int user_for_each_failure(struct store *store, uint32_t uid,
				     int (*each)(const struct user_failure *one,
						 void *userdata),
				     void *userdata);
/* USER_E_UNKNOWN: he has none. */
must_check int user_find_claim(struct store *store, uint32_t uid,
			       struct user_claim *ret_claim);
/* Of the newest locks, the newest first, at most limit. */
must_check int user_for_each_lock(struct store *store, uint32_t limit,
				  int (*each)(const struct user_lock *one,
					      void *userdata),
				  void *userdata);
/*
 * The lowest id above every one that was ever given out from min to max;
 * USER_E_UNKNOWN where none is left.
 */
must_check int user_free_uid(struct store *store, uint32_t min, uint32_t max,
			     uint32_t *ret_uid);
/* Whether the id is, or ever was, somebody's, or a project's group's. */
must_check int user_uid_is_used(struct store *store, uint32_t uid,
				bool *ret_used);

/*
 * service stands in the user's list, spelt exactly so. systemd-user comes with
 * every service that gives a shell: user@.service runs beside its sessions.
 */
bool user_may_use(const struct user *user, const char *service);
/* Some service that gives a shell: without one the shell is nologin. */
bool user_may_log_in(const struct user *user);
static inline bool user_is_locked(const struct user *user)
{
	return user->locked_at != 0;
}

/*
 * Whether a login is possible as far as break-glass goes: any user's, and that
 * of a break-glass account within its time. A clock before the opening was set
 * back: closed.
 */
static inline bool user_is_open(const struct user *user, int64_t now)
{
	return !user->break_glass ||
	       (user->opened_at <= now && now < user->open_until);
}
/* What of his validity and activity denies a login; REASON_NONE: nothing. */
enum reason user_validity(const struct user *user,
			  const struct user_moment *moment);
/* One who can get in and administer, of his own: not for emergencies only. */
bool user_is_administrator(const struct user *user,
			   const struct user_moment *moment);

const char *user_role_name(enum user_role role);
bool user_role_find(const char *name, enum user_role *ret_role);
const char *user_password_kind_name(enum user_password_kind kind);
