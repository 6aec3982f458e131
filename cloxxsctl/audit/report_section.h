/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Report section: the parts of a report as data, one row each: what it is
 * called, which counts or incidents it shows and in which columns. The forms of
 * a report read these rows and know no section by themselves.
 */

#include <stdbool.h>

#include "cloxxsctl/audit/report.h"
#include "cloxxsctl/audit/report_words.h"

enum report_kind {
	REPORT_TEXT,
	REPORT_LONG,   /* a text that may need some lines */
	REPORT_SCRIPT, /* a text for scripts: shown in JSON alone */
	REPORT_EVENT,  /* by its name, told as the catalogue calls it */
	REPORT_REASON, /* the same */
	REPORT_WHY,    /* what was said about it, else the reason */
	REPORT_COUNT,
	REPORT_BAR, /* a count, shown as a bar too */
	REPORT_TIME,
};

struct report_column {
	const char *member; /* of JSON */
	enum report_word head;
	enum report_kind kind;
	/* Which part or count of a tally, or text of an incident. */
	size_t index;
	enum report_word empty; /* what stands for nothing; 0: nothing */
};

struct report_section {
	const char *member;           /* of JSON, and the anchor of a page */
	enum report_word title, note; /* note 0: none */
	bool is_list;
	size_t which;   /* enum report_tally, or enum report_list */
	bool is_ranked; /* by the first count, else in order of the parts */
	bool is_by_day; /* shown along the period, not as it stands */
	const struct report_column *columns; /* ended by member NULL */
};

/* Ended by member NULL. */
extern const struct report_section report_sections[];

/* What a section shows of a report, which must outlive it. */
struct report_view {
	const struct report_section *section;
	enum language language;
	const struct tally *tally; /* or */
	const struct incidents *list;
	const struct tally_row **ranked; /* NULL: in order */
	size_t n;
	int64_t n_left_out; /* incidents that are not listed */
	bool has_others;    /* one row more: of all other keys */
	int64_t most;       /* of what is shown as a bar */
};

struct report_cell {
	char text[INCIDENT_TEXT_MAX + 128]; /* for people */
	const char *name;                   /* for scripts; of texts */
	int64_t number;                     /* of counts and times (us) */
	bool is_known;                      /* false: there is nothing */
};

/* -ENOMEM. */
must_check int report_view_open(struct report_view *view,
				const struct audit_report *report,
				const struct report_section *section,
				enum language language);
void report_view_close(struct report_view *view);
/* The cell of row i; i is n for the row of all others. */
void report_view_cell(const struct report_view *view, size_t i,
		      const struct report_column *column,
		      struct report_cell *ret_cell);
