/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/metrics_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cloxxsd/daemon/log.h"
#include "cloxxsd/service/measuring.h"

#define ACCURACY_US 100000

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
static int fill(struct service *service, int fd)
{
	FILE *stream = fdopen(fd, "w");
	int r;

	if (!stream) {
		scope_close(&fd);
		return -ENOMEM;
	}
	r = measuring_write(service, EXPOSITION_PROMETHEUS, stream);
	/* Of everybody, and that is why it is off by default. */
	if (r == 0 && fchmod(fileno(stream), 0644) < 0)
		r = -errno;
	if (fclose(stream) != 0 && r == 0)
		r = -errno;
	return r;
}

static int write_file(struct service *service, const char *path)
{
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
	r = fill(service, fd);
	if (r == 0 && renameat(directory, new_name, directory, name) < 0)
		r = -errno;
	if (r < 0)
		(void)!unlinkat(directory, new_name, 0);
	return r;
}

static void write_now(struct metrics_file *file, const char *path)
{
	int r = write_file(file->service, path);

	if (r < 0 && !file->failing)
		log_line(LOG_ERR, "%s: metrics cannot be written: %s", path,
			 strerror(-r));
	else if (r == 0 && file->failing)
		log_line(LOG_NOTICE, "%s: metrics are written again", path);
	file->failing = r < 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct metrics_file *file = userdata;
	const struct settings *settings = file->service->attempts->settings;

	(void)usec;
	if (!settings->metrics_file)
		return 0;
	write_now(file, settings->metrics_file);
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
	file->failing = false;
	(void)!sd_event_source_set_time_relative(file->timer, 0);
	(void)!sd_event_source_set_enabled(file->timer, SD_EVENT_ONESHOT);
}
