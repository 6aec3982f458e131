/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Locks: how many users were locked by wrong answers lately, and where those
 * came from. Reading only. What was unlocked meanwhile does not count.
 */

#include <stdint.h>

#include "base/address.h"
#include "base/scope.h"
#include "cloxxsd/state/store.h"

/* Where the counted answers of those users came from. */
struct locks_origin {
	int64_t n_addresses;            /* what is local is one */
	char address[ADDRESS_TEXT_MAX]; /* that met most users; "": local */
	int64_t n_users;                /* whom it met */
};

/* Users locked behind since_s, seconds since 1970. */
must_check int locks_count(struct store *store, int64_t since_s,
			   int64_t *ret_n);
/* Looks at each of their counted answers. */
must_check int locks_origin(struct store *store, int64_t since_s,
			    struct locks_origin *ret_origin);
