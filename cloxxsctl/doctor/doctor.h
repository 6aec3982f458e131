/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Doctor: looks at all that a guarded login hangs on and says what is wrong
 * with it. It changes nothing, asks nothing but the daemon's and the courier's
 * own answers, and does not trust what it reads: a damaged file is a finding.
 * What it may not look at, it says.
 */

#include <jansson.h>

#include "base/identity.h"
#include "base/name.h"
#include "cloxxsctl/ctl.h"
#include "cloxxsctl/doctor/finding.h"
#include "cloxxsctl/doctor/host.h"
#include "varlink/client.h"

/* Where things stand; a test has others. */
struct doctor {
	struct host host;
	struct findings findings;
	const char *socket;  /* of the daemon */
	const char *courier; /* the courier's socket */

	/* What the first groups found out for the later ones; NULL or 0 where
	 * they could not. */
	json_t *status; /* the daemon's Status() */
	json_t *users;  /* the daemon's users, an array */
	json_t *notice; /* the daemon's GetNotice() */
	json_t *alarms; /* the daemon's Alarms() */
	json_t *routes; /* the courier's Routes(), an array */
	struct map *map;
	bool has_pam, has_nss; /* the profile, the lines */
};

/* Users that are looked at; a machine has no more in a second. */
#define DOCTOR_USERS_MAX 2000

void doctor_init(struct doctor *doctor, const char *root, const char *socket);
void doctor_deinit(struct doctor *doctor);
/* Makes every check. */
void doctor_look(struct doctor *doctor);

/* The verb "doctor". */
int doctor_run(struct ctl *ctl, const struct command *command);

/* The groups, one file each, in the order in which they are asked. */
void doctor_daemon(struct doctor *doctor);
/* Of these: what is asked by the same client. */
void doctor_alarms(struct doctor *doctor, struct varlink_client *client);
void doctor_codes(struct doctor *doctor, struct varlink_client *client);
void doctor_courier(struct doctor *doctor);
void doctor_units(struct doctor *doctor);
void doctor_store(struct doctor *doctor);
void doctor_key(struct doctor *doctor);
void doctor_backups(struct doctor *doctor);
void doctor_countries(struct doctor *doctor);
void doctor_pam(struct doctor *doctor);
void doctor_names(struct doctor *doctor);
void doctor_sshd(struct doctor *doctor);
void doctor_accounts(struct doctor *doctor);
void doctor_wayin(struct doctor *doctor);
void doctor_host(struct doctor *doctor);

/* Whether a service or a user asks for codes. */
bool doctor_asks_codes(const struct doctor *doctor);

/* Short forms for the groups. */
#define doctor_say(doctor, check, severity, ...) \
	findings_add(&(doctor)->findings, check, severity, __VA_ARGS__)
/*
 * Whether the daemon, which answered before, answered this too: r and error are
 * those of its call. A daemon of before, that does not know what it was asked,
 * is let pass; whatever else went wrong becomes a finding about what.
 */
must_check bool doctor_is_answered(struct doctor *doctor, enum check check,
				   const char *what, int r, const char *error);
/* It could not be looked at: -errno, or what host_ask() gave. */
void doctor_skip(struct doctor *doctor, enum check check, const char *what,
		 int error);
