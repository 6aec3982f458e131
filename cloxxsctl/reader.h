/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reader: in which language a document is written for whoever asked for it.
 */

#include "base/language.h"

/*
 * The language that is named (may be NULL), else that of the locale, as
 * messages are chosen elsewhere: LC_ALL, LC_MESSAGES, LANG. English where that
 * is none of ours; never LANGUAGE_NONE.
 */
enum language reader_language(const char *named);
