/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/rehearsal.h"

#include <errno.h>
#include <stdlib.h>

struct rehearsal {
	sd_event_source *timer;
	void (*rehearse)(void *userdata);
	void *userdata;  /* NULL: nothing is planned */
	int64_t took_us; /* the last hash; 0: none yet */
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct rehearsal *rehearsal = userdata;

	(void)source;
	(void)usec;
	if (rehearsal->userdata)
		rehearsal->rehearse(rehearsal->userdata);
	return 0;
}

int rehearsal_new(sd_event *event, void (*rehearse)(void *userdata),
		  struct rehearsal **ret_rehearsal)
{
	struct rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));
	int r;

	if (!rehearsal)
		return -ENOMEM;
	rehearsal->rehearse = rehearse;
	/* As exact as it gets: a little too late is in vain. */
	r = sd_event_add_time(event, &rehearsal->timer, CLOCK_MONOTONIC, 0, 1,
			      on_timer, rehearsal);
	if (r >= 0)
		r = sd_event_source_set_enabled(rehearsal->timer, SD_EVENT_OFF);
	if (r < 0) {
		rehearsal_free(rehearsal);
		return r;
	}
	*ret_rehearsal = rehearsal;
	return 0;
}

struct rehearsal *rehearsal_free(struct rehearsal *rehearsal)
{
	if (!rehearsal)
		return NULL;
	sd_event_source_disable_unref(rehearsal->timer);
	free(rehearsal);
	return NULL;
}

/* Hashes of one cost differ by a few hundredths. */
static uint64_t shortly_before(int64_t took_us)
{
	return (uint64_t)(took_us - took_us / 20);
}

void rehearsal_plan(struct rehearsal *rehearsal, void *userdata)
{
	if (rehearsal->took_us <= 0)
		return;
	rehearsal->userdata = userdata;
	(void)!sd_event_source_set_time_relative(
		rehearsal->timer, shortly_before(rehearsal->took_us));
	(void)!sd_event_source_set_enabled(rehearsal->timer, SD_EVENT_ONESHOT);
}

void rehearsal_end(struct rehearsal *rehearsal, void *userdata, int64_t took_us)
{
	if (took_us > 0)
		rehearsal->took_us = took_us;
	if (rehearsal->userdata != userdata)
		return;
	rehearsal->userdata = NULL;
	(void)!sd_event_source_set_enabled(rehearsal->timer, SD_EVENT_OFF);
}
