/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Question: a subject as an administrator names one, to hear how a login would
 * go. It stands for no caller: nobody gets in by it. Other than in a login,
 * what cannot be is refused, and not merely disbelieved, for whoever asks would
 * take the answer for that of another question.
 */

#include "cloxxsd/service/service.h"

/* Its parameters in the rows of methods. */
#define QUESTION_PARAMETERS                                             \
	{ "user", VARLINK_STRING, false, ATTEMPT_NAME_MAX },            \
		{ "service", VARLINK_STRING, false, NAME_SERVICE_MAX }, \
		{ "address", VARLINK_STRING, true, 255 },               \
		{ "terminal", VARLINK_STRING, true, 64 },               \
	{                                                               \
		"system_uid", VARLINK_INT, true, 0                      \
	}

/*
 * The subject that parameters name, asked for by root, as sshd does. Without
 * system_uid the system gives the name our own uid, or none where we have no
 * such user. False: answered.
 */
bool question_read(struct service *service, struct varlink_call *call,
		   json_t *parameters, struct subject *ret_subject);
