/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Intake: a country database that comes in pieces: written beside the one in
 * force, proven there as a whole, and put in its place by a rename. What goes
 * wrong on the way leaves the former one.
 */

#include <stddef.h>
#include <stdint.h>

#include "cloxxsd/geo/database.h"

struct geo_intake;

enum geo_intake_error {
	_GEO_INTAKE_E_OK,
	GEO_INTAKE_E_TOO_MUCH, /* more bytes than were told of */
};

/* For bytes in all. -errno. */
must_check int geo_intake_new(const char *state_directory, uint64_t bytes,
			      struct geo_intake **ret_intake);
/* Removes what was written and not put in place. Takes NULL, returns NULL. */
struct geo_intake *geo_intake_free(struct geo_intake *intake);
/* GEO_INTAKE_E_TOO_MUCH or -errno. */
must_check int geo_intake_put(struct geo_intake *intake, const void *bytes,
			      size_t n);
/*
 * Brings all to the disk and proves it, as geo_database_read(), and that it is
 * not older than max_age_s. Blocks: for a thread.
 */
must_check int geo_intake_prove(struct geo_intake *intake, int64_t now_s,
				int64_t max_age_s, struct text *why,
				struct geo_database **ret_database);
/* Puts what was proven in the place of the one that is there; -errno. */
must_check int geo_intake_install(struct geo_intake *intake);
