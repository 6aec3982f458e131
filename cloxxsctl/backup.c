/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/backup.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cloxxsctl/offline.h"
#include "cloxxsctl/program.h"
#include "cloxxsctl/progress.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/watched.h"

static int show(struct ctl *ctl, const struct command *command,
		const json_t *answer)
{
	int r = ctl->output->form->show(ctl->output, command, answer);

	return r < 0 ? ctl_fail_errno(ctl, command, "showing the answer", r)
		     : STATUS_OK;
}

/* create */

struct making {
	struct progress progress;
	json_t *backup;
};

static int on_progress(json_t *reply, void *userdata)
{
	struct making *making = userdata;
	json_t *backup = json_object_get(reply, "backup");
	const char *phase = output_member(reply, "phase", "");
	int64_t percent = 0;

	if (json_is_object(backup)) {
		making->backup = json_incref(backup);
		return 0;
	}
	(void)output_member_int(reply, "percent", &percent);
	progress_show(&making->progress,
		      strcmp(phase, "copy") == 0    ? "Copying the store"
		      : strcmp(phase, "prove") == 0 ? "Proving the copy"
						    : "Sealing",
		      percent, "%");
	return 0;
}

int backup_run_create(struct ctl *ctl, const struct command *command)
{
	struct making making = { .progress = progress_begin(ctl) };
	scope(json_decrefp) json_t *answer = NULL;
	int r;

	r = request_stream(ctl, command, NULL, on_progress, &making);
	progress_end(&making.progress);
	answer = json_pack("{s:o?}", "backup", making.backup);
	if (r != STATUS_OK)
		return r;
	if (!making.backup)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the daemon's answer lacks something; is it of "
				"another version?");
	return show(ctl, command, answer);
}

/* list, prune */

static int gather(json_t *reply, void *userdata)
{
	json_t *backup = json_object_get(reply, "backup");

	if (!json_is_object(backup))
		return 0;
	return json_array_append(userdata, backup) < 0 ? -ENOMEM : 0;
}

int backup_run_list(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *backups = json_array();
	scope(json_decrefp) json_t *answer = NULL;
	json_t *watched = NULL;
	int r;

	r = request_stream(ctl, command, NULL, gather, backups);
	if (r != STATUS_OK)
		return r;
	r = watched_read(ctl->cloxxsd, ctl->output->now, &watched);
	if (r < 0)
		return ctl_fail_errno(ctl, command, "reading the configuration",
				      r);
	answer =
		json_pack("{s:O, s:o}", "backups", backups, "watched", watched);
	return show(ctl, command, answer);
}

int backup_run_prune(struct ctl *ctl, const struct command *command)
{
	bool dry_run = command_has(command, OPTION_DRY_RUN);
	scope(json_decrefp) json_t *backups = json_array();
	scope(json_decrefp) json_t *answer = NULL;
	int r;

	r = request_stream(ctl, command,
			   json_pack("{s:b}", "dry_run", (int)dry_run), gather,
			   backups);
	if (r != STATUS_OK)
		return r;
	answer = json_pack("{s:O, s:b}", "removed", backups, "dry_run",
			   (int)dry_run);
	return show(ctl, command, answer);
}

/* The file that verify and restore take. */

#define FILE_MAX 4096

/* [backup] directory, which the daemon's own program reads. */
static int read_directory(const struct ctl *ctl, char ret_directory[FILE_MAX])
{
	static const char *const argv[] = { "cloxxsd", "--dump-config",
					    "--json", NULL };
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(json_decrefp) json_t *rows = NULL;
	const json_t *row;
	size_t i;
	int r;

	r = program_ask(ctl->cloxxsd, argv, &answer);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	rows = json_loadb(answer->bytes, answer->n, 0, NULL);
	json_array_foreach(rows, i, row)
	{
		if (strcmp(output_member(row, "section", ""), "backup") != 0 ||
		    strcmp(output_member(row, "key", ""), "directory") != 0)
			continue;
		(void)snprintf(ret_directory, FILE_MAX, "%s",
			       output_member(row, "value", ""));
		return 0;
	}
	return -ENODATA;
}

/* A bare name, as list shows it, is of the directory of backups. One that only
 * the current directory has is there; any other fault is told of the former, so
 * that nobody gets another file than the one he means. */
static int find_file(const struct ctl *ctl, const struct command *command,
		     char path[FILE_MAX], struct command *ret_command)
{
	const char *name = command->operands[0];
	char directory[FILE_MAX];
	struct text text;
	int r;

	*ret_command = *command;
	if (strchr(name, '/'))
		return STATUS_OK;
	r = read_directory(ctl, directory);
	if (r < 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the configuration, which tells where backups "
				"are, cannot be read; name the file with its "
				"path");
	text_init(&text, path, FILE_MAX);
	text_add_format(&text, "%s/%s", directory, name);
	if (text_is_cut(&text))
		return ctl_fail_errno(ctl, command, name, -ENAMETOOLONG);
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT ||
	    faccessat(AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		ret_command->operands[0] = path;
	return STATUS_OK;
}

/* verify */

struct finding {
	const char *digest;
	bool found;
};

static int find_digest(json_t *reply, void *userdata)
{
	struct finding *finding = userdata;
	const json_t *backup = json_object_get(reply, "backup");

	if (json_is_object(backup) &&
	    strcmp(output_member(backup, "digest", ""), finding->digest) == 0)
		finding->found = true;
	return 0;
}

/* Whether the daemon made a file with these very bytes: null where it is not
 * there to be asked, or not of one who may. */
static json_t *ask_daemon(struct ctl *ctl, const char *digest)
{
	const struct grammar_verb *row =
		grammar_find(ctl->verbs, "backup", "list");
	const struct command command = { .row = row };
	struct finding finding = { .digest = digest };
	struct ctl silent = *ctl;
	int r;

	silent.errors = fopen("/dev/null", "we");
	if (!silent.errors)
		return json_null();
	r = request_stream(&silent, &command, NULL, find_digest, &finding);
	(void)fclose(silent.errors);
	return r == STATUS_OK ? json_boolean(finding.found) : json_null();
}

int backup_run_verify(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *answer = NULL;
	struct command found;
	const json_t *backup;
	char path[FILE_MAX];
	int r;

	r = find_file(ctl, command, path, &found);
	if (r == STATUS_OK)
		r = offline_ask(ctl, &found, &answer);
	if (r != STATUS_OK)
		return r;
	backup = json_object_get(answer, "backup");
	(void)!json_object_set_new(
		answer, "known",
		ask_daemon(ctl, output_member(backup, "digest", "?")));
	return show(ctl, command, answer);
}

/* restore */

/* What it would do, which is asked about before it is done. */
static int ask_first(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *answer = NULL;
	struct command dry_run = *command;
	char line[16] = "";
	int r;

	if (command_has(command, OPTION_YES) ||
	    command_has(command, OPTION_DRY_RUN))
		return STATUS_OK;
	if (!isatty(fileno(ctl->questions)))
		return ctl_fail(ctl, command, STATUS_USAGE,
				"there is no terminal to ask on; look with "
				"--dry-run, then say --yes");
	dry_run.given |= OPTION_BIT(OPTION_DRY_RUN);
	r = offline_ask(ctl, &dry_run, &answer);
	if (r == STATUS_OK)
		r = show(ctl, &dry_run, answer);
	if (r != STATUS_OK)
		return r;
	fflush(ctl->output->stream);
	fputs("Put the store back from this backup? Type yes: ", ctl->errors);
	fflush(ctl->errors);
	if (fgets(line, sizeof(line), ctl->questions) &&
	    strcmp(line, "yes\n") == 0)
		return STATUS_OK;
	return ctl_fail(ctl, command, STATUS_FAILURE,
			"not confirmed; nothing was changed");
}

int backup_run_restore(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *answer = NULL;
	struct command found;
	char path[FILE_MAX];
	int r;

	r = find_file(ctl, command, path, &found);
	if (r == STATUS_OK)
		r = ask_first(ctl, &found);
	if (r == STATUS_OK)
		r = offline_ask(ctl, &found, &answer);
	return r == STATUS_OK ? show(ctl, command, answer) : r;
}
