/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second factor in a conversation: an app, a code that is sent, a recovery
 * code; with a courier that does as a test says, in the daemon's own loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/attempt/code_sending.h"
#include "cloxxsd/attempt/totp.h"
#include "tests/unit/courier_fixture.h"

#define PIET 66000
#define JAN 66001
#define PHONE "+31612345642"
#define MAIL "piet@example.nl"
#define WRONG "no-code"

#define ALWAYS "[service sshd]\ncode = always\n"

static struct core fixture;
static struct core *const core = &fixture;
static const struct about piet = { .user = "piet", .address = "192.0.2.1" };

static void have(uint32_t uid, const char *phone, const char *mail,
		 const char *seed)
{
	have_factor(core, uid, phone, mail, seed);
}

static void begin(const char *lines)
{
	memset(&courier, 0, sizeof(courier));
	core_init(core, lines);
	core_world.quick = true;
	core_add(core, PIET, "piet", CORE_OLD);
	courier_listen(core);
}

static int setup(void **state)
{
	(void)state;
	begin(ALWAYS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	courier_end();
	core_finish(core);
	return 0;
}

static struct outcome to_code(struct talk *talk)
{
	talk_open(core, talk, 0);
	(void)start(core, talk, piet);
	return answer(core, talk, CORE_OLD);
}

static void expect_step(struct outcome outcome, const char *step)
{
	assert_string_equal(outcome.error, "");
	assert_string_equal(outcome.step, step);
}

static void expect_denied(struct outcome outcome, const char *reason)
{
	expect_step(outcome, "done");
	assert_string_equal(outcome.verdict, "deny");
	assert_string_equal(core_row(core, outcome.reference).reason, reason);
}

static void expect_allowed(struct outcome outcome)
{
	expect_step(outcome, "done");
	assert_string_equal(outcome.verdict, "allow");
}

static uint32_t failures(void)
{
	return core_user(core, "piet").failures;
}

static void promise_S10_a_code_by_sms(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	outcome = to_code(&talk);
	expect_step(outcome, "code");
	assert_non_null(strstr(outcome.prompt, "+31 6 **** 42"));
	assert_null(strstr(outcome.prompt, courier.code));
	assert_string_equal(courier.to, PHONE);
	assert_int_equal(strlen(courier.code), 6);
	assert_true(strlen(courier.text) <= 160);
	assert_int_equal(core_count(core, "code-sent"), 1);
	outcome = answer(core, &talk, courier.code);
	expect_allowed(outcome);
	assert_int_equal(courier.n_sms, 1);
	assert_int_equal(failures(), 0);
	talk_close(core, &talk);
}

static void promise_S10_a_code_by_mail(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	core_configure(core, ALWAYS "[code]\nmail = yes\ndigits = 8\n");
	courier_end();
	core_restart(core);
	courier_listen(core);
	have(PIET, NULL, MAIL, NULL);
	outcome = to_code(&talk);
	expect_step(outcome, "code");
	assert_non_null(strstr(outcome.prompt, "p***@example.nl"));
	assert_string_equal(courier.to, MAIL);
	assert_int_equal(strlen(courier.code), 8);
	/* abuse_51: what stands in the list of a mailbox. */
	assert_null(strstr(courier.subject, courier.code));
	expect_allowed(answer(core, &talk, courier.code));
	talk_close(core, &talk);
}

/* Mail alone is no second factor, unless it was made one. */
static void mail_is_off(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, NULL, MAIL, NULL);
	expect_denied(to_code(&talk), "no-second-factor");
	assert_int_equal(courier.n_mail, 0);
	talk_close(core, &talk);
}

static void abuse_54_the_code_of_an_app(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have(PIET, NULL, NULL, SEED);
	for (int steps = -1; steps <= 1; steps++) {
		outcome = to_code(&talk);
		expect_step(outcome, "code");
		outcome = answer(core, &talk, app_code(SEED, steps));
		expect_allowed(outcome);
		talk_close(core, &talk);
	}
	assert_int_equal(courier.n_sms, 0);
	/* The same once more, and what is further away. */
	outcome = to_code(&talk);
	expect_step(answer(core, &talk, app_code(SEED, 1)), "code");
	assert_int_equal(failures(), 1);
	expect_step(answer(core, &talk, app_code(SEED, 2)), "code");
	assert_int_equal(failures(), 2);
	core_world.clock_s += 60;
	expect_allowed(answer(core, &talk, app_code(SEED, 0)));
	assert_int_equal(failures(), 0);
	talk_close(core, &talk);
	(void)outcome;
}

/* abuse_133: a clock that was set back revives none. */
static void abuse_54_no_replay_after_the_clock(void **state)
{
	char code[TOTP_DIGITS + 1];
	struct talk talk;

	(void)state;
	have(PIET, NULL, NULL, SEED);
	(void)to_code(&talk);
	memcpy(code, app_code(SEED, 0), sizeof(code));
	expect_allowed(answer(core, &talk, code));
	talk_close(core, &talk);
	core_world.clock_s -= 30;
	(void)to_code(&talk);
	expect_step(answer(core, &talk, code), "code");
	assert_int_equal(failures(), 1);
	talk_close(core, &talk);
}

static void abuse_44_a_code_of_another_attempt(void **state)
{
	char first[16];
	struct talk one, other;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)to_code(&one);
	memcpy(first, courier.code, sizeof(first));
	(void)to_code(&other);
	assert_string_not_equal(first, courier.code);
	expect_step(answer(core, &other, first), "code");
	assert_int_equal(failures(), 1);
	expect_allowed(answer(core, &one, first));
	talk_close(core, &one);
	talk_close(core, &other);
}

static void abuse_44_once(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)to_code(&talk);
	expect_allowed(answer(core, &talk, courier.code));
	assert_string_equal(answer(core, &talk, courier.code).error,
			    "nl.cloxxs.Login.NoAttempt");
	talk_close(core, &talk);
}

static void abuse_46_too_late(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)to_code(&talk);
	core_world.steady_s += 299;
	/* Sent again is the same one, and no longer valid than before. */
	expect_step(answer(core, &talk, "again"), "code");
	assert_int_equal(courier.n_sms, 2);
	core_world.steady_s += 1;
	expect_denied(answer(core, &talk, courier.code), "code-expired");
	assert_int_equal(failures(), 0);
	talk_close(core, &talk);
}

static void abuse_46_what_changed_ends_it(void **state)
{
	static const enum change_type types[] = { CHANGE_USER_LOCK,
						  CHANGE_SECOND_FACTOR };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct talk talk;

		have(PIET, PHONE, NULL, NULL);
		expect_step(to_code(&talk), "code");
		if (types[i] == CHANGE_SECOND_FACTOR)
			have(PIET, "+31612345643", NULL, NULL);
		else
			core_apply(core, (struct change){ .type = types[i],
							  .uid = PIET,
							  .at = 1,
							  .text = "why" });
		expect_denied(answer(core, &talk, courier.code),
			      types[i] == CHANGE_USER_LOCK ? "locked"
							   : "superseded");
		core_apply(core, (struct change){ .type = CHANGE_USER_UNLOCK,
						  .uid = PIET });
		talk_close(core, &talk);
	}
}

static void abuse_48_no_message_without_the_password(void **state)
{
	(void)state;
	have(PIET, PHONE, NULL, NULL);
	core_set_services(core, "piet", "sshd");
	for (int i = 0; i < 20; i++) {
		(void)log_in(core, i % 2 ? "nobody" : "piet", CORE_WRONG);
		core_apply(core, (struct change){ .type = CHANGE_USER_UNLOCK,
						  .uid = PIET });
	}
	assert_int_equal(courier.n_sms + courier.n_mail, 0);
}

static void abuse_49_so_many_an_hour(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)to_code(&talk);
	for (int i = 0; i < 4; i++)
		expect_step(answer(core, &talk, "opnieuw"), "code");
	/* No more of them; that which was sent is good. */
	expect_step(answer(core, &talk, "again"), "code");
	assert_int_equal(courier.n_sms, 5);
	assert_int_equal(core_count(core, "code-sent"), 6);
	expect_allowed(answer(core, &talk, courier.code));
	talk_close(core, &talk);
	/* Neither a restart nor a clock that is set back makes more of them. */
	courier_end();
	core_restart(core);
	courier_listen(core);
	core_world.clock_s -= 7200;
	expect_denied(to_code(&talk), "codes-spent");
	talk_close(core, &talk);
	core_world.clock_s += 7200 + 3601;
	expect_step(to_code(&talk), "code");
	talk_close(core, &talk);
	assert_int_equal(failures(), 0);
}

/* All together. */
static void abuse_49_for_all(void **state)
{
	struct talk talk;

	(void)state;
	courier_reconfigure(core, ALWAYS "[code]\nper_hour = 1\n");
	have(PIET, PHONE, NULL, NULL);
	core_add(core, JAN, "jan", CORE_OLD);
	have(JAN, "+31612345699", NULL, NULL);
	(void)to_code(&talk);
	talk_close(core, &talk);
	expect_denied(log_in(core, "jan", CORE_OLD), "codes-spent");
}

/* A number that may be no longer is none. */
static void abuse_49_abroad(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, "+99812345678", NULL, NULL);
	expect_denied(to_code(&talk), "no-second-factor");
	assert_int_equal(courier.n_sms, 0);
	talk_close(core, &talk);
}

static void abuse_50_no_gateway(void **state)
{
	static const char *const results[] = { "refused", "unreachable" };
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		courier.result = results[i];
		outcome = to_code(&talk);
		expect_denied(outcome, "code-not-sent");
		assert_null(strstr(outcome.message, "gateway"));
		talk_close(core, &talk);
	}
	assert_int_equal(courier.n_sms, 2);
	courier_end();
	expect_denied(to_code(&talk), "code-not-sent");
	talk_close(core, &talk);
	assert_int_equal(failures(), 0);
}

/* What may have left is asked for, and not sent by another way. */
static void abuse_50_perhaps(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	courier_reconfigure(core, ALWAYS "[code]\nmail = yes\n");
	have(PIET, PHONE, MAIL, NULL);
	courier.result = "uncertain";
	outcome = to_code(&talk);
	expect_step(outcome, "code");
	assert_int_equal(courier.n_sms, 1);
	assert_int_equal(courier.n_mail, 0);
	expect_allowed(answer(core, &talk, courier.code));
	talk_close(core, &talk);
}

/* What did not leave goes by the next way. */
static void another_way(void **state)
{
	struct outcome outcome;
	struct talk talk;

	(void)state;
	courier_reconfigure(core, ALWAYS "[code]\nmail = yes\n");
	have(PIET, PHONE, MAIL, NULL);
	courier.result = "unreachable";
	outcome = to_code(&talk);
	expect_denied(outcome, "code-not-sent");
	assert_int_equal(courier.n_sms, 1);
	assert_int_equal(courier.n_mail, 1);
	talk_close(core, &talk);
}

/* Who waits for the gateway hears that the daemon lives, and others log in. */
static void a_slow_gateway_holds_up_nobody(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	core_add(core, JAN, "jan", CORE_OLD);
	have(JAN, NULL, NULL, SEED);
	courier.holds = true;
	talk_open(core, &talk, 0);
	(void)start(core, &talk, piet);
	send_answer(&talk, CORE_OLD);
	while (!courier.waiting)
		(void)core_turn(core, 10000);
	expect_step(log_in(core, "jan", CORE_OLD), "code");
	/* Whoever goes while it waits is not asked, and it is recorded. */
	talk_close(core, &talk);
	assert_int_equal(core_count(core, "login-denied"), 2);
}

static void wrong_codes_and_passwords_count_together(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)log_in(core, "piet", CORE_WRONG);
	(void)to_code(&talk);
	assert_int_equal(failures(), 1);
	expect_step(answer(core, &talk, "000"), "code");
	expect_denied(answer(core, &talk, WRONG), "wrong-code");
	assert_true(user_is_locked(&(struct user){
		.locked_at = core_user(core, "piet").locked_at }));
	talk_close(core, &talk);
	expect_login(core, "piet", CORE_OLD, "deny", "locked");
}

/* abuse_69: three, however many conversations. */
static void abuse_69_parallel_codes(void **state)
{
	struct talk talks[5];
	unsigned int n_asked = 0;

	(void)state;
	have(PIET, NULL, NULL, SEED);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++)
		expect_step(to_code(&talks[i]), "code");
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		struct outcome outcome = answer(core, &talks[i], "000000");

		n_asked += strcmp(outcome.step, "code") == 0;
		talk_close(core, &talks[i]);
	}
	assert_int_equal(n_asked, 2);
	assert_int_equal(failures(), 3);
}

/* sshd with PasswordAuthentication gives the password to every question. */
static void a_client_that_cannot_ask(void **state)
{
	struct talk talk;

	(void)state;
	have(PIET, PHONE, NULL, NULL);
	(void)to_code(&talk);
	expect_denied(answer(core, &talk, CORE_OLD), "cannot-ask");
	talk_close(core, &talk);
	(void)to_code(&talk);
	talk_send(&talk, "nl.cloxxs.Login.Answer", json_object());
	expect_denied(wait_outcome(core, &talk), "cannot-ask");
	talk_close(core, &talk);
	(void)to_code(&talk);
	for (int i = 0; i < 11; i++)
		expect_step(answer(core, &talk, i % 3 ? "mail" : " "), "code");
	expect_denied(answer(core, &talk, ""), "abandoned");
	talk_close(core, &talk);
	assert_int_equal(failures(), 0);
}

static void recovery_codes_are_good_once(void **state)
{
	struct recovery_codes codes = { .n = 2 };
	char text[2][RECOVERY_CODE_TEXT];
	struct talk talk;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		recovery_code_make(text[i]);
		assert_true(
			recovery_code_digest(PIET, text[i], codes.digests[i]));
	}
	core_apply(core, (struct change){ .type = CHANGE_RECOVERY_CODES,
					  .uid = PIET,
					  .recovery_codes = &codes });
	/* Two by two letters, small: as somebody types it from paper. */
	for (char *c = text[1]; *c; c++)
		*c = *c == '-' ? ' ' : (char)(*c | 0x20);
	for (size_t i = 0; i < 2; i++) {
		expect_step(to_code(&talk), "code");
		expect_allowed(answer(core, &talk, text[i]));
		talk_close(core, &talk);
	}
	expect_denied(to_code(&talk), "no-second-factor");
	talk_close(core, &talk);
}

/* Not another user's. */
static void a_recovery_code_of_somebody_else(void **state)
{
	uint8_t one[RECOVERY_DIGEST_BYTES], other[RECOVERY_DIGEST_BYTES];
	char text[RECOVERY_CODE_TEXT];

	(void)state;
	recovery_code_make(text);
	assert_int_equal(strlen(text), 27);
	assert_true(recovery_code_digest(PIET, text, one));
	assert_true(recovery_code_digest(JAN, text, other));
	assert_memory_not_equal(one, other, sizeof(one));
	text[3] = '1';
	assert_false(recovery_code_digest(PIET, text, one));
	text[3] = '\0';
	assert_false(recovery_code_digest(PIET, text, one));
}

static void the_account_phase_wants_it_proved(void **state)
{
	struct about about = piet;
	struct outcome outcome;
	struct talk talk;

	(void)state;
	have(PIET, NULL, NULL, SEED);
	about.method = "publickey";
	assert_string_equal(account(core, 0, about).verdict, "deny");
	(void)to_code(&talk);
	outcome = answer(core, &talk, app_code(SEED, 0));
	expect_allowed(outcome);
	talk_close(core, &talk);
	about.pass = outcome.pass;
	assert_string_equal(account(core, 0, about).verdict, "allow");
	about.method = NULL;
	assert_string_equal(open_session(core, 0, about).verdict, "allow");
	assert_string_equal(open_session(core, 0, about).verdict, "deny");
}

static void a_temporary_password_is_not_enough(void **state)
{
	struct about about = { .user = "jan", .address = "192.0.2.1" };
	struct talk talk;

	(void)state;
	core_add_temporary(core, JAN, "jan", CORE_OLD);
	have(JAN, PHONE, NULL, NULL);
	talk_open(core, &talk, 0);
	(void)start(core, &talk, about);
	expect_step(answer(core, &talk, CORE_OLD), "code");
	expect_step(answer(core, &talk, courier.code), "new_password");
	expect_step(answer(core, &talk, CORE_NEW), "new_password");
	expect_allowed(answer(core, &talk, CORE_NEW));
	talk_close(core, &talk);
}

static void the_notice_comes_behind_it(void **state)
{
	struct talk talk;

	(void)state;
	courier_reconfigure(core,
			    ALWAYS "[notice]\nrequire = yes\nversion = 1\n");
	have(PIET, PHONE, NULL, NULL);
	expect_step(to_code(&talk), "code");
	expect_step(answer(core, &talk, courier.code), "notice");
	expect_allowed(answer(core, &talk, "yes"));
	talk_close(core, &talk);
}

/* Only from where it is asked; and by a user's own demand anywhere. */
static void where_it_is_asked(void **state)
{
	struct second_factor factor = { 0 };

	(void)state;
	courier_reconfigure(core,
			    "[service sshd]\ncode = outside 192.0.2.0/24\n");
	expect_login(core, "piet", CORE_OLD, "allow", NULL);
	(void)snprintf(factor.code, sizeof(factor.code),
		       "outside 198.51.100.0/24");
	core_apply(core, (struct change){ .type = CHANGE_SECOND_FACTOR,
					  .uid = PIET,
					  .second_factor = &factor });
	expect_login(core, "piet", CORE_OLD, "deny", "no-second-factor");
	/* What cannot be read asks everywhere. */
	(void)snprintf(factor.code, sizeof(factor.code), "192.0.2.0/24");
	core_apply(core, (struct change){ .type = CHANGE_SECOND_FACTOR,
					  .uid = PIET,
					  .second_factor = &factor });
	expect_login(core, "piet", CORE_OLD, "deny", "no-second-factor");
}

static void both_in_one_string(void **state)
{
	char typed[64];

	(void)state;
	courier_reconfigure(core, ALWAYS "code_in_password = yes\n");
	have(PIET, NULL, NULL, SEED);
	(void)snprintf(typed, sizeof(typed), "%s%s", CORE_OLD,
		       app_code(SEED, 0));
	expect_login(core, "piet", typed, "allow", NULL);
	/* Once, and never without it. */
	expect_login(core, "piet", typed, "deny", "wrong-code");
	expect_login(core, "piet", CORE_OLD, "deny", "wrong-password");
	assert_int_equal(failures(), 2);
	core_world.clock_s += 60;
	(void)snprintf(typed, sizeof(typed), "%s%s", CORE_OLD,
		       app_code(SEED, 0));
	expect_login(core, "piet", typed, "allow", NULL);
	assert_int_equal(failures(), 0);
	/* Who has no app is asked as usual. */
	have(PIET, PHONE, NULL, NULL);
	expect_step(log_in(core, "piet", CORE_OLD), "code");
}

/* RFC 6238, appendix B, in its last six digits. */
static void values_of_the_standard(void **state)
{
	static const struct {
		int64_t at;
		const char *code;
	} rows[] = {
		{ 1111111109, "081804" },
		{ 1111111111, "050471" },
		{ 1234567890, "005924" },
		{ 2000000000, "279037" },
	};
	int64_t step;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(
			totp_check(SEED, rows[i].code, rows[i].at, 0, &step),
			0);
		assert_int_equal(step, rows[i].at / 30);
		assert_int_equal(
			totp_check(SEED, rows[i].code, rows[i].at, step, &step),
			TOTP_E_WRONG);
		assert_int_equal(totp_check(SEED, rows[i].code, rows[i].at + 60,
					    0, &step),
				 TOTP_E_WRONG);
	}
	assert_int_equal(totp_check(SEED, "5050471", 1111111111, 0, &step),
			 TOTP_E_WRONG);
	assert_true(totp_check("no seed!", "050471", 1111111111, 0, &step) < 0);
}

/* abuse_52: every digit as often at each place, zero in front too. */
static void abuse_52_digits_are_uniform(void **state)
{
	unsigned int counts[6][10] = { 0 };
	const unsigned int n = 100000;

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		struct secret code;

		code_make(6, &code);
		assert_int_equal(code.n, 6);
		for (int place = 0; place < 6; place++)
			counts[place][code.bytes[place] - '0']++;
	}
	for (int place = 0; place < 6; place++) {
		double squares = 0;

		for (int digit = 0; digit < 10; digit++) {
			double off = counts[place][digit] - n / 10.0;

			squares += off * off / (n / 10.0);
		}
		/* 9 degrees of freedom: exceeded once in 10^9 times. */
		assert_true(squares < 60);
	}
}

/* abuse_51, abuse_99: neither in the store nor in its ledger. */
static void abuse_51_no_code_and_no_number_stays(void **state)
{
	char path[256];
	struct talk talk;
	FILE *file;
	char *bytes;
	size_t n;

	(void)state;
	have(PIET, PHONE, NULL, SEED);
	(void)to_code(&talk);
	expect_step(answer(core, &talk, "sms"), "code");
	expect_allowed(answer(core, &talk, courier.code));
	talk_close(core, &talk);
	courier_end();
	core_stop(core);
	(void)snprintf(path, sizeof(path), "%s/private/store.db", core->state);
	file = fopen(path, "re");
	assert_non_null(file);
	bytes = calloc(1, 8 << 20);
	assert_non_null(bytes);
	n = fread(bytes, 1, 8 << 20, file);
	(void)fclose(file);
	assert_true(n > 4096);
	assert_null(memmem(bytes, n, PHONE, strlen(PHONE)));
	assert_null(memmem(bytes, n, &PHONE[4], strlen(PHONE) - 4));
	assert_null(memmem(bytes, n, SEED, strlen(SEED)));
	assert_null(memmem(bytes, n, courier.text, strlen(courier.text)));
	free(bytes);
	core_start(core);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_the_standard),
		cmocka_unit_test(abuse_52_digits_are_uniform),
		cmocka_unit_test(a_recovery_code_of_somebody_else),
		TEST(promise_S10_a_code_by_sms),
		TEST(promise_S10_a_code_by_mail),
		TEST(mail_is_off),
		TEST(abuse_54_the_code_of_an_app),
		TEST(abuse_54_no_replay_after_the_clock),
		TEST(abuse_44_a_code_of_another_attempt),
		TEST(abuse_44_once),
		TEST(abuse_46_too_late),
		TEST(abuse_46_what_changed_ends_it),
		TEST(abuse_48_no_message_without_the_password),
		TEST(abuse_49_so_many_an_hour),
		TEST(abuse_49_for_all),
		TEST(abuse_49_abroad),
		TEST(abuse_50_no_gateway),
		TEST(abuse_50_perhaps),
		TEST(another_way),
		TEST(a_slow_gateway_holds_up_nobody),
		TEST(wrong_codes_and_passwords_count_together),
		TEST(abuse_69_parallel_codes),
		TEST(a_client_that_cannot_ask),
		TEST(recovery_codes_are_good_once),
		TEST(the_account_phase_wants_it_proved),
		TEST(a_temporary_password_is_not_enough),
		TEST(the_notice_comes_behind_it),
		TEST(where_it_is_asked),
		TEST(both_in_one_string),
		TEST(abuse_51_no_code_and_no_number_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
