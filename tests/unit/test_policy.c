/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cases of tests/policy, and what must hold of every set of facts. A file
 * holds cases of three lines, and comments (#):
 *
 *	case   what it shows
 *	given  the facts that differ from those of a good login, by ';'
 *	then   verdict reason
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/login.h"

/* A good login: the facts that a case changes. */
static const struct login_facts good = {
	.purpose = LOGIN_PURPOSE_LOGIN,
	.code_failure = REASON_CODE_NOT_SENT,
	.user_known = true,
	.system_uid = LOGIN_UID_OURS,
	.enabled = true,
	.service_allowed = true,
	.origin = { .kind = ORIGIN_ADDRESS,
		    .fixed = ORIGIN_NO_NETWORKS,
		    .administration = ORIGIN_NO_NETWORKS,
		    .place = ORIGIN_PLACE_ALLOWED },
	.failures_max = 3,
	.has_password = true,
	.now_s = 1000,
	.latest_s = 1000,
	.wall = { HOURS_WEDNESDAY, 12 * 60 },
	.password = LOGIN_PASSWORD_RIGHT,
};

enum kind {
	KIND_BOOL,
	KIND_ENUM
};

#define FACT(member) offsetof(struct login_facts, member)

static const struct {
	const char *words;
	size_t offset;
	enum kind kind;
	unsigned int value;
} facts_words[] = {
	{ "purpose login", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_LOGIN },
	{ "purpose change", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_CHANGE },
	{ "purpose account", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_ACCOUNT },
	{ "purpose session", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_SESSION },
	{ "purpose unmanaged", FACT(purpose), KIND_ENUM,
	  LOGIN_PURPOSE_UNMANAGED },
	{ "purpose check", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_CHECK },
	{ "through an application", FACT(by_application), KIND_BOOL, true },
	{ "just logged in", FACT(logged_in), KIND_BOOL, true },
	{ "purpose keys", FACT(purpose), KIND_ENUM, LOGIN_PURPOSE_KEYS },
	{ "may come from anywhere", FACT(from_anywhere), KIND_BOOL, true },
	{ "unattended", FACT(unattended), KIND_BOOL, true },
	{ "by another", FACT(by_another), KIND_BOOL, true },
	{ "purpose none", FACT(purpose), KIND_ENUM, _LOGIN_PURPOSE_NONE },
	{ "user unknown", FACT(user_known), KIND_BOOL, false },
	{ "uid other", FACT(system_uid), KIND_ENUM, LOGIN_UID_OTHER },
	{ "uid unknown", FACT(system_uid), KIND_ENUM, LOGIN_UID_UNKNOWN },
	{ "disabled", FACT(enabled), KIND_BOOL, false },
	{ "service not allowed", FACT(service_allowed), KIND_BOOL, false },
	{ "origin unknown", FACT(origin.kind), KIND_ENUM, ORIGIN_UNKNOWN },
	{ "from this host", FACT(origin.kind), KIND_ENUM, ORIGIN_LOCAL },
	{ "in his fixed networks", FACT(origin.fixed), KIND_ENUM,
	  ORIGIN_INSIDE },
	{ "outside his fixed networks", FACT(origin.fixed), KIND_ENUM,
	  ORIGIN_OUTSIDE },
	{ "in the administrator networks", FACT(origin.administration),
	  KIND_ENUM, ORIGIN_INSIDE },
	{ "outside the administrator networks", FACT(origin.administration),
	  KIND_ENUM, ORIGIN_OUTSIDE },
	{ "through a bastion", FACT(origin.is_bastion), KIND_BOOL, true },
	{ "country unknown", FACT(origin.place), KIND_ENUM,
	  ORIGIN_PLACE_UNKNOWN },
	{ "no country database", FACT(origin.place), KIND_ENUM,
	  ORIGIN_PLACE_MISSING },
	{ "an old country database", FACT(origin.place), KIND_ENUM,
	  ORIGIN_PLACE_OLD },
	{ "a private address", FACT(origin.place), KIND_ENUM,
	  ORIGIN_PLACE_SPECIAL },
	{ "from abroad", FACT(origin.place), KIND_ENUM,
	  ORIGIN_PLACE_ELSEWHERE },
	{ "locked", FACT(locked), KIND_BOOL, true },
	{ "throttled", FACT(throttled), KIND_BOOL, true },
	{ "no password", FACT(has_password), KIND_BOOL, false },
	{ "not asked yet", FACT(password), KIND_ENUM, LOGIN_PASSWORD_UNPROVED },
	{ "wrong", FACT(password), KIND_ENUM, LOGIN_PASSWORD_WRONG },
	{ "code due", FACT(code_due), KIND_BOOL, true },
	{ "code possible", FACT(code_possible), KIND_BOOL, true },
	{ "code wrong", FACT(code), KIND_ENUM, LOGIN_CODE_WRONG },
	{ "code right", FACT(code), KIND_ENUM, LOGIN_CODE_RIGHT },
	{ "code not sent", FACT(code), KIND_ENUM, LOGIN_CODE_NOT_TRIED },
	{ "notice due", FACT(notice_due), KIND_BOOL, true },
	{ "notice may wait", FACT(notice_may_wait), KIND_BOOL, true },
	{ "notice declined", FACT(notice), KIND_ENUM, LOGIN_NOTICE_DECLINED },
	{ "notice accepted", FACT(notice), KIND_ENUM, LOGIN_NOTICE_ACCEPTED },
	{ "right", FACT(password), KIND_ENUM, LOGIN_PASSWORD_RIGHT },
};

/* "hours mo-fr 07:00-20:00", of the user or the service, or "at sa 21:30". */
static bool take_hours(struct login_facts *facts, const char *words)
{
	bool service = strncmp(words, "service ", 8) == 0;
	struct hours at = { 0 };
	char why[256];
	struct text text;

	text_init(&text, why, sizeof(why));
	words += service ? 8 : 0;
	if (strncmp(words, "hours ", 6) == 0)
		return hours_parse(words + 6,
				   service ? &facts->service_hours
					   : &facts->hours,
				   &text) == 0;
	if (service || strncmp(words, "at ", 3) != 0)
		return false;
	(void)snprintf(why, sizeof(why), "%s-24:00", words + 3);
	if (hours_parse(why, &at, &text) != 0)
		return false;
	facts->wall = (struct hours_moment){ at.ranges[0].first_day,
					     at.ranges[0].from };
	return true;
}

static bool take_validity(struct login_facts *facts, const char *words)
{
	unsigned int n, after;
	int end = 0;

	if (sscanf(words, "not before %u%n", &n, &end) == 1 && !words[end])
		facts->not_before_s = n;
	else if (sscanf(words, "not after %u%n", &n, &end) == 1 && !words[end])
		facts->not_after_s = n;
	else if (sscanf(words, "clock set back from %u%n", &n, &end) == 1 &&
		 !words[end])
		facts->latest_s = n;
	else if (sscanf(words, "active at %u, inactive after %u%n", &n, &after,
			&end) == 2 &&
		 !words[end]) {
		facts->active_at_s = n;
		facts->inactive_s = after;
	} else
		return take_hours(facts, words);
	return true;
}

static bool take_number(struct login_facts *facts, const char *words)
{
	unsigned int n, until;
	int end = 0;

	if (sscanf(words, "failures %u of %u%n", &facts->failures,
		   &facts->failures_max, &end) == 2 &&
	    !words[end])
		return true;
	if (sscanf(words, "break-glass %u to %u%n", &n, &until, &end) == 2 &&
	    !words[end]) {
		facts->break_glass = true;
		facts->opened_at_s = n;
		facts->open_until_s = until;
		return true;
	}
	if (sscanf(words, "changed at %u%n", &n, &end) == 1 && !words[end]) {
		facts->changed_s = n;
		return true;
	}
	if (sscanf(words, "max age %u%n", &facts->max_age_s, &end) == 1 &&
	    !words[end])
		return true;
	if (sscanf(words, "min age %u%n", &facts->min_age_s, &end) == 1 &&
	    !words[end])
		return true;
	if (sscanf(words, "temporary until %u%n", &n, &end) != 1 || words[end])
		return take_validity(facts, words);
	facts->temporary = true;
	facts->temporary_until_s = n;
	return true;
}

static bool take_fact(struct login_facts *facts, const char *words)
{
	if (strcmp(words, "a good login") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(facts_words); i++) {
		char *place = (char *)facts + facts_words[i].offset;

		if (strcmp(words, facts_words[i].words) != 0)
			continue;
		if (facts_words[i].kind == KIND_BOOL)
			*(bool *)place = facts_words[i].value;
		else
			memcpy(place, &facts_words[i].value, sizeof(int));
		return true;
	}
	if (strncmp(words, "not tried ", 10) == 0) {
		facts->password = LOGIN_PASSWORD_NOT_TRIED;
		return reason_find(words + 10, &facts->answer);
	}
	return take_number(facts, words);
}

static void read_given(char *given, const char *title,
		       struct login_facts *facts)
{
	char *rest = NULL;

	*facts = good;
	for (char *one = strtok_r(given, ";", &rest); one;
	     one = strtok_r(NULL, ";", &rest)) {
		one += strspn(one, " ");
		if (!take_fact(facts, one))
			fail_msg("%s: no such fact: '%s'", title, one);
	}
}

static void check_case(const struct login_facts *facts, const char *title,
		       const char *then)
{
	struct login_decision decision = login_decide(facts);
	char found[128];

	(void)snprintf(found, sizeof(found), "%s %s",
		       verdict_name(decision.verdict),
		       reason_name(decision.reason));
	if (strcmp(found, then) != 0)
		fail_msg("%s: '%s' instead of '%s'", title, found, then);
}

/* The text behind a line's first word, or NULL for another word. */
static char *behind(char *line, const char *word)
{
	size_t n = strlen(word);

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, word, n) != 0)
		return NULL;
	return line + n + strspn(line + n, " ");
}

static unsigned int read_cases(const char *path)
{
	char title[256] = "", line[512];
	struct login_facts facts = good;
	FILE *stream = fopen(path, "re");
	unsigned int n = 0;

	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream)) {
		char *text;

		if ((text = behind(line, "case ")))
			(void)snprintf(title, sizeof(title), "%s", text);
		else if ((text = behind(line, "given ")))
			read_given(text, title, &facts);
		else if ((text = behind(line, "then "))) {
			check_case(&facts, title, text);
			n++;
		} else if (*line && *line != '#')
			fail_msg("%s: not a line of a case: '%s'", path, line);
	}
	(void)fclose(stream);
	return n;
}

static void cases_hold(void **state)
{
	const char *source = getenv("CLOXXS_SRCDIR");
	unsigned int n = 0;
	char pattern[512];
	glob_t files;

	(void)state;
	(void)snprintf(pattern, sizeof(pattern), "%s/tests/policy/*.case",
		       source ? source : ".");
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		n += read_cases(files.gl_pathv[i]);
	globfree(&files);
	assert_true(n >= 60);
}

/* Some that let in and some that do not, spread over all numbers. */
static struct origin origin_of(unsigned int number)
{
	unsigned int n = number * 2654435761U >> 20;

	return (struct origin){
		.kind = n % 8 == 0 ? ORIGIN_UNKNOWN
			: n & 1    ? ORIGIN_LOCAL
				   : ORIGIN_ADDRESS,
		.fixed = (n >> 3) % 3,
		.administration = (n >> 5) % 3,
		.is_bastion = n & 128,
		.place = (n >> 8) % 6,
	};
}

static bool may_come_from(const struct origin *origin)
{
	if (origin->kind != ORIGIN_ADDRESS)
		return origin->kind == ORIGIN_LOCAL;
	return origin->fixed != ORIGIN_OUTSIDE &&
	       origin->administration != ORIGIN_OUTSIDE &&
	       (origin->fixed == ORIGIN_INSIDE ||
		origin->administration == ORIGIN_INSIDE || origin->is_bastion ||
		origin->place == ORIGIN_PLACE_ALLOWED);
}

/* Each bit of number chooses one fact. */
static struct login_facts facts_of(unsigned int number)
{
	/* Limits of time, in eight ways that go with no other bit. */
	unsigned int validity = (number * 2654435761U) >> 29;

	return (struct login_facts){
		.not_before_s = validity == 1 ? 1001 : 0,
		.not_after_s = validity == 2   ? 999
			       : validity == 3 ? 1000
					       : 0,
		.active_at_s = validity == 4 ? 899 : 901,
		.inactive_s = validity >= 4 ? 100 : 0,
		.hours.n = validity == 5,
		.service_hours.n = validity == 6,
		.latest_s = validity == 7 ? 1001 : 1000,
		.user_known = number & 1,
		.enabled = number & 2,
		.service_allowed = number & 4,
		.locked = number & 8,
		.has_password = number & 16,
		.temporary = number & 32,
		.temporary_until_s = number & 64 ? 999 : 1001,
		.failures = number & 128 ? 3 : 2,
		.failures_max = 3,
		.now_s = 1000,
		.system_uid = (number >> 8) % 3,
		.password = (number >> 10) % 4,
		.by_another = number & 4096,
		.break_glass = number & 8192,
		.opened_at_s = number & 16384 ? 1001 : 1000,
		.open_until_s = number & 32768 ? 1000 : 1001,
		.changed_s = 900,
		.max_age_s = number & 65536 ? 100 : 0,
		.min_age_s = number & 131072 ? 101 : 0,
		.unattended = number & 262144,
		.purpose = (number >> 19) % 7,
		.by_application = number % 5 == 0,
		.logged_in = number % 3 == 0,
		.from_anywhere = number % 7 == 0,
		.answer = REASON_EMPTY_ANSWER,
		.origin = origin_of(number),
	};
}

#define N_FACTS (7U << 19)

/* Nothing is allowed for less than all of what it takes. */
static void no_set_of_facts_slips_through(void **state)
{
	unsigned int n_allowed = 0;

	(void)state;
	for (unsigned int i = 0; i < N_FACTS; i++) {
		const struct login_facts f = facts_of(i);
		struct login_decision decision = login_decide(&f);
		bool session = f.purpose == LOGIN_PURPOSE_SESSION;
		bool keys = f.purpose == LOGIN_PURPOSE_KEYS;
		bool account =
			f.purpose == LOGIN_PURPOSE_ACCOUNT || session || keys;
		bool expired;

		if (decision.verdict == VERDICT_DENY) {
			assert_true(decision.reason < REASON_MUST_CHANGE);
			continue;
		}
		assert_true(decision.reason >= REASON_MUST_CHANGE);
		if (f.purpose == LOGIN_PURPOSE_UNMANAGED) {
			assert_true(f.service_allowed);
			assert_true(f.from_anywhere ||
				    may_come_from(&f.origin));
			assert_int_equal(decision.verdict, VERDICT_ALLOW);
			continue;
		}
		if (f.purpose == LOGIN_PURPOSE_CHECK) {
			assert_true(f.user_known && f.enabled);
			assert_true(f.service_allowed);
			assert_true(f.from_anywhere ||
				    may_come_from(&f.origin));
			assert_true(f.not_before_s <= f.now_s);
			assert_true(f.not_after_s == 0 ||
				    f.not_after_s >= f.latest_s);
			assert_int_equal(decision.verdict, VERDICT_ALLOW);
			continue;
		}
		/* abuse_42: an application is no proof of anybody. */
		assert_true(!session || !f.by_application || f.logged_in);
		assert_true(f.user_known && f.enabled && !f.locked);
		assert_true(f.failures < f.failures_max);
		assert_true((keys && f.from_anywhere) ||
			    may_come_from(&f.origin));
		assert_true(f.not_before_s <= f.now_s);
		assert_true(f.not_after_s == 0 || f.not_after_s >= f.latest_s);
		if (!f.break_glass && !(session && f.by_another)) {
			assert_true(f.inactive_s == 0 ||
				    f.latest_s - f.active_at_s < f.inactive_s);
			assert_true(f.hours.n == 0 && f.service_hours.n == 0);
		}
		assert_true(!f.break_glass || (f.opened_at_s <= f.now_s &&
					       f.now_s < f.open_until_s));
		assert_int_not_equal(f.system_uid, LOGIN_UID_OTHER);
		assert_int_not_equal(f.purpose, _LOGIN_PURPOSE_NONE);
		assert_true(f.service_allowed ||
			    (f.purpose == LOGIN_PURPOSE_CHANGE &&
			     !f.by_application) ||
			    (session && f.by_another));
		assert_true(account || f.has_password);
		if (decision.verdict == VERDICT_ASK) {
			assert_int_equal(f.password, LOGIN_PASSWORD_UNPROVED);
			continue;
		}
		assert_true(account || f.password == LOGIN_PASSWORD_RIGHT);
		/* What only he is told, he is told by the account phase. */
		if (keys) {
			assert_int_equal(decision.verdict, VERDICT_ALLOW);
			continue;
		}
		/* abuse_133: nor by a clock that was set back. */
		assert_true(!f.temporary || (f.temporary_until_s > f.now_s &&
					     f.temporary_until_s > f.latest_s));
		/* abuse_83: a temporary password is good for nothing else. */
		expired = f.has_password && f.max_age_s > 0 && !f.temporary &&
			  !f.break_glass && !f.unattended;
		assert_int_equal(decision.verdict == VERDICT_CHANGE,
				 (f.temporary || expired) &&
					 !(session && f.by_another));
		/* Nobody runs through his history. */
		assert_true(f.purpose != LOGIN_PURPOSE_CHANGE || f.temporary ||
			    expired || f.min_age_s == 0);
		n_allowed++;
	}
	assert_true(n_allowed > 0);
}

/* Of facts that were not denied for anything else, and a password proved. */
static void check_notice(const struct login_facts *f, enum verdict verdict)
{
	bool login =
		f->purpose == LOGIN_PURPOSE_LOGIN && verdict != VERDICT_CHANGE;
	bool session = f->purpose == LOGIN_PURPOSE_SESSION;

	assert_int_equal(verdict == VERDICT_NOTICE,
			 login && f->notice_due &&
				 f->notice == LOGIN_NOTICE_UNASKED);
	if (login && verdict == VERDICT_ALLOW)
		assert_true(
			f->notice == LOGIN_NOTICE_ACCEPTED ||
			(!f->notice_due && f->notice == LOGIN_NOTICE_UNASKED));
	if (f->purpose == LOGIN_PURPOSE_ACCOUNT || (session && !f->by_another))
		assert_true(!f->notice_due || f->notice_may_wait);
}

/* promise_S09: nobody comes by the notice, and it lets nobody in. */
static void promise_S09_no_notice_is_gone_around(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 12 * N_FACTS; i += 11) {
		struct login_facts f = facts_of(i / 12);
		enum verdict before = login_decide(&f).verdict, after;

		f.notice_due = i & 1;
		f.notice_may_wait = i & 2;
		f.notice = i / 4 % 3;
		after = login_decide(&f).verdict;
		if (before == VERDICT_DENY)
			assert_int_equal(after, VERDICT_DENY);
		if (f.purpose == LOGIN_PURPOSE_CHANGE)
			assert_int_equal(after, before);
		if (after != VERDICT_DENY)
			assert_int_equal(before == VERDICT_CHANGE,
					 after == VERDICT_CHANGE);
		if (after != VERDICT_DENY && after != VERDICT_ASK)
			check_notice(&f, after);
	}
}

/* Of facts that were not denied for anything else. */
static void check_code(const struct login_facts *f, enum verdict before,
		       enum verdict after)
{
	bool asked = f->purpose == LOGIN_PURPOSE_LOGIN ||
		     f->purpose == LOGIN_PURPOSE_CHANGE;

	if (!f->code_due || f->code == LOGIN_CODE_RIGHT ||
	    before == VERDICT_ASK || f->purpose == LOGIN_PURPOSE_CHECK ||
	    f->purpose == LOGIN_PURPOSE_KEYS ||
	    f->purpose == LOGIN_PURPOSE_UNMANAGED ||
	    (!asked && (f->by_another || f->unattended)))
		assert_int_equal(after, before);
	else if (asked && f->code == LOGIN_CODE_UNPROVED && f->code_possible)
		assert_int_equal(after, VERDICT_CODE);
	else
		assert_int_equal(after, VERDICT_DENY);
}

/* promise_S10: nobody comes by the code, and it lets nobody in. */
static void promise_S10_no_code_is_gone_around(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (unsigned int i = 0; i < 16 * N_FACTS; i += 13) {
		struct login_facts f = facts_of(i / 16);
		enum verdict before = login_decide(&f).verdict, after;

		f.code_due = i & 1;
		f.code_possible = i & 2;
		f.code = i / 4 % 4;
		after = login_decide(&f).verdict;
		if (before == VERDICT_DENY)
			assert_int_equal(after, VERDICT_DENY);
		else
			check_code(&f, before, after);
		n += after == VERDICT_CODE;
	}
	assert_true(n > 0);
}

/* The gates are the same before a password is proved and afterwards. */
static void gates_do_not_see_the_password(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < N_FACTS; i++) {
		struct login_facts f = facts_of(i);
		bool pass = login_gates_pass(&f);

		for (int p = 0; p < 4; p++) {
			f.password = (enum login_password)p;
			assert_int_equal(login_gates_pass(&f), pass);
		}
		f.password = LOGIN_PASSWORD_UNPROVED;
		if (f.purpose == LOGIN_PURPOSE_LOGIN ||
		    f.purpose == LOGIN_PURPOSE_CHANGE)
			assert_int_equal(
				login_decide(&f).verdict == VERDICT_ASK, pass);
	}
}

/* From an address that must wait nobody gets in who has to give a password, and
 * nobody is kept out who has not. */
static void a_throttled_address_gives_no_password(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < N_FACTS; i++) {
		struct login_facts f = facts_of(i);
		struct login_decision before = login_decide(&f), after;

		f.throttled = true;
		after = login_decide(&f);
		if (f.purpose == LOGIN_PURPOSE_LOGIN ||
		    f.purpose == LOGIN_PURPOSE_CHANGE ||
		    f.purpose == _LOGIN_PURPOSE_NONE)
			assert_int_equal(after.verdict, VERDICT_DENY);
		else
			assert_memory_equal(&after, &before, sizeof(after));
	}
}

/* Behind the first denial nothing is asked, and the line reads back. */
static void lines_tell_the_rules_in_order(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < N_FACTS; i += 31) {
		enum login_outcome read[_LOGIN_RULE_N] = { 0 };
		const struct login_facts f = facts_of(i);
		struct login_decision decision = login_decide(&f);
		bool denied = false;
		char line[LOGIN_RULES_TEXT_MAX];
		struct text text;

		for (unsigned int rule = 0; rule < _LOGIN_RULE_N; rule++) {
			if (denied)
				assert_int_equal(decision.outcomes[rule],
						 LOGIN_OUTCOME_SKIPPED);
			denied |= decision.outcomes[rule] == LOGIN_OUTCOME_DENY;
		}
		text_init(&text, line, sizeof(line));
		login_rules_write(&decision, &text);
		assert_false(text_is_cut(&text));
		assert_true(login_rules_read(line, read));
		assert_memory_equal(read, decision.outcomes, sizeof(read));
	}
}

static void what_is_no_such_line_is_not_read(void **state)
{
	static const char *const bad[] = {
		"user-known",
		"user-known=",
		"user-known=maybe",
		"nobody=pass",
		"=pass",
		"user-known=passs",
		"user-known=pass x",
		"user-knownx=pass",
		"user-known=pass  ",
	};
	enum login_outcome read[_LOGIN_RULE_N] = { LOGIN_OUTCOME_DENY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(login_rules_read(bad[i], read));
		assert_int_equal(read[0], LOGIN_OUTCOME_DENY);
	}
}

static void names_are_unique(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < _LOGIN_RULE_N; i++) {
		assert_non_null(login_rule_text(i));
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(login_rule_name(i),
						login_rule_name(k));
	}
	/* What a decision of zeros says: nothing was asked. */
	assert_string_equal(login_outcome_name(0), "skipped");
	assert_string_equal(verdict_name(0), "deny");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_hold),
		cmocka_unit_test(no_set_of_facts_slips_through),
		cmocka_unit_test(promise_S09_no_notice_is_gone_around),
		cmocka_unit_test(promise_S10_no_code_is_gone_around),
		cmocka_unit_test(gates_do_not_see_the_password),
		cmocka_unit_test(a_throttled_address_gives_no_password),
		cmocka_unit_test(lines_tell_the_rules_in_order),
		cmocka_unit_test(what_is_no_such_line_is_not_read),
		cmocka_unit_test(names_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
