/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Probe: looks once at an address as those who use it reach it: by a plain
 * request of HTTPS; by each version of TLS by itself; and, where the settings
 * ask for it, by requests that look like attacks, and are none, which a web
 * application firewall is there to stop. It follows nothing, sends no secret,
 * and reads of an answer no more than it must.
 */

#include <systemd/sd-event.h>

#include "courier/configuration.h"
#include "courier/probe_report.h"
#include "courier/web.h"

struct probe;

struct probe_args {
	struct web *web;
	/* Both outlive the probe. */
	const struct probe_settings *settings;
	/* Called once, from the loop, never from probe_start(); the probe is
	 * gone then. report lives for the call. */
	void (*done)(const struct probe_report *report, void *userdata);
	void *userdata;
};

/* -errno. It ends within three times the timeout of its settings: one for the
 * plain request, one for the versions, and one for all that comes then. */
must_check int probe_start(const struct probe_args *args,
			   struct probe **ret_probe);
/* Ends it, without done. Takes NULL, returns NULL. */
struct probe *probe_free(struct probe *probe);
