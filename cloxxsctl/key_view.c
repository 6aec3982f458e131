/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/key_view.h"

#include "cloxxsctl/table.h"

static const char *const heads[] = { "ID",      "USE",    "CREATED",
				     "RETIRED", "VALUES", "FROM RECORD" };

static int add_day(struct table *table, const json_t *key, const char *member)
{
	char buffer[40] = "-";
	struct text text;
	int64_t at;

	if (output_member_int(key, member, &at)) {
		text_init(&text, buffer, sizeof(buffer));
		output_add_day(&text, at);
	}
	return table_add(table, TONE_PLAIN, buffer);
}

static int add_number(struct table *table, const json_t *key,
		      const char *member)
{
	char buffer[32] = "-";
	struct text text;
	int64_t number;

	if (output_member_int(key, member, &number)) {
		text_init(&text, buffer, sizeof(buffer));
		text_add_format(&text, "%lld", (long long)number);
	}
	return table_add(table, TONE_PLAIN, buffer);
}

static int add_key(struct table *table, const json_t *key)
{
	int r;

	r = table_add(table, TONE_BOLD, output_member(key, "id", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(key, "use", "?"));
	if (r == 0)
		r = add_day(table, key, "created");
	if (r == 0)
		r = add_day(table, key, "retired");
	if (r == 0)
		r = add_number(table, key, "values");
	return r != 0 ? r : add_number(table, key, "from_record");
}

static void print_roots(struct output *output, const json_t *reply)
{
	const json_t *root;
	size_t i;

	json_array_foreach(json_object_get(reply, "roots"), i, root)
	{
		bool in_force = json_is_true(json_object_get(root, "in_force"));

		output_label(output, i == 0 ? "Root keys" : "");
		output_foreign(output, output_member(root, "id", "?"));
		fputs(in_force ? " (in force)\n" : "\n", output->stream);
	}
	output_label(output, "Read from");
	output_foreign(output, output_member(reply, "source", "?"));
	fputc('\n', output->stream);
	output_label(output, "Recovery key");
	output_foreign(output, output_member(reply, "recovery_key", "none"));
	fputc('\n', output->stream);
}

int key_view_list(struct output *output, const json_t *reply)
{
	scope(table_freep) struct table *table = NULL;
	const json_t *key;
	size_t i;
	int r;

	print_roots(output, reply);
	if (json_is_true(json_object_get(reply, "resealing")))
		fprintf(output->stream,
			"%sValues are being sealed with the new key.%s\n",
			output_tone(output, TONE_WARN), output_plain(output));
	fputc('\n', output->stream);
	r = table_new(heads, ARRAY_SIZE(heads), "", &table);
	json_array_foreach(json_object_get(reply, "keys"), i, key)
	{
		if (r == 0)
			r = add_key(table, key);
	}
	if (r == 0)
		table_flush(table, output);
	return r;
}

int key_view_rotated(struct output *output, const json_t *reply)
{
	fputs("Root key ", output->stream);
	output_foreign(output, output_member(reply, "root", "?"));
	fputs(" is in force. Stored values are being sealed with new keys;\n"
	      "see \"cloxxsctl key list\". The old keys stay in the file, for "
	      "old backups.\n",
	      output->stream);
	return 0;
}

int key_view_recovery(struct output *output, const json_t *reply)
{
	fputs("Recovery key ", output->stream);
	output_foreign(output, output_member(reply, "id", "?"));
	fputs(" is in force. Nobody can show its identity again: keep it off "
	      "this host.\n",
	      output->stream);
	return 0;
}
