/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof of the ledger, for who asks, and its head as an anchor. */
#include <stdio.h>
#include <string.h>

#include "cloxxsd/service/audit.h"
#include "cloxxsd/state/head.h"
#include "cloxxsd/state/ledger_proof.h"

/* So many records in one turn of the loop, and turns between two replies. */
#define TURN 500
#define TURNS_A_REPLY 40

const struct varlink_parameter audit_verify_parameters[] = {
	{ "sequence", VARLINK_INT, true, 0 },
	{ "chain", VARLINK_STRING, true, ANCHOR_CHAIN_TEXT - 1 },
	{ 0 },
};

struct verify {
	struct service *service;
	struct ledger_proof proof;
	int64_t first;
	unsigned int n_turns;
};

static int64_t total(const struct verify *verify)
{
	return verify->service->state->ledger.seq - verify->first + 1;
}

static int tell_progress(struct verify *verify, struct varlink_call *call)
{
	if (++verify->n_turns % TURNS_A_REPLY != 0)
		return VARLINK_LOOKING;
	return varlink_call_continue(
		call,
		json_pack("{s:I, s:I}", "checked", (json_int_t)verify->proof.n,
			  "total", (json_int_t)total(verify)));
}

static json_t *verdict_json(const struct verify *verify, bool is_broken)
{
	const struct ledger_proof *proof = &verify->proof;
	const struct ledger_cut *cut = &verify->service->state->ledger.cut;
	char chain[ANCHOR_CHAIN_TEXT];

	anchor_write_hex(proof->chain, sizeof(proof->chain), chain);
	return json_pack(
		"{s:I, s:I, s:s, s:o, s:o, s:I, s:I, s:s, s:o, s:I, s:I}",
		"checked", (json_int_t)proof->n, "total",
		(json_int_t)total(verify), "verdict",
		is_broken ? "broken" : "proved", "broken",
		is_broken ? json_integer((json_int_t)proof->seq + 1)
			  : json_null(),
		"fault",
		is_broken ? json_string(ledger_fault_name(proof->fault))
			  : json_null(),
		"first", (json_int_t)verify->first, "last",
		(json_int_t)proof->seq, "chain", chain, "cut_at",
		cut->seq > 0 ? json_integer((json_int_t)cut->at_us)
			     : json_null(),
		"purged", (json_int_t)cut->seq, "replaced",
		(json_int_t)proof->n_replaced);
}

static int tell_verdict(struct verify *verify, struct varlink_call *call,
			bool is_broken)
{
	const struct ledger_proof *proof = &verify->proof;
	json_t *verdict = verdict_json(verify, is_broken);
	char details[160];

	if (is_broken)
		(void)snprintf(details, sizeof(details),
			       "first=%lld record=%lld fault=%s",
			       (long long)verify->first,
			       (long long)proof->seq + 1,
			       ledger_fault_name(proof->fault));
	else
		(void)snprintf(details, sizeof(details),
			       "first=%lld last=%lld replaced=%lld",
			       (long long)verify->first, (long long)proof->seq,
			       (long long)proof->n_replaced);
	if (!audit_tell(verify->service, call,
			is_broken ? EVENT_AUDIT_BROKEN : EVENT_AUDIT_PROVED,
			is_broken ? RECORD_FAILED : RECORD_DONE, details)) {
		json_decref(verdict);
		return 0;
	}
	return varlink_call_reply(call, verdict);
}

static int prove_next(struct varlink_call *call, void *data)
{
	struct verify *verify = data;
	int r = ledger_proof_step(&verify->proof, TURN);

	if (r == LEDGER_PROOF_MORE)
		return tell_progress(verify, call);
	if (r != 0 && r != LEDGER_E_BROKEN)
		return r < 0 ? r : -EIO;
	return tell_verdict(verify, call, r == LEDGER_E_BROKEN);
}

/* False: answered. */
static bool read_anchor(struct varlink_call *call, json_t *parameters,
			struct ledger_proof *proof)
{
	json_t *sequence = json_object_get(parameters, "sequence");
	const char *chain =
		json_string_value(json_object_get(parameters, "chain"));
	int64_t seq = json_integer_value(sequence);

	if (!json_is_integer(sequence) && !chain)
		return true;
	if (!json_is_integer(sequence) || seq < 1) {
		(void)!audit_invalid(
			call, "sequence",
			"An anchor has the number of a record, and its "
			"chain.");
		return false;
	}
	if (!chain || !anchor_read_hex(chain, proof->anchor_chain,
				       sizeof(proof->anchor_chain))) {
		(void)!audit_invalid(call, "chain",
				     "It is not 64 digits of 0-9 and a-f.");
		return false;
	}
	if (seq < proof->seq) {
		(void)!audit_invalid(
			call, "sequence",
			"It lies before the cut-off: what stood there was "
			"purged. Take a later anchor.");
		return false;
	}
	proof->anchor_seq = seq;
	return true;
}

int audit_verify(struct varlink_call *call, json_t *parameters, void *userdata)
{
	scope(scope_free) struct verify *verify = calloc(1, sizeof(*verify));
	struct service *service = userdata;

	if (!verify)
		return -ENOMEM;
	verify->service = service;
	ledger_proof_init(&verify->proof, &service->state->ledger);
	verify->first = verify->proof.seq + 1;
	if (!read_anchor(call, parameters, &verify->proof))
		return 0;
	varlink_call_stream(call, prove_next, scope_take_ptr(verify), free);
	return 0;
}

int audit_head(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	struct anchor anchor;

	(void)parameters;
	if (head_find(service->state, &anchor) != 0)
		return varlink_call_error(
			call, "nl.cloxxs.Audit.Unavailable",
			json_pack("{s:s}", "message",
				  "The ledger cannot be read."));
	return varlink_call_reply(
		call, json_pack("{s:s, s:I, s:I, s:s}", "installation",
				anchor.installation, "sequence",
				(json_int_t)anchor.sequence, "at",
				(json_int_t)anchor.at, "chain", anchor.chain));
}
