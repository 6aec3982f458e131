/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/notice.h"

#include <string.h>

#include "base/utf8.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/table.h"

/* UTF-8 as it is, without what a terminal would obey. */
static void print_text(FILE *stream, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (size_t left = strlen(text); left > 0;) {
		size_t n = utf8_length((const char *)at, left);
		bool control = (at[0] < 0x20 && at[0] != '\n') ||
			       at[0] == 0x7f ||
			       (at[0] == 0xc2 && n == 2 && at[1] < 0xa0);

		if (n == 0 || control)
			fputc('?', stream);
		else
			(void)!fwrite(at, 1, n, stream);
		n = n > 0 ? n : 1;
		at += n;
		left -= n;
	}
	fputc('\n', stream);
}

static void print_about(const struct ctl *ctl, const json_t *reply)
{
	char line[256];
	struct text text;
	int64_t accepted = 0, users = 0;
	const char *const members[] = { "version", "language", "require" };
	const char *const before[] = { "Version ", ", language ",
				       ", require = " };

	(void)output_member_int(reply, "accepted", &accepted);
	(void)output_member_int(reply, "users", &users);
	text_init(&text, line, sizeof(line));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *value = output_member(reply, members[i], "?");

		text_add(&text, before[i]);
		output_add_foreign(&text, value, strlen(value));
	}
	text_add_format(&text, "; accepted by %lld of %lld users",
			(long long)accepted, (long long)users);
	fprintf(ctl->errors, "%s\n", line);
}

int notice_run_show(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r = request_fetch(ctl, command, &reply);

	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, reply);
	print_about(ctl, reply);
	print_text(ctl->output->stream, output_member(reply, "text", ""));
	return STATUS_OK;
}

static const char *const heads[] = { "USER",     "VERSION", "LANGUAGE",
				     "ACCEPTED", "SERVICE", "FROM" };

/* What is printed as it comes. */
struct listing {
	struct output *output;
	struct table *table; /* NULL: JSON */
};

static int add_row(struct listing *listing, const json_t *one)
{
	static const char *const members[] = { "version", "language" };
	static const char *const places[] = { "service", "address" };
	bool in_force = json_is_true(json_object_get(one, "in_force"));
	struct table *table = listing->table;
	char stamp[64];
	struct text text;
	int64_t at;
	int r;

	text_init(&text, stamp, sizeof(stamp));
	if (output_member_int(one, "at", &at))
		output_add_time(&text, at);
	else
		text_add(&text, "not accepted");
	r = table_add(table, TONE_BOLD, output_member(one, "user", "?"));
	for (size_t i = 0; i < ARRAY_SIZE(members) && r == 0; i++)
		r = table_add(table, in_force ? TONE_GOOD : TONE_PLAIN,
			      output_member(one, members[i], "-"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN, stamp);
	for (size_t i = 0; i < ARRAY_SIZE(places) && r == 0; i++)
		r = table_add(table, TONE_PLAIN,
			      output_member(one, places[i], "-"));
	if (r == 0 && table_n_rows(table) >= TABLE_BATCH)
		table_flush(table, listing->output);
	return r;
}

static int each(json_t *reply, void *userdata)
{
	struct listing *listing = userdata;
	json_t *one = json_object_get(reply, "acceptance");
	scope(json_decrefp) json_t *user = NULL;

	if (!json_is_object(one))
		return 0;
	if (listing->table)
		return add_row(listing, one);
	user = json_pack("{s:O}", "user", one);
	return listing->output->form->list_user(listing->output, user);
}

int notice_run_accepted(struct ctl *ctl, const struct command *command)
{
	scope(table_freep) struct table *table = NULL;
	struct listing listing = { .output = ctl->output };
	bool json = command_has(command, OPTION_JSON);
	int r;

	r = json ? ctl->output->form->list_begin(ctl->output)
		 : table_new(heads, ARRAY_SIZE(heads), "", &table);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	listing.table = table;
	r = request_stream(ctl, command, NULL, each, &listing);
	if (r != STATUS_OK)
		return r;
	if (!json)
		table_flush(table, ctl->output);
	else if (ctl->output->form->list_end(ctl->output, "") < 0)
		return STATUS_FAILURE;
	return STATUS_OK;
}
