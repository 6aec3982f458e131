/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/alarm_facts.h"

#include <string.h>

#include "cloxxsd/state/locks.h"

#define DAY_S 86400

static int gather_locks(struct service *service, struct alarm_facts *facts)
{
	const struct settings *settings = service->attempts->settings;
	int64_t since = facts->now - settings->alarm_window_s;
	struct locks_origin origin;
	int r;

	if (settings->alarm_locks == 0)
		return 0;
	r = locks_count(service->state->store, since, &facts->n_locked);
	/* Where they came from is looked for only where it is told. */
	if (r != 0 || facts->n_locked < settings->alarm_locks)
		return r;
	r = locks_origin(service->state->store, since, &origin);
	if (r != 0)
		return r;
	facts->n_lock_addresses = origin.n_addresses;
	memcpy(facts->lock_address, origin.address, sizeof(origin.address));
	return 0;
}

static int gather_ledger(struct service *service, struct alarm_facts *facts)
{
	struct ledger *ledger = &service->state->ledger;
	const struct ledger_filter any = { .until_us = INT64_MAX };
	struct ledger_counts counts;
	struct ledger_unseen unseen;
	struct ledger_row row;
	int r;

	r = ledger_count(ledger, &counts);
	if (r == 0)
		r = ledger_find_unseen(ledger, &unseen);
	if (r != 0)
		return r;
	facts->unpublished_since = counts.unpublished_since_us / 1000000;
	facts->unseen_since = unseen.since_us / 1000000;
	r = ledger_search(ledger, &any, 0, ledger->seq, &row);
	if (r == 0)
		facts->installed = row.at_us / 1000000;
	return 0;
}

static int gather_backup(struct service *service, struct alarm_facts *facts)
{
	struct backup_made last;
	int r = backups_last(service->state->store, &last);

	if (r == 0)
		facts->backup_at = last.created;
	return r == BACKUPS_E_UNKNOWN ? 0 : r;
}

static void gather_country(struct service *service, struct alarm_facts *facts)
{
	const struct geo *geo = service->attempts->geo;

	facts->country_is_needed = service_geo_is_needed(service);
	facts->country_is_usable =
		geo_check(geo, facts->now, service_geo_max_age(service)) == 0;
	if (geo->database)
		facts->country_built = geo_database_facts(geo->database)->built;
}

/* One that fails while another takes what it did not, and was tried of late. */
static bool is_stood_in_for(const struct courier *courier,
			    const struct courier_route *route, int64_t now)
{
	return *route->name && now - route->tried_at < DAY_S &&
	       route->tally.n_failed > courier->tallies[route->kind].n_failed;
}

static void gather_routes(const struct courier *courier,
			  struct alarm_facts *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(courier->routes); i++) {
		const struct courier_route *route = &courier->routes[i];

		if (facts->n_gateways == ALARM_GATEWAYS_MAX ||
		    !is_stood_in_for(courier, route, facts->now))
			continue;
		facts->gateways[facts->n_gateways++] = (struct alarm_gateway){
			.name = route->name,
			.n_failed = route->tally.n_failed,
			.failing_since = route->tally.failing_since,
			.accepted_at = route->tally.accepted_at,
		};
	}
}

static void gather_gateways(struct service *service, struct alarm_facts *facts)
{
	for (unsigned int i = 1; i < _COURIER_KINDS; i++) {
		const struct courier_tally *tally =
			&service->courier->tallies[i];

		facts->gateways[facts->n_gateways++] = (struct alarm_gateway){
			.name = courier_kind_name((enum courier_kind)i),
			.n_failed = tally->n_failed,
			.failing_since = tally->failing_since,
			.accepted_at = tally->accepted_at,
		};
	}
}

void alarm_facts_gather(struct service *service, struct window *abroad,
			int64_t now_s, int64_t steady_s,
			struct alarm_facts *ret_facts)
{
	struct alarm_facts facts = { .now = now_s };

	facts.n_abroad = (int64_t)window_count(abroad, steady_s);
	facts.abroad_whole = window_is_whole(abroad, steady_s);
	facts.configuration_is_refused =
		strcmp(service->configuration, "ok") != 0;
	facts.clock_behind_s =
		latest_get(&service->state->latest, now_s) - now_s;
	gather_country(service, &facts);
	gather_gateways(service, &facts);
	gather_routes(service->courier, &facts);
	/* What cannot be asked hides nothing of the others. */
	facts.locks_unknown = gather_locks(service, &facts) != 0;
	facts.ledger_unknown = gather_ledger(service, &facts) != 0;
	facts.backup_unknown = gather_backup(service, &facts) != 0;
	*ret_facts = facts;
}
