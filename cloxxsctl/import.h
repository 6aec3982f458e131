/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Import: what imports of users and of grants share: rows that are gathered
 * until they fill a message to the daemon, and what came of all of them. What a
 * row is, and which methods take it, it does not know.
 */

#include <jansson.h>

#include "cloxxsctl/fault_list.h"
#include "varlink/client.h"

/* The daemon takes 64 KiB and 500 rows a message. */
#define IMPORT_BYTES_MAX (48 * 1024)
#define IMPORT_ROWS_MAX 400
/* The daemon answers when all is done. */
#define IMPORT_TIMEOUT_MS 600000

/* Starts as zero, but for ctl, command and the file of faults, which are
 * borrowed, and batch, an empty array. */
struct import {
	const struct ctl *ctl;
	const struct command *command;
	struct varlink_client *client;
	json_t *batch;  /* rows that are to be sent */
	size_t n_bytes; /* of them as JSON */
	struct fault_list faults;
};

void import_deinit(struct import *import);
/* What row takes of a message. */
size_t import_bytes_of(const json_t *row);
/* Whether a row of n bytes still fits in the batch. */
bool import_has_room(const struct import *import, size_t n);
/* Takes row, of n bytes; -ENOMEM. */
must_check int import_add(struct import *import, json_t *row, size_t n);
/* Parameters for the caller to send: the batch under that name. A new one
 * begins. NULL: no memory. */
json_t *import_take(struct import *import, const char *name);
/*
 * An exit status, by what the daemon replied in the end: all faults are told
 * where there are any, and a failure where is_known is false: the reply does
 * not say what was done.
 */
must_check int import_judge(struct import *import, const json_t *reply,
			    bool is_known);
/* Prints how many rows were added and changed, or without done would be. */
void import_tell(const struct import *import, const json_t *reply, bool done);
