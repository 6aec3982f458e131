/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/ssh_key.h"

#include <string.h>
#include <unistd.h>

#include "cloxxsctl/request.h"
#include "cloxxsctl/table.h"

/* The daemon takes no longer one. */
#define FILE_MAX 16384

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

/* All of stream; 0, -EFBIG, or another -errno. */
static int read_all(FILE *stream, char buffer[FILE_MAX + 1], size_t *ret_n)
{
	*ret_n = fread(buffer, 1, FILE_MAX + 1, stream);
	if (ferror(stream))
		return errno > 0 ? -errno : -EIO;
	return *ret_n > FILE_MAX ? -EFBIG : 0;
}

static int read_file(const char *path, char buffer[FILE_MAX + 1], size_t *ret_n)
{
	scope(close_file) FILE *file = fopen(path, "re");

	return file ? read_all(file, buffer, ret_n) : -errno;
}

static int read_key(struct ctl *ctl, const struct command *command,
		    char buffer[FILE_MAX + 1], size_t *ret_n)
{
	const char *path = command->operands[1];
	int r;

	if (path && strcmp(path, "-") != 0) {
		r = read_file(path, buffer, ret_n);
	} else {
		path = "standard input";
		if (isatty(fileno(ctl->questions)))
			fputs("Paste the public key, then Ctrl-D:\n",
			      ctl->errors);
		r = read_all(ctl->questions, buffer, ret_n);
	}
	return r < 0 ? ctl_fail_errno(ctl, command, path, r) : STATUS_OK;
}

/* "User anna: key SHA256:... added." */
static int show(struct ctl *ctl, const struct command *command,
		const json_t *reply)
{
	const json_t *key = json_object_get(reply, "ssh_key");
	struct output *output = ctl->output;

	if (command_has(command, OPTION_JSON))
		return request_show(ctl, command, reply);
	fputs("User ", output->stream);
	output_foreign(output, command->operands[0]);
	fputs(": key ", output->stream);
	output_foreign(output, output_member(key, "fingerprint", "?"));
	fprintf(output->stream, " %s.\n", command->row->done);
	return STATUS_OK;
}

/* Takes parameters; NULL: there was no memory, or an argument is no UTF-8. */
static int call(struct ctl *ctl, const struct command *command,
		json_t *parameters)
{
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	if (!parameters)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"an argument or the file is not valid UTF-8");
	r = request_call(ctl, command, parameters, &reply);
	return r == STATUS_OK ? show(ctl, command, reply) : r;
}

int ssh_key_run_add(struct ctl *ctl, const struct command *command)
{
	char key[FILE_MAX + 1];
	size_t n = 0;
	int r = read_key(ctl, command, key, &n);

	if (r == STATUS_OK)
		r = call(ctl, command,
			 json_pack("{s:s, s:s%}", "name", command->operands[0],
				   "key", key, n));
	explicit_bzero(key, sizeof(key));
	return r;
}

int ssh_key_run_remove(struct ctl *ctl, const struct command *command)
{
	return call(ctl, command,
		    json_pack("{s:s, s:s}", "name", command->operands[0],
			      "fingerprint", command->operands[1]));
}

static const char *const heads[] = { "FINGERPRINT", "TYPE",  "BITS",
				     "COMMENT",     "ADDED", "BY" };

struct listing {
	struct output *output;
	struct table *table; /* NULL: JSON */
	uint32_t n;
};

static int add_row(struct table *table, const json_t *key)
{
	char bits[16], day[32];
	struct text text;
	int64_t n = 0, at = 0;
	int r;

	(void)output_member_int(key, "bits", &n);
	(void)output_member_int(key, "added_at", &at);
	text_init(&text, bits, sizeof(bits));
	text_add_format(&text, "%lld", (long long)n);
	text_init(&text, day, sizeof(day));
	output_add_day(&text, at);
	r = table_add(table, TONE_BOLD, output_member(key, "fingerprint", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(key, "type", "?"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN, bits);
	if (r == 0)
		r = table_add(table, TONE_PLAIN,
			      output_member(key, "comment", "-"));
	if (r == 0)
		r = table_add(table, TONE_PLAIN, day);
	return r != 0 ? r
		      : table_add(table, TONE_PLAIN,
				  output_member(key, "added_by", "?"));
}

static int each(json_t *reply, void *userdata)
{
	struct listing *listing = userdata;
	json_t *key = json_object_get(reply, "ssh_key");
	scope(json_decrefp) json_t *one = NULL;

	if (!json_is_object(key))
		return 0;
	listing->n++;
	if (listing->table)
		return add_row(listing->table, key);
	one = json_pack("{s:O}", "user", key);
	return listing->output->form->list_user(listing->output, one);
}

static int end(struct listing *listing)
{
	if (!listing->table)
		return listing->output->form->list_end(listing->output, "");
	if (listing->n == 0)
		fputs("There are no keys.\n", listing->output->stream);
	else
		table_flush(listing->table, listing->output);
	return 0;
}

int ssh_key_run_list(struct ctl *ctl, const struct command *command)
{
	scope(table_freep) struct table *table = NULL;
	struct listing listing = { .output = ctl->output };
	int r;

	r = command_has(command, OPTION_JSON)
		    ? ctl->output->form->list_begin(ctl->output)
		    : table_new(heads, ARRAY_SIZE(heads), "", &table);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "showing the answer", r);
	listing.table = table;
	r = request_stream(ctl, command, NULL, each, &listing);
	if (r != STATUS_OK)
		return r;
	return end(&listing) < 0 ? STATUS_FAILURE : STATUS_OK;
}
