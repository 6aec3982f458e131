/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/watched.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cloxxsctl/duration.h"
#include "cloxxsctl/output.h"
#include "cloxxsctl/program.h"

#define SECTION "watched_backup"

struct seen {
	int64_t count, newest;
};

static void count_one(struct seen *seen, const struct stat *status)
{
	seen->count++;
	if (status->st_mtim.tv_sec > seen->newest)
		seen->newest = status->st_mtim.tv_sec;
}

static void close_stream(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

/* Files and directories in fd, which is taken, whose names fit. */
static int count_all(int fd, const char *pattern, struct seen *seen)
{
	scope(close_stream) DIR *stream = fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		close(fd);
		return -errno;
	}
	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		struct stat status;

		/* A dot at the beginning must be asked for. */
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0 ||
		    strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) <
			    0)
			continue;
		if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
			count_one(seen, &status);
	}
	return errno != 0 ? -errno : 0;
}

static int look_at(const char *path, const char *pattern, struct seen *seen)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				    O_CLOEXEC);
	struct stat status;
	int r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &status) < 0 ? -errno : 0;
	if (r == 0 && S_ISDIR(status.st_mode))
		return count_all(fd, pattern, seen);
	if (r == 0 && S_ISREG(status.st_mode))
		count_one(seen, &status);
	else if (r == 0)
		r = -EINVAL;
	close(fd);
	return r;
}

static int64_t member(const json_t *one, const char *key)
{
	int64_t number = 0;

	(void)output_member_int(one, key, &number);
	return number;
}

/* In the order of what is worse. */
static const char *judge(const json_t *one, const struct seen *seen, int error,
			 int64_t now, struct text *text)
{
	int64_t max_age = member(one, "max_age");
	int64_t min_count = member(one, "min_count");

	if (error == -ENOENT) {
		text_add(text, "it is not there");
		return "missing";
	}
	if (error < 0) {
		text_add_format(text, "it cannot be looked at: %s",
				strerrordesc_np(-error));
		return "unreadable";
	}
	if (seen->count < min_count) {
		text_add_format(text, "there are %lld, and must be %lld",
				(long long)seen->count, (long long)min_count);
		return "few";
	}
	if (seen->newest < now - max_age) {
		text_add(text, "the newest is ");
		output_add_distance(text, now, seen->newest);
		return "old";
	}
	text_add(text, "the newest is ");
	output_add_distance(text, now, seen->newest);
	return "good";
}

/* Looks at the backup at path and fills in count, newest, state and text; one
 * has the other members. */
static int look(json_t *one, int64_t now)
{
	struct seen seen = { 0 };
	char sentence[200];
	const char *state;
	struct text text;
	json_t *more;
	int r;

	r = look_at(output_member(one, "path", ""),
		    output_member(one, "pattern", "*"), &seen);
	text_init(&text, sentence, sizeof(sentence));
	state = judge(one, &seen, r, now, &text);
	more = json_pack("{s:I, s:o, s:s, s:s}", "count",
			 (json_int_t)seen.count, "newest",
			 seen.count > 0 ? json_integer(seen.newest)
					: json_null(),
			 "state", state, "text", sentence);
	r = !more || json_object_update(one, more) < 0 ? -ENOMEM : 0;
	json_decref(more);
	return r;
}

/* The one called name in list, made where it is not there. */
static json_t *item_of(json_t *list, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(output_member(one, "name", ""), name) == 0)
			return one;
	}
	one = json_pack("{s:s}", "name", name);
	return json_array_append_new(list, one) < 0 ? NULL : one;
}

static int take_row(json_t *list, const json_t *row)
{
	const char *name = output_member(row, "name", NULL);
	const char *key = output_member(row, "key", "");
	const char *value = output_member(row, "value", "");
	json_t *one, *made;
	uint32_t seconds = 0;

	if (strcmp(output_member(row, "section", ""), SECTION) != 0 || !name)
		return 0;
	one = item_of(list, name);
	made = strcmp(key, "max_age") == 0 && duration_read(value, &seconds)
		       ? json_integer(seconds)
	       : strcmp(key, "min_count") == 0
		       ? json_integer(strtoll(value, NULL, 10))
		       : json_string(value);
	return json_object_set_new(one, key, made) < 0 ? -ENOMEM : 0;
}

int watched_read(const char *cloxxsd, int64_t now, json_t **ret_list)
{
	static const char *const argv[] = { "cloxxsd", "--dump-config",
					    "--json", NULL };
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(json_decrefp) json_t *rows = NULL;
	scope(json_decrefp) json_t *list = json_array();
	json_t *one;
	size_t i;
	int r;

	r = program_ask(cloxxsd, argv, &answer);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	rows = json_loadb(answer->bytes, answer->n, 0, NULL);
	json_array_foreach(rows, i, one)
	{
		if (take_row(list, one) != 0)
			return -ENOMEM;
	}
	json_array_foreach(list, i, one)
	{
		if (look(one, now) != 0)
			return -ENOMEM;
	}
	*ret_list = scope_take_ptr(list);
	return 0;
}
