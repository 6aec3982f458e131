/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/report_form.h"

const struct report_fact report_facts[] = {
	{ WORD_REPORT_LOGINS, REPORT_TOTAL_LOGINS, false },
	{ WORD_REPORT_UNASKED, REPORT_TOTAL_UNASKED, false },
	{ WORD_REPORT_REFUSALS, REPORT_TOTAL_REFUSALS, false },
	{ WORD_REPORT_LOCKS, REPORT_TOTAL_LOCKS, false },
	{ WORD_REPORT_UNLOCKS, REPORT_TOTAL_UNLOCKS, false },
	{ WORD_REPORT_RIGHTS, REPORT_TOTAL_RIGHTS, false },
	{ WORD_REPORT_ACTS, REPORT_TOTAL_ACTS, false },
	{ WORD_REPORT_ACTIONS, REPORT_TOTAL_ACTIONS, false },
	{ WORD_REPORT_RECORDS, REPORT_TOTAL_RECORDS, false },
	{ WORD_REPORT_REPLACED, REPORT_TOTAL_REPLACED, true },
	{ WORD_REPORT_MISSING, REPORT_TOTAL_MISSING, true },
	{ 0 },
};

enum report_word report_step_word(enum report_step step)
{
	switch (step) {
	case REPORT_STEP_DAY:
		return WORD_REPORT_BY_DAY;
	case REPORT_STEP_MONTH:
		return WORD_REPORT_BY_MONTH;
	case REPORT_STEP_YEAR:
		break;
	}
	return WORD_REPORT_BY_YEAR;
}

enum report_word report_step_head(enum report_step step)
{
	switch (step) {
	case REPORT_STEP_DAY:
		return WORD_REPORT_DAY;
	case REPORT_STEP_MONTH:
		return WORD_REPORT_MONTH;
	case REPORT_STEP_YEAR:
		break;
	}
	return WORD_REPORT_YEAR;
}

static void add_side(struct text *text, const char *word, int64_t at_us)
{
	text_add_format(text, "%s%s ", text->n ? " " : "", word);
	output_add_time(text, at_us / 1000000);
}

void report_add_period(const struct audit_report *report,
		       enum language language, struct text *text)
{
	int64_t since = report->since_us ? report->since_us : report->first_us;
	int64_t until = report->until_us ? report->until_us : report->last_us;
	struct text side;
	char shown[128];

	text_init(&side, shown, sizeof(shown));
	if (since)
		add_side(&side, report_word(WORD_REPORT_FROM, language), since);
	if (until)
		add_side(&side, report_word(WORD_REPORT_TO, language), until);
	text_add(text,
		 side.n ? shown : report_word(WORD_REPORT_WHOLE, language));
}

void report_add_numbers(const struct audit_report *report,
			enum language language, struct text *text)
{
	if (report->first_sequence > 0)
		text_add_format(text, " (%s %lld - %lld)",
				report_word(WORD_REPORT_NUMBERS, language),
				(long long)report->first_sequence,
				(long long)report->last_sequence);
}

int audit_report_write(const struct audit_report *report,
		       enum audit_report_form form, enum language language,
		       struct output *output)
{
	switch (form) {
	case AUDIT_REPORT_TEXT:
		return audit_report_text(report, language, output);
	case AUDIT_REPORT_HTML:
		return audit_report_html(report, language, output);
	case AUDIT_REPORT_JSON:
		return audit_report_json(report, output);
	}
	return -EINVAL;
}
