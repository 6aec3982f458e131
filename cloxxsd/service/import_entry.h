/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Import entry: one user of an import as he comes in a message, read and
 * checked as far as he himself can tell: names, types, values, the cost of a
 * hash. What the store, the settings and other users say of him is looked at
 * later.
 */

#include <jansson.h>

#include "base/secret.h"
#include "base/text.h"
#include "cloxxsd/state/import.h"

/*
 * Reads object into ret_entry and ret_hash (empty: none); the line is read
 * first and set in any case, 0 where it is none. False: fault holds a sentence.
 */
bool import_entry_read(json_t *object, struct import_entry *ret_entry,
		       struct secret *ret_hash, struct text *fault);
