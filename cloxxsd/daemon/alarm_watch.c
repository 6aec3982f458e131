/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing that is decided waits for an alarm, and no alarm undoes anything.
 *  2. An alarm is kept and recorded in one transaction, and told whether that
 *     could be written or not: a disk that is full is one.
 *  3. Its own records raise nothing.
 */
#include "cloxxsd/daemon/alarm_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cloxxsd/daemon/alarm_facts.h"
#include "cloxxsd/daemon/log.h"

/* Facts are gathered so often, and the rest is seen to each tick. */
#define LOOK_S 15
#define LOOK_US (LOOK_S * UINT64_C(1000000))
#define TICK_US UINT64_C(1000000)
/* What is read of records in one turn of the loop, which is not held up; the
 * next turn comes at once. So many may go by before it is kept how far they
 * were looked at. */
#define READ_US 5000
#define READ_STEP 32
#define READ_AGAIN_US UINT64_C(500)
#define PASSED_MAX 5000
#define WHAT_MAX 200

static const struct settings *settings_of(const struct alarm_watch *watch)
{
	return watch->service->attempts->settings;
}

static int64_t now_s(void)
{
	return clock_realtime_us() / 1000000;
}

static int64_t steady_s(void)
{
	return clock_boottime_us() / 1000000;
}

/* What is to be written in one transaction. */
struct entry {
	struct change_set set;
	char details[RECORDS_MAX][ALARM_DETAIL_MAX + 64];
	uint32_t raised; /* the rules that alarm-raised is written of */
};

static void add_record(struct entry *entry, enum event event,
		       enum alarm_rule rule, const char *more)
{
	size_t i = entry->set.n_records;
	struct text text;

	if (i == RECORDS_MAX)
		return;
	if (event == EVENT_ALARM_RAISED)
		entry->raised |= UINT32_C(1) << rule;
	text_init(&text, entry->details[i], sizeof(entry->details[i]));
	text_add_format(&text, "rule=%s%s%s", alarm_rule_name(rule),
			*more ? " " : "", more);
	change_set_record(
		&entry->set,
		(struct record){ .at_us = clock_realtime_us(),
				 .event = event,
				 .result = event == EVENT_ALARM_UNDELIVERED
						   ? RECORD_FAILED
						   : RECORD_DONE,
				 .reason = REASON_NONE,
				 .actor = "cloxxsd",
				 .details = entry->details[i] });
}

static void write_rows(const struct alarm_engine *engine,
		       struct alarm_rows *rows)
{
	*rows = (struct alarm_rows){ .hour_at = engine->hour_at,
				     .n_hour = engine->n_hour,
				     .n_held = engine->n_held,
				     .seq = engine->seq };
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
		const struct alarm_state *state = &engine->states[i];
		struct alarm_row *row = &rows->rows[rows->n];

		if (state->since == 0)
			continue;
		rows->n++;
		row->raised = state->raised;
		row->since = state->since;
		row->n = state->n;
		row->due = state->due;
		row->due_at = state->due_at;
		row->told_at = state->told_at;
		row->number = state->number;
		(void)snprintf(row->rule, sizeof(row->rule), "%s",
			       alarm_rule_name((enum alarm_rule)i));
		memcpy(row->detail, state->detail, sizeof(row->detail));
	}
}

static void read_rows(struct alarm_engine *engine,
		      const struct alarm_rows *rows)
{
	*engine = (struct alarm_engine){ .hour_at = rows->hour_at,
					 .n_hour = rows->n_hour,
					 .n_held = rows->n_held,
					 .seq = rows->seq };
	for (size_t i = 0; i < rows->n; i++) {
		const struct alarm_row *row = &rows->rows[i];
		struct alarm_state *state;
		enum alarm_rule rule;

		/* One of another version. */
		if (!alarm_rule_find(row->rule, &rule) || row->due < 0 ||
		    row->due >= _ALARM_DUE_N)
			continue;
		state = &engine->states[rule];
		state->raised = row->raised && alarm_rule_lasts(rule);
		state->since = row->since;
		state->n = row->n;
		state->due = (enum alarm_due)row->due;
		state->due_at = row->due_at;
		state->told_at = row->told_at;
		state->number = row->number;
		memcpy(state->detail, row->detail, sizeof(row->detail));
	}
}

/* What could not be recorded when it began. */
static void add_unrecorded(const struct alarm_watch *watch, struct entry *entry)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (watch->unrecorded & ~entry->raised & (UINT32_C(1) << i))
			add_record(entry, EVENT_ALARM_RAISED,
				   (enum alarm_rule)i, "late=yes");
}

static void keep(struct alarm_watch *watch, struct entry *entry)
{
	struct alarm_rows rows;
	int r;

	if (!watch->dirty && entry->set.n_records == 0)
		return;
	add_unrecorded(watch, entry);
	write_rows(&watch->engine, &rows);
	change_set_add(&entry->set, (struct change){ .type = CHANGE_ALARMS,
						     .alarms = &rows });
	/* The observer is told of them: they are none that is looked at. */
	r = state_apply(watch->service->state, &entry->set);
	watch->dirty = r != 0;
	if (r == 0)
		watch->kept_seq = rows.seq;
	watch->unrecorded = r == 0 ? watch->unrecorded & ~entry->raised
				   : watch->unrecorded | entry->raised;
	if (r != 0 && !watch->unwritten)
		log_line(LOG_ALERT, "alarms cannot be recorded: %s",
			 strerror(r < 0 ? -r : EIO));
	watch->unwritten = r != 0;
	entry->set = (struct change_set){ 0 };
	entry->raised = 0;
}

/* Room for one more record. */
static void make_room(struct alarm_watch *watch, struct entry *entry)
{
	if (entry->set.n_records == RECORDS_MAX)
		keep(watch, entry);
}

/* Who, whom, from where; what others typed is escaped. */
static void write_what(const struct ledger_row *row, struct text *text)
{
	const struct {
		const char *label, *value;
	} parts[] = {
		{ ": user ", row->user },
		{ ", by ", strcmp(row->actor, row->user) ? row->actor : "" },
		{ ", from ", row->address },
	};

	timestamp_write(row->at_us / 1000000, text);
	text_add_format(text, " %s", row->event);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!*parts[i].value)
			continue;
		text_add(text, parts[i].label);
		text_add_escaped(text, parts[i].value,
				 strnlen(parts[i].value, 40));
	}
}

static void look_at_row(struct alarm_watch *watch, struct entry *entry,
			const struct ledger_row *row)
{
	const struct alarm_state *state;
	enum reason reason = REASON_NONE;
	enum alarm_rule rule;
	char what[WHAT_MAX], more[80];
	struct text text;
	bool first;

	(void)reason_find(row->reason, &reason);
	if (!alarm_rule_of(event_find(row->event), reason, row->details, &rule))
		return;
	state = &watch->engine.states[rule];
	first = state->due == ALARM_DUE_NOTHING;
	text_init(&text, what, sizeof(what));
	write_what(row, &text);
	alarm_engine_happened(&watch->engine, rule, what, row->at_us / 1000000,
			      settings_of(watch));
	watch->dirty = true;
	if (!first || state->due == ALARM_DUE_NOTHING)
		return;
	/* Names stand in the record that it is about. */
	text_init(&text, more, sizeof(more));
	text_add_format(&text, "event=%s seq=%" PRId64, row->event, row->seq);
	make_room(watch, entry);
	add_record(entry, EVENT_ALARM_RAISED, rule, more);
}

static void break_audit(struct alarm_watch *watch, struct entry *entry,
			const char *what)
{
	const struct alarm_state *state =
		&watch->engine.states[ALARM_AUDIT_BROKEN];
	bool first = state->due == ALARM_DUE_NOTHING;

	alarm_engine_happened(&watch->engine, ALARM_AUDIT_BROKEN, what, now_s(),
			      settings_of(watch));
	watch->dirty = true;
	if (!first)
		return;
	make_room(watch, entry);
	add_record(entry, EVENT_ALARM_RAISED, ALARM_AUDIT_BROKEN, what);
}

/* A record that cannot be read is one that nobody wrote so. */
static void pass_over(struct alarm_watch *watch, struct entry *entry)
{
	char what[80];
	struct text text;

	text_init(&text, what, sizeof(what));
	text_add_format(&text, "record %" PRId64 " cannot be read",
			++watch->engine.seq);
	break_audit(watch, entry, what);
}

/* The next record is looked at; false: none, or not now. */
static bool read_on(struct alarm_watch *watch, struct entry *entry)
{
	struct ledger *ledger = &watch->service->state->ledger;
	const struct ledger_filter any = { .until_us = INT64_MAX };
	int64_t next;
	struct ledger_row row;
	int r = LEDGER_E_UNKNOWN;

	/* What was purged is no gap. */
	if (watch->engine.seq < ledger->cut.seq)
		watch->engine.seq = ledger->cut.seq;
	next = watch->engine.seq + 1;
	/* One alone, for which can be told that it is damaged. */
	if (next <= ledger->seq)
		r = ledger_search(ledger, &any, next, next, &row);
	if (r == LEDGER_E_UNKNOWN && next < ledger->seq)
		r = ledger_search(ledger, &any, next, ledger->seq, &row);
	if (r == 0) {
		watch->unread = false;
		watch->engine.seq = row.seq;
		look_at_row(watch, entry, &row);
		return true;
	}
	if (r == LEDGER_E_UNKNOWN) {
		watch->engine.seq = ledger->seq;
		watch->behind = false;
		return false;
	}
	if (r > 0) {
		pass_over(watch, entry);
		return true;
	}
	if (!watch->unread)
		log_line(LOG_ALERT,
			 "records cannot be looked at for alarms: %s",
			 strerror(-r));
	watch->unread = true;
	return false;
}

/* Records that were written while nobody looked, some in each turn. */
static void catch_up(struct alarm_watch *watch, struct entry *entry)
{
	int64_t until = clock_monotonic_us() + READ_US;

	do
		for (int i = 0; i < READ_STEP; i++)
			if (!watch->behind || !read_on(watch, entry))
				return;
	while (clock_monotonic_us() < until);
}

static void look_at_facts(struct alarm_watch *watch, struct entry *entry)
{
	struct alarm_facts facts;
	struct alarm_finding finding;
	char since[TIMESTAMP_TEXT_MAX];
	struct text text;

	alarm_facts_gather(watch->service, &watch->abroad, now_s(), steady_s(),
			   &facts);
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
		enum alarm_rule rule = (enum alarm_rule)i;
		struct alarm_state *state = &watch->engine.states[i];
		enum alarm_due due = state->due;

		if (!alarm_rule_lasts(rule))
			continue;
		make_room(watch, entry);
		alarm_rule_judge(rule, &facts, settings_of(watch), &finding);
		text_init(&text, since, sizeof(since));
		timestamp_write(state->since, &text);
		switch (alarm_engine_judge(&watch->engine, rule, &finding,
					   settings_of(watch), facts.now)) {
		case ALARM_TURN_RAISED:
			add_record(entry, EVENT_ALARM_RAISED, rule,
				   finding.detail);
			break;
		case ALARM_TURN_OVER:
			add_record(entry, EVENT_ALARM_OVER, rule, since);
			break;
		case ALARM_TURN_NOTHING:
			watch->dirty |= due != state->due;
			continue;
		}
		watch->dirty = true;
	}
}

static void post(struct alarm_watch *watch, enum alarm_rule rule)
{
	const struct alarm_state *state = &watch->engine.states[rule];
	struct letter letter;

	if (!alarm_has_address(settings_of(watch))) {
		const struct alarm_state untold = *state;

		alarm_post_drop(&watch->post, rule);
		alarm_engine_told(&watch->engine, rule, &untold,
				  settings_of(watch), 0);
		watch->dirty = true;
		return;
	}
	letter_write(&letter, rule, state, watch->host, watch->engine.n_held,
		     now_s());
	alarm_post_send(&watch->post, rule, state, &letter, settings_of(watch));
}

static void tell(struct alarm_watch *watch)
{
	enum alarm_rule rule;

	/* What fails is put off, so that both come to an end. */
	while (alarm_post_next_again(&watch->post, steady_s(), &rule))
		post(watch, rule);
	while (alarm_engine_next(&watch->engine, settings_of(watch), now_s(),
				 watch->post.busy, &rule))
		post(watch, rule);
}

static void on_posted(struct alarm_post *post, enum alarm_rule rule, bool took,
		      const char *detail)
{
	struct alarm_watch *watch =
		(void *)((char *)post - offsetof(struct alarm_watch, post));
	struct entry entry = { 0 };

	if (took) {
		alarm_engine_told(&watch->engine, rule, &post->slots[rule].sent,
				  settings_of(watch), now_s());
		watch->dirty = true;
		watch->delivery.undelivered = false;
		return;
	}
	watch->delivery.failed_at = now_s();
	(void)snprintf(watch->delivery.why, sizeof(watch->delivery.why), "%s",
		       detail);
	if (watch->delivery.undelivered)
		return;
	watch->delivery.undelivered = true;
	add_record(&entry, EVENT_ALARM_UNDELIVERED, rule, detail);
	keep(watch, &entry);
}

static void look_anew(struct alarm_watch *watch, struct entry *entry)
{
	watch->news = false;
	look_at_facts(watch, entry);
	watch->dirty |= watch->engine.seq - watch->kept_seq > PASSED_MAX;
	watch->looked_s = steady_s();
}

void alarm_watch_look(struct alarm_watch *watch)
{
	struct entry entry = { 0 };

	catch_up(watch, &entry);
	look_anew(watch, &entry);
	keep(watch, &entry);
	tell(watch);
}

static int arm(struct alarm_watch *watch, uint64_t in_us)
{
	int r = sd_event_source_set_time_relative(watch->timer, in_us);

	return r < 0 ? r
		     : sd_event_source_set_enabled(watch->timer,
						   SD_EVENT_ONESHOT);
}

/* Whether something is soon to be done. */
static bool is_busy(const struct alarm_watch *watch)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (watch->engine.states[i].due != ALARM_DUE_NOTHING)
			return true;
	return watch->behind || watch->dirty;
}

static bool is_time(const struct alarm_watch *watch)
{
	return clock_monotonic_us() - watch->ticked_us >= (int64_t)TICK_US;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct alarm_watch *watch = userdata;
	struct entry entry = { 0 };

	(void)source;
	(void)usec;
	if (watch->behind) {
		catch_up(watch, &entry);
		/* Whoever writes much does not hold up what is told. */
		if (watch->behind && !watch->unread && !is_time(watch)) {
			keep(watch, &entry);
			return arm(watch, READ_AGAIN_US);
		}
	}
	watch->ticked_us = clock_monotonic_us();
	if (steady_s() - watch->looked_s >= LOOK_S || watch->news)
		look_anew(watch, &entry);
	keep(watch, &entry);
	tell(watch);
	return arm(watch, !is_busy(watch)                   ? LOOK_US
			  : watch->behind && !watch->unread ? READ_AGAIN_US
							    : TICK_US);
}

static bool is_abroad(enum event event, enum reason reason)
{
	return reason == REASON_COUNTRY_NOT_ALLOWED &&
	       (event == EVENT_LOGIN_DENIED || event == EVENT_ACCOUNT_DENIED ||
		event == EVENT_UNMANAGED_DENIED);
}

static void count_abroad(struct alarm_watch *watch,
			 const struct change_set *set)
{
	enum reason reason = REASON_UNDECIDED;

	for (size_t i = 0; i < set->n_records; i++)
		if (is_abroad(set->records[i].event, set->records[i].reason))
			window_add(&watch->abroad, steady_s());
	for (size_t i = 0; i < set->n_changes; i++)
		if (set->changes[i].type == CHANGE_REFUSAL &&
		    reason_find(set->changes[i].refusal->reason, &reason) &&
		    is_abroad(EVENT_LOGIN_DENIED, reason))
			window_add(&watch->abroad, steady_s());
}

/* What locks is looked at soon, and what happens to be an alarm is read. */
static bool is_of_interest(const struct change_set *set)
{
	enum alarm_rule rule;

	for (size_t i = 0; i < set->n_records; i++)
		if (set->records[i].event == EVENT_USER_LOCKED ||
		    alarm_rule_of(set->records[i].event, set->records[i].reason,
				  set->records[i].details, &rule))
			return true;
	return false;
}

/* What was not told yet has a name that nobody may have any more. */
static bool tells_of_erasure(const struct change_set *set)
{
	for (size_t i = 0; i < set->n_records; i++)
		if (set->records[i].event == EVENT_AUDIT_ERASED)
			return true;
	return false;
}

/* Whether the set has all that was recorded, or one record of what users did in
 * an application for many (audit_batch.h). Of an import it has the last one. */
static bool stands_for_all(const struct alarm_watch *watch,
			   const struct change_set *set, int64_t first_seq)
{
	int64_t n = watch->service->state->ledger.seq - first_seq + 1;

	return n == (int64_t)set->n_records ||
	       (set->n_records == 1 && set->records[0].event == EVENT_ACTION);
}

void alarm_watch_committed(struct alarm_watch *watch,
			   const struct change_set *set, int64_t first_seq)
{
	bool of_interest = is_of_interest(set);

	if (watch->timer && tells_of_erasure(set)) {
		alarm_engine_forget(&watch->engine);
		watch->dirty = true;
	}
	if (!watch->timer)
		return;
	count_abroad(watch, set);
	watch->news |= of_interest;
	if (!watch->behind && first_seq == watch->engine.seq + 1 &&
	    !of_interest && stands_for_all(watch, set, first_seq)) {
		watch->engine.seq = watch->service->state->ledger.seq;
		return;
	}
	if (!watch->behind)
		(void)!arm(watch, TICK_US);
	watch->behind = true;
}

void alarm_watch_loaded(struct alarm_watch *watch)
{
	if (watch->abroad.span_s != settings_of(watch)->alarm_abroad_window_s)
		window_init(&watch->abroad,
			    settings_of(watch)->alarm_abroad_window_s,
			    steady_s());
	alarm_engine_loaded(&watch->engine, settings_of(watch), now_s());
	watch->looked_s = 0;
	(void)!arm(watch, TICK_US);
}

/* Somebody put an older store in the place of this one: a restore says so. */
static void find_cut(struct alarm_watch *watch, struct entry *entry)
{
	int64_t head = watch->service->state->ledger.seq;
	char what[120];
	struct text text;

	text_init(&text, what, sizeof(what));
	text_add_format(&text,
			"the ledger ends at record %" PRId64
			", and had %" PRId64,
			head, watch->engine.seq);
	break_audit(watch, entry, what);
	watch->engine.seq = head;
}

int alarm_watch_init(struct alarm_watch *watch, sd_event *event,
		     struct service *service)
{
	struct entry entry = { 0 };
	struct alarm_rows rows;
	int r;

	*watch = (struct alarm_watch){ .service = service };
	if (gethostname(watch->host, sizeof(watch->host) - 1) < 0)
		return -errno;
	r = alarm_rows_read(service->state->store, &rows);
	if (r != 0)
		return r < 0 ? r : -EIO;
	read_rows(&watch->engine, &rows);
	/* A store of before knows no place: what it holds was no alarm. */
	if (!rows.are_kept)
		watch->engine.seq = service->state->ledger.seq;
	watch->kept_seq = rows.seq;
	watch->behind = true;
	watch->dirty = !rows.are_kept;
	if (watch->engine.seq > service->state->ledger.seq)
		find_cut(watch, &entry);
	keep(watch, &entry);
	alarm_post_init(&watch->post, service->courier, on_posted);
	r = sd_event_add_time_relative(event, &watch->timer, CLOCK_MONOTONIC,
				       TICK_US, 0, on_timer, watch);
	if (r >= 0)
		alarm_watch_loaded(watch);
	return r < 0 ? r : 0;
}

void alarm_watch_deinit(struct alarm_watch *watch)
{
	struct entry entry = { 0 };

	if (!watch->timer)
		return;
	alarm_post_deinit(&watch->post);
	watch->dirty |= watch->engine.seq != watch->kept_seq;
	keep(watch, &entry);
	watch->timer = sd_event_source_disable_unref(watch->timer);
}
