/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User file: users as they stand in a file, in CSV, JSON, or the form of
 * passwd(5) with shadow(5) beside it, read into the objects that the daemon's
 * method ImportUsers takes. It says what is no such file; what is no such user
 * the daemon says.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

#define USER_FILE_MAX (64 * 1024 * 1024)

enum user_column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_TRUTH, /* true or false */
	COLUMN_LIST,  /* by comma; empty: none */
	COLUMN_TIME,  /* as time_value.h has it; in JSON a number too */
	COLUMN_TIME_END,
};

/* What a file may tell of a user, in the order in which an export does. */
struct user_column {
	const char *name;
	enum user_column_type type;
	bool exported;
};
extern const struct user_column user_columns[]; /* ended by name NULL */

struct user_bytes {
	char *bytes; /* wiped when freed: there may be hashes in it */
	size_t n;
};
/* Reads all of path, "-" for standard input. -errno, -EFBIG. */
must_check int user_bytes_read(const char *path, struct user_bytes *ret_bytes);
void user_bytes_deinit(struct user_bytes *bytes);

struct user_file_args {
	struct user_bytes users, shadow; /* shadow may be empty */
	/* Takes user, who has his line in him. What it returns other than 0
	 * ends the reading and is handed up. */
	int (*user)(json_t *user, void *userdata);
	void (*fault)(int64_t line, const char *sentence, void *userdata);
	void *userdata;
};

/* One for each format. -ENOMEM, or what user returned. */
must_check int user_file_read_csv(const struct user_file_args *args);
must_check int user_file_read_json(const struct user_file_args *args);
must_check int user_file_read_passwd(const struct user_file_args *args);
