/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hostile, slow and vanished callers do to connections. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <linux/sockios.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/varlink_fixture.h"

#define LATER "{\"method\":\"t.x.Later\"}"
#define TWO "{\"method\":\"t.x.Two\"}"
#define KEEP "{\"method\":\"t.x.KeepData\"}"
#define KEPT "{\"parameters\":{\"kept\":true}}\n"
#define DONE "{\"parameters\":{}}\n"
#define NOBODY 65534
#define CALLERS_MAX 64

static void expect_end(struct fixture *f, int fd)
{
	struct answer answer;

	fixture_receive(f, fd, &answer);
	assert_true(answer.closed);
	assert_int_equal(answer.n, 0);
	answer_deinit(&answer);
}

static void abuse_37_cap_of_a_uid(void **state)
{
	const struct varlink_server_args limits = {
		.connections_per_uid_max = 5,
	};
	int fds[6], other, roots[10];
	struct fixture f;

	(void)state;
	if (geteuid() != 0)
		skip();
	fixture_init(&f, &limits);
	for (unsigned i = 0; i < 6; i++)
		fds[i] = fixture_connect_as(&f, NOBODY);
	fixture_settle(&f);
	assert_int_equal(varlink_server_n_connections(f.server), 5);
	expect_end(&f, fds[5]);
	other = fixture_connect_as(&f, 12345);
	fixture_expect(&f, other, TWO, DONE, false);
	for (unsigned i = 0; i < 10; i++) {
		roots[i] = fixture_connect(&f);
		fixture_expect(&f, roots[i], TWO, DONE, false);
	}
	assert_int_equal(varlink_server_n_connections(f.server), 16);
	/* Room again once one has gone. */
	close(fds[0]);
	fixture_settle(&f);
	fds[0] = fixture_connect_as(&f, NOBODY);
	fixture_expect(&f, fds[0], TWO, DONE, false);
	fixture_deinit(&f);
	close(other);
	for (unsigned i = 0; i < 6; i++)
		close(fds[i]);
	for (unsigned i = 0; i < 10; i++)
		close(roots[i]);
}

static void abuse_37_slots_of_root(void **state)
{
	const struct varlink_server_args limits = {
		.connections_max = 8,
		.connections_reserved = 3,
	};
	int fds[10];
	struct fixture f;

	(void)state;
	if (geteuid() != 0)
		skip();
	fixture_init(&f, &limits);
	for (unsigned i = 0; i < 6; i++)
		fds[i] = fixture_connect_as(&f, 20000 + i);
	fixture_settle(&f);
	assert_int_equal(varlink_server_n_connections(f.server), 5);
	expect_end(&f, fds[5]);
	for (unsigned i = 6; i < 9; i++) {
		fds[i] = fixture_connect(&f);
		fixture_expect(&f, fds[i], TWO, DONE, false);
	}
	fds[9] = fixture_connect(&f);
	expect_end(&f, fds[9]);
	for (unsigned i = 0; i < 10; i++)
		close(fds[i]);
	fixture_deinit(&f);
}

/* More callers at once than are let in in one turn. */
static void many_at_once(void **state)
{
	int fds[CALLERS_MAX];
	struct fixture f;

	(void)state;
	fixture_init(&f, NULL);
	for (unsigned i = 0; i < CALLERS_MAX; i++)
		fds[i] = fixture_connect(&f);
	for (unsigned i = 0; i < CALLERS_MAX; i++)
		fixture_send(fds[i], TWO, sizeof(TWO));
	for (unsigned i = 0; i < CALLERS_MAX; i++) {
		struct answer answer;

		fixture_receive(&f, fds[i], &answer);
		assert_string_equal(answer.bytes, DONE);
		answer_deinit(&answer);
		close(fds[i]);
	}
	fixture_wait_connections(&f, 0);
	fixture_deinit(&f);
}

/* Runs the loop until the connection has ended; in milliseconds. */
static int64_t time_to_end(struct fixture *f)
{
	int64_t start = clock_monotonic_us();

	fixture_wait_connections(f, 0);
	return (clock_monotonic_us() - start) / 1000;
}

static void abuse_37_slowloris(void **state)
{
	const struct varlink_server_args limits = { .message_timeout_ms = 60 };
	int64_t start = clock_monotonic_us(), next = start;
	unsigned n_bytes = 0;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, &limits);
	fd = fixture_connect(&f);
	fixture_settle(&f);
	/* Bytes that keep coming do not put the deadline off. */
	while (varlink_server_n_connections(f.server) > 0) {
		if (clock_monotonic_us() >= next) {
			fixture_send(fd, " ", 1);
			next = clock_monotonic_us() + 5000;
			n_bytes++;
		}
		assert_true(sd_event_run(f.event, 5000) >= 0);
		assert_true(clock_monotonic_us() - start < 3000000);
	}
	assert_true(clock_monotonic_us() - start >= 60000);
	assert_in_range(n_bytes, 2, 100);
	expect_end(&f, fd);
	close(fd);
	fixture_deinit(&f);
}

static void abuse_37_idle(void **state)
{
	const struct varlink_server_args limits = { .idle_timeout_ms = 60 };
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, &limits);
	fd = fixture_connect(&f);
	fixture_settle(&f);
	assert_in_range(time_to_end(&f), 50, 3000);
	expect_end(&f, fd);
	close(fd);
	fixture_deinit(&f);
}

static void abuse_37_never_reads(void **state)
{
	static const char big[] =
		"{\"method\":\"t.x.Big\",\"parameters\":{\"n\":1000000}}";
	const struct varlink_server_args limits = { .output_timeout_ms = 60 };
	struct fixture f;
	int64_t start;
	int fd;

	(void)state;
	fixture_init(&f, &limits);
	fd = fixture_connect(&f);
	start = clock_monotonic_us();
	fixture_send(fd, big, sizeof(big));
	/* Nothing more is taken from him meanwhile. */
	fixture_send(fd, TWO, sizeof(TWO));
	while (f.n_handled == 0)
		assert_true(sd_event_run(f.event, 1000000) > 0);
	(void)time_to_end(&f);
	assert_in_range(clock_monotonic_us() - start, 60000, 3000000);
	assert_int_equal(f.n_handled, 1);
	close(fd);
	fixture_deinit(&f);
}

static void big_reply(void **state)
{
	static const char big[] =
		"{\"method\":\"t.x.Big\",\"parameters\":{\"n\":1040000}}";
	struct answer answer;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, big, sizeof(big));
	fixture_receive(&f, fd, &answer);
	assert_true(answer.n > 1040000);
	assert_false(answer.closed);
	answer_deinit(&answer);
	fixture_expect(&f, fd, TWO, DONE, false);
	close(fd);
	fixture_deinit(&f);
}

/* One that no bound allows ends the connection. */
static void too_big_reply(void **state)
{
	static const char big[] =
		"{\"method\":\"t.x.Big\",\"parameters\":{\"n\":2000000}}";
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, big, "", true);
	close(fd);
	fixture_deinit(&f);
}

static void answer_deadline(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	assert_true(varlink_call_is_open(f.kept));
	assert_in_range(time_to_end(&f), 40, 3000);
	assert_false(varlink_call_is_open(f.kept));
	expect_end(&f, fd);
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	close(fd);
	fixture_deinit(&f);
}

/* What is left of a reply that could not be made is no empty success. */
static void no_memory_is_no_success(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	assert_int_equal(varlink_call_reply(f.kept, NULL), -ENOMEM);
	assert_false(varlink_call_is_open(f.kept));
	expect_end(&f, fd);
	assert_int_equal(varlink_call_reply(f.kept, NULL), 0);
	close(fd);
	fixture_deinit(&f);
}

static void abuse_37_emfile(void **state)
{
	struct rlimit limit, low;
	struct fixture f;
	int fd, top;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	top = dup(0);
	assert_true(top >= 0);
	close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)top;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	/* Settles: does not spin on a listener that stays readable. */
	fixture_settle(&f);
	assert_int_equal(varlink_server_n_connections(f.server), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fixture_wait_connections(&f, 1);
	fixture_expect(&f, fd, TWO, DONE, false);
	close(fd);
	fixture_deinit(&f);
}

/* message with n copies of a descriptor. */
static void send_descriptors(int fd, const char *message, size_t n)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))];
	struct iovec bytes = { .iov_base = (void *)(uintptr_t)message,
			       .iov_len = n };
	struct msghdr header = { .msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int *fds;

	memset(control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(253 * sizeof(int));
	fds = (int *)(void *)CMSG_DATA(c);
	for (unsigned i = 0; i < 253; i++)
		fds[i] = fd;
	assert_int_equal(sendmsg(fd, &header, MSG_NOSIGNAL), (ssize_t)n);
}

static void abuse_38_descriptors(void **state)
{
	struct answer answer;
	struct fixture f;
	unsigned before;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, TWO, DONE, false);
	before = count_descriptors();
	for (unsigned i = 0; i < 20; i++) {
		send_descriptors(fd, TWO, 7);
		fixture_settle(&f);
		assert_int_equal(count_descriptors(), before);
		send_descriptors(fd, &TWO[7], sizeof(TWO) - 7);
		fixture_receive(&f, fd, &answer);
		assert_string_equal(answer.bytes, DONE);
		answer_deinit(&answer);
		assert_int_equal(count_descriptors(), before);
	}
	/* Unread ones go with the connection. */
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	send_descriptors(fd, TWO, sizeof(TWO));
	fixture_settle(&f);
	close(fd);
	/* The last reference to the caller's end stood in its own queue: the
	 * answer's deadline is what ends this. */
	fixture_wait_connections(&f, 0);
	assert_int_equal(count_descriptors(), before - 2);
	fixture_deinit(&f);
}

static void abuse_38_out_of_band(void **state)
{
	struct fixture f;
	int fd, other;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	other = fixture_connect(&f);
	fixture_settle(&f);
	for (unsigned i = 0; i < 3; i++) {
		/* Kernels without it say so. */
		(void)!send(fd, "x", 1, MSG_OOB | MSG_NOSIGNAL);
		fixture_settle(&f);
	}
	fixture_expect(&f, other, TWO, DONE, false);
	close(fd);
	close(other);
	fixture_wait_connections(&f, 0);
	fixture_deinit(&f);
}

/* Who stops writing still gets the answer to the call that is open. */
static void abuse_38_half_close(void **state)
{
	struct answer answer;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	fixture_settle(&f);
	assert_true(varlink_call_is_open(f.kept));
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	fixture_receive(&f, fd, &answer);
	assert_string_equal(answer.bytes, DONE);
	assert_true(answer.closed);
	answer_deinit(&answer);
	close(fd);
	/* In the middle of a message, and between messages. */
	for (size_t n = 0; n < 6; n += 5) {
		fd = fixture_connect(&f);
		if (n > 0)
			fixture_send(fd, TWO, n);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		expect_end(&f, fd);
		close(fd);
	}
	fixture_deinit(&f);
}

static void abuse_39_caller_goes(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, KEEP, KEPT, false);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	/* Bytes behind the call do not hide that he has gone. */
	fixture_send(fd, TWO, sizeof(TWO));
	fixture_settle(&f);
	assert_true(varlink_call_is_open(f.kept));
	assert_int_equal(f.n_freed, 0);
	close(fd);
	fixture_settle(&f);
	assert_false(varlink_call_is_open(f.kept));
	assert_int_equal(f.n_freed, 1);
	assert_int_equal(varlink_server_n_connections(f.server), 0);
	/* The call outlives its connection, and bears an answer. */
	assert_int_equal(varlink_call_peer(f.kept)->pid, getpid());
	assert_null(
		varlink_connection_data(varlink_call_connection(f.kept), NULL));
	varlink_connection_set_data(varlink_call_connection(f.kept), NULL,
				    NULL);
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	assert_int_equal(f.n_handled, 1);
	fixture_deinit(&f);
}

/* He goes, and is answered before the loop could notice: no signal, no harm. */
static void answer_to_the_gone(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	close(fd);
	assert_true(varlink_call_is_open(f.kept));
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	fixture_settle(&f);
	assert_int_equal(varlink_server_n_connections(f.server), 0);
	/* The same, sent by the end of the server. */
	f.kept = varlink_call_unref(f.kept);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	close(fd);
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	fixture_deinit(&f);
}

/* While a call is open the next one waits, in the kernel. */
static void one_call_at_a_time(void **state)
{
	struct answer answer;
	struct fixture f;
	int fd, unread = 0;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	fixture_send(fd, TWO, sizeof(TWO));
	fixture_send(fd, TWO, sizeof(TWO));
	fixture_receive(&f, fd, &answer);
	assert_int_equal(answer.n, 0);
	answer_deinit(&answer);
	assert_int_equal(ioctl(fd, SIOCOUTQ, &unread), 0);
	assert_true(unread > 0);
	assert_int_equal(varlink_call_error(f.kept, "t.x.No", NULL), 0);
	fixture_receive(&f, fd, &answer);
	assert_string_equal(
		answer.bytes,
		"{\"error\":\"t.x.No\",\"parameters\":{}}\n" DONE DONE);
	answer_deinit(&answer);
	/* A second answer is none. */
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	fixture_receive(&f, fd, &answer);
	assert_int_equal(answer.n, 0);
	answer_deinit(&answer);
	close(fd);
	fixture_deinit(&f);
}

/* A handler that loses the call leaves nobody waiting. */
static void lost_call(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	f.kept = varlink_call_unref(f.kept);
	expect_end(&f, fd);
	close(fd);
	fixture_deinit(&f);
}

static void streams(void **state)
{
	static const char stream[] = "{\"method\":\"t.x.Stream\",\"more\":true,"
				     "\"parameters\":{\"n\":60000}}";
	struct answer answer;
	size_t n = 0;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, stream, sizeof(stream));
	fixture_settle(&f);
	/* It waits for its reader: not all of it is in memory. */
	assert_int_equal(f.n_freed, 0);
	fixture_receive(&f, fd, &answer);
	assert_false(answer.closed);
	for (size_t i = 0; i < answer.n; i++)
		n += answer.bytes[i] == '\n';
	assert_int_equal(n, 60000);
	assert_int_equal(f.n_freed, 1);
	assert_non_null(strstr(answer.bytes,
			       "{\"parameters\":{\"i\":60000},\"continues\":"
			       "true}\n"));
	assert_non_null(
		strstr(answer.bytes, "}\n{\"parameters\":{\"i\":1}}\n"));
	answer_deinit(&answer);
	/* And goes when he goes. */
	fixture_send(fd, stream, sizeof(stream));
	fixture_settle(&f);
	close(fd);
	fixture_settle(&f);
	assert_int_equal(f.n_freed, 2);
	fixture_deinit(&f);
}

/* One that has found nothing yet is asked again, and ends; it waits for nobody
 * and is no failure. */
static void looks(void **state)
{
	static const char stream[] = "{\"method\":\"t.x.Stream\",\"more\":true,"
				     "\"parameters\":{\"n\":150,\"looks\":50}}";
	struct answer answer;
	size_t n = 0;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, stream, sizeof(stream));
	fixture_settle(&f);
	fixture_receive(&f, fd, &answer);
	assert_false(answer.closed);
	for (size_t i = 0; i < answer.n; i++)
		n += answer.bytes[i] == '\n';
	assert_int_equal(n, 150);
	assert_int_equal(f.n_freed, 1);
	answer_deinit(&answer);
	close(fd);
	fixture_settle(&f);
	fixture_deinit(&f);
}

/* No new callers; those that are there go on; ending is clean mid-call. */
static void stop_and_free(void **state)
{
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, KEEP, KEPT, false);
	varlink_server_stop(f.server);
	assert_int_equal(fixture_connect(&f), -ECONNREFUSED);
	fixture_expect(&f, fd, TWO, DONE, false);
	fixture_send(fd, LATER, sizeof(LATER));
	fixture_settle(&f);
	f.server = varlink_server_free(f.server);
	assert_int_equal(f.n_freed, 1);
	assert_false(varlink_call_is_open(f.kept));
	assert_int_equal(varlink_call_reply_empty(f.kept), 0);
	close(fd);
	fixture_deinit(&f);
}

static int listen_again(struct fixture *f)
{
	return varlink_server_listen_path(f->server, f->path, 0600);
}

static void sockets_at_a_path(void **state)
{
	struct stat status;
	char long_path[128];
	struct fixture f;
	mode_t mask;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	/* alive, and left so */
	assert_int_equal(listen_again(&f), -EADDRINUSE);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, TWO, DONE, false);
	close(fd);
	/* dead */
	varlink_server_stop(f.server);
	mask = umask(0777);
	assert_int_equal(listen_again(&f), 0);
	umask(mask);
	assert_int_equal(stat(f.path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	varlink_server_stop(f.server);
	/* nothing */
	assert_int_equal(unlink(f.path), 0);
	assert_int_equal(listen_again(&f), 0);
	varlink_server_stop(f.server);
	/* a file, and a link to nothing */
	assert_int_equal(unlink(f.path), 0);
	fd = open(f.path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listen_again(&f), -EEXIST);
	assert_int_equal(unlink(f.path), 0);
	assert_int_equal(symlink("nowhere", f.path), 0);
	assert_int_equal(listen_again(&f), -EEXIST);
	memset(long_path, '/', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(varlink_server_listen_path(f.server, long_path, 0600),
			 -ENAMETOOLONG);
	fixture_deinit(&f);
}

/* What is no listening stream socket of AF_UNIX is not served. */
static void foreign_descriptors(void **state)
{
	struct fixture f;
	int pair[2];

	(void)state;
	fixture_init(&f, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(varlink_server_listen(f.server, pair[0]), -EINVAL);
	close(pair[1]);
	assert_int_equal(
		varlink_server_listen(f.server, socket(AF_UNIX, SOCK_DGRAM, 0)),
		-EPROTOTYPE);
	assert_int_equal(varlink_server_listen(f.server,
					       socket(AF_INET, SOCK_STREAM, 0)),
			 -EAFNOSUPPORT);
	assert_int_equal(
		varlink_server_listen(f.server, open("/dev/null", O_RDONLY)),
		-ENOTSOCK);
	fixture_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_37_cap_of_a_uid),
		cmocka_unit_test(abuse_37_slots_of_root),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(abuse_37_slowloris),
		cmocka_unit_test(abuse_37_idle),
		cmocka_unit_test(abuse_37_never_reads),
		cmocka_unit_test(big_reply),
		cmocka_unit_test(too_big_reply),
		cmocka_unit_test(answer_deadline),
		cmocka_unit_test(no_memory_is_no_success),
		cmocka_unit_test(abuse_37_emfile),
		cmocka_unit_test(abuse_38_descriptors),
		cmocka_unit_test(abuse_38_out_of_band),
		cmocka_unit_test(abuse_38_half_close),
		cmocka_unit_test(abuse_39_caller_goes),
		cmocka_unit_test(answer_to_the_gone),
		cmocka_unit_test(one_call_at_a_time),
		cmocka_unit_test(lost_call),
		cmocka_unit_test(streams),
		cmocka_unit_test(looks),
		cmocka_unit_test(stop_and_free),
		cmocka_unit_test(sockets_at_a_path),
		cmocka_unit_test(foreign_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
