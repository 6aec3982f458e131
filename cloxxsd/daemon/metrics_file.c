/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The loop touches no file: a disk that does not answer holds a thread.
 *  2. No two threads write the same file.
 */
#include "cloxxsd/daemon/metrics_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cloxxsd/backup/errand.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/service/measuring.h"

#define ACCURACY_US 100000

struct metrics_writing {
	struct metrics_file *file; /* NULL: it is written for nobody */
	char *path, *bytes;
	size_t n;
	int r;
};

static void writing_free(struct metrics_writing *writing)
{
	if (!writing)
		return;
	free(writing->path);
	free(writing->bytes);
	free(writing);
}

/* In the thread, up to run(). */

/* The directory of path, made where it alone is missing. */
static int open_directory(const char *path, int *ret_fd)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	struct text text;

	text_init(&text, directory, sizeof(directory));
	text_add_bytes(&text, path, slash > path ? (size_t)(slash - path) : 1);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	if (mkdir(directory, 0755) == 0 && chmod(directory, 0755) < 0)
		return -errno;
	*ret_fd = open(directory, O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

/* Takes fd. */
static int fill(const struct metrics_writing *writing, int fd)
{
	FILE *stream = fdopen(fd, "w");
	int r = 0;

	if (!stream) {
		scope_close(&fd);
		return -ENOMEM;
	}
	if (fwrite(writing->bytes, 1, writing->n, stream) != writing->n)
		r = -EIO;
	/* Of everybody, and that is why it is off by default. */
	if (r == 0 && fchmod(fileno(stream), 0644) < 0)
		r = -errno;
	if (fclose(stream) != 0 && r == 0)
		r = -errno;
	return r;
}

static int write_file(const struct metrics_writing *writing)
{
	const char *path = writing->path;
	scope(scope_close) int directory = -1;
	const char *name = strrchr(path, '/') + 1;
	char new_name[NAME_MAX + 1];
	struct text text;
	int fd, r;

	text_init(&text, new_name, sizeof(new_name));
	/* The collector reads what ends in .prom. */
	text_add_format(&text, ".%s.new", name);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	r = open_directory(path, &directory);
	if (r < 0)
		return r;
	(void)!unlinkat(directory, new_name, 0);
	fd = openat(directory, new_name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(writing, fd);
	if (r == 0 && renameat(directory, new_name, directory, name) < 0)
		r = -errno;
	if (r < 0)
		(void)!unlinkat(directory, new_name, 0);
	return r;
}

static void run(struct errand *errand, void *data)
{
	struct metrics_writing *writing = data;

	(void)errand;
	writing->r = write_file(writing);
}

/* Said once; why: NULL where it was written. */
static void tell(struct metrics_file *file, const char *path, const char *why)
{
	if (why && !file->failing)
		log_line(LOG_ERR, "%s: metrics cannot be written: %s", path,
			 why);
	else if (!why && file->failing)
		log_line(LOG_NOTICE, "%s: metrics are written again", path);
	file->failing = why;
}

static void on_done(void *data)
{
	struct metrics_writing *writing = data;
	struct metrics_file *file = writing->file;

	if (file) {
		file->writing = NULL;
		tell(file, writing->path,
		     writing->r < 0 ? strerror(-writing->r) : NULL);
	}
	writing_free(writing);
}

static int gather(struct service *service, struct metrics_writing *writing)
{
	FILE *stream = open_memstream(&writing->bytes, &writing->n);
	int r;

	if (!stream)
		return -ENOMEM;
	r = measuring_write(service, EXPOSITION_PROMETHEUS, stream);
	if (fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

static int start(struct metrics_file *file, const char *path)
{
	struct metrics_writing *writing = calloc(1, sizeof(*writing));
	int r = -ENOMEM;

	if (writing)
		writing->path = strdup(path);
	if (writing && writing->path)
		r = gather(file->service, writing);
	if (r == 0)
		r = errands_start(file->service->errands,
				  &(struct errand_args){ .run = run,
							 .done = on_done,
							 .data = writing });
	if (r < 0) {
		writing_free(writing);
		return r;
	}
	writing->file = file;
	file->writing = writing;
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct metrics_file *file = userdata;
	const struct settings *settings = file->service->attempts->settings;
	const char *path = settings->metrics_file;
	int r;

	(void)usec;
	if (!path)
		return 0;
	if (file->writing) {
		tell(file, path, "the disk does not answer");
	} else {
		r = start(file, path);
		if (r < 0)
			tell(file, path, strerror(-r));
	}
	(void)!sd_event_source_set_time_relative(
		source, UINT64_C(1000000) * settings->metrics_interval_s);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int metrics_file_init(struct metrics_file *file, sd_event *event,
		      struct service *service)
{
	int r;

	*file = (struct metrics_file){ .service = service };
	r = sd_event_add_time_relative(event, &file->timer, CLOCK_MONOTONIC, 0,
				       ACCURACY_US, on_timer, file);
	return r < 0 ? r : 0;
}

void metrics_file_deinit(struct metrics_file *file)
{
	file->timer = sd_event_source_disable_unref(file->timer);
}

void metrics_file_loaded(struct metrics_file *file)
{
	const struct settings *settings = file->service->attempts->settings;
	const char *path = settings->metrics_file;
	uint64_t wait_us = 0;

	file->failing = false;
	if (file->writing && path && strcmp(file->writing->path, path) == 0) {
		wait_us = UINT64_C(1000000) * settings->metrics_interval_s;
	} else if (file->writing) {
		file->writing->file = NULL;
		file->writing = NULL;
	}
	(void)!sd_event_source_set_time_relative(file->timer, wait_us);
	(void)!sd_event_source_set_enabled(file->timer, SD_EVENT_ONESHOT);
}
