/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions in a whole daemon: listed while they run, and named to be ended. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/state/session.h"
#include "tests/unit/core_fixture.h"

#define JAN 66000 /* an administrator */
#define PIET 66001

#define ADMIN "nl.cloxxs.Admin."
#define ROOT_ONLY ADMIN "RootOnly"
#define NOT_FOUND ADMIN "NotFound"
#define CONFLICT ADMIN "Conflict"
#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

static const struct about piet = { .user = "piet",
				   .service = "sshd",
				   .address = "192.0.2.1" };

static int setup(void **state)
{
	(void)state;
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "0123456789abcdef", 1), 0);
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

/* The reply's parameters, or NULL with the error in ret_error. */
static json_t *call(uid_t uid, const char *method, json_t *parameters,
		    char ret_error[64])
{
	json_t *reply, *inner = NULL;
	char name[64];
	struct talk talk;

	(void)snprintf(name, sizeof(name), ADMIN "%s", method);
	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, name, parameters);
	(void)snprintf(
		ret_error, 64, "%s",
		json_is_string(json_object_get(reply, "error"))
			? json_string_value(json_object_get(reply, "error"))
			: "");
	if (!*ret_error)
		inner = json_incref(json_object_get(reply, "parameters"));
	json_decref(reply);
	talk_close(core, &talk);
	return inner;
}

static void expect_error(uid_t uid, const char *method, json_t *parameters,
			 const char *error)
{
	char found[64];
	json_t *reply = call(uid, method, parameters, found);

	json_decref(reply);
	assert_string_equal(found, error);
}

/* Counts the messages that hold a session; whether one was the last. */
static bool take_messages(char *bytes, size_t *n, size_t *count)
{
	bool last = false;
	char *end;

	while ((end = memchr(bytes, '\0', *n))) {
		json_t *reply = json_loads(bytes, 0, NULL);
		size_t n_message = (size_t)(end - bytes) + 1;

		assert_non_null(reply);
		assert_null(json_object_get(reply, "error"));
		*count += json_is_object(json_object_get(
			json_object_get(reply, "parameters"), "session"));
		last = !json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
		*n -= n_message;
		memmove(bytes, end + 1, *n);
	}
	return last;
}

/* How many are listed, of user or of all. */
static size_t count(uid_t uid, const char *user)
{
	json_t *message = json_pack("{s:s, s:{s:s*}, s:b}", "method",
				    ADMIN "ListSessions", "parameters", "user",
				    user, "more", 1);
	char *text = json_dumps(message, JSON_COMPACT);
	size_t n_text = strlen(text) + 1, n = 0, counted = 0;
	static char bytes[1 << 17];
	struct talk talk;

	json_decref(message);
	talk_open(core, &talk, uid);
	assert_int_equal(write(talk.fd, text, n_text), n_text);
	free(text);
	do {
		ssize_t got;

		assert_true(core_turn(core, 1000) >= 0);
		got = recv(talk.fd, bytes + n, sizeof(bytes) - n, MSG_DONTWAIT);
		n += got > 0 ? (size_t)got : 0;
	} while (!take_messages(bytes, &n, &counted));
	talk_close(core, &talk);
	return counted;
}

static struct session open_one(struct about about)
{
	struct outcome outcome = open_session(core, 0, about);
	struct session session;

	assert_string_equal(outcome.verdict, "allow");
	assert_int_equal(session_find(core->daemon.state.store, outcome.session,
				      &session),
			 0);
	return session;
}

static void they_are_listed(void **state)
{
	struct about jan = piet;
	struct session session;

	(void)state;
	jan.user = "jan";
	assert_int_equal(count(0, NULL), 0);
	for (int i = 0; i < 70; i++)
		session = open_one(piet);
	(void)open_one(jan);
	assert_int_equal(session.pid, getpid());
	assert_string_equal(session.boot, "0123456789abcdef");
	assert_true(session.opened_us > 0);
	assert_int_equal(count(0, NULL), 71);
	assert_int_equal(count(0, "piet"), 70);
	assert_int_equal(count(JAN, "jan"), 1);
	expect_error(PIET, "ListSessions", json_object(), DENIED);
	expect_error(0, "ListSessions", json_object(),
		     "org.varlink.service.ExpectedMore");
}

static void of_nobody(void **state)
{
	struct talk talk;
	json_t *reply;

	(void)state;
	(void)open_one(piet);
	talk_open(core, &talk, 0);
	talk_send_more(&talk, ADMIN "ListSessions",
		       json_pack("{s:s}", "user", "nobody"));
	reply = talk_wait(core, &talk);
	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    NOT_FOUND);
	json_decref(reply);
	talk_close(core, &talk);
}

static int count_one(const struct session *session, void *userdata)
{
	assert_int_equal(session->uid, PIET);
	++*(unsigned int *)userdata;
	return 0;
}

static void of_a_user(void **state)
{
	struct about jan = piet;
	unsigned int n = 0;

	(void)state;
	jan.user = "jan";
	(void)open_one(piet);
	(void)open_one(jan);
	(void)open_one(piet);
	assert_int_equal(session_for_each_user(core->daemon.state.store, PIET,
					       count_one, &n),
			 0);
	assert_int_equal(n, 2);
}

/* Of an earlier start of the host; and after a restart of the daemon alone. */
static void abuse_127_of_another_boot(void **state)
{
	struct session session;

	(void)state;
	session = open_one(piet);
	core_restart(core);
	assert_int_equal(count(0, NULL), 1);
	core_stop(core);
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "fedcba9876543210", 1), 0);
	core_start(core);
	assert_int_equal(count(0, NULL), 0);
	assert_int_equal(
		session_find(core->daemon.state.store, session.id, &session),
		USER_E_UNKNOWN);
}

/* Its process was killed, and closed nothing. */
static void abuse_127_of_a_process_that_has_gone(void **state)
{
	struct session session;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	session = open_one(piet);
	assert_int_equal(store_run(core->daemon.state.store,
				   "UPDATE session SET pid = ?", "i",
				   (int64_t)pid),
			 0);
	assert_int_equal(count(0, NULL), 0);
	expect_error(0, "EndSession", json_pack("{s:s}", "session", session.id),
		     NOT_FOUND);
	assert_int_equal(core_count(core, "session-ended"), 0);
}

static void one_is_named_to_be_ended(void **state)
{
	struct session session;
	char prefix[SESSION_ID_MAX], error[64];
	json_t *reply, *one;

	(void)state;
	session = open_one(piet);
	(void)open_one(piet);
	memcpy(prefix, session.id, sizeof(prefix));
	prefix[12] = '\0';
	expect_error(JAN, "EndSession", json_pack("{s:s}", "session", prefix),
		     ROOT_ONLY);
	expect_error(0, "EndSession", json_pack("{s:s}", "session", "%"),
		     NOT_FOUND);
	expect_error(0, "EndSession", json_pack("{s:s}", "session", ""),
		     NOT_FOUND);
	reply = call(0, "EndSession",
		     json_pack("{s:s, s:s}", "session", prefix, "reason",
			       "left open"),
		     error);
	assert_string_equal(error, "");
	one = json_array_get(json_object_get(reply, "sessions"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "session")),
			    session.id);
	assert_int_equal(json_integer_value(json_object_get(one, "pid")),
			 getpid());
	assert_int_equal(json_integer_value(json_object_get(reply, "uid")),
			 PIET);
	json_decref(reply);
	assert_int_equal(core_count(core, "session-ended"), 1);
	/* It is there until whoever ends it has done so. */
	assert_int_equal(count(0, NULL), 2);
}

/* Two that begin alike are not told apart. */
static void a_prefix_of_two(void **state)
{
	static const char *const ids[] = {
		"aaaaaaaa000000000000000000000001",
		"aaaaaaaa000000000000000000000002",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		core_apply(core,
			   (struct change){
				   .type = CHANGE_SESSION_OPEN,
				   .uid = PIET,
				   .session = ids[i],
				   .service = "sshd",
				   .opened = &(struct session_opened){
					   .boot = "0123456789abcdef" } });
	expect_error(0, "EndSession", json_pack("{s:s}", "session", "aaaaaaaa"),
		     CONFLICT);
	expect_error(0, "EndSession", json_pack("{s:s}", "session", "aaaaaaa"),
		     NOT_FOUND);
	expect_error(0, "EndSession", json_pack("{s:s}", "session", ids[1]),
		     "");
}

/* With what takes a user away, in its own transaction. */
static void all_with_a_change(void **state)
{
	static const char *const methods[] = { "LockUser", "DisableUser",
					       "DeleteUser" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		bool with_reason = i < 2;
		json_t *parameters = json_pack("{s:s, s:b}", "name", "piet",
					       "end_sessions", 1);
		char error[64];
		json_t *reply;

		if (with_reason)
			json_object_set_new(parameters, "reason",
					    json_string("left"));
		(void)open_one(piet);
		expect_error(JAN, methods[i], json_incref(parameters),
			     ROOT_ONLY);
		assert_true(core_user(core, "piet").enabled);
		reply = call(0, methods[i], parameters, error);
		assert_string_equal(error, "");
		assert_int_equal(
			json_array_size(json_object_get(reply, "sessions")),
			i + 1);
		assert_int_equal(
			json_integer_value(json_object_get(reply, "uid")),
			PIET);
		json_decref(reply);
		assert_int_equal(core_count(core, "session-ended"), i + 1);
		if (i == 0)
			expect_error(0, "UnlockUser",
				     json_pack("{s:s, s:s}", "name", "piet",
					       "reason", "x"),
				     "");
		if (i == 1)
			expect_error(0, "EnableUser",
				     json_pack("{s:s}", "name", "piet"), "");
	}
	/* Not asked for: as before. */
	expect_error(0, "EndSession", json_pack("{s:s}", "user", "piet"),
		     NOT_FOUND);
}

static void all_of_a_user(void **state)
{
	char error[64];
	json_t *reply;

	(void)state;
	(void)open_one(piet);
	expect_error(JAN, "EndSession", json_pack("{s:s}", "user", "piet"),
		     ROOT_ONLY);
	reply = call(0, "EndSession", json_pack("{s:s}", "user", "piet"),
		     error);
	assert_string_equal(error, "");
	assert_int_equal(json_array_size(json_object_get(reply, "sessions")),
			 1);
	json_decref(reply);
	assert_int_equal(core_count(core, "session-ended"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_listed),
		TEST(of_nobody),
		TEST(of_a_user),
		TEST(abuse_127_of_another_boot),
		TEST(abuse_127_of_a_process_that_has_gone),
		TEST(one_is_named_to_be_ended),
		TEST(a_prefix_of_two),
		TEST(all_with_a_change),
		TEST(all_of_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
