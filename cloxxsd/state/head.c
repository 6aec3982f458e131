/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/head.h"

#include <string.h>

#include "cloxxsd/state/backups.h"

_Static_assert(2 * INSTALLATION_BYTES + 1 == ANCHOR_INSTALLATION_TEXT &&
		       2 * LEDGER_CHAIN_BYTES + 1 == ANCHOR_CHAIN_TEXT,
	       "what an anchor has room for");

static int find_installation(struct state *state,
			     char ret_text[ANCHOR_INSTALLATION_TEXT])
{
	uint8_t identifier[INSTALLATION_BYTES];
	int64_t n;
	int r = backups_installation(state->store, identifier, &n);

	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	anchor_write_hex(identifier, sizeof(identifier), ret_text);
	return 0;
}

int head_find(struct state *state, struct anchor *ret_anchor)
{
	const struct ledger_filter any = { .since_us = INT64_MIN,
					   .until_us = INT64_MAX };
	struct ledger *ledger = &state->ledger;
	struct anchor anchor = { .sequence = ledger->seq };
	struct ledger_row row;
	int r;

	r = state_flush(state);
	if (r == 0)
		r = ledger_search(ledger, &any, ledger->seq, ledger->seq, &row);
	if (r == 0)
		r = find_installation(state, anchor.installation);
	if (r != 0)
		return r;
	anchor.at = row.at_us / 1000000;
	anchor_write_hex(ledger->chain, LEDGER_CHAIN_BYTES, anchor.chain);
	*ret_anchor = anchor;
	return 0;
}

int head_holds(struct state *state, const struct anchor *anchor,
	       bool *ret_holds)
{
	uint8_t chain[LEDGER_CHAIN_BYTES];
	char text[ANCHOR_CHAIN_TEXT], installation[ANCHOR_INSTALLATION_TEXT];
	int r = find_installation(state, installation);

	if (r != 0)
		return r;
	*ret_holds = strcmp(installation, anchor->installation) == 0;
	if (!*ret_holds || anchor->sequence < state->ledger.cut.seq)
		return 0;
	r = ledger_chain_before(&state->ledger, anchor->sequence + 1, chain);
	if (r < 0)
		return r;
	anchor_write_hex(chain, sizeof(chain), text);
	*ret_holds = r == 0 && strcmp(text, anchor->chain) == 0;
	return 0;
}
