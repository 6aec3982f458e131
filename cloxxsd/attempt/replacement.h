/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Replacement: the part of a conversation in which a new password is chosen:
 * asked, judged, asked once more, hashed, written. Refused new passwords never
 * count as failures.
 */

#include "cloxxsd/attempt/attempt.h"

/* Asks for the new password; the current one is proved. */
must_check int replacement_begin(struct attempt *attempt);
/* Takes an answer in normal form; reason: why it cannot be a password. */
must_check int replacement_answer(struct attempt *attempt,
				  const struct secret *password,
				  enum reason reason);
/* The conversation ended here: that is recorded as its decision. */
void replacement_abandoned(struct attempt *attempt);
