/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What a stranger hears depends on nothing that is known of the user whom
 *     he names: neither on whether there is one, nor on his language.
 *  2. A gate is never told of: it stands before the password as well, and who
 *     heard of it after a right one would know that it was right.
 */
#include "cloxxsd/attempt/hearer.h"

struct hearer hearer_stranger(const struct settings *settings,
			      const struct subject *subject)
{
	const struct settings_service *service =
		settings_service_find(settings, subject->service);
	struct hearer hearer = { 0 };

	if (service)
		hearer.language = service->language;
	if (hearer.language == LANGUAGE_NONE)
		hearer.language = subject->language;
	if (hearer.language == LANGUAGE_NONE)
		hearer.language = settings->login_language;
	return hearer;
}

struct hearer hearer_user(const struct settings *settings,
			  const struct subject *subject,
			  const struct user *user)
{
	enum language own = language_find(user->language);
	struct hearer hearer = hearer_stranger(settings, subject);

	hearer.proved = true;
	if (own != LANGUAGE_NONE)
		hearer.language = own;
	return hearer;
}

const char *hearer_text(const struct hearer *hearer, const char *text)
{
	return language_text(hearer->language, text);
}

void hearer_refuse(const struct hearer *hearer,
		   const struct login_decision *decision, const char *reference,
		   struct text *text)
{
	const char *told = reason_told(decision->reason);

	if (!hearer->proved || !told || login_denied_at_gate(decision))
		told = N_("Access denied.");
	text_add_format(text, "%s ", hearer_text(hearer, told));
	text_add_format(text, hearer_text(hearer, "Reference %s."), reference);
}
