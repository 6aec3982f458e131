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

#include "cloxxsctl/key_file.h"
#include "cloxxsctl/request.h"

/* Four letters for three bytes, and NUL. */
#define BASE64_MAX ((KEY_FILE_MAX + 2) / 3 * 4 + 1)

static void encode(const unsigned char *bytes, size_t n, char text[BASE64_MAX])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned int group = (unsigned int)bytes[i] << 16;

		if (i + 1 < n)
			group |= (unsigned int)bytes[i + 1] << 8;
		if (i + 2 < n)
			group |= bytes[i + 2];
		*text++ = letters[group >> 18];
		*text++ = letters[group >> 12 & 63];
		*text++ = i + 1 < n ? letters[group >> 6 & 63] : '=';
		*text++ = i + 2 < n ? letters[group & 63] : '=';
	}
	*text = '\0';
}

static int ask_daemon(struct ctl *ctl, const struct command *command,
		      const struct key_file *file, bool check,
		      json_t **ret_reply)
{
	char text[BASE64_MAX];
	json_t *parameters;

	encode(file->bytes, file->n, text);
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

static int rotate(struct ctl *ctl, const struct command *command,
		  const char *path, struct key_file *file)
{
	scope(json_decrefp) json_t *checked = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	int r;

	r = key_file_read(path, file);
	if (r == -EBADMSG)
		return ctl_fail(ctl, command, STATUS_USAGE,
				"this is no key file: it must be a plain file "
				"of one to eight keys of 32 bytes; a "
				"credential is decrypted before, see "
				"cloxxsd(8)");
	if (r == 0)
		r = key_file_add(file);
	if (r < 0)
		return ctl_fail_errno(ctl, command, path, r);
	r = ask_daemon(ctl, command, file, true, &checked);
	if (r != STATUS_OK)
		return r;
	r = key_file_replace(path, file);
	if (r == -EEXIST)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"another rotation writes FILE.new, or was "
				"broken off; where none runs, remove it and "
				"try again");
	if (r < 0)
		return ctl_fail_errno(ctl, command, path, r);
	r = ask_daemon(ctl, command, file, false, &reply);
	return r == STATUS_OK ? request_show(ctl, command, reply)
			      : half_done(ctl, command, r);
}

int key_run_rotate(struct ctl *ctl, const struct command *command)
{
	const char *path = command->operands[0] ? command->operands[0]
						: CLOXXS_CONFDIR "/cloxxs.key";
	struct key_file file = { 0 };
	int status = rotate(ctl, command, path, &file);

	explicit_bzero(&file, sizeof(file));
	return status;
}
