/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abuse_130: each allocation of the daemon, and of SQLite and jansson in its
 * name, fails once. The request is denied or done, never half done; nothing is
 * lost, and the daemon goes on.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"
#include "tests/unit/failing_malloc.h"

#define PIET 66000
#define JAN 66001
/* No verb allocates as often. */
#define ALLOCATIONS_MAX 5000

static struct core fixture;
static struct core *const core = &fixture;

/* SQLite's allocator, between it and the one that it had. */
static sqlite3_mem_methods below;

static void *sql_malloc(int n)
{
	return failing_malloc_strikes() ? NULL : below.xMalloc(n);
}

static void *sql_realloc(void *pointer, int n)
{
	return failing_malloc_strikes() ? NULL : below.xRealloc(pointer, n);
}

static int use_allocators(void **state)
{
	sqlite3_mem_methods methods;

	(void)state;
	varlink_wipe_json();
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &below) != SQLITE_OK)
		return 1;
	methods = below;
	methods.xMalloc = sql_malloc;
	methods.xRealloc = sql_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK;
}

static void resume(void)
{
	failing_malloc_pause(false);
}

static void pause_failing(void)
{
	failing_malloc_pause(true);
}

#define SESSION "0123456789abcdef0123456789abcdef"

/* Jan administers, and is in an application. */
static void open_application(void)
{
	const struct session_opened opened = {
		.boot = core->daemon.boot,
		.at_us = clock_boottime_us(),
		.opener = SESSION_OPENER_APPLICATION,
	};

	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	core_apply(core, (struct change){ .type = CHANGE_SESSION_OPEN,
					  .uid = JAN,
					  .at = 1,
					  .session = SESSION,
					  .opened = &opened,
					  .service = "sudo",
					  .address = "192.0.2.1",
					  .terminal = "" });
}

static int setup(void **state)
{
	(void)state;
	core_init(core, "[service sudo]\naccount = www-data\n"
			"proxies = direct\n");
	core_world.quick = true;
	core_add(core, JAN, "jan", CORE_NEW);
	open_application();
	core_add_temporary(core, PIET, "piet", CORE_OLD);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_deinit(core);
	return 0;
}

/* A conversation that takes what comes: the connection may end anywhere. */
static struct outcome converse(const char *user, const char *const *answers)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = start(core, &talk,
			(struct about){ .user = user, .address = "192.0.2.1" });
	for (; *answers && !outcome.ended && !*outcome.error &&
	       strcmp(outcome.step, "done") != 0;
	     answers++)
		outcome = answer(core, &talk, *answers);
	talk_close(core, &talk);
	return outcome;
}

static struct outcome guess(void)
{
	return converse("jan", (const char *const[]){ CORE_WRONG, NULL });
}

static struct outcome enter(void)
{
	return converse("jan", (const char *const[]){ CORE_NEW, NULL });
}

static struct outcome guess_at_nobody(void)
{
	return converse("nobody", (const char *const[]){ CORE_WRONG, NULL });
}

static struct outcome replace(void)
{
	return converse("piet", (const char *const[]){ CORE_OLD, CORE_NEW,
						       CORE_NEW, NULL });
}

static struct outcome add(void)
{
	return administer(core, "AddUser", json_pack("{s:s}", "name", "klaas"));
}

static struct outcome reset_password(void)
{
	return administer(core, "ResetPassword",
			  json_pack("{s:s}", "name", "piet"));
}

static struct outcome open_and_ask(void)
{
	struct about about = { .user = "jan", .address = "192.0.2.1" };
	struct outcome outcome = account(core, 0, about);

	return strcmp(outcome.verdict, "allow") == 0
		       ? open_session(core, 0, about)
		       : outcome;
}

static struct outcome record_action(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, CORE_WWW_DATA);
	outcome = outcome_of(talk_call(
		core, &talk, "nl.cloxxs.Audit.Record",
		json_pack("{s:s, s:s, s:s, s:{s:s}}", "user", "jan", "action",
			  "a", "result", "done", "details", "k", "v")));
	talk_close(core, &talk);
	return outcome;
}

/* Asked to act, and then to act in any case. */
static struct outcome act_for(void)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, CORE_WWW_DATA);
	outcome = outcome_of(talk_call(core, &talk, "nl.cloxxs.Admin.ActFor",
				       json_pack("{s:s}", "session", SESSION)));
	if (!outcome.ended)
		outcome = outcome_of(
			talk_call(core, &talk, "nl.cloxxs.Admin.LockUser",
				  json_pack("{s:s, s:s}", "name", "piet",
					    "reason", "test")));
	talk_close(core, &talk);
	return outcome;
}

static bool is(const char *verdict, const struct outcome *outcome)
{
	return strcmp(outcome->verdict, verdict) == 0;
}

/* One failure more where it was told, at most one where nothing was. */
static void check_guess(const struct outcome *outcome)
{
	struct user user = core_user(core, "jan");

	assert_false(is("allow", outcome));
	assert_in_range(user.failures, 0, 1);
	/* Without memory a refusal may come without its reference. */
	if (is("deny", outcome) && *outcome->reference &&
	    strcmp(core_row(core, outcome->reference).reason,
		   "wrong-password") == 0)
		assert_int_equal(user.failures, 1);
}

static void check_enter(const struct outcome *outcome)
{
	struct user user = core_user(core, "jan");

	/* What could not be settled counts at the next try, not before. */
	assert_int_equal(user.failures, 0);
	if (is("allow", outcome))
		assert_true(user.last_login > 0);
}

static void check_replace(const struct outcome *outcome)
{
	struct user user = core_user(core, "piet");

	assert_int_equal(user.failures, 0);
	if (is("allow", outcome))
		assert_int_equal(user.password_kind, USER_PASSWORD_CHOSEN);
	else if (is("deny", outcome) || is("unavailable", outcome))
		assert_int_equal(user.password_kind, USER_PASSWORD_TEMPORARY);
	assert_int_equal(state_number(&core->daemon.state,
				      "SELECT count(*) FROM user WHERE"
				      " password_kind = 1 AND"
				      " temporary_until = 0"),
			 0);
}

static void check_admin(const struct outcome *outcome)
{
	int64_t n = state_number(&core->daemon.state,
				 "SELECT count(*) FROM user WHERE name ="
				 " 'klaas'");

	if (*outcome->temporary)
		assert_true(n == 1 || core_count(core, "password-reset") == 1);
	/* The interface's word for: nothing was changed. */
	if (strcmp(outcome->error, "nl.cloxxs.Admin.Unavailable") == 0)
		assert_int_equal(n + core_count(core, "password-reset"), 0);
	assert_int_equal(n, core_count(core, "user-added"));
}

static void check_action(const struct outcome *outcome)
{
	int64_t n = core_count(core, "action");

	assert_in_range(n, 0, 1);
	if (!outcome->ended && !*outcome->error)
		assert_int_equal(n, 1);
	if (strcmp(outcome->error, "nl.cloxxs.Audit.Unavailable") == 0)
		assert_int_equal(n, 0);
}

/* By jan, or not at all. */
static void check_act_for(const struct outcome *outcome)
{
	struct user piet = core_user(core, "piet");

	assert_int_equal(user_is_locked(&piet),
			 core_count(core, "user-locked"));
	assert_int_equal(user_is_locked(&piet),
			 state_number(&core->daemon.state,
				      "SELECT count(*) FROM ledger WHERE"
				      " event = 'user-locked' AND"
				      " actor = 'jan' AND service = 'sudo'"
				      " AND address = '192.0.2.1'"));
	if (!outcome->ended && !*outcome->error)
		assert_true(user_is_locked(&piet));
}

static void check_nothing(const struct outcome *outcome)
{
	(void)outcome;
}

struct verb {
	const char *name;
	struct outcome (*act)(void);
	void (*check)(const struct outcome *outcome);
};

/* False where there were fewer allocations than nth. */
static bool try_nth(const struct verb *verb, unsigned int nth)
{
	struct outcome outcome;
	bool came;

	core_world.before_turn = resume;
	core_world.after_turn = pause_failing;
	failing_malloc_start(nth);
	failing_malloc_pause(true);
	outcome = verb->act();
	core_settle(core);
	core_world.before_turn = core_world.after_turn = NULL;
	came = failing_malloc_has_failed();
	(void)failing_malloc_stop();
	verb->check(&outcome);
	return came;
}

static void try_verb(const struct verb *verb)
{
	bool came = true;
	unsigned int nth;

	for (nth = 1; came; nth++) {
		void *state = NULL;

		assert_true(nth < ALLOCATIONS_MAX);
		setup(&state);
		came = try_nth(verb, nth);
		/* It lives, whatever failed. */
		core_apply(core, (struct change){ .type = CHANGE_USER_UNLOCK,
						  .uid = JAN });
		core_apply(core, (struct change){ .type = CHANGE_RELEASE,
						  .uid = JAN });
		/* And waits for the disk. */
		assert_int_equal(
			state_number(&core->daemon.state, "PRAGMA synchronous"),
			2);
		expect_login(core, "jan", CORE_NEW, "allow", NULL);
		state_prove(&core->daemon.state);
		teardown(&state);
	}
	assert_true(nth > 20);
}

#define VERB(name, check)                                            \
	static void try_##name(void **state)                         \
	{                                                            \
		const struct verb verb = { #name, (name), (check) }; \
                                                                     \
		(void)state;                                         \
		try_verb(&verb);                                     \
	}

VERB(guess, check_guess)
VERB(enter, check_enter)
VERB(guess_at_nobody, check_nothing)
VERB(replace, check_replace)
VERB(add, check_admin)
VERB(reset_password, check_admin)
VERB(open_and_ask, check_nothing)
VERB(record_action, check_action)
VERB(act_for, check_act_for)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(try_guess),
		cmocka_unit_test(try_enter),
		cmocka_unit_test(try_guess_at_nobody),
		cmocka_unit_test(try_replace),
		cmocka_unit_test(try_add),
		cmocka_unit_test(try_reset_password),
		cmocka_unit_test(try_open_and_ask),
		cmocka_unit_test(try_record_action),
		cmocka_unit_test(try_act_for),
	};

	return cmocka_run_group_tests(tests, use_allocators, NULL);
}
