/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ruleset: what "nft -j list ruleset" prints, as far as it tells whether
 * anything that comes in can be refused. It judges no single rule.
 */

#include <stdbool.h>

struct ruleset {
	int n_rules;
	/* For IPv4 and IPv6, a chain of the hook input drops by its policy, or
	 * has a rule that drops or rejects. */
	bool guards_input;
};

/* False where the text is no such ruleset. */
bool ruleset_read(const char *json, struct ruleset *ret_ruleset);
