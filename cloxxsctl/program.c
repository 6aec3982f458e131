/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

static const char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	NULL,
};

/* stdout: where it writes, or -1 for ours. */
static int start(const char *program, const char *const *argv, int output,
		 pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
					     "/dev/null", O_RDONLY, 0);
	if (r == 0 && output >= 0)
		r = posix_spawn_file_actions_adddup2(&actions, output,
						     STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(&actions,
							     STDERR_FILENO + 1);
	/* The strings are not changed; POSIX keeps execve()'s old types. */
	if (r == 0)
		r = posix_spawn(ret_child, program, &actions, NULL,
				(char *const *)(uintptr_t)argv,
				(char *const *)(uintptr_t)environment);
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
	pid_t child;
	int r;

	r = start(program, argv, -1, &child);
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

int program_ask(const char *program, const char *const *argv,
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
	r = start(program, argv, ends[1], &child);
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
