/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Application: the sessions that an application has open for its users, and
 * whether one goes on. There is no process to watch: a session lasts until it
 * is closed, an administrator ends it, its time is over, the host is started
 * anew, or its user may no longer be there. What it lets him do is the
 * application's.
 */

#include "cloxxsd/service/service.h"

enum application_error {
	_APPLICATION_E_OK,
	APPLICATION_E_ENDED,  /* there is none of that service */
	APPLICATION_E_DENIED, /* its user may not go on */
};

struct application_session {
	struct session session;
	struct user user;
	enum reason reason; /* of APPLICATION_E_DENIED */
};

/* Whether the application of that service opened the session. */
bool application_opened(const struct settings_service *of,
			const struct session *session);
/* Whether a session, of an application or not, can be running still. */
bool application_is_running(const struct service *service,
			    const struct session *session);
/*
 * Whether the session of that service goes on; address, NULL where it is not
 * said, is where its user is now. APPLICATION_E_*, or -errno; *ret_found is set
 * but for APPLICATION_E_ENDED and -errno.
 */
must_check int application_session_find(const struct service *service,
					const struct settings_service *of,
					const char *id, const char *address,
					struct application_session *ret_found);

/* Adds to a reply, which may be NULL, the applications of the settings and who
 * speaks for them. NULL without memory. */
json_t *application_add_all(const struct service *service, json_t *reply);

/* nl.cloxxs.Login.CheckSession */
int application_check_session(struct varlink_call *call, json_t *parameters,
			      void *service);
