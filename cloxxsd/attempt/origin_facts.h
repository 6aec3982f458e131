/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Origin facts: what is known of where a subject comes from, gathered for the
 * rules: his address against his networks, those of the settings and the
 * country database. It decides nothing: policy/origin.h judges.
 */

#include "base/network.h"
#include "cloxxsd/attempt/attempt.h"

/* The fixed networks of a user, for networks_deinit(). -errno. */
must_check int origin_networks(const struct user *user,
			       struct networks *ret_networks);
/* From where subject comes, for whoever has these networks and that role. */
struct origin origin_of(const struct attempts *attempts,
			const struct subject *subject,
			const struct networks *fixed, bool administers);
/*
 * Who comes: a user of ours with his networks, or whoever administers this
 * host without being one (user NULL). -errno.
 */
must_check int origin_gather(const struct attempts *attempts,
			     const struct subject *subject,
			     const struct user *user,
			     struct origin *ret_origin);
