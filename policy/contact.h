/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Contact: the telephone numbers and mail addresses that codes are sent to:
 * which are any, which may be, and how little of one is shown. It sends
 * nothing.
 */

#include <stdbool.h>

#include "base/text.h"

/* E.164 with its plus: 8 to 15 digits, the first of which is no 0. */
bool contact_is_phone(const char *text);
/* One address of RFC 5321 (4.1.2) in ASCII, its local part of dots and atoms, a
 * domain of two labels or more: nothing that could be a second one. */
bool contact_is_mail(const char *text);
/* Whether number begins with one of prefixes, a list ended by NULL. */
bool contact_phone_may_be(const char *phone, char *const *prefixes);

/*
 * What is shown of one: "+31 6 •••• 42", "a•••@example.nl". hidden stands in
 * the place of four, or three, figures: "•" where bytes above ASCII can be
 * shown.
 */
void contact_phone_mask(const char *phone, char *const *prefixes,
			const char *hidden, struct text *text);
void contact_mail_mask(const char *mail, const char *hidden, struct text *text);
