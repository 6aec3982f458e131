/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ledger: the audit as it stands in the store: numbered records, each bound to
 * the one before by a keyed hash (BLAKE2b-256). A record is written in the
 * transaction of the change it tells. Rows are never changed, but for the mark
 * that they were handed to the journal.
 *
 * chain(n) = BLAKE2b(key, chain(n-1) | seq | at | each text, with its length)
 *
 * where project, action and object are among the texts only if one of them is
 * there, for rows of before had no such columns; and key is the ledger key
 * whose from_seq is the last one up to n. The chain goes on where the key
 * changes; the record that tells of the change is the last one under the old
 * key.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/state/key.h"
#include "cloxxsd/state/store.h"
#include "policy/login.h"

#define LEDGER_CHAIN_BYTES 32

struct ledger {
	struct store *store;
	const struct key *key;
	int64_t seq; /* of the last record; 0: none */
	uint8_t chain[LEDGER_CHAIN_BYTES];
};

/* A row read back: texts are bounded copies, "" for what was null. */
struct ledger_row {
	int64_t seq, at_us;
	char event[40], result[16], reason[40];
	char user[264], actor[72], service[72], address[72], terminal[72];
	char reference[16];
	char rules[LOGIN_RULES_TEXT_MAX], details[1024];
	char project[72], action[72], object[520];
};

/* Whether the fields of a record fit in details when they are written; what
 * does not is cut. */
bool ledger_fields_fit(const char *const *fields);

enum ledger_error {
	_LEDGER_E_OK,
	LEDGER_E_UNKNOWN, /* no such record */
	LEDGER_E_BROKEN,  /* the last record is not the one we wrote */
};

/* Finds the head and proves its last link. Both pointers are borrowed. */
must_check int ledger_init(struct ledger *ledger, struct store *store,
			   const struct key *key);
/* The KEY_BYTES that chain record seq; NULL: no key of the ring does. */
const uint8_t *ledger_key_for(const struct ledger *ledger, int64_t seq);
/*
 * Proves every record from the first to the last, which takes as long as there
 * are many. LEDGER_E_BROKEN: *ret_seq is the first that is not as we wrote it.
 */
must_check int ledger_prove(struct ledger *ledger, int64_t *ret_seq);
/*
 * Appends, within the caller's transaction. When that is rolled back the
 * caller puts the former struct back: it is plain data.
 */
must_check int ledger_append(struct ledger *ledger,
			     const struct record *record);
must_check int ledger_find(struct ledger *ledger, const char *reference,
			   struct ledger_row *ret_row);
must_check int ledger_mark_published(struct ledger *ledger, int64_t from_seq,
				     int64_t to_seq);
struct ledger_counts {
	int64_t all, unpublished;
	int64_t unpublished_since_us; /* the oldest of these; 0: none */
};
must_check int ledger_count(struct ledger *ledger,
			    struct ledger_counts *ret_counts);
/* The next record that was not handed to the journal, from seq on. */
must_check int ledger_next_unpublished(struct ledger *ledger, int64_t seq,
				       struct ledger_row *ret_row);
/* The first record behind seq, and no later than last, made at since_us or
 * later, of an event that changes who has which right. Takes as long as there
 * are many between. */
must_check int ledger_next_about_rights(struct ledger *ledger, int64_t seq,
					int64_t last, int64_t since_us,
					struct ledger_row *ret_row);
/* The last refusal before seq, of user or of anybody (NULL), but no earlier
 * than record first. */
must_check int ledger_prev_refusal(struct ledger *ledger, int64_t seq,
				   int64_t first, const char *user,
				   struct ledger_row *ret_row);
