/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/endpoint.h"

#define MEMBER(member) .offset = offsetof(struct endpoint, member)

static const char *const methods[] = { "POST", "GET", "PUT", NULL };
static const char *const bodies[] = { "json",  "form", "xml", "text",
				      "query", "none", NULL };
static const char *const auths[] = { "none", "basic", "bearer", NULL };
static const char *const numbers[] = { "e164", "digits", "00", "national",
				       NULL };

/* Those of gateways alone come first. */
#define OF_GATEWAYS 6

static const struct key_row rows[] = {
	{ "sender", KEY_TEXT, MEMBER(sender) },
	{ "country_code", KEY_FIGURES, MEMBER(country_code), NULL, 1, 3 },
	{ "trunk_prefix", KEY_FIGURES, MEMBER(trunk_prefix), "0", 0, 2 },
	{ "program", KEY_PATH, MEMBER(program) },
	{ "arguments", KEY_WORDS, MEMBER(arguments) },
	{ "number", KEY_CHOICE, MEMBER(number), "e164", .words = numbers },

	{ "location", KEY_TEXT, MEMBER(location), .required = true },
	{ "url", KEY_TEXT, MEMBER(url) },
	{ "method", KEY_CHOICE, MEMBER(method), "POST", .words = methods },
	{ "body_form", KEY_CHOICE, MEMBER(body_form), "json", .words = bodies },
	{ "body", KEY_TEXT, MEMBER(body) },
	{ "body_file", KEY_TEXT, MEMBER(body_file) },
	{ "content_type", KEY_TEXT, MEMBER(content_type) },
	{ "header_1", KEY_TEXT, MEMBER(headers[0]) },
	{ "header_2", KEY_TEXT, MEMBER(headers[1]) },
	{ "header_3", KEY_TEXT, MEMBER(headers[2]) },
	{ "header_4", KEY_TEXT, MEMBER(headers[3]) },
	{ "header_5", KEY_TEXT, MEMBER(headers[4]) },
	{ "header_6", KEY_TEXT, MEMBER(headers[5]) },
	{ "header_7", KEY_TEXT, MEMBER(headers[6]) },
	{ "header_8", KEY_TEXT, MEMBER(headers[7]) },
	{ "auth", KEY_CHOICE, MEMBER(auth), "none", .words = auths },
	{ "user", KEY_TEXT, MEMBER(user) },
	{ "password", KEY_CREDENTIAL, MEMBER(password) },
	{ "token", KEY_CREDENTIAL, MEMBER(token) },
	{ "accepted_status", KEY_STATUSES, MEMBER(rules.accepted) },
	{ "accepted_json", KEY_CONDITIONS, MEMBER(rules.conditions) },
	{ "accepted_body", KEY_REGEX, MEMBER(rules.accepted_body) },
	{ "refused_status", KEY_STATUSES, MEMBER(rules.refused) },
	{ "refused_body", KEY_REGEX, MEMBER(rules.refused_body) },
	{ "retry_status", KEY_STATUSES, MEMBER(rules.retry) },
	{ "detail_json", KEY_POINTER, MEMBER(rules.detail) },
	{ "connect_timeout", KEY_TIME, MEMBER(connect_timeout_ms), "3s", 100,
	  60000 },
	{ "timeout", KEY_TIME, MEMBER(timeout_ms), "10s", 100, 60000 },
	{ "ca", KEY_PATH, MEMBER(ca) },
	{ "certificate", KEY_PATH, MEMBER(certificate) },
	{ "certificate_key", KEY_CREDENTIAL, MEMBER(certificate_key) },
	{ "proxy", KEY_TEXT, MEMBER(proxy) },
};
_Static_assert(ARRAY_SIZE(rows) <= KEYS_MAX, "KEYS_MAX");

const struct key_table endpoint_gateway_table = { "gateway", rows,
						  ARRAY_SIZE(rows) };
const struct key_table endpoint_webhook_table = {
	"webhook", rows + OF_GATEWAYS, ARRAY_SIZE(rows) - OF_GATEWAYS
};

const struct key_table *endpoint_table(enum kind kind)
{
	return kind == KIND_SMS ? &endpoint_gateway_table
				: &endpoint_webhook_table;
}

const char *endpoint_method(const struct endpoint *endpoint)
{
	return methods[endpoint->method];
}
