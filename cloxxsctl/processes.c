/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No signal is sent to a pid: to a descriptor of the process only, which
 *     was looked at once more after it was opened.
 */
#include "cloxxsctl/processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define HEED_MS 5000 /* so long they are waited for when asked */
#define DIE_MS 2000  /* and when killed */
#define ROUNDS_MAX 4

struct process {
	pid_t pid, parent;
	uid_t uid;
	int64_t begun_us; /* since the boot, at least */
	bool wanted;
	int fd; /* of it; -1: not opened */
};

struct table {
	struct process *rows;
	size_t n, room;
};

static void table_deinit(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].fd >= 0)
			close(table->rows[i].fd);
	free(table->rows);
}

static ssize_t read_file(pid_t pid, const char *name, char *buffer, size_t size)
{
	scope(scope_close) int fd = -1;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buffer, size - 1);
	if (n < 0)
		return -errno;
	buffer[n] = '\0';
	return n;
}

/* Behind the name, which may hold anything, fields 3 (state) and on; proc(5).
 */
static bool read_stat(pid_t pid, struct process *process)
{
	unsigned long long ticks;
	char buffer[1024], state;
	const char *behind;
	int parent;

	if (read_file(pid, "stat", buffer, sizeof(buffer)) < 0)
		return false;
	behind = strrchr(buffer, ')');
	if (!behind ||
	    sscanf(behind + 1,
		   " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
		   "%*d %*d %*d %*d %llu",
		   &state, &parent, &ticks) != 3 ||
	    state == 'Z' || state == 'X')
		return false;
	process->parent = parent;
	process->begun_us = (int64_t)(ticks * 1000000 /
				      (unsigned long long)sysconf(_SC_CLK_TCK));
	return true;
}

static bool read_uid(pid_t pid, uid_t *ret_uid)
{
	char buffer[2048];
	const char *line;
	unsigned int uid;

	if (read_file(pid, "status", buffer, sizeof(buffer)) < 0)
		return false;
	line = strstr(buffer, "\nUid:");
	if (!line || sscanf(line + 5, " %u", &uid) != 1)
		return false;
	*ret_uid = uid;
	return true;
}

/* A process that ends meanwhile is none. */
static int add_process(struct table *table, pid_t pid)
{
	struct process process = { .pid = pid, .fd = -1 };
	struct process *larger;

	if (!read_stat(pid, &process) || !read_uid(pid, &process.uid))
		return 0;
	if (table->n == table->room) {
		table->room = table->room ? 2 * table->room : 256;
		larger = reallocarray(table->rows, table->room,
				      sizeof(*table->rows));
		if (!larger)
			return -ENOMEM;
		table->rows = larger;
	}
	table->rows[table->n++] = process;
	return 0;
}

static void scope_closedir(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

static int table_read(struct table *table)
{
	scope(scope_closedir) DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int r = 0;

	if (!proc)
		return -errno;
	while (r == 0 && (entry = readdir(proc))) {
		size_t n = strspn(entry->d_name, "0123456789");

		if (n > 0 && !entry->d_name[n])
			r = add_process(table,
					(pid_t)strtol(entry->d_name, NULL, 10));
	}
	return r;
}

static bool is_opener(const struct processes_wanted *wanted,
		      const struct process *process)
{
	for (size_t i = 0; i < wanted->n_openers; i++)
		if (wanted->openers[i].pid == process->pid &&
		    process->begun_us <= wanted->openers[i].opened_us)
			return true;
	return false;
}

static bool is_child_of_wanted(const struct table *table,
			       const struct process *process)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].wanted &&
		    table->rows[i].pid == process->parent)
			return true;
	return false;
}

static void mark(struct table *table, const struct processes_wanted *wanted)
{
	bool more = true;

	for (size_t i = 0; i < table->n; i++) {
		struct process *process = &table->rows[i];

		process->wanted =
			is_opener(wanted, process) ||
			(wanted->of_user && process->uid == wanted->uid);
	}
	while (more) {
		more = false;
		for (size_t i = 0; i < table->n; i++) {
			struct process *process = &table->rows[i];

			if (process->wanted ||
			    !is_child_of_wanted(table, process))
				continue;
			process->wanted = more = true;
		}
	}
}

/* Opens each that is wanted, and looks whether it is still the same. */
static size_t open_wanted(struct table *table)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++) {
		struct process *process = &table->rows[i];
		struct process now = { 0 };

		if (!process->wanted || process->pid == getpid() ||
		    process->pid == 1)
			continue;
		process->fd = pidfd_open(process->pid, 0);
		if (process->fd < 0)
			continue;
		if (!read_stat(process->pid, &now) ||
		    now.begun_us != process->begun_us) {
			close(process->fd);
			process->fd = -1;
			continue;
		}
		n++;
	}
	return n;
}

static void tell(const struct table *table, int signal)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].fd >= 0)
			(void)!pidfd_send_signal(table->rows[i].fd, signal,
						 NULL, 0);
}

/* How many are left when all have ended, or the time is over. */
static size_t wait_for(const struct table *table, int patience_ms)
{
	int64_t end = clock_monotonic_us() + (int64_t)patience_ms * 1000;
	size_t n_left = 0;

	for (size_t i = 0; i < table->n; i++) {
		struct pollfd one = { .fd = table->rows[i].fd,
				      .events = POLLIN };
		int64_t left_ms = (end - clock_monotonic_us()) / 1000;

		if (one.fd >= 0 &&
		    poll(&one, 1, left_ms > 0 ? (int)left_ms : 0) != 1)
			n_left++;
	}
	return n_left;
}

/* Ends those that are there now; *ret_n: how many there were. */
static int end_once(const struct processes_wanted *wanted, size_t *ret_n,
		    size_t *ret_n_left)
{
	scope(table_deinit) struct table table = { 0 };
	int r;

	r = table_read(&table);
	if (r != 0)
		return r;
	mark(&table, wanted);
	*ret_n = open_wanted(&table);
	tell(&table, SIGTERM);
	tell(&table, SIGHUP);
	tell(&table, SIGCONT);
	*ret_n_left = wait_for(&table, HEED_MS);
	if (*ret_n_left == 0)
		return 0;
	tell(&table, SIGKILL);
	*ret_n_left = wait_for(&table, DIE_MS);
	return 0;
}

int processes_end(const struct processes_wanted *wanted,
		  struct processes_ended *ret_ended)
{
	struct processes_ended ended = { 0 };
	size_t n = 1;
	int r = 0;

	for (int i = 0; r == 0 && n > 0 && i < ROUNDS_MAX; i++) {
		r = end_once(wanted, &n, &ended.n_left);
		ended.n += n;
	}
	if (r == 0)
		*ret_ended = ended;
	return r;
}
