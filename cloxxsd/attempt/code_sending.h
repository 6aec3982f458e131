/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Code sending: makes the code of an attempt, hands it to the courier, and goes
 * on with what became of it. Every message is counted before it leaves,
 * whatever becomes of it. It chooses no gateway: the courier does.
 */

#include "cloxxsd/attempt/attempt.h"

/* A fresh code of n decimal digits, each as likely as the others. */
void code_make(size_t n, struct secret *ret_code);

/*
 * Sends the code by attempt->code.way: the one that was sent already where it
 * is still valid. Answers the attempt's call when it is known what became of
 * it. -errno: nothing was begun.
 */
must_check int code_send(struct attempt *attempt);
