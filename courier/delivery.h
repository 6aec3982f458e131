/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Delivery: one message on its way over the routes of its kind, one after the
 * other, within one deadline; and who waits for what becomes of it. It ends
 * with one answer to all of them, one line in the journal, and a reference
 * that is remembered.
 */

#include "courier/courier.h"

struct delivery_answer {
	enum result result;
	const char *route; /* NULL: none was tried */
	const char *detail;
	/* Those that were tried before and did not take it. */
	const struct route *const *passed;
	size_t n_passed;
};

struct delivery_args {
	const struct message_args *message;
	const char *route; /* only this one; NULL: all of the kind */
	uint32_t timeout_ms;
	/* Called once; from delivery_begin() where the answer is known. waiter
	 * is given back by it. */
	void (*answer)(const struct delivery_answer *answer, void *waiter);
	void *waiter;
};

/*
 * Begins it, or answers with what became of the same reference. MESSAGE_E_*,
 * DELIVERY_E_BUSY or -errno: then answer is not called.
 */
#define DELIVERY_E_BUSY 100 /* too many wait for this one */
must_check int delivery_begin(struct courier *courier,
			      const struct delivery_args *args);
/* Ends one that is on its way, as at its deadline. */
void delivery_end(struct delivery *delivery);
