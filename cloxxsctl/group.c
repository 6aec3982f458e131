/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/group.h"

#include "cloxxsctl/grant.h"
#include "cloxxsctl/listing.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/request.h"

static const struct listing_column columns[] = {
	{ "name", "NAME", LISTING_TEXT },
	{ "members", "MEMBERS", LISTING_COUNT },
	{ "created", "CREATED", LISTING_DAY },
	{ 0 },
};
static const struct listing_kind groups = {
	.member = "group",
	.none = "There are no groups.",
	.columns = columns,
};

int group_run_list(struct ctl *ctl, const struct command *command)
{
	return listing_run(ctl, command, &groups, NULL);
}

/* As the daemon takes it both with and without. */
static const char *bare(const char *name)
{
	return *name == '@' ? name + 1 : name;
}

static int take_member(json_t *reply, void *userdata)
{
	json_t *user = json_object_get(reply, "user");

	/* Where there are none. */
	if (!json_is_string(user))
		return 0;
	return json_array_append(userdata, user) < 0 ? -ENOMEM : 0;
}

static void print_members(struct output *output, const json_t *members)
{
	const char *comma = "";
	const json_t *member;
	size_t i;

	output_label(output, "Members");
	json_array_foreach((json_t *)members, i, member)
	{
		fputs(comma, output->stream);
		output_foreign(output, json_string_value(member));
		comma = ", ";
	}
	fputs(json_array_size(members) > 0 ? "\n" : "none\n", output->stream);
}

static int show(struct ctl *ctl, const struct command *command,
		const json_t *group)
{
	struct output *output = ctl->output;
	int r;

	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, group);
	output_label(output, "Group");
	fputc('@', output->stream);
	output_foreign(output, output_member(group, "name", "?"));
	fputc('\n', output->stream);
	print_members(output, json_object_get(group, "members"));
	r = grant_show_table(output, json_object_get(group, "grants"));
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

int group_run_show(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *members = json_array();
	scope(json_decrefp) json_t *grants = json_array();
	scope(json_decrefp) json_t *group = NULL;
	const char *name = bare(command->operands[0]);
	char holder[FAILURE_LINE_MAX];
	struct text text;
	int r;

	r = request_stream(ctl, command, NULL, take_member, members);
	if (r != STATUS_OK)
		return r;
	text_init(&text, holder, sizeof(holder));
	text_add_format(&text, "@%s", name);
	r = grant_gather(ctl, command, json_pack("{s:s}", "holder", holder),
			 grants);
	if (r != STATUS_OK)
		return r;
	group = json_pack("{s:s, s:O, s:O}", "name", name, "members", members,
			  "grants", grants);
	return group ? show(ctl, command, group)
		     : ctl_fail_errno(ctl, command, "memory", -ENOMEM);
}

void group_warn_added(struct ctl *ctl, const struct command *command,
		      const json_t *reply)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (!grant_add_lacking(&text, command->operands[1], reply))
		return;
	text_add_format(&text,
			", so the grants of the group give nothing there yet; "
			"see \"cloxxsctl group show %.64s\"",
			bare(command->operands[0]));
	failure_print(ctl->errors, command, sentence);
}

int group_view_changed(struct output *output, const struct command *command,
		       const json_t *reply)
{
	int64_t n = 0;

	(void)output_member_int(json_object_get(reply, "group"), "members", &n);
	fputs("Group @", output->stream);
	output_foreign(output, bare(command->operands[0]));
	fputs(": ", output->stream);
	if (command->operands[1]) {
		output_foreign(output, command->operands[1]);
		fputc(' ', output->stream);
	}
	fprintf(output->stream, "%s", command->row->done);
	if (command->operands[1])
		fprintf(output->stream, "; %lld member%s now", (long long)n,
			text_plural(n));
	fputs(".\n", output->stream);
	return 0;
}
