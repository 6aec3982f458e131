/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Field: what a record is made of, and how each part is called: in the journal,
 * and in a record as JSON. What it holds is record.h's.
 */

#include <stdbool.h>
#include <stdint.h>

enum field {
	FIELD_SEQUENCE,
	FIELD_AT,
	FIELD_EVENT,
	FIELD_RESULT,
	FIELD_REASON,
	FIELD_CHAIN,
	/* from here on: where it is known */
	FIELD_USER,
	FIELD_ACTOR,
	FIELD_SERVICE,
	FIELD_ADDRESS,
	FIELD_TERMINAL,
	FIELD_REFERENCE,
	FIELD_RULES,
	FIELD_DETAILS,
	FIELD_PROJECT,
	FIELD_ACTION,
	FIELD_OBJECT,
	_FIELD_N,
};

#define FIELD_BIT(field) (UINT32_C(1) << (field))
/* Those that every record has. */
#define FIELDS_ALWAYS (FIELD_BIT(FIELD_USER) - 1)

/* As journald calls it: CLOXXS_... */
const char *field_journal_name(enum field field);
/* The key of a record as JSON. */
const char *field_key(enum field field);
