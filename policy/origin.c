/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. All zero is an origin from which nobody is let in.
 *  2. A place is allowed only by a class or a country that the settings name.
 */
#include "policy/origin.h"

#include <string.h>

static enum origin_networks compare(const struct networks *networks,
				    const struct address *address)
{
	return networks_contain(networks, address) ? ORIGIN_INSIDE
						   : ORIGIN_OUTSIDE;
}

static enum origin_networks fixed(const struct origin_source *source)
{
	if (!source->fixed || source->fixed->n == 0)
		return ORIGIN_NO_NETWORKS;
	return compare(source->fixed, &source->address);
}

/* Where no network is set, none is one from which to administer. */
static enum origin_networks administration(const struct origin_rules *rules,
					   const struct origin_source *source)
{
	if (!source->administers || rules->administration_anywhere)
		return ORIGIN_NO_NETWORKS;
	return compare(rules->administration, &source->address);
}

static bool may_have_country(enum address_class class)
{
	return class == ADDRESS_GLOBAL;
}

static bool is_listed(const char *const *countries, const char *country)
{
	for (; *countries; countries++)
		if (strcmp(*countries, country) == 0)
			return true;
	return false;
}

static enum origin_place place_by_country(const struct origin_rules *rules,
					  const struct origin_source *source)
{
	switch (source->database) {
	case ORIGIN_DATABASE_MISSING:
		return ORIGIN_PLACE_MISSING;
	case ORIGIN_DATABASE_OLD:
		return ORIGIN_PLACE_OLD;
	case ORIGIN_DATABASE_ASKED:
		break;
	}
	if (source->country[0] == '\0')
		return ORIGIN_PLACE_UNKNOWN;
	return is_listed(rules->countries, source->country)
		       ? ORIGIN_PLACE_ALLOWED
		       : ORIGIN_PLACE_ELSEWHERE;
}

static enum origin_place place(const struct origin_rules *rules,
			       const struct origin_source *source)
{
	enum address_class class = address_class(&source->address);

	if (!may_have_country(class))
		return rules->local_classes & UINT32_C(1) << class
			       ? ORIGIN_PLACE_ALLOWED
			       : ORIGIN_PLACE_SPECIAL;
	if (rules->any_country)
		return ORIGIN_PLACE_ALLOWED;
	return place_by_country(rules, source);
}

struct origin origin_judge(const struct origin_rules *rules,
			   const struct origin_source *source)
{
	struct origin origin = { 0 };

	if (!source->has_address) {
		origin.kind = source->is_local ? ORIGIN_LOCAL : ORIGIN_UNKNOWN;
		return origin;
	}
	origin.kind = ORIGIN_ADDRESS;
	origin.fixed = fixed(source);
	origin.administration = administration(rules, source);
	origin.is_bastion = networks_contain(rules->bastions, &source->address);
	origin.place = place(rules, source);
	if (source->database == ORIGIN_DATABASE_ASKED)
		memcpy(origin.country, source->country, COUNTRY_SIZE);
	return origin;
}

bool origin_may_administer(const struct origin *origin)
{
	return origin->kind == ORIGIN_LOCAL ||
	       (origin->kind == ORIGIN_ADDRESS &&
		origin->fixed != ORIGIN_OUTSIDE &&
		origin->administration != ORIGIN_OUTSIDE);
}

bool origin_asks_country(const struct origin_rules *rules,
			 const struct origin_source *source)
{
	return source->has_address && !rules->any_country &&
	       may_have_country(address_class(&source->address));
}
