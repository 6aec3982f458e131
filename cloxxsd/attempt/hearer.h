/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Hearer: to whom a conversation speaks: in which language, and how openly. Who
 * has proved nothing yet hears what everybody would, whoever he says that he
 * is; who has proved his password is spoken to as himself.
 */

#include <stdbool.h>

#include "base/language.h"
#include "base/text.h"
#include "cloxxsd/attempt/subject.h"
#include "cloxxsd/config/settings.h"
#include "cloxxsd/state/user.h"
#include "policy/login.h"

struct hearer {
	enum language language;
	bool proved; /* a first factor, in this login */
};

/*
 * Of whom nothing is proved: the language of the service, else the one that the
 * client sent, else that of [login].
 */
struct hearer hearer_stranger(const struct settings *settings,
			      const struct subject *subject);
/* Who has proved his password: his own language, else as above. */
struct hearer hearer_user(const struct settings *settings,
			  const struct subject *subject,
			  const struct user *user);

/* text in his language; a text that is marked: see base/language.h. */
const char *hearer_text(const struct hearer *hearer, const char *text)
	format_like(2);

/* Room for what hearer_refuse() writes. */
#define HEARER_REFUSAL_MAX 512
/*
 * What he is told of a refusal: to a stranger the same for every reason but for
 * the reference. Why, where a first factor was proved and what refused was
 * asked after it.
 */
void hearer_refuse(const struct hearer *hearer,
		   const struct login_decision *decision, const char *reference,
		   struct text *text);
