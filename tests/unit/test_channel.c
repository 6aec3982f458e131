/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/channel.h"
#include "base/clock.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

#define SECOND_US INT64_C(1000000)
#define LIMIT 4096

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
};

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

/* Connects within a second; closes. */
static int try_connect(const char *path)
{
	scope(channel_deinit) struct channel channel = CHANNEL_INIT;

	return channel_connect(&channel, path, LIMIT,
			       clock_monotonic_us() + SECOND_US);
}

static void test_good(void **state)
{
	static const char *const script[] = { "\"step\":\"done\"", NULL };
	struct rig *rig = *state;
	scope(channel_deinit) struct channel channel = CHANNEL_INIT;
	int64_t end = clock_monotonic_us() + 10 * SECOND_US;
	const char *message;
	size_t n;

	fake_daemon_script(&rig->daemon, script);
	assert_int_equal(
		channel_connect(&channel, rig->daemon.path, LIMIT, end), 0);
	assert_true(channel.fd > 2);
	assert_true(fcntl(channel.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(channel.server_uid, geteuid());
	assert_int_equal(channel_send(&channel, "{}", 2, end), 0);
	assert_int_equal(channel_receive(&channel, end, &message, &n), 0);
	assert_string_equal(message, "{\"parameters\":{\"step\":\"done\"}}");
	assert_int_equal(n, strlen(message));
	assert_int_equal(channel_send(&channel, "{}", 2, end), 0);
	assert_int_equal(channel_receive(&channel, end, &message, &n),
			 CHANNEL_E_CLOSED);
}

/* Two messages in one write are two; the first is wiped by then. */
static void test_two_at_once(void **state)
{
	static const char *const script[] = { "+\"step\":\"code\"", NULL };
	struct rig *rig = *state;
	scope(channel_deinit) struct channel channel = CHANNEL_INIT;
	int64_t end = clock_monotonic_us() + 10 * SECOND_US;
	const char *message;
	size_t n;

	fake_daemon_script(&rig->daemon, script);
	assert_int_equal(
		channel_connect(&channel, rig->daemon.path, LIMIT, end), 0);
	assert_int_equal(channel_send(&channel, "{}", 2, end), 0);
	assert_int_equal(channel_receive(&channel, end, &message, &n), 0);
	assert_non_null(strstr(message, "wait"));
	assert_int_equal(channel_receive(&channel, end, &message, &n), 0);
	assert_non_null(strstr(message, "code"));
}

static void test_missing(void **state)
{
	struct rig *rig = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/nothing", rig->scratch.directory);
	assert_int_equal(try_connect(path), CHANNEL_E_MISSING);
	snprintf(path, sizeof(path), "%s/nowhere/nothing",
		 rig->scratch.directory);
	assert_int_equal(try_connect(path), CHANNEL_E_MISSING);
}

/* A socket that nobody listens on any more. */
static void test_dead_socket(void **state)
{
	struct rig *rig = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dead",
		 rig->scratch.directory);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(try_connect(address.sun_path), CHANNEL_E_MISSING);
	close(fd);
}

static void test_writable_directory_abuse_35(void **state)
{
	static const mode_t modes[] = { 0770, 0707, 0777, 01777, 0720 };
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(rig->scratch.directory, modes[i]), 0);
		assert_int_equal(try_connect(rig->daemon.path),
				 CHANNEL_E_IMPOSTOR);
	}
	assert_int_equal(chmod(rig->scratch.directory, 0755), 0);
	assert_int_equal(try_connect(rig->daemon.path), 0);
}

static void test_symbolic_link_abuse_35(void **state)
{
	struct rig *rig = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/link", rig->scratch.directory);
	assert_int_equal(symlink(rig->daemon.path, path), 0);
	assert_int_equal(try_connect(path), CHANNEL_E_IMPOSTOR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(rig->scratch.directory, path), 0);
	strcat(path, "/daemon.sock");
	assert_int_equal(try_connect(path), CHANNEL_E_IMPOSTOR);
}

static void test_no_socket_abuse_35(void **state)
{
	struct rig *rig = *state;
	int fd = open(rig->scratch.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(try_connect(rig->scratch.path), CHANNEL_E_IMPOSTOR);
	assert_int_equal(try_connect("daemon.sock"), CHANNEL_E_IMPOSTOR);
}

static void test_long_path_abuse_35(void **state)
{
	char path[160];

	(void)state;
	for (size_t n = 107; n < sizeof(path); n++) {
		memset(path, 'a', n);
		path[0] = '/';
		path[n] = '\0';
		assert_int_equal(try_connect(path),
				 n < 108 ? CHANNEL_E_MISSING : -ENAMETOOLONG);
	}
}

/* The socket of another user in root's directory; only root can stage it. */
static void test_other_uid_abuse_35(void **state)
{
	struct rig *rig = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (geteuid() != 0)
		skip();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/other",
		 rig->scratch.directory);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	/* The kernel names who called listen(). */
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(try_connect(address.sun_path), CHANNEL_E_IMPOSTOR);
	close(fd);
}

/* Whatever holds back its message meets the deadline, not one per read. */
static void test_deadline_abuse_03(void **state)
{
	static const struct {
		const char *reply[2];
		int expected;
	} rows[] = {
		{ { "%silent" }, CHANNEL_E_TIMEOUT },
		{ { "%drip" }, CHANNEL_E_TIMEOUT },
		{ { "%half" }, CHANNEL_E_CLOSED },
		{ { "%large" }, CHANNEL_E_TOO_LARGE },
		{ { "%close" }, CHANNEL_E_CLOSED },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scope(channel_deinit) struct channel channel = CHANNEL_INIT;
		int64_t begun = clock_monotonic_us(), end = begun + 200000;
		const char *message = NULL;
		size_t n;

		fake_daemon_script(&rig->daemon, rows[i].reply);
		assert_int_equal(channel_connect(&channel, rig->daemon.path,
						 LIMIT, begun + SECOND_US),
				 0);
		assert_int_equal(channel_send(&channel, "{}", 2, end), 0);
		if (rows[i].expected != CHANNEL_E_TIMEOUT)
			end += 20 * SECOND_US;
		assert_int_equal(channel_receive(&channel, end, &message, &n),
				 rows[i].expected);
		assert_null(message);
		if (rows[i].expected == CHANNEL_E_TIMEOUT)
			assert_true(clock_monotonic_us() >= end);
	}
}

/* A backlog that is full: nobody accepts. */
static void test_nobody_accepts_abuse_03(void **state)
{
	struct rig *rig = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct channel channels[4] = { CHANNEL_INIT, CHANNEL_INIT, CHANNEL_INIT,
				       CHANNEL_INIT };
	int64_t end = clock_monotonic_us() + 100000;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), r = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/full",
		 rig->scratch.directory);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 0), 0);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(channels); i++)
		r = channel_connect(&channels[i], address.sun_path, LIMIT, end);
	assert_int_equal(r, CHANNEL_E_TIMEOUT);
	for (size_t i = 0; i < ARRAY_SIZE(channels); i++)
		channel_deinit(&channels[i]);
	close(fd);
}

/* Connects in a child whose descriptors 0 to 2 are closed. */
static void test_closed_stdio_abuse_16(void **state)
{
	struct rig *rig = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct channel channel = CHANNEL_INIT;
		int r;

		close(0);
		close(1);
		close(2);
		r = channel_connect(&channel, rig->daemon.path, LIMIT,
				    clock_monotonic_us() + SECOND_US);
		r = r == 0 && channel.fd > 2 && fcntl(0, F_GETFD) < 0 &&
		    fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
		_exit(r ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_good),
		case_of(test_two_at_once),
		case_of(test_missing),
		case_of(test_dead_socket),
		case_of(test_writable_directory_abuse_35),
		case_of(test_symbolic_link_abuse_35),
		case_of(test_no_socket_abuse_35),
		case_of(test_long_path_abuse_35),
		case_of(test_other_uid_abuse_35),
		case_of(test_deadline_abuse_03),
		case_of(test_nobody_accepts_abuse_03),
		case_of(test_closed_stdio_abuse_16),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
