/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>

static const char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	NULL,
};

static int start(const char *program, const char *const *argv, pid_t *ret_child)
{
	posix_spawn_file_actions_t actions;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
					     "/dev/null", O_RDONLY, 0);
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

int program_run(const char *program, const char *const *argv)
{
	pid_t child;
	int r, status;

	r = start(program, argv, &child);
	if (r < 0)
		return r;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}
