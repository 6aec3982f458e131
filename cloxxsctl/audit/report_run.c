/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb report. */
#include "cloxxsctl/audit/audit.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cloxxsctl/audit/report.h"
#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/new_file.h"
#include "cloxxsctl/reader.h"

#define WHAT "the report"

static int take(json_t *entry, void *report)
{
	return audit_report_take(report, entry);
}

static enum audit_report_form form_of(const struct command *command)
{
	const char *format = command->values[OPTION_FORMAT];

	if (command_has(command, OPTION_JSON) ||
	    (format && strcmp(format, "json") == 0))
		return AUDIT_REPORT_JSON;
	return format && strcmp(format, "html") == 0 ? AUDIT_REPORT_HTML
						     : AUDIT_REPORT_TEXT;
}

static int64_t count_missing(const struct audit_gaps *gaps)
{
	int64_t n = 0;

	for (size_t i = 0; i < gaps->missing.n; i++)
		n += gaps->missing.spans[i].last -
		     gaps->missing.spans[i].first + 1;
	return n;
}

/* Takes every record of the period. An exit status. */
static int fill(struct ctl *ctl, const struct command *command,
		struct audit_report *report, struct audit_gaps *gaps)
{
	char sentence[FAILURE_LINE_MAX];
	struct audit_query query;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (audit_query_read(&query, command, &text) != 0)
		return ctl_fail(ctl, command, STATUS_USAGE, sentence);
	if (query.until_us && query.since_us >= query.until_us)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"--since is not before --until");
	report->since_us = query.since_us;
	report->until_us = query.until_us;
	return audit_source_run(ctl, command, &query, take, report, gaps);
}

static int write_report(struct ctl *ctl, const struct command *command,
			const struct audit_report *report)
{
	int r = audit_report_write(
		report, form_of(command),
		reader_language(command->values[OPTION_LANGUAGE]), ctl->output);

	if (r == 0)
		r = output_finish(ctl->output);
	return r < 0 ? ctl_fail_errno(ctl, command, WHAT, r) : STATUS_OK;
}

static int write_to_file(struct ctl *ctl, const struct command *command,
			 const struct audit_report *report)
{
	const char *path = command->values[OPTION_OUTPUT];
	struct output *output = ctl->output, to_file = *output;
	int r, status;

	r = new_file_open(path, &to_file.stream);
	if (r < 0)
		return ctl_fail_errno(ctl, command, path, r);
	to_file.colour = false;
	ctl->output = &to_file;
	status = write_report(ctl, command, report);
	ctl->output = output;
	r = new_file_close(path, to_file.stream, status == STATUS_OK);
	return r < 0 && status == STATUS_OK
		       ? ctl_fail_errno(ctl, command, path, r)
		       : status;
}

/* As of a report that was written: two records of one number are a fault. */
static int judge(const struct ctl *ctl, const struct command *command,
		 const struct audit_gaps *gaps)
{
	(void)audit_source_tell_gaps(ctl, command, gaps);
	return gaps->n_twice > 0 ? STATUS_FAILURE : STATUS_OK;
}

int audit_run_report(struct ctl *ctl, const struct command *command)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	scope(audit_report_deinit) struct audit_report report;
	char host[HOST_NAME_MAX + 1];
	int status;

	audit_report_init(&report);
	report.host = host;
	report.made = ctl->output->now;
	if (gethostname(host, sizeof(host)) < 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	status = fill(ctl, command, &report, &gaps);
	if (status != STATUS_OK)
		return status;
	report.totals[REPORT_TOTAL_MISSING] = count_missing(&gaps);
	status = command_has(command, OPTION_OUTPUT)
			 ? write_to_file(ctl, command, &report)
			 : write_report(ctl, command, &report);
	return status == STATUS_OK ? judge(ctl, command, &gaps) : status;
}
