/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/user_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cloxxsctl/csv.h"
#include "cloxxsctl/time_value.h"
#include "cloxxsctl/word_list.h"

const struct user_column user_columns[] = {
	{ "name", COLUMN_TEXT, true },
	{ "uid", COLUMN_NUMBER, true },
	{ "role", COLUMN_TEXT, true },
	{ "enabled", COLUMN_TRUTH, true },
	{ "services", COLUMN_LIST, true },
	{ "shell", COLUMN_TEXT, true },
	{ "home", COLUMN_TEXT, true },
	{ "language", COLUMN_TEXT, true },
	{ "networks", COLUMN_LIST, true },
	{ "not_before", COLUMN_TIME, true },
	{ "not_after", COLUMN_TIME_END, true },
	{ "hours", COLUMN_TEXT, true },
	{ "password_hash", COLUMN_TEXT, false },
	{ NULL, COLUMN_TEXT, false },
};

static int read_all(int fd, struct user_bytes *bytes)
{
	size_t size = 1 << 16;

	for (;;) {
		char *larger;
		ssize_t n;

		if (bytes->n + 1 >= size || !bytes->bytes) {
			size *= 2;
			larger = malloc(size);
			if (!larger)
				return -ENOMEM;
			if (bytes->n > 0)
				memcpy(larger, bytes->bytes, bytes->n);
			n = (ssize_t)bytes->n;
			user_bytes_deinit(bytes);
			bytes->bytes = larger;
			bytes->n = (size_t)n;
		}
		n = read(fd, bytes->bytes + bytes->n, size - bytes->n - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		bytes->n += (size_t)n;
		if (bytes->n > USER_FILE_MAX)
			return -EFBIG;
	}
}

int user_bytes_read(const char *path, struct user_bytes *ret_bytes)
{
	struct user_bytes bytes = { 0 };
	scope(scope_close) int fd = -1;
	int r;

	if (strcmp(path, "-") == 0)
		fd = dup(STDIN_FILENO);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = read_all(fd, &bytes);
	if (r < 0) {
		user_bytes_deinit(&bytes);
		return r;
	}
	*ret_bytes = bytes;
	return 0;
}

void user_bytes_deinit(struct user_bytes *bytes)
{
	if (bytes->bytes)
		explicit_bzero(bytes->bytes, bytes->n);
	free(bytes->bytes);
	*bytes = (struct user_bytes){ 0 };
}

static const struct user_column *find_column(const char *name)
{
	for (size_t i = 0; user_columns[i].name; i++)
		if (strcmp(user_columns[i].name, name) == 0)
			return &user_columns[i];
	return NULL;
}

/* A fault about a foreign word. */
static void fault_about(const struct user_file_args *args, int64_t line,
			const char *word, const char *sentence)
{
	char buffer[380];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add(&text, "\"");
	text_add_escaped(&text, word, strnlen(word, 60));
	text_add(&text, "\" ");
	text_add(&text, sentence);
	args->fault(line, buffer, args->userdata);
}

/* CSV. */

struct reading {
	const struct user_file_args *args;
	const struct user_column *columns[CSV_FIELDS_MAX]; /* of the fields */
};

/* A name that no column or member has, with all that there are. */
static void fault_of_name(const struct user_file_args *args, int64_t line,
			  const char *name, const char *sentence,
			  const char *those)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_format(&text, "%s; %s are ", sentence, those);
	for (size_t i = 0; user_columns[i].name; i++)
		text_add_format(&text, "%s%s",
				i == 0                     ? ""
				: user_columns[i + 1].name ? ", "
							   : " and ",
				user_columns[i].name);
	fault_about(args, line, name, buffer);
}

static bool read_header(const struct csv_row *row, void *userdata)
{
	struct reading *reading = userdata;
	const struct user_file_args *args = reading->args;
	bool good = true, named = false;

	for (size_t i = 0; i < row->n_fields; i++) {
		const struct user_column *column = find_column(row->fields[i]);

		if (!column) {
			if (strchr(row->fields[i], ';'))
				fault_about(args, row->line, row->fields[i],
					    "is no column: columns are parted "
					    "by commas");
			else
				fault_of_name(args, row->line, row->fields[i],
					      "is no column", "columns");
			good = false;
			continue;
		}
		for (size_t j = 0; j < i; j++)
			if (reading->columns[j] == column) {
				fault_about(args, row->line, row->fields[i],
					    "is a column twice");
				good = false;
			}
		reading->columns[i] = column;
		named = named || strcmp(column->name, "name") == 0;
	}
	if (!named)
		args->fault(row->line, "there is no column \"name\"",
			    args->userdata);
	return good && named;
}

static json_t *number_of(const char *field)
{
	size_t n = strspn(field, "0123456789");

	if (n == 0 || n > 10 || field[n])
		return NULL;
	return json_integer((json_int_t)strtoull(field, NULL, 10));
}

static json_t *time_of(enum user_column_type type, const char *field)
{
	int64_t seconds;

	if (!time_value_read(field,
			     type == COLUMN_TIME_END ? TIMESTAMP_END
						     : TIMESTAMP_BEGIN,
			     &seconds))
		return NULL;
	return json_integer((json_int_t)seconds);
}

/* The field as the column's type; NULL where it is none. */
static json_t *value_of(enum user_column_type type, const char *field)
{
	switch (type) {
	case COLUMN_TEXT:
		return json_string(field);
	case COLUMN_NUMBER:
		return number_of(field);
	case COLUMN_TRUTH:
		if (strcmp(field, "true") == 0)
			return json_true();
		return strcmp(field, "false") == 0 ? json_false() : NULL;
	case COLUMN_LIST:
		return word_list_json(field);
	case COLUMN_TIME:
	case COLUMN_TIME_END:
		return time_of(type, field);
	}
	return NULL;
}

static const char *type_fault(enum user_column_type type)
{
	switch (type) {
	case COLUMN_NUMBER:
		return "is no number";
	case COLUMN_TRUTH:
		return "is neither true nor false";
	case COLUMN_TIME:
	case COLUMN_TIME_END:
		return "is no time such as 2027-01-31, 2027-01-31T09:00 or "
		       "never";
	case COLUMN_TEXT:
	case COLUMN_LIST:
		break;
	}
	return "is not valid UTF-8";
}

static json_t *user_at(int64_t line)
{
	return json_pack("{s:I}", "line", (json_int_t)line);
}

/* NULL: a fault was told, or there is no memory. */
static json_t *user_of_row(const struct reading *reading,
			   const struct csv_row *row)
{
	json_t *user = user_at(row->line);

	for (size_t i = 0; user && i < row->n_fields; i++) {
		const struct user_column *column = reading->columns[i];
		const char *field = row->fields[i];
		json_t *value;

		/* Nothing is not named; but no services are a list. */
		if (!*field && column->type != COLUMN_LIST)
			continue;
		value = value_of(column->type, field);
		if (!value)
			fault_about(reading->args, row->line, field,
				    type_fault(column->type));
		if (json_object_set_new(user, column->name, value) < 0) {
			json_decref(user);
			user = NULL;
		}
	}
	return user;
}

static int read_row(const struct csv_row *row, void *userdata)
{
	const struct reading *reading = userdata;
	json_t *user = user_of_row(reading, row);

	return user ? reading->args->user(user, reading->args->userdata) : 0;
}

static void tell_fault(int64_t line, const char *sentence, void *userdata)
{
	const struct reading *reading = userdata;

	reading->args->fault(line, sentence, reading->args->userdata);
}

int user_file_read_csv(const struct user_file_args *args)
{
	struct reading reading = { .args = args };
	const struct csv_table table = {
		.header = read_header,
		.row = read_row,
		.fault = tell_fault,
		.userdata = &reading,
	};

	return csv_read(args->users.bytes, args->users.n, &table);
}

/* JSON. */

struct cursor {
	const char *at, *end;
	int64_t line;
};

static bool skip_blank(struct cursor *cursor)
{
	while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) &&
	       *cursor->at) {
		cursor->line += *cursor->at == '\n';
		cursor->at++;
	}
	return cursor->at < cursor->end;
}

static bool skip_char(struct cursor *cursor, char c)
{
	if (!skip_blank(cursor) || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static bool is_time(const struct user_column *column)
{
	return column->type == COLUMN_TIME || column->type == COLUMN_TIME_END;
}

/* A time that was written as such becomes a number; false: it is none. */
static bool take_time(const struct user_file_args *args, int64_t line,
		      json_t *user, const struct user_column *column)
{
	const char *written =
		json_string_value(json_object_get(user, column->name));
	json_t *seconds;

	if (!written)
		return true;
	seconds = time_of(column->type, written);
	if (!seconds)
		fault_about(args, line, written, type_fault(column->type));
	return json_object_set_new(user, column->name, seconds) == 0;
}

static bool take_times(const struct user_file_args *args, int64_t line,
		       json_t *user)
{
	bool good = true;

	for (size_t i = 0; user_columns[i].name; i++)
		if (is_time(&user_columns[i]))
			good = take_time(args, line, user, &user_columns[i]) &&
			       good;
	return good;
}

static int take_object(const struct user_file_args *args, struct cursor *cursor,
		       bool *ret_go_on)
{
	int64_t line = cursor->line;
	json_error_t error;
	const char *name;
	json_t *user, *value;
	bool good = true;

	user = json_loadb(cursor->at, (size_t)(cursor->end - cursor->at),
			  JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES,
			  &error);
	*ret_go_on = user != NULL;
	if (!user) {
		fault_about(args, line + error.line - 1, error.text,
			    "(JSON); what follows was not read");
		return 0;
	}
	for (const char *end = cursor->at + error.position; cursor->at < end;
	     cursor->at++)
		cursor->line += *cursor->at == '\n';
	json_object_foreach(user, name, value)
	{
		if (find_column(name))
			continue;
		fault_of_name(args, line, name, "is no attribute",
			      "attributes");
		good = false;
	}
	good = take_times(args, line, user) && good;
	if (!good ||
	    json_object_set_new(user, "line", json_integer(line)) < 0) {
		json_decref(user);
		return 0;
	}
	return args->user(user, args->userdata);
}

int user_file_read_json(const struct user_file_args *args)
{
	struct cursor cursor = { args->users.bytes,
				 args->users.bytes + args->users.n, 1 };
	bool is_array = skip_char(&cursor, '[');
	bool is_closed = is_array && skip_char(&cursor, ']');
	bool go_on = true;
	int r = 0;

	while (r == 0 && !is_closed && skip_blank(&cursor)) {
		if (*cursor.at != '{') {
			args->fault(cursor.line, "an object {...} is expected",
				    args->userdata);
			return 0;
		}
		r = take_object(args, &cursor, &go_on);
		if (r != 0 || !go_on)
			return r;
		if (is_array && !skip_char(&cursor, ','))
			is_closed = skip_char(&cursor, ']');
		if (is_array && !is_closed && skip_blank(&cursor) &&
		    *cursor.at != '{')
			break;
	}
	if (r == 0 && is_array && !is_closed)
		args->fault(cursor.line,
			    "the array goes on with neither an "
			    "object nor its end",
			    args->userdata);
	else if (r == 0 && skip_blank(&cursor))
		args->fault(cursor.line, "something stands behind the array",
			    args->userdata);
	return r;
}
