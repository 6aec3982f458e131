/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ledger: the audit as it stands in the store: numbered records, each bound to
 * the one before by a keyed hash (BLAKE2b-256). A record is written in the
 * transaction of the change it tells. Rows are never changed, but for the mark
 * of where they are with the journal, and by state/replaced_row.h, which proves
 * what it does. How rows are bound stands in state/ledger_chain.h.
 *
 * The key of record n is the ledger key whose from_seq is the last one up to n.
 * The chain goes on where the key changes; the record that tells of the change
 * is the last one under the old key.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/audit/record.h"
#include "cloxxsd/state/key.h"
#include "cloxxsd/state/store.h"
#include "policy/login.h"

#define LEDGER_CHAIN_BYTES 32

/* Up to where all records were purged: the last of them, and its chain. All
 * zero where none was. */
struct ledger_cut {
	int64_t seq, at_us;
	uint8_t chain[LEDGER_CHAIN_BYTES];
};

struct ledger {
	struct store *store;
	const struct key *key;
	int64_t seq; /* of the last record; 0: none */
	uint8_t chain[LEDGER_CHAIN_BYTES];
	struct ledger_cut cut;
};

/* A row read back: texts are bounded copies, "" for what was null. */
struct ledger_row {
	int64_t seq, at_us;
	char event[40], result[16], reason[40];
	char user[264], actor[72], service[72], address[72], terminal[72];
	char reference[16];
	char rules[LOGIN_RULES_TEXT_MAX], details[1024];
	char project[72], action[72], object[520];
	uint8_t chain[LEDGER_CHAIN_BYTES];
	bool is_replaced; /* its texts are not those that it was written with */
};

/* Whether the fields of a record fit in details when they are written; what
 * does not is cut. */
bool ledger_fields_fit(const char *const *fields);

enum ledger_error {
	_LEDGER_E_OK,
	LEDGER_E_UNKNOWN, /* no such record */
	LEDGER_E_BROKEN,  /* a record, or the cut-off, is not as we wrote it */
};

/* Finds the head and proves its last link. Both pointers are borrowed. */
must_check int ledger_init(struct ledger *ledger, struct store *store,
			   const struct key *key);
/* The KEY_BYTES that chain record seq; NULL: no key of the ring does. */
const uint8_t *ledger_key_for(const struct ledger *ledger, int64_t seq);
/* The chain of the record before seq; all zero before the first one.
 * LEDGER_E_BROKEN: it has none. */
must_check int ledger_chain_before(struct ledger *ledger, int64_t seq,
				   uint8_t ret_chain[LEDGER_CHAIN_BYTES]);
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
/*
 * Where a record is with the journal, in the column published: 0 it is to be
 * sent, 1 it was taken, 2 it was seen there, 3 it was not seen there when it
 * was looked for. What is not seen a second time is sent again.
 */
struct ledger_unseen {
	int64_t first, last; /* 0: all that was taken was seen */
	int64_t since_us;    /* when the first one was made */
};
must_check int ledger_find_unseen(struct ledger *ledger,
				  struct ledger_unseen *ret_unseen);
/* Of those that were taken. */
must_check int ledger_mark_seen(struct ledger *ledger, int64_t first,
				int64_t last);
/* What of the records up to last that were made before until_us was not seen;
 * *ret_lost of them are to be sent again. Within the caller's transaction. */
must_check int ledger_mark_unseen(struct ledger *ledger, int64_t last,
				  int64_t until_us, int64_t *ret_lost);
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

/* What is looked for: texts as they stand there, NULL for any. */
struct ledger_filter {
	const char *user, *actor, *address, *project, *service, *event;
	const char *result;
	int64_t since_us, until_us; /* from the one on, to before the other */
	bool reverse;               /* the last one first */
};
/* The first of the records from first to last that is looked for. Takes as long
 * as there are many between. */
must_check int ledger_search(struct ledger *ledger,
			     const struct ledger_filter *filter, int64_t first,
			     int64_t last, struct ledger_row *ret_row);
