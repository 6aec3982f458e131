/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/brought.h"

#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/audit/journal.h"

#define PATTERN_MAX 8192

/* A directory of a machine's, as journald names it. */
#define FOUR "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
#define MACHINE_ID FOUR FOUR FOUR FOUR FOUR FOUR FOUR FOUR

struct brought {
	const char *place;
	bool skips_damaged;
	glob_t found;
	const char **files; /* of found, ended by NULL */
	size_t n;
};

static void brought_deinit(struct brought *brought)
{
	globfree(&brought->found);
	free(brought->files);
}

static int refuse(const char *path, struct text *fault)
{
	text_add(fault, "there is no journal that can be read in ");
	text_add_escaped(fault, path, strnlen(path, 200));
	return AUDIT_JOURNAL_E_MISSING;
}

static int open_one(const char *path)
{
	const char *files[] = { path, NULL };
	sd_journal *journal = NULL;
	int r = sd_journal_open_files(&journal, files, 0);

	sd_journal_close(journal);
	return r;
}

static bool is_damage(int error)
{
	return error == -EBADMSG || error == -ENODATA || error == -EIO ||
	       error == -EPROTONOSUPPORT;
}

/* One that cannot be opened would have all others refused, without its name. */
static int sift(struct brought *brought, struct text *fault)
{
	const glob_t *found = &brought->found;

	brought->files = calloc(found->gl_pathc + 1, sizeof(*brought->files));
	if (!brought->files)
		return -ENOMEM;
	for (size_t i = 0; i < found->gl_pathc; i++) {
		int r = open_one(found->gl_pathv[i]);

		if (r >= 0)
			brought->files[brought->n++] = found->gl_pathv[i];
		else if (r == -ENOMEM)
			return r;
		else if (!brought->skips_damaged || !is_damage(r))
			return refuse(found->gl_pathv[i], fault);
	}
	return brought->n > 0 ? 0 : refuse(brought->place, fault);
}

static int open_found(struct brought *brought, struct text *fault,
		      sd_journal **ret_journal)
{
	int r = sift(brought, fault);

	if (r != 0)
		return r;
	r = sd_journal_open_files(ret_journal, brought->files, 0);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? refuse(brought->place, fault) : 0;
}

int audit_brought_files(const char *pattern, struct text *fault,
			sd_journal **ret_journal)
{
	scope(brought_deinit) struct brought brought = { .place = pattern };

	/* What matches nothing may be a name with a bracket in it. */
	if (glob(pattern, GLOB_NOCHECK, NULL, &brought.found) == GLOB_NOSPACE)
		return -ENOMEM;
	return open_found(&brought, fault, ret_journal);
}

/* Only below is a pattern, place is a name. */
static int find_below(struct brought *brought, const char *below)
{
	char pattern[PATTERN_MAX];
	struct text text;

	text_init(&text, pattern, sizeof(pattern));
	for (const char *c = brought->place; *c; c++)
		text_add_format(&text, "%s%c", strchr("*?[\\", *c) ? "\\" : "",
				*c);
	text_add(&text, below);
	if (text_is_cut(&text))
		return 0;
	return glob(pattern, brought->found.gl_pathc > 0 ? GLOB_APPEND : 0,
		    NULL, &brought->found) == GLOB_NOSPACE
		       ? -ENOMEM
		       : 0;
}

int audit_brought_directory(const char *directory, struct text *fault,
			    sd_journal **ret_journal)
{
	static const char *const places[] = {
		"/*.journal",
		"/*.journal~",
		"/" MACHINE_ID "/*.journal",
		"/" MACHINE_ID "/*.journal~",
		"/" MACHINE_ID ".*/*.journal",
		"/" MACHINE_ID ".*/*.journal~",
	};
	scope(brought_deinit) struct brought brought = {
		.place = directory,
		.skips_damaged = true,
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (find_below(&brought, places[i]) < 0)
			return -ENOMEM;
	return open_found(&brought, fault, ret_journal);
}
