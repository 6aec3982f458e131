/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Action: what a user did in an application, as the application tells it: read
 * from a message whose types were checked, judged, and made a record of. It
 * writes nothing and answers nobody.
 */

#include <jansson.h>

#include "cloxxsd/service/service.h"

#define ACTION_FIELDS_MAX 16

/* It points into the message, but for the service and the address, and lives no
 * longer than that: settings may be loaded anew before it is written. */
struct action {
	char service[NAME_SERVICE_MAX + 1];
	const char *user, *project, *action, *object;
	enum record_result result;
	char address[ADDRESS_TEXT_MAX]; /* "": not said */
	const char *fields[2 * ACTION_FIELDS_MAX + 1];
};

enum action_fault_kind {
	_ACTION_GOOD,
	ACTION_INVALID,      /* parameter and message say what */
	ACTION_NO_SERVICE,   /* parameter; root must name one */
	ACTION_DENIED,       /* another's service */
	ACTION_UNKNOWN_USER, /* none of the service */
	ACTION_UNAVAILABLE,  /* the store cannot be read */
};

struct action_fault {
	enum action_fault_kind kind;
	const char *parameter, *message;
};

/* What an action has, as a row of parameters each. */
extern const struct varlink_parameter action_parameters[];

/* Of a fault nothing in ret_action but user is to be read. */
struct action_fault action_read(struct service *service,
				const struct varlink_peer *peer,
				json_t *parameters, struct action *ret_action);
struct record action_record(const struct action *action, int64_t at_us);
