/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "authorized_keys/question.h"

#include <string.h>

#include "base/name.h"

/* Decimal digits and nothing else, up to the highest uid. */
static bool read_uid(const char *text, int64_t *ret_uid)
{
	uint64_t uid = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uid = uid * 10 + (uint64_t)(*text - '0');
		if (uid > UINT32_MAX)
			return false;
	}
	*ret_uid = (int64_t)uid;
	return true;
}

/* The first word: what is no address the daemon takes for none. */
static bool read_address(const char *connection,
			 char address[QUESTION_ADDRESS_MAX])
{
	size_t n = strcspn(connection, " ");

	if (n == 0 || n >= QUESTION_ADDRESS_MAX)
		return false;
	memcpy(address, connection, n);
	address[n] = '\0';
	return true;
}

int question_read(int argc, char *const *argv, struct question *ret_question)
{
	struct question question = { .has_uid = argc > 2,
				     .has_address = argc > 3 };

	if (argc < 2 || argc > 4 ||
	    (question.has_uid && !read_uid(argv[2], &question.uid)) ||
	    (question.has_address && !read_address(argv[3], question.address)))
		return QUESTION_E_USAGE;
	question.user = argv[1];
	/* Nobody of this host but ours waits for the daemon. */
	if (!name_is_user(argv[1], strnlen(argv[1], NAME_USER_MAX + 1)) ||
	    (question.has_uid && !name_is_our_uid((uint32_t)question.uid)))
		return QUESTION_E_NOT_OURS;
	*ret_question = question;
	return 0;
}
