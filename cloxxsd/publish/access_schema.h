/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access schema: in which tables the records of an access map stand, how their
 * keys hash, and how much room they take.
 */

#include "base/access_record.h"
#include "cloxxsd/publish/access_writer.h"
#include "cloxxsd/publish/map_writer.h"

/* To be copied, and given a permit() of the writer's. */
extern const struct map_schema access_schema;

/* For a new file, with something to spare. */
struct map_room access_schema_room(const struct access_room *room);
/* Room for a record of size, with keys that are new in its tables or not. */
void access_schema_add_room(struct map_room *room, enum access_record_type type,
			    size_t size, bool is_new);
