/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/probe_settings.h"

#include <stdlib.h>
#include <string.h>

#define MEMBER(member) .offset = offsetof(struct probe_settings, member)

static const char *const yes_or_no[] = { "no", "yes", NULL };

static const struct key_row probe_rows[] = {
	{ "url", KEY_TEXT, MEMBER(url), .required = true },
	{ "extended_validation", KEY_CHOICE, MEMBER(extended_validation), "yes",
	  .words = yes_or_no },
	{ "web_application_firewall", KEY_CHOICE,
	  MEMBER(web_application_firewall), "no", .words = yes_or_no },
	{ "stopped_status", KEY_STATUSES, MEMBER(stopped_status),
	  "400, 403, 406" },
	{ "days_min", KEY_COUNT, MEMBER(days_min), "14", 0, 365 },
	{ "ca", KEY_PATH, MEMBER(ca) },
	{ "connect_timeout", KEY_TIME, MEMBER(connect_timeout_ms), "5s", 100,
	  30000 },
	{ "timeout", KEY_TIME, MEMBER(timeout_ms), "10s", 100, 30000 },
};
_Static_assert(ARRAY_SIZE(probe_rows) <= KEYS_MAX, "KEYS_MAX");

const struct key_table probe_table = { "probe", probe_rows,
				       ARRAY_SIZE(probe_rows) };

struct probe_settings *probe_settings_free(struct probe_settings *settings)
{
	if (!settings)
		return NULL;
	keys_free(&probe_table, settings);
	free(settings->name);
	free(settings);
	return NULL;
}

int probe_settings_new(const char *name, struct probe_settings **ret_settings)
{
	struct probe_settings *settings = calloc(1, sizeof(*settings));
	int r;

	if (!settings)
		return -ENOMEM;
	settings->name = strdup(name);
	r = settings->name ? keys_set_defaults(&probe_table, settings)
			   : -ENOMEM;
	if (r < 0)
		probe_settings_free(settings);
	else
		*ret_settings = settings;
	return r;
}

/* Why nothing is asked there, or NULL. A query is the probe's own. */
static const char *url_fault(const char *url)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme), *end;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return "begins with https://";
	end = host + strcspn(host, "/?#");
	if (end == host || *host == ':')
		return "has no host in it";
	if (memchr(host, '@', (size_t)(end - host)))
		return "has a user in it";
	for (const char *c = host; *c; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c))
			return "has a character in it that no URL has";
	return strpbrk(end, "?#") ? "has a query or a fragment in it" : NULL;
}

void probe_settings_check(const struct probe_settings *settings,
			  const struct key_origins *origins,
			  struct findings *findings)
{
	struct key_origin origin = keys_origin(&probe_table, origins, "url");
	const char *fault;

	keys_check(&probe_table, origins, findings);
	fault = settings->url ? url_fault(settings->url) : NULL;
	if (fault)
		findings_add(findings, origin.file, origin.line, "url: %s",
			     fault);
}
