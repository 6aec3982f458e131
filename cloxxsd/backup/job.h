/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Job: the making of one backup beside a running daemon: the store is copied a
 * few pages at a turn of the loop, then a thread proves the copy and seals it
 * into the directory. Logins wait for neither. What is left behind by a job
 * that failed is nothing: the backups that were there stay as they are. It
 * decides nothing about when and how often, and records nothing.
 */

#include <systemd/sd-event.h>

#include "base/scope.h"
#include "cloxxsd/backup/archive.h"
#include "cloxxsd/backup/errand.h"
#include "cloxxsd/state/backups.h"
#include "cloxxsd/state/state.h"

enum job_phase {
	JOB_COPIES,
	JOB_PROVES,
	JOB_SEALS,
	_JOB_PHASE_N,
};

struct job_result {
	int r;         /* 0, or what why is about */
	char why[512]; /* a sentence */
	struct backup_made made;
	struct archive_header header;
};

struct job_args {
	sd_event *event;
	struct errands *errands;
	struct store *store;
	struct key *key; /* a copy for the job, which takes it in any case */
	const char *snapshot; /* path of the copy, for as long as it is there */
	const char *directory; /* of backups */
	/* created, installation, sequence, recipient and host; the rest is
	 * found out */
	struct archive_header header;
	void (*told)(enum job_phase phase, uint32_t percent, void *userdata);
	/* Once, never from job_start(); the job is gone then. */
	void (*done)(const struct job_result *result, void *userdata);
	void *userdata;
};

struct job;

/* Strings are copied. -errno: nothing was started, and done is never called. */
must_check int job_start(const struct job_args *args, struct job **ret_job);
/*
 * Nobody is told any more, and the store is left alone; what the thread does it
 * does to its end. To be called before the store is closed.
 */
void job_abandon(struct job *job);
const char *job_phase_name(enum job_phase phase);
