/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Daemon: owns every part, puts them together, runs them, reloads, and ends
 * them in order. It is the edge: parts return errors, the daemon logs them.
 */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/courier/courier.h"
#include "cloxxsd/metrics/counters.h"
#include "cloxxsd/daemon/access_maps.h"
#include "cloxxsd/daemon/alarm_watch.h"
#include "cloxxsd/daemon/anchors.h"
#include "cloxxsd/daemon/closing.h"
#include "cloxxsd/daemon/geo_watch.h"
#include "cloxxsd/daemon/grant_ends.h"
#include "cloxxsd/daemon/late_records.h"
#include "cloxxsd/daemon/lock_spike.h"
#include "cloxxsd/daemon/metrics_file.h"
#include "cloxxsd/daemon/publication.h"
#include "cloxxsd/daemon/purging.h"
#include "cloxxsd/daemon/resealing.h"
#include "cloxxsd/daemon/summing.h"
#include "cloxxsd/daemon/telling.h"
#include "cloxxsd/daemon/unix_groups.h"
#include "cloxxsd/daemon/validity_edges.h"
#include "cloxxsd/service/refused.h"
#include "cloxxsd/service/service.h"
#include "varlink/server.h"

struct daemon_options {
	const char *configuration; /* file; its drop-ins are below FILE.d */
	const char *socket;
	const char *state_directory;
	const char *key;     /* file */
	const char *passwd;  /* of local accounts; NULL: /etc/passwd */
	const char *courier; /* its socket; NULL: the usual one */
};

struct daemon {
	struct daemon_options options;
	sd_event *event;
	struct settings *settings;
	struct state state;
	struct publication publication;
	struct resealing resealing;
	struct closing closing;
	struct courier courier;
	struct telling telling;
	struct counters counters;
	struct metrics_file metrics_file;
	struct geo geo;
	struct geo_watch geo_watch;
	struct lock_spike lock_spike;
	struct alarm_watch alarm_watch;
	struct summing summing;
	struct attempts attempts;
	struct accounts accounts;
	struct access_maps access_maps;
	struct unix_groups unix_groups;
	struct grant_ends grant_ends;
	struct validity_edges validity_edges;
	struct late_records late_records;
	struct purging purging;
	struct anchors anchors;
	struct errands *errands;
	struct service service;
	struct refused refused;
	struct varlink_server *server;
	sd_event_source *stop_timer;
	int64_t stop_by_us;
	char boot[SESSION_BOOT_MAX];
	char configuration_state[1024];
};

/* Reads the settings of options; error holds FILE:LINE lines on SETTINGS_E_*.
 */
must_check int daemon_load_settings(const struct daemon_options *options,
				    struct text *error,
				    struct settings **ret_settings);

/*
 * Opens the state, settles what was left open, publishes, and serves on
 * daemon->event; options and event are set by the caller. -errno, logged; to
 * be stopped in either case.
 */
must_check int daemon_start(struct daemon *daemon);
/* Takes all of it down, but for event. Open attempts are not waited for. */
void daemon_stop(struct daemon *daemon);

/* Records what the daemon itself did, or says why it could not. */
void daemon_record(struct daemon *daemon, enum event event,
		   enum record_result result, const char *details);
/* Binds services to accounts anew, by the settings. */
void daemon_bind_accounts(struct daemon *daemon);

/* Sets up, serves until told to stop, takes down. 0, or -errno, logged. */
must_check int daemon_run(const struct daemon_options *options);
