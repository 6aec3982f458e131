/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Reader: which of our records journald keeps, in all its namespaces. Anybody
 * may write a record with our fields in it; the field _UID is journald's own
 * word, so that only what the account of the daemon wrote is taken for ours.
 */

#include <sys/types.h>

#include "audit_confirm/numbers.h"

enum reader_error {
	_READER_E_OK,
	READER_E_EMPTY, /* nothing is there, or nothing that we may read */
};

/*
 * Adds the numbers of records that uid wrote since since_us (microseconds since
 * 1970), as journald's clock had it. Blocks for as long as there are many.
 */
must_check int reader_look(uid_t uid, int64_t since_us,
			   struct numbers *numbers);
