/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Report form: a report as text for a terminal, as one page for a browser or a
 * printer, and as JSON. What they show is report_section.h's.
 */

#include "cloxxsctl/audit/report_days.h"
#include "cloxxsctl/audit/report_section.h"

/* -ENOMEM, or 0; the stream keeps its own errors. */
must_check int audit_report_text(const struct audit_report *report,
				 enum language language, struct output *output);
must_check int audit_report_html(const struct audit_report *report,
				 enum language language, struct output *output);
must_check int audit_report_json(const struct audit_report *report,
				 struct output *output);

/* The counts of column along the period as a picture that says in words what it
 * shows. id is unique in the page. */
void report_chart(FILE *stream, const struct report_days *days,
		  enum report_day_count column, const char *id,
		  enum language language);

/* What stands in the summary, in order; ended by word 0. */
struct report_fact {
	enum report_word word;
	enum report_total total;
	bool is_fault; /* told only where there are some */
};
extern const struct report_fact report_facts[];

/* "per day", and "Day", for the step. */
enum report_word report_step_word(enum report_step step);
enum report_word report_step_head(enum report_step step);
/* "from 2026-11-01 00:00:00 +0100 to 2026-12-01 00:00:00 +0100" */
void report_add_period(const struct audit_report *report,
		       enum language language, struct text *text);
/* " (numbers 812 - 40231)" */
void report_add_numbers(const struct audit_report *report,
			enum language language, struct text *text);
