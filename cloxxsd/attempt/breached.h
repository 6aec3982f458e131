/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Breached: a list of passwords that were stolen elsewhere, in the form of Have
 * I Been Pwned: one line each, "SHA-1 in 40 hexadecimal digits" or the same and
 * ":count", in order of the digits. It is searched where it stands, by halves:
 * a line or two of it are in memory at once, whatever its size. It never goes
 * to the network, and a list that cannot be searched is no list.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"

enum breached_error {
	_BREACHED_E_OK,
	BREACHED_E_FOUND,
	/* Missing, unreadable, of somebody else, not in order, no such list:
	 * why says which. */
	BREACHED_E_UNUSABLE,
};

/*
 * Whether password, in normal form, stands in the list at path. Blocks on the
 * disk: some fifty short reads for a thousand million lines; from any thread.
 * BREACHED_E_*; why is written only with BREACHED_E_UNUSABLE, without anything
 * of the password.
 */
must_check int breached_search(const char *path, const struct secret *password,
			       struct text *why);

struct breached_facts {
	int64_t modified_s;
	uint64_t bytes;
};

/*
 * Whether there is a list at path that could be searched: a few lines of it are
 * looked at, all over. 0 or BREACHED_E_UNUSABLE with why. Blocks on the disk.
 */
must_check int breached_look(const char *path, struct breached_facts *ret_facts,
			     struct text *why);
