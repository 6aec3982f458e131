/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each type of change, whole or not at all, and the user who is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/state/login_test.h"
#include "cloxxsd/state/session.h"
#include "cloxxsd/state/visit.h"
#include "tests/unit/state_fixture.h"

#define PIET 66000
#define JAN 66001
#define NOBODY 66999

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static void add(uint32_t uid, const char *name)
{
	struct user user = user_of(uid, name);

	apply(f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = uid, .user = &user },
	      0);
}

static int setup(void **state)
{
	(void)state;
	state_fixture_init(f);
	state_fixture_open(f);
	add(PIET, "piet");
	add(JAN, "jan");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_prove(&f->state);
	state_fixture_deinit(f);
	return 0;
}

static void change(enum change_type type)
{
	apply(f, (struct change){ .type = type, .uid = PIET }, 0);
}

static void fail_once(void)
{
	const struct user_failure failure = { .at = 1000,
					      .service = "sshd",
					      .address = "192.0.2.1",
					      .terminal = "ssh",
					      .reason = "wrong-password",
					      .reference = "AAAA-0001" };

	apply(f,
	      (struct change){ .type = CHANGE_FAILURE,
			       .uid = PIET,
			       .failure = &failure },
	      0);
}

static void lock(const char *why)
{
	apply(f,
	      (struct change){ .type = CHANGE_USER_LOCK,
			       .uid = PIET,
			       .at = 1234,
			       .text = why },
	      0);
}

static void users_are_read_as_added(void **state)
{
	const struct user wanted = user_of(PIET, "piet");
	struct user user;

	(void)state;
	assert_int_equal(user_find(f->state.store, "piet", &user), 0);
	assert_int_equal(user.uid, PIET);
	assert_int_equal(user.role, USER_ROLE_USER);
	assert_true(user.enabled);
	assert_string_equal(user.services, wanted.services);
	assert_string_equal(user.shell, wanted.shell);
	assert_string_equal(user.home, wanted.home);
	assert_string_equal(user.language, "");
	assert_int_equal(user.password.n, wanted.password.n);
	assert_memory_equal(user.password.bytes, wanted.password.bytes, 3);
	assert_int_equal(user.password_kind, USER_PASSWORD_TEMPORARY);
	assert_int_equal(user.temporary_until, 2000);
	assert_int_equal(user.credential, 1);
	assert_int_equal(user.failures, 0);
	assert_false(user.claim);
	assert_false(user_is_locked(&user));
	assert_int_equal(user.created, 900);
	assert_int_equal(user_find(f->state.store, "Piet", &user),
			 USER_E_UNKNOWN);
	assert_int_equal(user_find(f->state.store, "pie%", &user),
			 USER_E_UNKNOWN);
	assert_int_equal(user_find(f->state.store, "", &user), USER_E_UNKNOWN);
	assert_int_equal(user_find_uid(f->state.store, NOBODY, &user),
			 USER_E_UNKNOWN);
}

/* One full of everything before one with nothing: what was left over of him
 * would show. */
static int is_outlined(const struct user *user, void *userdata)
{
	unsigned int *n = userdata;
	struct user whole = find(f, user->uid);

	assert_string_equal(user->name, whole.name);
	assert_string_equal(user->services, whole.services);
	assert_string_equal(user->shell, whole.shell);
	assert_string_equal(user->home, whole.home);
	assert_int_equal(user->enabled, whole.enabled);
	assert_int_equal(user->not_before, whole.not_before);
	assert_int_equal(user->not_after, whole.not_after);
	assert_int_equal(user->break_glass, whole.break_glass);
	assert_int_equal(user->opened_at, whole.opened_at);
	assert_int_equal(user->open_until, whole.open_until);
	assert_int_equal(user->password.n, 0);
	(*n)++;
	return 0;
}

static void outlines_agree_with_users(void **state)
{
	struct user full = user_of(PIET, "piet"),
		    glass = user_of(65999, "nood");
	unsigned int n = 0;

	(void)state;
	full.not_before = 100;
	full.not_after = 200;
	apply(f,
	      (struct change){
		      .type = CHANGE_USER_SET, .uid = PIET, .user = &full },
	      0);
	change(CHANGE_USER_DISABLE);
	glass.break_glass = true;
	apply(f,
	      (struct change){
		      .type = CHANGE_USER_ADD, .uid = 65999, .user = &glass },
	      0);
	apply(f,
	      (struct change){ .type = CHANGE_BREAK_GLASS_OPEN,
			       .uid = 65999,
			       .at = 5,
			       .until = 9 },
	      0);
	assert_int_equal(user_for_each_outline(f->state.store, is_outlined, &n),
			 0);
	assert_int_equal(n, 3);
}

static void a_profile_and_nothing_else(void **state)
{
	struct user user = user_of(PIET, "piet"), after;

	(void)state;
	user.role = USER_ROLE_ADMINISTRATOR;
	memcpy(user.services, "sudo", 5);
	memcpy(user.shell, "/bin/sh", 8);
	memcpy(user.language, "nl", 3);
	user.enabled = false;
	user.failures = 7;
	user.password_kind = USER_PASSWORD_CHOSEN;
	apply(f,
	      (struct change){
		      .type = CHANGE_USER_SET, .uid = PIET, .user = &user },
	      0);
	after = find(f, PIET);
	assert_int_equal(after.role, USER_ROLE_ADMINISTRATOR);
	assert_string_equal(after.services, "sudo");
	assert_string_equal(after.shell, "/bin/sh");
	assert_string_equal(after.language, "nl");
	assert_true(after.enabled);
	assert_int_equal(after.failures, 0);
	assert_int_equal(after.password_kind, USER_PASSWORD_TEMPORARY);
	assert_int_equal(find(f, JAN).role, USER_ROLE_USER);
}

static void enabling(void **state)
{
	(void)state;
	apply(f,
	      (struct change){ .type = CHANGE_USER_DISABLE,
			       .uid = PIET,
			       .at = 77,
			       .text = "he left" },
	      0);
	assert_false(find(f, PIET).enabled);
	assert_int_equal(find(f, PIET).disabled_at, 77);
	assert_string_equal(find(f, PIET).disabled_because, "he left");
	assert_true(find(f, JAN).enabled);
	change(CHANGE_USER_ENABLE);
	assert_true(find(f, PIET).enabled);
	assert_int_equal(find(f, PIET).disabled_at, 0);
	assert_string_equal(find(f, PIET).disabled_because, "");
}

/* abuse_91: a deleted user's id is nobody's again, his rows are gone. */
static void abuse_91_deleting(void **state)
{
	struct user user;
	bool used = false;
	uint32_t uid = 0;

	(void)state;
	fail_once();
	apply(f,
	      (struct change){
		      .type = CHANGE_USER_DELETE, .uid = JAN, .at = 5 },
	      0);
	assert_int_equal(user_find(f->state.store, "jan", &user),
			 USER_E_UNKNOWN);
	assert_int_equal(user_uid_is_used(f->state.store, JAN, &used), 0);
	assert_true(used);
	assert_int_equal(user_uid_is_used(f->state.store, NOBODY, &used), 0);
	assert_false(used);
	assert_int_equal(user_free_uid(f->state.store, PIET, 99999, &uid), 0);
	assert_int_equal(uid, JAN + 1);
	assert_int_equal(user_free_uid(f->state.store, PIET, JAN, &uid),
			 USER_E_UNKNOWN);
	assert_int_equal(user_free_uid(f->state.store, 70000, 70000, &uid), 0);
	assert_int_equal(uid, 70000);
	apply(f,
	      (struct change){
		      .type = CHANGE_USER_DELETE, .uid = PIET, .at = 5 },
	      0);
	assert_int_equal(
		state_number(&f->state, "SELECT count(*) FROM failure"), 0);
}

static void failures_and_locks(void **state)
{
	struct user user;

	(void)state;
	change(CHANGE_CLAIM);
	assert_true(find(f, PIET).claim);
	fail_once();
	user = find(f, PIET);
	assert_false(user.claim);
	assert_int_equal(user.failures, 1);
	lock("too-many-failures");
	user = find(f, PIET);
	assert_true(user_is_locked(&user));
	assert_int_equal(user.locked_at, 1234);
	assert_int_equal(user.credential, 2);
	/* A lock that stands is not written over. */
	lock("another reason");
	user = find(f, PIET);
	assert_string_equal(user.locked_because, "too-many-failures");
	assert_int_equal(user.credential, 2);
	change(CHANGE_USER_UNLOCK);
	user = find(f, PIET);
	assert_false(user_is_locked(&user));
	assert_string_equal(user.locked_because, "");
	assert_int_equal(user.failures, 0);
	assert_int_equal(user.credential, 3);
	assert_int_equal(
		state_number(&f->state, "SELECT count(*) FROM failure"), 0);
}

static int collect(const struct user_failure *one, void *userdata)
{
	struct text *references = userdata;

	text_add(references, one->reference);
	assert_string_equal(one->service, "sshd");
	assert_string_equal(one->address, "192.0.2.1");
	return 0;
}

static int stop_at_once(const struct user_failure *one, void *userdata)
{
	(void)one;
	(void)userdata;
	return 42;
}

static void failures_read_back(void **state)
{
	char references[64];
	struct text text;

	(void)state;
	text_init(&text, references, sizeof(references));
	fail_once();
	fail_once();
	assert_int_equal(
		user_for_each_failure(f->state.store, PIET, collect, &text), 0);
	assert_string_equal(references, "AAAA-0001AAAA-0001");
	assert_int_equal(
		user_for_each_failure(f->state.store, PIET, stop_at_once, NULL),
		42);
	assert_int_equal(
		user_for_each_failure(f->state.store, JAN, stop_at_once, NULL),
		0);
}

/* What resets the count, and what only ends a verification. */
static void ends_of_a_verification(void **state)
{
	static const struct {
		enum change_type type;
		uint32_t failures;
		bool login;
	} cases[] = {
		{ CHANGE_RELEASE, 1, false },
		{ CHANGE_RESET, 0, false },
		{ CHANGE_SUCCESS, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct user user;

		change(CHANGE_USER_UNLOCK);
		fail_once();
		change(CHANGE_CLAIM);
		apply(f,
		      (struct change){ .type = cases[i].type,
				       .uid = PIET,
				       .at = 777,
				       .service = "sshd",
				       .address = "192.0.2.1" },
		      0);
		user = find(f, PIET);
		assert_false(user.claim);
		assert_int_equal(user.failures, cases[i].failures);
		assert_int_equal(
			state_number(&f->state, "SELECT count(*) FROM failure"),
			cases[i].failures);
		assert_int_equal(user.last_login, cases[i].login ? 777 : 0);
		assert_string_equal(user.last_login_service,
				    cases[i].login ? "sshd" : "");
	}
}

static uint32_t n_tests(uint32_t uid)
{
	uint32_t n = 99;

	assert_int_equal(login_test_count(f->state.store, uid, &n), 0);
	return n;
}

/* Beside the failures, and gone with them. */
static void tests_of_a_login(void **state)
{
	static const enum change_type ends[] = { CHANGE_SUCCESS, CHANGE_RESET,
						 CHANGE_USER_UNLOCK };

	(void)state;
	change(CHANGE_TEST_RELEASE);
	assert_int_equal(n_tests(PIET), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		change(CHANGE_TEST_CLAIM);
		change(CHANGE_TEST_CLAIM);
		change(CHANGE_TEST_RELEASE);
		lock("lost");
		change(CHANGE_RELEASE);
		assert_int_equal(n_tests(PIET), 1);
		assert_int_equal(n_tests(JAN), 0);
		assert_int_equal(find(f, PIET).failures, 0);
		apply(f,
		      (struct change){ .type = ends[i],
				       .uid = PIET,
				       .at = 777,
				       .service = "sshd" },
		      0);
		assert_int_equal(n_tests(PIET), 0);
	}
	change(CHANGE_TEST_CLAIM);
	change(CHANGE_USER_DELETE);
	assert_int_equal(
		state_number(&f->state, "SELECT count(*) FROM login_test"), 0);
}

static void passwords(void **state)
{
	const struct sealed sealed = { .n = 5, .bytes = { 5, 4, 3, 2, 1 } };
	struct user user;

	(void)state;
	apply(f,
	      (struct change){
		      .type = CHANGE_REHASH, .uid = PIET, .password = &sealed },
	      0);
	user = find(f, PIET);
	assert_int_equal(user.password.n, 5);
	/* The same secret: nothing else of it changes. */
	assert_int_equal(user.credential, 1);
	assert_int_equal(user.password_kind, USER_PASSWORD_TEMPORARY);
	apply(f,
	      (struct change){ .type = CHANGE_PASSWORD,
			       .uid = PIET,
			       .at = 888,
			       .password = &sealed,
			       .kind = USER_PASSWORD_CHOSEN },
	      0);
	user = find(f, PIET);
	assert_int_equal(user.credential, 2);
	assert_int_equal(user.password_kind, USER_PASSWORD_CHOSEN);
	assert_int_equal(user.password_changed, 888);
	assert_int_equal(user.temporary_until, 0);
}

/* A sealed hash opens in its own row alone. */
static void sealed_by_row(void **state)
{
	struct secret hash = { 0 };
	struct user user = user_of(PIET, "piet");

	(void)state;
	assert_int_equal(
		state_seal_password(&f->state, PIET, "a hash", &user.password),
		0);
	assert_int_equal(state_open_password(&f->state, &user, &hash), 0);
	assert_string_equal(hash.bytes, "a hash");
	user.uid = JAN;
	assert_int_equal(state_open_password(&f->state, &user, &hash),
			 SEAL_E_DAMAGED);
}

/* A change of nobody is an error where it must not be one of nothing. */
static void changes_of_nobody(void **state)
{
	static const struct {
		enum change_type type;
		int result;
	} cases[] = {
		{ CHANGE_USER_SET, -ESRCH },
		{ CHANGE_USER_ENABLE, -ESRCH },
		{ CHANGE_USER_DISABLE, -ESRCH },
		{ CHANGE_USER_DELETE, -ESRCH },
		{ CHANGE_PASSWORD, -ESRCH },
		{ CHANGE_REHASH, -ESRCH },
		{ CHANGE_CLAIM, -ESRCH },
		{ CHANGE_FAILURE, -EEXIST },
		{ CHANGE_RELEASE, 0 },
		{ CHANGE_RESET, 0 },
		{ CHANGE_USER_UNLOCK, 0 },
		{ CHANGE_SESSION_CLOSE, 0 },
		{ CHANGE_SESSION_OPEN, -EEXIST },
		{ CHANGE_ACCEPTANCE, -EEXIST },
		{ CHANGE_VISIT, -EEXIST },
		{ CHANGE_VISIT_REFUSED, 0 },
		{ CHANGE_SSH_KEY_ADD, -EEXIST },
		{ CHANGE_SSH_KEY_REMOVE, -ESRCH },
	};
	const struct user_failure failure = { .service = "sshd" };
	const struct acceptance acceptance = { .version = "1" };
	const struct ssh_key ssh_key = { .added_at = 1 };
	const struct user user = user_of(NOBODY, "nobody");
	const struct sealed sealed = { .n = 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t seq = f->state.ledger.seq;

		apply(f,
		      (struct change){ .type = cases[i].type,
				       .uid = NOBODY,
				       .user = &user,
				       .password = &sealed,
				       .failure = &failure,
				       .acceptance = &acceptance,
				       .ssh_key = &ssh_key,
				       .text = "SHA256:none",
				       .service = "sshd",
				       .address = "",
				       .terminal = "",
				       .session = "0123" },
		      cases[i].result);
		assert_int_equal(f->state.ledger.seq,
				 seq + (cases[i].result == 0));
	}
}

static void sessions(void **state)
{
	struct session session;

	(void)state;
	apply(f,
	      (struct change){ .type = CHANGE_SESSION_OPEN,
			       .uid = PIET,
			       .at = 99,
			       .session = "0123",
			       .service = "sshd",
			       .address = "192.0.2.1" },
	      0);
	assert_int_equal(session_find(f->state.store, "0123", &session), 0);
	assert_int_equal(session.uid, PIET);
	assert_int_equal(session.opened, 99);
	assert_string_equal(session.service, "sshd");
	assert_string_equal(session.address, "192.0.2.1");
	assert_string_equal(session.terminal, "");
	apply(f,
	      (struct change){ .type = CHANGE_SESSION_CLOSE,
			       .session = "0123" },
	      0);
	assert_int_equal(session_find(f->state.store, "0123", &session),
			 USER_E_UNKNOWN);
}

static void accept_notice(uint32_t uid, const char *version, int64_t at)
{
	struct acceptance one = { .language = "nl",
				  .at = at,
				  .service = "sshd",
				  .address = "192.0.2.1" };

	memcpy(one.version, version, strlen(version) + 1);
	apply(f,
	      (struct change){ .type = CHANGE_ACCEPTANCE,
			       .uid = uid,
			       .acceptance = &one },
	      0);
}

/* The versions in order of user and version, with a blank behind each. */
static void expect_acceptances(const char *expected)
{
	struct acceptance one = { 0 };
	char all[256];
	struct text text;

	text_init(&text, all, sizeof(all));
	while (acceptance_next(f->state.store, &one, &one) == 0)
		text_add_format(&text, "%s:%s ", one.user, one.version);
	assert_string_equal(all, expected);
}

static void acceptances(void **state)
{
	struct acceptance_counts counts;
	struct acceptance one;
	struct user user;

	(void)state;
	expect_acceptances("");
	accept_notice(PIET, "2", 20);
	accept_notice(PIET, "1", 10);
	accept_notice(JAN, "2", 30);
	/* The first time stands. */
	accept_notice(PIET, "2", 40);
	expect_acceptances("jan:2 piet:1 piet:2 ");
	assert_int_equal(acceptance_find(f->state.store, PIET, "2", &one), 0);
	assert_int_equal(one.at, 20);
	assert_string_equal(one.language, "nl");
	assert_string_equal(one.service, "sshd");
	assert_string_equal(one.address, "192.0.2.1");
	assert_int_equal(acceptance_find(f->state.store, PIET, "3", &one),
			 USER_E_UNKNOWN);
	assert_int_equal(
		acceptance_next_without(f->state.store, "", "1", &user), 0);
	assert_string_equal(user.name, "jan");
	assert_int_equal(
		acceptance_next_without(f->state.store, "jan", "1", &user),
		USER_E_UNKNOWN);
	assert_int_equal(acceptance_count(f->state.store, "2", &counts), 0);
	assert_int_equal(counts.accepted, 2);
	assert_int_equal(counts.asked, 2);
	/* They go with their user. */
	apply(f, (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET }, 0);
	expect_acceptances("jan:2 ");
	assert_int_equal(acceptance_count(f->state.store, "2", &counts), 0);
	assert_int_equal(counts.accepted, 1);
}

static void add_key(uint32_t uid, const char *fingerprint, int64_t at,
		    int result)
{
	struct ssh_key key = { .line = { .type = SSH_KEY_ED25519,
					 .bits = 256,
					 .key = "ssh-ed25519 AAAA",
					 .comment = "piet@home" },
			       .added_at = at,
			       .added_by = "root" };

	memcpy(key.line.fingerprint, fingerprint, strlen(fingerprint) + 1);
	apply(f,
	      (struct change){
		      .type = CHANGE_SSH_KEY_ADD, .uid = uid, .ssh_key = &key },
	      result);
}

static void remove_key(uint32_t uid, const char *fingerprint, int result)
{
	apply(f,
	      (struct change){ .type = CHANGE_SSH_KEY_REMOVE,
			       .uid = uid,
			       .text = fingerprint },
	      result);
}

static int write_fingerprint(const struct ssh_key *key, void *userdata)
{
	text_add_format(userdata, "%s ", key->line.fingerprint);
	return 0;
}

static void expect_keys(uint32_t uid, const char *expected, uint32_t n_expected)
{
	uint32_t n = UINT32_MAX;
	char all[256];
	struct text text;

	text_init(&text, all, sizeof(all));
	assert_int_equal(
		ssh_key_for_each(f->state.store, uid, write_fingerprint, &text),
		0);
	assert_string_equal(all, expected);
	assert_int_equal(ssh_key_count(f->state.store, uid, &n), 0);
	assert_int_equal(n, n_expected);
}

static int stop_at_key(const struct ssh_key *key, void *userdata)
{
	(void)key;
	(void)userdata;
	return 7;
}

static void ssh_keys(void **state)
{
	struct ssh_key key;

	(void)state;
	expect_keys(PIET, "", 0);
	add_key(PIET, "SHA256:b", 20, 0);
	add_key(PIET, "SHA256:a", 30, 0);
	/* The same one twice is none; somebody else may have it too. */
	add_key(PIET, "SHA256:b", 40, -EEXIST);
	add_key(JAN, "SHA256:b", 50, 0);
	expect_keys(PIET, "SHA256:b SHA256:a ", 2);
	assert_int_equal(ssh_key_find(f->state.store, PIET, "SHA256:b", &key),
			 0);
	assert_int_equal(key.line.type, SSH_KEY_ED25519);
	assert_int_equal(key.line.bits, 256);
	assert_string_equal(key.line.key, "ssh-ed25519 AAAA");
	assert_string_equal(key.line.comment, "piet@home");
	assert_int_equal(key.added_at, 20);
	assert_string_equal(key.added_by, "root");
	assert_int_equal(
		ssh_key_for_each(f->state.store, PIET, stop_at_key, NULL), 7);
	remove_key(PIET, "SHA256:b", 0);
	remove_key(PIET, "SHA256:b", -ESRCH);
	assert_int_equal(ssh_key_find(f->state.store, PIET, "SHA256:b", &key),
			 USER_E_UNKNOWN);
	expect_keys(PIET, "SHA256:a ", 1);
	expect_keys(JAN, "SHA256:b ", 1);
	/* A row that cannot be true is not used. */
	assert_int_equal(store_execute(f->state.store,
				       "UPDATE ssh_key SET type = 'ssh-dss'"),
			 0);
	assert_int_equal(ssh_key_find(f->state.store, JAN, "SHA256:b", &key),
			 USER_E_DAMAGED);
	/* They go with their user. */
	apply(f, (struct change){ .type = CHANGE_USER_DELETE, .uid = JAN }, 0);
	expect_keys(JAN, "", 0);
}

static void visits(void **state)
{
	struct visit visit;

	(void)state;
	assert_int_equal(visit_find(f->state.store, PIET, &visit), 0);
	assert_int_equal(visit.at, 0);
	for (int i = 0; i < 2; i++)
		apply(f,
		      (struct change){ .type = CHANGE_VISIT_REFUSED,
				       .uid = PIET },
		      0);
	assert_int_equal(visit_find(f->state.store, PIET, &visit), 0);
	assert_int_equal(visit.at, 0);
	assert_int_equal(visit.failed, 2);
	apply(f,
	      (struct change){ .type = CHANGE_VISIT,
			       .uid = PIET,
			       .at = 99,
			       .service = "sshd",
			       .address = "192.0.2.1",
			       .terminal = "ssh" },
	      0);
	assert_int_equal(visit_find(f->state.store, PIET, &visit), 0);
	assert_int_equal(visit.at, 99);
	assert_string_equal(visit.address, "192.0.2.1");
	assert_int_equal(visit.failed, 0);
	apply(f, (struct change){ .type = CHANGE_USER_DELETE, .uid = PIET }, 0);
	assert_int_equal(visit_find(f->state.store, PIET, &visit), 0);
	assert_int_equal(visit.at, 0);
}

/* A set of which one part fails leaves nothing, and the ledger's head too. */
static void all_or_nothing(void **state)
{
	const struct ledger before = f->state.ledger;
	unsigned int n_committed = f->n_committed;
	struct user twice = user_of(PIET, "piet");
	struct change_set set = { 0 };

	(void)state;
	change_set_add(&set, (struct change){ .type = CHANGE_USER_DISABLE,
					      .uid = JAN });
	change_set_add(&set, (struct change){ .type = CHANGE_USER_ADD,
					      .user = &twice });
	change_set_record(&set, record_of(EVENT_USER_ADDED, "piet"));
	assert_int_equal(state_apply(&f->state, &set), -EEXIST);
	assert_true(find(f, JAN).enabled);
	assert_memory_equal(&f->state.ledger, &before, sizeof(before));
	assert_int_equal(f->n_committed, n_committed);
	/* The next one goes on where the last good one was. */
	change(CHANGE_USER_DISABLE);
	assert_int_equal(f->state.ledger.seq, before.seq + 1);
	assert_int_equal(f->first_seq, before.seq + 1);
	assert_int_equal(f->n_committed, n_committed + 1);
}

/* A record that cannot be written takes its change with it. */
static void no_change_without_its_record(void **state)
{
	struct ledger before;

	(void)state;
	assert_int_equal(store_run(f->state.store,
				   "INSERT INTO ledger (seq, at, event, result,"
				   " reason, chain) VALUES (4, 0, '', '', '',"
				   " x'00')",
				   ""),
			 0);
	change(CHANGE_USER_DISABLE);
	before = f->state.ledger;
	apply(f, (struct change){ .type = CHANGE_USER_ENABLE, .uid = PIET },
	      -EEXIST);
	assert_false(find(f, PIET).enabled);
	assert_memory_equal(&f->state.ledger, &before, sizeof(before));
	assert_int_equal(store_run(f->state.store,
				   "DELETE FROM ledger WHERE seq = 4", ""),
			 0);
}

static int keep_failure(const struct user_failure *one, void *userdata)
{
	*(struct user_failure *)userdata = *one;
	return 1;
}

/* Who kills the daemon does not hide from where he guessed. */
static void open_claim_says_whence(void **state)
{
	const struct user_claim claim = { .failure = { .at = 3,
						       .service = "sudo",
						       .address = "192.0.2.7",
						       .terminal = "pts/1" },
					  .requester = "jan" };
	struct user_failure failure;
	struct ledger_row row;

	(void)state;
	apply(f,
	      (struct change){
		      .type = CHANGE_CLAIM, .uid = PIET, .claim = &claim },
	      0);
	assert_int_equal(state_settle_claims(&f->state, 3, 5000000), 0);
	assert_int_equal(user_for_each_failure(f->state.store, PIET,
					       keep_failure, &failure),
			 1);
	assert_int_equal(failure.at, 3);
	assert_string_equal(failure.service, "sudo");
	assert_string_equal(failure.address, "192.0.2.7");
	assert_string_equal(failure.terminal, "pts/1");
	assert_string_equal(failure.reason, "interrupted");
	assert_int_equal(ledger_next_unpublished(&f->state.ledger,
						 f->state.ledger.seq, &row),
			 0);
	assert_string_equal(row.event, "failure-counted");
	assert_string_equal(row.service, "sudo");
	assert_string_equal(row.address, "192.0.2.7");
	assert_string_equal(row.terminal, "pts/1");
	assert_string_equal(row.details,
			    "answered=1970-01-01T00:00:03Z requester=jan");
	assert_int_equal(row.at_us, 5000000);
}

/* What was settled is not kept: who tried may have been anybody. */
static void settled_claim_is_forgotten(void **state)
{
	static const enum change_type ends[] = { CHANGE_SUCCESS, CHANGE_RESET,
						 CHANGE_RELEASE,
						 CHANGE_FAILURE };
	const struct user_claim claim = {
		.failure = { .at = 3, .address = "192.0.2.7" }
	};
	const struct user_failure failure = { .at = 4 };
	struct user_claim found;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		apply(f,
		      (struct change){ .type = CHANGE_CLAIM,
				       .uid = PIET,
				       .claim = &claim },
		      0);
		assert_int_equal(user_find_claim(f->state.store, PIET, &found),
				 0);
		assert_string_equal(found.failure.address, "192.0.2.7");
		apply(f,
		      (struct change){ .type = ends[i],
				       .uid = PIET,
				       .failure = &failure,
				       .service = "sshd" },
		      0);
		assert_int_equal(user_find_claim(f->state.store, PIET, &found),
				 USER_E_UNKNOWN);
		assert_int_equal(state_number(&f->state,
					      "SELECT count(*) FROM user WHERE"
					      " claimed_at != 0 OR"
					      " claimed_address != ''"),
				 0);
	}
}

/* Claims that were left open count, each once, and lock at the limit. */
static void open_claims(void **state)
{
	int64_t seq;

	(void)state;
	fail_once();
	fail_once();
	change(CHANGE_CLAIM);
	apply(f, (struct change){ .type = CHANGE_CLAIM, .uid = JAN }, 0);
	seq = f->state.ledger.seq;
	assert_int_equal(state_settle_claims(&f->state, 3, 5000000), 0);
	assert_int_equal(find(f, PIET).failures, 3);
	assert_int_equal(find(f, PIET).locked_at, 5);
	assert_string_equal(find(f, PIET).locked_because, "too-many-failures");
	assert_int_equal(find(f, JAN).failures, 1);
	assert_int_equal(find(f, JAN).locked_at, 0);
	assert_int_equal(f->state.ledger.seq, seq + 3);
	assert_int_equal(state_settle_claims(&f->state, 3, 5000000), 0);
	assert_int_equal(f->state.ledger.seq, seq + 3);
}

/* A row that cannot be true is nobody's. */
static void damaged_rows(void **state)
{
	static const char *const sql[] = {
		"UPDATE user SET role = 2 WHERE uid = 66000",
		"UPDATE user SET role = -1 WHERE uid = 66000",
		"UPDATE user SET password_kind = 3 WHERE uid = 66000",
		"UPDATE user SET failures = -1 WHERE uid = 66000",
		"UPDATE user SET failures = 4294967296 WHERE uid = 66000",
		"UPDATE user SET password = zeroblob(400) WHERE uid = 66000",
		"UPDATE user SET shell = hex(zeroblob(200)) WHERE uid = 66000",
		"UPDATE user SET home = 'a' || char(0) WHERE uid = 66000",
		"UPDATE user SET name = 'Piet' WHERE uid = 66000",
		"UPDATE user SET name = 'piet:x' WHERE uid = 66000",
		"UPDATE user SET uid = 0 WHERE uid = 66000",
		"UPDATE user SET uid = 65535 WHERE uid = 66000",
		"UPDATE user SET uid = 4294967295 WHERE uid = 66000",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		struct user user = { .uid = 4711 };
		const char *name = strstr(sql[i], "'Piet'")     ? "Piet"
				   : strstr(sql[i], "'piet:x'") ? "piet:x"
								: "piet";

		assert_int_equal(store_begin(f->state.store), 0);
		assert_int_equal(store_run(f->state.store, sql[i], ""), 0);
		if (user_find(f->state.store, name, &user) != USER_E_DAMAGED)
			fail_msg("was read: %s", sql[i]);
		assert_int_equal(user.uid, 4711);
		store_rollback(f->state.store);
	}
	/* Enabled is one thing; whatever else is not. */
	assert_int_equal(store_run(f->state.store,
				   "UPDATE user SET enabled = 2"
				   " WHERE uid = 66000",
				   ""),
			 0);
	assert_false(find(f, PIET).enabled);
}

static void listed_by_name(void **state)
{
	struct user_counts counts;
	char names[64];
	struct user user = { .name = "" };
	struct text text;

	(void)state;
	text_init(&text, names, sizeof(names));
	add(66005, "anna");
	add(66004, "_x");
	while (user_next(f->state.store, user.name, &user) == 0)
		text_add_format(&text, "%s ", user.name);
	assert_string_equal(names, "_x anna jan piet ");
	lock("test");
	change(CHANGE_USER_DISABLE);
	assert_int_equal(user_count(f->state.store, &counts), 0);
	assert_int_equal(counts.all, 4);
	assert_int_equal(counts.locked, 1);
	assert_int_equal(counts.disabled, 1);
}

static int note_lock(const struct user_lock *lock, void *text)
{
	text_add_format(text, "%s@%lld %s %s %s;", lock->name,
			(long long)lock->at, lock->because, lock->service,
			lock->address);
	return 0;
}

static void locks_newest_first(void **state)
{
	const struct user_failure failure = {
		.at = 5,
		.service = "sshd",
		.address = "192.0.2.7",
		.reason = "wrong-password",
	};
	struct change_set set = { 0 };
	char seen[256];
	struct text text;

	(void)state;
	add(66005, "anna");
	lock("lost laptop");
	change_set_add(&set, (struct change){ .type = CHANGE_FAILURE,
					      .uid = 66005,
					      .failure = &failure });
	change_set_add(&set, (struct change){ .type = CHANGE_USER_LOCK,
					      .uid = 66005,
					      .at = INT64_C(1) << 40,
					      .text = "wrong-password" });
	assert_int_equal(state_apply(&f->state, &set), 0);
	text_init(&text, seen, sizeof(seen));
	assert_int_equal(
		user_for_each_lock(f->state.store, 5, note_lock, &text), 0);
	assert_non_null(strstr(seen, "anna@1099511627776 wrong-password sshd "
				     "192.0.2.7;piet@"));
	assert_non_null(strstr(seen, "lost laptop  ;"));
	text_init(&text, seen, sizeof(seen));
	assert_int_equal(
		user_for_each_lock(f->state.store, 1, note_lock, &text), 0);
	assert_null(strstr(seen, "piet"));
}

static void services(void **state)
{
	static const struct {
		const char *services, *service;
		bool may, shell;
	} cases[] = {
		{ "sshd,sudo", "sshd", true, true },
		{ "sshd,sudo", "sudo", true, true },
		{ "sshd,sudo", "ssh", false, true },
		{ "sshd,sudo", "sshd,sudo", false, true },
		{ "sshd,sudo", "", false, true },
		{ "sudo", "sshd", false, false },
		{ "", "sshd", false, false },
		{ "", "", false, false },
		{ "sshd-x,xsshd", "sshd", false, false },
		{ "dovecot,login", "login", true, true },
		{ "SSHD", "sshd", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct user user = { 0 };

		memcpy(user.services, cases[i].services,
		       strlen(cases[i].services) + 1);
		if (user_may_use(&user, cases[i].service) != cases[i].may ||
		    user_may_log_in(&user) != cases[i].shell)
			fail_msg("'%s', '%s'", cases[i].services,
				 cases[i].service);
	}
}

/* What a power failure may take back: no code that was used, no guess. */
static void only_relief_may_be_lost(void **state)
{
	(void)state;
	for (int type = _CHANGE_NONE + 1; type < _CHANGE_N; type++) {
		struct change_set set = { 0 };

		change_set_add(&set, (struct change){ .type = CHANGE_SUCCESS });
		change_set_add(&set, (struct change){
					     .type = (enum change_type)type });
		assert_int_equal(change_set_is_relief(&set),
				 type == CHANGE_SUCCESS ||
					 type == CHANGE_REHASH);
	}
}

static void names_of_kinds(void **state)
{
	enum user_role role = USER_ROLE_USER;

	(void)state;
	for (unsigned int i = 0; i < _USER_ROLE_N; i++) {
		assert_true(user_role_find(user_role_name(i), &role));
		assert_int_equal(role, i);
	}
	role = USER_ROLE_USER;
	assert_false(user_role_find("Administrator", &role));
	assert_false(user_role_find("", &role));
	assert_int_equal(role, USER_ROLE_USER);
	assert_string_equal(user_password_kind_name(0), "none");
	/* Who sees a change in the map: name, id, shell, home. */
	for (unsigned int i = 0; i < _CHANGE_N; i++) {
		const struct change one = { .type = i };

		assert_int_equal(change_is_identity(&one),
				 i == CHANGE_USER_ADD || i == CHANGE_USER_SET ||
					 i == CHANGE_USER_DELETE);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users_are_read_as_added),
		TEST(outlines_agree_with_users),
		TEST(a_profile_and_nothing_else),
		TEST(enabling),
		TEST(abuse_91_deleting),
		TEST(failures_and_locks),
		TEST(failures_read_back),
		TEST(ends_of_a_verification),
		TEST(tests_of_a_login),
		TEST(passwords),
		TEST(sealed_by_row),
		TEST(changes_of_nobody),
		TEST(sessions),
		TEST(acceptances),
		TEST(ssh_keys),
		TEST(visits),
		TEST(all_or_nothing),
		TEST(no_change_without_its_record),
		TEST(open_claims),
		TEST(open_claim_says_whence),
		TEST(settled_claim_is_forgotten),
		TEST(damaged_rows),
		TEST(listed_by_name),
		TEST(locks_newest_first),
		TEST(services),
		TEST(only_relief_may_be_lost),
		TEST(names_of_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
