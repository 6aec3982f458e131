/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Language: what a text is called in the language of whoever reads it. English
 * is what stands in the source; the others are compiled in from po/. Not
 * gettext(3): that goes by the locale of the process, while one daemon speaks
 * to each user in his own, on hosts that have no locale for it (and glibc from
 * 2.39 on reads no LANGUAGE in C.UTF-8). Nothing is read at run time, so that
 * no file and no environment can change a format.
 */

#include <stdbool.h>

#include "base/scope.h"

enum language {
	LANGUAGE_NONE, /* not chosen; speaks English */
	LANGUAGE_ENGLISH,
	LANGUAGE_DUTCH,
	_LANGUAGE_N,
};

/* Marks a text in a table for translation; language_text() gives it. */
#define N_(text) text

/*
 * The text in that language, English where there is no other; never NULL for a
 * text that is not. A format comes back with the same arguments: make check
 * and the build compare them.
 */
const char *language_text(enum language language, const char *text)
	format_like(2);

/*
 * LANGUAGE_NONE for a tag that is of none of ours. Takes a locale's name too:
 * "nl", "nl_NL.UTF-8", "nl-BE".
 */
enum language language_find(const char *tag);
/* "en", "nl"; "" for LANGUAGE_NONE. */
const char *language_tag(enum language language);
