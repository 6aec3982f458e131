/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/alarm/letter.h"

#include <inttypes.h>
#include <string.h>

#include "base/timestamp.h"

#define LABEL "%-10s"

static const char *const heads[_ALARM_DUE_N] = {
	[ALARM_DUE_NOTHING] = "",         [ALARM_DUE_RAISED] = "",
	[ALARM_DUE_REMINDER] = "still: ", [ALARM_DUE_OVER] = "over: ",
	[ALARM_DUE_HAPPENED] = "",
};

static void add_time(struct text *text, const char *label, int64_t at)
{
	text_add_format(text, LABEL, label);
	timestamp_write(at, text);
	text_add(text, "\n");
}

/* Each line of detail, under the first. */
static void add_detail(struct text *text, const char *detail)
{
	const char *label = "Seen:";

	while (*detail) {
		size_t n = strcspn(detail, "\n");

		text_add_format(text, LABEL, label);
		text_add_bytes(text, detail, n);
		text_add(text, "\n");
		label = "";
		detail += n + (detail[n] == '\n');
	}
}

static void write_text(struct text *text, enum alarm_rule rule,
		       const struct alarm_state *state, const char *host,
		       int64_t now)
{
	bool over = state->due == ALARM_DUE_OVER;

	text_add_format(text, "%s%s\n\n", over ? "Over: " : "",
			alarm_rule_text(rule));
	text_add_format(text, LABEL "%s\n", "Host:", host);
	text_add_format(text, LABEL "%s\n", "Rule:", alarm_rule_name(rule));
	add_time(text, "Since:", state->since);
	if (over)
		add_time(text, "Until:", now);
	if (state->n > 0)
		text_add_format(text, LABEL "%" PRId64 "\n",
				"How many:", state->n);
	add_detail(text, state->detail);
	if (!over)
		text_add_format(text, "\nTo do: %s\n", alarm_rule_advice(rule));
}

void letter_write(struct letter *letter, enum alarm_rule rule,
		  const struct alarm_state *state, const char *host,
		  int64_t n_held, int64_t now)
{
	struct text text;

	text_init(&text, letter->subject, sizeof(letter->subject));
	text_add_format(&text, "[cloxxs %.60s] %s%s", host, heads[state->due],
			alarm_rule_name(rule));
	text_init(&text, letter->text, sizeof(letter->text));
	write_text(&text, rule, state, host, now);
	if (state->due == ALARM_DUE_RAISED || state->due == ALARM_DUE_REMINDER)
		text_add(&text, "\nYou are told again while it lasts, and when "
				"it is over.\n");
	if (n_held > 0)
		text_add_format(&text,
				"\nMessages held back before this one, for "
				"there were too many in an hour: %" PRId64
				". See cloxxsctl alarm list.\n",
				n_held);
}
