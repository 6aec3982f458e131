/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/password_check.h"

#include <string.h>

#include "cloxxsctl/request.h"
#include "cloxxsctl/typed.h"

/* Reads it; an exit status. */
static int read_password(const struct ctl *ctl, const struct command *command,
			 struct secret *ret_password)
{
	int r = typed_read(ctl, "Password: ", false, ret_password);

	if (r == TYPED_E_END)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"there is no password to judge");
	if (r == TYPED_E_TOO_LONG)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"the password is longer than 1,024 bytes, or "
				"has a NUL in it");
	if (r < 0)
		return ctl_fail_errno(ctl, command, "standard input", r);
	return STATUS_OK;
}

static json_t *parameters_of(const struct command *command,
			     const char *password)
{
	json_t *parameters = json_pack("{s:s}", "password", password);

	if (parameters && command_has(command, OPTION_USER) &&
	    json_object_set_new(parameters, "user",
				json_string(command->values[OPTION_USER])) <
		    0) {
		json_decref(parameters);
		return NULL;
	}
	return parameters;
}

int password_check_run(struct ctl *ctl, const struct command *command)
{
	scope(secret_deinit) struct secret password = { 0 };
	scope(json_decrefp) json_t *reply = NULL;
	json_t *parameters;
	int status = read_password(ctl, command, &password);

	if (status != STATUS_OK)
		return status;
	parameters = parameters_of(command, password.bytes);
	if (!parameters)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"the password, or the name, is no UTF-8");
	status = request_call(ctl, command, parameters, &reply);
	if (status == STATUS_OK)
		status = request_show(ctl, command, reply);
	if (status != STATUS_OK)
		return status;
	return strcmp(output_member(reply, "verdict", "deny"), "allow") == 0
		       ? STATUS_OK
		       : STATUS_REFUSED;
}
