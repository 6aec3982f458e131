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

/* For cmocka; *state is the rig. */
int pam_rig_setup(void **state);
int pam_rig_teardown(void **state);

/* A new handle for user at service sshd, and a new script. */
void pam_rig_begin(struct pam_rig *rig, const char *user,
		   const char *const *script);
/* One phase; argv is ended by NULL, and may be NULL. */
int pam_rig_run(struct pam_rig *rig, enum phase phase, int flags,
		const char *const *argv);
