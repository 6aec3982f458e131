/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The store's connection is used by the loop alone.
 *  2. A file of a backup's name is a whole backup: it gets that name last.
 *  3. The copy is gone when the job is.
 */
#include "cloxxsd/backup/job.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "cloxxsd/backup/catalogue.h"
#include "cloxxsd/backup/proof.h"
#include "cloxxsd/state/schema.h"
#include "cloxxsd/state/store_copy.h"

/* A turn of the loop copies for a millisecond, and leaves the next two to the
 * others: whoever logs in takes many turns. */
#define PAGES_A_STEP 8
#define TURN_US 1000
#define PAUSE_US 2000

struct job {
	struct job_args args;
	char snapshot[512], directory[512];
	struct store_copy *copy;
	sd_event_source *turn;
	struct errand *errand; /* in the thread */
	struct job_result result;
	atomic_uint phase, percent;
	bool abandoned; /* the loop's */
};

const char *job_phase_name(enum job_phase phase)
{
	static const char *const names[_JOB_PHASE_N] = {
		[JOB_COPIES] = "copy",
		[JOB_PROVES] = "prove",
		[JOB_SEALS] = "seal",
	};

	return names[phase];
}

static struct job *job_free(struct job *job)
{
	if (!job)
		return NULL;
	job->copy = store_copy_free(job->copy);
	sd_event_source_disable_unref(job->turn);
	job->args.key = key_free(job->args.key);
	(void)unlink(job->snapshot);
	free(job);
	return NULL;
}

static void fail(struct job *job, int r, const char *where)
{
	struct text why;

	job->result.r = r < 0 ? r : -EBADMSG;
	if (*job->result.why != '\0')
		return;
	text_init(&why, job->result.why, sizeof(job->result.why));
	text_add_format(&why, "%s: %s", where, strerror(-job->result.r));
}

/* In the thread, from here on. */

static void tell(struct job *job, enum job_phase phase, uint32_t percent)
{
	if (atomic_load(&job->phase) == phase &&
	    atomic_load(&job->percent) == percent)
		return;
	atomic_store(&job->phase, phase);
	atomic_store(&job->percent, percent);
	errand_tell(job->errand);
}

static void on_sealed(uint64_t done, uint64_t all, void *userdata)
{
	tell(userdata, JOB_SEALS, (uint32_t)(done * 100 / all));
}

/* The facts of the header, from the copy itself. */
static int prove(struct job *job, struct state *ret_copy)
{
	struct archive_header *header = &job->args.header;
	struct proof proof;
	struct text why;
	int r;

	text_init(&why, job->result.why, sizeof(job->result.why));
	r = state_open_snapshot(ret_copy, job->snapshot,
				scope_take_ptr(job->args.key), &why);
	if (r != 0)
		return r;
	text_init(&why, job->result.why, sizeof(job->result.why));
	r = proof_make(ret_copy, &why, &proof);
	if (r != 0) {
		state_deinit(ret_copy);
		return r;
	}
	header->schema = (uint32_t)schema_version();
	header->users = proof.users.all;
	header->locked = proof.users.locked;
	header->disabled = proof.users.disabled;
	header->ledger_seq = proof.ledger_seq;
	memcpy(header->ledger_head, proof.ledger_head,
	       sizeof(header->ledger_head));
	return 0;
}

static int write_archive(struct job *job, const struct state *copy, int to_fd)
{
	scope(scope_close) int from_fd = -1;
	const struct archive_write_args args = {
		.from_fd = open(job->snapshot, O_RDONLY | O_CLOEXEC),
		.to_fd = to_fd,
		.mac_key = state_backup_key(copy),
		.progress = on_sealed,
		.userdata = job,
	};

	from_fd = args.from_fd;
	if (from_fd < 0)
		return -errno;
	/* Whatever happens now, no copy is left lying about. */
	(void)unlink(job->snapshot);
	return archive_write(&args, &job->args.header, job->result.made.digest);
}

/* Under a name that says that it is not done, then under its own. */
static int seal_into(struct job *job, const struct state *copy,
		     int directory_fd)
{
	struct backup_made *made = &job->result.made;
	char unfinished[CATALOGUE_FILE_MAX + 8];
	scope(scope_close) int fd = -1;
	int r;

	(void)snprintf(unfinished, sizeof(unfinished), "%s.new", made->file);
	fd = openat(directory_fd, unfinished,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_archive(job, copy, fd);
	if (r == 0 && renameat2(directory_fd, unfinished, directory_fd,
				made->file, RENAME_NOREPLACE) < 0)
		r = -errno;
	if (r != 0) {
		(void)unlinkat(directory_fd, unfinished, 0);
		return r;
	}
	if (fsync(directory_fd) < 0)
		return -errno;
	made->bytes = (int64_t)archive_header_file_bytes(&job->args.header);
	return 0;
}

static int seal(struct job *job, const struct state *copy)
{
	scope(scope_close) int directory_fd = -1;
	struct text why;
	int r;

	text_init(&why, job->result.why, sizeof(job->result.why));
	r = catalogue_open_directory(job->directory, &why, &directory_fd);
	if (r != 0)
		return r;
	text_init(&why, job->result.why, sizeof(job->result.why));
	catalogue_remove_unfinished(directory_fd);
	return seal_into(job, copy, directory_fd);
}

static void run(struct errand *errand, void *data)
{
	struct job *job = data;
	struct state copy;
	int r;

	job->errand = errand;
	tell(job, JOB_PROVES, 0);
	r = prove(job, &copy);
	if (r != 0) {
		fail(job, r, "the copy of the store");
		return;
	}
	tell(job, JOB_SEALS, 0);
	r = seal(job, &copy);
	if (r != 0)
		fail(job, r, job->directory);
	state_deinit(&copy);
}

/* In the loop, from here on. */

static void on_told(void *data)
{
	struct job *job = data;

	if (!job->abandoned && job->args.told)
		job->args.told((enum job_phase)atomic_load(&job->phase),
			       atomic_load(&job->percent), job->args.userdata);
}

static void on_done(void *data)
{
	struct job *job = data;

	job->result.header = job->args.header;
	if (!job->abandoned)
		job->args.done(&job->result, job->args.userdata);
	job_free(job);
}

static void tell_copied(struct job *job)
{
	uint32_t done, all, percent;

	store_copy_progress(job->copy, &done, &all);
	percent = all > 0 ? (uint32_t)((uint64_t)done * 100 / all) : 0;
	if (percent == atomic_load(&job->percent))
		return;
	atomic_store(&job->percent, percent);
	on_told(job);
}

/* As store_copy_step(), for the time of a turn. */
static int copy_a_turn(struct job *job)
{
	int64_t until = clock_monotonic_us() + TURN_US;
	int r;

	do {
		r = store_copy_step(job->copy, PAGES_A_STEP);
	} while (r == STORE_COPY_E_MORE && clock_monotonic_us() < until);
	return r;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct job *job = userdata;
	int r = copy_a_turn(job);

	(void)usec;
	if (r == STORE_COPY_E_MORE) {
		tell_copied(job);
		(void)sd_event_source_set_time(
			source, (uint64_t)clock_monotonic_us() + PAUSE_US);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	job->copy = store_copy_free(job->copy);
	if (r == 0)
		r = errands_start(job->args.errands,
				  &(struct errand_args){ .run = run,
							 .told = on_told,
							 .done = on_done,
							 .data = job });
	if (r != 0) {
		fail(job, r, "copying the store");
		on_done(job);
	}
	return 0;
}

int job_start(const struct job_args *args, struct job **ret_job)
{
	struct job *job = calloc(1, sizeof(*job));
	int r;

	if (!job) {
		key_free(args->key);
		return -ENOMEM;
	}
	job->args = *args;
	(void)snprintf(job->snapshot, sizeof(job->snapshot), "%s",
		       args->snapshot);
	(void)snprintf(job->directory, sizeof(job->directory), "%s",
		       args->directory);
	job->result.made.created = args->header.created;
	job->result.made.sequence = (int64_t)args->header.sequence;
	catalogue_file_name(args->header.created, args->header.sequence,
			    job->result.made.file);
	r = store_copy_new(args->store, job->snapshot, &job->copy);
	if (r == 0)
		r = sd_event_add_time(args->event, &job->turn, CLOCK_MONOTONIC,
				      0, 1, on_turn, job);
	if (r < 0) {
		job_free(job);
		return r;
	}
	*ret_job = job;
	return 0;
}

void job_abandon(struct job *job)
{
	job->abandoned = true;
	if (!job->copy)
		return;
	/* The thread has not begun. */
	job_free(job);
}
