/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Code: when a second factor is asked for, as it is written for a service and
 * for a user, and whether it is for somebody who comes from an address. How the
 * code reaches him and whether it is right is not its question.
 *
 *     never
 *     always
 *     outside 10.1.0.0/16, 2001:db8::/32     everywhere but from there
 */

#include <stdbool.h>

#include "base/network.h"
#include "base/scope.h"
#include "base/text.h"

enum code_when {
	CODE_WHEN_NEVER, /* written; what could not be read is code_always() */
	CODE_WHEN_ALWAYS,
	CODE_WHEN_OUTSIDE,
};

/* All zero: never. */
struct code_demand {
	enum code_when when;
	struct networks networks; /* of CODE_WHEN_OUTSIDE */
};

enum code_error {
	_CODE_E_OK,
	CODE_E_INVALID, /* why says what of it */
};

/* CODE_E_INVALID or -ENOMEM; *ret_demand is untouched then. why goes on behind
 * the text: "is neither never, always nor outside and networks". */
must_check int code_demand_parse(const char *written,
				 struct code_demand *ret_demand,
				 struct text *why);
/* In the form that is read. */
void code_demand_write(const struct code_demand *demand, struct text *text);
void code_demand_deinit(struct code_demand *demand);

/* Whether it is asked for; address NULL: nobody knows from where, or from this
 * host itself, which is outside of every network. */
bool code_demand_asks(const struct code_demand *demand,
		      const struct address *address);
/* Whether somebody is asked by before, and not by after. */
bool code_demand_is_weaker(const struct code_demand *before,
			   const struct code_demand *after);
