/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 * 1. No name is looked up: libpwquality's gecos check calls getpwnam(), and its
 *    dictionary check calls what asks getpwuid(). Both are off.
 * 2. Not /etc/security/pwquality.conf: policy stands in one place, /etc/cloxxs,
 *    and composition rules that a distribution puts there must not come back
 *    through it.
 */
#include "cloxxsd/attempt/password_pattern.h"

#include <pwquality.h>
#include <string.h>

static void free_settingsp(pwquality_settings_t **settings)
{
	if (*settings)
		pwquality_free_settings(*settings);
}

static int set_all(pwquality_settings_t *settings,
		   const struct password_policy *policy, bool classes)
{
	const struct {
		int setting, value;
	} rows[] = {
		/* It writes "at least N" as -N. */
		{ PWQ_SETTING_DIG_CREDIT, classes ? -(int)policy->dcredit : 0 },
		{ PWQ_SETTING_UP_CREDIT, classes ? -(int)policy->ucredit : 0 },
		{ PWQ_SETTING_LOW_CREDIT, classes ? -(int)policy->lcredit : 0 },
		{ PWQ_SETTING_OTH_CREDIT, classes ? -(int)policy->ocredit : 0 },
		{ PWQ_SETTING_MIN_CLASS, classes ? (int)policy->minclass : 0 },
		{ PWQ_SETTING_MAX_REPEAT, (int)policy->maxrepeat },
		{ PWQ_SETTING_MAX_CLASS_REPEAT, (int)policy->maxclassrepeat },
		{ PWQ_SETTING_MAX_SEQUENCE, (int)policy->maxsequence },
		{ PWQ_SETTING_DIFF_OK, (int)policy->difok },
		{ PWQ_SETTING_GECOS_CHECK, 0 },
		{ PWQ_SETTING_DICT_CHECK, 0 },
		{ PWQ_SETTING_USER_CHECK, (int)policy->usercheck },
		/* Ours counts code points; this only its own minimum. */
		{ PWQ_SETTING_MIN_LENGTH, 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (pwquality_set_int_value(settings, rows[i].setting,
					    rows[i].value) != 0)
			return -EINVAL;
	return 0;
}

/* What it answers, as ours, and the number that the sentence has. */
static struct password_fault translate(int answer,
				       const struct password_policy *policy)
{
	const struct {
		int answer;
		enum password_error error;
		uint32_t n;
	} rows[] = {
		{ PWQ_ERROR_SAME_PASSWORD, PASSWORD_E_SAME, 0 },
		{ PWQ_ERROR_PALINDROME, PASSWORD_E_PALINDROME, 0 },
		{ PWQ_ERROR_CASE_CHANGES_ONLY, PASSWORD_E_CASE_ONLY, 0 },
		{ PWQ_ERROR_TOO_SIMILAR, PASSWORD_E_SIMILAR, 0 },
		{ PWQ_ERROR_ROTATED, PASSWORD_E_ROTATED, 0 },
		{ PWQ_ERROR_USER_CHECK, PASSWORD_E_NAME, 0 },
		{ PWQ_ERROR_MIN_DIGITS, PASSWORD_E_FEW_DIGITS,
		  policy->dcredit },
		{ PWQ_ERROR_MIN_UPPERS, PASSWORD_E_FEW_CAPITALS,
		  policy->ucredit },
		{ PWQ_ERROR_MIN_LOWERS, PASSWORD_E_FEW_SMALL, policy->lcredit },
		{ PWQ_ERROR_MIN_OTHERS, PASSWORD_E_FEW_OTHERS,
		  policy->ocredit },
		{ PWQ_ERROR_MIN_CLASSES, PASSWORD_E_FEW_CLASSES,
		  policy->minclass },
		{ PWQ_ERROR_MAX_CONSECUTIVE, PASSWORD_E_SAME_IN_A_ROW,
		  policy->maxrepeat },
		{ PWQ_ERROR_MAX_CLASS_REPEAT, PASSWORD_E_CLASS_IN_A_ROW,
		  policy->maxclassrepeat },
		{ PWQ_ERROR_MAX_SEQUENCE, PASSWORD_E_SEQUENCE,
		  policy->maxsequence },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].answer == answer)
			return (struct password_fault){ .error = rows[i].error,
							.n = rows[i].n };
	return (struct password_fault){ .error = PASSWORD_E_WEAK };
}

int password_pattern_check(const struct password_policy *policy, bool classes,
			   const char *user, const struct secret *current,
			   const struct secret *wanted,
			   struct password_fault *ret_fault)
{
	scope(free_settingsp) pwquality_settings_t *settings =
		pwquality_default_settings();
	void *auxiliary = NULL;
	int r;

	if (!settings)
		return -ENOMEM;
	r = set_all(settings, policy, classes);
	if (r != 0)
		return r;
	r = pwquality_check(settings, wanted->bytes,
			    current ? current->bytes : NULL, user, &auxiliary);
	if (r >= 0)
		return 0;
	if (r == PWQ_ERROR_MEM_ALLOC)
		return -ENOMEM;
	*ret_fault = translate(r, policy);
	return (int)ret_fault->error;
}
