/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reading: what is shared by who opens a journal and who reads it; nobody else
 * includes it.
 */

#include <systemd/sd-journal.h>

#include "cloxxsctl/audit/entry.h"
#include "cloxxsctl/audit/journal.h"

struct audit_journal {
	sd_journal *journal;
	bool is_ours;
	uid_t uid;                  /* of cloxxsd */
	struct audit_record record; /* where the journal stands */
};
