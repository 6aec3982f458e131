/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The courier names a file, and root opens it: in the courier's state
 *     directory and nowhere else, no link, and nobody else's file.
 *  2. What the courier says of the file is shown, and decides nothing.
 */
#include "cloxxsctl/geoip.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cloxxsctl/courier.h"
#include "cloxxsctl/request.h"

/* The longest that the courier may be told to take. */
#define FETCH_MS 610000
#define DIRECTORY CLOXXS_STATEDIR "-courier"
#define NAME "countries.mmdb"
#define PATH DIRECTORY "/" NAME

/* What became of the fetch; a status, told, where there is no file. */
static int judge(const struct ctl *ctl, const struct command *command,
		 const json_t *fetched)
{
	const char *result = output_member(fetched, "result", "");
	char sentence[FAILURE_LINE_MAX];
	struct text text;
	const char *detail;

	if (strcmp(result, "unset") == 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"no source is configured: see [countries] in "
				"cloxxs-courier.conf(5)");
	if (strcmp(result, "fetched") == 0 || strcmp(result, "unchanged") == 0)
		return STATUS_OK;
	detail = output_member(fetched, "detail", "the courier says not why");
	text_init(&text, sentence, sizeof(sentence));
	text_add(&text, "nothing was fetched: ");
	text_add_escaped(&text, detail, strnlen(detail, 200));
	return ctl_fail(ctl, command, STATUS_FAILURE, sentence);
}

/* The file of whom the directory belongs to, or of root; -errno. */
static int open_fetched(void)
{
	scope(scope_close) int directory =
		open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	scope(scope_close) int fd = -1;
	struct stat owner, status;

	if (directory < 0 || fstat(directory, &owner) < 0)
		return -errno;
	fd = openat(directory, NAME,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_nlink != 1 ||
	    (status.st_uid != owner.st_uid && status.st_uid != 0))
		return -EPERM;
	return scope_take_fd(&fd);
}

static int show(const struct ctl *ctl, const struct command *command,
		json_t *fetched, json_t *reply)
{
	FILE *stream = ctl->output->stream;
	bool changed = json_is_true(json_object_get(reply, "changed"));

	if (command_has(command, OPTION_JSON)) {
		if (json_object_set(reply, "fetched", fetched) < 0)
			return ctl_fail_errno(ctl, command,
					      "showing the answer", -ENOMEM);
		return request_show(ctl, command, reply);
	}
	fputs("Fetched from ", stream);
	output_foreign(ctl->output, output_member(fetched, "source", "?"));
	fputs(" (", stream);
	output_foreign(ctl->output, output_member(fetched, "location", "?"));
	fputs(changed ? "), and in force:\n" : "), and in force already:\n",
	      stream);
	return request_show(ctl, command, reply);
}

int geoip_run_update(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *fetched = NULL, *reply = NULL;
	scope(scope_close) int fd = -1;
	int r;

	r = courier_call(ctl, command, "nl.cloxxs.Courier.FetchCountries",
			 FETCH_MS, &fetched);
	if (r == STATUS_OK)
		r = judge(ctl, command, fetched);
	if (r != STATUS_OK)
		return r;
	if (strcmp(output_member(fetched, "path", ""), PATH) != 0)
		return ctl_fail(ctl, command, STATUS_FAILURE,
				"the courier names a file that is not " PATH);
	fd = open_fetched();
	if (fd < 0)
		return ctl_fail_errno(ctl, command, PATH, fd);
	r = geoip_adopt(ctl, command, output_member(fetched, "source", ""),
			PATH, fd, &reply);
	return r == STATUS_OK ? show(ctl, command, fetched, reply) : r;
}
