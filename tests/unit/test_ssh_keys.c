/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSH keys that administrators give and take, and whom sshd is told them of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "cloxxsd/state/ssh_key.h"
#include "tests/unit/core_fixture.h"

#define PIET 66000
#define JAN 66001   /* an administrator */
#define ANNA 66002  /* protected */
#define GLASS 66003 /* for emergencies */

#define KEY            \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIHQAOiRpAv56yrNC+yeOf7Rs/+0QI8w2AN3xvECCXAmW"
#define FINGERPRINT "SHA256:8JbK8bP0L5yxZRwOlfnKenjDUnF9b0NF4sZvUJ6dgOs"
#define OTHER                                                                  \
	"ecdsa-sha2-nistp256 "                                                 \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJHgs/"           \
	"XOJ6IONcb9caERDbrxGCRxtPKsgz7XynZxYZAOsgT7aYxwQjHD0RYu0N92vf0V4gwi5M" \
	"pzd+pY2YyyUvg="
#define OTHER_FINGERPRINT "SHA256:TIJR1AXyFxLGX67eMo/aQza2bGEVApInU2VReLiZ/1I"

#define INVALID "nl.cloxxs.Admin.Invalid"
#define CONFLICT "nl.cloxxs.Admin.Conflict"
#define NOT_FOUND "nl.cloxxs.Admin.NotFound"
#define ROOT_ONLY "nl.cloxxs.Admin.RootOnly"
#define DENIED "org.varlink.service.PermissionDenied"

static struct core fixture;
static struct core *const core = &fixture;

static int setup(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	core_add(core, JAN, "jan", CORE_OLD);
	core_add(core, ANNA, "anna", CORE_OLD);
	core_set_role(core, "jan", USER_ROLE_ADMINISTRATOR);
	core_protect(core, "anna");
	core_add_break_glass(core, GLASS, "glass");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void expect_error(json_t *reply, const char *error)
{
	const char *found = json_string_value(json_object_get(reply, "error"));

	if (strcmp(found ? found : "", error) != 0) {
		char *text = json_dumps(reply, JSON_COMPACT);

		fail_msg("%s instead of '%s'", text, error);
	}
	json_decref(reply);
}

static void add(uid_t uid, const char *name, const char *key, const char *error)
{
	expect_error(
		core_call(core, uid, "nl.cloxxs.Admin.AddSshKey",
			  json_pack("{s:s, s:s}", "name", name, "key", key)),
		error);
}

static void take(uid_t uid, const char *name, const char *fingerprint,
		 const char *error)
{
	expect_error(core_call(core, uid, "nl.cloxxs.Admin.RemoveSshKey",
			       json_pack("{s:s, s:s}", "name", name,
					 "fingerprint", fingerprint)),
		     error);
}

/* The member of each reply, with a blank behind each. */
static void stream(uid_t uid, const char *method, json_t *parameters,
		   const char *outer, const char *member, struct text *text)
{
	bool continues = true;
	struct talk talk;

	talk_open(core, &talk, uid);
	talk_send_more(&talk, method, parameters);
	while (continues) {
		json_t *reply = talk_next(core, &talk);
		json_t *inner = json_object_get(reply, "parameters");
		const char *error =
			json_string_value(json_object_get(reply, "error"));

		assert_non_null(reply);
		if (outer)
			inner = json_object_get(inner, outer);
		inner = json_object_get(inner, member);
		if (error)
			text_add(text, error);
		if (inner)
			text_add_format(text, "%s ", json_string_value(inner));
		continues = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	talk_close(core, &talk);
}

static void expect_list(uid_t uid, const char *name, const char *expected)
{
	char found[512];
	struct text text;

	text_init(&text, found, sizeof(found));
	stream(uid, "nl.cloxxs.Admin.ListSshKeys",
	       json_pack("{s:s}", "name", name), "ssh_key", "fingerprint",
	       &text);
	assert_string_equal(found, expected);
}

struct asked {
	uid_t peer;
	const char *user, *service, *address;
	int64_t system_uid; /* 0: not told */
};

static void expect_keys(struct asked asked, const char *expected)
{
	json_t *parameters =
		json_pack("{s:s, s:s, s:s?}", "user", asked.user, "service",
			  asked.service ? asked.service : "sshd", "address",
			  asked.address);
	char found[1024];
	struct text text;

	if (asked.system_uid)
		json_object_set_new(parameters, "system_uid",
				    json_integer(asked.system_uid));
	text_init(&text, found, sizeof(found));
	stream(asked.peer, "nl.cloxxs.Login.AuthorizedKeys", parameters, NULL,
	       "key", &text);
	assert_string_equal(found, expected);
}

static void given_and_taken(void **state)
{
	json_t *reply, *key;
	const char *type, *comment, *by;
	struct ssh_key found;

	(void)state;
	expect_list(0, "piet", "");
	reply = core_call(core, JAN, "nl.cloxxs.Admin.AddSshKey",
			  json_pack("{s:s, s:s}", "name", "piet", "key",
				    KEY " piet at home\n"));
	key = json_object_get(json_object_get(reply, "parameters"), "ssh_key");
	assert_int_equal(json_unpack(key, "{s:s, s:s, s:s}", "type", &type,
				     "comment", &comment, "added_by", &by),
			 0);
	assert_string_equal(type, "ssh-ed25519");
	assert_string_equal(comment, "piet at home");
	assert_string_equal(by, "jan");
	assert_string_equal(json_string_value(json_object_get(key, "key")),
			    KEY);
	assert_int_equal(json_integer_value(json_object_get(key, "bits")), 256);
	json_decref(reply);
	core_world.clock_s++;
	add(0, "piet", OTHER, "");
	expect_list(0, "piet", FINGERPRINT " " OTHER_FINGERPRINT " ");
	expect_list(JAN, "jan", "");
	/* The same one, whatever is written behind it. */
	add(0, "piet", KEY " another comment", CONFLICT);
	take(0, "piet", FINGERPRINT, "");
	take(0, "piet", FINGERPRINT, NOT_FOUND);
	take(0, "piet", "SHA256:", NOT_FOUND);
	take(0, "piet", "%", NOT_FOUND);
	expect_list(0, "piet", OTHER_FINGERPRINT " ");
	assert_int_equal(core_count(core, "ssh-key-added"), 2);
	assert_int_equal(core_count(core, "ssh-key-removed"), 1);
	/* They are there after a restart, and go with him. */
	core_restart(core);
	assert_int_equal(ssh_key_find(core->daemon.state.store, PIET,
				      OTHER_FINGERPRINT, &found),
			 0);
	assert_string_equal(found.added_by, "root");
	expect_error(core_call(core, 0, "nl.cloxxs.Admin.DeleteUser",
			       json_pack("{s:s}", "name", "piet")),
		     "");
	expect_list(0, "piet", NOT_FOUND);
}

static void what_is_no_key_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"ssh-ed25519",
		"ssh-dss AAAAB3NzaC1kc3MAAAA=",
		"command=\"/bin/sh\" " KEY,
		KEY "\n" OTHER,
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n",
		KEY " \033[2J",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		add(0, "piet", wrong[i], INVALID);
	add(0, "nobody", KEY, NOT_FOUND);
	take(0, "nobody", FINGERPRINT, NOT_FOUND);
	expect_list(0, "piet", "");
	assert_int_equal(core_count(core, "ssh-key-added"), 0);
}

static void the_secret_half_is_said_to_be_one(void **state)
{
	json_t *reply;
	const char *message;

	(void)state;
	reply = core_call(core, 0, "nl.cloxxs.Admin.AddSshKey",
			  json_pack("{s:s, s:s}", "name", "piet", "key",
				    "-----BEGIN RSA PRIVATE KEY-----\nMII\n"));
	message = json_string_value(json_object_get(
		json_object_get(reply, "parameters"), "message"));
	assert_non_null(strstr(message, "PRIVATE"));
	assert_null(strstr(message, "MII"));
	json_decref(reply);
}

static void add_many(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct ssh_key key = { .line = { .type = SSH_KEY_ED25519,
						 .key = KEY } };

		(void)snprintf(key.line.fingerprint,
			       sizeof(key.line.fingerprint), "SHA256:%u", i);
		core_apply(core, (struct change){ .type = CHANGE_SSH_KEY_ADD,
						  .uid = PIET,
						  .ssh_key = &key });
	}
}

static void so_many_and_no_more(void **state)
{
	(void)state;
	add_many(SSH_KEYS_MAX - 1);
	add(0, "piet", KEY, "");
	add(0, "piet", OTHER, CONFLICT);
	add(0, "jan", OTHER, "");
	take(0, "piet", "SHA256:0", "");
	add(0, "piet", OTHER, "");
}

static void abuse_33_whose_word_counts(void **state)
{
	(void)state;
	add(PIET, "piet", KEY, DENIED);
	add(1000, "piet", KEY, DENIED);
	add(JAN, "anna", KEY, ROOT_ONLY);
	add(0, "anna", KEY, "");
	add(JAN, "glass", KEY, ROOT_ONLY);
	add(0, "glass", KEY, "");
	/* To keep her out is another thing; not the emergency. */
	take(PIET, "anna", FINGERPRINT, DENIED);
	take(JAN, "anna", FINGERPRINT, "");
	take(JAN, "glass", FINGERPRINT, ROOT_ONLY);
	expect_list(PIET, "piet", DENIED);
	/* Nor are they told to anybody but root and sshd's account. */
	expect_keys((struct asked){ .user = "piet", .peer = PIET }, DENIED);
	expect_keys((struct asked){ .user = "piet", .peer = JAN }, DENIED);
	expect_keys((struct asked){ .user = "piet", .peer = 1000 }, DENIED);
}

static const struct asked piet = { .user = "piet" };

static void keys_of_who_would_be_let_in(void **state)
{
	struct asked asked = piet;
	int64_t records;

	(void)state;
	add(0, "piet", KEY " piet at home", "");
	records = core->daemon.state.ledger.seq;
	expect_keys(piet, KEY " ");
	asked.system_uid = PIET;
	expect_keys(asked, KEY " ");
	/* Another account of that name, in the eyes of the system. */
	asked.system_uid = JAN;
	expect_keys(asked, "");
	expect_keys((struct asked){ .user = "jan" }, "");
	expect_keys((struct asked){ .user = "nobody" }, "");
	expect_keys((struct asked){ .user = "" }, "");
	expect_keys((struct asked){ .user = "piet\n" }, "");
	expect_keys((struct asked){ .user = "PIET" }, "");
	expect_keys((struct asked){ .user = "piet", .service = "login" }, "");
	expect_keys((struct asked){ .user = "piet", .service = "a/b" },
		    "org.varlink.service.InvalidParameter");
	/* abuse_29: whoever asks leaves nothing behind. */
	assert_int_equal(core->daemon.state.ledger.seq, records);
}

static void act(const char *method, const char *reason)
{
	expect_error(core_call(core, 0, method,
			       json_pack("{s:s, s:s*}", "name", "piet",
					 "reason", reason)),
		     "");
}

static void abuse_10_keys_of_nobody_else(void **state)
{
	struct user user;

	(void)state;
	add(0, "piet", KEY, "");
	act("nl.cloxxs.Admin.LockUser", "left");
	expect_keys(piet, "");
	act("nl.cloxxs.Admin.UnlockUser", "back");
	expect_keys(piet, KEY " ");
	act("nl.cloxxs.Admin.DisableUser", "left");
	expect_keys(piet, "");
	act("nl.cloxxs.Admin.EnableUser", NULL);
	expect_keys(piet, KEY " ");
	user = core_user(core, "piet");
	user.not_after = 1000;
	core_set(core, &user);
	expect_keys(piet, "");
	user.not_after = 0;
	memcpy(user.services, "sudo", sizeof("sudo"));
	core_set(core, &user);
	expect_keys(piet, "");
	/* An account for emergencies, but when it is open. */
	add(0, "glass", KEY, "");
	expect_keys((struct asked){ .user = "glass" }, "");
}

static void from_where_they_may_be_tried(void **state)
{
	struct asked asked = piet;
	struct user user;

	(void)state;
	add(0, "piet", KEY, "");
	user = core_user(core, "piet");
	memcpy(user.networks, "192.0.2.0/24", sizeof("192.0.2.0/24"));
	core_set(core, &user);
	/* Not told: the account phase asks. */
	expect_keys(piet, KEY " ");
	asked.address = "192.0.2.7";
	expect_keys(asked, KEY " ");
	asked.address = "::ffff:192.0.2.7";
	expect_keys(asked, KEY " ");
	asked.address = "198.51.100.7";
	expect_keys(asked, "");
	asked.address = "UNKNOWN";
	expect_keys(asked, "");
	asked.address = "";
	expect_keys(asked, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(given_and_taken),
		TEST(what_is_no_key_changes_nothing),
		TEST(the_secret_half_is_said_to_be_one),
		TEST(so_many_and_no_more),
		TEST(abuse_33_whose_word_counts),
		TEST(keys_of_who_would_be_let_in),
		TEST(abuse_10_keys_of_nobody_else),
		TEST(from_where_they_may_be_tried),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
