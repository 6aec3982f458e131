/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Geo watch: records that the country database has become too old to be asked,
 * at the start and then once a day: from that moment on nobody is let in by his
 * country.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/service/service.h"

struct geo_watch {
	struct service *service;
	sd_event_source *timer;
	int64_t told_us; /* monotonic; 0: not yet, or it was fit since */
};

/* Opens nothing: the service has its database. Looks at once. */
must_check int geo_watch_init(struct geo_watch *watch, sd_event *event,
			      struct service *service);
void geo_watch_deinit(struct geo_watch *watch);
/* What the timer does, each hour: now_s is the clock of the day's, steady_us
 * that of nobody's. */
void geo_watch_look(struct geo_watch *watch, int64_t now_s, int64_t steady_us);
