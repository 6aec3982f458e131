/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No field of an export can be taken for a formula by a spreadsheet: names
 * begin with a letter or '_', services with a letter or digit, paths with '/',
 * and the rest are numbers and words of ours. So nothing is put before any, and
 * what is exported can be imported as it is.
 */
#include <jansson.h>
#include <string.h>

#include "base/timestamp.h"
#include "cloxxsctl/csv.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/user_file.h"
#include "cloxxsctl/user_import.h"
#include "varlink/client.h"

struct exporting {
	FILE *stream;
	bool json;
	uint64_t n;
};

static void add_value(struct text *text, enum user_column_type type,
		      const json_t *value)
{
	bool is_time = type == COLUMN_TIME || type == COLUMN_TIME_END;
	const char *comma = "";
	json_t *one;
	size_t i;

	if (json_is_integer(value) && is_time)
		timestamp_write(json_integer_value(value), text);
	else if (json_is_string(value))
		text_add(text, json_string_value(value));
	else if (json_is_integer(value))
		text_add_format(text, "%lld",
				(long long)json_integer_value(value));
	else if (json_is_boolean(value))
		text_add(text, json_is_true(value) ? "true" : "false");
	json_array_foreach(value, i, one)
	{
		text_add(text, comma);
		text_add(text,
			 json_is_string(one) ? json_string_value(one) : "?");
		comma = ",";
	}
}

static int write_row(struct exporting *exporting, const json_t *user)
{
	char buffer[CSV_ROW_MAX];
	struct text line;

	text_init(&line, buffer, sizeof(buffer));
	for (size_t i = 0; user_columns[i].name; i++) {
		char field[CSV_FIELD_MAX];
		struct text text;

		if (!user_columns[i].exported)
			continue;
		text_init(&text, field, sizeof(field));
		add_value(&text, user_columns[i].type,
			  json_object_get(user, user_columns[i].name));
		if (line.n > 0)
			text_add(&line, ",");
		csv_add(&line, field);
		if (text_is_cut(&text))
			return -EMSGSIZE;
	}
	if (text_is_cut(&line))
		return -EMSGSIZE;
	fprintf(exporting->stream, "%s\n", buffer);
	return 0;
}

static int write_object(struct exporting *exporting, const json_t *user)
{
	scope(json_decrefp) json_t *object = json_object();

	for (size_t i = 0; user_columns[i].name; i++)
		if (user_columns[i].exported &&
		    json_object_set(
			    object, user_columns[i].name,
			    json_object_get(user, user_columns[i].name)) < 0)
			return -EBADMSG;
	fputs(exporting->n > 0 ? ",\n" : "[\n", exporting->stream);
	return json_dumpf(object, exporting->stream, JSON_COMPACT) < 0 ? -EIO
								       : 0;
}

static int each_user(json_t *reply, void *userdata)
{
	struct exporting *exporting = userdata;
	const json_t *user = json_object_get(reply, "user");
	int r;

	/* Where there are none. */
	if (!json_is_object(user))
		return 0;
	r = exporting->json ? write_object(exporting, user)
			    : write_row(exporting, user);
	exporting->n++;
	return r;
}

static void begin(const struct exporting *exporting)
{
	const char *comma = "";

	if (exporting->json)
		return;
	for (size_t i = 0; user_columns[i].name; i++) {
		if (!user_columns[i].exported)
			continue;
		fprintf(exporting->stream, "%s%s", comma, user_columns[i].name);
		comma = ",";
	}
	fputc('\n', exporting->stream);
}

static int failed(const struct ctl *ctl, const struct command *command,
		  const char *error, const json_t *reply, int r)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	status = error ? failure_of_reply(&text, command, error, reply)
		       : failure_of_client(&text, ctl->socket,
					   FAILURE_READ_ASKED, r);
	return ctl_fail(ctl, command, status, sentence);
}

int user_export_run(struct ctl *ctl, const struct command *command)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	struct exporting exporting = { .stream = ctl->output->stream };
	const char *error = NULL;
	int r;

	exporting.json = command_has(command, OPTION_FORMAT) &&
			 strcmp(command->values[OPTION_FORMAT], "json") == 0;
	r = varlink_client_new(ctl->socket, ctl->timeout_ms, &client);
	if (r != 0)
		return failed(ctl, command, NULL, NULL, r);
	begin(&exporting);
	r = varlink_client_stream(client, command->row->method, NULL, each_user,
				  &exporting, &reply, &error);
	if (r != 0 || error)
		return failed(ctl, command, error, reply, r);
	if (exporting.json)
		fputs(exporting.n > 0 ? "\n]\n" : "[]\n", exporting.stream);
	return STATUS_OK;
}
