/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/program.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"

static const char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	"LC_ALL=C.UTF-8",
	"DEBIAN_FRONTEND=noninteractive",
	NULL,
};

static const struct program_inputs no_inputs = { -1, -1 };

/* Where the child reads, and where it writes, or -1 for ours. */
struct streams {
	const struct program_inputs *inputs;
	int out, err;
	bool alone; /* in a group of its own, that can be killed as a whole */
};

static int add_inputs(posix_spawn_file_actions_t *actions,
		      const struct program_inputs *inputs)
{
	int r;

	if (inputs->standard >= 0)
		r = posix_spawn_file_actions_adddup2(actions, inputs->standard,
						     STDIN_FILENO);
	else
		r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
						     "/dev/null", O_RDONLY, 0);
	/* Last of all: it may take the number of one that was needed. */
	if (r == 0 && inputs->extra >= 0)
		r = posix_spawn_file_actions_adddup2(actions, inputs->extra,
						     PROGRAM_EXTRA);
	return r;
}

static int add_actions(posix_spawn_file_actions_t *actions,
		       const struct streams *streams)
{
	int r = 0;

	if (streams->out >= 0)
		r = posix_spawn_file_actions_adddup2(actions, streams->out,
						     STDOUT_FILENO);
	if (r == 0 && streams->err >= 0)
		r = posix_spawn_file_actions_adddup2(actions, streams->err,
						     STDERR_FILENO);
	if (r == 0)
		r = add_inputs(actions, streams->inputs);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(
			actions, streams->inputs->extra >= 0
					 ? PROGRAM_EXTRA + 1
					 : STDERR_FILENO + 1);
	return r;
}

static int start(const char *program, const char *const *argv,
		 const struct streams *streams, pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	/* What we ignore is no affair of the child's. */
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	r = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (r == 0)
		r = posix_spawnattr_setflags(
			&attributes,
			(short)(POSIX_SPAWN_SETSIGDEF |
				(streams->alone ? POSIX_SPAWN_SETPGROUP : 0)));
	if (r == 0)
		r = add_actions(&actions, streams);
	/* The strings are not changed; POSIX keeps execve()'s old types. */
	if (r == 0)
		r = posix_spawn(ret_child, program, &actions, &attributes,
				(char *const *)(uintptr_t)argv,
				(char *const *)(uintptr_t)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int program_run(const char *program, const char *const *argv)
{
	const struct streams streams = { &no_inputs, -1, -1, false };
	pid_t child;
	int r;

	r = start(program, argv, &streams, &child);
	return r < 0 ? r : wait_for(child);
}

struct program_answer *program_answer_free(struct program_answer *answer)
{
	if (answer)
		explicit_bzero(answer, sizeof(*answer));
	free(answer);
	return NULL;
}

static int read_answer(int fd, struct program_answer *answer)
{
	while (answer->n < sizeof(answer->bytes)) {
		ssize_t n = read(fd, answer->bytes + answer->n,
				 sizeof(answer->bytes) - answer->n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		answer->n += (size_t)n;
	}
	return -EMSGSIZE;
}

int program_pipe(const void *bytes, size_t n, int *ret_fd)
{
	scope(scope_close) int reader = -1;
	scope(scope_close) int writer = -1;
	int ends[2];

	if (n > PIPE_BUF)
		return -EMSGSIZE;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	if (n > 0 && write(writer, bytes, n) != (ssize_t)n)
		return -EIO;
	*ret_fd = scope_take_fd(&reader);
	return 0;
}

int program_ask_with(const char *program, const char *const *argv,
		     const struct program_inputs *inputs,
		     struct program_answer **ret_answer)
{
	scope(program_answer_freep) struct program_answer *answer = NULL;
	int ends[2], r, status;
	pid_t child;

	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = start(program, argv,
		  &(struct streams){ inputs, ends[1], -1, false }, &child);
	scope_close(&ends[1]);
	if (r == 0) {
		r = read_answer(ends[0], answer);
		scope_close(&ends[0]);
		status = wait_for(child);
		r = r < 0 ? r : status;
	}
	scope_close(&ends[0]);
	if (r >= 0)
		*ret_answer = scope_take_ptr(answer);
	return r;
}

int program_ask(const char *program, const char *const *argv,
		struct program_answer **ret_answer)
{
	return program_ask_with(program, argv, &no_inputs, ret_answer);
}

/* All that comes until its end; -ETIME, or another -errno. */
static int drain(int fd, int64_t deadline_us, struct text *output)
{
	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_us - clock_monotonic_us();
		char bytes[4096];
		ssize_t n;

		if (left <= 0)
			return -ETIME;
		if (poll(&poller, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		n = read(fd, bytes, sizeof(bytes));
		if (n == 0)
			return 0;
		if (n > 0)
			text_add_bytes(output, bytes, (size_t)n);
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

/* It may have closed its output and run on: -ETIME. */
static int await(pid_t child, int64_t deadline_us)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) ==
		       0 &&
	       info.si_pid == 0) {
		if (clock_monotonic_us() >= deadline_us)
			return -ETIME;
		(void)poll(NULL, 0, 1);
	}
	return 0;
}

int program_capture(const char *program, const char *const *argv,
		    uint32_t timeout_ms, struct text *output)
{
	int64_t deadline_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
	scope(scope_close) int reader = -1;
	scope(scope_close) int writer = -1;
	pid_t child;
	int ends[2], r, status;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	r = start(program, argv,
		  &(struct streams){ &no_inputs, writer, writer, true },
		  &child);
	if (r < 0)
		return r;
	scope_close(&writer);
	r = drain(reader, deadline_us, output);
	if (r == 0)
		r = await(child, deadline_us);
	if (r < 0)
		(void)kill(-child, SIGKILL);
	status = wait_for(child);
	return r < 0 ? r : status;
}
