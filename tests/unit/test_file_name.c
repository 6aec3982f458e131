/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A name for as long as it is needed; what a killed run left of one goes. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "cloxxsd/offline/file_name.h"

static int make_file(void)
{
	int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "content", 7), 7);
	return fd;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void names_what_is_in_it(void **state)
{
	scope(scope_close) int fd = make_file(), named = -1;
	struct file_name name;
	char bytes[16] = "";

	(void)state;
	assert_int_equal(file_name_give(fd, &name), 0);
	named = open(name.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(named, bytes, sizeof(bytes)), 7);
	assert_string_equal(bytes, "content");
	file_name_take(&name);
	assert_false(is_there(name.path) || is_there(name.directory));
	assert_int_equal(lseek(named, 0, SEEK_END), 7);
}

/* Two at once leave each other alone. */
static void in_use_it_stays(void **state)
{
	scope(scope_close) int fd = make_file(), other_fd = make_file();
	struct file_name name, other;

	(void)state;
	assert_int_equal(file_name_give(fd, &name), 0);
	assert_int_equal(file_name_give(other_fd, &other), 0);
	assert_true(is_there(name.path) && is_there(other.path));
	file_name_take(&name);
	file_name_take(&other);
}

static void what_was_left_goes(void **state)
{
	scope(scope_close) int fd = make_file(), next_fd = make_file();
	struct file_name name, next;
	int pipe_fd[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	if (child == 0) {
		if (file_name_give(fd, &name) == 0)
			(void)!write(pipe_fd[1], &name, sizeof(name));
		(void)raise(SIGKILL);
	}
	assert_int_equal(read(pipe_fd[0], &name, sizeof(name)), sizeof(name));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(is_there(name.path));
	assert_int_equal(file_name_give(next_fd, &next), 0);
	assert_false(is_there(name.path) || is_there(name.directory));
	file_name_take(&next);
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_is_in_it),
		cmocka_unit_test(in_use_it_stays),
		cmocka_unit_test(what_was_left_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
