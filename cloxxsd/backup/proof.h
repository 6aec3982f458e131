/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Proof: that a store, opened with its key, is one that can be gone on with:
 * its pages and references are whole, each record of the ledger follows on the
 * one before, and each sealed password opens. It takes as long as the store is
 * large, touches nothing, and is for a thread of its own.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/state/state.h"

struct proof {
	struct user_counts users;
	uint32_t n_sealed; /* values that opened */
	int64_t ledger_seq;
	uint8_t ledger_head[LEDGER_CHAIN_BYTES];
};

enum proof_error {
	_PROOF_E_OK,
	PROOF_E_FAILED, /* why says what */
};

must_check int proof_make(struct state *state, struct text *why,
			  struct proof *ret_proof);
