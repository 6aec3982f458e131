/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/grant_request.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "cloxxsd/service/admin.h"

static bool fail(struct grant_fault *fault, enum grant_fault_kind what,
		 const char *parameter, const char *text)
{
	*fault = (struct grant_fault){ .what = what,
				       .parameter = parameter,
				       .text = text };
	return false;
}

static bool read_every(const struct grant_request *request, struct grant *grant,
		       struct grant_fault *fault)
{
	const char *of = request->service;

	if (!of)
		return fail(fault, GRANT_FAULT_INVALID, "service",
			    ADMIN_WHICH_SERVICE);
	if (!name_is_service(of, strlen(of)))
		return fail(fault, GRANT_FAULT_INVALID, "service",
			    ADMIN_SERVICE_RULE);
	grant->project = ACCESS_EVERY_PROJECT;
	memcpy(grant->service, of, strlen(of) + 1);
	return true;
}

static bool read_project(struct service *service,
			 const struct grant_request *request,
			 struct grant *grant, struct grant_fault *fault)
{
	struct project project;
	int r;

	if (strcmp(request->project, HOLDER_EVERY_PROJECT) == 0)
		return read_every(request, grant, fault);
	r = project_find(service->state->store, request->project, &project);
	if (r != 0)
		return fail(fault,
			    r == PROJECT_E_UNKNOWN ? GRANT_FAULT_PROJECT
						   : GRANT_FAULT_UNREADABLE,
			    NULL, NULL);
	if (request->service && strcmp(request->service, project.service) != 0)
		return fail(fault, GRANT_FAULT_INVALID, "service",
			    ADMIN_OTHER_SERVICE);
	grant->project = project.id;
	memcpy(grant->service, project.service, sizeof(project.service));
	return true;
}

/* Why there is no such holder. */
static enum grant_fault_kind holder_fault(struct service *service,
					  const char *holder, int error)
{
	if (error != HOLDER_E_UNKNOWN)
		return GRANT_FAULT_UNREADABLE;
	return holder_is_bare_group(service->state->store, holder)
		       ? GRANT_FAULT_GROUP
		       : GRANT_FAULT_HOLDER;
}

bool grant_request_read(struct service *service,
			const struct grant_request *request,
			struct grant *ret_grant, struct grant_fault *ret_fault)
{
	int64_t now = clock_realtime_us() / 1000000;
	struct grant grant = { .until = request->until, .granted_at = now };
	int r;

	if (!grant_rights_find(request->right, &grant.rights))
		return fail(ret_fault, GRANT_FAULT_INVALID, "right",
			    "It must be read, write (which is read too), "
			    "write-only or deny.");
	if (request->until < 0 || request->until > TIMESTAMP_MAX)
		return fail(ret_fault, GRANT_FAULT_INVALID, "until",
			    "It must be a time in seconds since 1970, 0 for "
			    "no end, to 9999.");
	if (request->until != 0 &&
	    request->until <= state_moment(service->state, 0).latest)
		return fail(ret_fault, GRANT_FAULT_INVALID, "until",
			    "It must be a time that is still to come.");
	r = holder_find(service->state->store, request->holder, &grant.holder);
	if (r != 0)
		return fail(ret_fault,
			    holder_fault(service, request->holder, r), NULL,
			    NULL);
	if (!read_project(service, request, &grant, ret_fault))
		return false;
	*ret_grant = grant;
	return true;
}

void grant_request_details(const struct grant_request *request, uint32_t before,
			   uint32_t after, int64_t until,
			   char ret_details[GRANT_DETAILS_MAX])
{
	struct text text;

	text_init(&text, ret_details, GRANT_DETAILS_MAX);
	text_add_format(&text, "project=%.64s", request->project);
	/* A project says by itself whose it is. */
	if (request->service &&
	    strcmp(request->project, HOLDER_EVERY_PROJECT) == 0)
		text_add_format(&text, " service=%.64s", request->service);
	text_add_format(&text, " right=%s->%s", grant_rights_name(before),
			grant_rights_name(after));
	if (until != 0) {
		text_add(&text, " until=");
		timestamp_write(until, &text);
	}
}
