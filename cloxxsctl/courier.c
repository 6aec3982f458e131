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
/* For one probe. */
#define PROBE_MS 95000
#define TEXT "This is a test of Cloxxs. There is nothing to do."

/* --socket is the daemon's, unless the verb is the courier's own. */
static const char *socket_of(const struct command *command)
{
	return command_has(command, OPTION_SOCKET) &&
			       strcmp(command->row->noun, "courier") == 0
		       ? command->values[OPTION_SOCKET]
		       : COURIER_SOCKET;
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
	if (strcmp(error, "org.varlink.service.InvalidParameter") == 0 &&
	    strcmp(output_member(parameters, "parameter", ""), "name") == 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"there is no probe of this name in "
				"cloxxs-courier.conf");
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

struct asking {
	const char *method;
	json_t *parameters; /* or NULL; taken */
	uint32_t timeout_ms;
	int (*take)(json_t *reply, void *userdata);
	void *userdata;
};

static int stream(struct ctl *ctl, const struct command *command,
		  const struct asking *asking)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *parameters = asking->parameters;
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r = varlink_client_new(socket_of(command), asking->timeout_ms,
				   &client);

	if (r == 0)
		r = varlink_client_stream(
			client, asking->method, scope_take_ptr(parameters),
			asking->take, asking->userdata, &reply, &error);
	if (r != 0)
		return not_reached(ctl, command, r);
	return error ? refused(ctl, command, error, reply) : STATUS_OK;
}

/* All that the method streams, into listing. */
static int list(struct ctl *ctl, const struct command *command,
		struct listing *listing, const struct asking *asking)
{
	int r = listing_begin(listing), status;

	if (r < 0) {
		json_decref(asking->parameters);
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	}
	status = stream(ctl, command, asking);
	if (status != STATUS_OK)
		return status;
	r = listing_end(listing);
	if (listing->form == LISTING_JSON)
		fputc('\n', ctl->output->stream);
	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

int courier_run_status(struct ctl *ctl, const struct command *command)
{
	scope(listing_deinit) struct listing listing = {
		.kind = &routes,
		.output = ctl->output,
		.form = listing_form_of(command),
	};
	const struct asking asking = {
		.method = COURIER "Routes",
		.timeout_ms = ctl->timeout_ms,
		.take = take_route,
		.userdata = &listing,
	};

	return list(ctl, command, &listing, &asking);
}

static const struct listing_kind probes = {
	.member = "probe",
	.none = "No address is probed: see [probe NAME] in "
		"cloxxs-courier.conf(5).",
	.columns =
		(const struct listing_column[]){
			{ "probe", "PROBE", LISTING_TEXT },
			{ "result", "RESULT", LISTING_TEXT },
			{ "ends", "CERTIFICATE ENDS", LISTING_DAY },
			{ "validation", "VALIDATION", LISTING_TEXT },
			{ "tls", "TLS", LISTING_TEXT },
			{ "web_application_firewall", "ATTACKS", LISTING_TEXT },
			{ "detail", "WHAT IS NOT RIGHT", LISTING_TEXT },
			{ 0 },
		},
};

struct probes_shown {
	struct listing *listing;
	bool any_not_good;
};

/* What a table has in one word. */
static void add_words(json_t *reply)
{
	static const struct {
		const char *member, *version;
	} rows[] = { { "tls_1_0", "1.0" },
		     { "tls_1_1", "1.1" },
		     { "tls_1_2", "1.2" },
		     { "tls_1_3", "1.3" } };
	char versions[24];
	struct text text;

	text_init(&text, versions, sizeof(versions));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(output_member(reply, rows[i].member, ""), "taken") ==
		    0)
			text_add_format(&text, "%s%s", text.n > 0 ? " " : "",
					rows[i].version);
	(void)json_object_set_new(reply, "tls", json_string(versions));
	if (json_is_integer(json_object_get(reply, "ends")))
		(void)json_object_set_new(
			reply, "validation",
			json_string(json_is_true(json_object_get(
					    reply, "extended_validation"))
					    ? "extended"
					    : "plain"));
}

static int take_probe(json_t *reply, void *userdata)
{
	struct probes_shown *shown = userdata;
	const char *result = output_member(reply, "result", "");

	if (*result && strcmp(result, "good") != 0)
		shown->any_not_good = true;
	if (*result && shown->listing->form == LISTING_TABLE)
		add_words(reply);
	return listing_take(reply, shown->listing);
}

int courier_run_probe(struct ctl *ctl, const struct command *command)
{
	scope(listing_deinit) struct listing listing = {
		.kind = &probes,
		.output = ctl->output,
		.form = listing_form_of(command),
	};
	struct probes_shown shown = { .listing = &listing };
	const struct asking asking = {
		.method = COURIER "Probe",
		.parameters = json_pack("{s:s?}", "name", command->operands[0]),
		.timeout_ms = PROBE_MS + MARGIN_MS,
		.take = take_probe,
		.userdata = &shown,
	};
	int status;

	if (!asking.parameters)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"an argument is not valid UTF-8");
	status = list(ctl, command, &listing, &asking);
	return status == STATUS_OK && shown.any_not_good ? STATUS_FAILURE
							 : status;
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

int courier_call(const struct ctl *ctl, const struct command *command,
		 const char *method, uint32_t timeout_ms, json_t **ret_reply)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r = varlink_client_new(socket_of(command), timeout_ms + MARGIN_MS,
				   &client);

	if (r == 0)
		r = varlink_client_call(client, method, NULL, &reply, &error);
	if (r != 0)
		return not_reached(ctl, command, r);
	if (error)
		return refused(ctl, command, error, reply);
	*ret_reply = scope_take_ptr(reply);
	return STATUS_OK;
}
