/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Geoip view: the country database and what it says of an address, for eyes.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The replies of GeoipStatus and GeoipCommit, and of GeoipLookup. */
must_check int geoip_view(struct output *output, const json_t *reply);
must_check int geoip_view_lookup(struct output *output, const json_t *reply);

/* Of the member "geoip" of these and of Status: whether it can be asked, and
 * what it is, in one line. */
bool geoip_is_fit(const json_t *geoip);
void geoip_view_line(struct output *output, const json_t *geoip);
