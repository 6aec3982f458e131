/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/audit/field.h"

static const struct {
	const char *journal_name, *key;
} rows[_FIELD_N] = {
	[FIELD_SEQUENCE] = { "CLOXXS_SEQ", "sequence" },
	[FIELD_AT] = { "CLOXXS_AT", "at" },
	[FIELD_EVENT] = { "CLOXXS_EVENT", "event" },
	[FIELD_RESULT] = { "CLOXXS_RESULT", "result" },
	[FIELD_REASON] = { "CLOXXS_REASON", "reason" },
	[FIELD_CHAIN] = { "CLOXXS_CHAIN", "chain" },
	[FIELD_USER] = { "CLOXXS_USER", "user" },
	[FIELD_ACTOR] = { "CLOXXS_ACTOR", "actor" },
	[FIELD_SERVICE] = { "CLOXXS_SERVICE", "service" },
	[FIELD_ADDRESS] = { "CLOXXS_ADDRESS", "address" },
	[FIELD_TERMINAL] = { "CLOXXS_TERMINAL", "terminal" },
	[FIELD_REFERENCE] = { "CLOXXS_REFERENCE", "reference" },
	[FIELD_RULES] = { "CLOXXS_RULES", "rules" },
	[FIELD_DETAILS] = { "CLOXXS_DETAILS", "details" },
	[FIELD_PROJECT] = { "CLOXXS_PROJECT", "project" },
	[FIELD_ACTION] = { "CLOXXS_ACTION", "action" },
	[FIELD_OBJECT] = { "CLOXXS_OBJECT", "object" },
};

const char *field_journal_name(enum field field)
{
	return rows[field].journal_name;
}

const char *field_key(enum field field)
{
	return rows[field].key;
}
