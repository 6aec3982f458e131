/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Sessions of users: listed, and ended by root. The daemon ends no process: it
 * has no privilege to. It records that root does, and tells root by which
 * process each was opened.
 */

#include "cloxxsd/service/admin.h"

int admin_list_sessions(struct varlink_call *call, json_t *parameters,
			void *service);
int admin_end_session(struct varlink_call *call, json_t *parameters,
		      void *service);

/*
 * Whether end_sessions is asked for, which is for root: then *ret_sessions are
 * those of user that run, to be told once they are to be ended; else NULL.
 * False: answered.
 */
bool admin_read_end_sessions(struct service *service, struct varlink_call *call,
			     json_t *parameters, const struct user *user,
			     json_t **ret_sessions);
/* The record of it, which reason (may be "") goes into. Lives as long as both.
 */
struct admin_ending {
	char details[USER_REASON_MAX + 128];
};
struct record admin_ending_record(const struct user *user,
				  const struct actor *actor, const char *which,
				  const char *reason,
				  struct admin_ending *ending);
