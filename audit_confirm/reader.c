/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A number counts only where journald says that uid sent the record.
 *  2. A journal that cannot be read is an error, never one without records:
 *     else all of them would be sent again, for ever.
 */
#include "audit_confirm/reader.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

#define FIELD "CLOXXS_SEQ"
/* Of a field: ours is shorter. */
#define THRESHOLD 64

static void close_journal(sd_journal **journal)
{
	sd_journal_close(*journal);
}

/* Something is always there, for journald tells of its own start. */
static int prove_readable(sd_journal *journal)
{
	int r = sd_journal_seek_head(journal);

	if (r >= 0)
		r = sd_journal_next(journal);
	if (r < 0)
		return r;
	return r == 0 ? READER_E_EMPTY : 0;
}

static int seek(sd_journal *journal, uid_t uid, int64_t since_us)
{
	char match[32];
	int r;

	(void)snprintf(match, sizeof(match), "_UID=%lu", (unsigned long)uid);
	r = sd_journal_add_match(journal, match, 0);
	if (r >= 0)
		r = sd_journal_set_data_threshold(journal, THRESHOLD);
	if (r >= 0)
		r = sd_journal_seek_realtime_usec(
			journal, since_us > 0 ? (uint64_t)since_us : 0);
	return r;
}

/* What has no number, or a number that is damaged, is no record of ours. */
static void take(sd_journal *journal, struct numbers *numbers)
{
	const size_t n_name = strlen(FIELD "=");
	const void *data;
	size_t n;

	if (sd_journal_get_data(journal, FIELD, &data, &n) >= 0 && n > n_name)
		numbers_add(numbers, (const char *)data + n_name, n - n_name);
}

int reader_look(uid_t uid, int64_t since_us, struct numbers *numbers)
{
	scope(close_journal) sd_journal *journal = NULL;
	int r;

	r = sd_journal_open_namespace(&journal, NULL,
				      SD_JOURNAL_LOCAL_ONLY |
					      SD_JOURNAL_ALL_NAMESPACES);
	if (r < 0)
		return r;
	r = prove_readable(journal);
	if (r != 0)
		return r;
	r = seek(journal, uid, since_us);
	if (r < 0)
		return r;
	while ((r = sd_journal_next(journal)) > 0)
		take(journal, numbers);
	return r;
}
