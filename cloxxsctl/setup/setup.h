/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Setup: from installed programs to the first guarded login, step by step.
 * Each step looks whether it is needed, writes down what it will change, and
 * changes it, so that setup can be run again after any interruption, and
 * undone. It never takes the last way in away: it does not begin without one.
 */

#include "cloxxsctl/ctl.h"
#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/setup/record.h"
#include "varlink/client.h"

struct setup {
	struct ctl *ctl;
	const struct command *command;
	FILE *stream;
	bool dry; /* say what would be done, and do nothing */
	char administrator[NAME_USER_MAX + 1]; /* to be made; empty: none */
	const char *services;                  /* his, by comma */
	char networks[1024]; /* administrators', as written; empty: none */
	bool recovery;                         /* a recovery key is wanted */
	char countries[PATH_MAX]; /* a country database; empty: none */
	struct host host;
	struct record record; /* not where dry */
};

struct setup_step {
	const char *name;
	const char *title;
	/* Is there anything to do? Asks nobody. */
	bool (*is_needed)(struct setup *setup);
	/* Does it, or says what it would do; an exit status. */
	int (*run)(struct setup *setup);
};

extern const struct setup_step setup_steps[];
extern const size_t setup_n_steps;

/* The verb "setup", and "setup undo". */
int setup_run(struct ctl *ctl, const struct command *command);
int setup_undo(struct setup *setup);

/* For the steps; each returns an exit status and has told what failed. */
int setup_fail(struct setup *setup, const char *what, int error);
/* Makes path hold text, written down first; a difference where dry. */
int setup_change_file(struct setup *setup, const char *path, const char *text,
		      mode_t mode);
/* Runs a program of the system; what it said is shown where it failed. */
int setup_command(struct setup *setup, const char *const *argv);
int setup_record(struct setup *setup, const char *kind, const char *about);
/*
 * Asks on the terminal; an empty line is otherwise, where there is one. False
 * where nobody answers.
 */
bool setup_ask(const struct setup *setup, const char *question,
	       const char *otherwise, char *answer, size_t size);
/* Waits until the daemon answers, for timeout_ms at most. */
bool setup_daemon_answers(const struct setup *setup, uint32_t timeout_ms);
bool setup_has_systemd(const struct setup *setup);
/* Is there a program of this name? */
bool setup_has_program(const char *program);
/* sshd reads its settings again; sessions that run go on. */
int setup_reload_sshd(struct setup *setup);

#define SETUP_RECOVERY CLOXXS_CONFDIR "/recovery.pub"
#define SETUP_COUNTRIES CLOXXS_STATEDIR "/private/country.mmdb"
#define SETUP_SNIPPET "/etc/ssh/sshd_config.d/10-cloxxs.conf"
#define SETUP_SSHD "/usr/sbin/sshd"
#define SETUP_SYSTEMCTL "/usr/bin/systemctl"
#define SETUP_PAM_UPDATE "/usr/sbin/pam-auth-update"
