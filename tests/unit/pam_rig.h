/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * PAM rig: the module's phases between a fake PAM, a fake daemon and an
 * identity map of the test's own. alice (66001) is ours and known to the
 * system; bob (66002) is ours, with uid 1000 in the system; carol (66003) is
 * ours and the system knows no such user; local (1000), stray (70000), root and
 * toor (0) are the system's; toor and daemon (1) stand in the map nevertheless.
 */

#include "pam_cloxxs/phase.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/fake_pam.h"
#include "tests/unit/raw_map.h"

struct pam_rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	struct pam_handle pam;
	struct module module;
};

/* What the daemon says. */
#define PASSWORD "\"step\":\"password\",\"prompt\":\"Password: \""
#define CODE "\"step\":\"code\",\"prompt\":\"Code: \""
#define NEW "\"step\":\"new_password\",\"prompt\":\"New: \""
#define AGAIN "\"step\":\"new_password\",\"prompt\":\"Again: \""
#define NOTICE "\"step\":\"notice\",\"prompt\":\"Secret.\\nYes? \""
#define ALLOW "\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\""
#define DENY                                                            \
	"\"step\":\"done\",\"verdict\":\"deny\",\"message\":\"Refused " \
	"(R1).\","                                                      \
	"\"reference\":\"R1\""
#define UNAVAILABLE \
	"\"step\":\"done\",\"verdict\":\"unavailable\",\"reference\":\"R2\""

/* A phase, from its script to what is left of it. NULL: not looked at. */
struct pam_row {
	const char *what;
	const char *user;
	enum phase phase;
	int flags;
	const char *options[4];
	const char *replies[8];
	const char *answers[8];
	const char *token, *old_token; /* PAM_AUTHTOK, PAM_OLDAUTHTOK before */
	const char *host;              /* PAM_RHOST */
	int expected;
	const char *transcript;
	const char *pass; /* in the environment afterwards; "" for none */
	const char *new_token, *new_old_token; /* afterwards; "" for none */
	const char *log;                       /* a part of it */
	int n_requests;
};

/* For cmocka; *state is the rig. */
int pam_rig_setup(void **state);
int pam_rig_teardown(void **state);

/* A new handle for user at service sshd, and a new script. */
void pam_rig_begin(struct pam_rig *rig, const char *user,
		   const char *const *script);
/* One phase; argv is ended by NULL, and may be NULL. */
int pam_rig_run(struct pam_rig *rig, enum phase phase, int flags,
		const char *const *argv);

/* The same for a row, which states the handle, the script and the answers. */
void pam_rig_begin_row(struct pam_rig *rig, const struct pam_row *row);
/* Fails unless what r, the handle and the daemon tell is what the row says. */
void pam_rig_check_row(struct pam_rig *rig, const struct pam_row *row, int r);
