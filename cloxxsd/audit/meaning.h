/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Meaning: what each event of the catalogue means to an administrator and what
 * he should do, and which fields a record of it can have. The journal's
 * catalogue, the schema of records and the manual say the same. Who decides
 * reads none of it.
 */

#include "cloxxsd/audit/event.h"
#include "cloxxsd/audit/field.h"

/* One to three sentences. */
const char *event_meaning(enum event event);
/* FIELD_BIT() of each field that a record of it has or can have. */
uint32_t event_fields(enum event event);
