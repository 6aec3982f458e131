/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For eyes: a table, or a page by the view of the verb. */
#include "cloxxsctl/output.h"

#include "cloxxsctl/alarm_view.h"
#include "cloxxsctl/backup_view.h"
#include "cloxxsctl/explain_view.h"
#include "cloxxsctl/geoip_view.h"
#include "cloxxsctl/grant.h"
#include "cloxxsctl/group.h"
#include "cloxxsctl/key_view.h"
#include "cloxxsctl/password_view.h"
#include "cloxxsctl/project.h"
#include "cloxxsctl/recover_view.h"
#include "cloxxsctl/status_view.h"
#include "cloxxsctl/table.h"
#include "cloxxsctl/user_view.h"

static void print_services(struct output *output, const json_t *services)
{
	const json_t *service;
	size_t i;

	json_array_foreach((json_t *)services, i, service)
	{
		const char *name = json_string_value(service);

		fputs(i > 0 ? "," : "", output->stream);
		output_foreign(output, name ? name : "?");
	}
	if (json_array_size(services) == 0)
		fputs("none", output->stream);
}

/* " services: sshd,sudo -> sshd", where a list came in the place of another. */
static void print_replaced(struct output *output, const json_t *reply)
{
	const json_t *before = json_object_get(reply, "services_before");

	if (!json_is_array(before))
		return;
	fputs(" services: ", output->stream);
	print_services(output, before);
	fputs(" -> ", output->stream);
	print_services(output, json_object_get(json_object_get(reply, "user"),
					       "services"));
}

/* A change in one line, then what still keeps the user out, then the password.
 */
static int show_changed(struct output *output, const struct command *command,
			const json_t *reply)
{
	const json_t *user = json_object_get(reply, "user");
	const char *name = command->operands[0] ? command->operands[0] : "?";

	fputs("User ", output->stream);
	output_foreign(output, name);
	fprintf(output->stream, ": %s.", command->row->done);
	print_replaced(output, reply);
	fputc('\n', output->stream);
	if (user && user_state(user) != USER_MAY_LOG_IN) {
		fputs("State: ", output->stream);
		user_view_state(output, user);
	}
	return password_view(output, name, reply);
}

static int table_show(struct output *output, const struct command *command,
		      const json_t *reply)
{
	switch (command->row->view) {
	case VIEW_USER:
		return user_view(output, reply);
	case VIEW_CHANGED:
		return show_changed(output, command, reply);
	case VIEW_EXPLANATION:
		return command->operands[0]
			       ? explain_view(output, command->operands[0],
					      reply)
			       : explain_view_login(output, command, reply);
	case VIEW_LOGIN_TEST:
		return explain_view_test(output, reply);
	case VIEW_STATUS:
		return status_view(output, reply);
	case VIEW_KEYS:
		return key_view_list(output, reply);
	case VIEW_KEY_ROTATED:
		return key_view_rotated(output, reply);
	case VIEW_KEY_RECOVERY:
		return key_view_recovery(output, reply);
	case VIEW_MAPS:
		return recover_view_maps(output, reply);
	case VIEW_BACKUP:
		return backup_view_one(output, reply);
	case VIEW_BACKUPS:
		return backup_view_list(output, reply);
	case VIEW_REMOVED:
		return backup_view_removed(output, reply);
	case VIEW_RESTORE:
		return backup_view_restore(output, reply);
	case VIEW_CHECK:
		return recover_view_check(output, reply);
	case VIEW_ENVELOPE:
		return password_view_envelope(output, command->operands[0],
					      reply);
	case VIEW_ALARMS:
		return alarm_view(output, reply);
	case VIEW_GEOIP:
		return geoip_view(output, reply);
	case VIEW_GEOIP_LOOKUP:
		return geoip_view_lookup(output, reply);
	case VIEW_DONE:
		return fprintf(output->stream, "%s.\n", command->row->done) < 0
			       ? -EIO
			       : 0;
	case VIEW_PASSWORD_CHECK:
		return password_view_check(output, reply);
	case VIEW_PASSWORD:
		return password_view_one(output, reply);
	case VIEW_PROJECT:
		return project_view_changed(output, command, reply);
	case VIEW_GROUP:
		return group_view_changed(output, command, reply);
	case VIEW_GRANT:
		return grant_view_changed(output, command, reply);
	case VIEW_RIGHT:
		return explain_view_right(output, command, reply);
	case VIEW_USERS:
	case VIEW_NOTICE:
	case VIEW_SSH_KEYS:
	case VIEW_FACTOR:
	case VIEW_NONE:
	case _N_VIEWS:
		break;
	}
	return -EINVAL;
}

static const char *const heads[] = { "NAME",      "UID",      "ROLE",
				     "STATE",     "SERVICES", "PASSWORD",
				     "LAST LOGIN" };

static int table_list_begin(struct output *output)
{
	return table_new(heads, ARRAY_SIZE(heads), "", &output->list);
}

static int table_list_user(struct output *output, const json_t *reply)
{
	const json_t *user = json_object_get(reply, "user");
	int r;

	if (!user) /* of an empty list comes one empty reply */
		return 0;
	r = user_view_row(output, output->list, user);
	output->n_listed++;
	if (r == 0 && table_n_rows(output->list) >= TABLE_BATCH)
		table_flush(output->list, output);
	return r;
}

static int table_list_end(struct output *output, const char *none)
{
	if (output->n_listed == 0)
		fprintf(output->stream, "%s\n", none);
	else
		table_flush(output->list, output);
	return 0;
}

const struct output_form output_table_form = {
	.show = table_show,
	.list_begin = table_list_begin,
	.list_user = table_list_user,
	.list_end = table_list_end,
};
