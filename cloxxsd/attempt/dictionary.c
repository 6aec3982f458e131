/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. No name is looked up: FascistCheck() asks getpwuid() who the caller is,
 *    and the daemon would ask itself. FascistCheckUser() with a user and a
 *    comment field asks nobody.
 * 2. What cannot be judged is refused.
 * 3. Copies made here are wiped. cracklib leaves up to 256 bytes on the stack.
 */
#include "cloxxsd/attempt/dictionary.h"

#include <crack.h>
#include <errno.h>
#include <libintl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* cracklib tells what it means only by its text. */
static bool says(const char *verdict, const char *text)
{
	return strcmp(verdict, text) == 0 ||
	       strcmp(verdict, dgettext("cracklib", text)) == 0;
}

/* cracklib 2.9.6 has one open dictionary a process, and refuses a second. So
 * the lock is the process's too. Its verdicts are constant strings. */
static pthread_mutex_t dictionary_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *ask(const char *path, const char *user,
		       const struct secret *password)
{
	const char *verdict;

	pthread_mutex_lock(&dictionary_lock);
	/* "-" is nobody's name: NULL would mean to ask who the caller is. */
	verdict = FascistCheckUser(password->bytes,
				   path ? path : GetDefaultCracklibDict(),
				   *user ? user : "-", "");
	pthread_mutex_unlock(&dictionary_lock);
	return verdict;
}

/*
 * What cracklib 2.9.6 says where more than 3 + 9 % of the pairs of letters are
 * neighbours ("de", "st"), before it has looked at the words.
 */
static bool is_systematic(const char *verdict)
{
	return says(verdict, "it is too simplistic/systematic");
}

/* Most neighbours in words ("no", "st", "de") have one of these letters. As
 * digits they are next to none of them, and cracklib reads the word all the
 * same. */
static int disguise(const struct secret *password, size_t from, size_t to,
		    struct secret *ret_disguised)
{
	static const char letters[] = "SsOoAaEeIi", digits[] = "$$00223311";
	int r = secret_set(ret_disguised, password->bytes + from, to - from);

	if (r != 0)
		return -EINVAL;
	for (size_t i = 0; i < ret_disguised->n; i++) {
		const char *letter = memchr(letters, ret_disguised->bytes[i],
					    sizeof(letters) - 1);

		if (letter)
			ret_disguised->bytes[i] = digits[letter - letters];
	}
	return 0;
}

/*
 * Whether the words are the reason too. As cracklib does it takes off up to two
 * characters at either end, which it would not do with a disguise.
 */
static int ask_disguised(const char *path, const char *user,
			 const struct secret *password,
			 const char **ret_verdict)
{
	static const struct {
		size_t front, back;
	} rows[] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 0, 1 }, { 0, 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scope(secret_deinit) struct secret piece = { 0 };
		const char *verdict;
		int r;

		if (password->n < rows[i].front + rows[i].back + 1)
			continue;
		r = disguise(password, rows[i].front,
			     password->n - rows[i].back, &piece);
		if (r != 0)
			return r;
		verdict = ask(path, user, &piece);
		if (verdict && !is_systematic(verdict)) {
			*ret_verdict = verdict;
			return 0;
		}
	}
	*ret_verdict = NULL;
	return 0;
}

/* What it means, by its text. */
static int read_verdict(const char *verdict)
{
	static const struct {
		const char *text;
		enum dictionary_error error;
	} rows[] = {
		{ "error loading dictionary", DICTIONARY_E_UNREADABLE },
		{ "it does not contain enough DIFFERENT characters",
		  DICTIONARY_E_FEW },
		{ "it is based on your username", DICTIONARY_E_NAME },
		{ "it is based upon your password entry", DICTIONARY_E_NAME },
		{ "it is derived from your password entry", DICTIONARY_E_NAME },
		{ "it's derived from your password entry", DICTIONARY_E_NAME },
		{ "it is derivable from your password entry",
		  DICTIONARY_E_NAME },
		{ "it's derivable from your password entry",
		  DICTIONARY_E_NAME },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (says(verdict, rows[i].text))
			return (int)rows[i].error;
	return DICTIONARY_E_FOUND;
}

int dictionary_check(const char *path, const char *user,
		     const struct secret *password)
{
	const char *verdict = ask(path, user, password);
	int r;

	if (verdict && is_systematic(verdict)) {
		r = ask_disguised(path, user, password, &verdict);
		if (r != 0)
			return r;
	}
	return verdict ? read_verdict(verdict) : 0;
}
