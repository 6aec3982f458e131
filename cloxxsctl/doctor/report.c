/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/report.h"

#include <string.h>

#include "base/clock.h"

#define NAGIOS_TOLD 3

static int status_of(const struct doctor *doctor)
{
	switch (findings_worst(&doctor->findings)) {
	case SEVERITY_SKIPPED:
	case SEVERITY_OK:
	case SEVERITY_NOTE:
		return STATUS_OK;
	case SEVERITY_WARNING:
		return STATUS_WARNINGS;
	case SEVERITY_ERROR:
	case _N_SEVERITIES:
		break;
	}
	return STATUS_ERRORS;
}

static double seconds(const struct report *report)
{
	return (double)(clock_monotonic_us() - report->began_us) / 1e6;
}

static bool is_told(const struct report *report, const struct finding *finding)
{
	return report->all || finding->severity != SEVERITY_OK;
}

/* For eyes. */

static const struct {
	enum output_tone tone;
	enum output_mark mark;
} looks[_N_SEVERITIES] = {
	[SEVERITY_SKIPPED] = { TONE_FAINT, MARK_SKIPPED },
	[SEVERITY_OK] = { TONE_GOOD, MARK_YES },
	[SEVERITY_NOTE] = { TONE_PLAIN, MARK_HERE },
	[SEVERITY_WARNING] = { TONE_WARN, MARK_NO },
	[SEVERITY_ERROR] = { TONE_BAD, MARK_NO },
};

static void print_finding(struct output *output, const struct finding *finding)
{
	const struct check_row *row = &check_rows[finding->check];
	enum severity severity = finding->severity;
	bool at_fault = severity >= SEVERITY_NOTE;

	fprintf(output->stream,
		"%s%s %-7s%s %s: ", output_tone(output, looks[severity].tone),
		output_mark(output, looks[severity].mark),
		severity_names[severity], output_plain(output), row->name);
	output_foreign(output, finding->seen);
	fputc('\n', output->stream);
	if (!at_fault)
		return;
	fprintf(output->stream, "    %swhy%s   %s\n",
		output_tone(output, TONE_FAINT), output_plain(output),
		row->why);
	if (!*finding->mend)
		return;
	fprintf(output->stream, "    %smend%s  ",
		output_tone(output, TONE_FAINT), output_plain(output));
	output_foreign(output, finding->mend);
	fputc('\n', output->stream);
}

/* The worst first; within a severity in the order of the looking. */
static const enum severity order[] = { SEVERITY_ERROR, SEVERITY_WARNING,
				       SEVERITY_NOTE, SEVERITY_SKIPPED,
				       SEVERITY_OK };

int report_table(struct output *output, const struct doctor *doctor,
		 const struct report *report)
{
	const struct findings *findings = &doctor->findings;
	size_t errors = findings_count(findings, SEVERITY_ERROR);
	size_t warnings = findings_count(findings, SEVERITY_WARNING);
	size_t notes = findings_count(findings, SEVERITY_NOTE);

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t k = 0; k < findings->n; k++)
			if (findings->rows[k].severity == order[i] &&
			    is_told(report, &findings->rows[k]))
				print_finding(output, &findings->rows[k]);
	fprintf(output->stream,
		"%zu error%s, %zu warning%s, %zu note%s; %zu sound, %zu not "
		"looked at (%.1f s)\n",
		errors, text_plural((int64_t)errors), warnings,
		text_plural((int64_t)warnings), notes,
		text_plural((int64_t)notes),
		findings_count(findings, SEVERITY_OK),
		findings_count(findings, SEVERITY_SKIPPED), seconds(report));
	return status_of(doctor);
}

/* For scripts. */

static json_t *finding_json(const struct finding *finding)
{
	const struct check_row *row = &check_rows[finding->check];

	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "check", row->name,
			 "severity", severity_names[finding->severity], "seen",
			 finding->seen, "why", row->why, "mend", finding->mend);
}

int report_json(struct output *output, const struct doctor *doctor,
		const struct report *report)
{
	const struct findings *findings = &doctor->findings;
	scope(json_decrefp) json_t *answer = NULL;
	json_t *list = json_array(), *counts = json_object();

	for (size_t i = 0; i < findings->n; i++)
		if (is_told(report, &findings->rows[i]))
			(void)!json_array_append_new(
				list, finding_json(&findings->rows[i]));
	for (int i = 0; i < _N_SEVERITIES; i++)
		(void)!json_object_set_new(
			counts, severity_names[i],
			json_integer((json_int_t)findings_count(
				findings, (enum severity)i)));
	answer = json_pack("{s:o, s:o, s:s, s:f}", "findings", list, "counts",
			   counts, "worst",
			   severity_names[findings_worst(findings)], "seconds",
			   seconds(report));
	if (!answer || json_dumpf(answer, output->stream,
				  JSON_INDENT(2) | JSON_SORT_KEYS |
					  JSON_REAL_PRECISION(3)) < 0)
		return STATUS_FAILURE;
	fputc('\n', output->stream);
	return status_of(doctor);
}

/* For Nagios: https://nagios-plugins.org/doc/guidelines.html */

struct state {
	const char *word;
	int status;
};

static struct state nagios_state(const struct findings *findings)
{
	static const struct state states[] = {
		{ "OK", 0 },
		{ "WARNING", 1 },
		{ "CRITICAL", 2 },
		{ "UNKNOWN", 3 },
	};

	switch (findings_worst(findings)) {
	case SEVERITY_ERROR:
	case _N_SEVERITIES:
		return states[2];
	case SEVERITY_WARNING:
		return states[1];
	case SEVERITY_SKIPPED:
	case SEVERITY_OK:
	case SEVERITY_NOTE:
		break;
	}
	return states[findings_count(findings, SEVERITY_SKIPPED) ? 3 : 0];
}

/* A bar would begin the figures. */
static void print_without_bar(struct output *output, const char *text)
{
	char copy[sizeof(((struct finding *)NULL)->seen)];
	struct text to;

	text_init(&to, copy, sizeof(copy));
	text_add(&to, text);
	for (char *c = copy; *c; c++)
		if (*c == '|')
			*c = '/';
	output_foreign(output, copy);
}

static size_t print_worst(struct output *output,
			  const struct findings *findings)
{
	size_t n = 0;

	/* Errors, then warnings, then what is not known. */
	for (size_t i = 0; i < ARRAY_SIZE(order) && n < NAGIOS_TOLD; i++) {
		if (order[i] == SEVERITY_NOTE || order[i] == SEVERITY_OK)
			continue;
		for (size_t k = 0; k < findings->n && n < NAGIOS_TOLD; k++) {
			const struct finding *finding = &findings->rows[k];

			if (finding->severity != order[i])
				continue;
			fprintf(output->stream, "%s%s: ", n++ ? "; " : "",
				check_rows[finding->check].name);
			print_without_bar(output, finding->seen);
		}
	}
	return n;
}

int report_nagios(struct output *output, const struct doctor *doctor,
		  const struct report *report)
{
	const struct findings *findings = &doctor->findings;
	struct state state = nagios_state(findings);
	int64_t users = 0, locked = 0;

	fprintf(output->stream, "CLOXXS %s - ", state.word);
	if (print_worst(output, findings) == 0)
		fprintf(output->stream, "sound checks: %zu",
			findings_count(findings, SEVERITY_OK));
	fprintf(output->stream,
		" | errors=%zu;;0 warnings=%zu;0 notes=%zu skipped=%zu "
		"time=%.3fs",
		findings_count(findings, SEVERITY_ERROR),
		findings_count(findings, SEVERITY_WARNING),
		findings_count(findings, SEVERITY_NOTE),
		findings_count(findings, SEVERITY_SKIPPED), seconds(report));
	if (output_member_int(doctor->status, "users", &users) &&
	    output_member_int(doctor->status, "users_locked", &locked))
		fprintf(output->stream, " users=%lld locked=%lld",
			(long long)users, (long long)locked);
	fputc('\n', output->stream);
	return state.status;
}
