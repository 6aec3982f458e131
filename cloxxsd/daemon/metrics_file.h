/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Metrics file: writes all metrics into a file for node_exporter's textfile
 * collector, where [metrics] names one, at its interval. A reader sees the
 * former file or the new one, never half of it. Where it cannot be written,
 * that is said once, and nothing else is held up: it is written by an errand,
 * and as long as a disk holds that one up there is no other.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "cloxxsd/service/service.h"

struct metrics_writing;

struct metrics_file {
	struct service *service;
	sd_event_source *timer;
	struct metrics_writing *writing; /* the one under way, or NULL */
	bool failing;                    /* and it was said */
};

must_check int metrics_file_init(struct metrics_file *file, sd_event *event,
				 struct service *service);
/* After errands_free(). */
void metrics_file_deinit(struct metrics_file *file);
/* Other settings are in force: it is written soon. */
void metrics_file_loaded(struct metrics_file *file);
