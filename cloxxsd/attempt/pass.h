/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Pass: what a finished login leaves for the phases after it (account, change
 * of password, session), which other processes may run. A random name, bound
 * to user, service, address and the peer's uid, short-lived, in memory only.
 * It proves what was verified; it grants nothing by itself: every gate is
 * asked again by whoever takes one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"

/* 128 random bits in hexadecimal, and the NUL. */
#define PASS_TEXT_MAX 33

struct passes;

/* To whom and for what a pass was given; compared whole. */
struct pass_binding {
	uint32_t uid; /* of the user */
	uid_t peer;   /* who ran the conversation */
	const char *service;
	const char *address; /* NULL: none */
};

/* What the login proved beside the password. */
struct pass_proof {
	bool code; /* a second factor */
};

/* Each may be taken once. */
enum pass_phase {
	PASS_PHASE_ACCOUNT,
	PASS_PHASE_CHANGE,
	PASS_PHASE_SESSION, /* the last: the pass is gone then */
	_PASS_PHASE_N,
};

/* At most max passes live at once; the oldest goes first. */
must_check int passes_new(uint32_t max, struct passes **ret_passes);
struct passes *passes_free(struct passes *passes);

/* now_us and until_us on the monotonic clock. */
must_check int pass_give(struct passes *passes,
			 const struct pass_binding *binding,
			 const struct pass_proof *proof, int64_t until_us,
			 char ret_text[PASS_TEXT_MAX]);
/* Whether text is a living pass of exactly this binding, not yet taken here. */
bool pass_take(struct passes *passes, const char *text,
	       const struct pass_binding *binding, enum pass_phase phase,
	       int64_t now_us, struct pass_proof *ret_proof);
/* Ends every pass of a user: his password or state changed. */
void pass_revoke(struct passes *passes, uint32_t uid);
