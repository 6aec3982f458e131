/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ini: a strict reader of configuration files.
 *
 *     [section]  or  [section name]
 *     key = value
 *     # a comment, on a line of its own; ';' begins one too
 *
 * Blanks around a line, a key and a value are dropped; the value is the rest
 * of the line as it stands. No continuation, quotes, escapes or includes.
 * It knows no keys and judges no values. Written by hand because libeconf
 * 0.5.1 (Debian 12) gives no line number of a value and swallows duplicates,
 * and with two readers of one file the two would one day differ.
 */

#include <stddef.h>

#include "base/scope.h"
#include "conf/findings.h"

#define INI_FILE_MAX (1024 * 1024)
#define INI_LINE_MAX 4096

struct ini_entry {
	const char *file;
	unsigned int line;
	const char *section;
	const char *name; /* the section's, or NULL */
	const char *key;  /* NULL: this is the section's own line */
	const char *value;
};

/* Whom to tell. */
struct ini_reader {
	struct findings *findings;
	/* 0: go on; else reading ends with it. Strings live for this call. */
	int (*each)(const struct ini_entry *entry, void *userdata);
	void *userdata;
};

/*
 * Reads n bytes (changed in place; bytes[n] must be NUL) as the content of
 * file. What is no such text becomes findings, and where a byte is no text at
 * all the reading of this file ends. Findings do not change the return value:
 * 0, or what each returned.
 */
must_check int ini_parse(const struct ini_reader *reader, const char *file,
			 char *bytes, size_t n);
/* Reads fd to its end, then does the same. -errno, or what each returned. */
must_check int ini_read(const struct ini_reader *reader, const char *file,
			int fd);
