/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <crack.h>
#include <packer.h>
#include <pwd.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/attempt/password_rules.h"
#include "tests/unit/scratch.h"

static const char *const words[] = { "cloxxs", "betuwe", NULL };
static const struct password_rules rules = {
	.policy = { .minlen = 15, .difok = 1, .usercheck = 1, .dictcheck = 1 },
	.n_factors = 1,
	.words = words,
};

/* Stand in for libc's, also for the libraries below: a look-up through NSS
 * would ask the daemon itself. */
#define EXPORTED __attribute__((visibility("default")))
static unsigned int n_lookups;

EXPORTED int getpwnam_r(const char *name, struct passwd *pwd, char *buffer,
			size_t size, struct passwd **result)
{
	(void)name, (void)pwd, (void)buffer, (void)size;
	n_lookups++;
	*result = NULL;
	return 0;
}

EXPORTED int getpwuid_r(uid_t uid, struct passwd *pwd, char *buffer,
			size_t size, struct passwd **result)
{
	(void)uid, (void)pwd, (void)buffer, (void)size;
	n_lookups++;
	*result = NULL;
	return 0;
}

static void fill(struct secret *secret, const char *bytes, size_t n)
{
	assert_int_equal(secret_set(secret, bytes, n), 0);
}

/* As the daemon does: normal form, then the rules. */
static int judge(const struct password_rules *by, const char *user,
		 const char *current, const char *wanted, size_t n)
{
	scope(secret_deinit) struct secret old = { 0 };
	scope(secret_deinit) struct secret typed = { 0 };
	scope(secret_deinit) struct secret normal = { 0 };
	struct password_candidate candidate = { .user = user,
						.wanted = &normal };
	struct password_fault fault = { 0 };
	char buffer[512];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	if (secret_set(&typed, wanted, n) != 0)
		return PASSWORD_E_TOO_LONG;
	r = password_normalise(&typed, &normal);
	if (r != 0)
		return r;
	if (current) {
		fill(&old, current, strlen(current));
		candidate.current = &old;
	}
	n_lookups = 0;
	r = password_check(by, &candidate, &fault);
	assert_int_equal(n_lookups, 0);
	assert_int_equal(r, fault.error);
	if (r != 0)
		password_fault_write(&fault, LANGUAGE_ENGLISH, &why);
	/* A refusal has its sentence, and it does not hold the password. */
	assert_false(text_is_cut(&why));
	assert_int_equal(r != 0, why.n > 0);
	if (r != 0 && r != PASSWORD_E_WORD && n > 3)
		assert_null(strstr(buffer, wanted));
	return r;
}

static const struct {
	const char *what;
	const char *user;
	const char *current;
	const char *wanted;
	int expected;
} rows[] = {
	{ "abuse_77 empty", "piet", NULL, "", PASSWORD_E_TOO_SHORT },
	{ "abuse_77 14", "piet", NULL, "vrkqmzhtwpxjnb", PASSWORD_E_TOO_SHORT },
	{ "abuse_77 15", "piet", NULL, "vrkqmzhtwpxjnbd", 0 },
	{ "20 small letters (ASVS 6.2.5)", "piet", NULL, "vrkqmzhtwpxjnbdclfsg",
	  0 },
	{ "a sentence", "piet", NULL, "de koe loopt over de dijk", 0 },
	{ "a blank at its end counts", "piet", NULL, "vrkqmzhtwpxjnb ", 0 },
	{ "abuse_77 emoji, 14", "piet", NULL, "vrkqmzhtwpxj\xf0\x9f\x90\x84n",
	  PASSWORD_E_TOO_SHORT },
	{ "abuse_77 emoji, 15", "piet", NULL, "vrkqmzhtwpxj\xf0\x9f\x90\x84nb",
	  0 },
	{ "abuse_78 NFD, 15 typed, 14 after NFC", "piet", NULL,
	  "vrkqmzhtwpxjne\xcc\x81", PASSWORD_E_TOO_SHORT },
	{ "abuse_78 NFC, 15", "piet", NULL, "vrkqmzhtwpxjnq\xc3\xa9", 0 },
	{ "overlong slash", "piet", NULL, "vrkqmzhtwpxjnbdcl\xc0\xaf",
	  PASSWORD_E_NOT_TEXT },
	{ "surrogate", "piet", NULL, "vrkqmzhtwpxjnbdcl\xed\xa0\x80",
	  PASSWORD_E_NOT_TEXT },
	{ "Latin-1", "piet", NULL, "vrkqmzhtwpxjnbdcl\xe9",
	  PASSWORD_E_NOT_TEXT },
	{ "newline", "piet", NULL, "vrkqmzhtwpxjnbdcl\n", PASSWORD_E_NOT_TEXT },
	{ "DEL", "piet", NULL, "vrkqmzhtwpxjnbdcl\x7f", PASSWORD_E_NOT_TEXT },
	{ "C1", "piet", NULL, "vrkqmzhtwpxjnbdcl\xc2\x85",
	  PASSWORD_E_NOT_TEXT },
	{ "no-break space is no C1", "piet", NULL, "vrkqmzhtwpxjnbdcl\xc2\xa0q",
	  0 },
	{ "sshd's placeholder", "piet", NULL,
	  "\b\n\r\177INCORRECT\b\n\r\177INCORRECT", PASSWORD_E_NOT_TEXT },
	{ "abuse_82 same", "piet", "vrkqmzhtwpxjnbd", "vrkqmzhtwpxjnbd",
	  PASSWORD_E_SAME },
	{ "abuse_82 other case only", "piet", "vrkqmzhtwpxjnbd",
	  "VRKQMZHTWPXJNBD", PASSWORD_E_CASE_ONLY },
	{ "abuse_82 turned", "piet", "vrkqmzhtwpxjnbd", "twpxjnbdvrkqmzh",
	  PASSWORD_E_ROTATED },
	{ "abuse_82 name", "piet", NULL, "vrkqPietmzhtwpxjnbd",
	  PASSWORD_E_NAME },
	{ "abuse_82 name backwards", "piet", NULL, "vrkqteIpmzhtwpxjnbd",
	  PASSWORD_E_NAME },
	{ "name at the end", "piet", NULL, "vrkqmzhtwpxjnbdpiet",
	  PASSWORD_E_NAME },
	{ "a name of two letters is none", "vr", NULL, "vrkqmzhtwpxjnbd", 0 },
	{ "abuse_82 product", "piet", NULL, "vrkqCLOXXSmzhtwpxjn",
	  PASSWORD_E_WORD },
	{ "abuse_82 word backwards", "piet", NULL, "vrkqewutebmzhtwpx",
	  PASSWORD_E_WORD },
	{ "palindrome", "piet", NULL, "vrkqmzhtthzmqkrv",
	  PASSWORD_E_PALINDROME },
	{ "abuse_82 word twice", "piet", NULL, "passwordpassword",
	  PASSWORD_E_REPEATS },
	{ "a piece again and again", "piet", NULL, "vrkqmzhvrkqmzhvr",
	  PASSWORD_E_REPEATS },
	{ "a long piece twice", "piet", NULL, "vrkqmzhtwpxjnbdvrkqmzhtwpxjnbd",
	  0 },
	{ "ends as it begins", "piet", NULL, "vrkqmzhtwpxjnbv", 0 },
	{ "one letter", "piet", NULL, "aaaaaaaaaaaaaaaaaaaa",
	  PASSWORD_E_REPEATS },
	{ "a row of keys", "piet", NULL, "abcdefghijklmnopqrst",
	  PASSWORD_E_RUNS },
	{ "the alphabet", "piet", NULL, "abcdefghijklmnopqrstuvwxyz",
	  PASSWORD_E_RUNS },
	{ "the alphabet in both cases", "piet", NULL, "aBcDeFgHiJkLmNoPqRsT",
	  PASSWORD_E_RUNS },
	{ "digits", "piet", NULL, "123456789012345678", PASSWORD_E_RUNS },
	{ "digits back", "piet", NULL, "98765432109876543", PASSWORD_E_RUNS },
	{ "to and fro", "piet", NULL, "ababababcdcdcdcdefef", PASSWORD_E_RUNS },
	{ "runs of three", "piet", NULL, "abc123def456ghi789",
	  PASSWORD_E_RUNS },
	{ "rows of a keyboard", "piet", NULL, "qwertyuiopasdfghjkl",
	  PASSWORD_E_RUNS },
	{ "and back", "piet", NULL, "lkjhgfdsaPOIUYTREWQ", PASSWORD_E_RUNS },
	{ "on a French one", "piet", NULL, "azertyuiopqsdfghjklm",
	  PASSWORD_E_RUNS },
	{ "walks of three", "piet", NULL, "were there tribes", 0 },
	{ "a run and a little", "piet", NULL, "abcdefghijklmnop-hello",
	  PASSWORD_E_RUNS },
	{ "a run and nine more", "piet", NULL, "abcdefvrkqmzhtw", 0 },
	{ "a run and eight more", "piet", NULL, "abcdefgvrkqmzht",
	  PASSWORD_E_RUNS },
	{ "letters with marks", "piet", NULL,
	  "\xc3\xa0\xc3\xa1\xc3\xa2\xc3\xa3\xc3\xa4\xc3\xa5\xc3\xa6\xc3\xa7"
	  "\xc3\xa8\xc3\xa9\xc3\xaa\xc3\xab\xc3\xac\xc3\xad\xc3\xae\xc3\xaf",
	  PASSWORD_E_RUNS },
	{ "neighbours all over (ASVS 6.2.5)", "piet", NULL, "thefirststudent",
	  0 },
	{ "25 letters of a sentence", "piet", NULL,
	  "students hide stones first", 0 },
	{ "32 hexadecimal digits", "piet", NULL,
	  "98a7de56cb3421fe0ab712cd89ef5034", 0 },
	{ "16 digits", "piet", NULL, "9817562433409826", 0 },
	{ "abuse_82 dictionary, neighbours", "piet", NULL, "constitutionality",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 neighbours, backwards", "piet", NULL, "ytilanoitutitsnoc",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 neighbours, in disguise", "piet", NULL, "C0n$tituti0nal1ty",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 neighbours, and a digit", "piet", NULL, "confederations2",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 neighbours, and signs", "piet", NULL, "!!defenestrated",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 dictionary", "piet", NULL, "incomprehensibility",
	  PASSWORD_E_DICTIONARY },
	{ "abuse_82 dictionary backwards", "piet", NULL, "ytilibisneherpmocni",
	  PASSWORD_E_DICTIONARY },
	{ "nobody's name", "", NULL, "vrkqmzhtwpxjnbd", 0 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = judge(&rules, rows[i].user, rows[i].current,
			      rows[i].wanted, strlen(rows[i].wanted));

		if (r != rows[i].expected)
			fail_msg("%s: %s", rows[i].what,
				 password_error_name(r));
	}
}

/* The same ones every time: a test that fails must fail again. */
static size_t draw(uint32_t *seed, size_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % n;
}

/* Judged with a dictionary of one word: reading the system's takes most of the
 * time, and thousands of passwords are judged. */
struct small {
	struct scratch scratch;
	char path[128];
	struct password_rules rules;
};

static int make_small(void **state)
{
	static struct small small;
	char mode[] = "w", word[] = "incomprehensibility";
	PWDICT *dictionary;

	scratch_init(&small.scratch);
	scratch_path(&small.scratch, "words", small.path);
	dictionary = PWOpen(small.path, mode);
	assert_non_null(dictionary);
	assert_int_equal(PutPW(dictionary, word), 0);
	assert_int_equal(PWClose(dictionary), 0);
	small.rules = rules;
	small.rules.dictionary = small.path;
	assert_int_equal(judge(&small.rules, "piet", NULL, word, strlen(word)),
			 PASSWORD_E_DICTIONARY);
	*state = &small;
	return 0;
}

static int drop_small(void **state)
{
	struct small *small = *state;

	scratch_deinit(&small->scratch);
	return 0;
}

static void must_be_taken(const struct small *small, const char *wanted)
{
	int r = judge(&small->rules, "piet", NULL, wanted, strlen(wanted));

	if (r != 0)
		fail_msg("'%s': %s", wanted, password_error_name(r));
}

/* NIST SP 800-63B-4 section 3.1.1.2, ASVS 6.2.5: chance makes neighbours, and
 * no rule is about them. */
static void test_random_is_taken(void **state)
{
	static const char *const alphabets[] = {
		"abcdefghjkmnpqrstuvwxyz23456789",
		"0123456789abcdef",
		"abcdefghijklmnopqrstuvwxyz",
	};
	static const size_t lengths[] = { 29, 32, 16 };
	uint32_t seed = 1;

	for (int i = 0; i < 3000; i++) {
		size_t k = (size_t)i % ARRAY_SIZE(alphabets);
		char wanted[33] = { 0 };

		for (size_t j = 0; j < lengths[k]; j++)
			wanted[j] =
				alphabets[k][draw(&seed, strlen(alphabets[k]))];
		must_be_taken(*state, wanted);
	}
}

/* Words with more neighbours than most have. */
static const char *const dice[] = {
	"first",   "student", "stone",  "hide",    "define",     "stupid",
	"canopy",  "nonstop", "hijack", "burst",   "understudy", "fed",
	"opinion", "ghost",   "moon",   "cabbage", "edge",       "rust",
	"thirst",  "noon",    "poll",   "decade",  "tutor",      "ruststop",
	"abacus",  "honest",  "hill",   "feed",    "wxyz",       "cloud",
	"horse",   "battery", "staple", "correct", "water",      "window",
};

static void test_sentences_are_taken(void **state)
{
	uint32_t seed = 2;

	for (int i = 0; i < 1000; i++) {
		char buffer[128];
		struct text wanted;
		size_t k = draw(&seed, ARRAY_SIZE(dice));

		text_init(&wanted, buffer, sizeof(buffer));
		for (int n = 0; n < 5; n++) {
			/* Others each time: a word again is no word more. */
			text_add(&wanted, n > 0 ? " " : "");
			text_add(&wanted, dice[k]);
			k = (k + 1 + draw(&seed, 6)) % ARRAY_SIZE(dice);
		}
		assert_false(text_is_cut(&wanted));
		must_be_taken(*state, buffer);
	}
}

/* Nothing is cut: each length is taken, or refused as a whole. */
static void test_lengths_abuse_77(void **state)
{
	static const size_t lengths[] = {
		15, 64, 128, 511, 512, 513, 1023, 1024
	};
	static const char letters[] = "vrkqmzhtwpxjnbdclfsg";
	char bytes[SECRET_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = letters[(i * i + i / 7) % (sizeof(letters) - 1)];
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		assert_int_equal(judge(&rules, "piet", NULL, bytes, lengths[i]),
				 0);
	assert_int_equal(judge(&rules, "piet", NULL, bytes, SECRET_MAX + 1),
			 PASSWORD_E_TOO_LONG);
}

static void normalise(const char *bytes, struct secret *ret)
{
	scope(secret_deinit) struct secret typed = { 0 };

	fill(&typed, bytes, strlen(bytes));
	assert_int_equal(password_normalise(&typed, ret), 0);
}

static void test_normal_form_abuse_78(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{ "caf\xc3\xa9", "cafe\xcc\x81", true },
		/* Two marks in either order. */
		{ "q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87", true },
		/* Full width is another letter: NFC, not NFKC. */
		{ "\xef\xbd\x81", "a", false },
		{ "secret", "secret ", false },
		{ "Secret", "secret", false },
		/* What is no UTF-8 stays as it is. */
		{ "caf\xe9", "caf\xe9", true },
		{ "caf\xe9", "caf\xc3\xa9", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		scope(secret_deinit) struct secret a = { 0 };
		scope(secret_deinit) struct secret b = { 0 };

		normalise(pairs[i].a, &a);
		normalise(pairs[i].b, &b);
		assert_int_equal(secret_equal(&a, &b), pairs[i].equal);
	}
}

/* U+0958 is longer in NFC: 1,023 bytes become 2,046. */
static void test_grows_abuse_78(void **state)
{
	scope(secret_deinit) struct secret typed = { 0 };
	scope(secret_deinit) struct secret normal = { 0 };
	char bytes[1023];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "\xe0\xa5\x98"[i % 3];
	fill(&normal, "old", 3);
	fill(&typed, bytes, 510);
	assert_int_equal(password_normalise(&typed, &normal), 0);
	assert_int_equal(normal.n, 1020);
	fill(&typed, bytes, sizeof(bytes));
	assert_int_equal(password_normalise(&typed, &normal),
			 PASSWORD_E_TOO_LONG);
	assert_true(secret_is_empty(&normal));
}

/* What each key of the policy asks, by itself, and that 0 asks nothing. */
static void test_policy_keys(void **state)
{
	static const struct {
		const char *what;
		struct password_policy policy;
		const char *wanted;
		int expected;
	} keys[] = {
		{ "bio, three classes",
		  { .minclass = 3, .minclass_until = 20 },
		  "vrkqmZhtwpxj4b",
		  0 },
		{ "bio, two classes",
		  { .minclass = 3, .minclass_until = 20 },
		  "vrkqmzhtwpxj4b",
		  PASSWORD_E_FEW_CLASSES },
		{ "bio, 19 small letters",
		  { .minclass = 3, .minclass_until = 20 },
		  "vrkqmzhtwpxjnbdclfs",
		  PASSWORD_E_FEW_CLASSES },
		{ "bio, 20 small letters",
		  { .minclass = 3, .minclass_until = 20 },
		  "vrkqmzhtwpxjnbdclfsg",
		  0 },
		{ "classes for ever",
		  { .minclass = 3 },
		  "vrkqmzhtwpxjnbdclfsg",
		  PASSWORD_E_FEW_CLASSES },
		{ "a digit",
		  { .dcredit = 1 },
		  "vrkqmzhtwpxj",
		  PASSWORD_E_FEW_DIGITS },
		{ "a digit there", { .dcredit = 1 }, "vrkqmzhtwpx4j", 0 },
		{ "two capitals",
		  { .ucredit = 2 },
		  "vrkqmZhtwpxj",
		  PASSWORD_E_FEW_CAPITALS },
		{ "a small letter",
		  { .lcredit = 1 },
		  "VRKQMZHTWPXJ",
		  PASSWORD_E_FEW_SMALL },
		{ "another",
		  { .ocredit = 1 },
		  "vrkqmzhtwpxj",
		  PASSWORD_E_FEW_OTHERS },
		{ "three in a row",
		  { .maxrepeat = 2 },
		  "vrkqmzzzhtwpxj",
		  PASSWORD_E_SAME_IN_A_ROW },
		{ "two in a row", { .maxrepeat = 2 }, "vrkqmzzhtwpxj", 0 },
		{ "neighbours",
		  { .maxsequence = 3 },
		  "vrkqmabcdhtwpxj",
		  PASSWORD_E_SEQUENCE },
		{ "one class",
		  { .maxclassrepeat = 4 },
		  "vrkqm4ht6wp7xj8",
		  PASSWORD_E_CLASS_IN_A_ROW },
		{ "no name check", { 0 }, "vrkqmpietzhtw", 0 },
		{ "name check",
		  { .usercheck = 1 },
		  "vrkqmpietzhtw",
		  PASSWORD_E_NAME },
		{ "no dictionary check", { 0 }, "incomprehensibility", 0 },
		{ "dictionary check",
		  { .dictcheck = 1 },
		  "incomprehensibility",
		  PASSWORD_E_DICTIONARY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct password_rules by = { .policy = keys[i].policy,
					     .n_factors = 1 };
		int r;

		by.policy.minlen = 12;
		r = judge(&by, "piet", NULL, keys[i].wanted,
			  strlen(keys[i].wanted));
		if (r != keys[i].expected)
			fail_msg("%s: %s", keys[i].what,
				 password_error_name(r));
	}
}

/* abuse_77: 7, 8, 14 and 15, with one factor and with two. */
static void test_factors_abuse_77(void **state)
{
	static const struct {
		size_t length;
		int one, two;
	} lengths[] = {
		{ 7, PASSWORD_E_TOO_SHORT, PASSWORD_E_TOO_SHORT },
		{ 8, PASSWORD_E_TOO_SHORT, 0 },
		{ 14, PASSWORD_E_TOO_SHORT, 0 },
		{ 15, 0, 0 },
	};
	struct password_rules by = rules;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		by.n_factors = 1;
		assert_int_equal(judge(&by, "piet", NULL, "vrkqmzhtwpxjnbd",
				       lengths[i].length),
				 lengths[i].one);
		by.n_factors = 2;
		assert_int_equal(judge(&by, "piet", NULL, "vrkqmzhtwpxjnbd",
				       lengths[i].length),
				 lengths[i].two);
	}
}

/* ASVS 6.2.11: what whoever guesses knows of user, host and services. */
static void test_context_abuse_82(void **state)
{
	static const struct {
		const char *wanted;
		int expected;
	} cases[] = {
		{ "vrkqmzVriesxjnbd", PASSWORD_E_NAME },
		{ "vrkqmzseirvxjnbd", PASSWORD_E_NAME },
		{ "vrkqmzdexjnbdlfg", 0 },
		{ "vrkqmzWeb01xjnbd", PASSWORD_E_WORD },
		{ "vrkqmzbetuwexjnb", PASSWORD_E_WORD },
		{ "vrkqcloxxs-onlinej", PASSWORD_E_WORD },
		{ "vrkqmzsshdxjnbdl", PASSWORD_E_WORD },
		{ "vrkqmzsuxjnbdlfg", 0 },
		{ "vrkqmz2026xjnbdl", 0 },
	};
	struct password_context context;
	struct password_rules by = rules;

	(void)state;
	password_context_init(&context, "anna_de_vries",
			      "sshd,su,cloxxs-online", "web01.betuwe.nl.2026");
	by.context = &context;
	by.words = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r = judge(&by, "anna_de_vries", NULL, cases[i].wanted,
			      strlen(cases[i].wanted));

		if (r != cases[i].expected)
			fail_msg("%s: %s", cases[i].wanted,
				 password_error_name(r));
	}
}

/* More words than there is room for are left out; none is written behind. */
static void test_context_is_bounded(void **state)
{
	struct password_context context;
	char services[4096];
	struct text text;
	size_t n = 0;

	(void)state;
	text_init(&text, services, sizeof(services));
	for (int i = 0; i < 300; i++)
		text_add_format(&text, "service%03d,", i);
	password_context_init(&context,
			      "a_bcde_fghi_jklm_nopq_rstu_vwxy_zabc"
			      "_defg_hijk_lmno",
			      services, "");
	while (context.words[n])
		n++;
	assert_int_equal(n, PASSWORD_CONTEXT_MAX);
	assert_string_equal(context.words[n - 1], "service063");
	assert_null(context.name_parts[8]);
	assert_non_null(context.name_parts[7]);
}

static void test_no_dictionary_abuse_82(void **state)
{
	struct password_rules missing = rules;

	(void)state;
	missing.dictionary = "/nonexistent/dictionary";
	assert_int_equal(judge(&missing, "piet", NULL, "vrkqmzhtwpxjnbd", 15),
			 PASSWORD_E_NO_DICTIONARY);
	/* It was not left open. */
	assert_int_equal(judge(&rules, "piet", NULL, "vrkqmzhtwpxjnbd", 15), 0);
}

static void test_generate(void **state)
{
	scope(secret_deinit) struct secret before = { 0 };
	unsigned int seen[256] = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++) {
		scope(secret_deinit) struct secret password = { 0 };

		assert_int_equal(password_generate(&password), 0);
		assert_int_equal(password.n, PASSWORD_TEMPORARY_GROUPS * 5 - 1);
		for (size_t k = 0; k < password.n; k++) {
			assert_int_equal(k % 5 == 4, password.bytes[k] == '-');
			seen[(unsigned char)password.bytes[k]]++;
		}
		assert_false(secret_equal(&password, &before));
		before = password;
		assert_int_equal(judge(&rules, "abuse_user", NULL,
				       password.bytes, password.n),
				 0);
	}
	/* 4,800 letters: each about 155 times; 60 is seven deviations off. */
	for (const char *c = "abcdefghjkmnpqrstuvwxyz23456789"; *c; c++)
		assert_in_range(seen[(unsigned char)*c], 60, 260);
	for (const char *c = "0o1ilOI"; *c; c++)
		assert_int_equal(seen[(unsigned char)*c], 0);
}

/* So that the count above means something: libpwquality's own way does ask. */
static void test_lookups_are_seen(void **state)
{
	(void)state;
	n_lookups = 0;
	assert_non_null(FascistCheck("vrkqmzhtwpxjnbd", NULL));
	assert_int_equal(n_lookups, 1);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < _PASSWORD_E_N; i++)
		assert_non_null(password_error_name(i));
	assert_string_equal(password_error_name(PASSWORD_E_TOO_SHORT),
			    "too-short");
	assert_string_equal(password_error_name(-1), "unknown");
	assert_string_equal(password_error_name(_PASSWORD_E_N), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_random_is_taken,
						make_small, drop_small),
		cmocka_unit_test_setup_teardown(test_sentences_are_taken,
						make_small, drop_small),
		cmocka_unit_test(test_lengths_abuse_77),
		cmocka_unit_test(test_normal_form_abuse_78),
		cmocka_unit_test(test_grows_abuse_78),
		cmocka_unit_test(test_policy_keys),
		cmocka_unit_test(test_factors_abuse_77),
		cmocka_unit_test(test_context_abuse_82),
		cmocka_unit_test(test_context_is_bounded),
		cmocka_unit_test(test_no_dictionary_abuse_82),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_lookups_are_seen),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("password_rules", tests, NULL, NULL);
}
