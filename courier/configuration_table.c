/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/configuration_table.h"

#define MEMBER(member) .offset = offsetof(struct configuration, member)

static const char *const ways[] = { "starttls", "tls", "none", NULL };

static const struct key_row courier_rows[] = {
	{ "messages_max", KEY_COUNT, MEMBER(messages_max), "256", 1, 1024 },
};

static const struct key_row sms_rows[] = {
	{ "gateways", KEY_NAMES, MEMBER(gateways) },
	{ "per_minute", KEY_COUNT, MEMBER(per_minute), "600", 1, 100000 },
};

static const struct key_row mail_rows[] = {
	{ "location", KEY_TEXT, MEMBER(mail.location), .required = true },
	{ "host", KEY_TEXT, MEMBER(mail.host), .required = true },
	{ "port", KEY_COUNT, MEMBER(mail.port), "587", 1, 65535 },
	{ "tls", KEY_CHOICE, MEMBER(mail.tls), "starttls", .words = ways },
	{ "ca", KEY_PATH, MEMBER(mail.ca) },
	{ "user", KEY_TEXT, MEMBER(mail.user) },
	{ "password", KEY_CREDENTIAL, MEMBER(mail.password) },
	{ "from", KEY_TEXT, MEMBER(mail.from), .required = true },
	{ "from_name", KEY_TEXT, MEMBER(mail.from_name) },
	{ "hello", KEY_NAME, MEMBER(mail.hello) },
	{ "connect_timeout", KEY_TIME, MEMBER(mail.connect_timeout_ms), "5s",
	  100, 60000 },
	{ "timeout", KEY_TIME, MEMBER(mail.timeout_ms), "20s", 100, 60000 },
};

static const struct key_row countries_rows[] = {
	{ "source", KEY_CHOICE, MEMBER(countries.source), "none",
	  .words = country_source_names },
	{ "location", KEY_TEXT, MEMBER(countries.location) },
	{ "url", KEY_TEXT, MEMBER(countries.url) },
	{ "checksum_url", KEY_TEXT, MEMBER(countries.checksum_url) },
	{ "account", KEY_TEXT, MEMBER(countries.account) },
	{ "key", KEY_CREDENTIAL, MEMBER(countries.key) },
	{ "ca", KEY_PATH, MEMBER(countries.ca) },
	{ "connect_timeout", KEY_TIME, MEMBER(countries.connect_timeout_ms),
	  "10s", 100, 60000 },
	{ "timeout", KEY_TIME, MEMBER(countries.timeout_ms), "5m", 100,
	  600000 },
};

const struct key_table configuration_tables[] = {
	[TABLE_COURIER] = { "courier", courier_rows, ARRAY_SIZE(courier_rows) },
	[TABLE_SMS] = { "sms", sms_rows, ARRAY_SIZE(sms_rows) },
	[TABLE_MAIL] = { "mail", mail_rows, ARRAY_SIZE(mail_rows) },
	[TABLE_COUNTRIES] = { "countries", countries_rows,
			      ARRAY_SIZE(countries_rows) },
};
const size_t configuration_tables_n = ARRAY_SIZE(configuration_tables);
