/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. No name is looked up: the daemon would ask itself through NSS.
 * 2. What cannot be judged is refused.
 * 3. No text that is shown holds anything of the password.
 * 4. Copies made here are wiped.
 */
#include "cloxxsd/attempt/password_rules.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "cloxxsd/attempt/dictionary.h"
#include "cloxxsd/attempt/password_pattern.h"

/* NFC makes UTF-8 three times as long at most (Unicode's normalisation FAQ). */
#define NFC_SIZE (3 * SECRET_MAX + 1)

static bool is_utf8(const struct secret *secret)
{
	return !u8_check((const uint8_t *)secret->bytes, secret->n);
}

int password_normalise(const struct secret *typed, struct secret *ret_normal)
{
	uint8_t buffer[NFC_SIZE];
	size_t n = sizeof(buffer);
	uint8_t *normal;
	int r;

	secret_deinit(ret_normal);
	if (secret_is_empty(typed))
		return 0;
	if (!is_utf8(typed))
		return secret_set(ret_normal, typed->bytes, typed->n) != 0
			       ? PASSWORD_E_TOO_LONG
			       : 0;
	normal = u8_normalize(UNINORM_NFC, (const uint8_t *)typed->bytes,
			      typed->n, buffer, &n);
	if (!normal) {
		r = -errno;
	} else {
		r = secret_set(ret_normal, (const char *)normal, n) != 0
			    ? PASSWORD_E_TOO_LONG
			    : 0;
		sodium_memzero(normal, n);
		if (normal != buffer)
			free(normal);
	}
	sodium_memzero(buffer, sizeof(buffer));
	return r;
}

/* C0, DEL and C1: no keyboard types them, and sshd's placeholder for refused
 * users ("\b\n\r\177INCORRECT") is made of them. */
static bool has_control(const struct secret *text)
{
	for (size_t i = 0; i < text->n; i++) {
		unsigned char byte = (unsigned char)text->bytes[i];

		if (byte < 0x20 || byte == 0x7f)
			return true;
		if (byte == 0xc2 && (unsigned char)text->bytes[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether word, read forwards (step 1) or backwards (-1), stands at bytes. */
static bool stands_at(const char *bytes, const char *word, size_t n,
		      bool backwards)
{
	for (size_t i = 0; i < n; i++)
		if (lower(bytes[i]) != lower(word[backwards ? n - 1 - i : i]))
			return false;
	return true;
}

/* Two letters stand in too many good passwords to be a reason. */
static bool holds_word(const struct secret *text, const char *word)
{
	size_t n = strlen(word);

	if (n < 3)
		return false;
	for (size_t i = 0; i + n <= text->n; i++)
		if (stands_at(text->bytes + i, word, n, false) ||
		    stands_at(text->bytes + i, word, n, true))
			return true;
	return false;
}

static int fail(struct password_fault *fault, enum password_error error,
		uint32_t n)
{
	*fault = (struct password_fault){ .error = error, .n = n };
	return (int)error;
}

static size_t code_points(const struct secret *text)
{
	return u8_mbsnlen((const uint8_t *)text->bytes, text->n);
}

static uint32_t length_min(const struct password_rules *rules)
{
	return password_length_min(&rules->policy, rules->n_factors);
}

static int ask_text(const struct password_rules *rules,
		    const struct password_candidate *candidate,
		    struct password_fault *fault)
{
	(void)rules;
	if (is_utf8(candidate->wanted) && !has_control(candidate->wanted))
		return 0;
	return fail(fault, PASSWORD_E_NOT_TEXT, 0);
}

static int ask_length(const struct password_rules *rules,
		      const struct password_candidate *candidate,
		      struct password_fault *fault)
{
	if (code_points(candidate->wanted) >= length_min(rules))
		return 0;
	return fail(fault, PASSWORD_E_TOO_SHORT, length_min(rules));
}

static int ask_present(const struct password_rules *rules,
		       const struct password_candidate *candidate,
		       struct password_fault *fault)
{
	(void)rules;
	if (!candidate->current ||
	    !secret_equal(candidate->current, candidate->wanted))
		return 0;
	return fail(fault, PASSWORD_E_SAME, 0);
}

/* The length of the piece that text is made of, where that is half of it at
 * most; else the length of text. */
static size_t piece_length(const struct secret *text)
{
	for (size_t n = 1; n <= text->n / 2; n++)
		if (memcmp(text->bytes, text->bytes + n, text->n - n) == 0)
			return n;
	return text->n;
}

/* A piece said twice is as good as the piece: "passwordpassword" stands in no
 * dictionary, and is among the first guesses all the same. */
static int ask_repetition(const struct password_rules *rules,
			  const struct password_candidate *candidate,
			  struct password_fault *fault)
{
	const struct secret *wanted = candidate->wanted;
	size_t piece = piece_length(wanted);

	if (piece == wanted->n || u8_mbsnlen((const uint8_t *)wanted->bytes,
					     piece) >= length_min(rules))
		return 0;
	return fail(fault, PASSWORD_E_REPEATS, 0);
}

#define KEYBOARD_WALK_MIN 4

/* How far the n bytes walk along a row of a keyboard, in one direction. */
static size_t keyboard_walk(const uint8_t *bytes, size_t n)
{
	static const char *const rows[] = {
		"qwertyuiop", "asdfghjkl",  "zxcvbnm", "azertyuiop",
		"qsdfghjklm", "qwertzuiop", "yxcvbnm",
	};
	size_t longest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = strchr(rows[i], lower((char)bytes[0]));

		for (int step = -1; at && *at && step <= 1; step += 2) {
			ptrdiff_t key = at - rows[i];
			size_t walked = 0;

			while (walked < n && key >= 0 && rows[i][key] &&
			       rows[i][key] == lower((char)bytes[walked])) {
				walked++;
				key += step;
			}
			if (walked > longest)
				longest = walked;
		}
	}
	return longest;
}

/*
 * Neighbours: "ab", "21", "aa". A run of three or more of them is one thing to
 * guess, so it counts as one character; two stand in good words too. So is a
 * walk of four or more along a keyboard, of which good words have three.
 */
static size_t count_without_runs(const struct secret *wanted)
{
	const uint8_t *bytes = (const uint8_t *)wanted->bytes;
	size_t n = 0, n_run = 0;
	ucs4_t before = 0;

	for (size_t i = 0; i < wanted->n;) {
		size_t walked = keyboard_walk(bytes + i, wanted->n - i);
		ucs4_t c;
		int width = u8_mbtouc(&c, bytes + i, wanted->n - i);

		if (walked >= KEYBOARD_WALK_MIN) {
			n++;
			n_run = 0;
			i += walked;
			continue;
		}
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (n_run > 0 && c + 1 >= before && c <= before + 1)
			n_run++;
		else
			n_run = 1;
		if (n_run < 3)
			n++;
		else if (n_run == 3)
			n--;
		before = c;
		i += (size_t)width;
	}
	return n;
}

/*
 * By length, not by share: a rule about how many neighbours a password may have
 * would be one about its composition (NIST SP 800-63B-4 section 3.1.1.2), and
 * would refuse long random ones and sentences. A third is left to chance: the
 * letters of "the first student" are neighbours too.
 */
static int ask_runs(const struct password_rules *rules,
		    const struct password_candidate *candidate,
		    struct password_fault *fault)
{
	size_t n = count_without_runs(candidate->wanted);

	/* Short without any run is another rule's. */
	if (n >= length_min(rules) * 2 / 3 ||
	    n == code_points(candidate->wanted))
		return 0;
	return fail(fault, PASSWORD_E_RUNS, 0);
}

static int ask_name(const struct password_rules *rules,
		    const struct password_candidate *candidate,
		    struct password_fault *fault)
{
	const struct password_context *context = rules->context;
	bool holds = false;

	if (!rules->policy.usercheck || !candidate->user)
		return 0;
	holds = holds_word(candidate->wanted, candidate->user);
	for (size_t i = 0; !holds && context && context->name_parts[i]; i++)
		holds = holds_word(candidate->wanted, context->name_parts[i]);
	return holds ? fail(fault, PASSWORD_E_NAME, 0) : 0;
}

static const char *find_word(const struct secret *wanted,
			     const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		if (holds_word(wanted, words[i]))
			return words[i];
	return NULL;
}

static int ask_words(const struct password_rules *rules,
		     const struct password_candidate *candidate,
		     struct password_fault *fault)
{
	const char *word = find_word(candidate->wanted, rules->words);
	struct text text;

	if (!word && rules->context)
		word = find_word(candidate->wanted, rules->context->words);
	if (!word)
		return 0;
	*fault = (struct password_fault){ .error = PASSWORD_E_WORD };
	text_init(&text, fault->word, sizeof(fault->word));
	text_add_escaped(&text, word, strlen(word));
	return PASSWORD_E_WORD;
}

/* Without the classes: they are another rule's. */
static int ask_pattern(const struct password_rules *rules,
		       const struct password_candidate *candidate,
		       struct password_fault *fault)
{
	return password_pattern_check(
		&rules->policy, false, candidate->user ? candidate->user : "",
		candidate->current, candidate->wanted, fault);
}

static int ask_classes(const struct password_rules *rules,
		       const struct password_candidate *candidate,
		       struct password_fault *fault)
{
	const struct password_policy *all = &rules->policy;
	const struct password_policy classes = {
		.minclass = all->minclass,
		.dcredit = all->dcredit,
		.ucredit = all->ucredit,
		.lcredit = all->lcredit,
		.ocredit = all->ocredit,
	};
	int r;

	if (!password_asks_classes(all, code_points(candidate->wanted)))
		return 0;
	r = password_pattern_check(&classes, true, "", NULL, candidate->wanted,
				   fault);
	/* What is none of the classes' is the next rule's. */
	return r >= PASSWORD_E_FEW_DIGITS && r <= PASSWORD_E_FEW_CLASSES ? r
	       : r < 0                                                   ? r
									 : 0;
}

static int ask_dictionary(const struct password_rules *rules,
			  const struct password_candidate *candidate,
			  struct password_fault *fault)
{
	int r;

	if (!rules->policy.dictcheck)
		return 0;
	r = dictionary_check(rules->dictionary,
			     candidate->user ? candidate->user : "",
			     candidate->wanted);
	if (r <= 0)
		return r;
	return fail(fault,
		    r == DICTIONARY_E_FOUND  ? PASSWORD_E_DICTIONARY
		    : r == DICTIONARY_E_NAME ? PASSWORD_E_NAME
		    : r == DICTIONARY_E_FEW  ? PASSWORD_E_FEW_DIFFERENT
					     : PASSWORD_E_NO_DICTIONARY,
		    0);
}

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
	int (*ask)(const struct password_rules *rules,
		   const struct password_candidate *candidate,
		   struct password_fault *fault);
} rows[_PASSWORD_RULE_N] = {
	[PASSWORD_RULE_TEXT] = { "text",
	  "It is text, without control characters.", ask_text },
	[PASSWORD_RULE_LENGTH] = { "length",
	  "It is long enough.", ask_length },
	[PASSWORD_RULE_PRESENT] = { "present",
	  "It is not the present one.", ask_present },
	[PASSWORD_RULE_NAME] = { "name",
	  "The user's name does not stand in it.", ask_name },
	[PASSWORD_RULE_WORDS] = { "words",
	  "No word of the settings, the host and the services stands in it.",
	  ask_words },
	[PASSWORD_RULE_REPETITION] = { "repetition",
	  "It is no short piece again and again.", ask_repetition },
	[PASSWORD_RULE_RUNS] = { "runs",
	  "It is not mostly runs of neighbours.", ask_runs },
	[PASSWORD_RULE_CLASSES] = { "classes",
	  "It has the kinds of characters that are asked.", ask_classes },
	[PASSWORD_RULE_PATTERN] = { "pattern",
	  "It is no pattern, and not much like the present one.",
	  ask_pattern },
	[PASSWORD_RULE_DICTIONARY] = { "dictionary",
	  "It is no word of the dictionary.", ask_dictionary },
	[PASSWORD_RULE_BREACHED] = { "breached",
	  "It stands in no list of breached passwords.", NULL },
	[PASSWORD_RULE_HISTORY] = { "history",
	  "It is none of the user's former ones.", NULL },
};
/* clang-format on */

int password_ask(enum password_rule rule, const struct password_rules *rules,
		 const struct password_candidate *candidate,
		 struct password_fault *ret_fault)
{
	if (!rows[rule].ask)
		return 0;
	return rows[rule].ask(rules, candidate, ret_fault);
}

int password_check(const struct password_rules *rules,
		   const struct password_candidate *candidate,
		   struct password_fault *ret_fault)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < _PASSWORD_RULE_N; i++)
		r = password_ask(i, rules, candidate, ret_fault);
	return r;
}

const char *password_rule_name(enum password_rule rule)
{
	return rows[rule].name;
}

const char *password_rule_text(enum password_rule rule)
{
	return rows[rule].text;
}

#define TEMPORARY_SIZE (PASSWORD_TEMPORARY_GROUPS * 5 - 1)

static void draw(char bytes[TEMPORARY_SIZE])
{
	/* 31 of them, 118 bits in all: without 0 o, 1 i l. */
	static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";

	for (size_t i = 0; i < TEMPORARY_SIZE; i++)
		if (i % 5 == 4)
			bytes[i] = '-';
		else
			bytes[i] = alphabet[randombytes_uniform(
				sizeof(alphabet) - 1)];
}

int password_generate(struct secret *ret_password)
{
	char bytes[TEMPORARY_SIZE];
	int r;

	if (sodium_init() < 0)
		return -EIO;
	draw(bytes);
	r = secret_set(ret_password, bytes, sizeof(bytes));
	sodium_memzero(bytes, sizeof(bytes));
	return r == 0 ? 0 : -EINVAL;
}

void password_capitalise(struct secret *password)
{
	for (size_t i = 0; i < password->n; i++) {
		char c = password->bytes[i];

		if (c >= 'a' && c <= 'z' && randombytes_uniform(2))
			password->bytes[i] = (char)(c - 'a' + 'A');
	}
}
