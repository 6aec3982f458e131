/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/owner.h"

#include <stdbool.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "cloxxsctl/audit/entry.h"
#include "cloxxsctl/audit/journal.h"

#define OWNERS_MAX 16
#define UIDS_MAX 4096
#define MACHINES_MAX 4096
#define MACHINE "_MACHINE_ID="

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

static int match_uid(sd_journal *journal, uid_t uid)
{
	char pair[24];
	struct text text;

	text_init(&text, pair, sizeof(pair));
	text_add_format(&text, "_UID=%u", uid);
	return sd_journal_add_match(journal, pair, text.n);
}

/* Stops at a record that looks like one of ours, of those matched; 0: none. */
static int find_ours(sd_journal *journal)
{
	const void *data;
	size_t n;
	int r;

	r = sd_journal_add_match(journal, "SYSLOG_IDENTIFIER=cloxxsd", 0);
	if (r >= 0)
		r = sd_journal_seek_head(journal);
	/* Its log has no sequence numbers. */
	while (r >= 0 && (r = sd_journal_next(journal)) > 0)
		if (sd_journal_get_data(journal, "CLOXXS_SEQ", &data, &n) >= 0)
			return 1;
	return r;
}

/* Whether a record of uid looks like one of ours. */
static int looks_like_ours(sd_journal *journal, uid_t uid)
{
	int r;

	sd_journal_flush_matches(journal);
	r = match_uid(journal, uid);
	return r < 0 ? r : find_ours(journal);
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
	text_add(fault, "): name its uid there with --uid; the others are of "
			"another host, or forged");
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

/* Machines. */

struct machines {
	size_t n;
	char pairs[MACHINES_MAX][sizeof(MACHINE) + SD_ID128_STRING_MAX];
};

static int read_machines(sd_journal *journal, struct machines *machines)
{
	const void *data;
	size_t n;
	int r;

	r = sd_journal_query_unique(journal, "_MACHINE_ID");
	if (r < 0)
		return r;
	sd_journal_restart_unique(journal);
	while (machines->n < MACHINES_MAX &&
	       (r = sd_journal_enumerate_available_unique(journal, &data, &n)) >
		       0) {
		char *pair = machines->pairs[machines->n];

		if (n >= sizeof(machines->pairs[0]))
			continue;
		memcpy(pair, data, n);
		pair[n] = '\0';
		machines->n++;
	}
	return r < 0 ? r : 0;
}

/* Of whom the record is where the journal stands. */
static void add_host(sd_journal *journal, const char *pair, struct text *names)
{
	static const char name[] = "_HOSTNAME=";
	const char *data;
	size_t n;

	text_add(names, names->n ? ", " : "");
	if (sd_journal_get_data(journal, "_HOSTNAME", (const void **)&data,
				&n) >= 0 &&
	    n > strlen(name))
		text_add_escaped(names, data + strlen(name), n - strlen(name));
	else
		text_add_escaped(names, pair + strlen(MACHINE),
				 strlen(pair + strlen(MACHINE)));
}

int audit_owner_prove_one_machine(sd_journal *journal, const uid_t *uid,
				  struct text *fault)
{
	scope(scope_free) struct machines *machines =
		calloc(1, sizeof(*machines));
	char buffer[256];
	struct text names;
	size_t n = 0;
	int r;

	if (!machines)
		return -ENOMEM;
	text_init(&names, buffer, sizeof(buffer));
	r = read_machines(journal, machines);
	for (size_t i = 0; machines->n > 1 && i < machines->n && r >= 0; i++) {
		sd_journal_flush_matches(journal);
		r = sd_journal_add_match(journal, machines->pairs[i], 0);
		if (r >= 0 && uid)
			r = match_uid(journal, *uid);
		if (r >= 0)
			r = find_ours(journal);
		if (r <= 0)
			continue;
		add_host(journal, machines->pairs[i], &names);
		n++;
	}
	sd_journal_flush_matches(journal);
	if (r < 0 || n < 2)
		return r < 0 ? r : 0;
	text_add_format(fault,
			"records of cloxxsd in it are of %zu machines (%s%s): "
			"name the files of one of them with --file",
			n, buffer, text_is_cut(&names) ? " ..." : "");
	return AUDIT_JOURNAL_E_MACHINES;
}
