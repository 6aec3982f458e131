/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For scripts: the reply as the interface states it, members in order of name,
 * so that one state gives one text. It goes straight into the stream's buffer,
 * for it may hold a temporary password.
 */
#include "cloxxsctl/output.h"

static int json_show(struct output *output, const struct command *command,
		     const json_t *reply)
{
	(void)command;
	if (json_dumpf(reply, output->stream, JSON_INDENT(2) | JSON_SORT_KEYS) <
	    0)
		return -EIO;
	fputc('\n', output->stream);
	return 0;
}

/*
 * One user a line. The array is closed only when all came: a list that broke
 * off must not look whole to a reader that forgot the exit status.
 */
static int json_list_begin(struct output *output)
{
	fputc('[', output->stream);
	return 0;
}

static int json_list_user(struct output *output, const json_t *reply)
{
	const json_t *user = json_object_get(reply, "user");

	if (!user) /* of an empty list comes one empty reply */
		return 0;
	fputs(output->n_listed++ ? ",\n" : "\n", output->stream);
	return json_dumpf(user, output->stream, JSON_COMPACT | JSON_SORT_KEYS) <
			       0
		       ? -EIO
		       : 0;
}

static int json_list_end(struct output *output, const char *none)
{
	(void)none;
	fputs(output->n_listed ? "\n]\n" : "]\n", output->stream);
	return 0;
}

const struct output_form output_json_form = {
	.show = json_show,
	.list_begin = json_list_begin,
	.list_user = json_list_user,
	.list_end = json_list_end,
};
