/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * History: the passwords that a user had before, as their hashes, sealed, in a
 * table of their own. It keeps no more of them than it is told to, and knows no
 * rule about them. Only what somebody chose is kept: a temporary password is
 * nobody's own.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"
#include "cloxxsd/state/seal.h"
#include "cloxxsd/state/state.h"

/* Where the value of uid stands: table former_password, column password. */
struct seal_place history_place(uint32_t uid);

/*
 * Puts the present password of uid, where he chose it, among the former ones,
 * and drops all but the newest n of them. Within the caller's transaction, and
 * before the new one is written. A present one that does not open is not kept:
 * it must not stand in the way of another.
 */
must_check int history_keep(const struct state *state, uint32_t uid, int64_t at,
			    uint32_t n);
/* Adds one hash as if it had been replaced at that time. */
must_check int history_add(const struct state *state, uint32_t uid, int64_t at,
			   const char *hash);
/*
 * The newest n former hashes of uid, the newest first, in *ret_former: an array
 * of *ret_n, wiped and freed by history_free(); NULL where there are none. What
 * does not open is left out.
 */
must_check int history_read(const struct state *state, uint32_t uid, uint32_t n,
			    struct secret **ret_former, size_t *ret_n);
struct secret *history_free(struct secret *former, size_t n);
