/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Probe settings: one [probe NAME] of cloxxs-courier.conf: an address at which
 * people reach an application, and what is to hold there. It asks nobody.
 */

#include <stdint.h>

#include "courier/answer.h"
#include "courier/keys.h"

struct probe_settings {
	char *name;
	char *url, *ca;
	unsigned int extended_validation;      /* 0: not asked for */
	unsigned int web_application_firewall; /* 0: not tried */
	struct answer_statuses
		stopped_status; /* what stopping one looks like */
	uint32_t days_min;      /* that a certificate has left */
	uint32_t connect_timeout_ms, timeout_ms;
};

extern const struct key_table probe_table;

/* With the defaults of its table. -ENOMEM. */
must_check int probe_settings_new(const char *name,
				  struct probe_settings **ret_settings);
/* Takes NULL, returns NULL. */
struct probe_settings *probe_settings_free(struct probe_settings *settings);
/* What cannot be asked becomes findings, at the line of its key. */
void probe_settings_check(const struct probe_settings *settings,
			  const struct key_origins *origins,
			  struct findings *findings);
