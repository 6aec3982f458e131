/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms of passwd(5) and shadow(5). Of people's names nothing is taken. */
#include <string.h>
#include <time.h>

#include "base/timestamp.h"
#include "cloxxsctl/user_file.h"

/* Debian's: below and above them are accounts of the system. */
#define PERSON_UID_MIN 1000
#define PERSON_UID_MAX 59999
#define SYSTEM_UID_END 65536

/* Lines into fields, in place of what is read: a copy that is wiped. */
struct table_line {
	int64_t line;
	size_t n_fields;
	char *fields[9];
};

struct table {
	struct user_bytes bytes; /* a copy, its colons and ends made NUL */
	struct table_line *lines;
	size_t n;
};

static void table_deinit(struct table *table)
{
	user_bytes_deinit(&table->bytes);
	free(table->lines);
}

static void split(char *begin, struct table_line *line)
{
	line->n_fields = 0;
	for (char *field = begin; field && line->n_fields < 9;) {
		char *colon = strchr(field, ':');

		line->fields[line->n_fields++] = field;
		if (colon)
			*colon = '\0';
		field = colon ? colon + 1 : NULL;
	}
}

/* bytes has room for a NUL behind its n, as user_bytes_read() leaves it. */
static int table_init(struct table *table, const struct user_bytes *bytes)
{
	size_t n_lines = 1;
	int64_t line = 1;

	*table = (struct table){ .bytes.bytes = malloc(bytes->n + 1) };
	for (size_t i = 0; i < bytes->n; i++)
		n_lines += bytes->bytes[i] == '\n';
	table->lines = calloc(n_lines, sizeof(*table->lines));
	if (!table->bytes.bytes || !table->lines)
		return -ENOMEM;
	if (bytes->n > 0)
		memcpy(table->bytes.bytes, bytes->bytes, bytes->n);
	table->bytes.n = bytes->n;
	table->bytes.bytes[bytes->n] = '\0';
	for (char *at = table->bytes.bytes,
		  *end = table->bytes.bytes + bytes->n;
	     at < end; line++) {
		char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop)
			*stop = '\0';
		else
			stop = end;
		if (stop > at) {
			table->lines[table->n].line = line;
			/* A NUL within: no line of such a file. */
			if (strlen(at) == (size_t)(stop - at))
				split(at, &table->lines[table->n]);
			table->n++;
		}
		at = stop + 1;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct table_line *x = a, *y = b;

	return strcmp(x->n_fields ? x->fields[0] : "",
		      y->n_fields ? y->fields[0] : "");
}

static const struct table_line *find_line(const struct table *table, char *name)
{
	const struct table_line wanted = { .n_fields = 1, .fields = { name } };

	return table->n > 0 ? bsearch(&wanted, table->lines, table->n,
				      sizeof(wanted), by_name)
			    : NULL;
}

static bool read_uid(const char *field, int64_t *ret_uid)
{
	size_t n = strspn(field, "0123456789");

	if (n == 0 || n > 10 || field[n])
		return false;
	*ret_uid = (int64_t)strtoull(field, NULL, 10);
	return true;
}

/* What the line is that is no user; NULL where it is one. */
static const char *line_fault(const struct table_line *line, int64_t *ret_uid)
{
	if (line->n_fields != 7)
		return "it has not the seven fields of passwd(5)";
	if (!read_uid(line->fields[2], ret_uid))
		return "the third field is no uid";
	if (*ret_uid < PERSON_UID_MIN ||
	    (*ret_uid > PERSON_UID_MAX && *ret_uid < SYSTEM_UID_END))
		return "this is an account of the system; leave it out";
	return NULL;
}

/* Days since 1970 of shadow's expiry, the first on which nobody gets in; none
 * where there are none. */
static int add_expiry(json_t *user, const char *field, int64_t today)
{
	int64_t day;

	if (!read_uid(field, &day) || day * 86400 - 1 > TIMESTAMP_MAX)
		return 0;
	if (day <= today)
		return json_object_set_new(user, "enabled", json_false());
	return json_object_set_new(user, "not_after",
				   json_integer(day * 86400 - 1));
}

/*
 * '!' and '*' stand for no password; what begins with '!' was locked. One that
 * was to be changed at the next login (last change on day 0) is not taken.
 */
static int add_hash(json_t *user, const struct table_line *shadow)
{
	const char *hash = shadow->fields[1];
	json_t *value;

	if (*hash == '\0' || *hash == '!' || *hash == '*' ||
	    strcmp(shadow->fields[2], "0") == 0)
		return 0;
	value = json_string(hash);
	/* What is no UTF-8 is no hash: the daemon says so. */
	return json_object_set_new(user, "password_hash",
				   value ? value : json_string("?"));
}

static json_t *user_of(const struct table_line *line, int64_t uid)
{
	return json_pack("{s:I, s:s, s:I, s:s, s:s}", "line",
			 (json_int_t)line->line, "name", line->fields[0],
			 "wanted_uid", (json_int_t)uid, "home", line->fields[5],
			 "shell",
			 *line->fields[6] ? line->fields[6] : "/bin/sh");
}

static int read_line(const struct user_file_args *args,
		     const struct table_line *line, const struct table *shadows,
		     int64_t today)
{
	const struct table_line *shadow;
	int64_t uid = 0;
	const char *fault = line_fault(line, &uid);
	json_t *user = fault ? NULL : user_of(line, uid);

	if (!user) {
		args->fault(line->line, fault ? fault : "it is not valid UTF-8",
			    args->userdata);
		return 0;
	}
	shadow = find_line(shadows, line->fields[0]);
	if (shadow && shadow->n_fields != 9) {
		args->fault(line->line,
			    "his line in the shadow file has not "
			    "the nine fields of shadow(5)",
			    args->userdata);
		json_decref(user);
		return 0;
	}
	if (shadow && (add_hash(user, shadow) < 0 ||
		       add_expiry(user, shadow->fields[7], today) < 0)) {
		json_decref(user);
		return -ENOMEM;
	}
	return args->user(user, args->userdata);
}

int user_file_read_passwd(const struct user_file_args *args)
{
	scope(table_deinit) struct table users = { 0 };
	scope(table_deinit) struct table shadows = { 0 };
	int64_t today = (int64_t)time(NULL) / 86400;
	int r;

	r = table_init(&users, &args->users);
	if (r == 0)
		r = table_init(&shadows, &args->shadow);
	if (r == 0 && shadows.n > 0)
		qsort(shadows.lines, shadows.n, sizeof(*shadows.lines),
		      by_name);
	for (size_t i = 0; r == 0 && i < users.n; i++)
		r = read_line(args, &users.lines[i], &shadows, today);
	return r;
}
