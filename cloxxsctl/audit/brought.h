/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Brought: the files of a journal that was brought from elsewhere, named by a
 * pattern, or by the directory where they are. It opens what it finds, or says
 * which of it cannot be opened; what stands in the files it does not look at.
 */

#include <systemd/sd-journal.h>

#include "base/scope.h"
#include "base/text.h"

/*
 * Files by a pattern, as of a shell. AUDIT_JOURNAL_E_MISSING with a sentence
 * in fault: there is none, or one that cannot be opened. -ENOMEM.
 */
must_check int audit_brought_files(const char *pattern, struct text *fault,
				   sd_journal **ret_journal);
/*
 * Those of a directory, and of its directories MACHINE-ID and
 * MACHINE-ID.NAMESPACE, as /var/log/journal has them. Damaged ones are left
 * out, as journalctl(1) does: the numbers of records tell. The same errors.
 */
must_check int audit_brought_directory(const char *directory,
				       struct text *fault,
				       sd_journal **ret_journal);
