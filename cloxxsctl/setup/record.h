/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Record: what setup changed, written down and on the disk before it is
 * changed, with the originals, so that undo finds its way back from any point,
 * also after a kill. One directory of root's, one line an act:
 *
 *     file N MODE UID GID PATH    N.old was there, N.new is to come
 *     new N PATH                  nothing was there, N.new is to come
 *     WORD ...                    an act of another kind
 *     done                        setup came to its end
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scope.h"

#define RECORD_DIRECTORY CLOXXS_STATEDIR "-setup"
#define RECORD_ACTS_MAX 200

struct record_act {
	char kind[16];
	char *about;         /* a path, a unit, a name */
	unsigned int number; /* of the originals; 0: none */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool was_there; /* of kind "file" */
};

struct record {
	int directory; /* locked while it is open */
	int log;
	struct record_act *acts;
	size_t n;
};

enum record_error {
	_RECORD_E_OK,
	RECORD_E_NONE,    /* there is none */
	RECORD_E_BUSY,    /* another setup has it */
	RECORD_E_FOREIGN, /* not root's alone, or not to be understood */
};

/* Opens the record and reads its acts; makes it where there is none and create
 * is set. RECORD_E_* or -errno. */
must_check int record_open(const char *directory, bool create,
			   struct record *ret_record);
void record_close(struct record *record);

/* Writes an act down. -errno */
must_check int record_act(struct record *record, const char *kind,
			  const char *about);
/* The same for a file that is about to be text, with what is there now. */
must_check int record_file(struct record *record, const char *path,
			   const char *text);
/* N.old or N.new of an act, freed by the caller. -errno */
must_check int record_text(const struct record *record,
			   const struct record_act *act, bool old,
			   char **ret_text);
bool record_has(const struct record *record, const char *kind,
		const char *about);
bool record_is_done(const struct record *record);
/* Removes all of it. -errno */
must_check int record_remove(struct record *record, const char *directory);

/*
 * Makes path hold text, by a new file and a rename: whole or not at all, also
 * after a power cut. A link is followed. -errno
 */
must_check int record_write_file(const char *path, const char *text,
				 mode_t mode, uid_t uid, gid_t gid);
/* Removes what a kill of that left beside path. -errno */
must_check int record_tidy_file(const char *path);
/* The file at path, freed by the caller; -errno. */
must_check int record_read_file(const char *path, char **ret_text);
