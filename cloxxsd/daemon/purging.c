/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/purging.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "cloxxsd/daemon/log.h"

/* So many records in one turn of the loop, and between two turns. */
#define TURN 100
#define PAUSE_US UINT64_C(2000)

static int arm(struct purging *purging, uint64_t after_us)
{
	int r = sd_event_source_set_time_relative(purging->timer, after_us);

	return r < 0 ? r
		     : sd_event_source_set_enabled(purging->timer,
						   SD_EVENT_ONESHOT);
}

static int begin(struct purging *purging)
{
	const struct settings *settings = purging->attempts->settings;
	const uint32_t keep_s[_EVENT_CLASS_N] = {
		[EVENT_CLASS_LOGIN] = settings->audit_keep_logins_s,
		[EVENT_CLASS_ADMINISTRATION] =
			settings->audit_keep_administration_s,
		[EVENT_CLASS_APPLICATION] = settings->audit_keep_application_s,
	};
	int64_t keep_us[_EVENT_CLASS_N];

	for (unsigned int i = 0; i < _EVENT_CLASS_N; i++)
		keep_us[i] = INT64_C(1000000) *
			     (keep_s[i] ? keep_s[i] : settings->audit_keep_s);
	return retention_begin(purging->attempts->state, keep_us,
			       clock_realtime_us(), purging->pass);
}

/* Once for each such record: an hour later it is there still. */
static void tell_broken(struct purging *purging, int64_t seq)
{
	if (purging->broken_seq == seq)
		return;
	purging->broken_seq = seq;
	log_line(LOG_CRIT,
		 "record %lld of the ledger is not as it was written: nothing "
		 "from there on is purged; see cloxxsctl audit verify",
		 (long long)seq);
}

static int step(struct purging *purging)
{
	int64_t seq = 0;
	int r = 0;

	if (!purging->is_in_pass)
		r = begin(purging);
	if (r == 0)
		r = retention_step(purging->attempts->state, purging->pass,
				   TURN, clock_realtime_us(), &seq);
	purging->is_in_pass = r == RETENTION_E_MORE;
	if (r == RETENTION_E_BROKEN)
		tell_broken(purging, seq);
	else if (r < 0)
		log_line(LOG_ERR,
			 "records whose time is over could not be purged: %s; "
			 "it is tried again in an hour",
			 strerror(-r));
	return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct purging *purging = userdata;

	(void)source;
	(void)usec;
	return arm(purging, step(purging) == RETENTION_E_MORE
				    ? PAUSE_US
				    : (uint64_t)RETENTION_PASS_US);
}

int purging_init(struct purging *purging, struct attempts *attempts)
{
	int r;

	*purging = (struct purging){ .attempts = attempts };
	purging->pass = calloc(1, sizeof(*purging->pass));
	if (!purging->pass)
		return -ENOMEM;
	r = sd_event_add_time_relative(
		attempts->event, &purging->timer, CLOCK_BOOTTIME,
		(uint64_t)RETENTION_PASS_US, 0, on_timer, purging);
	if (r >= 0)
		r = sd_event_source_set_priority(purging->timer,
						 SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : 0;
}

void purging_deinit(struct purging *purging)
{
	purging->timer = sd_event_source_disable_unref(purging->timer);
	free(purging->pass);
	purging->pass = NULL;
}
