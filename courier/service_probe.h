/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Service probe: the method Probe: addresses are looked at one after the other,
 * and each is told when it was.
 */

#include "courier/courier.h"
#include "varlink/server.h"

#define SERVICE_PROBE_DEADLINE_MS 65000

/* Handlers of varlink_method rows; userdata is the courier. */
must_check int service_probe(struct varlink_call *call, json_t *parameters,
			     void *userdata);
/* Ends those that run; who called gets no answer. */
void service_probe_end(struct courier *courier);
