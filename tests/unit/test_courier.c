/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cloxxsd hands to the courier, against one that does as a test says, in
 * one process and one thread. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/courier/courier.h"
#include "tests/unit/failing_malloc.h"
#include "varlink/server.h"

#define ACCEPTED                                                      \
	"{\"parameters\":{\"result\":\"accepted\",\"route\":\"one\"," \
	"\"detail\":\"250 ok\"}}"

struct rig {
	sd_event *event;
	struct courier courier;
	char directory[32], path[64];
	int listener;
};

/* One message and what was told of it. */
struct sent {
	struct courier_job job;
	unsigned n_done;
	enum courier_result result;
	char route[COURIER_ROUTE_MAX], detail[COURIER_DETAIL_MAX];
};

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void rig_init(struct rig *rig, bool listening)
{
	strcpy(rig->directory, "/tmp/courier-XXXXXX");
	assert_non_null(mkdtemp(rig->directory));
	(void)snprintf(rig->path, sizeof(rig->path), "%s/socket",
		       rig->directory);
	rig->listener = listening ? listen_at(rig->path, 128) : -1;
	assert_true(sd_event_new(&rig->event) >= 0);
	assert_int_equal(courier_init(&rig->courier, rig->event, rig->path), 0);
}

static void rig_deinit(struct rig *rig)
{
	courier_deinit(&rig->courier);
	sd_event_unref(rig->event);
	scope_close(&rig->listener);
	unlink(rig->path);
	assert_int_equal(rmdir(rig->directory), 0);
}

/* Until nothing happens for a moment. */
static void settle(struct rig *rig)
{
	while (sd_event_run(rig->event, 2000) > 0)
		;
}

static void on_done(struct courier_job *job, enum courier_result result,
		    const char *route, const char *detail)
{
	struct sent *sent = job->userdata;

	sent->n_done++;
	sent->result = result;
	(void)snprintf(sent->route, sizeof(sent->route), "%s", route);
	(void)snprintf(sent->detail, sizeof(sent->detail), "%s", detail);
}

static const struct courier_message sms = {
	.kind = COURIER_SMS,
	.to = "+31612345678",
	.text = "Your code is 123456",
	.reference = "r-1",
	.timeout_ms = 5000,
};

static void send_message(struct rig *rig, struct sent *sent,
			 const struct courier_message *message)
{
	*sent = (struct sent){ .job = { .done = on_done, .userdata = sent } };
	assert_int_equal(courier_send(&rig->courier, message, &sent->job), 0);
	assert_int_equal(sent->n_done, 0);
}

/* The courier's end of the next connection; -1 where there is none. */
static int next_connection(struct rig *rig)
{
	settle(rig);
	return accept4(rig->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static json_t *next_call(struct rig *rig, int fd)
{
	char bytes[40000];
	json_t *message;
	ssize_t n;

	settle(rig);
	n = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(n > 0);
	assert_int_equal(bytes[n - 1], '\0');
	assert_int_equal(strlen(bytes), (size_t)n - 1);
	message = json_loads(bytes, 0, NULL);
	assert_non_null(message);
	return message;
}

static void say(struct rig *rig, int fd, const char *answer)
{
	size_t n = strlen(answer) + 1;

	assert_int_equal(send(fd, answer, n, MSG_NOSIGNAL), (ssize_t)n);
	settle(rig);
}

static void expect(const struct sent *sent, enum courier_result result,
		   const char *route, const char *detail)
{
	assert_int_equal(sent->n_done, 1);
	assert_string_equal(courier_result_name(sent->result),
			    courier_result_name(result));
	assert_string_equal(sent->route, route);
	assert_string_equal(sent->detail, detail);
	assert_null(sent->job.sending);
}

static void test_delivers(void **state)
{
	struct rig rig;
	struct sent sent;
	json_t *call, *parameters, *expected;
	int fd;

	(void)state;
	rig_init(&rig, true);
	send_message(&rig, &sent, &sms);
	fd = next_connection(&rig);
	call = next_call(&rig, fd);
	assert_string_equal(json_string_value(json_object_get(call, "method")),
			    "nl.cloxxs.Courier.Deliver");
	parameters = json_object_get(call, "parameters");
	assert_in_range(
		json_integer_value(json_object_get(parameters, "timeout_ms")),
		3000, 4900);
	assert_int_equal(json_object_del(parameters, "timeout_ms"), 0);
	expected =
		json_pack("{s:s, s:s, s:n, s:s, s:s, s:n}", "kind", "sms", "to",
			  "+31612345678", "subject", "text",
			  "Your code is 123456", "reference", "r-1", "route");
	assert_true(json_equal(parameters, expected));
	json_decref(expected);
	json_decref(call);
	say(&rig, fd, ACCEPTED);
	expect(&sent, COURIER_ACCEPTED, "one", "250 ok");
	assert_int_equal(rig.courier.tallies[COURIER_SMS].n[COURIER_ACCEPTED],
			 1);
	close(fd);
	rig_deinit(&rig);
}

static const struct {
	const char *answer; /* "": it closes */
	enum courier_result result;
	const char *route, *detail;
} answers[] = {
	{ "{\"parameters\":{\"result\":\"refused\",\"route\":\"two\","
	  "\"detail\":\"401\"}}",
	  COURIER_REFUSED, "two", "401" },
	{ "{\"parameters\":{\"result\":\"unreachable\",\"route\":null,"
	  "\"detail\":\"no route\"}}",
	  COURIER_UNREACHABLE, "", "no route" },
	{ "{\"parameters\":{\"result\":\"uncertain\",\"route\":\"r\"}}",
	  COURIER_UNCERTAIN, "r", "" },
	/* What it never says may have left. */
	{ "{\"parameters\":{\"result\":\"splendid\",\"route\":\"r\"}}",
	  COURIER_UNCERTAIN, "r", "" },
	{ "{\"parameters\":{}}", COURIER_UNCERTAIN, "",
	  "no answer of a courier" },
	{ "[]", COURIER_UNCERTAIN, "", "no answer of a courier" },
	{ "nonsense", COURIER_UNCERTAIN, "", "no answer of a courier" },
	{ "", COURIER_UNCERTAIN, "",
	  "cloxxs-courier broke off before it answered" },
	/* An error is told before anything is sent. */
	{ "{\"error\":\"org.varlink.service.InvalidParameter\","
	  "\"parameters\":{\"parameter\":\"to\"}}",
	  COURIER_REFUSED, "", "org.varlink.service.InvalidParameter to" },
	{ "{\"error\":\"org.varlink.service.PermissionDenied\"}",
	  COURIER_REFUSED, "", "org.varlink.service.PermissionDenied" },
	/* Nothing of it reaches a terminal as it is. */
	{ "{\"parameters\":{\"result\":\"refused\",\"route\":\"r\","
	  "\"detail\":\"\\u001b[2J\"}}",
	  COURIER_REFUSED, "r", "\\x1b[2J" },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct rig rig;
		struct sent sent;
		int fd;

		rig_init(&rig, true);
		send_message(&rig, &sent, &sms);
		fd = next_connection(&rig);
		json_decref(next_call(&rig, fd));
		if (*answers[i].answer)
			say(&rig, fd, answers[i].answer);
		close(fd);
		settle(&rig);
		expect(&sent, answers[i].result, answers[i].route,
		       answers[i].detail);
		rig_deinit(&rig);
	}
}

/* Routes that others stood in for are counted, of whatever an answer names. */
static void test_passed(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, true);
	for (int i = 0; i < 3; i++) {
		struct sent sent;
		int fd;

		send_message(&rig, &sent, &sms);
		fd = next_connection(&rig);
		json_decref(next_call(&rig, fd));
		say(&rig, fd,
		    "{\"parameters\":{\"result\":\"accepted\",\"route\":\"b\","
		    "\"detail\":null,\"passed\":[\"a\",7,\"a\\u0007\"]}}");
		settle(&rig);
		close(fd);
	}
	assert_int_equal(rig.courier.tallies[COURIER_SMS].n_failed, 0);
	assert_string_equal(rig.courier.routes[0].name, "a");
	assert_int_equal(rig.courier.routes[0].tally.n_failed, 3);
	assert_string_equal(rig.courier.routes[1].name, "a\\x07");
	assert_string_equal(rig.courier.routes[2].name, "b");
	assert_int_equal(rig.courier.routes[2].tally.n_failed, 0);
	rig_deinit(&rig);
}

/* More routes than there is room for: the one that was tried last stays. */
static void test_many_routes(void **state)
{
	struct courier_route routes[COURIER_ROUTES_MAX] = { 0 };
	struct courier_answer answer = { .result = COURIER_REFUSED };

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(answer.route, sizeof(answer.route), "r%d", i);
		courier_routes_count(routes, COURIER_SMS, &answer, 100 + i);
	}
	for (int i = 24; i < 40; i++) {
		bool found = false;

		(void)snprintf(answer.route, sizeof(answer.route), "r%d", i);
		for (size_t k = 0; k < COURIER_ROUTES_MAX; k++)
			found |= strcmp(routes[k].name, answer.route) == 0;
		assert_true(found);
	}
}

/* An answer that comes in pieces, and one that never ends. */
static void test_pieces(void **state)
{
	struct rig rig;
	struct sent sent;
	char flood[4096];
	int fd;

	(void)state;
	rig_init(&rig, true);
	send_message(&rig, &sent, &sms);
	fd = next_connection(&rig);
	json_decref(next_call(&rig, fd));
	for (size_t i = 0; i < sizeof(ACCEPTED); i++) {
		assert_int_equal(sent.n_done, 0);
		assert_int_equal(send(fd, &ACCEPTED[i], 1, 0), 1);
		settle(&rig);
	}
	expect(&sent, COURIER_ACCEPTED, "one", "250 ok");
	close(fd);

	memset(flood, ' ', sizeof(flood));
	send_message(&rig, &sent, &sms);
	fd = next_connection(&rig);
	json_decref(next_call(&rig, fd));
	for (int i = 0; i < 64 && sent.n_done == 0; i++) {
		(void)!send(fd, flood, sizeof(flood), MSG_NOSIGNAL);
		settle(&rig);
	}
	expect(&sent, COURIER_UNCERTAIN, "",
	       "cloxxs-courier broke off before it answered");
	close(fd);
	rig_deinit(&rig);
}

static void test_missing(void **state)
{
	struct rig rig;
	struct sent sent;
	int64_t before = clock_monotonic_us();

	(void)state;
	rig_init(&rig, false);
	send_message(&rig, &sent, &sms);
	settle(&rig);
	expect(&sent, COURIER_UNREACHABLE, "", "cloxxs-courier does not run");
	assert_true(clock_monotonic_us() - before < 1000000);
	assert_int_equal(rig.courier.tallies[COURIER_SMS].n_failed, 1);
	assert_true(rig.courier.tallies[COURIER_SMS].failing_since > 0);
	rig_deinit(&rig);
}

/* A place where others may write is nobody's to listen in. */
static void test_impostor(void **state)
{
	struct rig rig;
	struct sent sent;

	(void)state;
	rig_init(&rig, true);
	assert_int_equal(chmod(rig.directory, 0777), 0);
	send_message(&rig, &sent, &sms);
	settle(&rig);
	expect(&sent, COURIER_UNREACHABLE, "",
	       "somebody else listens in the place of cloxxs-courier");
	rig_deinit(&rig);
}

/* It listens, and never reads or answers. */
static void test_deadline(void **state)
{
	struct courier_message message = sms;
	struct rig rig;
	struct sent sent;
	int fd;

	(void)state;
	message.timeout_ms = 30;
	rig_init(&rig, true);
	send_message(&rig, &sent, &message);
	fd = next_connection(&rig);
	json_decref(next_call(&rig, fd));
	while (sent.n_done == 0)
		settle(&rig);
	expect(&sent, COURIER_UNCERTAIN, "", "no answer in time");
	close(fd);
	rig_deinit(&rig);
}

/* Closed with the call unread: it cannot have acted on it. */
static void test_unread(void **state)
{
	struct rig rig;
	struct sent sent;

	(void)state;
	rig_init(&rig, true);
	send_message(&rig, &sent, &sms);
	close(next_connection(&rig));
	settle(&rig);
	expect(&sent, COURIER_UNREACHABLE, "",
	       "cloxxs-courier broke off before it was told");
	rig_deinit(&rig);
}

/* So many at once, the others in order behind them, the rest refused. */
static void test_bounds(void **state)
{
	static struct sent sent[COURIER_WAITING_MAX];
	struct courier_job over = { .done = on_done };
	struct rig rig;
	int fds[COURIER_AT_ONCE];

	(void)state;
	rig_init(&rig, true);
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		send_message(&rig, &sent[i], &sms);
	assert_int_equal(courier_send(&rig.courier, &sms, &over),
			 COURIER_E_FULL);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = next_connection(&rig);
		assert_true(fds[i] >= 0);
		json_decref(next_call(&rig, fds[i]));
	}
	assert_int_equal(next_connection(&rig), -1);
	assert_int_equal(rig.courier.n_running, COURIER_AT_ONCE);
	assert_int_equal(rig.courier.n_waiting,
			 COURIER_WAITING_MAX - COURIER_AT_ONCE);
	say(&rig, fds[0], ACCEPTED);
	expect(&sent[0], COURIER_ACCEPTED, "one", "250 ok");
	close(fds[0]);
	fds[0] = next_connection(&rig);
	assert_true(fds[0] >= 0);
	/* One that waits, one that runs. */
	courier_cancel(&sent[COURIER_WAITING_MAX - 1].job);
	courier_cancel(&sent[1].job);
	assert_int_equal(rig.courier.n_waiting,
			 COURIER_WAITING_MAX - COURIER_AT_ONCE - 2);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	courier_deinit(&rig.courier);
	assert_int_equal(sent[1].n_done, 0);
	assert_int_equal(sent[2].n_done, 0);
	assert_null(sent[2].job.sending);
	rig_deinit(&rig);
}

/* No room with the courier: tried again, not given up. */
static void test_busy(void **state)
{
	struct rig rig;
	struct sent sent[4];
	unsigned n_done = 0;

	(void)state;
	rig_init(&rig, false);
	rig.listener = listen_at(rig.path, 0);
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		send_message(&rig, &sent[i], &sms);
	settle(&rig);
	assert_in_range(rig.courier.n_waiting, 1, ARRAY_SIZE(sent) - 1);
	while (n_done < ARRAY_SIZE(sent)) {
		int fd = next_connection(&rig);

		if (fd < 0)
			continue;
		json_decref(next_call(&rig, fd));
		say(&rig, fd, ACCEPTED);
		close(fd);
		n_done++;
	}
	settle(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		expect(&sent[i], COURIER_ACCEPTED, "one", "250 ok");
	rig_deinit(&rig);
}

static struct rig *again_rig;
static struct sent again;

static void send_again(struct courier_job *job, enum courier_result result,
		       const char *route, const char *detail)
{
	on_done(job, result, route, detail);
	send_message(again_rig, &again, &sms);
}

/* done() may send the next one. */
static void test_again(void **state)
{
	struct rig rig;
	struct sent first = { .job = { .done = send_again,
				       .userdata = &first } };

	(void)state;
	rig_init(&rig, false);
	again_rig = &rig;
	assert_int_equal(courier_send(&rig.courier, &sms, &first.job), 0);
	settle(&rig);
	assert_int_equal(first.n_done, 1);
	assert_int_equal(again.n_done, 1);
	rig_deinit(&rig);
}

/* Without memory a message is refused at once, or told as not sent: never lost,
 * never told twice. */
static void abuse_130_no_memory(void **state)
{
	bool failed = true;

	(void)state;
	for (unsigned int nth = 1; failed; nth++) {
		struct rig rig;
		struct sent sent = { .job = { .done = on_done,
					      .userdata = &sent } };
		int r;

		rig_init(&rig, true);
		failing_malloc_start(nth);
		r = courier_send(&rig.courier, &sms, &sent.job);
		settle(&rig);
		failed = failing_malloc_has_failed();
		failing_malloc_pause(true);
		if (r == 0 && sent.n_done == 0) {
			int fd = next_connection(&rig);

			json_decref(next_call(&rig, fd));
			failing_malloc_pause(false);
			say(&rig, fd, ACCEPTED);
			failed = failing_malloc_has_failed();
			failing_malloc_pause(true);
			close(fd);
			settle(&rig);
		}
		assert_int_equal(sent.n_done, r == 0 ? 1 : 0);
		if (r == 0 && failed)
			assert_int_not_equal(sent.result, COURIER_ACCEPTED);
		courier_deinit(&rig.courier);
		failing_malloc_pause(false);
		assert_int_equal(failing_malloc_stop(), 0);
		rig_deinit(&rig);
	}
}

static void test_refused_here(void **state)
{
	struct courier_message message = sms;
	struct courier_job job = { .done = on_done };
	static char large[COURIER_TEXT_MAX + 2];
	struct rig rig;

	(void)state;
	rig_init(&rig, false);
	message.kind = _COURIER_NONE;
	assert_int_equal(courier_send(&rig.courier, &message, &job), -EINVAL);
	message = sms;
	message.timeout_ms = 0;
	assert_int_equal(courier_send(&rig.courier, &message, &job), -EINVAL);
	message = sms;
	message.text = "\xff";
	assert_int_equal(courier_send(&rig.courier, &message, &job), -EINVAL);
	memset(large, 'x', sizeof(large) - 1);
	message.text = large;
	assert_int_equal(courier_send(&rig.courier, &message, &job), -EMSGSIZE);
	large[COURIER_TEXT_MAX] = '\0';
	assert_int_equal(courier_send(&rig.courier, &message, &job), 0);
	courier_cancel(&job);
	courier_cancel(&job);
	rig_deinit(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delivers),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_many_routes),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_impostor),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_refused_here),
		cmocka_unit_test(abuse_130_no_memory),
	};

	varlink_wipe_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
