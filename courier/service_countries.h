/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Service countries: the method FetchCountries: one fetch at a time, and what
 * became of it, for who asked and for the journal.
 */

#include "courier/courier.h"
#include "varlink/server.h"

/* Beyond the longest timeout that may be set. */
#define SERVICE_COUNTRIES_DEADLINE_MS 610000

/* Handler of a varlink_method row; userdata is the courier. */
must_check int service_countries(struct varlink_call *call, json_t *parameters,
				 void *userdata);
/* Ends the one under way; who called gets no answer. */
void service_countries_end(struct courier *courier);
