/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/origin_facts.h"

#include <string.h>

static struct origin_rules rules_of(const struct settings *settings)
{
	return (struct origin_rules){
		.administration = &settings->administrators.list,
		.administration_anywhere = settings->administrators.any,
		.bastions = &settings->bastions.list,
		.local_classes = settings->local_classes,
		.countries = (const char *const *)settings->countries,
		.any_country = strcmp(settings->countries[0], "any") == 0,
	};
}

/* As the store keeps them: a list that was checked. */
int origin_networks(const struct user *user, struct networks *ret_networks)
{
	struct networks_fault fault;
	int r;

	if (user->networks[0] == '\0')
		return 0;
	r = networks_parse(user->networks, ret_networks, &fault);
	return r > 0 ? -EBADMSG : r;
}

static bool is_local(const struct attempts *attempts,
		     const struct subject *subject)
{
	return !subject->comes_from_afar &&
	       settings_services_have(attempts->settings->local_services,
				      subject->service);
}

static void ask_country(const struct attempts *attempts,
			struct origin_source *source, int64_t now_s)
{
	int r = geo_country(attempts->geo, &source->address, now_s,
			    attempts->settings->geoip_max_age_s,
			    source->country);

	switch ((enum geo_error)r) {
	case _GEO_E_OK:
	case GEO_E_UNKNOWN:
		source->database = ORIGIN_DATABASE_ASKED;
		break;
	case GEO_E_OLD:
		source->database = ORIGIN_DATABASE_OLD;
		break;
	case GEO_E_MISSING:
		break;
	}
}

struct origin origin_of(const struct attempts *attempts,
			const struct subject *subject,
			const struct networks *fixed, bool administers)
{
	const struct origin_rules rules = rules_of(attempts->settings);
	struct origin_source source = {
		.is_local = is_local(attempts, subject),
		.fixed = fixed,
		.administers = administers,
	};

	source.has_address =
		subject->address[0] != '\0' &&
		address_parse(subject->address, &source.address) == 0;
	/* A clock that was set back makes no old database young again. */
	if (origin_asks_country(&rules, &source))
		ask_country(attempts, &source,
			    state_moment(attempts->state, 0).latest);
	return origin_judge(&rules, &source);
}

int origin_gather(const struct attempts *attempts,
		  const struct subject *subject, const struct user *user,
		  struct origin *ret_origin)
{
	scope(networks_deinit) struct networks fixed = { 0 };
	int r = user ? origin_networks(user, &fixed) : 0;

	if (r != 0)
		return r;
	*ret_origin = origin_of(attempts, subject, &fixed,
				!user || user->role == USER_ROLE_ADMINISTRATOR);
	return 0;
}
