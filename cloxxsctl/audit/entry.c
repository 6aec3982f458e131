/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/entry.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cloxxsctl/output.h"

#define SEQUENCE "CLOXXS_SEQ"
#define AT "CLOXXS_AT"

const struct audit_member_row audit_members[_N_ENTRY_MEMBERS] = {
	[ENTRY_EVENT] = { "event", "CLOXXS_EVENT" },
	[ENTRY_RESULT] = { "result", "CLOXXS_RESULT" },
	[ENTRY_REASON] = { "reason", "CLOXXS_REASON" },
	[ENTRY_USER] = { "user", "CLOXXS_USER" },
	[ENTRY_ACTOR] = { "actor", "CLOXXS_ACTOR" },
	[ENTRY_SERVICE] = { "service", "CLOXXS_SERVICE" },
	[ENTRY_ADDRESS] = { "address", "CLOXXS_ADDRESS" },
	[ENTRY_TERMINAL] = { "terminal", "CLOXXS_TERMINAL" },
	[ENTRY_REFERENCE] = { "reference", "CLOXXS_REFERENCE" },
	[ENTRY_RULES] = { "rules", "CLOXXS_RULES" },
	[ENTRY_DETAILS] = { "details", "CLOXXS_DETAILS" },
	[ENTRY_PROJECT] = { "project", "CLOXXS_PROJECT" },
	[ENTRY_ACTION] = { "action", "CLOXXS_ACTION" },
	[ENTRY_OBJECT] = { "object", "CLOXXS_OBJECT" },
	[ENTRY_CHAIN] = { "chain", "CLOXXS_CHAIN" },
	[ENTRY_MESSAGE_ID] = { "message_id", "MESSAGE_ID" },
};

void audit_record_clear(struct audit_record *record)
{
	record->sequence = record->at = 0;
	record->n_bytes = 0;
	memset(record->texts, 0, sizeof(record->texts));
}

/* A number from 1 on, of n digits; 0: it is none. */
static int64_t number_of(const char *digits, size_t n)
{
	int64_t number = 0;

	if (n == 0 || n > 18)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
		number = number * 10 + (digits[i] - '0');
	}
	return number;
}

static void keep(struct audit_record *record, const char **text,
		 const char *value, size_t n)
{
	char *place = record->bytes + record->n_bytes;
	struct text kept;

	if (*text || n == 0 || record->n_bytes == sizeof(record->bytes))
		return;
	text_init(&kept, place, sizeof(record->bytes) - record->n_bytes);
	output_add_foreign(&kept, value, n);
	if (text_is_cut(&kept))
		return;
	record->n_bytes += kept.n + 1;
	*text = place;
}

/* Whether a field of n letters of its name is name. */
static bool is_named(const char *field, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(field, name, n) == 0;
}

void audit_record_take(struct audit_record *record, const char *field, size_t n)
{
	const char *equals = memchr(field, '=', n);
	size_t n_name = equals ? (size_t)(equals - field) : n, n_value;

	/* Most fields of a record are journald's own, with "_". */
	if (!equals || (*field != 'C' && *field != 'M'))
		return;
	n_value = n - n_name - 1;
	if (is_named(field, n_name, SEQUENCE)) {
		if (record->sequence == 0)
			record->sequence = number_of(equals + 1, n_value);
		return;
	}
	if (is_named(field, n_name, AT)) {
		if (record->at == 0)
			record->at = number_of(equals + 1, n_value);
		return;
	}
	for (size_t i = 0; i < _N_ENTRY_MEMBERS; i++)
		if (is_named(field, n_name, audit_members[i].field)) {
			keep(record, &record->texts[i], equals + 1, n_value);
			return;
		}
}

/* FNV-1a, 64 bits: it tells what came twice, and is no proof. */
static uint64_t hash(uint64_t before, const void *bytes, size_t n)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < n; i++)
		before = (before ^ at[i]) * UINT64_C(0x100000001b3);
	return before;
}

uint64_t audit_record_contents(const struct audit_record *record)
{
	uint64_t number = UINT64_C(0xcbf29ce484222325);

	number = hash(number, &record->at, sizeof(record->at));
	for (size_t i = 0; i < ENTRY_CHAIN; i++) {
		const char *text = record->texts[i] ? record->texts[i] : "";

		/* With its NUL: two texts are not one. */
		number = hash(number, text, strlen(text) + 1);
	}
	return number;
}

json_t *audit_record_entry(const struct audit_record *record)
{
	scope(json_decrefp) json_t *entry = NULL;

	entry = json_pack("{s:I, s:I}", "sequence",
			  (json_int_t)record->sequence, "at",
			  (json_int_t)record->at);
	for (size_t i = 0; i < _N_ENTRY_MEMBERS && entry; i++)
		if (record->texts[i] &&
		    json_object_set_new_nocheck(
			    entry, audit_members[i].name,
			    json_string_nocheck(record->texts[i])) < 0)
			return NULL;
	if (entry && json_object_set_new(entry, "replaced", json_false()) < 0)
		return NULL;
	return scope_take_ptr(entry);
}
