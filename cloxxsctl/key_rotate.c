/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The new key is on the disk, in the place of the old file, before the
 *     daemon has it: a store must never be under a key that is nowhere.
 *  2. The file that is written holds the key in force too: the daemon says so
 *     before, and whichever of them is in force at the next start is there.
 *  3. Keys stand in memory that is wiped, and in no argument.
 */
#include "cloxxsctl/key.h"

#include <string.h>

#include "cloxxsctl/base64.h"
#include "cloxxsctl/key_credential.h"
#include "cloxxsctl/request.h"

static int ask_daemon(struct ctl *ctl, const struct command *command,
		      const struct key_file *file, bool check,
		      json_t **ret_reply)
{
	char text[BASE64_SIZE(KEY_FILE_MAX)];
	json_t *parameters;

	base64_write(file->bytes, file->n, text);
	parameters = json_pack("{s:s, s:b}", "key", text, "check", (int)check);
	explicit_bzero(text, sizeof(text));
	return request_call(ctl, command, parameters, ret_reply);
}

/* The file is there, and the daemon did not answer well. */
static int half_done(const struct ctl *ctl, const struct command *command,
		     int status)
{
	(void)ctl_fail(ctl, command, STATUS_FAILURE,
		       "the new key file is in its place; the daemon takes it "
		       "up when it is started again, or when this is asked "
		       "again");
	return status;
}

/* What is rotated; wiped at the end. */
struct rotation {
	const char *path;
	const char *kind; /* of a file that is encrypted, or NULL */
	struct key_file keys;
	struct key_credential credential;
};

static int take_kind(const struct ctl *ctl, const struct command *command,
		     struct rotation *rotation)
{
	rotation->kind = command_has(command, OPTION_WITH_KEY)
				 ? command->values[OPTION_WITH_KEY]
				 : key_credential_kind(&rotation->credential);
	if (rotation->kind)
		return STATUS_OK;
	return ctl_fail(ctl, command, STATUS_USAGE,
			"it is encrypted, and with what is not known here: say "
			"--with-key");
}

static int read_credential(const struct ctl *ctl, const struct command *command,
			   struct rotation *rotation)
{
	int r = take_kind(ctl, command, rotation);

	if (r != STATUS_OK)
		return r;
	r = key_credential_decrypt(ctl->creds, &rotation->credential,
				   &rotation->keys);
	if (r < 0)
		return ctl_fail_errno(ctl, command, ctl->creds, r);
	if (r > 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the file " KEY_CREDENTIAL_NOT_OURS);
	return STATUS_OK;
}

static int read_plain(const struct ctl *ctl, const struct command *command,
		      struct rotation *rotation)
{
	int r = key_file_read(rotation->path, &rotation->keys);

	if (r == -EBADMSG)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"this is no key file: it must be a file of one "
				"to eight keys of 32 bytes, plain or "
				"encrypted by systemd-creds");
	if (r < 0)
		return ctl_fail_errno(ctl, command, rotation->path, r);
	if (command_has(command, OPTION_WITH_KEY))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"--with-key: this file is not encrypted; see "
				"\"key create\"");
	return STATUS_OK;
}

static int read_keys(const struct ctl *ctl, const struct command *command,
		     struct rotation *rotation)
{
	int r = key_credential_read(rotation->path, &rotation->credential);

	if (r == 0)
		return read_credential(ctl, command, rotation);
	if (r == -EBADMSG)
		return read_plain(ctl, command, rotation);
	return ctl_fail_errno(ctl, command, rotation->path, r);
}

/* The new key before the others, in the form that the file has. */
static int add_key(const struct ctl *ctl, const struct command *command,
		   struct rotation *rotation)
{
	int r = key_file_add(&rotation->keys);

	if (r < 0)
		return ctl_fail_errno(ctl, command, rotation->path, r);
	if (!rotation->kind)
		return STATUS_OK;
	r = key_credential_encrypt(ctl->creds, rotation->kind, &rotation->keys,
				   &rotation->credential);
	if (r < 0)
		return ctl_fail_errno(ctl, command, ctl->creds, r);
	if (r > 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"systemd-creds did not encrypt the new file; "
				"nothing was changed");
	return STATUS_OK;
}

static int replace(const struct ctl *ctl, const struct command *command,
		   const struct rotation *rotation)
{
	int r;

	if (rotation->kind)
		r = key_file_replace(rotation->path, rotation->credential.bytes,
				     rotation->credential.n);
	else
		r = key_file_replace(rotation->path, rotation->keys.bytes,
				     rotation->keys.n);
	if (r == -EEXIST)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"another rotation writes FILE.new, or was "
				"broken off; where none runs, remove it and "
				"try again");
	return r < 0 ? ctl_fail_errno(ctl, command, rotation->path, r)
		     : STATUS_OK;
}

static int rotate(struct ctl *ctl, const struct command *command,
		  struct rotation *rotation)
{
	scope(json_decrefp) json_t *checked = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = read_keys(ctl, command, rotation);
	if (r == STATUS_OK)
		r = add_key(ctl, command, rotation);
	if (r == STATUS_OK)
		r = ask_daemon(ctl, command, &rotation->keys, true, &checked);
	if (r == STATUS_OK)
		r = replace(ctl, command, rotation);
	if (r != STATUS_OK)
		return r;
	r = ask_daemon(ctl, command, &rotation->keys, false, &reply);
	if (r != STATUS_OK)
		return half_done(ctl, command, r);
	if (rotation->kind && !command_has(command, OPTION_JSON))
		fprintf(ctl->output->stream,
			"%s is encrypted anew (--with-key %s).\n",
			rotation->path, rotation->kind);
	return request_show(ctl, command, reply);
}

int key_run_rotate(struct ctl *ctl, const struct command *command)
{
	const struct host host = { .root = "" };
	struct rotation rotation = {
		.path = command->operands[0] ? command->operands[0]
					     : key_credential_place(&host),
	};
	int status = rotate(ctl, command, &rotation);

	explicit_bzero(&rotation, sizeof(rotation));
	return status;
}
