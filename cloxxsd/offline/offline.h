/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Offline: what root does with the state while no daemon has it: one verb, run
 * once, with one JSON object on stdout as its answer. cloxxsctl runs it and
 * shows that. It serves nobody, and refuses to work beside a daemon: what a
 * running daemon can do is asked of the daemon.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/config/settings.h"
#include "cloxxsd/offline/key_writer.h"
#include "cloxxsd/state/state.h"

/* Exit statuses, the same as cloxxsctl's (cloxxsctl/failure.h). */
enum offline_status {
	OFFLINE_DONE,
	OFFLINE_FAILURE,
	OFFLINE_USAGE,
	OFFLINE_NOT_FOUND,
	OFFLINE_DENIED,
	OFFLINE_UNAVAILABLE,
	OFFLINE_CONFLICT,
	_OFFLINE_STATUS_N,
};

/* Secrets come through descriptors only: a command line is read by everybody.
 */
enum offline_option {
	OFFLINE_OPTION_CONFIG,
	OFFLINE_OPTION_STATE_DIRECTORY,
	OFFLINE_OPTION_KEY,
	OFFLINE_OPTION_KEY_FD,
	OFFLINE_OPTION_REASON,
	OFFLINE_OPTION_SERVICES,
	OFFLINE_OPTION_IDENTITY,
	OFFLINE_OPTION_ALLOW,
	OFFLINE_OPTION_DRY_RUN,
	OFFLINE_OPTION_YES,
	_N_OFFLINE_OPTIONS,
};

#define OFFLINE_BIT(option) (UINT32_C(1) << (option))

/* What is ready before a verb runs, each with those before it; in this order.
 */
enum offline_need {
	OFFLINE_NEEDS_NOTHING,
	OFFLINE_NEEDS_SETTINGS, /* read as root; then the state's owner */
	OFFLINE_NEEDS_KEY,      /* read as root as well */
	OFFLINE_NEEDS_LOCK,     /* nobody else has the state */
	OFFLINE_NEEDS_STATE,    /* open, and proved by its last record */
};

struct offline;

struct offline_verb {
	const char *noun, *verb;
	bool operand;      /* takes one, and must have it */
	bool operand_file; /* it is a file, opened as whoever runs this */
	bool may_lack_key; /* then one can be written: see key_writer */
	uint32_t options;  /* beside those that every verb takes */
	uint32_t required; /* of these */
	bool gathers;      /* what cannot be made ready is a finding, no end */
	bool for_anybody;  /* root or not */
	enum offline_need needs;
	const char *ordinary; /* what does it while the daemon runs, or NULL */
	enum offline_status (*run)(struct offline *offline);
};

struct offline {
	const struct offline_verb *verb;
	const char *operand;
	const char *values[_N_OFFLINE_OPTIONS]; /* NULL: not given */
	FILE *stream;                           /* of the answer */
	json_t *findings; /* of a verb that gathers them */
	struct settings *settings;
	int operand_fd, identity_fd; /* -1: not given */
	struct key_writer key_writer;
	struct key *key; /* until the state is open, which takes it */
	struct lock *lock;
	struct state state;
};

/* Ended by noun NULL. */
extern const struct offline_verb offline_verbs[];

/* The directory of the state, as it was given or built in. */
const char *offline_directory(const struct offline *offline);

/* Makes ready what the verb needs, runs it, and takes all of it down. */
enum offline_status offline_run(struct offline *offline);

/* Adds to the findings what is wrong with which part. */
void offline_find(struct offline *offline, const char *part,
		  const char *message);
/* Prints answer, which is taken (NULL: no memory for it); OFFLINE_DONE. */
must_check enum offline_status offline_answer(struct offline *offline,
					      json_t *answer);
/* Prints why not, with the next step; returns status. */
must_check enum offline_status offline_fail(struct offline *offline,
					    enum offline_status status,
					    const char *format, ...)
	printf_like(3, 4);
