/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Login test: how many tests of a user's login were answered wrongly, beside
 * the count of his failures, which they do not touch. It goes back to zero
 * where that does: by a good login, a proved password, an unlock. Reading only:
 * it is counted through state/change.h.
 */

#include "cloxxsd/state/store.h"

/* Those that are being verified are counted already. */
must_check int login_test_count(struct store *store, uint32_t uid,
				uint32_t *ret_n);
