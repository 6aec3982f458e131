/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. It says nothing of a journal that it could not read to the end.
 *  2. It takes nothing from its surroundings: no argument, and no variable but
 *     that by which systemd says where its log goes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "audit_confirm/reader.h"
#include "audit_confirm/inquiry.h"
#include "base/clock.h"
#include "base/text.h"

#define SOCKET CLOXXS_RUNDIR "/cloxxsd.sock"
#define MAP CLOXXS_STATEDIR "/identity.map"
#define TIMEOUT_MS 30000
/* By so much the clock may have been set back between a record and journald. */
#define MARGIN_US (INT64_C(600) * 1000000)

enum status {
	STATUS_OK,
	STATUS_FAILURE,
	STATUS_USAGE,
};

static void begin_line(int priority)
{
	if (secure_getenv("JOURNAL_STREAM"))
		(void)fprintf(stderr, "<%d>", priority);
	else
		(void)fputs("cloxxs-audit-confirm: ", stderr);
}

static int fail(const char *what, const char *why)
{
	begin_line(LOG_ERR);
	(void)fprintf(stderr, "%s: %s; no record was looked for\n", what, why);
	return STATUS_FAILURE;
}

static void tell_lost(int64_t n_lost)
{
	begin_line(LOG_WARNING);
	(void)fprintf(stderr,
		      "the journal lost %" PRId64
		      " record%s, which %s sent to it again\n",
		      n_lost, text_plural(n_lost), n_lost == 1 ? "is" : "are");
}

/* As whom the daemon writes: as the one who owns what it publishes. */
static int find_uid(uid_t *ret_uid)
{
	struct stat map;

	if (lstat(MAP, &map) < 0)
		return -errno;
	if (!S_ISREG(map.st_mode))
		return -EINVAL;
	*ret_uid = map.st_uid;
	return 0;
}

static int look(const struct unseen *unseen, struct numbers *numbers)
{
	uid_t uid;
	int r = find_uid(&uid);

	if (r < 0)
		return fail(MAP, strerrordesc_np(-r));
	r = numbers_init(numbers, unseen->first, unseen->last);
	if (r == 0)
		r = reader_look(uid, unseen->since_us - MARGIN_US, numbers);
	if (r < 0)
		return fail("the journal", strerrordesc_np(-r));
	switch ((enum reader_error)r) {
	case _READER_E_OK:
		break;
	case READER_E_EMPTY:
		return fail("the journal", "nothing is there, or it may not be "
					   "read: is this account in the group "
					   "systemd-journal?");
	}
	return STATUS_OK;
}

static int confirm(struct varlink_client *client, const struct unseen *unseen)
{
	scope(numbers_deinit) struct numbers numbers = { 0 };
	const int64_t until_us = clock_realtime_us();
	int64_t n_lost = 0;
	int r;

	r = look(unseen, &numbers);
	if (r != STATUS_OK)
		return r;
	r = inquiry_tell(client, &numbers, until_us, &n_lost);
	if (r != 0)
		return fail("cloxxsd", inquiry_error_text(r));
	if (n_lost > 0)
		tell_lost(n_lost);
	return STATUS_OK;
}

static int run(void)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	struct unseen unseen;
	int r = inquiry_connect(SOCKET, TIMEOUT_MS, &client);

	if (r == 0)
		r = inquiry_ask(client, &unseen);
	if (r != 0)
		return fail("cloxxsd", inquiry_error_text(r));
	return unseen.first == 0 ? STATUS_OK : confirm(client, &unseen);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 1)
		return run();
	(void)fputs("usage: cloxxs-audit-confirm\n"
		    "systemd runs it, as cloxxs-audit-confirm.service\n",
		    stderr);
	return STATUS_USAGE;
}
