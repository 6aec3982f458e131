/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which language a login speaks, and how openly: what a stranger hears, and
 * what somebody hears who has proved his password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define PIET 66000
#define JAN 66001

static struct core fixture;
static struct core *const core = &fixture;

static int teardown(void **state)
{
	(void)state;
	core_finish(core);
	return 0;
}

static void speaks(const char *name, const char *language)
{
	assert_string_equal(administer(core, "SetUser",
				       json_pack("{s:s, s:s}", "name", name,
						 "language", language))
				    .error,
			    "");
}

/* The message without the reference that it ends with. */
static void expect_message(struct outcome outcome, const char *text)
{
	char expected[512];

	(void)snprintf(expected, sizeof(expected), "%s %s.", text,
		       outcome.reference);
	assert_string_equal(outcome.message, expected);
	assert_int_equal(strlen(outcome.reference), 9);
}

#define NEUTRAL "Access denied. Reference"
#define NEUTRAAL "Toegang geweigerd. Referentie"

/* abuse_73: neither the language nor the text tells whether there is a user. */
static void abuse_73_strangers_hear_the_same(void **state)
{
	static const struct {
		const char *lines, *client;
		bool dutch;
	} rows[] = {
		{ NULL, NULL, false },
		{ NULL, "nl", true },
		{ NULL, "nl_NL.UTF-8", true },
		{ NULL, "en", false },
		{ NULL, "de", false },
		{ "[login]\nlanguage = nl\n", NULL, true },
		{ "[login]\nlanguage = nl\n", "de", true },
		{ "[login]\nlanguage = nl\n", "en", false },
		{ "[service sshd]\nlanguage = nl\n", NULL, true },
		{ "[service sshd]\nlanguage = nl\n", "en", true },
		{ "[service sshd]\nlanguage = en\n[login]\nlanguage = nl\n",
		  "nl", false },
		{ "[service sshd]\n[login]\nlanguage = nl\n", NULL, true },
		{ "[service su]\nlanguage = nl\n", NULL, false },
	};
	static const char *const users[] = { "piet", "jan", "nobody-here" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		core_init(core, rows[i].lines);
		core_add(core, PIET, "piet", CORE_OLD);
		core_add(core, JAN, "jan", CORE_OLD);
		speaks("piet", "nl");
		speaks("jan", "en");
		for (size_t u = 0; u < ARRAY_SIZE(users); u++) {
			struct about about = { .user = users[u],
					       .language = rows[i].client };
			struct talk talk;

			talk_open(core, &talk, 0);
			assert_string_equal(start(core, &talk, about).prompt,
					    rows[i].dutch ? "Wachtwoord: "
							  : "Password: ");
			expect_message(answer(core, &talk, CORE_WRONG),
				       rows[i].dutch ? NEUTRAAL : NEUTRAL);
			talk_close(core, &talk);
		}
		core_finish(core);
	}
	core_init(core, NULL);
}

/* A right password does not tell of a gate that stood before it. */
static void a_gate_is_told_of_to_nobody(void **state)
{
	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	speaks("piet", "nl");
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = PIET,
					  .at = 1,
					  .text = "test" });
	expect_message(log_in(core, "piet", CORE_OLD), NEUTRAL);
	expect_message(log_in(core, "piet", CORE_WRONG), NEUTRAL);
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_UNLOCK, .uid = PIET });
	core_apply(core,
		   (struct change){ .type = CHANGE_USER_DISABLE, .uid = PIET });
	expect_message(log_in(core, "piet", CORE_OLD), NEUTRAL);
}

/* From the right password on he is spoken to as himself. */
static void who_proved_hears_his_own_language(void **state)
{
	const struct about about = { .user = "piet", .language = "en" };
	struct outcome outcome;
	struct talk talk;

	(void)state;
	core_init(core, "[service sshd]\nlanguage = en\n");
	core_add_temporary(core, PIET, "piet", CORE_OLD);
	speaks("piet", "nl");
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).prompt, "Password: ");
	assert_string_equal(answer(core, &talk, CORE_OLD).prompt,
			    "Uw wachtwoord is tijdelijk. Kies een nieuw "
			    "wachtwoord van ten minste 15 tekens.\n"
			    "Nieuw wachtwoord: ");
	assert_string_equal(answer(core, &talk, CORE_NEW).prompt,
			    "Nieuw wachtwoord nogmaals: ");
	assert_string_equal(answer(core, &talk, CORE_WRONG).prompt,
			    "De twee waren niet hetzelfde.\n"
			    "Nieuw wachtwoord: ");
	(void)answer(core, &talk, CORE_NEW);
	/* A gate came between: in his language, and no word of it. */
	core_apply(core, (struct change){ .type = CHANGE_USER_LOCK,
					  .uid = PIET,
					  .at = 1,
					  .text = "test" });
	outcome = answer(core, &talk, CORE_NEW);
	expect_message(outcome, NEUTRAAL);
	assert_string_equal(core_row(core, outcome.reference).reason, "locked");
	talk_close(core, &talk);
}

/* Nor where his is English, and all the rest Dutch. */
static void and_that_may_be_english(void **state)
{
	const struct about about = { .user = "piet",
				     .purpose = "change",
				     .language = "nl" };
	struct talk talk;

	(void)state;
	core_init(core, "[login]\nlanguage = nl\n");
	core_add(core, PIET, "piet", CORE_OLD);
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).prompt,
			    "Huidig wachtwoord: ");
	assert_string_equal(answer(core, &talk, CORE_OLD).prompt,
			    "Nieuw wachtwoord: ");
	talk_close(core, &talk);
	speaks("piet", "en");
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).prompt,
			    "Huidig wachtwoord: ");
	assert_string_equal(answer(core, &talk, CORE_OLD).prompt,
			    "New password: ");
	talk_close(core, &talk);
}

/* A pass proves as the password did that it was given for. */
static void a_pass_proves_it_too(void **state)
{
	struct about about = { .user = "piet", .address = "192.0.2.1" };
	struct talk talk;

	(void)state;
	core_init(core, NULL);
	core_add(core, PIET, "piet", CORE_OLD);
	speaks("piet", "nl");
	about.purpose = "change";
	about.pass = log_in(core, "piet", CORE_OLD).pass;
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).prompt,
			    "Nieuw wachtwoord: ");
	talk_close(core, &talk);
	about.pass = "none-that-was-given";
	talk_open(core, &talk, 0);
	assert_string_equal(start(core, &talk, about).prompt,
			    "Current password: ");
	talk_close(core, &talk);
}

#define EXPIRED                                                        \
	"Your temporary password has expired. Ask your administrator " \
	"for a new one. Reference"
#define VERLOPEN                                                           \
	"Uw tijdelijke wachtwoord is verlopen. Vraag uw beheerder om een " \
	"nieuw wachtwoord. Referentie"

/* Why, only to who has proved the password in this login. */
static void why_after_a_first_factor(void **state)
{
	const struct about about = { .user = "piet", .address = "192.0.2.1" };

	(void)state;
	core_init(core, NULL);
	core_add_temporary(core, PIET, "piet", CORE_OLD);
	core_world.clock_s = 3601;
	expect_message(log_in(core, "piet", CORE_OLD), EXPIRED);
	speaks("piet", "nl");
	expect_message(log_in(core, "piet", CORE_OLD), VERLOPEN);
	expect_message(log_in(core, "piet", CORE_WRONG), NEUTRAL);
	/* By a key, say: nothing was proved here. */
	expect_message(account(core, 0, about), NEUTRAL);
	expect_message(open_session(core, 0, about), NEUTRAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(abuse_73_strangers_hear_the_same),
		TEST(a_gate_is_told_of_to_nobody),
		TEST(who_proved_hears_his_own_language),
		TEST(and_that_may_be_english),
		TEST(a_pass_proves_it_too),
		TEST(why_after_a_first_factor),
	};

	return cmocka_run_group_tests_name("hearer", tests, NULL, NULL);
}
