/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Session: one row for each session that a service said it opened and has not
 * said it closed. Reading only: sessions change through state/change.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cloxxsd/state/user.h"

/* 128 random bits in hexadecimal, and the NUL. */
#define SESSION_ID_MAX 33
/* The id of a boot: as many digits. */
#define SESSION_BOOT_MAX 33

/* On whose word a session is there. Stands in the store. */
enum session_opener {
	SESSION_OPENER_HIMSELF,     /* the user's own */
	SESSION_OPENER_ROOT,        /* root's: he came in */
	SESSION_OPENER_OTHER,       /* root's: somebody else acts as him */
	SESSION_OPENER_APPLICATION, /* its own: he logged in to it */
};

/* By whom a session is opened. */
struct session_opened {
	const char *boot;
	/* The process that opened it, as the kernel named it then, when so long
	 * after the boot: no other one can be that old and have its number. Of
	 * an application when it was opened. */
	int32_t pid;
	int64_t at_us;
	bool himself; /* the user came in; nobody acts as him, no job is his */
	enum session_opener opener;
	/* The kernel's number of the login that it begins; 0: of none. */
	int64_t audit_session;
};

struct session {
	char id[SESSION_ID_MAX];
	uint32_t uid;
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	char terminal[65];
	int64_t opened;
	char boot[SESSION_BOOT_MAX]; /* "" where it was not known */
	int32_t pid;                 /* 0: not known, or of no process */
	int64_t opened_us;           /* since that boot */
	enum session_opener opener;
};

/* USER_E_UNKNOWN where it is not open (any more). */
must_check int session_find(struct store *store, const char *id,
			    struct session *ret_session);
/*
 * The one whose id begins so, with eight digits at least. USER_E_UNKNOWN;
 * -ENOTUNIQ where there are more.
 */
must_check int session_find_prefix(struct store *store, const char *prefix,
				   struct session *ret_session);
/* The first after id, in no order that means anything; USER_E_UNKNOWN at the
 * end. */
must_check int session_next(struct store *store, const char *id,
			    struct session *ret_session);
/* Those of uid, the newest first; what each returns other than 0 ends it. */
must_check int session_for_each_user(struct store *store, uint32_t uid,
				     int (*each)(const struct session *session,
						 void *userdata),
				     void *userdata);

/*
 * Whether it can be running still: it is of this boot, and the process that
 * opened it, or one of its number, is there. Rows are left where that process
 * was killed.
 */
bool session_is_running(const struct session *session, const char *boot);
