/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grant request: a grant as somebody asks for it, in names and words, and what
 * it is in the store; for one at a time and for a file of them alike.
 */

#include "cloxxsd/service/holder.h"
#include "cloxxsd/service/service.h"

struct grant_request {
	const char *holder, *project, *right;
	const char *service; /* for every project, else NULL or the project's */
	int64_t until;       /* seconds since 1970, UTC; 0: no end */
};

enum grant_fault_kind {
	_GRANT_FAULT_NONE,
	GRANT_FAULT_HOLDER,  /* there is no such user or group */
	GRANT_FAULT_GROUP,   /* no such user, but a group: its '@' is missing */
	GRANT_FAULT_PROJECT, /* there is no such project */
	GRANT_FAULT_INVALID, /* parameter, text */
	GRANT_FAULT_UNREADABLE,
};

struct grant_fault {
	enum grant_fault_kind what;
	const char *parameter, *text;
};

/* All but granted_by is set. False: fault says why not. */
bool grant_request_read(struct service *service,
			const struct grant_request *request,
			struct grant *ret_grant, struct grant_fault *ret_fault);

/* What a record tells: "project=a right=none->write until=2027-01-31..." */
void grant_request_details(const struct grant_request *request, uint32_t before,
			   uint32_t after, int64_t until,
			   char ret_details[GRANT_DETAILS_MAX]);
