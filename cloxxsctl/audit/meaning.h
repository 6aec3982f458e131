/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Meaning: what an event means, in words, from the catalogue of the journal
 * that is installed on this host. It knows no event itself.
 */

#include <stdbool.h>

#include "base/text.h"

/* Appends the subject of the message of id (32 hexadecimal digits) and what the
 * catalogue tells of it, on one line; false where it has none. */
bool audit_meaning_add(const char *id, struct text *text);
