/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Metric: the catalogue of what is measured: name, kind, unit, labels and
 * meaning, one row each. What is written out, the manual, the rules for
 * Prometheus and the dashboard name metrics of this table alone. No label ever
 * holds a user, an address, or any other text that somebody typed.
 */

#include "base/scope.h"

#define METRIC_LABELS_MAX 4

/* In the order in which they are written. */
enum metric {
	METRIC_BUILD,
	METRIC_START_TIME,
	METRIC_LOGINS,
	METRIC_LOCKS,
	METRIC_EVENTS,
	METRIC_ATTEMPTS,
	METRIC_CONNECTIONS,
	METRIC_HASH_DURATION,
	METRIC_HASH_QUEUE,
	METRIC_HASH_WORKERS,
	METRIC_USERS,
	METRIC_PROJECTS,
	METRIC_GRANTS,
	METRIC_ACCESS_MAPS,
	METRIC_LEDGER_RECORDS,
	METRIC_LEDGER_UNPUBLISHED,
	METRIC_LEDGER_UNPUBLISHED_SINCE,
	METRIC_LEDGER_UNSEEN_SINCE,
	METRIC_BACKUP_TIME,
	METRIC_COUNTRY_DATABASE_BUILT,
	METRIC_COUNTRY_DATABASE_USABLE,
	METRIC_CONFIGURATION_REFUSED,
	METRIC_CLOCK_BEHIND,
	METRIC_COURIER_MESSAGES,
	METRIC_COURIER_FAILED,
	METRIC_COURIER_ACCEPTED_TIME,
	METRIC_COURIER_QUEUE,
	METRIC_ALARM_RAISED,
	METRIC_ALARM_UNDELIVERED,
	_METRIC_N,
};

enum metric_kind {
	METRIC_GAUGE,
	METRIC_COUNTER, /* its samples are called NAME_total */
	METRIC_HISTOGRAM,
};

/* Of the family, without _total. */
const char *metric_name(enum metric metric);
enum metric_kind metric_kind(enum metric metric);
/* "counter" */
const char *metric_kind_name(enum metric metric);
/* What the name ends in, or "". */
const char *metric_unit(enum metric metric);
/* One sentence. */
const char *metric_help(enum metric metric);
/* Names, ended by NULL. */
const char *const *metric_labels(enum metric metric);
