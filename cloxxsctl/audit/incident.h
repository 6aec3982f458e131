/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Incidents: what is told one by one in a report, who did what to whom and why,
 * in the order in which it came. It keeps as many as its cap, and of the rest
 * the number.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/* Of one text, NUL included; what is longer is cut. */
#define INCIDENT_TEXT_MAX 512

enum incident_text {
	INCIDENT_EVENT,
	INCIDENT_USER,
	INCIDENT_ACTOR,
	INCIDENT_SERVICE,
	INCIDENT_ADDRESS,
	INCIDENT_REASON,
	INCIDENT_PLACE,  /* the project or the group that it is about */
	INCIDENT_CHANGE, /* what became of it, the details without the place */
	INCIDENT_DETAILS,
	_N_INCIDENT_TEXTS,
};

struct incident {
	int64_t at_us;
	const char *texts[_N_INCIDENT_TEXTS]; /* printable ASCII; or "" */
};

struct incidents {
	struct incident **rows;
	size_t n_rows, n_room, cap;
	int64_t n_more;
};

void incidents_deinit(struct incidents *incidents);
/* Copies texts, of which each may be NULL. -ENOMEM. */
must_check int incidents_add(struct incidents *incidents, int64_t at_us,
			     const char *const texts[_N_INCIDENT_TEXTS]);
