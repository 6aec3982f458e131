/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/ledger.h"

#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/request.h"

struct command audit_ledger_call(const struct command *command,
				 const char *method, struct grammar_verb *row)
{
	struct command call = *command;

	*row = *command->row;
	row->method = method;
	row->parameter = NULL;
	call.row = row;
	call.given = 0;
	return call;
}

struct reading {
	const struct audit_query *query;
	int (*each)(json_t *entry, void *userdata);
	void *userdata;
	uint64_t n;
	int ended; /* what each returned, other than 0 */
};

static int take(json_t *reply, void *userdata)
{
	json_t *entry = json_object_get(reply, "entry");
	struct reading *reading = userdata;

	/* The last reply is empty. */
	if (!json_is_object(entry) || !audit_query_wants(reading->query, entry))
		return 0;
	reading->ended = reading->each(entry, reading->userdata);
	reading->n++;
	if (reading->ended == 0 && reading->query->limit > 0 &&
	    reading->n >= reading->query->limit)
		reading->ended = AUDIT_ENOUGH;
	return reading->ended ? -ECANCELED : 0;
}

static int stream(struct ctl *ctl, const struct command *command,
		  json_t *parameters, struct reading *reading)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	const char *error = NULL;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = varlink_client_new(ctl->socket, ctl->timeout_ms, &client);
	if (r != 0) {
		json_decref(parameters);
		status = failure_of_client(&text, ctl->socket,
					   FAILURE_NOT_ASKED, r);
		return ctl_fail(ctl, command, status, sentence);
	}
	r = varlink_client_stream(client, AUDIT_INTERFACE "Search", parameters,
				  take, reading, &reply, &error);
	if (reading->ended == AUDIT_ENOUGH)
		return STATUS_OK;
	if (reading->ended)
		return ctl_fail_errno(ctl, command, "showing the answer",
				      reading->ended);
	if (r == 0 && !error)
		return STATUS_OK;
	status = r != 0 ? failure_of_client(&text, ctl->socket,
					    FAILURE_READ_ASKED, r)
			: failure_of_reply(&text, command, error, reply);
	return ctl_fail(ctl, command, status, sentence);
}

int audit_ledger_read(struct ctl *ctl, const struct command *command,
		      const struct audit_query *query,
		      int (*each)(json_t *entry, void *userdata),
		      void *userdata)
{
	struct reading reading = {
		.query = query,
		.each = each,
		.userdata = userdata,
	};
	json_t *parameters = audit_query_parameters(query);

	if (!parameters)
		return ctl_fail_errno(ctl, command, "asking the daemon",
				      -ENOMEM);
	return stream(ctl, command, parameters, &reading);
}

/* STATUS_OK, or a status with a sentence in text. */
static enum failure_status tell(struct ctl *ctl, const struct command *command,
				json_t *parameters, struct text *text)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	r = varlink_client_new(ctl->socket, ctl->timeout_ms, &client);
	if (r != 0) {
		json_decref(parameters);
		return failure_of_client(text, ctl->socket, FAILURE_NOT_ASKED,
					 r);
	}
	r = varlink_client_call(client, AUDIT_INTERFACE "TellReading",
				parameters, &reply, &error);
	if (r != 0)
		return failure_of_client(text, ctl->socket, FAILURE_READ_ASKED,
					 r);
	return error ? failure_of_reply(text, command, error, reply)
		     : STATUS_OK;
}

int audit_ledger_tell_reading(struct ctl *ctl, const struct command *command,
			      const char *source,
			      const struct audit_query *query)
{
	char question[512], sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;
	json_t *parameters;

	text_init(&text, question, sizeof(question));
	audit_query_write(query, &text);
	parameters =
		json_pack("{s:s, s:s}", "source", source, "question", question);
	if (!parameters)
		return ctl_fail_errno(ctl, command, "asking the daemon",
				      -ENOMEM);
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "this reading could not be recorded: ");
	status = tell(ctl, command, parameters, &text);
	if (status == STATUS_OK)
		return STATUS_OK;
	failure_print(ctl->errors, command, sentence);
	return geteuid() == 0 ? STATUS_OK : (int)status;
}
