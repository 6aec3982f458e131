/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Promise: what the product is for, one row each: what is promised, in both
 * languages, whether it is optional, and how it is looked at. The statement and
 * the tests read the same rows. A row is kept when what it looks at says so,
 * never because somebody wrote it here.
 */

#include "cloxxsctl/statement/answer.h"

struct evidence;

struct promise {
	const char *id; /* never changes, and is never given out again */
	const char *text[_N_STATEMENT_LANGUAGES];
	bool optional;
	bool declared; /* no program can measure it */
	bool slow;     /* asks programs that take seconds */
	/* Looks at the evidence; an answer left alone is "not kept". */
	void (*look)(struct evidence *evidence, struct answer *answer);
};

#define N_PROMISES 27
/* In order of id. */
extern const struct promise promises[N_PROMISES];

/* How each is looked at: access.c, */
void look_users(struct evidence *evidence, struct answer *answer);
void look_own_password(struct evidence *evidence, struct answer *answer);
void look_strong_password(struct evidence *evidence, struct answer *answer);
void look_one_way(struct evidence *evidence, struct answer *answer);
void look_lockout(struct evidence *evidence, struct answer *answer);
void look_temporary(struct evidence *evidence, struct answer *answer);
void look_notice(struct evidence *evidence, struct answer *answer);
void look_second_factor(struct evidence *evidence, struct answer *answer);
void look_administrators(struct evidence *evidence, struct answer *answer);
void look_grants(struct evidence *evidence, struct answer *answer);
void look_personal_data(struct evidence *evidence, struct answer *answer);
void look_free_text(struct evidence *evidence, struct answer *answer);
/* whence.c, */
void look_geofence(struct evidence *evidence, struct answer *answer);
void look_fixed_networks(struct evidence *evidence, struct answer *answer);
void look_administration(struct evidence *evidence, struct answer *answer);
/* countries.c: what a promise about countries hangs on. Says which country
 * database is asked and how old it is; false where none can be asked. */
bool look_country_database(const struct evidence *evidence,
			   struct answer *answer);
/* outside.c, */
void look_tls(struct evidence *evidence, struct answer *answer);
/* surroundings.c, */
void look_firewall(struct evidence *evidence, struct answer *answer);
void look_patches(struct evidence *evidence, struct answer *answer);
void look_encryption(struct evidence *evidence, struct answer *answer);
void look_soc2(struct evidence *evidence, struct answer *answer);
void look_physical(struct evidence *evidence, struct answer *answer);
void look_location(struct evidence *evidence, struct answer *answer);
/* and watch.c. */
void look_alarms(struct evidence *evidence, struct answer *answer);
void look_monitoring(struct evidence *evidence, struct answer *answer);
void look_audit(struct evidence *evidence, struct answer *answer);
void look_backups(struct evidence *evidence, struct answer *answer);
void look_second_place(struct evidence *evidence, struct answer *answer);
