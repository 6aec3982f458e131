/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm row: what the store keeps of alarms, so that a restart neither repeats
 * one nor forgets one: a row for each rule that ever was one, by its name, and
 * one for all of them. What it means stands in alarm/engine.h. Reading only:
 * rows change through state/change.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/store.h"

#define ALARM_ROW_RULE_MAX 40
#define ALARM_ROW_DETAIL_MAX 640
#define ALARM_ROWS_MAX 32

struct alarm_row {
	char rule[ALARM_ROW_RULE_MAX];
	bool raised;
	int64_t since, n, due, due_at, told_at, number;
	char detail[ALARM_ROW_DETAIL_MAX];
};

struct alarm_rows {
	bool are_kept; /* they were, once at least */
	int64_t hour_at, n_hour, n_held, seq;
	size_t n;
	struct alarm_row rows[ALARM_ROWS_MAX];
};

/* All zero where nothing was kept. -EIO: a row is damaged. */
must_check int alarm_rows_read(struct store *store, struct alarm_rows *ret);
/* Within the caller's transaction: by CHANGE_ALARMS alone. */
must_check int alarm_rows_keep(struct store *store,
			       const struct alarm_rows *rows);
