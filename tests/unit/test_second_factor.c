/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What administrators do about second factors, who may, and who is told. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/state/rotation.h"
#include "tests/unit/courier_fixture.h"

#define PIET 66000
#define JAN 66001  /* an administrator */
#define ANNA 66002 /* protected */
#define ADMIN "nl.cloxxs.Admin."
#define INVALID ADMIN "Invalid"
#define CONFLICT ADMIN "Conflict"
#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

static void copy(char *to, size_t size, json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	(void)snprintf(to, size, "%s", text ? text : "");
}

static int setup(void **state)
{
	(void)state;
	memset(&courier, 0, sizeof(courier));
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, ANNA, "anna", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	core_protect(core, "anna");
	courier_listen(core);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	courier_end();
	core_finish(core);
	return 0;
}

static void expect_error(json_t *reply, const char *error)
{
	const char *found = json_string_value(json_object_get(reply, "error"));

	assert_string_equal(found ? found : "", error);
	json_decref(reply);
}

/* A member of the second factor in a good reply, as JSON. */
static char *member(json_t *reply, const char *name)
{
	json_t *factor = json_object_get(json_object_get(reply, "parameters"),
					 "second_factor");
	char *text;

	assert_null(json_object_get(reply, "error"));
	text = json_dumps(json_object_get(factor, name),
			  JSON_ENCODE_ANY | JSON_COMPACT);
	assert_non_null(text);
	json_decref(reply);
	return text;
}

static void expect(json_t *reply, const char *name, const char *value)
{
	char *text = member(reply, name);

	assert_string_equal(text, value);
	free(text);
}

static json_t *set(const char *user, const char *name, const char *value)
{
	return core_call(core, 0, ADMIN "SetSecondFactor",
			 json_pack("{s:s, s:s}", "name", user, name, value));
}

static json_t *get(const char *user)
{
	return core_call(core, 0, ADMIN "GetSecondFactor",
			 json_pack("{s:s}", "name", user));
}

static void a_number_is_set_and_masked(void **state)
{
	(void)state;
	expect(get("piet"), "phone", "null");
	expect(set("piet", "phone", "+31612345642"), "phone",
	       "\"+31 6 \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2 42\"");
	expect(set("piet", "mail", "piet@example.nl"), "mail",
	       "\"p\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@example.nl\"");
	expect(set("piet", "code", "outside  10.1.0.0/16"), "code",
	       "\"outside 10.1.0.0/16\"");
	expect(set("piet", "code", "never"), "code", "\"never\"");
	expect(set("piet", "phone", "none"), "phone", "null");
	assert_int_equal(core_count(core, "second-factor-changed"), 5);
	/* What is as it was is no change. */
	expect(set("piet", "phone", ""), "phone", "null");
	assert_int_equal(core_count(core, "second-factor-changed"), 5);
}

static void abuse_55_what_is_none_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "phone", "0612345678" },
		{ "phone", "+31612345678\r\nX: y" },
		{ "phone", "+99812345678" },
		{ "mail", "piet@example.nl,jan@example.nl" },
		{ "mail", "piet@example.nl\nBcc: jan@example.nl" },
		{ "code", "sometimes" },
		{ "code", "outside 10.1.0.1/16" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_error(set("piet", rows[i][0], rows[i][1]), INVALID);
	expect(get("piet"), "phone", "null");
	assert_int_equal(core_count(core, "second-factor-changed"), 0);
}

static void who_may(void **state)
{
	static const char *const names[] = { "GetSecondFactor",
					     "SetSecondFactor", "MakeTotp",
					     "MakeRecoveryCodes" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char method[64];

		(void)snprintf(method, sizeof(method), ADMIN "%s", names[i]);
		/* Not his own: by that he would get around the code. */
		expect_error(core_call(core, PIET, method,
				       json_pack("{s:s}", "name", "piet")),
			     DENIED);
		json_decref(core_call(core, JAN, method,
				      json_pack("{s:s}", "name", "piet")));
		if (i > 0)
			expect_error(
				core_call(core, JAN, method,
					  json_pack("{s:s}", "name", "anna")),
				ADMIN "RootOnly");
	}
}

static void an_app_is_in_force_when_it_showed_a_code(void **state)
{
	json_t *reply, *parameters;
	const char *code;
	char seed[64];

	(void)state;
	reply = core_call(core, 0, ADMIN "MakeTotp",
			  json_pack("{s:s}", "name", "piet"));
	parameters = json_object_get(reply, "parameters");
	copy(seed, sizeof(seed), parameters, "seed");
	assert_int_equal(strlen(seed), 32);
	assert_non_null(strstr(
		json_string_value(json_object_get(parameters, "uri")), seed));
	json_decref(reply);
	expect(get("piet"), "totp", "false");
	expect(get("piet"), "totp_pending", "true");
	expect_error(core_call(core, 0, ADMIN "ConfirmTotp",
			       json_pack("{s:s, s:s}", "name", "piet", "code",
					 "12345")),
		     INVALID);
	code = app_code(seed, 0);
	expect(core_call(core, 0, ADMIN "ConfirmTotp",
			 json_pack("{s:s, s:s}", "name", "piet", "code", code)),
	       "totp", "true");
	expect(get("piet"), "totp_pending", "false");
	/* That code was used by it. */
	expect_error(core_call(core, 0, ADMIN "ConfirmTotp",
			       json_pack("{s:s, s:s}", "name", "piet", "code",
					 code)),
		     CONFLICT);
	expect(core_call(core, 0, ADMIN "SetSecondFactor",
			 json_pack("{s:s, s:b}", "name", "piet", "totp", 0)),
	       "totp", "false");
}

static void recovery_codes_are_told_once(void **state)
{
	json_t *reply;

	(void)state;
	reply = core_call(core, 0, ADMIN "MakeRecoveryCodes",
			  json_pack("{s:s}", "name", "piet"));
	assert_int_equal(json_array_size(json_object_get(
				 json_object_get(reply, "parameters"),
				 "recovery_codes")),
			 RECOVERY_CODES);
	json_decref(reply);
	expect(get("piet"), "recovery_codes", "10");
	/* Others in their place, not beside them. */
	json_decref(core_call(core, 0, ADMIN "MakeRecoveryCodes",
			      json_pack("{s:s}", "name", "piet")));
	expect(get("piet"), "recovery_codes", "10");
}

static void the_status_counts_them(void **state)
{
	json_t *reply, *counts;

	(void)state;
	json_decref(set("piet", "phone", "+31612345642"));
	json_decref(set("anna", "mail", "anna@example.nl"));
	json_decref(set("anna", "code", "always"));
	json_decref(core_call(core, 0, ADMIN "MakeRecoveryCodes",
			      json_pack("{s:s}", "name", "piet")));
	reply = core_call(core, 0, ADMIN "Status", json_object());
	counts = json_object_get(json_object_get(reply, "parameters"),
				 "second_factor");
	for (size_t i = 0; i < 5; i++) {
		static const char *const names[] = { "asked", "phone", "mail",
						     "recovery", "app" };

		assert_int_equal(
			json_integer_value(json_object_get(counts, names[i])),
			i < 4);
	}
	json_decref(reply);
}

/* The daemon has heard from the courier what became of it. */
static void settle(void)
{
	for (int i = 0; i < 50; i++)
		(void)core_turn(core, 1000);
}

static void abuse_53_the_former_number_is_told(void **state)
{
	(void)state;
	json_decref(set("piet", "phone", "+31612345642"));
	settle();
	assert_int_equal(courier.n_sms + courier.n_mail, 0);
	json_decref(set("piet", "phone", "+31612345643"));
	settle();
	assert_int_equal(courier.n_sms + courier.n_mail, 1);
	assert_string_equal(courier.kind, "sms");
	assert_string_equal(courier.to, "+31612345642");
	assert_null(strstr(courier.text, "345643"));
	assert_int_equal(core_count(core, "user-told"), 1);
	json_decref(set("piet", "mail", "piet@example.nl"));
	json_decref(set("piet", "mail", "none"));
	settle();
	assert_int_equal(courier.n_sms + courier.n_mail, 2);
	assert_string_equal(courier.kind, "mail");
	assert_string_equal(courier.to, "piet@example.nl");
}

static void a_lock_is_told_by_mail_alone(void **state)
{
	(void)state;
	json_decref(set("piet", "phone", "+31612345642"));
	for (int i = 0; i < 3; i++)
		(void)log_in(core, "piet", CORE_WRONG);
	settle();
	assert_int_equal(courier.n_sms + courier.n_mail, 0);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	json_decref(set("piet", "mail", "piet@example.nl"));
	for (int i = 0; i < 3; i++)
		(void)log_in(core, "piet", CORE_WRONG);
	settle();
	assert_int_equal(courier.n_sms + courier.n_mail, 1);
	assert_string_equal(courier.to, "piet@example.nl");
	assert_non_null(strstr(courier.text, "was locked"));
}

/* Addresses and seeds too are sealed with the new key, and open. */
static void a_change_of_keys_keeps_them(void **state)
{
	struct state *daemon = &core->daemon.state;
	struct rotation rotation = { 0 };
	uint64_t counts[16];
	struct rotation_act act = { .actor = "root",
				    .reason = REASON_NONE,
				    .now_us = clock_realtime_us() };
	struct key *ring = NULL;
	uint8_t roots[2 * 32];
	const uint8_t *old;
	size_t n;

	(void)state;
	json_decref(set("piet", "phone", "+31612345642"));
	json_decref(set("piet", "mail", "piet@example.nl"));
	json_decref(core_call(core, 0, ADMIN "MakeTotp",
			      json_pack("{s:s}", "name", "piet")));
	old = key_roots(daemon->key, &n);
	assert_int_equal(n, 32);
	randombytes_buf(roots, 32);
	memcpy(roots + 32, old, 32);
	assert_int_equal(key_read(roots, sizeof(roots), &ring), 0);
	assert_int_equal(rotation_begin(daemon, ring, &act), 0);
	key_free(ring);
	assert_true(key_n_data(daemon->key) <= ARRAY_SIZE(counts));
	while (rotation_is_open(daemon))
		(void)!rotation_step(daemon, &rotation, act.now_us);
	assert_int_equal(rotation_count_values(daemon, counts), 0);
	/* Three passwords, a number, an address and a seed: all with the last.
	 */
	n = 0;
	for (size_t i = 0; i < key_n_data(daemon->key); i++)
		if (counts[i] > 0) {
			assert_int_equal(counts[i], 6);
			n++;
		}
	assert_int_equal(n, 1);
	expect(get("piet"), "totp_pending", "true");
	expect(get("piet"), "mail",
	       "\"p\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@example.nl\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_is_set_and_masked),
		TEST(abuse_55_what_is_none_is_refused),
		TEST(who_may),
		TEST(an_app_is_in_force_when_it_showed_a_code),
		TEST(recovery_codes_are_told_once),
		TEST(the_status_counts_them),
		TEST(abuse_53_the_former_number_is_told),
		TEST(a_lock_is_told_by_mail_alone),
		TEST(a_change_of_keys_keeps_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
