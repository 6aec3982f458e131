/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. No name is looked up: the daemon would ask itself through NSS.
 *    libpwquality's dictionary check calls cracklib's FascistCheck(), which
 *    asks getpwuid() who the caller is, and its gecos check calls getpwnam().
 *    So both are off, and dictionary_check() asks the dictionary.
 * 2. What cannot be judged is refused.
 * 3. No text that is shown holds anything of the password.
 * 4. Copies made here are wiped. libpwquality wipes its own.
 */
#include "cloxxsd/attempt/password_rules.h"

#include <errno.h>
#include <pwquality.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "cloxxsd/attempt/dictionary.h"

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

static int check_text(const struct password_rules *rules,
		      const struct secret *wanted, struct text *why)
{
	size_t n;

	if (!is_utf8(wanted) || has_control(wanted)) {
		text_add(why, "The password has characters in it that are "
			      "no text");
		return PASSWORD_E_NOT_TEXT;
	}
	n = u8_mbsnlen((const uint8_t *)wanted->bytes, wanted->n);
	if (n < rules->min_length) {
		text_add_format(why,
				"The password is shorter than %u characters",
				rules->min_length);
		return PASSWORD_E_TOO_SHORT;
	}
	return 0;
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
static int check_repetition(const struct password_rules *rules,
			    const struct secret *wanted, struct text *why)
{
	size_t n = u8_mbsnlen((const uint8_t *)wanted->bytes,
			      piece_length(wanted));

	if (n >= rules->min_length)
		return 0;
	text_add(why, "The password repeats itself");
	return PASSWORD_E_WEAK;
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
static int check_runs(const struct password_rules *rules,
		      const struct secret *wanted, struct text *why)
{
	if (count_without_runs(wanted) >= rules->min_length * 2 / 3)
		return 0;
	text_add(why, "The password is mostly runs such as 'abc', '321', "
		      "'aaa' or 'qwerty'; each counts as one character");
	return PASSWORD_E_WEAK;
}

static int check_words(const struct password_rules *rules, const char *user,
		       const struct secret *wanted, struct text *why)
{
	if (holds_word(wanted, user)) {
		text_add(why, "The password has your user name in it");
		return PASSWORD_E_NAME;
	}
	for (size_t i = 0; rules->words && rules->words[i]; i++) {
		if (!holds_word(wanted, rules->words[i]))
			continue;
		text_add_format(why, "The password has the word '%s' in it",
				rules->words[i]);
		return PASSWORD_E_WORD;
	}
	return 0;
}

static void free_settingsp(pwquality_settings_t **settings)
{
	if (*settings)
		pwquality_free_settings(*settings);
}

static int refuse_weak(int error, const char *cause, struct text *why)
{
	char buffer[PWQ_MAX_ERROR_MESSAGE_LEN];
	/* Only read where error says that cause is a string. */
	void *auxiliary = (void *)(uintptr_t)cause;

	text_add(why,
		 pwquality_strerror(buffer, sizeof(buffer), error, auxiliary));
	return PASSWORD_E_WEAK;
}

/*
 * What libpwquality finds: a palindrome, the old password turned, in other
 * case or hardly changed, the user's name. Not /etc/security/pwquality.conf:
 * policy stands in one place, /etc/cloxxs, and composition rules that a
 * distribution puts there must not come back through it.
 */
static int check_pattern(const char *user, const struct secret *current,
			 const struct secret *wanted, struct text *why)
{
	static const struct {
		int setting, value;
	} rows[] = {
		{ PWQ_SETTING_DIG_CREDIT, 0 },
		{ PWQ_SETTING_UP_CREDIT, 0 },
		{ PWQ_SETTING_LOW_CREDIT, 0 },
		{ PWQ_SETTING_OTH_CREDIT, 0 },
		{ PWQ_SETTING_MIN_CLASS, 0 },
		{ PWQ_SETTING_MAX_REPEAT, 0 },
		{ PWQ_SETTING_MAX_CLASS_REPEAT, 0 },
		{ PWQ_SETTING_MAX_SEQUENCE, 0 },
		{ PWQ_SETTING_GECOS_CHECK, 0 }, /* see 1 above */
		{ PWQ_SETTING_DICT_CHECK, 0 },  /* see 1 above */
		{ PWQ_SETTING_USER_CHECK, 1 },
		/* Ours counts code points; this only its own minimum. */
		{ PWQ_SETTING_MIN_LENGTH, 6 },
	};
	scope(free_settingsp) pwquality_settings_t *settings =
		pwquality_default_settings();
	void *auxiliary = NULL;
	int r;

	if (!settings)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (pwquality_set_int_value(settings, rows[i].setting,
					    rows[i].value) != 0)
			return -EINVAL;
	r = pwquality_check(settings, wanted->bytes,
			    current ? current->bytes : NULL, user, &auxiliary);
	if (r >= 0)
		return 0;
	if (r == PWQ_ERROR_MEM_ALLOC)
		return -ENOMEM;
	return refuse_weak(r, auxiliary, why);
}

static int check_dictionary(const struct password_rules *rules,
			    const char *user, const struct secret *wanted,
			    struct text *why)
{
	const char *verdict;
	int r = dictionary_check(rules->dictionary, user, wanted, &verdict);

	if (r <= 0)
		return r;
	if (r == DICTIONARY_E_FOUND)
		return refuse_weak(PWQ_ERROR_CRACKLIB_CHECK, verdict, why);
	text_add(why, "The password cannot be judged now; tell your "
		      "administrator");
	return PASSWORD_E_NO_DICTIONARY;
}

int password_check(const struct password_rules *rules, const char *user,
		   const struct secret *current, const struct secret *wanted,
		   struct text *why)
{
	const char *name = user ? user : "";
	int r = check_text(rules, wanted, why);

	if (r != 0)
		return r;
	if (current && secret_equal(current, wanted)) {
		text_add(why, "The password is the same as the old one");
		return PASSWORD_E_SAME;
	}
	r = check_words(rules, name, wanted, why);
	if (r == 0)
		r = check_repetition(rules, wanted, why);
	if (r == 0)
		r = check_runs(rules, wanted, why);
	if (r == 0)
		r = check_pattern(name, current, wanted, why);
	if (r == 0)
		r = check_dictionary(rules, name, wanted, why);
	return r;
}

const char *password_error_name(int error)
{
	static const char *const names[_PASSWORD_RULES_E_N] = {
		[_PASSWORD_RULES_E_OK] = "ok",
		[PASSWORD_E_TOO_SHORT] = "too-short",
		[PASSWORD_E_TOO_LONG] = "too-long",
		[PASSWORD_E_NOT_TEXT] = "not-text",
		[PASSWORD_E_SAME] = "same",
		[PASSWORD_E_NAME] = "name",
		[PASSWORD_E_WORD] = "word",
		[PASSWORD_E_WEAK] = "weak",
		[PASSWORD_E_NO_DICTIONARY] = "no-dictionary",
	};

	if (error < 0 || error >= _PASSWORD_RULES_E_N)
		return "unknown";
	return names[error];
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
