/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/geo_watch.h"

#include <inttypes.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"

#define LOOK_US UINT64_C(3600000000)
#define TELL_US INT64_C(86400000000)

static void tell(const struct geo_watch *watch, int64_t now_s)
{
	const struct geo_database_facts *facts =
		geo_database_facts(watch->service->attempts->geo->database);
	struct change_set set = { 0 };
	char details[160];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(&text,
			"built=%" PRId64 " age_days=%" PRId64
			" max_age_days=%" PRId64,
			facts->built, (now_s - facts->built) / 86400,
			service_geo_max_age(watch->service) / 86400);
	change_set_record(&set,
			  (struct record){ .at_us = clock_realtime_us(),
					   .event = EVENT_GEO_DATABASE_OLD,
					   .result = RECORD_FAILED,
					   .reason = REASON_NONE,
					   .actor = "cloxxsd",
					   .details = details });
	if (state_apply(watch->service->state, &set) != 0)
		log_line(LOG_ERR,
			 "that the country database is too old could not be "
			 "recorded: %s",
			 details);
}

void geo_watch_look(struct geo_watch *watch, int64_t now_s, int64_t steady_us)
{
	const struct service *service = watch->service;

	if (geo_check(service->attempts->geo, now_s,
		      service_geo_max_age(service)) != GEO_E_OLD) {
		watch->told_us = 0;
		return;
	}
	if (watch->told_us != 0 && steady_us - watch->told_us < TELL_US)
		return;
	watch->told_us = steady_us;
	tell(watch, now_s);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)usec;
	geo_watch_look(userdata, clock_realtime_us() / 1000000,
		       clock_monotonic_us());
	(void)!sd_event_source_set_time_relative(source, LOOK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int geo_watch_init(struct geo_watch *watch, sd_event *event,
		   struct service *service)
{
	int r;

	*watch = (struct geo_watch){ .service = service };
	r = sd_event_add_time_relative(event, &watch->timer, CLOCK_MONOTONIC,
				       LOOK_US, 0, on_timer, watch);
	if (r < 0)
		return r;
	geo_watch_look(watch, clock_realtime_us() / 1000000,
		       clock_monotonic_us());
	return 0;
}

void geo_watch_deinit(struct geo_watch *watch)
{
	watch->timer = sd_event_source_disable_unref(watch->timer);
}
