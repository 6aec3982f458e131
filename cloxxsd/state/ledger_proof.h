/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ledger proof: goes through the ledger from the cut-off to the head, some
 * records at a time, and finds the first that is not as we wrote it. What was
 * appended behind the head of when it began is proved too. It tells nothing of
 * a ledger that was exchanged as a whole for a former one: that a head which
 * was kept elsewhere tells (an anchor).
 */

#include <stdint.h>

#include "cloxxsd/state/ledger.h"

/* 0: nothing is known to be wrong. */
enum ledger_fault {
	_LEDGER_FAULT_NONE,
	LEDGER_FAULT_MISSING,      /* no such record, though later ones */
	LEDGER_FAULT_CHANGED,      /* its texts, time or proof */
	LEDGER_FAULT_OUT_OF_ORDER, /* the one that belongs here is elsewhere */
	LEDGER_FAULT_FOREIGN,      /* neither follows nor is followed */
	LEDGER_FAULT_ANCHOR,       /* it is not the record of the anchor */
	_LEDGER_FAULT_N,
};

struct ledger_proof {
	struct ledger *ledger;
	int64_t seq; /* the last that was proved */
	uint8_t chain[LEDGER_CHAIN_BYTES];
	int64_t n, n_replaced; /* proved so far; of these, replaced */
	/* A record whose chain is known from elsewhere; 0: none. */
	int64_t anchor_seq;
	uint8_t anchor_chain[LEDGER_CHAIN_BYTES];
	enum ledger_fault fault; /* of record seq + 1, once it is broken */
};

void ledger_proof_init(struct ledger_proof *proof, struct ledger *ledger);
/*
 * Proves up to n more records. 0: the head is reached, and all of it is good;
 * LEDGER_E_BROKEN: record seq + 1 is not, and fault says why;
 * LEDGER_PROOF_MORE; -errno.
 */
#define LEDGER_PROOF_MORE 100
must_check int ledger_proof_step(struct ledger_proof *proof, int64_t n);
const char *ledger_fault_name(enum ledger_fault fault);

/*
 * All of it in one go, which takes as long as there are many. LEDGER_E_BROKEN:
 * *ret_seq is the first that is not as we wrote it.
 */
must_check int ledger_prove(struct ledger *ledger, int64_t *ret_seq);
