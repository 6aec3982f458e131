/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Query: which records of the audit somebody asks for, and where they are to
 * be read. Plain data; it reads nothing itself. Texts are compared as they are
 * recorded: escaped to printable ASCII.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/network.h"
#include "base/scope.h"
#include "base/text.h"
#include "cloxxsctl/grammar.h"

/* Texts that a record has, or has not, as a whole. */
enum audit_filter {
	AUDIT_USER,
	AUDIT_ACTOR,
	AUDIT_ADDRESS,
	AUDIT_PROJECT,
	AUDIT_SERVICE,
	AUDIT_EVENT,
	AUDIT_RESULT,
	AUDIT_REFERENCE,
	_N_AUDIT_FILTERS,
};

#define AUDIT_FILTER_MAX 520

struct audit_filter_row {
	const char *member;   /* of an entry; also of the daemon's Search() */
	const char *field;    /* of the journal */
	int option;           /* of the command line, or -1 */
	bool is_of_daemon;    /* Search() has such a parameter */
	bool is_indexed_well; /* few records have one value of it */
};

/* In the order of enum audit_filter. */
extern const struct audit_filter_row audit_filters[_N_AUDIT_FILTERS];

/* All zero: every record of this host, in order. */
struct audit_query {
	/* "": any; of AUDIT_EVENT one or several, by comma. */
	char texts[_N_AUDIT_FILTERS][AUDIT_FILTER_MAX];
	bool has_network;
	struct network network;
	int64_t since_us, until_us; /* included, excluded; 0: no bound */
	int64_t first, last; /* sequence numbers, included; 0: no bound */
	bool reverse;
	uint64_t limit; /* 0: none */

	/* Where: at most one; none: the journal of this host, and where that
	 * cannot be read the daemon's ledger. Borrowed. */
	const char *file, *directory, *namespace;
	bool ledger;
	bool follows; /* what comes later is asked for too */
	bool has_uid; /* who wrote the journal's records, else it is found out
		       */
	uid_t uid;
};

enum audit_query_error {
	_AUDIT_QUERY_E_OK,
	AUDIT_QUERY_E_INVALID, /* fault says what */
};

/* text as it would be recorded. AUDIT_QUERY_E_INVALID: longer than any. */
must_check int audit_query_set(struct audit_query *query,
			       enum audit_filter filter, const char *text);
/* What the options of command say; it must outlive the query. On
 * AUDIT_QUERY_E_INVALID fault holds a sentence. */
must_check int audit_query_read(struct audit_query *query,
				const struct command *command,
				struct text *fault);

/* The next of a list of events by comma, which goes on behind it; false: there
 * was none. */
bool audit_query_next_event(const char **list,
			    char ret_event[AUDIT_FILTER_MAX]);
/* Whether it asks by anything but a period and sequence numbers. */
bool audit_query_is_filtered(const struct audit_query *query);
/* Whether an entry is one of those asked for. */
bool audit_query_wants(const struct audit_query *query, const json_t *entry);
/* "user=anna since=2026-11-01T00:00:00Z", for the record of the reading. */
void audit_query_write(const struct audit_query *query, struct text *text);
/* The parameters of Search(); NULL: no memory. */
json_t *audit_query_parameters(const struct audit_query *query);
