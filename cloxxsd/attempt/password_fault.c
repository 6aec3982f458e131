/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/password_fault.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *name;
	const char *text;
} rows[_PASSWORD_E_N] = {
	[_PASSWORD_E_OK] = { "ok", N_("The password can be taken.") },
	[PASSWORD_E_TOO_SHORT] = { "too-short",
	  N_("The password is shorter than %u characters.") },
	[PASSWORD_E_TOO_LONG] = { "too-long",
	  N_("The password is longer than 1,024 bytes.") },
	[PASSWORD_E_NOT_TEXT] = { "not-text",
	  N_("The password has characters in it that are no text.") },
	[PASSWORD_E_SAME] = { "same",
	  N_("The password is the same as the old one.") },
	[PASSWORD_E_NAME] = { "name",
	  N_("The password has your user name, or a part of it, in it.") },
	[PASSWORD_E_WORD] = { "word",
	  N_("The password has the word '%s' in it.") },
	[PASSWORD_E_REPEATS] = { "repeats", N_("The password repeats itself.") },
	[PASSWORD_E_RUNS] = { "runs",
	  N_("The password is mostly runs such as 'abc', '321', 'aaa' or "
	  "'qwerty'; each counts as one character.") },
	[PASSWORD_E_PALINDROME] = { "palindrome",
	  N_("The password reads the same backwards.") },
	[PASSWORD_E_CASE_ONLY] = { "case-only",
	  N_("The password differs from the old one in capitals only.") },
	[PASSWORD_E_SIMILAR] = { "similar",
	  N_("The password is too much like the old one.") },
	[PASSWORD_E_ROTATED] = { "rotated",
	  N_("The password is the old one, turned.") },
	[PASSWORD_E_FEW_DIGITS] = { "few-digits",
	  N_("The password has too few digits; needed at least: %u.") },
	[PASSWORD_E_FEW_CAPITALS] = { "few-capitals",
	  N_("The password has too few capital letters; needed at least: %u.") },
	[PASSWORD_E_FEW_SMALL] = { "few-small",
	  N_("The password has too few small letters; needed at least: %u.") },
	[PASSWORD_E_FEW_OTHERS] = { "few-others",
	  N_("The password has too few characters that are neither letter nor "
	  "digit; needed at least: %u.") },
	[PASSWORD_E_FEW_CLASSES] = { "few-classes",
	  N_("The password is of too few kinds of characters (small letters, "
	  "capital letters, digits, others); needed at least: %u.") },
	[PASSWORD_E_SAME_IN_A_ROW] = { "same-in-a-row",
	  N_("The password has the same character too often in a row; allowed at "
	  "most: %u.") },
	[PASSWORD_E_CLASS_IN_A_ROW] = { "class-in-a-row",
	  N_("The password has too many characters of one kind in a row; allowed at "
	  "most: %u.") },
	[PASSWORD_E_SEQUENCE] = { "sequence",
	  N_("The password has too many neighbours in a row, such as 'abcd'; "
	  "allowed at most: %u.") },
	[PASSWORD_E_FEW_DIFFERENT] = { "few-different",
	  N_("The password has too few different characters.") },
	[PASSWORD_E_DICTIONARY] = { "dictionary",
	  N_("The password is a word of the dictionary, or one in disguise.") },
	[PASSWORD_E_NO_DICTIONARY] = { "no-dictionary",
	  N_("The password cannot be judged now; tell your administrator.") },
	[PASSWORD_E_BREACHED] = { "breached",
	  N_("The password stands in a list of passwords that were stolen "
	  "elsewhere.") },
	[PASSWORD_E_NO_BREACHED_LIST] = { "no-breached-list",
	  N_("The password cannot be looked up now; tell your administrator.") },
	[PASSWORD_E_USED_BEFORE] = { "used-before",
	  N_("The password was yours before.") },
	[PASSWORD_E_TWO_DIFFER] = { "two-differ",
	  N_("The two were not the same.") },
	[PASSWORD_E_WEAK] = { "weak", N_("The password is too weak.") },
};
/* clang-format on */

const char *password_error_name(int error)
{
	if (error < 0 || error >= _PASSWORD_E_N)
		return "unknown";
	return rows[error].name;
}

const char *password_error_text(int error)
{
	if (error < 0 || error >= _PASSWORD_E_N)
		error = PASSWORD_E_WEAK;
	return rows[error].text;
}

void password_fault_write(const struct password_fault *fault,
			  enum language language, struct text *text)
{
	const char *sentence =
		language_text(language, password_error_text((int)fault->error));
	const char *place = strchr(sentence, '%');

	text_add_bytes(text, sentence,
		       place ? (size_t)(place - sentence) : strlen(sentence));
	if (!place)
		return;
	if (place[1] == 'u')
		text_add_format(text, "%u", fault->n);
	else
		text_add(text, fault->word);
	text_add(text, place + 2);
}
