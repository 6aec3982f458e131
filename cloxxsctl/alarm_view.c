/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/alarm_view.h"

#include "cloxxsctl/table.h"

static const char *const heads[] = { "RULE", "STATE", "SINCE", "TOLD" };

static bool is(const json_t *rule, const char *member)
{
	return json_is_true(json_object_get(rule, member));
}

static const char *state_of(const json_t *rule)
{
	if (!is(rule, "on"))
		return "off";
	if (is(rule, "raised"))
		return "raised";
	return is(rule, "due") ? "to be told" : "quiet";
}

static int add_time(struct table *table, const json_t *rule, const char *member)
{
	char buffer[64] = "-";
	struct text text;
	int64_t at;

	if (output_member_int(rule, member, &at)) {
		text_init(&text, buffer, sizeof(buffer));
		output_add_time(&text, at);
	}
	return table_add(table, TONE_PLAIN, buffer);
}

static int add_rule(struct table *table, const json_t *rule)
{
	enum output_tone tone = !is(rule, "on")      ? TONE_FAINT
				: is(rule, "raised") ? TONE_BAD
						     : TONE_GOOD;
	int r;

	r = table_add(table, TONE_BOLD, output_member(rule, "rule", "?"));
	if (r == 0)
		r = table_add(table, tone, state_of(rule));
	if (r == 0)
		r = add_time(table, rule, "since");
	return r != 0 ? r : add_time(table, rule, "told_at");
}

/* What it is about, and what to do. */
static void print_raised(struct output *output, const json_t *rule)
{
	static const char *const members[] = { "text", "detail", "advice" };

	if (!is(rule, "raised"))
		return;
	fprintf(output->stream, "\n%s", output_tone(output, TONE_BOLD));
	output_foreign(output, output_member(rule, "rule", "?"));
	fprintf(output->stream, "%s\n", output_plain(output));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = output_member(rule, members[i], "");

		if (!*value)
			continue;
		fputs("  ", output->stream);
		output_foreign(output, value);
		fputc('\n', output->stream);
	}
}

static void print_way(struct output *output, const char *what,
		      const char *address)
{
	if (!*address)
		return;
	output_label(output, what);
	output_foreign(output, address);
	fputc('\n', output->stream);
}

static void print_telling(struct output *output, const json_t *reply)
{
	const char *mail = output_member(reply, "mail", "");
	const char *webhook = output_member(reply, "webhook", "");
	int64_t at;

	fputc('\n', output->stream);
	print_way(output, "Mail", mail);
	print_way(output, "Web hook", webhook);
	if (!*mail && !*webhook)
		fputs("Nobody is told: [alarms] of cloxxsd.conf names neither "
		      "an address nor a web hook.\n",
		      output->stream);
	if (!is(reply, "undelivered") ||
	    !output_member_int(reply, "failed_at", &at))
		return;
	output_label(output, "Failed");
	output_time(output, at);
	fputs(": ", output->stream);
	output_foreign(output, output_member(reply, "why", "?"));
	fputc('\n', output->stream);
}

int alarm_view(struct output *output, const json_t *reply)
{
	scope(table_freep) struct table *table = NULL;
	const json_t *rules = json_object_get(reply, "rules"), *rule;
	size_t i;
	int r;

	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	json_array_foreach(rules, i, rule)
	{
		if (r == 0)
			r = add_rule(table, rule);
	}
	if (r != 0)
		return r;
	table_flush(table, output);
	json_array_foreach(rules, i, rule)
	{
		print_raised(output, rule);
	}
	print_telling(output, reply);
	return 0;
}
