/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm watch: looks at what is committed and at the facts, has the engine say
 * what is an alarm, keeps that in the store with the records of it, and has it
 * told. No login waits for it. What it keeps names the last record that was
 * looked at, so that after a crash those behind it are looked at then.
 */

#include <systemd/sd-event.h>

#include "cloxxsd/alarm/window.h"
#include "cloxxsd/daemon/alarm_post.h"
#include "cloxxsd/service/service.h"

#define ALARM_HOST_MAX 256

struct alarm_watch {
	struct service *service;
	sd_event_source *timer;
	struct alarm_engine engine;
	struct alarm_post post;
	struct window abroad;
	bool dirty;          /* what is kept is not what is so */
	bool behind;         /* records were passed over, and are to be read */
	bool unread;         /* and that failed, which was logged */
	bool news;           /* something that facts are made of */
	bool unwritten;      /* and that was logged */
	uint32_t unrecorded; /* rules whose alarm-raised could not be written */
	int64_t looked_s, kept_seq;
	int64_t ticked_us; /* on the monotonic clock */
	struct alarm_delivery delivery;
	char host[ALARM_HOST_MAX];
};

must_check int alarm_watch_init(struct alarm_watch *watch, sd_event *event,
				struct service *service);
/* Keeps what is so; the state must be open still. */
void alarm_watch_deinit(struct alarm_watch *watch);
/* After a commit. */
void alarm_watch_committed(struct alarm_watch *watch,
			   const struct change_set *set, int64_t first_seq);
/* Other settings are in force. */
void alarm_watch_loaded(struct alarm_watch *watch);
/* What the timer does, in a while; now. For tests. */
void alarm_watch_look(struct alarm_watch *watch);
