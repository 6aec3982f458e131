/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/country_settings.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "courier/endpoint.h"

const char *const country_source_names[] = {
	"none", "dbip", "maxmind", "ipinfo", "url", NULL,
};

/* Stands in an URL for the year and the month. */
#define MONTH "{month}"

static const struct source_row {
	const char *url;
	const char *suffix, *checksum_suffix; /* behind it */
	bool takes_account, takes_key;        /* both, or the key alone */
	bool needs_key;
	bool redirects;
} rows[_COUNTRY_SOURCES] = {
	[COUNTRY_SOURCE_DBIP] = { "https://download.db-ip.com/free/"
				  "dbip-country-lite-" MONTH ".mmdb.gz",
				  "", NULL, false, false, false, false },
	[COUNTRY_SOURCE_MAXMIND] = { "https://download.maxmind.com/geoip/"
				     "databases/GeoLite2-Country/download",
				     "?suffix=tar.gz", "?suffix=tar.gz.sha256",
				     true, true, true, true },
	[COUNTRY_SOURCE_IPINFO] = { "https://ipinfo.io/data/ipinfo_lite.mmdb",
				    "", NULL, false, true, true, true },
	[COUNTRY_SOURCE_URL] = { NULL, "", NULL, true, true, false, false },
};

static void find(const struct country_settings_context *context,
		 const char *key, const char *what)
{
	struct key_origin origin =
		keys_origin(context->table, context->origins, key);

	findings_add(context->findings, origin.file, origin.line, "%s: %s", key,
		     what);
}

/* The host of an URL, to its end, or NULL. */
static const char *host_of(const char *url)
{
	static const char https[] = "https://", http[] = "http://";

	if (strncmp(url, https, strlen(https)) == 0)
		return url + strlen(https);
	if (strncmp(url, http, strlen(http)) == 0)
		return url + strlen(http);
	return NULL;
}

/* Why nothing is fetched from there, or NULL. */
static const char *url_fault(const char *url, bool may_have_query)
{
	const char *host = host_of(url), *end;

	if (!host)
		return "begins with https://";
	if (strncmp(url, "http:", 5) == 0 && !endpoint_is_loopback(url))
		return "http:// goes to 127.0.0.1, [::1] and localhost only";
	end = host + strcspn(host, "/?#");
	if (end == host || *host == ':')
		return "has no host in it";
	if (memchr(host, '@', (size_t)(end - host)))
		return "has a user in it; account and key are keys of their "
		       "own";
	if (memchr(host, '{', (size_t)(end - host)))
		return "its host stands there as it is";
	for (const char *c = host; *c; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`|", *c))
			return "has a character in it that no URL has";
	if (strlen(url) > COUNTRY_URL_MAX - 64)
		return "is too long";
	if (strchr(host, '#') || (!may_have_query && strchr(host, '?')))
		return "has a query or a fragment in it";
	return NULL;
}

static void check_urls(const struct country_settings *settings,
		       const struct country_settings_context *context)
{
	const struct source_row *row = &rows[settings->source];
	const char *fault = NULL;

	if (!settings->url && !row->url)
		find(context, "source", "url needs url = ...");
	if (settings->url)
		fault = url_fault(settings->url,
				  settings->source == COUNTRY_SOURCE_URL);
	if (fault)
		find(context, "url", fault);
	fault = NULL;
	if (settings->checksum_url && settings->source != COUNTRY_SOURCE_URL)
		fault = "is for source = url";
	else if (settings->checksum_url)
		fault = url_fault(settings->checksum_url, true);
	if (fault)
		find(context, "checksum_url", fault);
}

static void check_names(const struct country_settings *settings,
			const struct country_settings_context *context)
{
	const struct source_row *row = &rows[settings->source];

	if (!settings->location)
		find(context, "location", "must be set");
	if (row->needs_key && !settings->key)
		find(context, "key", "this source needs one");
	if (!row->takes_key && settings->key)
		find(context, "key", "this source takes none");
	if (!row->takes_account && settings->account)
		find(context, "account", "this source takes none");
	else if (row->takes_account && !settings->account != !settings->key)
		find(context, "account", "account and key stand together");
	/* Basic authentication ends the one with it (RFC 7617). */
	if (settings->account && strchr(settings->account, ':'))
		find(context, "account", "has a colon in it");
}

int country_settings_finish(struct country_settings *settings,
			    const struct country_settings_context *context)
{
	char buffer[256];
	struct text why;
	int r;

	if (settings->source == COUNTRY_SOURCE_NONE)
		return 0;
	check_urls(settings, context);
	check_names(settings, context);
	if (!settings->key || context->findings->n > 0)
		return 0;
	text_init(&why, buffer, sizeof(buffer));
	r = vault_find(context->vault, settings->key, strlen(settings->key),
		       &why, &settings->key_at);
	if (r > 0)
		find(context, "key", buffer);
	return r < 0 ? r : 0;
}

static const char *base_of(const struct country_settings *settings)
{
	return settings->url ? settings->url : rows[settings->source].url;
}

bool country_settings_are_monthly(const struct country_settings *settings)
{
	return strstr(base_of(settings), MONTH) != NULL;
}

bool country_settings_redirect(const struct country_settings *settings)
{
	return rows[settings->source].redirects;
}

bool country_settings_url(const struct country_settings *settings,
			  int64_t now_s, unsigned int months_ago,
			  char ret_url[COUNTRY_URL_MAX])
{
	const char *base = base_of(settings), *place = strstr(base, MONTH);
	const char *suffix = rows[settings->source].suffix;
	time_t now = (time_t)now_s;
	struct text text;
	struct tm day;
	long months;

	text_init(&text, ret_url, COUNTRY_URL_MAX);
	if (!place) {
		text_add(&text, base);
		text_add(&text, suffix);
		return !text_is_cut(&text);
	}
	if (!gmtime_r(&now, &day))
		return false;
	months = (day.tm_year + 1900L) * 12 + day.tm_mon - (long)months_ago;
	text_add_bytes(&text, base, (size_t)(place - base));
	text_add_format(&text, "%04ld-%02ld", months / 12, months % 12 + 1);
	text_add(&text, place + strlen(MONTH));
	text_add(&text, suffix);
	return !text_is_cut(&text);
}

bool country_settings_checksum_url(const struct country_settings *settings,
				   char ret_url[COUNTRY_URL_MAX])
{
	const char *suffix = rows[settings->source].checksum_suffix;
	struct text text;

	text_init(&text, ret_url, COUNTRY_URL_MAX);
	if (settings->checksum_url) {
		text_add(&text, settings->checksum_url);
	} else if (suffix) {
		text_add(&text, base_of(settings));
		text_add(&text, suffix);
	}
	return !text_is_cut(&text);
}
