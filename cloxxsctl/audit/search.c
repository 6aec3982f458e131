/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs search and export. */
#include "cloxxsctl/audit/audit.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cloxxsctl/audit/source.h"
#include "cloxxsctl/audit/view.h"

static int refuse(const struct ctl *ctl, const struct command *command,
		  const char *sentence)
{
	return ctl_fail(ctl, command, STATUS_USAGE, sentence);
}

static int show_failed(const struct ctl *ctl, const struct command *command,
		       int error)
{
	return ctl_fail_errno(ctl, command, "showing the answer", error);
}

/* What two different records of one number make of it. */
static int judge(const struct ctl *ctl, const struct command *command,
		 const struct audit_gaps *gaps)
{
	(void)audit_source_tell_gaps(ctl, command, gaps);
	return gaps->n_twice > 0 ? STATUS_FAILURE : STATUS_OK;
}

/* *ret_whole: all came out, whatever is to be said of it. */
static int search(struct ctl *ctl, const struct command *command,
		  struct audit_view *view, bool *ret_whole)
{
	scope(audit_gaps_deinit) struct audit_gaps gaps = { 0 };
	char sentence[FAILURE_LINE_MAX];
	struct audit_query query;
	struct text text;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = audit_query_read(&query, command, &text);
	if (r != 0)
		return refuse(ctl, command, sentence);
	r = audit_view_begin(view);
	if (r < 0)
		return show_failed(ctl, command, r);
	r = audit_source_run(ctl, command, &query, audit_view_take, view,
			     &gaps);
	if (r != STATUS_OK)
		return r;
	r = audit_view_end(view);
	if (r < 0)
		return show_failed(ctl, command, r);
	/* What was found comes before what was not. */
	r = output_finish(ctl->output);
	if (r < 0)
		return show_failed(ctl, command, r);
	*ret_whole = true;
	return judge(ctl, command, &gaps);
}

int audit_run_search(struct ctl *ctl, const struct command *command)
{
	scope(audit_view_deinit) struct audit_view view = {
		.output = ctl->output,
		.form = listing_form_of(command),
	};

	return search(ctl, command, &view, &(bool){ false });
}

/* Export. */

static int open_output(const char *path, FILE **ret_file)
{
	int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	FILE *file;

	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		int r = -errno;

		close(fd);
		unlink(path);
		return r;
	}
	*ret_file = file;
	return 0;
}

/* All of it is on the disk, or it is gone. */
static int close_output(const struct ctl *ctl, const struct command *command,
			FILE *file, bool whole, int status)
{
	const char *path = command->values[OPTION_OUTPUT];
	int r = 0;

	if (fflush(file) != 0 || ferror(file) || fsync(fileno(file)) < 0)
		r = errno > 0 ? -errno : -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	if (r < 0 && whole)
		status = ctl_fail_errno(ctl, command, path, r);
	if (r < 0 || !whole)
		(void)unlink(path);
	return status;
}

static int export_to_file(struct ctl *ctl, const struct command *command,
			  struct audit_view *view)
{
	FILE *before = ctl->output->stream, *file = NULL;
	bool whole = false;
	int r;

	r = open_output(command->values[OPTION_OUTPUT], &file);
	if (r < 0)
		return ctl_fail_errno(ctl, command,
				      command->values[OPTION_OUTPUT], r);
	ctl->output->stream = file;
	ctl->output->colour = false;
	r = search(ctl, command, view, &whole);
	ctl->output->stream = before;
	return close_output(ctl, command, file, whole, r);
}

int audit_run_export(struct ctl *ctl, const struct command *command)
{
	scope(audit_view_deinit) struct audit_view view = {
		.output = ctl->output,
		.form = command_has(command, OPTION_FORMAT)
				? listing_form_of(command)
				: LISTING_JSON,
	};

	return command_has(command, OPTION_OUTPUT)
		       ? export_to_file(ctl, command, &view)
		       : search(ctl, command, &view, &(bool){ false });
}
