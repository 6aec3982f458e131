/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Promises about what stands before the application, and about who carries
 * messages: by what the courier saw; what nobody looked at is not kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cloxxsctl/statement/outside.h"
#include "cloxxsctl/statement/promise.h"

#define NOW INT64_C(1795400000)

static void make_evidence(struct evidence *evidence)
{
	*evidence = (struct evidence){ .now = NOW };
	doctor_init(&evidence->doctor, "", "/nonexistent");
	evidence->doctor.status =
		json_pack("{s:{s:[s]}}", "second_factor", "services", "sshd");
	evidence->settings = json_object();
}

static void set(struct evidence *evidence, const char *name, const char *value)
{
	assert_int_equal(json_object_set_new(evidence->settings, name,
					     json_string(value)),
			 0);
}

static enum answer_outcome look(struct evidence *evidence, const char *id,
				struct answer *ret_answer)
{
	for (size_t i = 0; i < N_PROMISES; i++)
		if (strcmp(promises[i].id, id) == 0) {
			*ret_answer = (struct answer){ 0 };
			promises[i].look(evidence, ret_answer);
			return ret_answer->outcome;
		}
	fail_msg("no promise %s", id);
	return ANSWER_NOT_KEPT;
}

/* An address as it was promised; more changes it. */
#define PROBE(url, more)                                                     \
	"{\"probe\": \"app\", \"url\": \"" url                               \
	"\", \"result\": \"good\", \"detail\": null, \"ends\": 1803262400,"  \
	"\"organization\": \"Example N.V.\", \"extended_validation\": true," \
	"\"tls_1_0\": \"refused\", \"tls_1_1\": \"refused\","                \
	"\"tls_1_2\": \"taken\", \"tls_1_3\": \"taken\","                    \
	"\"web_application_firewall\": \"untried\"" more "}"
#define URL "https://a.nl/"

static void set_probes(struct evidence *evidence, const char *probes)
{
	evidence->courier = COURIER_ANSWERS;
	evidence->routes = json_array();
	evidence->probes = json_loads(probes, 0, NULL);
	assert_non_null(evidence->probes);
}

static void promise_S14_by_what_was_seen_from_outside(void **state)
{
	static const struct {
		const char *probes;
		enum answer_outcome outcome;
		const char *en, *nl;
	} rows[] = {
		{ "[]", ANSWER_NOT_KEPT, "No address of the application",
		  "geen adres van de toepassing" },
		{ "[" PROBE(URL, "") "]", ANSWER_KEPT,
		  "as promised: 1. " URL ": a certificate with extended "
		  "validation, of Example N.V., that ends in 91 days. TLS "
		  "below 1.2 is refused there.",
		  "met uitgebreide validatie, van Example N.V., dat over 91 "
		  "dagen" },
		{ "[" PROBE(URL, ", \"extended_validation\": false") "]",
		  ANSWER_NOT_KEPT, "without extended validation",
		  "zonder uitgebreide validatie" },
		{ "[" PROBE(URL, ", \"tls_1_1\": \"taken\"") "]",
		  ANSWER_NOT_KEPT, "TLS below 1.2 is not refused",
		  "niet geweigerd" },
		{ "[" PROBE(URL, ", \"tls_1_0\": \"unknown\"") "]",
		  ANSWER_NOT_KEPT, "TLS below 1.2 is not refused",
		  "niet geweigerd" },
		{ "[" PROBE(URL, ", \"tls_1_2\": \"unknown\", "
				 "\"tls_1_3\": \"unknown\"") "]",
		  ANSWER_NOT_KEPT, "as promised: 0", "zoals beloofd: 0" },
		{ "[" PROBE(URL, ", \"ends\": null, \"detail\": "
				 "\"has expired \\u001b\"") "]",
		  ANSWER_NOT_KEPT, "could not be proven: has expired \\x1b.",
		  "niet aan te tonen: has expired" },
		/* One of two; it comes first. */
		{ "[" PROBE(URL, "") "," PROBE(
			  "https://b.nl/",
			  ", \"ends\": null, \"detail\": \"x\"") "]",
		  ANSWER_NOT_KEPT,
		  "outside: 2; as promised: 1. https://b.nl/ could not be "
		  "proven: x. " URL,
		  "bekeken: 2; zoals beloofd: 1." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence evidence;
		struct answer answer;

		make_evidence(&evidence);
		set_probes(&evidence, rows[i].probes);
		if (look(&evidence, "S14", &answer) != rows[i].outcome ||
		    !strstr(answer.seen[STATEMENT_ENGLISH], rows[i].en) ||
		    !strstr(answer.seen[STATEMENT_DUTCH], rows[i].nl))
			fail_msg("%zu: %s", i, answer.seen[STATEMENT_ENGLISH]);
		evidence_deinit(&evidence);
	}
}

static void promise_S14_that_nobody_looked_at(void **state)
{
	static const struct {
		enum evidence_courier courier;
		const char *en;
	} rows[] = {
		{ COURIER_UNASKED, "there is no courier" },
		{ COURIER_ABSENT, "there is no courier" },
		{ COURIER_SILENT, "the courier does not answer" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence evidence;
		struct answer answer;

		make_evidence(&evidence);
		evidence.courier = rows[i].courier;
		assert_int_equal(look(&evidence, "S14", &answer),
				 ANSWER_NOT_KEPT);
		assert_non_null(
			strstr(answer.seen[STATEMENT_ENGLISH], rows[i].en));
		evidence_deinit(&evidence);
	}
}

static int guarded_host(const char *program, const char *const *argv,
			uint32_t timeout_ms, struct text *output)
{
	(void)argv;
	(void)timeout_ms;
	if (strcmp(program, "/usr/sbin/nft") != 0)
		return 1;
	text_add(output, "{\"nftables\": [{\"chain\": {\"family\": \"inet\", "
			 "\"table\": \"t\", \"name\": \"c\", \"hook\": "
			 "\"input\", \"policy\": \"drop\"}}]}");
	return 0;
}

static int open_host(const char *program, const char *const *argv,
		     uint32_t timeout_ms, struct text *output)
{
	(void)argv;
	(void)timeout_ms;
	if (strcmp(program, "/usr/sbin/nft") != 0)
		return 1;
	text_add(output, "{\"nftables\": []}");
	return 0;
}

#define FIREWALL(found) ", \"web_application_firewall\": \"" found "\""

/* What was measured counts; else what is declared, named so. */
static void promise_S17_by_probe_or_declaration(void **state)
{
	static const char declared[] = "2026-05-01 By our provider";
	static const struct {
		const char *probes, *declared;
		enum answer_outcome outcome;
		const char *en;
	} rows[] = {
		{ "[]", "none", ANSWER_NOT_KEPT, "firewall: Not declared" },
		{ "[]", declared, ANSWER_KEPT,
		  "firewall: Declared on 2026-05-01: By our provider" },
		{ "[" PROBE(URL, "") "]", declared, ANSWER_KEPT,
		  "Declared on" },
		{ "[" PROBE(URL, FIREWALL("stopped")) "]", "none", ANSWER_KEPT,
		  "must stop: 1; all stopped, and a harmless one let through: "
		  "1." },
		{ "[" PROBE(
			  URL,
			  FIREWALL("passed") ", \"detail\": \"HTTP 200\"") "]",
		  declared, ANSWER_NOT_KEPT, "through: 0. " URL ": HTTP 200." },
		{ "[" PROBE(URL, FIREWALL("unknown")) "]", declared,
		  ANSWER_NOT_KEPT, "through: 0." },
		{ "[" PROBE(URL, FIREWALL("stopped")) "," PROBE(
			  URL, FIREWALL("passed")) "]",
		  declared, ANSWER_NOT_KEPT, "must stop: 2;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence evidence;
		struct answer answer;

		make_evidence(&evidence);
		evidence.doctor.host.capture = guarded_host;
		set(&evidence, "statement.web_application_firewall",
		    rows[i].declared);
		set_probes(&evidence, rows[i].probes);
		if (look(&evidence, "S17", &answer) != rows[i].outcome ||
		    !strstr(answer.seen[STATEMENT_ENGLISH], rows[i].en))
			fail_msg("%zu: %s", i, answer.seen[STATEMENT_ENGLISH]);
		/* Without the host's own it is not kept, whatever stands
		 * before it. */
		evidence.doctor.host.capture = open_host;
		assert_int_equal(look(&evidence, "S17", &answer),
				 ANSWER_NOT_KEPT);
		evidence_deinit(&evidence);
	}
}

/* promise_S26: each provider's own place, beside what is declared. */
static void promise_S10_S26_where_providers_are(void **state)
{
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	set(&evidence, "statement.location", "2026-05-01 All in Arnhem");
	evidence.courier = COURIER_ABSENT;
	assert_int_equal(look(&evidence, "S26", &answer), ANSWER_DECLARED);
	assert_string_equal(answer.seen[STATEMENT_ENGLISH],
			    "Declared on 2026-05-01: All in Arnhem");
	evidence.courier = COURIER_ANSWERS;
	evidence.routes =
		json_pack("[{s:s, s:s}, {s:s, s:s}]", "route", "cm", "location",
			  "Breda\n", "route", "mail", "location", "our own");
	assert_int_equal(look(&evidence, "S26", &answer), ANSWER_DECLARED);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH],
			       "Arnhem (messages by cm are kept, as declared: "
			       "Breda\\x0a) (messages by mail are"));
	assert_non_null(
		strstr(answer.seen[STATEMENT_DUTCH],
		       "via mail worden bewaard, zoals verklaard: our"));
	assert_int_equal(look(&evidence, "S10", &answer), ANSWER_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH],
			       "messages by mail are kept"));
	evidence.courier = COURIER_SILENT;
	json_array_clear(evidence.routes);
	assert_int_equal(look(&evidence, "S26", &answer), ANSWER_DECLARED);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH],
			       "keep messages is not known"));
	evidence_deinit(&evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promise_S14_by_what_was_seen_from_outside),
		cmocka_unit_test(promise_S14_that_nobody_looked_at),
		cmocka_unit_test(promise_S17_by_probe_or_declaration),
		cmocka_unit_test(promise_S10_S26_where_providers_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
