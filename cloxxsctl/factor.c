/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/factor.h"

#include <string.h>

#include "cloxxsctl/qr.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/typed.h"

#define ADMIN "nl.cloxxs.Admin."

/* An address as the daemon masks it: UTF-8 where that can be shown. */
static void print_masked(struct output *output, const char *label,
			 const char *text)
{
	output_label(output, label);
	for (; text && *text; text++) {
		if (strncmp(text, "\xe2\x80\xa2", 3) == 0) {
			fputs(output->utf8 ? "\xe2\x80\xa2" : "*",
			      output->stream);
			text += 2;
		} else {
			fputc(*text >= ' ' && *text <= '~' ? *text : '?',
			      output->stream);
		}
	}
	fputs("\n", output->stream);
}

static const char *app_state(const json_t *factor)
{
	if (json_is_true(json_object_get(factor, "totp")))
		return json_is_true(json_object_get(factor, "totp_pending"))
			       ? "in force; another waits for a code of it"
			       : "in force";
	return json_is_true(json_object_get(factor, "totp_pending"))
		       ? "waits for a code of it"
		       : "none";
}

static void print_number(struct output *output, const char *label,
			 const json_t *factor, const char *key)
{
	int64_t n = 0;

	(void)output_member_int(factor, key, &n);
	output_label(output, label);
	fprintf(output->stream, "%lld\n", (long long)n);
}

static int show(struct ctl *ctl, const struct command *command,
		const json_t *reply)
{
	const json_t *factor = json_object_get(reply, "second_factor");
	struct output *output = ctl->output;

	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, factor);
	output_label(output, "User");
	output_foreign(output, output_member(factor, "name", "?"));
	fputs("\n", output->stream);
	output_label(output, "Code asked");
	output_foreign(output, output_member(factor, "code", "?"));
	fputs(", and where the service asks\n", output->stream);
	print_masked(output, "Phone", output_member(factor, "phone", "none"));
	print_masked(output, "Mail", output_member(factor, "mail", "none"));
	output_label(output, "App");
	fprintf(output->stream, "%s\n", app_state(factor));
	print_number(output, "Recovery", factor, "recovery_codes");
	print_number(output, "Sent, 1 hour", factor, "sent");
	return STATUS_OK;
}

int factor_run_show(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r = request_fetch(ctl, command, &reply);

	return r == STATUS_OK ? show(ctl, command, reply) : r;
}

/* "-" is typed, or comes by a pipe: an argument stands in what sudo logs. */
static int read_address(struct ctl *ctl, const struct command *command,
			json_t *parameters, const char *key, const char *prompt)
{
	scope(secret_deinit) struct secret typed = { 0 };
	int r;

	if (strcmp(output_member(parameters, key, ""), "-") != 0)
		return STATUS_OK;
	r = typed_read(ctl, prompt, true, &typed);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "standard input", r);
	if (r != 0 || secret_is_empty(&typed))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"nothing was typed, or too much; nothing was "
				"changed");
	r = json_object_set_new(parameters, key, json_string(typed.bytes));
	return r == 0 ? STATUS_OK
		      : ctl_fail(ctl, command, STATUS_USAGE,
				 "what was typed is not UTF-8");
}

int factor_run_set(struct ctl *ctl, const struct command *command)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	json_t *parameters;
	int r;

	r = request_prepare(ctl, command, &parameters, &client);
	if (r != STATUS_OK)
		return r;
	r = read_address(ctl, command, parameters, "phone", "Phone: ");
	if (r == STATUS_OK)
		r = read_address(ctl, command, parameters, "mail", "Mail: ");
	if (r != STATUS_OK) {
		json_decref(parameters);
		return r;
	}
	r = request_ask(ctl, command, client, command->row->method, parameters,
			&reply);
	return r == STATUS_OK ? show(ctl, command, reply) : r;
}

int factor_run_remove_totp(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = request_call(ctl, command,
			 json_pack("{s:s, s:b}", "name", command->operands[0],
				   "totp", 0),
			 &reply);
	return r == STATUS_OK ? show(ctl, command, reply) : r;
}

/* In groups of four, as they are typed into an app by hand. */
static void print_seed(struct output *output, const char *seed)
{
	for (size_t i = 0; seed[i]; i++)
		fprintf(output->stream, "%s%c", i > 0 && i % 4 == 0 ? " " : "",
			seed[i]);
	fputs("\n", output->stream);
}

static int show_seed(struct ctl *ctl, const struct command *command,
		     const json_t *reply)
{
	const char *uri = output_member(reply, "uri", "");
	struct output *output = ctl->output;
	int r = 0;

	fputs("Scan this with the authenticator app of ", output->stream);
	output_foreign(output, command->operands[0]);
	fputs(":\n\n", output->stream);
	if (output->utf8)
		r = qr_write(output->stream, uri);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "the QR code", r);
	fputs(output->utf8 ? "\nOr type this key into it: "
			   : "\nType this key into it: ",
	      output->stream);
	print_seed(output, output_member(reply, "seed", ""));
	fputs("It is not shown again. No login asks for it before a code of it "
	      "was typed here.\n",
	      output->stream);
	(void)fflush(output->stream);
	return STATUS_OK;
}

static int confirm(struct ctl *ctl, const struct command *command,
		   struct varlink_client *client)
{
	scope(json_decrefp) json_t *reply = NULL;
	scope(secret_deinit) struct secret code = { 0 };
	int r;

	r = typed_read(ctl, "Code that the app shows: ", true, &code);
	if (r == TYPED_E_END)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"no code was typed; what was in force before "
				"stays so");
	if (r != 0)
		return r < 0 ? ctl_fail_errno(ctl, command, "standard input", r)
			     : ctl_fail(ctl, command, STATUS_USAGE,
					"the code is too long");
	r = request_ask(ctl, command, client, ADMIN "ConfirmTotp",
			json_pack("{s:s, s:s}", "name", command->operands[0],
				  "code", code.bytes),
			&reply);
	if (r != STATUS_OK)
		return r;
	fputs("The app is in force.\n", ctl->output->stream);
	return STATUS_OK;
}

int factor_run_totp(struct ctl *ctl, const struct command *command)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	json_t *parameters;
	int r;

	if (!typed_has_terminal(ctl) && !command_has(command, OPTION_STDIN))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"there is no terminal to ask on; say --stdin "
				"to read the code from standard input");
	r = request_prepare(ctl, command, &parameters, &client);
	if (r == STATUS_OK)
		r = request_ask(ctl, command, client, command->row->method,
				parameters, &reply);
	if (r == STATUS_OK)
		r = show_seed(ctl, command, reply);
	return r == STATUS_OK ? confirm(ctl, command, client) : r;
}

int factor_run_recovery_codes(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	struct output *output = ctl->output;
	const json_t *code;
	size_t i;
	int r;

	r = request_fetch(ctl, command, &reply);
	if (r != STATUS_OK)
		return r;
	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, reply);
	json_array_foreach(json_object_get(reply, "recovery_codes"), i, code)
	{
		output_foreign(output, json_string_value(code));
		fputs("\n", output->stream);
	}
	fputs("Each is good for one login, typed where a code is asked for. "
	      "They are not shown\nagain; former ones are good for nothing.\n",
	      output->stream);
	return STATUS_OK;
}
