/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/journal.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>

#include "cloxxsctl/audit/brought.h"
#include "cloxxsctl/audit/owner.h"
#include "cloxxsctl/audit/reading.h"

#define IDENTITY_MAP CLOXXS_STATEDIR "/identity.map"

static bool can_read(const char *pattern)
{
	bool readable = false;
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !readable; i++)
		readable = access(found.gl_pathv[i], R_OK) == 0;
	globfree(&found);
	return readable;
}

/* sd_journal_open(3) succeeds for who may read nothing. */
static bool can_read_host(void)
{
	char machine[SD_ID128_STRING_MAX], pattern[128];
	static const char *const places[] = { "/var/log/journal",
					      "/run/log/journal" };
	sd_id128_t id;
	struct text text;

	if (sd_id128_get_machine(&id) < 0)
		return false;
	sd_id128_to_string(id, machine);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		text_init(&text, pattern, sizeof(pattern));
		text_add_format(&text, "%s/%s*/system*.journal", places[i],
				machine);
		if (can_read(pattern))
			return true;
	}
	return false;
}

static int open_journal(const struct audit_query *query, struct text *fault,
			sd_journal **ret)
{
	if (query->file)
		return audit_brought_files(query->file, fault, ret);
	/* Files that come later are seen in an open directory only. */
	if (query->directory && query->follows)
		return sd_journal_open_directory(ret, query->directory, 0);
	if (query->directory)
		return audit_brought_directory(query->directory, fault, ret);
	if (query->namespace)
		return sd_journal_open_namespace(ret, query->namespace,
						 SD_JOURNAL_LOCAL_ONLY);
	/* A record of ours is one in whichever namespace it stands. */
	return sd_journal_open_namespace(
		ret, NULL, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_ALL_NAMESPACES);
}

/* A directory without a journal opens well. */
static bool is_empty(sd_journal *journal)
{
	uint64_t from, to;

	return sd_journal_get_cutoff_realtime_usec(journal, &from, &to) <= 0;
}

static int refuse_missing(const struct audit_query *query, struct text *fault)
{
	const char *place = query->file        ? query->file
			    : query->directory ? query->directory
					       : query->namespace;

	text_add(fault, "there is no journal that can be read in ");
	text_add_escaped(fault, place, strnlen(place, 200));
	return AUDIT_JOURNAL_E_MISSING;
}

static int find_uid(struct audit_journal *journal,
		    const struct audit_query *query, struct text *fault)
{
	struct stat st;
	int r;

	if (query->file || query->directory) {
		r = audit_owner_prove_one_machine(
			journal->journal, query->has_uid ? &query->uid : NULL,
			fault);
		if (r != 0)
			return r;
	}
	if (query->has_uid) {
		journal->uid = query->uid;
		return 0;
	}
	if (query->file || query->directory)
		return audit_owner_find(journal->journal, fault, &journal->uid);
	if (stat(IDENTITY_MAP, &st) == 0) {
		journal->uid = st.st_uid;
		return 0;
	}
	text_add(fault, IDENTITY_MAP " is not there, whose owner tells which "
				     "records are of cloxxsd; name him with "
				     "--uid");
	return AUDIT_JOURNAL_E_WHOSE;
}

int audit_journal_new(const struct audit_query *query, struct text *fault,
		      struct audit_journal **ret_journal)
{
	scope(audit_journal_freep) struct audit_journal *journal = NULL;
	bool brought = query->file || query->directory;
	int r;

	if (!brought && !query->namespace && !can_read_host()) {
		text_add(fault, "the journal of this host cannot be read");
		return AUDIT_JOURNAL_E_UNREADABLE;
	}
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return -ENOMEM;
	r = open_journal(query, fault, &journal->journal);
	if (r > 0)
		return r;
	if (r < 0 && r != -ENOMEM && (brought || query->namespace))
		return refuse_missing(query, fault);
	if (r < 0)
		return r;
	if ((brought || query->namespace) && is_empty(journal->journal))
		return refuse_missing(query, fault);
	journal->is_ours = !brought;
	r = find_uid(journal, query, fault);
	if (r != 0)
		return r;
	*ret_journal = scope_take_ptr(journal);
	return 0;
}

struct audit_journal *audit_journal_free(struct audit_journal *journal)
{
	if (!journal)
		return NULL;
	sd_journal_close(journal->journal);
	free(journal);
	return NULL;
}

bool audit_journal_is_ours(const struct audit_journal *journal)
{
	return journal->is_ours;
}
