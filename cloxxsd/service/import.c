/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing is applied that has a fault, or that was looked at against
 *     another state of the store.
 *  2. The loop is held for a few milliseconds at a time, but for the one
 *     transaction.
 *  3. What was applied is published and recorded, whether or not anybody waits
 *     for the answer.
 *  4. Only root brings hashes.
 */
#include "cloxxsd/service/import.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/import_entry.h"
#include "cloxxsd/service/settling.h"

#define TURN_US INT64_C(3000)
#define RECORDS_AT_ONCE 100
/* How often others may change users while an import looks at them. */
#define TRIES_MAX 10

enum step {
	STEP_STAGING,
	STEP_SETTLE,
	STEP_APPLY,
	STEP_TELL,
	STEP_RECORD,
};

struct import {
	struct service *service;
	struct import_stage stage;
	struct settling settling;
	struct actor actor;
	bool dry_run;
	bool gone; /* nobody waits for it */
	enum step step;
	int64_t n; /* the entry whose turn it is */
	unsigned int n_tries;
	int64_t n_recorded;
	enum step told_step; /* with told_percent: what the caller knows */
	int64_t told_percent;
	int64_t n_staging_faults, n_faults;
	json_t *faults;
	struct import_counts counts;
	struct varlink_call *call;
	sd_event_source *turn;
};

struct import *import_free(struct import *import)
{
	if (!import)
		return NULL;
	import->service->import = NULL;
	sd_event_source_disable_unref(import->turn);
	varlink_call_unref(import->call);
	json_decref(import->faults);
	import_stage_deinit(&import->stage);
	settling_deinit(&import->settling);
	free(import);
	return NULL;
}

void import_abandon(struct import *import)
{
	import->gone = true;
	if (import->step < STEP_TELL)
		import_free(import);
}

static int turn(sd_event_source *source, void *userdata);

int import_new(const struct import_args *args, struct import **ret_import)
{
	struct import *import;
	int r;

	if (args->service->import)
		return -EBUSY;
	import = calloc(1, sizeof(*import));
	if (!import)
		return -ENOMEM;
	import->service = args->service;
	import->settling = (struct settling){ .service = args->service,
					      .stage = &import->stage,
					      .is_root = args->is_root,
					      .update = args->update };
	import->actor = *args->actor;
	args->service->import = import;
	r = import_stage_init(&import->stage, args->service->state);
	if (r == 0)
		r = sd_event_add_defer(args->service->attempts->event,
				       &import->turn, turn, import);
	/* Behind all that is waited for: with their priority, one that stays on
	 * would go before each of them. */
	if (r >= 0)
		r = sd_event_source_set_priority(import->turn,
						 SD_EVENT_PRIORITY_NORMAL + 1);
	if (r >= 0)
		r = sd_event_source_set_enabled(import->turn, SD_EVENT_OFF);
	if (r < 0) {
		import_free(import);
		return r;
	}
	*ret_import = import;
	return 0;
}

int64_t import_n_faults(const struct import *import)
{
	return import->n_staging_faults + import->n_faults;
}

/* Adds one to faults, where there is room for it. */
static void tell_fault(struct import *import, json_t *faults, int64_t line,
		       const char *sentence)
{
	if (import_n_faults(import) >= IMPORT_FAULTS_MAX)
		return;
	(void)!json_array_append_new(faults, json_pack("{s:I, s:s}", "line",
						       (json_int_t)line,
						       "message", sentence));
}

/* Staging. */

/* Names the fault of what the staging would not take. */
static int refused(int r, int64_t line, struct text *fault)
{
	if (r == IMPORT_E_TWICE)
		text_add_format(fault,
				"The name or uid stands in line %lld already.",
				(long long)line);
	else if (r == IMPORT_E_FULL)
		text_add(fault, "These are too many users for one import.");
	else
		return r < 0 ? r : -EIO;
	return 0;
}

static int put_one(struct import *import, json_t *object, int64_t *ret_line,
		   struct text *fault)
{
	scope(secret_deinit) struct secret hash = { 0 };
	struct import_entry entry;
	int64_t other = 0;
	bool good;
	int r;

	good = import_entry_read(object, &entry, &hash, fault);
	*ret_line = entry.line;
	if (!good)
		return 0;
	if (entry.given & IMPORT_PASSWORD && !import->settling.is_root) {
		text_add(fault, "password_hash: Only root may bring one.");
		return 0;
	}
	r = import_stage_put(&import->stage, &entry,
			     secret_is_empty(&hash) ? NULL : hash.bytes,
			     &other);
	return r == 0 ? 0 : refused(r, other, fault);
}

int import_put(struct import *import, json_t *users, json_t *faults)
{
	json_t *user;
	size_t i;

	json_array_foreach(users, i, user)
	{
		char sentence[256] = "";
		struct text fault;
		int64_t line;
		int r;

		text_init(&fault, sentence, sizeof(sentence));
		r = put_one(import, user, &line, &fault);
		if (r < 0)
			return r;
		if (fault.n == 0)
			continue;
		tell_fault(import, faults, line, sentence);
		import->n_staging_faults++;
	}
	return 0;
}

/* Settling, entry by entry. */

static int settle_one(struct import *import)
{
	char sentence[320] = "";
	struct import_entry entry;
	struct text fault;
	int r;

	r = import_stage_get(&import->stage, import->n, &entry);
	if (r != 0)
		return r;
	import->n++;
	text_init(&fault, sentence, sizeof(sentence));
	r = settling_settle(&import->settling, &entry, &fault);
	if (r != 0 || fault.n == 0)
		return r;
	tell_fault(import, import->faults, entry.line, sentence);
	import->n_faults++;
	return import_stage_skip(&import->stage, entry.n);
}

/* Steps. */

static int begin_settling(struct import *import)
{
	json_array_clear(import->faults);
	import->n_faults = 0;
	import->n = 1;
	import->step = STEP_SETTLE;
	return settling_begin(&import->settling);
}

static json_t *outcome(struct import *import)
{
	bool good = import_n_faults(import) == 0;
	const struct import_counts none = { 0 };
	const struct import_counts *counts = good ? &import->counts : &none;

	return json_pack(
		"{s:s, s:i, s:b, s:b, s:I, s:I, s:I, s:I, s:O}", "phase",
		"done", "percent", 100, "done", (int)(good && !import->dry_run),
		"dry_run", (int)import->dry_run, "added",
		(json_int_t)counts->added, "changed",
		(json_int_t)counts->changed, "unchanged",
		(json_int_t)counts->unchanged, "n_faults",
		(json_int_t)import_n_faults(import), "faults", import->faults);
}

/* Back to staging, with call answered by whoever calls this. */
static struct varlink_call *end_commit(struct import *import)
{
	struct varlink_call *call = import->call;

	import->call = NULL;
	import->step = STEP_STAGING;
	(void)!sd_event_source_set_enabled(import->turn, SD_EVENT_OFF);
	return call;
}

static int fail(struct import *import, const char *sentence)
{
	scope(varlink_call_unrefp) struct varlink_call *call =
		end_commit(import);

	return admin_unavailable(call, sentence);
}

/* All were looked at: the answer, or the transaction. */
static int settled(struct import *import)
{
	scope(varlink_call_unrefp) struct varlink_call *call = NULL;
	int r;

	if (settling_goes_on(&import->settling)) {
		import->n = 1;
		return 0;
	}
	r = import_stage_count(&import->stage, &import->counts);
	if (r < 0)
		return r;
	if (import_n_faults(import) == 0 && !import->dry_run) {
		import->step = STEP_APPLY;
		return 0;
	}
	call = end_commit(import);
	return varlink_call_reply(call, outcome(import));
}

/* Others changed users meanwhile: look again, but not for ever. */
static int look_again(struct import *import)
{
	scope(varlink_call_unrefp) struct varlink_call *call = NULL;

	if (++import->n_tries < TRIES_MAX)
		return begin_settling(import);
	call = end_commit(import);
	return admin_conflict(call, "Others change users all the time: try "
				    "again later.");
}

static int apply(struct import *import)
{
	scope(varlink_call_unrefp) struct varlink_call *call = NULL;
	char details[160];
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_USERS_IMPORTED,
				 .result = RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .details = details };
	struct text text;
	int r;

	text_init(&text, details, sizeof(details));
	text_add_format(&text, "added %lld, changed %lld, unchanged %lld",
			(long long)import->counts.added,
			(long long)import->counts.changed,
			(long long)import->counts.unchanged);
	actor_sign(&import->actor, &record);
	r = import_stage_apply(&import->stage, &record);
	if (r == IMPORT_E_STALE)
		return look_again(import);
	if (r == IMPORT_E_NOBODY) {
		call = end_commit(import);
		return admin_conflict(call, "No administrator would be left "
					    "who is enabled.");
	}
	if (r != 0)
		return r < 0 ? r : -EIO;
	import->step = STEP_TELL;
	import->n = 1;
	return 0;
}

static int tell_one(struct import *import)
{
	int r = import_stage_tell(&import->stage, import->n);

	if (r == IMPORT_E_END) {
		import->step = STEP_RECORD;
		return 0;
	}
	import->n++;
	return r < 0 ? r : 0;
}

/* What cannot be recorded now stays on the list: the next start moves it. */
static bool record_some(struct import *import)
{
	int64_t n = 0;

	if (import_record(import->service->state, RECORDS_AT_ONCE, &n) != 0)
		return false;
	import->n_recorded += n;
	return n > 0;
}

static void finish(struct import *import)
{
	scope(varlink_call_unrefp) struct varlink_call *call =
		end_commit(import);
	json_t *reply = outcome(import);

	if (import->gone) {
		json_decref(reply);
		import_free(import);
		return;
	}
	(void)!varlink_call_reply(call, reply);
	/* Frees the import: its staging was used up. */
	varlink_connection_set_data(varlink_call_connection(call), NULL, NULL);
}

/* One small part; false: the import has ended its commit, or is gone. */
static bool go_on(struct import *import)
{
	int r = 0;

	switch (import->step) {
	case STEP_STAGING:
		return false;
	case STEP_SETTLE:
		r = settle_one(import);
		if (r == IMPORT_E_END)
			r = settled(import);
		break;
	case STEP_APPLY:
		r = apply(import);
		break;
	case STEP_TELL:
		r = tell_one(import);
		break;
	case STEP_RECORD:
		if (record_some(import))
			return true;
		finish(import);
		return false;
	}
	if (r < 0 && import->step < STEP_TELL) {
		(void)!fail(import, ADMIN_NOT_WRITTEN);
		return false;
	}
	return import->step != STEP_STAGING;
}

/* How far a step is. Who is given a uid is looked at twice. */
static int64_t percent(const struct import *import)
{
	int64_t n = import->n - 1, all = import->stage.n;

	switch (import->step) {
	case STEP_STAGING:
	case STEP_APPLY:
		return 0;
	case STEP_SETTLE:
		n += import->settling.rest ? all : 0;
		all *= 2;
		break;
	case STEP_TELL:
		break;
	case STEP_RECORD:
		n = import->n_recorded;
		all = import->counts.added + import->counts.changed;
		break;
	}
	return all > 0 ? n * 100 / all : 0;
}

static void tell_progress(struct import *import)
{
	static const char *const phases[] = {
		[STEP_STAGING] = NULL,    [STEP_SETTLE] = "look",
		[STEP_APPLY] = "write",   [STEP_TELL] = "publish",
		[STEP_RECORD] = "record",
	};
	int64_t now = percent(import);

	if (import->step == import->told_step && now == import->told_percent)
		return;
	import->told_step = import->step;
	import->told_percent = now;
	if (import->gone || !varlink_call_wants_more(import->call))
		return;
	(void)!varlink_call_continue(
		import->call,
		json_pack("{s:s, s:I, s:b, s:b, s:i, s:i, s:i, s:i, s:[]}",
			  "phase", phases[import->step], "percent",
			  (json_int_t)now, "done", 0, "dry_run",
			  (int)import->dry_run, "added", 0, "changed", 0,
			  "unchanged", 0, "n_faults", 0, "faults"));
}

/* A step ends a turn: what is told of it goes out before it holds the loop. */
static int turn(sd_event_source *source, void *userdata)
{
	struct import *import = userdata;
	int64_t end = clock_monotonic_us() + TURN_US;
	enum step step = import->step;

	(void)source;
	while (go_on(import)) {
		if (import->step == step && clock_monotonic_us() < end)
			continue;
		tell_progress(import);
		return 0;
	}
	return 0;
}

int import_commit(struct import *import, struct varlink_call *call,
		  bool dry_run)
{
	int r;

	if (!import->faults)
		import->faults = json_array();
	if (!import->faults)
		return -ENOMEM;
	import->call = varlink_call_ref(call);
	import->dry_run = dry_run;
	import->n_tries = 0;
	import->told_step = STEP_STAGING;
	r = begin_settling(import);
	if (r == 0)
		r = sd_event_source_set_enabled(import->turn, SD_EVENT_ON);
	return r < 0 ? fail(import, "The users cannot be looked at.") : 0;
}
