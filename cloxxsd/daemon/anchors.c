/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/anchors.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/state/head.h"

#define EVERY_US UINT64_C(3600000000)
/* The last line stands within so many bytes of the end. */
#define TAIL (2 * ANCHOR_LINE_MAX)

/* Behind what is there, whole and on the disk, or not at all. */
static int append(const char *path, const struct text *line)
{
	scope(scope_close) int fd = -1;
	struct stat before;
	ssize_t n;

	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		  0644);
	/* Not left to the umask: whoever carries it away must be able to. */
	if (fd < 0 || fchmod(fd, 0644) < 0 || fstat(fd, &before) < 0)
		return -errno;
	n = write(fd, line->buffer, line->n);
	if (n < 0)
		return -errno;
	if ((size_t)n != line->n)
		return ftruncate(fd, before.st_size) < 0 ? -errno : -ENOSPC;
	return fdatasync(fd) < 0 ? -errno : 0;
}

static int write_line(struct anchors *anchors)
{
	struct anchor anchor;
	char line[ANCHOR_LINE_MAX];
	struct text text;
	int r;

	if (anchors->state->ledger.seq == anchors->seq)
		return 0;
	r = head_find(anchors->state, &anchor);
	if (r != 0)
		return r;
	text_init(&text, line, sizeof(line));
	anchor_write(&anchor, &text);
	log_line(LOG_INFO, "%s", line);
	text_add(&text, "\n");
	r = append(anchors->path, &text);
	if (r == 0)
		anchors->seq = anchor.sequence;
	return r;
}

static void try_to_write(struct anchors *anchors)
{
	int r = write_line(anchors);

	/* Of an empty ledger there is none. */
	if (r != 0 && r != LEDGER_E_UNKNOWN)
		log_line(LOG_ERR,
			 "%s: the head of the ledger cannot be written: %s",
			 anchors->path, strerror(r < 0 ? -r : EBADMSG));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct anchors *anchors = userdata;

	(void)usec;
	try_to_write(anchors);
	(void)!sd_event_source_set_time_relative(source, EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The last line of the file; false: there is none that is whole. */
static bool read_last(const char *path, struct anchor *ret_anchor)
{
	scope(scope_close) int fd = -1;
	char tail[TAIL + 1], *line;
	struct stat status;
	off_t from;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	from = status.st_size > TAIL ? status.st_size - TAIL : 0;
	n = pread(fd, tail, TAIL, from);
	if (n <= 0 || tail[n - 1] != '\n')
		return false;
	tail[n - 1] = '\0';
	line = strrchr(tail, '\n');
	return anchor_read(line ? line + 1 : tail, ret_anchor);
}

/* What was cut off, or put in the place of the ledger, is told of; it is no
 * ground to let nobody in. */
static void compare(struct anchors *anchors)
{
	struct anchor anchor;
	bool holds = false;
	int r;

	if (access(anchors->path, F_OK) < 0)
		return;
	if (!read_last(anchors->path, &anchor)) {
		log_line(LOG_CRIT,
			 "%s does not end with an anchor: the ledger cannot be "
			 "held against the one of before",
			 anchors->path);
		return;
	}
	r = head_holds(anchors->state, &anchor, &holds);
	if (r == 0 && holds)
		anchors->seq = anchor.sequence;
	if (r != 0)
		log_line(LOG_CRIT,
			 "the ledger cannot be held against %s: it cannot be "
			 "read",
			 anchors->path);
	if (r == 0 && !holds)
		log_line(LOG_CRIT,
			 "the ledger is not the one of before: %s says that "
			 "record %lld was written at another state of it; see "
			 "cloxxsctl audit verify",
			 anchors->path, (long long)anchor.sequence);
}

int anchors_init(struct anchors *anchors, sd_event *event, struct state *state,
		 const char *directory)
{
	struct text text;
	int r;

	*anchors = (struct anchors){ .state = state };
	text_init(&text, anchors->path, sizeof(anchors->path));
	text_add_format(&text, "%s/anchors", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	compare(anchors);
	r = sd_event_add_time_relative(event, &anchors->timer, CLOCK_BOOTTIME,
				       EVERY_US, 0, on_timer, anchors);
	return r < 0 ? r : 0;
}

void anchors_deinit(struct anchors *anchors)
{
	if (!anchors->state)
		return;
	anchors->timer = sd_event_source_disable_unref(anchors->timer);
	try_to_write(anchors);
	anchors->state = NULL;
}
