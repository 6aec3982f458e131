/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Entry: a record of the audit as an object (see source.h), made from the
 * fields of a journal's record. It knows which field is which member, and
 * believes nobody: who wrote the record is looked at before (journal.h).
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

enum audit_member {
	ENTRY_EVENT,
	ENTRY_RESULT,
	ENTRY_REASON,
	ENTRY_USER,
	ENTRY_ACTOR,
	ENTRY_SERVICE,
	ENTRY_ADDRESS,
	ENTRY_TERMINAL,
	ENTRY_REFERENCE,
	ENTRY_RULES,
	ENTRY_DETAILS,
	ENTRY_PROJECT,
	ENTRY_ACTION,
	ENTRY_OBJECT,
	ENTRY_CHAIN,
	ENTRY_MESSAGE_ID, /* only of the journal; not shown in lists */
	_N_ENTRY_MEMBERS,
};

struct audit_member_row {
	const char *name;  /* of an entry */
	const char *field; /* of the journal */
};

/* In the order of enum audit_member. */
extern const struct audit_member_row audit_members[_N_ENTRY_MEMBERS];

#define ENTRY_BYTES_MAX 16384

/* What was read of a record so far. */
struct audit_record {
	int64_t sequence, at; /* 0: not there */
	const char *texts[_N_ENTRY_MEMBERS];
	size_t n_bytes;
	char bytes[ENTRY_BYTES_MAX]; /* where texts point */
};

/* Only what must be so; the bytes stay. */
void audit_record_clear(struct audit_record *record);
/* Takes a field "NAME=value" of n bytes, the first of each name; what is none
 * of ours, or too long, is left out. */
void audit_record_take(struct audit_record *record, const char *field,
		       size_t n);
/* A number of all that it tells but its chain: another one, another record. */
uint64_t audit_record_contents(const struct audit_record *record);
/* The object; NULL: no memory. */
json_t *audit_record_entry(const struct audit_record *record);
