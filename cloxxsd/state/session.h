/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Session: one row for each session that a service said it opened and has not
 * said it closed. Reading only: sessions change through state/change.h.
 */

#include <stdint.h>

#include "cloxxsd/state/user.h"

/* 128 random bits in hexadecimal, and the NUL. */
#define SESSION_ID_MAX 33

struct session {
	uint32_t uid;
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	char terminal[65];
	int64_t opened;
};

/* USER_E_UNKNOWN where it is not open (any more). */
must_check int session_find(struct store *store, const char *id,
			    struct session *ret_session);
