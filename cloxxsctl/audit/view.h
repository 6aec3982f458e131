/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * View: entries of the audit as they come: as a table, as lines of JSON, one
 * object each, or as CSV in which no field can be taken for a formula. Times
 * are of this place in tables, and UTC elsewhere.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cloxxsctl/ctl.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/table.h"

struct audit_view {
	struct output *output;
	enum listing_form form;
	bool at_once; /* each line as soon as it is there */
	struct table *table;
	uint64_t n;
};

/* -errno */
must_check int audit_view_begin(struct audit_view *view);
/* For audit_source_run(): 0 or -errno. */
must_check int audit_view_take(json_t *entry, void *view);
must_check int audit_view_end(struct audit_view *view);
void audit_view_deinit(struct audit_view *view);

/* "2026-11-28T19:00:00.123456Z" */
void audit_view_add_time(struct text *text, int64_t at_us);
/* The entry as the one line of JSON; a new reference, NULL: no memory. */
json_t *audit_view_object(const json_t *entry);
