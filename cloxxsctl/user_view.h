/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User view: a person for eyes: as a page, a state, or a row of a list. It
 * shows what the daemon told and concludes nothing but what keeps him out.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"
#include "cloxxsctl/table.h"

enum user_state {
	USER_DISABLED,
	USER_LOCKED,
	USER_NOT_VALID, /* too early, too late, or away for too long */
	USER_CLOSED,    /* for emergencies, and not open */
	USER_MAY_LOG_IN,
};

/* Of a User of nl.cloxxs.Admin. */
enum user_state user_state(const json_t *user);
/* One line: the state, since when and why. */
void user_view_state(struct output *output, const json_t *user);
/* The reply of GetUser as a page. */
must_check int user_view(struct output *output, const json_t *reply);
/* A user as a row of: NAME UID ROLE STATE SERVICES PASSWORD LAST LOGIN. */
must_check int user_view_row(struct output *output, struct table *table,
			     const json_t *user);
