/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Courier: what holds the parts together: the configuration in force, the
 * transfers, the messages on their way and what became of those before.
 */

#include <systemd/sd-event.h>

#include "courier/configuration.h"
#include "courier/references.h"
#include "courier/tally.h"
#include "courier/web.h"

struct country_fetching;
struct delivery;
struct probing;

struct courier {
	sd_event *event;
	struct web *web;
	struct configuration_args files;
	struct configuration *configuration;
	struct references *references;
	struct tally *tallies;
	struct delivery *deliveries; /* on their way */
	uint32_t n_deliveries;
	struct probing *probings; /* of service_probe.c */
	/* Of service_countries.c; NULL: none is under way. */
	struct country_fetching *country_fetching;
	const char *state_directory; /* NULL: nothing is kept */
	/* SMS that were begun in the minute, of the monotonic clock. */
	int64_t minute;
	uint32_t n_in_minute;
	uid_t daemon_uid; /* who may call beside root; 0: nobody */
};

/* The configuration must be readable; why says what is wrong in it.
 * CONFIGURATION_E_INVALID, -errno. */
must_check int courier_init(struct courier *courier, sd_event *event,
			    const struct configuration_args *files,
			    struct text *why);
/* What is on its way ends, and is answered. */
void courier_deinit(struct courier *courier);
/* Takes another configuration, or keeps the one in force.
 * CONFIGURATION_E_INVALID, -errno. */
must_check int courier_reload(struct courier *courier, struct text *why);
