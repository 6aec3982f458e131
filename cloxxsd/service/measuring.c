/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "cloxxsd/service/measuring.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/service/admin.h"

/* One reply of the stream; lines stay whole. */
#define PIECE_MAX ((size_t)32 * 1024)

static int64_t now_s(void)
{
	return clock_realtime_us() / 1000000;
}

static void gather_start(struct service *service, struct exposition *exposition)
{
	exposition_add_one(exposition, METRIC_BUILD, VERSION, 1);
	exposition_add(exposition, METRIC_START_TIME, NULL, service->started);
}

static void gather_counters(struct service *service,
			    struct exposition *exposition)
{
	counters_expose(service->counters, exposition);
}

static void gather_work(struct service *service, struct exposition *exposition)
{
	const struct hasher *hasher = service->attempts->hasher;
	const struct hash_times *times = hasher_times(hasher);
	const struct exposition_histogram histogram = {
		.bounds_us = hash_time_bounds_us,
		.counts = times->counts,
		.n = HASH_TIME_BOUNDS,
		.sum_us = times->sum_us,
	};

	exposition_add(exposition, METRIC_ATTEMPTS, NULL,
		       service->attempts->n_open);
	exposition_add(exposition, METRIC_CONNECTIONS, NULL,
		       service->n_connections(service->userdata));
	exposition_add_histogram(exposition, METRIC_HASH_DURATION, &histogram);
	exposition_add(exposition, METRIC_HASH_QUEUE, NULL,
		       hasher_n_waiting(hasher));
	exposition_add(exposition, METRIC_HASH_WORKERS, NULL,
		       hasher_n_threads(hasher));
}

static void gather_users(struct service *service, struct exposition *exposition)
{
	struct user_counts counts;

	if (user_count(service->state->store, &counts) != 0)
		return;
	exposition_add_one(exposition, METRIC_USERS, "all", counts.all);
	exposition_add_one(exposition, METRIC_USERS, "locked", counts.locked);
	exposition_add_one(exposition, METRIC_USERS, "disabled",
			   counts.disabled);
}

static void gather_rights(struct service *service,
			  struct exposition *exposition)
{
	struct store *store = service->state->store;
	size_t n_maps, n_withdrawn = 0;
	uint32_t n;

	if (project_count(store, NULL, &n) == 0)
		exposition_add(exposition, METRIC_PROJECTS, NULL, n);
	if (grant_count(store, NULL, &n) == 0)
		exposition_add(exposition, METRIC_GRANTS, NULL, n);
	n_maps = service->n_access_maps(service->userdata, &n_withdrawn);
	exposition_add_one(exposition, METRIC_ACCESS_MAPS, "all",
			   (int64_t)n_maps);
	exposition_add_one(exposition, METRIC_ACCESS_MAPS, "withdrawn",
			   (int64_t)n_withdrawn);
}

/* at in microseconds since 1970; 0: there is none. */
static void add_time(struct exposition *exposition, enum metric metric,
		     int64_t at_us)
{
	if (at_us > 0)
		exposition_add(exposition, metric, NULL, at_us / 1000000);
}

static void gather_ledger(struct service *service,
			  struct exposition *exposition)
{
	struct ledger *ledger = &service->state->ledger;
	struct ledger_unseen unseen;
	struct ledger_counts counts;

	if (ledger_count(ledger, &counts) == 0) {
		exposition_add(exposition, METRIC_LEDGER_RECORDS, NULL,
			       counts.all);
		exposition_add(exposition, METRIC_LEDGER_UNPUBLISHED, NULL,
			       counts.unpublished);
		add_time(exposition, METRIC_LEDGER_UNPUBLISHED_SINCE,
			 counts.unpublished_since_us);
	}
	if (ledger_find_unseen(ledger, &unseen) == 0)
		add_time(exposition, METRIC_LEDGER_UNSEEN_SINCE,
			 unseen.since_us);
}

static void gather_ages(struct service *service, struct exposition *exposition)
{
	const struct geo *geo = service->attempts->geo;
	struct backup_made last;
	int64_t now = now_s();

	if (backups_last(service->state->store, &last) == 0)
		exposition_add(exposition, METRIC_BACKUP_TIME, NULL,
			       last.created);
	if (geo->database)
		exposition_add(exposition, METRIC_COUNTRY_DATABASE_BUILT, NULL,
			       geo_database_facts(geo->database)->built);
	exposition_add(
		exposition, METRIC_COUNTRY_DATABASE_USABLE, NULL,
		!service_geo_is_needed(service) ||
			geo_check(geo, now, service_geo_max_age(service)) == 0);
	exposition_add(exposition, METRIC_CONFIGURATION_REFUSED, NULL,
		       strcmp(service->configuration, "ok") != 0);
	exposition_add(exposition, METRIC_CLOCK_BEHIND, NULL,
		       latest_get(&service->state->latest, now) - now);
}

static void gather_courier(struct service *service,
			   struct exposition *exposition)
{
	const struct courier *courier = service->courier;

	for (unsigned int i = 1; i < _COURIER_KINDS; i++)
		for (unsigned int j = 0; j < _COURIER_RESULTS; j++) {
			const char *const labels[] = {
				courier_kind_name((enum courier_kind)i),
				courier_result_name((enum courier_result)j),
			};

			exposition_add(exposition, METRIC_COURIER_MESSAGES,
				       labels,
				       (int64_t)courier->tallies[i].n[j]);
		}
	for (unsigned int i = 1; i < _COURIER_KINDS; i++)
		exposition_add_one(exposition, METRIC_COURIER_FAILED,
				   courier_kind_name((enum courier_kind)i),
				   courier->tallies[i].n_failed);
	for (unsigned int i = 1; i < _COURIER_KINDS; i++)
		if (courier->tallies[i].accepted_at > 0)
			exposition_add_one(
				exposition, METRIC_COURIER_ACCEPTED_TIME,
				courier_kind_name((enum courier_kind)i),
				courier->tallies[i].accepted_at);
	exposition_add(exposition, METRIC_COURIER_QUEUE, NULL,
		       courier->n_waiting + courier->n_running);
}

static void gather_alarms(struct service *service,
			  struct exposition *exposition)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (alarm_rule_lasts((enum alarm_rule)i))
			exposition_add_one(exposition, METRIC_ALARM_RAISED,
					   alarm_rule_name((enum alarm_rule)i),
					   service->alarms->states[i].raised);
	exposition_add(exposition, METRIC_ALARM_UNDELIVERED, NULL,
		       service->alarm_delivery->undelivered);
}

/* In the order of the table of metrics. */
static void (*const gathers[])(struct service *service,
			       struct exposition *exposition) = {
	gather_start, gather_counters, gather_work,
	gather_users, gather_rights,   gather_ledger,
	gather_ages,  gather_courier,  gather_alarms,
};

int measuring_write(struct service *service, enum exposition_form form,
		    FILE *stream)
{
	struct exposition exposition;

	exposition_begin(&exposition, stream, form);
	for (size_t i = 0; i < ARRAY_SIZE(gathers); i++)
		gathers[i](service, &exposition);
	return exposition_end(&exposition);
}

/* All of it, and how far it was told. */
struct telling {
	char *bytes;
	size_t n, told;
};

static void telling_free(void *data)
{
	struct telling *telling = data;

	free(telling->bytes);
	free(telling);
}

static size_t piece_of(const struct telling *telling)
{
	const char *rest = telling->bytes + telling->told;
	size_t n = telling->n - telling->told;
	const char *end;

	if (n <= PIECE_MAX)
		return n;
	end = memrchr(rest, '\n', PIECE_MAX);
	return end ? (size_t)(end - rest) + 1 : PIECE_MAX;
}

static int tell_piece(struct varlink_call *call, void *data)
{
	struct telling *telling = data;
	size_t n = piece_of(telling);
	json_t *reply =
		json_pack("{s:s%}", "text", telling->bytes + telling->told, n);

	telling->told += n;
	return telling->told < telling->n ? varlink_call_continue(call, reply)
					  : varlink_call_reply(call, reply);
}

int admin_metrics(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct telling *telling = calloc(1, sizeof(*telling));
	FILE *stream;
	int r;

	(void)parameters;
	if (!telling)
		return -ENOMEM;
	stream = open_memstream(&telling->bytes, &telling->n);
	r = stream ? measuring_write(userdata, EXPOSITION_OPENMETRICS, stream)
		   : -ENOMEM;
	if (stream && fclose(stream) != 0)
		r = -ENOMEM;
	if (r < 0) {
		telling_free(telling);
		return r;
	}
	varlink_call_stream(call, tell_piece, telling, telling_free);
	return 0;
}
