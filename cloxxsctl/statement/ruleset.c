/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/ruleset.h"

#include <jansson.h>
#include <string.h>

#include "cloxxsctl/output.h"

static bool is(const json_t *object, const char *member, const char *value)
{
	return strcmp(output_member(object, member, ""), value) == 0;
}

/* Does a chain or rule of this family hold for IPv4, for IPv6? */
static bool reaches(const json_t *object, const char *family)
{
	return is(object, "family", family) || is(object, "family", "inet");
}

static bool refuses(const json_t *rule)
{
	const json_t *expression;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, expression)
	{
		if (json_object_get(expression, "drop") ||
		    json_object_get(expression, "reject"))
			return true;
	}
	return false;
}

/* Whether a rule of this very chain refuses something. */
static bool chain_refuses(const json_t *entries, const json_t *chain)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const json_t *rule = json_object_get(entry, "rule");

		if (rule &&
		    is(rule, "family", output_member(chain, "family", "?")) &&
		    is(rule, "table", output_member(chain, "table", "?")) &&
		    is(rule, "chain", output_member(chain, "name", "?")) &&
		    refuses(rule))
			return true;
	}
	return false;
}

static bool is_guarded(const json_t *entries, const char *family)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const json_t *chain = json_object_get(entry, "chain");

		if (chain && reaches(chain, family) &&
		    is(chain, "hook", "input") &&
		    (is(chain, "policy", "drop") ||
		     chain_refuses(entries, chain)))
			return true;
	}
	return false;
}

bool ruleset_read(const char *json, struct ruleset *ret_ruleset)
{
	json_t *root = json_loads(json, 0, NULL);
	const json_t *entries = json_object_get(root, "nftables");
	struct ruleset ruleset = { 0 };
	const json_t *entry;
	size_t i;

	if (!json_is_array(entries)) {
		json_decref(root);
		return false;
	}
	json_array_foreach(entries, i, entry)
	{
		ruleset.n_rules += json_object_get(entry, "rule") != NULL;
	}
	ruleset.guards_input =
		is_guarded(entries, "ip") && is_guarded(entries, "ip6");
	json_decref(root);
	*ret_ruleset = ruleset;
	return true;
}
