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

int dictionary_check(const char *path, const char *user,
		     const struct secret *password, const char **ret_verdict)
{
	const char *verdict = ask(path, user, password);

	if (!verdict)
		return 0;
	if (says(verdict, "error loading dictionary"))
		return DICTIONARY_E_UNREADABLE;
	*ret_verdict = verdict;
	return DICTIONARY_E_FOUND;
}
