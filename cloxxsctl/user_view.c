/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/user_view.h"

#include <string.h>

/* What his validity keeps him out by, and what lets him in: around his name, or
 * with none of it. */
struct validity {
	const char *name;
	const char *state, *cell;
	const char *before, *after;
};

static const struct validity validities[] = {
	{ "not-yet-valid", "not valid yet", "not yet", "cloxxsctl user set ",
	  " --not-before never" },
	{ "no-longer-valid", "no longer valid", "ended", "cloxxsctl user set ",
	  " --not-after never" },
	{ "inactive", "inactive", "inactive", "cloxxsctl user enable ", "" },
	{ "clock-set-back", "ended, before the clock was set back", "ended",
	  "cloxxsctl clock accept --reason TEXT", NULL },
};

/* NULL: nothing. */
static const struct validity *validity_of(const json_t *user)
{
	const char *name = output_member(user, "validity", "valid");

	for (size_t i = 0; i < ARRAY_SIZE(validities); i++)
		if (strcmp(validities[i].name, name) == 0)
			return &validities[i];
	return NULL;
}

enum user_state user_state(const json_t *user)
{
	if (!json_is_true(json_object_get(user, "enabled")))
		return USER_DISABLED;
	if (!json_is_false(json_object_get(user, "locked")))
		return USER_LOCKED;
	if (validity_of(user))
		return USER_NOT_VALID;
	if (json_is_true(json_object_get(user, "break_glass")) &&
	    !json_is_integer(json_object_get(user, "open_until")))
		return USER_CLOSED;
	return USER_MAY_LOG_IN;
}

/* "locked since WHEN: WHY", as far as the two members tell. */
static void print_state(struct output *output, const json_t *user,
			const char *state, const char *at_member,
			const char *why_member)
{
	const char *why = output_member(user, why_member, NULL);
	int64_t at;

	fputs(state, output->stream);
	if (output_member_int(user, at_member, &at)) {
		fputs(" since ", output->stream);
		output_time(output, at);
	}
	if (why) {
		fputs(": ", output->stream);
		output_foreign(output, why);
	}
}

static void print_locked(struct output *output, const json_t *user)
{
	print_state(output, user, "locked", "locked_at", "locked_because");
}

static void print_enabled(struct output *output, const json_t *user)
{
	int64_t until;

	if (!json_is_true(json_object_get(user, "break_glass")) ||
	    !output_member_int(user, "open_until", &until)) {
		fputs("enabled", output->stream);
		return;
	}
	fputs("open until ", output->stream);
	output_time(output, until);
	fputs(": a break-glass account", output->stream);
}

void user_view_state(struct output *output, const json_t *user)
{
	bool good = user_state(user) == USER_MAY_LOG_IN;
	bool locked = json_is_true(json_object_get(user, "locked"));

	fprintf(output->stream, "%s%s ",
		output_tone(output, good ? TONE_GOOD : TONE_BAD),
		output_mark(output, good ? MARK_YES : MARK_NO));
	switch (user_state(user)) {
	case USER_DISABLED:
		print_state(output, user, "disabled", "disabled_at",
			    "disabled_because");
		if (locked) {
			fputs("; and ", output->stream);
			print_locked(output, user);
		}
		break;
	case USER_LOCKED:
		print_locked(output, user);
		break;
	case USER_NOT_VALID:
		print_state(output, user, validity_of(user)->state, "", "");
		break;
	case USER_CLOSED:
		fputs("closed: a break-glass account", output->stream);
		break;
	case USER_MAY_LOG_IN:
		print_enabled(output, user);
		break;
	}
	fprintf(output->stream, "%s\n", output_plain(output));
}

/* The next step, ready to be copied. */
static void print_way_in(struct output *output, const json_t *user)
{
	static const char *const ways[][2] = {
		[USER_DISABLED] = { "cloxxsctl user enable ", "" },
		[USER_LOCKED] = { "cloxxsctl user unlock ", " --reason TEXT" },
		[USER_CLOSED] = { "cloxxsctl break-glass open ",
				  " --reason TEXT --ttl 2h" },
		[USER_MAY_LOG_IN] = { "", "" },
	};
	enum user_state state = user_state(user);
	const char *before = ways[state][0], *after = ways[state][1];

	if (state == USER_MAY_LOG_IN)
		return;
	if (state == USER_NOT_VALID) {
		before = validity_of(user)->before;
		after = validity_of(user)->after;
	}
	output_label(output, "Let in with");
	fputs(before, output->stream);
	if (after)
		output_foreign(output, output_member(user, "name", "NAME"));
	fprintf(output->stream, "%s\n", after ? after : "");
}

static void print_networks(struct output *output, const json_t *user)
{
	const json_t *networks = json_object_get(user, "networks");
	const json_t *network;
	size_t i;

	if (json_array_size(networks) == 0)
		return;
	output_label(output, "Only from");
	json_array_foreach((json_t *)networks, i, network)
	{
		fputs(i > 0 ? ", " : "", output->stream);
		output_foreign(output, json_string_value(network));
	}
	fputc('\n', output->stream);
}

static void print_services(struct output *output, const json_t *user)
{
	const json_t *services = json_object_get(user, "services");
	const json_t *service;
	size_t i;

	output_label(output, "Services");
	json_array_foreach((json_t *)services, i, service)
	{
		const char *name = json_string_value(service);

		fputs(i ? ", " : "", output->stream);
		output_foreign(output, name ? name : "?");
	}
	fputs(json_array_size(services) ? "\n" : "none: may log in nowhere\n",
	      output->stream);
}

static void print_member(struct output *output, const char *label,
			 const json_t *user, const char *key)
{
	const char *text = output_member(user, key, NULL);

	if (!text)
		return;
	output_label(output, label);
	output_foreign(output, text);
	fputc('\n', output->stream);
}

static void print_number(struct output *output, const char *label,
			 const json_t *user, const char *key)
{
	int64_t number;

	if (!output_member_int(user, key, &number))
		return;
	output_label(output, label);
	fprintf(output->stream, "%lld\n", (long long)number);
}

static void print_password(struct output *output, const json_t *user)
{
	bool temporary =
		strcmp(output_member(user, "password", ""), "temporary") == 0;
	int64_t at;

	output_label(output, "Password");
	output_foreign(output, output_member(user, "password", "?"));
	if (temporary && output_member_int(user, "temporary_until", &at)) {
		fputs(at > output->now ? ", ends " : ", ended ",
		      output->stream);
		output_time(output, at);
	} else if (output_member_int(user, "password_changed", &at)) {
		fputs(" ", output->stream);
		output_time(output, at);
	}
	fputc('\n', output->stream);
}

static void print_time(struct output *output, const char *label,
		       const json_t *user, const char *key)
{
	int64_t at;

	if (!output_member_int(user, key, &at))
		return;
	output_label(output, label);
	output_time(output, at);
	fputc('\n', output->stream);
}

static void print_last_login(struct output *output, const json_t *user)
{
	const char *service = output_member(user, "last_login_service", NULL);
	const char *address = output_member(user, "last_login_address", NULL);
	int64_t at;

	output_label(output, "Last login");
	if (!output_member_int(user, "last_login", &at)) {
		fputs("never\n", output->stream);
		return;
	}
	output_time(output, at);
	if (service) {
		fputs(", ", output->stream);
		output_foreign(output, service);
	}
	if (address) {
		fputs(" from ", output->stream);
		output_foreign(output, address);
	}
	fputc('\n', output->stream);
}

static const char *const failure_heads[] = { "WHEN", "SERVICE", "FROM",
					     "REASON", "REFERENCE" };

static int add_failure(struct table *table, const json_t *failure)
{
	const char *from = output_member(failure, "address", NULL);
	const char *const rest[] = {
		output_member(failure, "service", "?"),
		from ? from : output_member(failure, "terminal", "-"),
		output_member(failure, "reason", "?"),
		output_member(failure, "reference", "-"),
	};
	char stamp[64];
	struct text text;
	int64_t at = 0;
	int r;

	text_init(&text, stamp, sizeof(stamp));
	if (output_member_int(failure, "at", &at))
		output_add_time(&text, at);
	r = table_add(table, TONE_PLAIN, stamp);
	for (size_t i = 0; i < ARRAY_SIZE(rest) && r == 0; i++)
		r = table_add(table, TONE_PLAIN, rest[i]);
	return r;
}

static int print_failures(struct output *output, const json_t *failures)
{
	scope(table_freep) struct table *table = NULL;
	const json_t *failure;
	size_t i;
	int r;

	if (json_array_size(failures) == 0)
		return 0;
	fputs("\nWrong answers since the last good login, newest first:\n",
	      output->stream);
	r = table_new(failure_heads, ARRAY_SIZE(failure_heads), "  ", &table);
	json_array_foreach((json_t *)failures, i, failure)
	{
		if (r == 0)
			r = add_failure(table, failure);
		if (r == 0 && table_n_rows(table) >= TABLE_BATCH)
			table_flush(table, output);
	}
	if (r == 0)
		table_flush(table, output);
	return r;
}

/* Nothing where it was neither required nor accepted. */
static void print_notice(struct output *output, const json_t *reply)
{
	const char *notice = output_member(reply, "notice", "");
	const json_t *accepted = json_object_get(reply, "accepted");
	int64_t at;

	if (!*notice || strcmp(notice, "not-required") == 0)
		return;
	output_label(output, "Notice");
	if (!output_member_int(accepted, "at", &at)) {
		fprintf(output->stream, "%snot accepted%s\n",
			output_tone(output, TONE_WARN), output_plain(output));
		return;
	}
	fputs("accepted ", output->stream);
	output_time(output, at);
	fputs(", version ", output->stream);
	output_foreign(output, output_member(accepted, "version", "?"));
	fputc('\n', output->stream);
}

static void print_groups(struct output *output, const json_t *groups)
{
	const json_t *group;
	size_t i;

	if (!json_is_array(groups))
		return;
	output_label(output, "Groups");
	json_array_foreach((json_t *)groups, i, group)
	{
		const char *name = json_string_value(group);

		fputs(i > 0 ? ", @" : "@", output->stream);
		output_foreign(output, name ? name : "?");
	}
	fputs(json_array_size(groups) > 0 ? "\n" : "none\n", output->stream);
}

static void print_grants(struct output *output, const json_t *reply)
{
	int64_t own, of_groups = 0;

	if (!output_member_int(reply, "grants", &own))
		return;
	(void)output_member_int(reply, "group_grants", &of_groups);
	output_label(output, "Grants");
	fprintf(output->stream, "%lld", (long long)own);
	if (of_groups > 0)
		fprintf(output->stream, ", and %lld of his groups",
			(long long)of_groups);
	fputc('\n', output->stream);
}

int user_view(struct output *output, const json_t *reply)
{
	const json_t *user = json_object_get(reply, "user");
	print_member(output, "User", user, "name");
	output_label(output, "State");
	user_view_state(output, user);
	print_way_in(output, user);
	print_services(output, user);
	print_networks(output, user);
	print_groups(output, json_object_get(reply, "groups"));
	print_grants(output, reply);
	print_member(output, "Role", user, "role");
	if (json_is_true(json_object_get(user, "protected"))) {
		output_label(output, "Protected");
		fputs("yes: only root changes this user\n", output->stream);
	}
	print_number(output, "Uid", user, "uid");
	print_member(output, "Shell", user, "shell");
	print_member(output, "Home", user, "home");
	print_member(output, "Language", user, "language");
	print_time(output, "Valid from", user, "not_before");
	print_time(output, "Valid until", user, "not_after");
	print_member(output, "Hours", user, "hours");
	print_password(output, user);
	print_number(output, "Keys", reply, "ssh_keys");
	print_last_login(output, user);
	print_notice(output, reply);
	print_time(output, "Created", user, "created");
	print_number(output, "Failures", user, "failures");
	return print_failures(output, json_object_get(reply, "failed"));
}

static void add_services(struct text *text, const json_t *services)
{
	const json_t *service;
	size_t i;

	json_array_foreach((json_t *)services, i, service)
	{
		const char *name = json_string_value(service);

		text_add(text, i ? "," : "");
		text_add(text, name ? name : "?");
	}
	if (text_is_cut(text))
		memcpy(text->buffer + text->n - 3, "...", 3);
	if (text->n == 0)
		text_add(text, "-");
}

/* One cell: what it shows and how. */
static int add_state(struct table *table, const json_t *user)
{
	switch (user_state(user)) {
	case USER_DISABLED:
		return table_add(table, TONE_WARN, "disabled");
	case USER_LOCKED:
		return table_add(table, TONE_BAD, "locked");
	case USER_NOT_VALID:
		return table_add(table, TONE_WARN, validity_of(user)->cell);
	case USER_CLOSED:
		return table_add(table, TONE_PLAIN, "closed");
	case USER_MAY_LOG_IN:
		if (json_is_true(json_object_get(user, "break_glass")))
			return table_add(table, TONE_BAD, "open");
		return table_add(table, TONE_GOOD, "enabled");
	}
	return -EINVAL;
}

static int add_number(struct table *table, const json_t *user, const char *key)
{
	int64_t number = -1;
	char digits[32];
	struct text text;

	text_init(&text, digits, sizeof(digits));
	if (output_member_int(user, key, &number))
		text_add_format(&text, "%lld", (long long)number);
	return table_add(table, TONE_PLAIN, digits);
}

static int add_distance(struct output *output, struct table *table,
			const json_t *user, const char *key)
{
	char words[64];
	struct text text;
	int64_t at;

	text_init(&text, words, sizeof(words));
	if (output_member_int(user, key, &at))
		output_add_distance(&text, output->now, at);
	else
		text_add(&text, "never");
	return table_add(table, TONE_PLAIN, words);
}

int user_view_row(struct output *output, struct table *table,
		  const json_t *user)
{
	char services[256];
	struct text text;
	int r;

	text_init(&text, services, sizeof(services));
	add_services(&text, json_object_get(user, "services"));
	r = table_add(table, TONE_BOLD, output_member(user, "name", "?"));
	if (r == 0)
		r = add_number(table, user, "uid");
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(user, "role", "?"));
	if (r == 0)
		r = add_state(table, user);
	if (r == 0)
		r = table_add(table, TONE_PLAIN, services);
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(user, "password", "?"));
	if (r == 0)
		r = add_distance(output, table, user, "last_login");
	return r;
}
