/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. An alarm that began is told, or told to be held back; its end as well.
 *  2. Nobody can make it write without end: one message of a rule a group, so
 *     many an hour, and what is urgent beyond that once a group alone.
 *  3. A clock that is set back holds nothing back for longer than a group, an
 *     hour or a reminder takes.
 */
#include "cloxxsd/alarm/engine.h"

#include <string.h>

#define HOUR_S 3600

bool alarm_has_address(const struct settings *settings)
{
	return settings->alarm_mail || settings->alarm_webhook;
}

/* A message is to be sent, not before at; one that waits already becomes it. */
static void make_due(struct alarm_state *state, enum alarm_due due, int64_t at,
		     const struct settings *settings)
{
	int64_t group_end = state->told_at > 0
				    ? state->told_at + settings->alarm_group_s
				    : 0;

	if (state->due == ALARM_DUE_NOTHING) {
		state->number++;
		state->due_at = at > group_end ? at : group_end;
	}
	state->due = due;
}

static void keep_detail(struct alarm_state *state,
			const struct alarm_finding *finding)
{
	state->n = finding->n;
	memcpy(state->detail, finding->detail, sizeof(state->detail));
}

static void look_on(struct alarm_state *state,
		    const struct alarm_finding *finding,
		    const struct settings *settings, int64_t now)
{
	int64_t passed = now - state->told_at;

	keep_detail(state, finding);
	if (state->due != ALARM_DUE_NOTHING || !alarm_has_address(settings))
		return;
	/* Begun when there was nobody to tell it to. */
	if (state->told_at < state->since)
		make_due(state, ALARM_DUE_RAISED, now, settings);
	else if (passed >= settings->alarm_reminder_s || passed < 0)
		make_due(state, ALARM_DUE_REMINDER, now, settings);
}

enum alarm_turn alarm_engine_judge(struct alarm_engine *engine,
				   enum alarm_rule rule,
				   const struct alarm_finding *finding,
				   const struct settings *settings, int64_t now)
{
	struct alarm_state *state = &engine->states[rule];

	switch (finding->verdict) {
	case ALARM_UNKNOWN:
		return ALARM_TURN_NOTHING;
	case ALARM_RAISED:
		if (state->raised) {
			look_on(state, finding, settings, now);
			return ALARM_TURN_NOTHING;
		}
		state->raised = true;
		state->since = now;
		keep_detail(state, finding);
		make_due(state, ALARM_DUE_RAISED, now, settings);
		return ALARM_TURN_RAISED;
	case ALARM_QUIET:
		if (!state->raised)
			return ALARM_TURN_NOTHING;
		state->raised = false;
		make_due(state, ALARM_DUE_OVER, now, settings);
		return ALARM_TURN_OVER;
	}
	return ALARM_TURN_NOTHING;
}

void alarm_engine_happened(struct alarm_engine *engine, enum alarm_rule rule,
			   const char *what, int64_t at,
			   const struct settings *settings)
{
	struct alarm_state *state = &engine->states[rule];
	size_t n;

	if (!alarm_rule_is_on(rule, settings))
		return;
	if (state->due == ALARM_DUE_NOTHING) {
		state->n = 0;
		state->since = at;
		state->detail[0] = '\0';
	}
	state->n++;
	n = strlen(state->detail);
	/* The first ones whole; the others are counted. */
	if (n + strlen(what) + 2 < sizeof(state->detail)) {
		if (n > 0)
			state->detail[n++] = '\n';
		memcpy(state->detail + n, what, strlen(what) + 1);
	}
	make_due(state, ALARM_DUE_HAPPENED, at + settings->alarm_group_s,
		 settings);
}

void alarm_engine_forget(struct alarm_engine *engine)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (!alarm_rule_lasts((enum alarm_rule)i))
			engine->states[i].detail[0] = '\0';
}

void alarm_engine_loaded(struct alarm_engine *engine,
			 const struct settings *settings, int64_t now)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
		struct alarm_state *state = &engine->states[i];
		int64_t latest = now + settings->alarm_group_s;
		bool held = state->due_at == engine->hour_at + HOUR_S;

		if (state->due != ALARM_DUE_NOTHING && !held &&
		    state->due_at > latest)
			state->due_at = latest;
	}
}

static void begin_hour(struct alarm_engine *engine, int64_t now)
{
	engine->hour_at = now;
	engine->n_hour = 0;
	for (size_t i = 0; i < ARRAY_SIZE(engine->states); i++)
		engine->states[i].n_hour = 0;
}

/* Of the hour one rule gets a quarter: who makes one come and go, as anybody can
 * from abroad, keeps no other from being told. */
static int64_t rule_per_hour(const struct settings *settings)
{
	int64_t n = settings->alarm_per_hour / 4;

	return n > 2 ? n : 2;
}

/* Whether the hour has room; one that is over begins anew. */
static bool take_room(struct alarm_engine *engine, enum alarm_rule rule,
		      const struct settings *settings, int64_t now)
{
	struct alarm_state *state = &engine->states[rule];

	if (now - engine->hour_at >= HOUR_S || now < engine->hour_at)
		begin_hour(engine, now);
	if (!alarm_rule_is_urgent(rule) &&
	    (engine->n_hour >= settings->alarm_per_hour ||
	     state->n_hour >= rule_per_hour(settings)))
		return false;
	engine->n_hour++;
	state->n_hour++;
	return true;
}

/* A clock that was set back puts nothing off. */
static bool is_due(const struct alarm_state *state,
		   const struct settings *settings, int64_t now)
{
	int64_t latest = now + HOUR_S + 2 * (int64_t)settings->alarm_group_s;

	return state->due != ALARM_DUE_NOTHING &&
	       (state->due_at <= now || state->due_at > latest);
}

bool alarm_engine_next(struct alarm_engine *engine,
		       const struct settings *settings, int64_t now,
		       uint32_t busy, enum alarm_rule *ret_rule)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
		struct alarm_state *state = &engine->states[i];

		if ((busy & (UINT32_C(1) << i)) ||
		    !is_due(state, settings, now))
			continue;
		if (take_room(engine, (enum alarm_rule)i, settings, now)) {
			*ret_rule = (enum alarm_rule)i;
			return true;
		}
		engine->n_held++;
		state->due_at = engine->hour_at + HOUR_S;
	}
	return false;
}

/* What happened behind those that were told of stays. */
static void drop_told(struct alarm_state *state, const struct alarm_state *sent)
{
	size_t n = strlen(sent->detail);

	state->n -= sent->n;
	if (strncmp(state->detail, sent->detail, n) != 0)
		return;
	n += state->detail[n] == '\n';
	memmove(state->detail, state->detail + n,
		strlen(state->detail + n) + 1);
}

void alarm_engine_told(struct alarm_engine *engine, enum alarm_rule rule,
		       const struct alarm_state *sent,
		       const struct settings *settings, int64_t now)
{
	struct alarm_state *state = &engine->states[rule];
	enum alarm_due due = state->due;
	bool happened = due == ALARM_DUE_HAPPENED;

	if (now > 0) {
		state->told_at = now;
		engine->n_held = 0;
	}
	state->due = ALARM_DUE_NOTHING;
	if (due == sent->due && (!happened || state->n <= sent->n)) {
		/* Names that were told of stay in the audit alone. */
		if (!state->raised)
			state->detail[0] = '\0';
		return;
	}
	if (happened)
		drop_told(state, sent);
	make_due(state, due, now, settings);
}
