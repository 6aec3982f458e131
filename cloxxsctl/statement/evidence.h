/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Evidence: all that a statement is made from, gathered once: what the daemon
 * says, its settings, its users counted, its backups, the doctor's findings,
 * the host, and what the courier sees from outside. What could not be had is
 * missing, and then nothing is kept that hangs on it.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"
#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/statement/answer.h"

struct user_tally {
	bool known; /* the daemon told of them all */
	int64_t all, disabled, locked;
	int64_t chosen, temporary, without; /* passwords */
	int64_t administrators;             /* that can get in */
	int64_t fixed;                      /* with networks of their own */
	char personal[64]; /* a member that tells about a person, or "" */
};

/* Whether cloxxs-courier is there to be asked. */
enum evidence_courier {
	COURIER_UNASKED,
	COURIER_ABSENT, /* nothing listens: this host sends nothing */
	COURIER_SILENT, /* no answer, or not to this user */
	COURIER_ANSWERS,
};

struct evidence {
	struct doctor doctor;
	json_t *settings; /* "section.key": value; NULL where unknown */
	json_t *backups;  /* an array; NULL where unknown */
	/* The notice in each language of the statement; NULL where unknown. */
	json_t *notices[_N_STATEMENT_LANGUAGES];
	struct user_tally users;
	enum evidence_courier courier;
	json_t *routes; /* arrays of its replies; NULL where unknown */
	json_t *probes;
	int64_t now;
};

void evidence_gather(struct evidence *evidence, const struct ctl *ctl);
/* What the courier tells: its ways out, and how the addresses look that it is
 * to probe, which it does now: it takes seconds. */
void evidence_ask_courier(struct evidence *evidence);
void evidence_deinit(struct evidence *evidence);

/* The value of a setting, or NULL: this version has no such one. */
const char *evidence_setting(const struct evidence *evidence,
			     const char *section, const char *key);
/* A member of the daemon's Status; false where it is not told. */
bool evidence_number(const struct evidence *evidence, const char *member,
		     int64_t *ret_number);
static inline bool evidence_has_daemon(const struct evidence *evidence)
{
	return evidence->doctor.status != NULL;
}
/*
 * Whether the daemon and its settings are known; where not, says so: then
 * nothing that hangs on them can be kept.
 */
bool evidence_can_be_asked(const struct evidence *evidence,
			   struct answer *answer);
/* The doctor looked at it, and found nothing worse than a note. */
bool evidence_is_sound(const struct evidence *evidence, enum check check);
