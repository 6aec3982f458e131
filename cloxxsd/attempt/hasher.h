/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Hasher: a bounded pool of threads that do argon2id and, of hashes that an
 * import brought, what those ask for; and they search the list of breached
 * passwords, whose disk nobody else should wait for. Nothing else. All hashes
 * together stay below a memory budget; what does not fit waits in order, and
 * what takes many hashes goes to the end of the queue after each.
 * Results come back on the event loop. It knows neither users nor rules.
 */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/scope.h"
#include "base/secret.h"
#include "cloxxsd/attempt/argon2.h"

struct hasher;

/* How long the hashes of jobs took, by the first bound that they are not above,
 * and the last place for those above all; a search is no hash. */
#define HASH_TIME_BOUNDS 9
extern const uint32_t hash_time_bounds_us[HASH_TIME_BOUNDS];
struct hash_times {
	uint64_t counts[HASH_TIME_BOUNDS + 1];
	uint64_t sum_us;
};

enum hash_task {
	_HASH_NOTHING,
	HASH_VERIFY,  /* compares; where right, and cheaper than cost or
			  foreign, makes anew */
	HASH_REPLACE, /* refuses the stored password itself, a former one and
			 a breached one, else makes a hash */
	HASH_MAKE,    /* makes a hash */
	HASH_SEARCH,  /* looks for a breached one, and makes nothing */
};

enum hash_result {
	HASH_FAILED, /* no memory, or the stored form is refused */
	HASH_WRONG,
	HASH_RIGHT,   /* VERIFY: the password is right; REPLACE: the same as it
			 was */
	HASH_MADE,    /* REPLACE and MAKE: made holds the hash */
	HASH_REFUSED, /* the stored form or its cost is not ours */
	HASH_FOUND,   /* REPLACE: breached or was a former one, which see */
};

/* What REPLACE and SEARCH look through, and what they found. */
struct hash_search {
	char breached[256]; /* a list, see breached.h; "": none */
	/* Former hashes, of calloc(), the newest first; the job owns them. */
	struct secret *former;
	size_t n_former;
	/* In a trial: what is found is told, and the hash made all the same,
	 * but for so many former ones. */
	bool trial;
	size_t n_former_held;

	int found;       /* BREACHED_E_* */
	bool was_former; /* one of them */

	/* The hasher's own: how far it is; zero at first. */
	bool begun;
	size_t n_compared;
};

/*
 * One job. The caller fills the upper half and owns the memory; between submit
 * and done the hasher alone touches it.
 */
struct hash_job {
	enum hash_task task;
	struct secret password; /* in normal form */
	struct secret stored; /* encoded; empty: a decoy of the current cost */
	struct argon2_cost cost; /* for what is made */
	struct hash_search search;
	void (*done)(struct hash_job *job, void *userdata);
	void *userdata;

	enum hash_result result;
	char made[ARGON2_STORED_SIZE]; /* "" where nothing was made */
	struct hash_job *next;
	uint64_t memory;
	int64_t took_us; /* all of its hashes */
};

/* n_threads of at least 1; memory holds one hash at least. */
must_check int hasher_new(sd_event *event, uint32_t n_threads, uint64_t memory,
			  struct hasher **ret_hasher);
/*
 * Waits for what runs, ends the threads, and calls done for every open job:
 * HASH_FAILED for those that only waited. What is submitted meanwhile gets
 * -EAGAIN.
 */
struct hasher *hasher_free(struct hasher *hasher);

/* Queues job. -EAGAIN where too many wait already, or none is taken any more:
 * nothing was queued. */
must_check int hasher_submit(struct hasher *hasher, struct hash_job *job);
uint32_t hasher_n_waiting(const struct hasher *hasher);
uint32_t hasher_n_threads(const struct hasher *hasher);
/* Jobs submitted and not yet done, running ones included. */
uint32_t hasher_n_open(const struct hasher *hasher);

/* Of the jobs that were done; for the loop. */
const struct hash_times *hasher_times(const struct hasher *hasher);

/* Wipes and frees what a job held; the job itself stays the caller's. */
void hash_job_wipe(struct hash_job *job);
