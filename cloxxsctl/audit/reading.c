/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Every match begins with _UID of cloxxsd: no record of another sender is
 *     ever taken, whatever else it carries.
 *  2. Where a period ends is told by when a record was made, not by when
 *     journald took it: what was sent again comes late.
 */
#include "cloxxsctl/audit/reading.h"

#include <inttypes.h>
#include <poll.h>

#include "base/clock.h"

/* So late, at most, comes a record that nothing went wrong with. */
#define LATE_US INT64_C(60000000)
/* Missing records that are looked for one by one. */
#define LOOKED_FOR_MAX 20000
/* Records that are no audit's, before one that is. */
#define OTHERS_MAX 10000

/* Matching. */

static int match(struct audit_journal *journal, const char *field,
		 const char *value)
{
	char pair[AUDIT_FILTER_MAX + 32];
	struct text text;

	text_init(&text, pair, sizeof(pair));
	text_add_format(&text, "%s=%s", field, value);
	return sd_journal_add_match(journal->journal, pair, text.n);
}

static int match_number(struct audit_journal *journal, const char *field,
			int64_t number)
{
	char digits[24];
	struct text text;

	text_init(&text, digits, sizeof(digits));
	text_add_format(&text, "%" PRId64, number);
	return match(journal, field, digits);
}

/* Only what cloxxsd wrote, from here on. */
static int match_ours(struct audit_journal *journal)
{
	sd_journal_flush_matches(journal->journal);
	return match_number(journal, "_UID", journal->uid);
}

/* Values of one field: any of them will do. */
static int match_events(struct audit_journal *journal, const char *list)
{
	char event[AUDIT_FILTER_MAX];
	int r = 0;

	while (r >= 0 && audit_query_next_event(&list, event))
		r = match(journal, audit_filters[AUDIT_EVENT].field, event);
	return r;
}

static int match_query(struct audit_journal *journal,
		       const struct audit_query *query)
{
	int r = match_ours(journal);

	for (size_t i = 0; i < _N_AUDIT_FILTERS && r >= 0; i++)
		if (*query->texts[i] && i == AUDIT_EVENT)
			r = match_events(journal, query->texts[i]);
		else if (*query->texts[i])
			r = match(journal, audit_filters[i].field,
				  query->texts[i]);
	return r;
}

/* Reading. */

/* The record where the journal stands; 0: it is none of the audit. */
static int read_record(struct audit_journal *journal)
{
	struct audit_record *record = &journal->record;
	const void *data;
	size_t n;
	int r;

	audit_record_clear(record);
	sd_journal_restart_data(journal->journal);
	while ((r = sd_journal_enumerate_available_data(journal->journal, &data,
							&n)) > 0)
		audit_record_take(record, data, n);
	/* A damaged record is one that is missing. */
	if (r < 0 && r != -EBADMSG && r != -EADDRNOTAVAIL)
		return r;
	return record->sequence > 0 && record->at > 0;
}

struct reading {
	struct audit_journal *journal;
	const struct audit_query *query;
	int (*each)(json_t *entry, void *userdata);
	void *userdata;
	struct audit_gaps *gaps;
	uint64_t n; /* entries handed out */
	/* The nearest records before and behind the period; 0: none was seen.
	 */
	int64_t before, behind;
	int64_t lowest, lowest_us; /* the record of the lowest number */
	bool is_from_head;         /* nothing stands before what was read */
};

static bool is_enough(const struct reading *reading)
{
	return reading->query->limit > 0 && reading->n >= reading->query->limit;
}

static bool is_in_period(const struct audit_query *query,
			 const struct audit_record *record)
{
	return record->at >= query->since_us &&
	       (query->until_us == 0 || record->at < query->until_us);
}

/* What each returned. */
static int hand_out(struct reading *reading)
{
	scope(json_decrefp) json_t *entry =
		audit_record_entry(&reading->journal->record);
	int r;

	if (!entry)
		return -ENOMEM;
	if (!audit_query_wants(reading->query, entry))
		return 0;
	r = reading->each(entry, reading->userdata);
	if (r == 0)
		reading->n++;
	return r;
}

static int see_record(struct reading *reading)
{
	const struct audit_record *record = &reading->journal->record;
	const struct audit_query *query = reading->query;

	if (record->at < query->since_us && record->sequence > reading->before)
		reading->before = record->sequence;
	if (query->until_us && record->at >= query->until_us &&
	    (reading->behind == 0 || record->sequence < reading->behind))
		reading->behind = record->sequence;
	if (reading->lowest == 0 || record->sequence < reading->lowest) {
		reading->lowest = record->sequence;
		reading->lowest_us = record->at;
	}
	return audit_gaps_take(reading->gaps, record->sequence,
			       record->texts[ENTRY_CHAIN],
			       audit_record_contents(record));
}

static int take_record(struct reading *reading)
{
	const struct audit_record *record = &reading->journal->record;
	int r;

	r = see_record(reading);
	if (r < 0)
		return r;
	if (r == AUDIT_AGAIN || !is_in_period(reading->query, record))
		return 0;
	return hand_out(reading);
}

static int step(struct reading *reading)
{
	sd_journal *journal = reading->journal->journal;

	return reading->query->reverse ? sd_journal_previous(journal)
				       : sd_journal_next(journal);
}

/* One record before the period tells whether its first ones are missing. */
static int take_neighbour(struct reading *reading)
{
	sd_journal *journal = reading->journal->journal;

	for (int i = 0; i < OTHERS_MAX; i++) {
		int r = sd_journal_previous(journal);

		reading->is_from_head = r == 0;
		if (r <= 0)
			return r;
		r = read_record(reading->journal);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		r = see_record(reading);
		return r < 0 ? r : 0;
	}
	return 0;
}

static int seek(struct reading *reading, bool is_whole)
{
	const struct audit_query *query = reading->query;
	sd_journal *journal = reading->journal->journal;
	int r;

	if (query->reverse && query->until_us && is_whole)
		return sd_journal_seek_realtime_usec(
			journal, (uint64_t)(query->until_us + LATE_US));
	if (query->reverse)
		return sd_journal_seek_tail(journal);
	if (!query->since_us) {
		reading->is_from_head = true;
		return sd_journal_seek_head(journal);
	}
	if (is_whole) {
		r = sd_journal_seek_realtime_usec(journal,
						  (uint64_t)query->since_us);
		if (r >= 0)
			r = take_neighbour(reading);
		if (r < 0)
			return r;
	}
	return sd_journal_seek_realtime_usec(journal,
					     (uint64_t)query->since_us);
}

/* Whether nothing of the period can come behind where the journal stands. */
static int is_past(struct reading *reading, bool is_whole, bool *ret_past)
{
	const struct audit_query *query = reading->query;
	uint64_t taken_us = 0;
	int r;

	r = sd_journal_get_realtime_usec(reading->journal->journal, &taken_us);
	if (r < 0)
		return r;
	if (query->reverse)
		*ret_past = (int64_t)taken_us < query->since_us;
	else
		*ret_past = is_whole && query->until_us &&
			    (int64_t)taken_us > query->until_us + LATE_US;
	return 0;
}

/* All records, from where the journal stands. 0, or what each returned. */
static int read_on(struct reading *reading, bool is_whole)
{
	bool past = false;
	int r;

	while (!is_enough(reading) && (r = step(reading)) != 0) {
		if (r > 0)
			r = is_past(reading, is_whole, &past);
		if (r < 0)
			return r;
		r = read_record(reading->journal);
		if (r > 0)
			r = take_record(reading);
		if (r != 0)
			return r;
		if (past)
			return 0;
	}
	if (reading->query->reverse && !is_enough(reading))
		reading->is_from_head = true;
	return 0;
}

static int look_for(struct reading *reading, int64_t sequence)
{
	struct audit_journal *journal = reading->journal;
	int r;

	r = match_ours(journal);
	if (r >= 0)
		r = match_number(journal, "CLOXXS_SEQ", sequence);
	if (r >= 0)
		r = sd_journal_seek_head(journal->journal);
	if (r < 0)
		return r;
	while ((r = sd_journal_next(journal->journal)) > 0) {
		r = read_record(journal);
		if (r > 0)
			r = take_record(reading);
		if (r != 0)
			return r;
	}
	return r;
}

/* What was missing may have been sent again much later. */
static int look_for_missing(struct reading *reading)
{
	struct audit_gaps *gaps = reading->gaps;
	size_t n = 0;
	int r;

	r = audit_gaps_find(gaps, reading->before, reading->behind);
	if (r < 0)
		return r;
	for (size_t i = 0; i < gaps->missing.n && r == 0; i++) {
		const struct audit_span span = gaps->missing.spans[i];

		for (int64_t at = span.first;
		     at <= span.last && r == 0 && n < LOOKED_FOR_MAX &&
		     !is_enough(reading);
		     at++, n++)
			r = look_for(reading, at);
	}
	return r == 0 ? audit_gaps_find(gaps, reading->before, reading->behind)
		      : r;
}

static bool is_whole_query(const struct audit_query *query)
{
	return !audit_query_is_filtered(query) && query->first == 0 &&
	       query->last == 0;
}

/* Where the journal begins later than what was asked for. */
static void note_begin(struct reading *reading)
{
	if (!reading->is_from_head || reading->lowest <= 1 ||
	    reading->lowest_us < reading->query->since_us)
		return;
	reading->gaps->begin = reading->lowest;
	reading->gaps->begin_us = reading->lowest_us;
}

int audit_journal_read(struct audit_journal *journal,
		       const struct audit_query *query,
		       int (*each)(json_t *entry, void *userdata),
		       void *userdata, struct audit_gaps *gaps)
{
	struct reading reading = {
		.journal = journal,
		.query = query,
		.each = each,
		.userdata = userdata,
		.gaps = gaps,
	};
	bool is_whole = is_whole_query(query);
	int r;

	if (query->first > 0 && query->first == query->last)
		return look_for(&reading, query->first);
	r = match_query(journal, query);
	if (r >= 0)
		r = seek(&reading, is_whole);
	if (r >= 0)
		r = read_on(&reading, is_whole);
	if (r != 0 || !is_whole)
		return r;
	note_begin(&reading);
	return is_enough(&reading) ? 0 : look_for_missing(&reading);
}

/* Following. */

/* Behind the last that there is; where there is none the end is no place. */
static int seek_end(sd_journal *journal)
{
	int r = sd_journal_seek_tail(journal);

	if (r >= 0)
		r = sd_journal_previous(journal);
	return r == 0 ? sd_journal_seek_head(journal) : r;
}

/* Waits for more, or the end; whether it is the end. */
static int wait_more(struct audit_journal *journal, int interrupted,
		     bool *ret_end)
{
	int fd = sd_journal_get_fd(journal->journal);
	struct pollfd polled[] = {
		{ .fd = interrupted, .events = POLLIN },
		{ .fd = fd,
		  .events = (short)sd_journal_get_events(journal->journal) },
	};

	if (fd < 0)
		return fd;
	/* A journal that is not told of by the kernel is looked at. */
	if (poll(polled, ARRAY_SIZE(polled),
		 sd_journal_reliable_fd(journal->journal) > 0 ? -1 : 1000) <
		    0 &&
	    errno != EINTR)
		return -errno;
	*ret_end = polled[0].revents != 0;
	return sd_journal_process(journal->journal) < 0 ? -EIO : 0;
}

int audit_journal_follow(struct audit_journal *journal,
			 const struct audit_query *query, int interrupted,
			 int (*each)(json_t *entry, void *userdata),
			 void *userdata, struct audit_gaps *gaps)
{
	struct reading reading = {
		.journal = journal,
		.query = query,
		.each = each,
		.userdata = userdata,
		.gaps = gaps,
	};
	bool end = false;
	int r;

	r = match_query(journal, query);
	if (r >= 0)
		r = query->since_us ? seek(&reading, false)
				    : seek_end(journal->journal);
	for (r = r < 0 ? r : 0; r == 0 && !end && !is_enough(&reading);) {
		r = read_on(&reading, false);
		if (r == 0 && !is_enough(&reading))
			r = wait_more(journal, interrupted, &end);
	}
	return r;
}

/* One by one. */

int audit_journal_rewind(struct audit_journal *journal)
{
	int r = match_ours(journal);

	if (r >= 0)
		r = sd_journal_seek_head(journal->journal);
	return r < 0 ? r : 0;
}

int audit_journal_next(struct audit_journal *journal, json_t **ret_entry)
{
	int r;

	while ((r = sd_journal_next(journal->journal)) > 0) {
		r = read_record(journal);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		*ret_entry = audit_record_entry(&journal->record);
		return *ret_entry ? 1 : -ENOMEM;
	}
	return r;
}

int audit_journal_await(struct audit_journal *journal, int64_t sequence,
			int timeout_ms)
{
	int64_t until = clock_monotonic_us() + (int64_t)timeout_ms * 1000;

	for (;;) {
		int64_t left = until - clock_monotonic_us();
		int r = match_ours(journal);

		if (r >= 0)
			r = match_number(journal, "CLOXXS_SEQ", sequence);
		if (r >= 0)
			r = sd_journal_seek_head(journal->journal);
		if (r >= 0)
			r = sd_journal_next(journal->journal);
		if (r != 0 || left <= 0)
			return r < 0 ? r : 0;
		r = sd_journal_wait(journal->journal, (uint64_t)left);
		if (r < 0 && r != -EINTR)
			return r;
	}
}
