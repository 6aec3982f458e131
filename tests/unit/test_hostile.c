/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callers and faults that want more than their part. */
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

#define PIET 66000
#define JAN 66001

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, JAN, "jan", CORE_OLD);
	core_world.n_hashed = 0;
	core_world.n_verified = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_settle(core);
	state_prove(&core->daemon.state);
	core_deinit(core);
	return 0;
}

static void run_sql(const char *sql)
{
	assert_int_equal(store_run(core->daemon.state.store, sql, ""), 0);
}

/* What a disk does that is full for the larger of two writes. */
static void abuse_69_a_count_that_cannot_be_written(void **state)
{
	struct user user;

	(void)state;
	run_sql("ALTER TABLE failure RENAME TO elsewhere");
	expect_login(core, "piet", CORE_WRONG, "unavailable", NULL);
	for (int i = 0; i < 10; i++)
		expect_login(core, "piet", CORE_WRONG, "deny", "not-written");
	assert_int_equal(core_world.n_verified, 1);
	run_sql("ALTER TABLE elsewhere RENAME TO failure");
	/* The one that was verified is counted before the next is. */
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	user = core_user(core, "piet");
	assert_int_equal(user.failures, 2);
	assert_false(user.claim);
}

static void abuse_69_a_claim_left_behind_is_the_third(void **state)
{
	(void)state;
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	expect_login(core, "piet", CORE_WRONG, "deny", "wrong-password");
	core_apply(core, (struct change){ .type = CHANGE_CLAIM, .uid = PIET });
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
	assert_int_equal(core_world.n_verified, 2);
	assert_int_not_equal(core_user(core, "piet").locked_at, 0);
}

static void flood_hashes(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct talk talk;

		talk_open(core, &talk, PIET);
		(void)start(
			core, &talk,
			(struct about){ .user = "piet", .service = "nosuch" });
		send_answer(&talk, CORE_WRONG);
		core_settle(core);
		talk_close(core, &talk);
	}
}

/* A local user runs su, which asks as root, as often as he likes. */
static void abuse_37_one_service_leaves_room_for_others(void **state)
{
	struct talk talks[16];
	unsigned int n_asked = 0;

	(void)state;
	core_stop(core);
	core_configure(core, "[login]\nattempts = 16\n");
	core_start(core);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		struct outcome outcome;

		talk_open(core, &talks[i], 0);
		outcome = start(core, &talks[i],
				(struct about){ .user = "nobody-there",
						.service = "su" });
		n_asked += strcmp(outcome.step, "password") == 0;
	}
	assert_int_equal(n_asked, 12);
	expect_login(core, "jan", CORE_OLD, "allow", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		talk_close(core, &talks[i]);
	assert_int_equal(core->daemon.attempts.n_open, 0);
	assert_null(core->daemon.attempts.first);
}

/* Decoys are nobody's lane: only the count of attempts holds them. */
static void abuse_37_a_user_who_floods_the_hasher(void **state)
{
	int64_t began = clock_monotonic_us(), pauses;

	(void)state;
	flood_hashes(100);
	/* On a busy machine the flood itself takes its time. */
	pauses = (clock_monotonic_us() - began) / ALLOWANCE_PAUSE_US + 1;
	assert_true(hasher_n_waiting(core->daemon.attempts.hasher) <=
		    ALLOWANCE_BURST + pauses);
	expect_login(core, "jan", CORE_OLD, "allow", NULL);
}

static void abuse_37_a_user_who_floods_the_ledger(void **state)
{
	const struct about self = { .user = "piet" };
	int64_t before = core->daemon.state.ledger.seq;
	struct talk talk;

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)account(core, PIET, self);
		(void)open_session(core, PIET, self);
		talk_open(core, &talk, PIET);
		(void)start(core, &talk, self);
		(void)answer(core, &talk, "");
		talk_close(core, &talk);
	}
	assert_true(core->daemon.state.ledger.seq - before < 200);
	expect_login(core, "jan", CORE_OLD, "allow", NULL);
}

/* By subordinate ids, one who may call nothing has 65,536 of them. */
static void abuse_37_a_stranger_of_many_uids(void **state)
{
	int64_t before = core->daemon.state.ledger.seq;

	(void)state;
	for (uid_t i = 0; i < 1000; i++)
		(void)account(core, 100000 + i % 100,
			      (struct about){ .user = "piet" });
	assert_true(core->daemon.state.ledger.seq - before < 130);
}

/* Who was not verified when the daemon stopped has not guessed wrong. */
static void abuse_84_a_stop_counts_nobody(void **state)
{
	struct talk talks[8];
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(talks); i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		core_add(core, 66010 + i, name, CORE_OLD);
		talk_open(core, &talks[i], 0);
		(void)start(core, &talks[i], (struct about){ .user = name });
	}
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		send_answer(&talks[i], CORE_OLD);
	core_settle(core);
	assert_true(hasher_n_open(core->daemon.attempts.hasher) > 2);
	daemon_stop(&core->daemon);
	sd_event_unref(core->daemon.event);
	core->is_running = false;
	core_start(core);
	assert_int_equal(core_count(core, "failure-counted"), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(talks); i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		assert_int_equal(core_user(core, name).failures, 0);
		assert_false(core_user(core, name).claim);
		scope_close(&talks[i].fd);
		free(talks[i].bytes);
	}
}

static struct outcome administer_as(uid_t uid, const char *method,
				    const char *name, const char *home)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, uid);
	outcome = outcome_of(talk_call(
		core, &talk, method,
		json_pack("{s:s, s:s*}", "name", name, "home", home)));
	talk_close(core, &talk);
	return outcome;
}

/* What pam_mkhomedir makes as root belongs to the user. */
static void an_administrator_who_wants_to_be_root(void **state)
{
	static const char *const homes[] = {
		"/etc/systemd/system/cloxxsd.service.d",
		"/home/jan/.config",
		"/home/piet/.ssh",
		"/root/.x",
		"/home//piet",
		"/",
	};
	static const char set[] = "nl.cloxxs.Admin.SetUser";
	static const char add[] = "nl.cloxxs.Admin.AddUser";
	static const char invalid[] = "nl.cloxxs.Admin.Invalid";
	struct user user = core_user(core, "jan");

	(void)state;
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++) {
		assert_string_equal(
			administer_as(JAN, set, "piet", homes[i]).error,
			invalid);
		assert_string_equal(
			administer_as(JAN, add, "eve", homes[i]).error,
			invalid);
		assert_string_equal(core_user(core, "piet").home, user.home);
	}
	/* What he has, what is configured, and root's choice. */
	assert_string_equal(administer_as(JAN, set, "piet", user.home).error,
			    "");
	assert_string_equal(administer_as(JAN, set, "piet", "/home/piet").error,
			    "");
	assert_string_equal(administer_as(JAN, add, "eve", NULL).error, "");
	assert_string_equal(administer_as(0, set, "piet", "/srv/piet").error,
			    "");
	assert_string_equal(core_user(core, "piet").home, "/srv/piet");
}

/* n services of 60 letters, and one that matters at the end. */
static json_t *long_services(unsigned int n)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < n; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "service-%050u", i);
		assert_int_equal(json_array_append_new(list, json_string(name)),
				 0);
	}
	assert_int_equal(json_array_append_new(list, json_string("sudo")), 0);
	return list;
}

static struct ledger_row last_row(void)
{
	struct ledger_row row;

	run_sql("UPDATE ledger SET published = 0");
	assert_int_equal(ledger_next_unpublished(&core->daemon.state.ledger,
						 core->daemon.state.ledger.seq,
						 &row),
			 0);
	return row;
}

/* No grant hides behind others in the record. */
static void abuse_93_a_change_too_long_to_tell(void **state)
{
	struct outcome outcome;

	(void)state;
	for (unsigned int n = 0; n < 16; n++) {
		outcome = administer(core, "SetUser",
				     json_pack("{s:s, s:s, s:o}", "name",
					       "piet", "role",
					       n % 2 ? "user" : "administrator",
					       "services", long_services(n)));
		if (*outcome.error)
			assert_null(strstr(core_user(core, "piet").services,
					   "0015"));
		else
			assert_non_null(strstr(last_row().details, "sudo\""));
	}
	assert_string_equal(outcome.error, "nl.cloxxs.Admin.Invalid");
	/* What could be set can be changed. */
	assert_string_equal(
		administer(core, "SetUser",
			   json_pack("{s:s, s:[]}", "name", "piet", "services"))
			.error,
		"");
	outcome = administer(core, "AddUser",
			     json_pack("{s:s, s:o}", "name", "eve", "services",
				       long_services(6)));
	assert_string_equal(outcome.error, "");
	assert_non_null(strstr(last_row().details, "sudo\""));
}

/* One row that the map cannot hold keeps him out, and nobody else. */
static void a_row_that_fits_no_map(void **state)
{
	scope(map_freep) struct map *map = NULL;
	struct identity_user user;
	char path[160];

	(void)state;
	core_add(core, 66500, "docker", CORE_OLD);
	core_restart(core);
	assert_int_equal(core->daemon.publication.n_unfit, 1);
	(void)snprintf(path, sizeof(path), "%s/identity.map", core->state);
	assert_int_equal(identity_open(path, &map), 0);
	assert_true(identity_find_user(map, "piet", 4, &user));
	assert_false(identity_find_user(map, "docker", 6, &user));
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
}

static void sessions_that_nobody_closes(void **state)
{
	(void)state;
	for (int i = 0; i < 400; i++)
		(void)open_session(core, 0, (struct about){ .user = "piet" });
	assert_true(state_number(&core->daemon.state,
				 "SELECT count(*) FROM session") <= 256);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(abuse_69_a_count_that_cannot_be_written),
		TEST(abuse_69_a_claim_left_behind_is_the_third),
		TEST(abuse_37_one_service_leaves_room_for_others),
		TEST(abuse_37_a_user_who_floods_the_hasher),
		TEST(abuse_37_a_user_who_floods_the_ledger),
		TEST(abuse_37_a_stranger_of_many_uids),
		TEST(abuse_84_a_stop_counts_nobody),
		TEST(an_administrator_who_wants_to_be_root),
		TEST(abuse_93_a_change_too_long_to_tell),
		TEST(a_row_that_fits_no_map),
		TEST(sessions_that_nobody_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
