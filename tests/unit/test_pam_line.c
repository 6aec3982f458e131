/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "pam_cloxxs/line.h"

#define SOCKET "/run/one.sock"

struct rig {
	struct line line;
	struct login login;
	int fd, other; /* the module's end, cloxxsd's end */
};

static void begin(struct rig *rig, const char *socket)
{
	const struct login_args args = { .socket = socket,
					 .timeout_ms = 1000,
					 .silence_ms = 1000 };

	login_init(&rig->login, &args);
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int pair[2];

	assert_non_null(rig);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	rig->fd = pair[0];
	rig->other = pair[1];
	begin(rig, SOCKET);
	rig->login.channel.fd = rig->fd;
	line_keep(&rig->line, &rig->login);
	assert_int_equal(rig->login.channel.fd, -1);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	login_deinit(&rig->login);
	line_drop(&rig->line);
	close(rig->other);
	free(rig);
	return 0;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_once(void **state)
{
	struct rig *rig = *state;

	assert_true(line_take(&rig->line, &rig->login));
	assert_int_equal(rig->login.channel.fd, rig->fd);
	assert_true(is_open(rig->fd));
	login_deinit(&rig->login);
	assert_false(line_take(&rig->line, &rig->login));
}

static void test_none(void **state)
{
	struct rig *rig = *state;

	assert_true(line_take(&rig->line, &rig->login));
	login_deinit(&rig->login);
	line_keep(&rig->line, &rig->login);
	assert_false(line_take(&rig->line, &rig->login));
	assert_false(line_take(NULL, &rig->login));
	line_keep(NULL, &rig->login);
	line_drop(NULL);
}

static void test_dropped(void **state)
{
	struct rig *rig = *state;

	line_drop(&rig->line);
	assert_false(is_open(rig->fd));
}

static void test_another_socket(void **state)
{
	struct rig *rig = *state;

	begin(rig, "/run/two.sock");
	assert_false(line_take(&rig->line, &rig->login));
	assert_int_equal(rig->login.channel.fd, -1);
	assert_false(is_open(rig->fd));
}

static void test_ended_by_the_other(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(shutdown(rig->other, SHUT_RDWR), 0);
	assert_false(line_take(&rig->line, &rig->login));
	assert_false(is_open(rig->fd));
}

/* What nobody asked for is no answer to the next question. */
static void test_unasked_bytes(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(write(rig->other, "{}", 3), 3);
	assert_false(line_take(&rig->line, &rig->login));
	assert_false(is_open(rig->fd));
}

/* The program closed all that it had not opened, and opened something else. */
static void test_number_of_another(void **state)
{
	struct rig *rig = *state;
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(dup2(pair[0], rig->fd), rig->fd);
	assert_false(line_take(&rig->line, &rig->login));
	assert_true(is_open(rig->fd));
	close(rig->fd);
	close(pair[0]);
	close(pair[1]);
}

static void test_number_of_nothing(void **state)
{
	struct rig *rig = *state;

	close(rig->fd);
	assert_false(line_take(&rig->line, &rig->login));
}

/* A child may end the line, but not talk on its parent's line. */
static void test_child(void **state)
{
	struct rig *rig = *state;
	char byte;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(line_take(&rig->line, &rig->login) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(recv(rig->other, &byte, 1, MSG_DONTWAIT), -1);
	assert_true(line_take(&rig->line, &rig->login));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_once),
		TEST(test_none),
		TEST(test_dropped),
		TEST(test_another_socket),
		TEST(test_ended_by_the_other),
		TEST(test_unasked_bytes),
		TEST(test_number_of_another),
		TEST(test_number_of_nothing),
		TEST(test_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
