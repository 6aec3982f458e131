/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A reload that is refused changes nothing.
 *  2. A stop settles the verifications that run.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "cloxxsd/daemon/configuring.h"
#include "cloxxsd/daemon/daemon.h"
#include "cloxxsd/daemon/log.h"

#define STOP_WITHIN_US INT64_C(8000000)
#define STOP_POLL_US UINT64_C(20000)

static void reload(struct daemon *daemon)
{
	scope(settings_freep) struct settings *settings = NULL;
	struct text error;
	int r;

	text_init(&error, daemon->configuration_state,
		  sizeof(daemon->configuration_state));
	r = daemon_load_settings(&daemon->options, &error, &settings);
	if (r != 0) {
		if (r < 0)
			text_add(&error, strerror(-r));
		log_line(LOG_ERR,
			 "the configuration is refused, the former one stays "
			 "in force: %s",
			 daemon->configuration_state);
		daemon_record(daemon, EVENT_CONFIGURATION_REFUSED,
			      RECORD_FAILED, daemon->configuration_state);
		return;
	}
	/* What is not recorded does not come into force: it may weaken. */
	if (configuring_loaded(&daemon->state, daemon->settings, settings) !=
	    0) {
		text_init(&error, daemon->configuration_state,
			  sizeof(daemon->configuration_state));
		text_add(&error, "it could not be recorded");
		log_line(LOG_ERR, "the configuration could not be recorded, "
				  "the former one stays in force");
		return;
	}
	settings_free(daemon->settings);
	daemon->settings = scope_take_ptr(settings);
	daemon->attempts.settings = daemon->settings;
	daemon_bind_accounts(daemon);
	access_maps_bind(&daemon->access_maps);
	metrics_file_loaded(&daemon->metrics_file);
	alarm_watch_loaded(&daemon->alarm_watch);
	text_init(&error, daemon->configuration_state,
		  sizeof(daemon->configuration_state));
	text_add(&error, "ok");
	log_line(LOG_NOTICE, "the configuration was loaded again");
}

static int on_hangup(sd_event_source *source,
		     const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	(void)!sd_notify(0, "RELOADING=1");
	reload(userdata);
	(void)!sd_notify(0, "READY=1");
	return 0;
}

/* Ends when nothing is being hashed any more, or late enough. */
static int on_stop_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;

	if (hasher_n_open(daemon->attempts.hasher) == 0 ||
	    clock_monotonic_us() >= daemon->stop_by_us)
		return sd_event_exit(daemon->event, 0);
	(void)!sd_event_source_set_time(source, usec + STOP_POLL_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info,
		   void *userdata)
{
	struct daemon *daemon = userdata;

	(void)source;
	(void)info;
	if (daemon->stop_timer)
		return 0;
	(void)!sd_notify(0, "STOPPING=1");
	varlink_server_stop(daemon->server);
	daemon->stop_by_us = clock_monotonic_us() + STOP_WITHIN_US;
	return sd_event_add_time(daemon->event, &daemon->stop_timer,
				 CLOCK_MONOTONIC, 0, 1000, on_stop_timer,
				 daemon);
}

static int take_signals(struct daemon *daemon)
{
	static const int stops[] = { SIGTERM, SIGINT };
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(stops); i++)
		r = sd_event_add_signal(daemon->event, NULL, stops[i], on_stop,
					daemon);
	return r;
}

static int prepare(struct daemon *daemon)
{
	int r;

	r = sd_event_default(&daemon->event);
	if (r >= 0)
		r = take_signals(daemon);
	if (r >= 0)
		r = daemon_start(daemon);
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	return r < 0 ? r : 0;
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = { .options = *options };
	int r;

	r = prepare(&daemon);
	if (r == 0) {
		daemon_record(&daemon, EVENT_DAEMON_STARTED, RECORD_DONE,
			      "version=" VERSION);
		(void)!sd_notify(0, "READY=1");
		r = sd_event_loop(daemon.event);
		daemon_record(&daemon, EVENT_DAEMON_STOPPED,
			      r < 0 ? RECORD_FAILED : RECORD_DONE, NULL);
		if (r < 0)
			log_line(LOG_ERR, "ended: %s", strerror(-r));
	} else {
		log_line(LOG_ERR, "not started: %s", strerror(-r));
	}
	daemon_stop(&daemon);
	sd_event_unref(daemon.event);
	return r < 0 ? r : 0;
}
