/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb follow. */
#include "cloxxsctl/audit/audit.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "cloxxsctl/audit/journal.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/audit/view.h"

/* A descriptor that can be read when somebody ends us. -errno */
static int watch_signals(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int follow(struct ctl *ctl, const struct command *command,
		  struct audit_journal *journal,
		  const struct audit_query *query)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	scope(audit_view_deinit) struct audit_view view = {
		.output = ctl->output,
		.form = listing_form_of(command),
		.at_once = true,
	};
	scope(scope_close) int interrupted = watch_signals();
	int r;

	if (interrupted < 0)
		return ctl_fail_errno(ctl, command, "signals", interrupted);
	r = audit_view_begin(&view);
	if (r == 0)
		r = audit_journal_follow(journal, query, interrupted,
					 audit_view_take, &view, &gaps);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "following the journal", r);
	return STATUS_OK;
}

int audit_run_follow(struct ctl *ctl, const struct command *command)
{
	scope(audit_journal_freep) struct audit_journal *journal = NULL;
	char sentence[FAILURE_LINE_MAX];
	struct audit_query query;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = audit_query_read(&query, command, &text);
	if (r != 0)
		return ctl_fail(ctl, command, STATUS_USAGE, sentence);
	query.follows = true;
	r = audit_source_open(ctl, command, &query, false, &journal);
	return r == STATUS_OK ? follow(ctl, command, journal, &query) : r;
}
