/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Import: many users that one connection brings: staged as they come, looked
 * at against the store when all are there, and added in one transaction, all
 * or none. The long parts are done in short turns of the loop, between which
 * logins go on. There is one import at a time; it ends with its connection,
 * unless its transaction was made: then what remains is brought to its end.
 */

#include "cloxxsd/service/service.h"
#include "cloxxsd/state/import.h"

/* Faults that are told; the others are counted. */
#define IMPORT_FAULTS_MAX 100

struct import;

struct import_args {
	struct service *service;
	const struct actor *actor;
	bool is_root;
	bool update; /* users who exist may be changed */
};

/* -EBUSY where another one is under way. */
must_check int import_new(const struct import_args *args,
			  struct import **ret_import);
/* The connection has gone, or the daemon ends. */
void import_abandon(struct import *import);
/* Frees at once, whatever is under way; takes NULL. */
struct import *import_free(struct import *import);

/*
 * Stages the users of an array; faults gets an object for each that cannot be,
 * as far as they are told. -errno.
 */
must_check int import_put(struct import *import, json_t *users, json_t *faults);
int64_t import_n_faults(const struct import *import);

/* Answers call when all was looked at and, without dry_run, done. */
must_check int import_commit(struct import *import, struct varlink_call *call,
			     bool dry_run);
