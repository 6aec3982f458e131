/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Courier fixture: one that takes every message at once and does as a test
 * says, in the daemon's own loop; and users who have second factors.
 */

#include "tests/unit/core_fixture.h"

/* What it was asked for last. */
struct fake_courier {
	struct varlink_server *server;
	const char *result;
	unsigned int n_sms, n_mail;
	char kind[16], to[256], text[512], subject[256];
	char code[16]; /* the figures that text begins with */
	bool holds;    /* it does not answer: waiting */
	struct varlink_call *waiting;
};
extern struct fake_courier courier;

/* RFC 6238, appendix B: the seed of its test values, in base32. */
#define SEED "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

/* It accepts, and was asked for nothing. */
void courier_listen(struct core *core);
void courier_end(void);
/* The daemon anew, with these lines. */
void courier_reconfigure(struct core *core, const char *lines);

/* Gives uid what is not NULL, in the place of what he has. */
void have_factor(struct core *core, uint32_t uid, const char *phone,
		 const char *mail, const char *seed);
/* What an app with a seed in base32 shows, steps from now. */
const char *app_code(const char *seed, int steps);
