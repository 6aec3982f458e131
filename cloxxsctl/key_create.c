/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A key is never written over, and no key of a store is left out: where a
 *     plain file stands beside, its keys are the ones that are encrypted.
 *  2. What is encrypted can be decrypted again before anything is written.
 *  3. No drop-in names a file that is not there.
 */
#include "cloxxsctl/key.h"

#include <string.h>

#include "cloxxsctl/key_credential.h"

#define DROPIN KEY_CREDENTIAL_DROPINS "/key.conf"
#define SUFFIX ".cred"

static int refuse(const struct ctl *ctl, const struct command *command, int r)
{
	if (r == -EEXIST)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"something is there; a key is never written "
				"over, choose another place");
	return ctl_fail_errno(ctl, command, command->operands[0], r);
}

/* The unit names it: a full path, of letters that systemd takes as they are. */
static bool unit_can_name(const char *path)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789/._+-";

	return path[0] == '/' && path[strspn(path, letters)] == '\0';
}

/* The keys of FILE without its .cred, or a new one. */
static int gather(const char *path, struct key_file *file, bool *ret_is_old)
{
	size_t n = strlen(path), suffix = strlen(SUFFIX);
	char plain[PATH_MAX];
	struct text text;
	int r = -ENOENT;

	text_init(&text, plain, sizeof(plain));
	if (n > suffix && strcmp(path + n - suffix, SUFFIX) == 0) {
		text_add_bytes(&text, path, n - suffix);
		r = text_is_cut(&text) ? -ENAMETOOLONG
				       : key_file_read(plain, file);
	}
	*ret_is_old = r == 0;
	return r == -ENOENT ? key_file_new(file) : r;
}

static void add_dropin(struct text *text, const char *path)
{
	text_add_format(text,
			"[Service]\n"
			"LoadCredential=\n"
			"LoadCredentialEncrypted=" KEY_CREDENTIAL_NAME ":%s\n",
			path);
}

static int write_dropin(const struct ctl *ctl, const struct command *command,
			const char *lines)
{
	int r = 0;

	if (mkdir(KEY_CREDENTIAL_DROPINS, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = key_file_write(DROPIN, lines, strlen(lines), 0644);
	if (r == -EEXIST)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"the key is made, but " DROPIN " is there "
				"already: put the lines of this verb without "
				"--yes, see cloxxsctl(8), into it");
	return r < 0 ? ctl_fail_errno(ctl, command, DROPIN, r) : STATUS_OK;
}

static int show_next(struct ctl *ctl, const struct command *command,
		     bool is_old)
{
	const char *path = command->operands[0];
	FILE *stream = ctl->output->stream;
	char lines[PATH_MAX + 256];
	struct text text;
	int r = STATUS_OK;

	text_init(&text, lines, sizeof(lines));
	add_dropin(&text, path);
	if (command_has(command, OPTION_YES)) {
		r = write_dropin(ctl, command, lines);
		if (r == STATUS_OK)
			fputs("Made " DROPIN ".\n", stream);
	} else {
		fprintf(stream, "Make " DROPIN ":\n\n%s\n", lines);
	}
	if (r != STATUS_OK)
		return r;
	fputs("Then: systemctl daemon-reload && systemctl restart "
	      "cloxxsd.service\n",
	      stream);
	if (is_old)
		fprintf(stream,
			"It holds the keys of %.*s. When the daemon runs with "
			"it: shred -u %.*s\n",
			(int)(strlen(path) - strlen(SUFFIX)), path,
			(int)(strlen(path) - strlen(SUFFIX)), path);
	fputs("With this host, or its TPM, the file is lost: see that there is "
	      "a recovery key.\n",
	      stream);
	return STATUS_OK;
}

static int encrypt(struct ctl *ctl, const struct command *command,
		   struct key_file *file, bool *ret_is_old)
{
	const char *path = command->operands[0];
	struct key_credential credential;
	int r;

	r = gather(path, file, ret_is_old);
	if (r == -EBADMSG)
		return ctl_fail(ctl, command, STATUS_CONFLICT,
				"what stands beside it, without " SUFFIX
				", is no key file: look what it is first");
	if (r < 0)
		return refuse(ctl, command, r);
	r = key_credential_encrypt(ctl->creds, command->values[OPTION_WITH_KEY],
				   file, &credential);
	if (r < 0)
		return ctl_fail_errno(ctl, command, ctl->creds, r);
	if (r > 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"systemd-creds did not encrypt it; nothing "
				"was made");
	r = key_file_write(path, credential.bytes, credential.n, 0600);
	return r < 0 ? refuse(ctl, command, r) : STATUS_OK;
}

static int create_encrypted(struct ctl *ctl, const struct command *command)
{
	const char *path = command->operands[0];
	struct key_file file = { 0 };
	bool is_old = false;
	struct stat status;
	int r;

	if (!unit_can_name(path))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"a unit is to name it: say its full path, of "
				"letters, digits and / . _ + - alone");
	if (lstat(path, &status) == 0)
		return refuse(ctl, command, -EEXIST);
	r = encrypt(ctl, command, &file, &is_old);
	explicit_bzero(&file, sizeof(file));
	return r == STATUS_OK ? show_next(ctl, command, is_old) : r;
}

int key_run_create(struct ctl *ctl, const struct command *command)
{
	int r;

	if (command_has(command, OPTION_WITH_KEY))
		return create_encrypted(ctl, command);
	if (command_has(command, OPTION_YES))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"--yes writes a drop-in for a file that is "
				"encrypted: say --with-key too");
	r = key_file_create(command->operands[0]);
	return r < 0 ? refuse(ctl, command, r) : STATUS_OK;
}
