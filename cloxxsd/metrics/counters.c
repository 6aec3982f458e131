/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/metrics/counters.h"

void counters_deinit(struct counters *counters)
{
	login_tally_deinit(&counters->logins);
	*counters = (struct counters){ 0 };
}

/* So that whoever may call cannot make up names that stay. */
static bool is_named(const struct settings *settings, const char *service)
{
	return service &&
	       (settings_service_find(settings, service) ||
		settings_services_have(settings->local_services, service) ||
		settings_services_have(settings->unmanaged_origin, service) ||
		settings_services_have(settings->unmanaged_deny, service));
}

static void count_record(struct counters *counters,
			 const struct settings *settings,
			 const struct record *record)
{
	counters->events[record->event]++;
	if (record->event == EVENT_USER_LOCKED)
		counters->locks[record->reason]++;
	login_tally_count(&counters->logins, record->event, record->reason,
			  record->service, is_named(settings, record->service));
}

/* Its record comes later, one for many. */
static void count_refusal(struct counters *counters,
			  const struct settings *settings,
			  const struct refusal *refusal)
{
	enum reason reason = REASON_UNDECIDED;

	(void)reason_find(refusal->reason, &reason);
	login_tally_count(&counters->logins, EVENT_LOGIN_DENIED, reason,
			  refusal->service,
			  is_named(settings, refusal->service));
}

void counters_committed(struct counters *counters,
			const struct settings *settings,
			const struct change_set *set)
{
	for (size_t i = 0; i < set->n_records; i++)
		count_record(counters, settings, &set->records[i]);
	for (size_t i = 0; i < set->n_changes; i++)
		if (set->changes[i].type == CHANGE_REFUSAL)
			count_refusal(counters, settings,
				      set->changes[i].refusal);
}

static void expose_logins(const struct login_tally_row *row, void *userdata)
{
	const char *const labels[] = { row->phase, row->service, row->result,
				       row->reason };

	exposition_add(userdata, METRIC_LOGINS, labels, (int64_t)row->n);
}

void counters_expose(const struct counters *counters,
		     struct exposition *exposition)
{
	login_tally_for_each(&counters->logins, expose_logins, exposition);
	for (unsigned int i = 0; i < _REASON_N; i++)
		if (counters->locks[i] > 0)
			exposition_add_one(exposition, METRIC_LOCKS,
					   reason_name((enum reason)i),
					   (int64_t)counters->locks[i]);
	/* Each, zero or not: an alarm must see the first one come. */
	for (unsigned int i = 1; i < _EVENT_N; i++)
		exposition_add_one(exposition, METRIC_EVENTS,
				   event_name((enum event)i),
				   (int64_t)counters->events[i]);
}
