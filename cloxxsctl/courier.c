/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/courier.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cloxxsctl/listing.h"
#include "varlink/client.h"

#define COURIER "nl.cloxxs.Courier."
#define TIMEOUT_MS 30000
/* Beyond that, for the courier's own answer. */
#define MARGIN_MS 5000
#define TEXT "This is a test of Cloxxs. There is nothing to do."

static const char *socket_of(const struct command *command)
{
	return command_has(command, OPTION_SOCKET)
		       ? command->values[OPTION_SOCKET]
		       : CLOXXS_RUNDIR "-courier/courier.sock";
}

static int not_reached(const struct ctl *ctl, const struct command *command,
		       int error)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (error == -EACCES || error == -EPERM)
		return ctl_fail(ctl, command, STATUS_DENIED,
				"permission denied; be root");
	if (error < 0)
		return ctl_fail_errno(ctl, command, socket_of(command), error);
	text_add_escaped(&text, socket_of(command),
			 strnlen(socket_of(command), 120));
	text_add(&text, ": ");
	switch ((enum varlink_client_error)error) {
	case _VARLINK_CLIENT_E_OK:
	case VARLINK_CLIENT_E_UNREACHABLE:
		text_add(&text,
			 "the courier does not answer; it comes with the "
			 "package cloxxs-courier, and \"systemctl enable --now "
			 "cloxxs-courier.socket\" switches it on");
		break;
	case VARLINK_CLIENT_E_IMPOSTOR:
		text_add(&text, "this socket is not the courier's: others may "
				"write where it stands, or somebody else "
				"answers");
		break;
	case VARLINK_CLIENT_E_BROKEN:
		text_add(&text, "the courier's answer broke off; see "
				"\"journalctl -u cloxxs-courier\"");
		break;
	}
	return ctl_fail(ctl, command, STATUS_UNAVAILABLE, sentence);
}

static int refused(const struct ctl *ctl, const struct command *command,
		   const char *error, const json_t *parameters)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	if (strcmp(error, "org.varlink.service.PermissionDenied") == 0)
		return ctl_fail(ctl, command, STATUS_DENIED,
				"permission denied; be root");
	if (strcmp(error, "org.varlink.service.InvalidParameter") == 0 &&
	    strcmp(output_member(parameters, "parameter", ""), "to") == 0)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"--to takes a number as +31612345678, an "
				"address of mail, or the name of a web hook");
	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_reply(&text, command, error, parameters);
	return ctl_fail(ctl, command, status, sentence);
}

static const struct listing_kind routes = {
	.member = "route",
	.none = "The courier has no way out: see cloxxs-courier.conf(5).",
	.columns =
		(const struct listing_column[]){
			{ "route", "ROUTE", LISTING_TEXT },
			{ "kind", "KIND", LISTING_TEXT },
			{ "accepted", "ACCEPTED", LISTING_COUNT },
			{ "refused", "REFUSED", LISTING_COUNT },
			{ "unreachable", "UNREACHABLE", LISTING_COUNT },
			{ "uncertain", "UNCERTAIN", LISTING_COUNT },
			{ "failed_at", "LAST FAILURE", LISTING_TIME },
			{ "failed_detail", "WHAT IT SAID", LISTING_TEXT },
			{ 0 },
		},
};

static void drop_never(json_t *reply, const char *member)
{
	if (json_integer_value(json_object_get(reply, member)) == 0)
		(void)json_object_del(reply, member);
}

/* 0 is never, and no time to be shown. */
static int take_route(json_t *reply, void *userdata)
{
	const struct listing *listing = userdata;

	if (listing->form == LISTING_TABLE) {
		drop_never(reply, "accepted_at");
		drop_never(reply, "failed_at");
	}
	return listing_take(reply, userdata);
}

static int stream(struct ctl *ctl, const struct command *command,
		  struct listing *listing)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *parameters = NULL;
	const char *error = NULL;
	int r = varlink_client_new(socket_of(command), ctl->timeout_ms,
				   &client);

	if (r == 0)
		r = varlink_client_stream(client, COURIER "Routes", NULL,
					  take_route, listing, &parameters,
					  &error);
	if (r != 0)
		return not_reached(ctl, command, r);
	return error ? refused(ctl, command, error, parameters) : STATUS_OK;
}

int courier_run_status(struct ctl *ctl, const struct command *command)
{
	scope(listing_deinit) struct listing listing = {
		.kind = &routes,
		.output = ctl->output,
		.form = listing_form_of(command),
	};
	int r = listing_begin(&listing), status;

	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	status = stream(ctl, command, &listing);
	if (status != STATUS_OK)
		return status;
	r = listing_end(&listing);
	if (listing.form == LISTING_JSON)
		fputc('\n', ctl->output->stream);
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

static const char *kind_of(const char *to)
{
	return to[0] == '+' ? "sms" : strchr(to, '@') ? "mail" : "webhook";
}

/* NULL: no memory, or an argument that is no UTF-8. */
static json_t *message_of(const struct command *command)
{
	const char *to = command->values[OPTION_TO];
	uint64_t number = 0;
	char reference[32];
	json_t *route;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return NULL;
	(void)snprintf(reference, sizeof(reference), "test-%016llx",
		       (unsigned long long)number);
	route = command_has(command, OPTION_ROUTE)
			? json_string(command->values[OPTION_ROUTE])
			: json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o}", "kind",
			 kind_of(to), "to", to, "subject", "Cloxxs: a test",
			 "text", TEXT, "reference", reference, "timeout_ms",
			 TIMEOUT_MS, "route", route);
}

/* "accepted by cm: HTTP 200" */
static int show(struct ctl *ctl, const struct command *command,
		const json_t *reply)
{
	const char *result = output_member(reply, "result", "?");
	struct output *output = ctl->output;
	bool accepted = strcmp(result, "accepted") == 0;

	if (command_has(command, OPTION_JSON)) {
		(void)json_dumpf(reply, output->stream, JSON_INDENT(2));
		fputc('\n', output->stream);
		return accepted ? STATUS_OK : STATUS_FAILURE;
	}
	fputs(output_tone(output, accepted ? TONE_GOOD : TONE_BAD),
	      output->stream);
	output_foreign(output, result);
	fputs(output_plain(output), output->stream);
	fputs(" by ", output->stream);
	output_foreign(output, output_member(reply, "route", "nobody"));
	fputs(": ", output->stream);
	output_foreign(output, output_member(reply, "detail", "nothing said"));
	fputc('\n', output->stream);
	return accepted ? STATUS_OK : STATUS_FAILURE;
}

int courier_run_test(struct ctl *ctl, const struct command *command)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	json_t *message = message_of(command);
	const char *error = NULL;
	int r;

	if (!message)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"an argument is not valid UTF-8");
	r = varlink_client_new(socket_of(command), TIMEOUT_MS + MARGIN_MS,
			       &client);
	if (r != 0) {
		json_decref(message);
		return not_reached(ctl, command, r);
	}
	r = varlink_client_call(client, COURIER "Deliver", message, &reply,
				&error);
	if (r != 0)
		return not_reached(ctl, command, r);
	return error ? refused(ctl, command, error, reply)
		     : show(ctl, command, reply);
}
