/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb stats: how many records there are of what. */
#include "cloxxsctl/audit/audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/table.h"

#define SECOND_US INT64_C(1000000)
/* What a table shows of each group; JSON has all. */
#define SHOWN_MAX 20

struct group {
	const char *member; /* of an entry; NULL: the day */
	const char *name;   /* in JSON */
	const char *head;
	bool in_order; /* of what is counted, not of how many there are */
};

static const struct group groups[] = {
	{ NULL, "days", "DAY", true },
	{ "event", "events", "EVENT", false },
	{ "result", "results", "RESULT", false },
	{ "reason", "reasons", "REASON", false },
	{ "user", "users", "USER", false },
	{ "address", "addresses", "ADDRESS", false },
	{ "service", "services", "SERVICE", false },
};

struct counts {
	json_int_t n;
	json_t *groups[ARRAY_SIZE(groups)]; /* objects: what, how many */
};

static void counts_deinit(struct counts *counts)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		json_decref(counts->groups[i]);
}

static int counts_init(struct counts *counts)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		counts->groups[i] = json_object();
		if (!counts->groups[i])
			return -ENOMEM;
	}
	return 0;
}

static int count_one(json_t *group, const char *what)
{
	json_t *number = json_object_get(group, what);

	if (number)
		return json_integer_set(number,
					json_integer_value(number) + 1) < 0
			       ? -EINVAL
			       : 0;
	return json_object_set_new(group, what, json_integer(1)) < 0 ? -ENOMEM
								     : 0;
}

static int count(json_t *entry, void *userdata)
{
	struct counts *counts = userdata;
	int r = 0;

	counts->n++;
	for (size_t i = 0; i < ARRAY_SIZE(groups) && r == 0; i++) {
		const char *what = NULL;
		char day[32];
		struct text text;
		int64_t at = 0;

		if (groups[i].member) {
			what = output_member(entry, groups[i].member, NULL);
		} else if (output_member_int(entry, "at", &at)) {
			text_init(&text, day, sizeof(day));
			output_add_day(&text, at / SECOND_US);
			what = day;
		}
		if (what && *what)
			r = count_one(counts->groups[i], what);
	}
	return r;
}

/* Showing. */

struct tally {
	const char *what;
	json_int_t n;
};

static int compare_counts(const void *a, const void *b)
{
	const struct tally *left = a, *right = b;

	if (left->n != right->n)
		return left->n < right->n ? 1 : -1;
	return strcmp(left->what, right->what);
}

static int compare_names(const void *a, const void *b)
{
	const struct tally *left = a, *right = b;

	return strcmp(left->what, right->what);
}

/* The group in its order, which borrows from it; NULL: no memory. */
static struct tally *sort(const struct group *group, json_t *counted)
{
	size_t n = json_object_size(counted), i = 0;
	struct tally *tallies = calloc(n + 1, sizeof(*tallies));
	const char *what;
	json_t *number;

	if (!tallies)
		return NULL;
	json_object_foreach(counted, what, number) tallies[i++] =
		(struct tally){ what, json_integer_value(number) };
	qsort(tallies, n, sizeof(*tallies),
	      group->in_order ? compare_names : compare_counts);
	return tallies;
}

static int add_row(struct table *table, const struct tally *tally)
{
	char number[24];
	struct text text;
	int r;

	text_init(&text, number, sizeof(number));
	text_add_format(&text, "%lld", (long long)tally->n);
	r = table_add(table, TONE_PLAIN, tally->what);
	return r == 0 ? table_add(table, TONE_PLAIN, number) : r;
}

static int show_group(struct output *output, const struct group *group,
		      json_t *counted)
{
	scope(scope_free) struct tally *tallies = sort(group, counted);
	const char *const heads[] = { group->head, "RECORDS" };
	scope(table_freep) struct table *table = NULL;
	size_t n = json_object_size(counted), n_shown = n;
	int r;

	if (!tallies)
		return -ENOMEM;
	if (!group->in_order && n_shown > SHOWN_MAX)
		n_shown = SHOWN_MAX;
	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	for (size_t i = 0; i < n_shown && r == 0; i++) {
		r = add_row(table, &tallies[i]);
		if (table_n_rows(table) >= TABLE_BATCH)
			table_flush(table, output);
	}
	if (r < 0)
		return r;
	fputc('\n', output->stream);
	table_flush(table, output);
	if (n > n_shown)
		fprintf(output->stream, "and %zu more\n", n - n_shown);
	return 0;
}

static int show_table(struct output *output, struct counts *counts)
{
	int r = 0;

	fprintf(output->stream, "%lld record%s\n", (long long)counts->n,
		text_plural(counts->n));
	for (size_t i = 0; i < ARRAY_SIZE(groups) && r == 0; i++)
		if (json_object_size(counts->groups[i]) > 0)
			r = show_group(output, &groups[i], counts->groups[i]);
	return r;
}

static int show_json(struct output *output, struct counts *counts)
{
	scope(json_decrefp) json_t *object =
		json_pack("{s:I}", "records", counts->n);

	for (size_t i = 0; i < ARRAY_SIZE(groups) && object; i++)
		if (json_object_set(object, groups[i].name, counts->groups[i]) <
		    0)
			return -ENOMEM;
	if (!object)
		return -ENOMEM;
	if (json_dumpf(object, output->stream,
		       JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) < 0)
		return -EIO;
	fputc('\n', output->stream);
	return 0;
}

int audit_run_stats(struct ctl *ctl, const struct command *command)
{
	scope(counts_deinit) struct counts counts = { 0 };
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	char sentence[FAILURE_LINE_MAX];
	struct audit_query query;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = audit_query_read(&query, command, &text);
	if (r != 0)
		return ctl_fail(ctl, command, STATUS_USAGE, sentence);
	r = counts_init(&counts);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "counting", r);
	r = audit_source_run(ctl, command, &query, count, &counts, &gaps);
	if (r != STATUS_OK)
		return r;
	r = listing_form_of(command) == LISTING_JSON
		    ? show_json(ctl->output, &counts)
		    : show_table(ctl->output, &counts);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	(void)audit_source_tell_gaps(ctl, command, &gaps);
	return gaps.n_twice > 0 ? STATUS_FAILURE : STATUS_OK;
}
