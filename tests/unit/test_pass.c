/* SPDX-License-Identifier: GPL-3.0-or-later */
/* abuse_40: whose a pass is, where, when and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/attempt/pass.h"

#define N_PASSES 4
#define UNTIL 1000

static const struct pass_proof none;
static const struct pass_binding piet = { 66000, 0, "sshd", "192.0.2.1" };

static bool take_at(struct passes *passes, const char *text,
		    const struct pass_binding *binding, enum pass_phase phase,
		    int64_t now_us)
{
	struct pass_proof proof;

	return pass_take(passes, text, binding, phase, now_us, &proof);
}

static int setup(void **state)
{
	struct passes *passes = NULL;

	if (sodium_init() < 0 || passes_new(N_PASSES, &passes) != 0)
		return 1;
	*state = passes;
	return 0;
}

static int teardown(void **state)
{
	passes_free(*state);
	return 0;
}

static void give(struct passes *passes, char text[PASS_TEXT_MAX])
{
	assert_int_equal(pass_give(passes, &piet, &none, UNTIL, text), 0);
	assert_int_equal(strlen(text), PASS_TEXT_MAX - 1);
	assert_int_equal(strspn(text, "0123456789abcdef"), PASS_TEXT_MAX - 1);
}

static bool take(struct passes *passes, const char *text)
{
	return take_at(passes, text, &piet, PASS_PHASE_ACCOUNT, 0);
}

static void bound_to_all_of_it(void **state)
{
	static const struct pass_binding others[] = {
		{ 66001, 0, "sshd", "192.0.2.1" },
		{ 66000, 1000, "sshd", "192.0.2.1" },
		{ 66000, 0, "sudo", "192.0.2.1" },
		{ 66000, 0, "ssh", "192.0.2.1" },
		{ 66000, 0, "sshd", "192.0.2.10" },
		{ 66000, 0, "sshd", "192.0.2." },
		{ 66000, 0, "sshd", "" },
		{ 66000, 0, "sshd", NULL },
	};
	char text[PASS_TEXT_MAX];

	give(*state, text);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		for (int phase = 0; phase < _PASS_PHASE_N; phase++)
			assert_false(take_at(*state, text, &others[i],
					     (enum pass_phase)phase, 0));
	/* Nobody's trying took it from its owner. */
	assert_true(take(*state, text));
}

static void no_address_is_no_address(void **state)
{
	struct pass_binding local = piet;
	char text[PASS_TEXT_MAX];

	local.address = NULL;
	assert_int_equal(pass_give(*state, &local, &none, UNTIL, text), 0);
	assert_false(take(*state, text));
	local.address = "";
	assert_true(take_at(*state, text, &local, PASS_PHASE_ACCOUNT, 0));
}

static void each_phase_once(void **state)
{
	char text[PASS_TEXT_MAX];

	give(*state, text);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			take_at(*state, text, &piet, PASS_PHASE_ACCOUNT, 0),
			i == 0);
		assert_int_equal(
			take_at(*state, text, &piet, PASS_PHASE_CHANGE, 0),
			i == 0);
	}
	assert_true(take_at(*state, text, &piet, PASS_PHASE_SESSION, 0));
	assert_false(take_at(*state, text, &piet, PASS_PHASE_SESSION, 0));
}

/* abuse_44: what was proved beside the password goes with it. */
static void it_says_what_was_proved(void **state)
{
	char text[PASS_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		const struct pass_proof proof = { .code = i == 1 };
		struct pass_proof found = { .code = i == 0 };

		assert_int_equal(pass_give(*state, &piet, &proof, UNTIL, text),
				 0);
		assert_true(pass_take(*state, text, &piet, PASS_PHASE_ACCOUNT,
				      0, &found));
		assert_int_equal(found.code, i == 1);
	}
}

static void the_session_ends_it(void **state)
{
	char text[PASS_TEXT_MAX];

	give(*state, text);
	assert_true(take_at(*state, text, &piet, PASS_PHASE_SESSION, 0));
	for (int phase = 0; phase < _PASS_PHASE_N; phase++)
		assert_false(take_at(*state, text, &piet,
				     (enum pass_phase)phase, 0));
}

static void it_expires(void **state)
{
	char text[PASS_TEXT_MAX];

	give(*state, text);
	assert_false(
		take_at(*state, text, &piet, PASS_PHASE_ACCOUNT, UNTIL + 1));
	assert_false(take_at(*state, text, &piet, PASS_PHASE_ACCOUNT, UNTIL));
	assert_true(
		take_at(*state, text, &piet, PASS_PHASE_ACCOUNT, UNTIL - 1));
}

static void it_is_revoked_with_its_user(void **state)
{
	struct pass_binding other = piet;
	char text[PASS_TEXT_MAX], second[PASS_TEXT_MAX], others[PASS_TEXT_MAX];

	other.uid = 66001;
	give(*state, text);
	give(*state, second);
	assert_int_equal(pass_give(*state, &other, &none, UNTIL, others), 0);
	pass_revoke(*state, piet.uid);
	assert_false(take(*state, text));
	assert_false(take(*state, second));
	assert_true(take_at(*state, others, &other, PASS_PHASE_ACCOUNT, 0));
}

/* Places are few, and the oldest pass makes room. */
static void the_oldest_goes(void **state)
{
	char texts[N_PASSES + 1][PASS_TEXT_MAX];

	for (int i = 0; i <= N_PASSES; i++)
		give(*state, texts[i]);
	for (int i = 0; i <= N_PASSES; i++) {
		assert_int_equal(take(*state, texts[i]), i > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
	}
}

static void what_is_no_pass(void **state)
{
	char text[PASS_TEXT_MAX], longer[PASS_TEXT_MAX + 1];

	give(*state, text);
	(void)snprintf(longer, sizeof(longer), "%s0", text);
	assert_false(take(*state, longer));
	assert_false(take(*state, ""));
	assert_false(take(*state, text + 1));
	text[31] = text[31] == '0' ? '1' : '0';
	assert_false(take(*state, text));
	/* An unused place has no text, and a text of no letters is none. */
	assert_false(take(*state, "                                "));
}

static void what_does_not_fit(void **state)
{
	struct pass_binding binding = piet;
	char text[PASS_TEXT_MAX] = "as before";

	binding.service = "sssssssssssssssssssssssssssssssssssssssssssssssssss"
			  "ssssssssssssss";
	assert_int_equal(strlen(binding.service), 65);
	assert_int_equal(pass_give(*state, &binding, &none, UNTIL, text),
			 -ENAMETOOLONG);
	binding = piet;
	binding.address = "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000";
	assert_int_equal(pass_give(*state, &binding, &none, UNTIL, text),
			 -ENAMETOOLONG);
	assert_string_equal(text, "as before");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bound_to_all_of_it),
		TEST(no_address_is_no_address),
		TEST(each_phase_once),
		TEST(the_session_ends_it),
		TEST(it_says_what_was_proved),
		TEST(it_expires),
		TEST(it_is_revoked_with_its_user),
		TEST(the_oldest_goes),
		TEST(what_is_no_pass),
		TEST(what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
