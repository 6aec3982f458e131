/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Applications in a whole daemon: what the account of a service may do for its
 * users, and for nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/state/session.h"
#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define PIET 66001

#define WWW CORE_WWW_DATA
#define REPORTS CORE_REPORTS
#define STRANGER 1234

#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

#define SERVICES(proxies)                                            \
	"[service accounts]\naccount = www-data\nproxies = " proxies \
	"\nsession_lifetime = 12h\n"                                 \
	"[service reports]\naccount = reports\nproxies = direct\n"

static const struct about anna = { .user = "anna",
				   .service = "accounts",
				   .address = "192.0.2.7" };

static void begin(const char *lines)
{
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "0123456789abcdef", 1), 0);
	core_init(core, lines);
	core_world.quick = true;
	core_add(core, ANNA, "anna", CORE_OLD);
	core_add(core, PIET, "piet", CORE_OLD);
	core_set_services(core, "anna", "sshd,accounts");
	core_set_services(core, "piet", "sshd,reports");
}

static int setup(void **state)
{
	(void)state;
	begin(SERVICES("direct"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

/* A login with one answer. */
static struct outcome log_in_as(uid_t uid, struct about about,
				const char *password)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, uid);
	outcome = start(core, &talk, about);
	if (!*outcome.error)
		outcome = answer(core, &talk, password);
	talk_close(core, &talk);
	return outcome;
}

static void expect_denied(struct outcome outcome, const char *reason)
{
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, reason);
}

static struct outcome open_after_login(uid_t uid, struct about about)
{
	struct outcome outcome = log_in_as(uid, about, CORE_OLD);

	assert_string_equal(outcome.verdict, "allow");
	about.pass = outcome.pass;
	outcome = open_session(core, uid, about);
	assert_string_equal(outcome.verdict, "allow");
	return outcome;
}

/* "allow anna", "deny", or the error. */
static const char *check(uid_t uid, const char *session, const char *address)
{
	static char found[160];
	json_t *reply, *parameters;
	const char *error, *user;
	struct talk talk;

	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, "nl.cloxxs.Login.CheckSession",
			  json_pack("{s:s, s:s*}", "session", session,
				    "address", address));
	parameters = json_object_get(reply, "parameters");
	error = json_string_value(json_object_get(reply, "error"));
	user = json_string_value(json_object_get(parameters, "user"));
	(void)snprintf(found, sizeof(found), "%s%s%s",
		       error ? error
			     : json_string_value(
				       json_object_get(parameters, "verdict")),
		       user ? " " : "", user ? user : "");
	json_decref(reply);
	talk_close(core, &talk);
	return found;
}

static struct outcome close_as(uid_t uid, const char *session)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, uid);
	outcome = outcome_of(talk_call(core, &talk,
				       "nl.cloxxs.Login.CloseSession",
				       json_pack("{s:s}", "session", session)));
	talk_close(core, &talk);
	return outcome;
}

/* An account that is not there: told of, and given to nobody. */
static void nobody_speaks_without_an_account(void **state)
{
	static const char passwd[] = "reports:x:34:34::/:/bin/sh\n";
	json_t *reply, *all, *one;
	struct talk talk;

	(void)state;
	scratch_write(&core->scratch, "passwd", passwd, strlen(passwd), 0644);
	core_restart(core);
	assert_string_equal(account(core, WWW, anna).error, DENIED);
	talk_open(core, &talk, 0);
	reply = talk_call(core, &talk, "nl.cloxxs.Admin.Status", json_object());
	all = json_object_get(json_object_get(reply, "parameters"),
			      "applications");
	assert_int_equal(json_array_size(all), 2);
	one = json_array_get(all, 0);
	assert_string_equal(json_string_value(json_object_get(one, "account")),
			    "www-data");
	assert_true(json_is_null(json_object_get(one, "uid")));
	assert_non_null(strstr(json_string_value(json_object_get(one, "fault")),
			       "does not stand in /etc/passwd"));
	one = json_array_get(all, 1);
	assert_int_equal(json_integer_value(json_object_get(one, "uid")),
			 REPORTS);
	assert_true(json_is_null(json_object_get(one, "fault")));
	json_decref(reply);
	talk_close(core, &talk);
}

static void its_users_log_in(void **state)
{
	struct session session;
	struct outcome outcome;

	(void)state;
	expect_denied(log_in_as(WWW, anna, CORE_WRONG), "wrong-password");
	assert_int_equal(core_user(core, "anna").failures, 1);
	outcome = open_after_login(WWW, anna);
	/* The notice, and when she was last there. */
	assert_non_null(strstr(outcome.message, "Confidentiality\n"));
	assert_string_equal(check(WWW, outcome.session, NULL), "allow anna");
	assert_string_equal(check(WWW, outcome.session, "192.0.2.7"),
			    "allow anna");
	assert_int_equal(session_find(core->daemon.state.store, outcome.session,
				      &session),
			 0);
	assert_string_equal(session.service, "accounts");
	assert_string_equal(session.address, "192.0.2.7");
	assert_int_equal(session.opener, SESSION_OPENER_APPLICATION);
	assert_int_equal(session.pid, 0);
	assert_string_equal(core_user(core, "anna").last_login_service,
			    "accounts");
	assert_string_equal(close_as(WWW, outcome.session).error, "");
	assert_string_equal(check(WWW, outcome.session, NULL), "deny");
	assert_int_equal(core_count(core, "session-closed"), 1);
	assert_string_equal(close_as(WWW, outcome.session).error, "");
	assert_int_equal(core_count(core, "session-closed"), 1);
	assert_non_null(
		strstr(open_after_login(WWW, anna).message, "Last login: "));
}

/* abuse_83: a temporary password opens nothing, until another is chosen. */
static void a_change_that_must_be_and_one_of_her_own(void **state)
{
	struct about about = anna;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	core_add_temporary(core, 66002, "sofie", CORE_OLD);
	core_set_services(core, "sofie", "accounts");
	about.user = "sofie";
	talk_open(core, &talk, WWW);
	assert_string_equal(start(core, &talk, about).step, "password");
	outcome = answer(core, &talk, CORE_OLD);
	assert_string_equal(outcome.step, "new_password");
	assert_string_equal(outcome.pass, "");
	assert_string_equal(answer(core, &talk, CORE_NEW).step, "new_password");
	outcome = answer(core, &talk, CORE_NEW);
	assert_string_equal(outcome.verdict, "allow");
	about.pass = outcome.pass;
	assert_string_equal(open_session(core, WWW, about).verdict, "allow");
	/* And again, of her own will. */
	about.purpose = "change";
	about.pass = NULL;
	assert_string_equal(start(core, &talk, about).step, "password");
	assert_string_equal(answer(core, &talk, CORE_NEW).step, "new_password");
	assert_string_equal(answer(core, &talk, CORE_WRONG).step,
			    "new_password");
	assert_string_equal(answer(core, &talk, CORE_WRONG).verdict, "allow");
	talk_close(core, &talk);
	about.purpose = NULL;
	assert_string_equal(log_in_as(WWW, about, CORE_WRONG).verdict, "allow");
}

/* Whoever has many users asks often. */
static void it_may_ask_often(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		assert_string_equal(account(core, WWW, anna).verdict, "allow");
}

/* And holds the conversations of many. */
static void it_has_many_connections(void **state)
{
	static const struct {
		uid_t uid;
		size_t n;
	} rows[] = { { WWW, 100 }, { STRANGER, 64 } };

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++) {
		struct talk talks[100];
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
			talk_open(core, &talks[i], rows[r].uid);
		n = varlink_server_n_connections(core->daemon.server);
		assert_int_equal(n, rows[r].n);
		for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
			talk_close(core, &talks[i]);
	}
}

/* What an application asks of another service's users, in whatever way, is
 * refused as what a stranger asks, and recorded. */
static void abuse_42_the_service_of_others(void **state)
{
	static const char *const services[] = { "sshd", "reports", "sudo",
						"Accounts", "accounts2" };
	static const char *const methods[] = { "Start", "Account",
					       "OpenSession", "Unmanaged" };
	static const uid_t uids[] = { WWW, STRANGER };

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(services); s++)
		for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
			for (size_t u = 0; u < ARRAY_SIZE(uids); u++) {
				char name[64];
				json_t *reply;
				struct talk talk;

				(void)snprintf(name, sizeof(name),
					       "nl.cloxxs.Login.%s",
					       methods[m]);
				talk_open(core, &talk, uids[u]);
				reply = talk_call(
					core, &talk, name,
					json_pack("{s:s, s:s, s:s, s:s*}",
						  "user", "anna", "service",
						  services[s], "address",
						  "127.0.0.1", "purpose",
						  m == 0 ? "login" : NULL));
				assert_string_equal(outcome_of(reply).error,
						    DENIED);
				talk_close(core, &talk);
			}
	assert_int_equal(core_user(core, "anna").failures, 0);
	assert_int_equal(core_count(core, "login-denied"), 0);
	assert_int_equal(core_count(core, "call-refused"), 2);
	/* And its own service is no other's. */
	assert_string_equal(account(core, REPORTS, anna).error, DENIED);
	assert_string_equal(account(core, 0, anna).verdict, "allow");
}

static void abuse_42_nor_of_what_is_not_for_it(void **state)
{
	static const char *const methods[] = { "nl.cloxxs.Admin.Status",
					       "nl.cloxxs.Admin.GetUser",
					       "nl.cloxxs.Admin.ListSessions",
					       "nl.cloxxs.Admin.EndSession",
					       "nl.cloxxs.Login.Unmanaged" };
	struct talk talk;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		talk_open(core, &talk, WWW);
		assert_string_equal(
			outcome_of(talk_call(core, &talk, methods[i],
					     json_object()))
				.error,
			DENIED);
		talk_close(core, &talk);
	}
}

/* Users whom it does not have are to it as those whom nobody knows. */
static void abuse_42_the_users_of_others(void **state)
{
	struct about about = anna;
	struct talk talk;

	(void)state;
	about.user = "piet";
	expect_denied(log_in_as(WWW, about, CORE_OLD), "service-not-allowed");
	expect_denied(account(core, WWW, about), "service-not-allowed");
	expect_denied(open_session(core, WWW, about), "service-not-allowed");
	about.purpose = "change";
	expect_denied(log_in_as(WWW, about, CORE_OLD), "service-not-allowed");
	assert_int_equal(core_user(core, "piet").failures, 0);
	/* Where he may ask for it, he is asked. */
	about.service = "reports";
	talk_open(core, &talk, REPORTS);
	assert_string_equal(start(core, &talk, about).step, "password");
	assert_string_equal(answer(core, &talk, CORE_OLD).step, "new_password");
	talk_close(core, &talk);
}

/* Nobody is there because an application says so. */
static void abuse_42_a_session_without_a_login(void **state)
{
	struct about about = anna;
	struct outcome outcome;

	(void)state;
	expect_denied(open_session(core, WWW, about), "not-logged-in");
	/* By root's login of her, at another service and at this one. */
	outcome = log_in(core, "anna", CORE_OLD);
	about.pass = outcome.pass;
	expect_denied(open_session(core, WWW, about), "not-logged-in");
	outcome = log_in_as(0, anna, CORE_OLD);
	about.pass = outcome.pass;
	expect_denied(open_session(core, WWW, about), "not-logged-in");
	/* From elsewhere than where she logged in. */
	outcome = log_in_as(WWW, anna, CORE_OLD);
	about.pass = outcome.pass;
	about.address = "192.0.2.8";
	expect_denied(open_session(core, WWW, about), "not-logged-in");
	about.address = anna.address;
	assert_string_equal(open_session(core, WWW, about).verdict, "allow");
	/* One login, one session. */
	expect_denied(open_session(core, WWW, about), "not-logged-in");
}

/* What is believed of an address, by how users reach the application. */
static const struct {
	const char *lines, *said, *believed; /* "": from nowhere */
} addresses[] = {
	{ SERVICES("direct"), "192.0.2.7", "192.0.2.7" },
	{ SERVICES("direct"), "::ffff:192.0.2.7", "192.0.2.7" },
	{ SERVICES("direct"), "127.0.0.1", "127.0.0.1" },
	{ SERVICES("direct"), "client.example", "" },
	{ SERVICES("direct"), "192.0.2.7, 10.0.0.1", "" },
	{ SERVICES("direct"), "", "" },
	{ SERVICES("direct"), NULL, "" },
	{ SERVICES("none"), "192.0.2.7", "" },
	{ SERVICES("none"), "127.0.0.1", "" },
	{ SERVICES("none"), NULL, "" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), "192.0.2.7", "192.0.2.7" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), "127.0.0.1", "" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), "::ffff:127.0.0.1", "" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), "10.9.0.77", "" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), "10.9.1.77", "10.9.1.77" },
	{ SERVICES("127.0.0.1, 10.9.0.0/24"), NULL, "" },
};

/* Though its users may come from anywhere, and its service were one of this
 * host itself, which may come without an address. */
static void abuse_42_where_its_users_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		char lines[1024];
		struct about about = { .user = "anna",
				       .service = "accounts",
				       .address = addresses[i].said,
				       .terminal = "/dev/pts/1",
				       .requester = "root" };
		struct outcome outcome;
		struct ledger_row row;

		(void)snprintf(lines, sizeof(lines),
			       "[origin]\nlocal_services = accounts\n"
			       "[geofence]\ncountries = any\nlocal = allow\n%s",
			       addresses[i].lines);
		begin(NULL);
		core_configure_all(core, lines);
		core_restart(core);
		outcome = log_in_as(WWW, about, CORE_WRONG);
		assert_string_equal(outcome.verdict, "deny");
		row = core_row(core, outcome.reference);
		if (strcmp(row.address, addresses[i].believed) != 0)
			fail_msg("%zu: %s: '%s' instead of '%s'", i,
				 addresses[i].said ? addresses[i].said : "-",
				 row.address, addresses[i].believed);
		assert_string_equal(row.reason, *addresses[i].believed
							? "wrong-password"
							: "origin-unknown");
		/* Of nobody's terminal, and on nobody's behalf. */
		assert_string_equal(row.terminal, "");
		assert_string_equal(row.actor, "anna");
		core_finish(core);
	}
}

static void abuse_42_the_sessions_of_others(void **state)
{
	struct outcome hers = open_after_login(WWW, anna), by_root;

	(void)state;
	by_root = open_session(core, 0, anna);
	assert_string_equal(by_root.verdict, "allow");
	assert_string_equal(check(REPORTS, hers.session, NULL), "deny");
	assert_string_equal(check(WWW, by_root.session, NULL), "deny");
	assert_string_equal(check(WWW, "0123", NULL), "deny");
	assert_string_equal(check(STRANGER, hers.session, NULL), DENIED);
	assert_string_equal(check(ANNA, hers.session, NULL), DENIED);
	/* As if they were not open. */
	assert_string_equal(close_as(REPORTS, hers.session).error, "");
	assert_string_equal(close_as(WWW, by_root.session).error, "");
	assert_int_equal(core_count(core, "session-closed"), 0);
	assert_string_equal(check(WWW, hers.session, NULL), "allow anna");
	/* Her own she closes, and root any. */
	assert_string_equal(close_as(PIET, hers.session).error, DENIED);
	assert_string_equal(close_as(ANNA, hers.session).error, "");
	assert_string_equal(check(WWW, hers.session, NULL), "deny");
}

static void end_one(const char *session)
{
	assert_string_equal(administer(core, "EndSession",
				       json_pack("{s:s}", "session", session))
				    .error,
			    "");
}

static void end_all(const char *session)
{
	(void)session;
	assert_string_equal(administer(core, "EndSession",
				       json_pack("{s:s}", "user", "anna"))
				    .error,
			    "");
}

static void lock(const char *session)
{
	(void)session;
	assert_string_equal(
		administer(core, "LockUser",
			   json_pack("{s:s, s:s, s:b}", "name", "anna",
				     "reason", "test", "end_sessions", 1))
			.error,
		"");
}

static void disable(const char *session)
{
	(void)session;
	assert_string_equal(administer(core, "DisableUser",
				       json_pack("{s:s}", "name", "anna"))
				    .error,
			    "");
}

static void disable_and_enable(const char *session)
{
	disable(session);
	assert_string_equal(administer(core, "EnableUser",
				       json_pack("{s:s}", "name", "anna"))
				    .error,
			    "");
}

static void delete (const char *session)
{
	(void)session;
	assert_string_equal(administer(core, "DeleteUser",
				       json_pack("{s:s}", "name", "anna"))
				    .error,
			    "");
}

static void expire(const char *session)
{
	(void)session;
	assert_string_equal(administer(core, "SetUser",
				       json_pack("{s:s, s:i}", "name", "anna",
						 "not_after", 1000))
				    .error,
			    "");
}

static void take_service(const char *session)
{
	(void)session;
	core_set_services(core, "anna", "sshd,reports");
}

/* Whatever the clock on the wall shows. */
static void wait_12h(const char *session)
{
	(void)session;
	core_world.steady_s += INT64_C(12) * 3600;
	core_world.clock_s -= INT64_C(24) * 3600;
}

static void start_host_anew(const char *session)
{
	(void)session;
	assert_int_equal(setenv("CLOXXS_BOOT_ID", "fedcba9876543210", 1), 0);
	core_restart(core);
}

/* abuse_89: what ends it is in force at the next check. */
static void abuse_89_what_ends_a_session(void **state)
{
	static void (*const ends[])(const char *session) = {
		end_one,         end_all,  lock,
		disable,         delete,   disable_and_enable,
		expire,          wait_12h, take_service,
		start_host_anew,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct outcome outcome;

		begin(SERVICES("direct"));
		outcome = open_after_login(WWW, anna);
		assert_string_equal(check(WWW, outcome.session, NULL),
				    "allow anna");
		ends[i](outcome.session);
		if (strcmp(check(WWW, outcome.session, NULL), "deny") != 0)
			fail_msg("%zu", i);
		core_finish(core);
	}
}

static void what_ends_none(void **state)
{
	struct outcome outcome = open_after_login(WWW, anna);

	(void)state;
	assert_string_equal(administer(core, "LockUser",
				       json_pack("{s:s, s:s}", "name", "anna",
						 "reason", "test"))
				    .error,
			    "");
	assert_string_equal(check(WWW, outcome.session, NULL), "allow anna");
	core_restart(core);
	core_world.steady_s += INT64_C(12) * 3600 - 60;
	core_world.clock_s += INT64_C(36) * 3600;
	assert_string_equal(check(WWW, outcome.session, NULL), "allow anna");
}

/* abuse_67: where she is now, if the application says it. */
static void abuse_67_a_session_that_moves(void **state)
{
	struct outcome outcome;

	(void)state;
	begin(NULL);
	core_configure_all(core, "[geofence]\ncountries = NL\n"
				 "local = private\n" SERVICES("10.0.0.1"));
	core_restart(core);
	outcome =
		open_after_login(WWW, (struct about){ .user = "anna",
						      .service = "accounts",
						      .address = "10.0.0.7" });
	assert_string_equal(check(WWW, outcome.session, NULL), "allow anna");
	assert_string_equal(check(WWW, outcome.session, "10.0.0.8"),
			    "allow anna");
	assert_string_equal(check(WWW, outcome.session, "192.0.2.1"), "deny");
	assert_string_equal(check(WWW, outcome.session, "10.0.0.1"), "deny");
	assert_string_equal(check(WWW, outcome.session, "somewhere"), "deny");
	assert_string_equal(check(WWW, outcome.session, NULL), "allow anna");
	core_finish(core);
}

/* What it opens drives out none but its own oldest. */
static void it_fills_nobody_elses_place(void **state)
{
	struct outcome by_root = open_session(core, 0, anna), first;
	const struct session_opened opened = {
		.boot = "0123456789abcdef",
		.opener = SESSION_OPENER_APPLICATION,
	};

	(void)state;
	first = open_after_login(WWW, anna);
	for (int i = 0; i < 300; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "%d", i);
		core_apply(core, (struct change){ .type = CHANGE_SESSION_OPEN,
						  .uid = ANNA,
						  .at = 2000000000,
						  .session = id,
						  .opened = &opened,
						  .service = "reports",
						  .address = "192.0.2.1",
						  .terminal = "" });
	}
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM session"
				      " WHERE service = 'reports'"),
			 256);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM session"
				      " WHERE opener = 1"),
			 1);
	assert_string_equal(check(WWW, first.session, NULL), "allow anna");
	assert_string_equal(close_as(0, by_root.session).error, "");
}

/* abuse_33: where an application says that she is says nothing of who runs as
 * her uid. */
static void abuse_33_it_puts_nobody_anywhere(void **state)
{
	struct service *service = &core->daemon.service;
	struct varlink_peer peer = { .uid = ANNA };

	(void)state;
	begin(NULL);
	core_configure_all(
		core, "[geofence]\ncountries = any\nlocal = allow\n"
		      "[administrators]\nnetworks = 10.9.0.0/24\n" SERVICES(
			      "direct"));
	core_restart(core);
	core_set_role(core, "anna", USER_ROLE_ADMINISTRATOR);
	(void)open_after_login(WWW, (struct about){ .user = "anna",
						    .service = "accounts",
						    .address = "10.9.0.5" });
	assert_int_equal(service_classify(&peer, service), PEER_USER);
	assert_string_equal(
		open_session(core, 0,
			     (struct about){ .user = "anna",
					     .service = "sshd",
					     .address = "10.9.0.5" })
			.verdict,
		"allow");
	assert_int_equal(service_classify(&peer, service),
			 PEER_USER | PEER_ADMINISTRATOR);
	core_finish(core);
}

/* The address, or the error. */
static const char *client_address(uid_t uid, const char *peer,
				  const char *forwarded)
{
	static char found[160];
	json_t *reply;
	const char *error;
	struct talk talk;

	talk_open(core, &talk, uid);
	reply = talk_call(
		core, &talk, "nl.cloxxs.Access.ClientAddress",
		json_pack("{s:s, s:s*}", "peer", peer, "forwarded", forwarded));
	error = json_string_value(json_object_get(reply, "error"));
	(void)snprintf(found, sizeof(found), "%s",
		       error ? error
			     : json_string_value(json_object_get(
				       json_object_get(reply, "parameters"),
				       "address")));
	json_decref(reply);
	talk_close(core, &talk);
	return found;
}

#define NOT_THROUGH "nl.cloxxs.Access.NotThroughProxy"

/* By the settings of the caller's own service; see test_forwarded.c. */
static void abuse_61_by_the_proxies_of_the_service(void **state)
{
	struct ledger_row row;

	(void)state;
	begin(SERVICES("10.9.0.0/24"));
	assert_string_equal(
		client_address(WWW, "10.9.0.1", "1.1.1.1, 192.0.2.7, 10.9.0.2"),
		"192.0.2.7");
	assert_string_equal(client_address(WWW, "10.9.0.1", NULL), NOT_THROUGH);
	assert_int_equal(core_count(core, "call-refused"), 0);
	/* Who came round them is recorded. */
	assert_string_equal(client_address(WWW, "192.0.2.66", "192.0.2.7"),
			    NOT_THROUGH);
	assert_int_equal(core_count(core, "call-refused"), 1);
	assert_int_equal(ledger_next_unpublished(&core->daemon.state.ledger,
						 core->daemon.state.ledger.seq,
						 &row),
			 0);
	assert_string_equal(row.service, "accounts");
	assert_non_null(strstr(row.details, "from 192.0.2.66)"));
	assert_string_equal(client_address(REPORTS, "192.0.2.66", "192.0.2.7"),
			    "192.0.2.66");
	assert_string_equal(client_address(0, "10.9.0.1", "192.0.2.7"), DENIED);
	assert_string_equal(client_address(ANNA, "10.9.0.1", "192.0.2.7"),
			    DENIED);
	assert_string_equal(client_address(STRANGER, "10.9.0.1", "192.0.2.7"),
			    DENIED);
	core_finish(core);
	begin(SERVICES("none"));
	assert_string_equal(client_address(WWW, "10.9.0.1", "192.0.2.7"),
			    NOT_THROUGH);
	core_finish(core);
}

#define ADMINISTERED                                   \
	"[geofence]\ncountries = any\nlocal = allow\n" \
	"[administrators]\nnetworks = 10.9.0.0/24\n" SERVICES("10.0.0.1")

static const struct about boss = { .user = "anna",
				   .service = "accounts",
				   .address = "10.9.0.5" };

static int setup_boss(void **state)
{
	(void)state;
	begin(NULL);
	core_configure_all(core, ADMINISTERED);
	core_restart(core);
	core_set_role(core, "anna", USER_ROLE_ADMINISTRATOR);
	return 0;
}

static struct outcome act_for(struct talk *talk, const char *session,
			      const char *address)
{
	return outcome_of(talk_call(core, talk, "nl.cloxxs.Admin.ActFor",
				    json_pack("{s:s, s:s*}", "session", session,
					      "address", address)));
}

/* The error of a call of nl.cloxxs.Admin on the connection. */
static const char *ask(struct talk *talk, const char *method,
		       json_t *parameters)
{
	static char error[64];
	char name[64];

	(void)snprintf(name, sizeof(name), "nl.cloxxs.Admin.%s", method);
	(void)snprintf(
		error, sizeof(error), "%s",
		outcome_of(talk_call(core, talk, name, parameters)).error);
	return error;
}

static struct ledger_row last_row(void)
{
	struct ledger_row row;

	assert_int_equal(ledger_next_unpublished(&core->daemon.state.ledger,
						 core->daemon.state.ledger.seq,
						 &row),
			 0);
	return row;
}

static void expect_hers(const struct ledger_row *row, const char *event,
			const char *user)
{
	assert_string_equal(row->event, event);
	assert_string_equal(row->user, user);
	assert_string_equal(row->actor, "anna");
	assert_string_equal(row->service, "accounts");
	assert_string_equal(row->address, "10.9.0.5");
	assert_string_equal(row->reason, "by-administrator");
}

static void it_ends_a_session_for_an_administrator(void **state)
{
	struct outcome session = open_after_login(WWW, boss);
	struct outcome hers = open_after_login(WWW, boss);
	struct ledger_row row;
	struct talk talk;

	(void)state;
	talk_open(core, &talk, WWW);
	assert_string_equal(act_for(&talk, session.session, NULL).error, "");
	assert_string_equal(check(WWW, hers.session, NULL), "allow anna");
	assert_string_equal(ask(&talk, "EndSession",
				json_pack("{s:s}", "session", hers.session)),
			    "");
	row = last_row();
	expect_hers(&row, "session-ended", "anna");
	assert_string_equal(check(WWW, hers.session, NULL), "deny");
	assert_string_equal(ask(&talk, "EndSession",
				json_pack("{s:s}", "session", hers.session)),
			    "nl.cloxxs.Admin.NotFound");
	/* One with a process is root's to end, and so are all at once. */
	hers = open_session(core, 0, boss);
	assert_string_equal(ask(&talk, "EndSession",
				json_pack("{s:s}", "session", hers.session)),
			    "nl.cloxxs.Admin.RootOnly");
	assert_string_equal(
		ask(&talk, "EndSession", json_pack("{s:s}", "user", "anna")),
		"nl.cloxxs.Admin.RootOnly");
	talk_close(core, &talk);
}

/* Rights are signed as all else is. */
static void expect_rights_hers(struct talk *talk)
{
	static const struct {
		const char *method, *parameters, *event, *user;
	} calls[] = {
		{ "AddProject", "{\"name\": \"a\", \"service\": \"accounts\"}",
		  "project-added", "" },
		{ "AddGroup", "{\"name\": \"finance\"}", "group-added", "" },
		{ "AddGrant",
		  "{\"holder\": \"piet\", \"project\": \"a\","
		  " \"right\": \"read\"}",
		  "grant-set", "piet" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		json_t *parameters = json_loads(calls[i].parameters, 0, NULL);
		struct ledger_row row;

		assert_string_equal(ask(talk, calls[i].method, parameters), "");
		row = last_row();
		expect_hers(&row, calls[i].event, calls[i].user);
	}
}

static void it_acts_for_an_administrator(void **state)
{
	struct outcome session = open_after_login(WWW, boss);
	struct ledger_row row;
	struct talk talk;

	(void)state;
	talk_open(core, &talk, WWW);
	assert_string_equal(ask(&talk, "Status", json_object()), DENIED);
	assert_string_equal(act_for(&talk, session.session, NULL).error, "");
	assert_string_equal(ask(&talk, "Status", json_object()), "");
	assert_string_equal(
		ask(&talk, "LockUser",
		    json_pack("{s:s, s:s}", "name", "piet", "reason", "test")),
		"");
	row = last_row();
	expect_hers(&row, "user-locked", "piet");
	assert_string_equal(
		ask(&talk, "UnlockUser",
		    json_pack("{s:s, s:s, s:b}", "name", "piet", "reason",
			      "test", "reset_password", 1)),
		"");
	row = last_row();
	expect_hers(&row, "password-reset", "piet");
	expect_rights_hers(&talk);
	/* What is for root alone, by row and by user, stays so. */
	assert_string_equal(
		ask(&talk, "EndSession", json_pack("{s:s}", "user", "piet")),
		"nl.cloxxs.Admin.RootOnly");
	assert_string_equal(ask(&talk, "LockUser",
				json_pack("{s:s, s:s, s:b}", "name", "piet",
					  "reason", "test", "end_sessions", 1)),
			    "nl.cloxxs.Admin.RootOnly");
	assert_string_equal(
		ask(&talk, "SetUser",
		    json_pack("{s:s, s:b}", "name", "piet", "protected", 1)),
		"nl.cloxxs.Admin.RootOnly");
	assert_string_equal(ask(&talk, "SetUser",
				json_pack("{s:s, s:s}", "name", "piet", "home",
					  "/etc/cron.d")),
			    "nl.cloxxs.Admin.Invalid");
	/* It is this connection's, and no login's. */
	assert_string_equal(account(core, WWW, boss).verdict, "allow");
	talk_close(core, &talk);
	talk_open(core, &talk, WWW);
	assert_string_equal(ask(&talk, "Status", json_object()), DENIED);
	talk_close(core, &talk);
}

static void demote(const char *session)
{
	(void)session;
	core_set_role(core, "anna", USER_ROLE_USER);
}

static void lock_only(const char *session)
{
	(void)session;
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = ANNA,
					  .at = 1,
					  .text = "test" });
}

static void disable_by_change(const char *session)
{
	(void)session;
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = ANNA });
}

static void close_it(const char *session)
{
	assert_string_equal(close_as(WWW, session).error, "");
}

static void give_temporary_password(const char *session)
{
	(void)session;
	assert_string_equal(administer(core, "ResetPassword",
				       json_pack("{s:s}", "name", "anna"))
				    .error,
			    "");
}

static void move_networks(const char *session)
{
	struct daemon *daemon = &core->daemon;
	struct settings *settings;
	char findings[512];
	struct text error;

	(void)session;
	core_configure_all(core,
			   "[geofence]\ncountries = any\n"
			   "local = allow\n[administrators]\n"
			   "networks = 10.8.0.0/24\n" SERVICES("10.0.0.1"));
	text_init(&error, findings, sizeof(findings));
	assert_int_equal(
		daemon_load_settings(&daemon->options, &error, &settings), 0);
	settings_free(daemon->settings);
	daemon->settings = settings;
	daemon->attempts.settings = settings;
	accounts_bind(&daemon->accounts, settings, core->passwd);
}

static void fix_elsewhere(const char *session)
{
	struct user user = core_user(core, "anna");

	(void)session;
	(void)snprintf(user.networks, sizeof(user.networks), "10.9.0.6");
	core_set(core, &user);
}

/* At the next call, on the connection that is open. */
static void what_ends_it(void **state)
{
	static void (*const ends[])(const char *session) = {
		demote,        lock_only,     disable_by_change,
		close_it,      end_one,       give_temporary_password,
		move_networks, fix_elsewhere, take_service,
		wait_12h,
	};
	struct outcome session;
	struct talk talk;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		(void)setup_boss(state);
		session = open_after_login(WWW, boss);
		talk_open(core, &talk, WWW);
		assert_string_equal(act_for(&talk, session.session, NULL).error,
				    "");
		assert_string_equal(ask(&talk, "Status", json_object()), "");
		ends[i](session.session);
		if (strcmp(ask(&talk, "Status", json_object()), DENIED) != 0 ||
		    strcmp(act_for(&talk, session.session, NULL).error,
			   DENIED) != 0)
			fail_msg("%zu", i);
		assert_int_equal(core_count(core, "call-refused"), 1);
		talk_close(core, &talk);
		core_finish(core);
	}
}

/* abuse_42, and no confused deputy: for whom it may not act. */
static void abuse_42_for_whom_it_does_not_act(void **state)
{
	struct about elsewhere = boss, of_reports = boss, piet = boss;
	struct outcome hers, far, users, by_root, reports;
	struct talk talk;

	(void)state;
	core_set_services(core, "anna", "sshd,accounts,reports");
	core_set_services(core, "piet", "accounts");
	piet.user = "piet";
	of_reports.service = "reports";
	elsewhere.address = "10.8.0.5";
	hers = open_after_login(WWW, boss);
	reports = open_after_login(REPORTS, of_reports);
	users = open_after_login(WWW, piet);
	by_root = open_session(core, 0, boss);
	/* From there she does not get in as it is. */
	core_set_role(core, "anna", USER_ROLE_USER);
	far = open_after_login(WWW, elsewhere);
	core_set_role(core, "anna", USER_ROLE_ADMINISTRATOR);
	talk_open(core, &talk, WWW);
	assert_string_equal(act_for(&talk, reports.session, NULL).error,
			    DENIED);
	assert_string_equal(act_for(&talk, users.session, NULL).error, DENIED);
	assert_string_equal(act_for(&talk, far.session, NULL).error, DENIED);
	assert_string_equal(act_for(&talk, by_root.session, NULL).error,
			    DENIED);
	assert_string_equal(act_for(&talk, "", NULL).error, DENIED);
	assert_string_equal(act_for(&talk, "0123456789abcdef", NULL).error,
			    DENIED);
	/* She is elsewhere now, or at a proxy, or nobody knows where. */
	assert_string_equal(act_for(&talk, hers.session, "10.8.0.5").error,
			    DENIED);
	assert_string_equal(act_for(&talk, hers.session, "10.0.0.1").error,
			    DENIED);
	assert_string_equal(act_for(&talk, hers.session, "here").error, DENIED);
	assert_string_equal(act_for(&talk, hers.session, "10.9.0.9").error, "");
	assert_string_equal(ask(&talk, "Status", json_object()), "");
	/* A refusal ends what was. */
	assert_string_equal(act_for(&talk, users.session, NULL).error, DENIED);
	assert_string_equal(ask(&talk, "Status", json_object()), DENIED);
	talk_close(core, &talk);
	/* Nor do others act. */
	for (int i = 0; i < 4; i++) {
		static const uid_t uids[] = { 0, ANNA, REPORTS, STRANGER };

		talk_open(core, &talk, uids[i]);
		assert_string_equal(act_for(&talk, hers.session, NULL).error,
				    DENIED);
		talk_close(core, &talk);
	}
}

/* What was begun for one is not ended for another. */
static void an_import_is_of_who_began_it(void **state)
{
	struct outcome session = open_after_login(WWW, boss);
	struct talk talk;

	(void)state;
	talk_open(core, &talk, WWW);
	assert_string_equal(act_for(&talk, session.session, NULL).error, "");
	assert_string_equal(ask(&talk, "ImportBegin", json_object()), "");
	assert_string_equal(act_for(&talk, session.session, NULL).error, "");
	assert_string_equal(ask(&talk, "ImportCommit", json_object()),
			    "nl.cloxxs.Admin.Conflict");
	assert_string_equal(ask(&talk, "ImportBegin", json_object()), "");
	assert_string_equal(
		ask(&talk, "ImportUsers",
		    json_pack("{s:[{s:s}]}", "users", "name", "sofie")),
		"");
	assert_string_equal(ask(&talk, "ImportCommit", json_object()), "");
	assert_string_equal(core_user(core, "sofie").name, "sofie");
	talk_close(core, &talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nobody_speaks_without_an_account, setup, teardown),
		cmocka_unit_test_setup_teardown(its_users_log_in, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_change_that_must_be_and_one_of_her_own, setup,
			teardown),
		cmocka_unit_test_setup_teardown(it_may_ask_often, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_has_many_connections, setup,
						teardown),
		cmocka_unit_test_setup_teardown(abuse_42_the_service_of_others,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			abuse_42_nor_of_what_is_not_for_it, setup, teardown),
		cmocka_unit_test_setup_teardown(abuse_42_the_users_of_others,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			abuse_42_a_session_without_a_login, setup, teardown),
		cmocka_unit_test(abuse_42_where_its_users_are),
		cmocka_unit_test_setup_teardown(abuse_42_the_sessions_of_others,
						setup, teardown),
		cmocka_unit_test(abuse_89_what_ends_a_session),
		cmocka_unit_test_setup_teardown(what_ends_none, setup,
						teardown),
		cmocka_unit_test(abuse_67_a_session_that_moves),
		cmocka_unit_test_setup_teardown(it_fills_nobody_elses_place,
						setup, teardown),
		cmocka_unit_test(abuse_33_it_puts_nobody_anywhere),
		cmocka_unit_test(abuse_61_by_the_proxies_of_the_service),
		cmocka_unit_test_setup_teardown(
			it_ends_a_session_for_an_administrator, setup_boss,
			teardown),
		cmocka_unit_test_setup_teardown(it_acts_for_an_administrator,
						setup_boss, teardown),
		cmocka_unit_test(what_ends_it),
		cmocka_unit_test_setup_teardown(
			abuse_42_for_whom_it_does_not_act, setup_boss,
			teardown),
		cmocka_unit_test_setup_teardown(an_import_is_of_who_began_it,
						setup_boss, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
