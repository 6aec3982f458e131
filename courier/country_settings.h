/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Country settings: [countries] of cloxxs-courier.conf: who gives the country
 * database, where it lies there, and who we are to him. It asks nobody.
 */

#include <stdint.h>

#include "courier/keys.h"
#include "courier/vault.h"

enum country_source {
	COUNTRY_SOURCE_NONE, /* nothing is fetched */
	COUNTRY_SOURCE_DBIP,
	COUNTRY_SOURCE_MAXMIND,
	COUNTRY_SOURCE_IPINFO,
	COUNTRY_SOURCE_URL, /* of somebody else */
	_COUNTRY_SOURCES,
};

struct country_settings {
	unsigned int source; /* enum country_source */
	char *location, *url, *checksum_url, *account, *key, *ca;
	uint32_t connect_timeout_ms, timeout_ms;
	size_t key_at; /* in the vault, where key is set */
};

/* As the file calls them. */
extern const char *const country_source_names[];

struct country_settings_context {
	const struct key_table *table;
	const struct key_origins *origins;
	struct vault *vault;
	struct findings *findings;
};

/* What cannot be fetched becomes findings, at the line of its key. -errno. */
must_check int country_settings_finish(
	struct country_settings *settings,
	const struct country_settings_context *context);

#define COUNTRY_URL_MAX 2048
/*
 * Where the database lies, for a day so many months ago where the provider has
 * one file a month; and where its checksum does, "" where there is none.
 * False where it does not fit.
 */
bool country_settings_url(const struct country_settings *settings,
			  int64_t now_s, unsigned int months_ago,
			  char ret_url[COUNTRY_URL_MAX]);
bool country_settings_checksum_url(const struct country_settings *settings,
				   char ret_url[COUNTRY_URL_MAX]);
/* Whether there is another file for each month. */
bool country_settings_are_monthly(const struct country_settings *settings);
/* Whether the provider sends who is known to him on to a host for storage. */
bool country_settings_redirect(const struct country_settings *settings);
