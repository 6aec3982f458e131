/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/geoip_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t number(const json_t *object, const char *key)
{
	int64_t value = 0;

	(void)output_member_int(object, key, &value);
	return value;
}

static bool is_state(const json_t *geoip, const char *state)
{
	return strcmp(output_member(geoip, "state", ""), state) == 0;
}

bool geoip_is_fit(const json_t *geoip)
{
	return is_state(geoip, "ok");
}

void geoip_view_line(struct output *output, const json_t *geoip)
{
	const json_t *database = json_object_get(geoip, "database");
	const char *fault = output_member(geoip, "fault", NULL);

	if (!json_is_object(database)) {
		fputs("no country database", output->stream);
		if (fault) {
			fputs(": the file ", output->stream);
			output_foreign(output, fault);
		} else {
			fputs(", see \"cloxxsctl help geoip import\"",
			      output->stream);
		}
		return;
	}
	if (is_state(geoip, "old"))
		fputs("too old to be asked: ", output->stream);
	output_foreign(output, output_member(database, "type", "?"));
	fputs(", built ", output->stream);
	output_time(output, number(database, "built"));
}

static void print_foreign(struct output *output, const char *label,
			  const char *value)
{
	output_label(output, label);
	output_foreign(output, value);
	fputc('\n', output->stream);
}

static void print_database(struct output *output, const json_t *database)
{
	output_label(output, "Holds");
	fprintf(output->stream,
		"%" PRId64 " networks of %" PRId64 " countries, %s\n",
		number(database, "networks"), number(database, "countries"),
		json_is_true(json_object_get(database, "ipv6"))
			? "IPv4 and IPv6"
			: "IPv4 alone: no IPv6 address has a country");
	print_foreign(output, "Country is",
		      output_member(database, "schema", "?"));
	output_label(output, "In force");
	fputs("since ", output->stream);
	output_time(output, number(database, "taken"));
	fputc('\n', output->stream);
}

int geoip_view(struct output *output, const json_t *reply)
{
	const json_t *geoip = json_object_get(reply, "geoip");
	const json_t *database = json_object_get(geoip, "database");
	bool fit = geoip_is_fit(geoip);

	output_label(output, "Database");
	fprintf(output->stream, "%s%s ",
		output_tone(output, fit ? TONE_GOOD : TONE_BAD),
		output_mark(output, fit ? MARK_YES : MARK_NO));
	geoip_view_line(output, geoip);
	fprintf(output->stream, "%s\n", output_plain(output));
	if (json_is_object(database))
		print_database(output, database);
	output_label(output, "Asked until");
	fprintf(output->stream, "it is %" PRId64 " days old\n",
		number(geoip, "max_age") / 86400);
	print_foreign(output, "File", output_member(geoip, "path", "?"));
	return 0;
}

/* Why there is no country. */
static const char *why(const json_t *reply)
{
	if (is_state(reply, "missing"))
		return "there is no country database to ask";
	if (is_state(reply, "old"))
		return "the country database is too old to be asked";
	if (strcmp(output_member(reply, "class", ""), "global") != 0)
		return "it is no address of the Internet";
	return "the country database has none for it";
}

int geoip_view_lookup(struct output *output, const json_t *reply)
{
	const char *country = output_member(reply, "country", NULL);

	print_foreign(output, "Address", output_member(reply, "address", "?"));
	output_label(output, "Class");
	output_foreign(output, output_member(reply, "class", "?"));
	fputs(": ", output->stream);
	output_foreign(output, output_member(reply, "kind", "?"));
	fputc('\n', output->stream);
	output_label(output, "Country");
	if (country)
		output_foreign(output, country);
	else
		fprintf(output->stream, "unknown: %s", why(reply));
	fputc('\n', output->stream);
	return 0;
}
