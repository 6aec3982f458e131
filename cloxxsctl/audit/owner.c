/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/owner.h"

#include <stdbool.h>
#include <string.h>

#include "cloxxsctl/audit/entry.h"
#include "cloxxsctl/audit/journal.h"

#define OWNERS_MAX 16
#define UIDS_MAX 4096

struct owners {
	size_t n;
	uid_t uids[OWNERS_MAX];
};

struct uids {
	size_t n;
	uid_t uids[UIDS_MAX];
};

static bool read_uid(const char *digits, size_t n, uid_t *ret_uid)
{
	uint64_t uid = 0;

	if (n == 0 || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		uid = uid * 10 + (uint64_t)(digits[i] - '0');
	}
	*ret_uid = (uid_t)uid;
	return uid < UINT32_MAX;
}

/* Every uid that sent something. */
static int read_uids(sd_journal *journal, struct uids *uids)
{
	const void *data;
	size_t n;
	int r;

	r = sd_journal_query_unique(journal, "_UID");
	if (r < 0)
		return r;
	sd_journal_restart_unique(journal);
	while ((r = sd_journal_enumerate_available_unique(journal, &data, &n)) >
	       0)
		if (n > 5 && uids->n < UIDS_MAX &&
		    read_uid((const char *)data + 5, n - 5,
			     &uids->uids[uids->n]))
			uids->n++;
	return r;
}

/* Whether a record of uid looks like one of ours. */
static int looks_like_ours(sd_journal *journal, uid_t uid)
{
	char pair[24];
	struct text text;
	const void *data;
	size_t n;
	int r;

	text_init(&text, pair, sizeof(pair));
	text_add_format(&text, "_UID=%u", uid);
	sd_journal_flush_matches(journal);
	r = sd_journal_add_match(journal, pair, text.n);
	if (r >= 0)
		r = sd_journal_add_match(journal, "SYSLOG_IDENTIFIER=cloxxsd",
					 0);
	if (r >= 0)
		r = sd_journal_seek_head(journal);
	/* Its log has no sequence numbers. */
	while (r >= 0 && (r = sd_journal_next(journal)) > 0)
		if (sd_journal_get_data(journal, "CLOXXS_SEQ", &data, &n) >= 0)
			return 1;
	return r;
}

static int refuse(const struct owners *owners, struct text *fault)
{
	if (owners->n == 0) {
		text_add(fault, "there is no record of cloxxsd in it");
		return AUDIT_JOURNAL_E_WHOSE;
	}
	text_add(fault, "records of cloxxsd in it are of different uids (");
	for (size_t i = 0; i < owners->n; i++)
		text_add_format(fault, "%s%u", i ? ", " : "", owners->uids[i]);
	text_add(fault, "): not all are its own; name its uid there with "
			"--uid");
	return AUDIT_JOURNAL_E_WHOSE;
}

int audit_owner_find(sd_journal *journal, struct text *fault, uid_t *ret_uid)
{
	scope(scope_free) struct uids *uids = calloc(1, sizeof(*uids));
	struct owners owners = { 0 };
	int r;

	if (!uids)
		return -ENOMEM;
	r = read_uids(journal, uids);
	for (size_t i = 0; i < uids->n && r >= 0 && owners.n < OWNERS_MAX;
	     i++) {
		r = looks_like_ours(journal, uids->uids[i]);
		if (r > 0)
			owners.uids[owners.n++] = uids->uids[i];
	}
	sd_journal_flush_matches(journal);
	if (r < 0)
		return r;
	if (owners.n != 1)
		return refuse(&owners, fault);
	*ret_uid = owners.uids[0];
	return 0;
}
