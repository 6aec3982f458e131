/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Engine: which alarms are raised, which message about each is due, and which
 * may be told now: grouped, repeated once a day while it lasts, and no more in
 * an hour than the settings allow. It is told the time, sends nothing and
 * writes nothing; all of it is plain data that its owner keeps in the store, so
 * that a restart neither repeats an alarm nor forgets one.
 */

#include "cloxxsd/alarm/rule.h"

/* In the store by number. */
enum alarm_due {
	ALARM_DUE_NOTHING,
	ALARM_DUE_RAISED,   /* that it began */
	ALARM_DUE_REMINDER, /* that it still lasts */
	ALARM_DUE_OVER,     /* that it ended */
	ALARM_DUE_HAPPENED, /* n times since */
	_ALARM_DUE_N,
};

struct alarm_state {
	bool raised;   /* of a rule that lasts */
	int64_t since; /* when it began, or the first of the group happened */
	int64_t n;
	enum alarm_due due;
	int64_t due_at;  /* not before */
	int64_t told_at; /* when the last message was taken; 0: never */
	int64_t number;  /* of the message that is due, or was last */
	int64_t n_hour;  /* messages of the engine's hour; not kept */
	char detail[ALARM_DETAIL_MAX];
};

struct alarm_engine {
	struct alarm_state states[_ALARM_RULE_N];
	/* Messages of the hour that began then, and how often one was held
	 * back since the last one that went. */
	int64_t hour_at;
	int64_t n_hour, n_held;
	int64_t seq; /* of the last record that was looked at */
};

/* How telling goes. */
struct alarm_delivery {
	bool undelivered; /* the last one went nowhere */
	int64_t failed_at;
	char why[256]; /* printable ASCII */
};

/* What an owner has to record. */
enum alarm_turn {
	ALARM_TURN_NOTHING,
	ALARM_TURN_RAISED,
	ALARM_TURN_OVER,
};

/* A finding about a rule that lasts. */
enum alarm_turn alarm_engine_judge(struct alarm_engine *engine,
				   enum alarm_rule rule,
				   const struct alarm_finding *finding,
				   const struct settings *settings,
				   int64_t now);
/* An act, or what else happens; what says it in words. */
void alarm_engine_happened(struct alarm_engine *engine, enum alarm_rule rule,
			   const char *what, int64_t at,
			   const struct settings *settings);

/* Names in what happened go; how often it did stays. */
void alarm_engine_forget(struct alarm_engine *engine);
/* Other settings are in force: what waits for its group waits for theirs. */
void alarm_engine_loaded(struct alarm_engine *engine,
			 const struct settings *settings, int64_t now);

/*
 * The next rule whose message is due at now and may go; those of busy, a bit
 * each, are on their way already. Where the hour has no room for it, it waits
 * for the next one, together with what comes meanwhile. False: none.
 */
bool alarm_engine_next(struct alarm_engine *engine,
		       const struct settings *settings, int64_t now,
		       uint32_t busy, enum alarm_rule *ret_rule);
/*
 * The message about rule went out at now as sent, a copy of the state that it
 * was made from; at 0: there is nowhere for it to go to. What came meanwhile is
 * due again.
 */
void alarm_engine_told(struct alarm_engine *engine, enum alarm_rule rule,
		       const struct alarm_state *sent,
		       const struct settings *settings, int64_t now);
/* Whether there is anybody to tell. */
bool alarm_has_address(const struct settings *settings);
