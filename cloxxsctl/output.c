/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/output.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cloxxsctl/table.h"

static bool wants_colour(FILE *stream)
{
	const char *no_color = secure_getenv("NO_COLOR");
	const char *term = secure_getenv("TERM");

	return isatty(fileno(stream)) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

void output_init(struct output *output, const struct output_form *form,
		 FILE *stream, int64_t now)
{
	*output = (struct output){
		.form = form,
		.stream = stream,
		.now = now,
		.colour = wants_colour(stream),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}

void output_deinit(struct output *output)
{
	output->list = table_free(output->list);
}

int output_finish(struct output *output)
{
	errno = 0;
	if (fflush(output->stream) != 0 || ferror(output->stream))
		return errno > 0 ? -errno : -EIO;
	return 0;
}

const char *output_tone(const struct output *output, enum output_tone tone)
{
	if (!output->colour)
		return "";
	switch (tone) {
	case TONE_PLAIN:
		return "";
	case TONE_GOOD:
		return "\033[32m";
	case TONE_BAD:
		return "\033[31m";
	case TONE_WARN:
		return "\033[33m";
	case TONE_FAINT:
		return "\033[2m";
	case TONE_BOLD:
		return "\033[1m";
	}
	return "";
}

const char *output_plain(const struct output *output)
{
	return output->colour ? "\033[0m" : "";
}

const char *output_mark(const struct output *output, enum output_mark mark)
{
	switch (mark) {
	case MARK_YES:
		return output->utf8 ? "✓" : "+";
	case MARK_NO:
		return output->utf8 ? "✗" : "x";
	case MARK_SKIPPED:
		return output->utf8 ? "–" : "-";
	case MARK_HERE:
		return output->utf8 ? "←" : "<-";
	}
	return "?";
}

void output_add_foreign(struct text *text, const char *bytes, size_t n)
{
	while (n > 0) {
		const char *backslash = memchr(bytes, '\\', n);
		size_t n_before = backslash ? (size_t)(backslash - bytes) : n;

		text_add_escaped(text, bytes, n_before);
		if (!backslash)
			return;
		text_add(text, "\\");
		bytes = backslash + 1;
		n -= n_before + 1;
	}
}

void output_foreign(struct output *output, const char *foreign)
{
	size_t left = strlen(foreign);

	while (left > 0) {
		size_t n = left < 64 ? left : 64;
		char piece[4 * 64 + 1];
		struct text text;

		text_init(&text, piece, sizeof(piece));
		output_add_foreign(&text, foreign, n);
		fputs(piece, output->stream);
		explicit_bzero(piece, sizeof(piece));
		foreign += n;
		left -= n;
	}
}

void output_label(struct output *output, const char *label)
{
	fprintf(output->stream, "%s%-14s%s", output_tone(output, TONE_FAINT),
		label, output_plain(output));
}

/* Local time as strftime(3) has written it, n letters; 0: it could not. */
static void add_stamp(struct text *text, int64_t at, const char *stamp,
		      size_t n)
{
	if (n == 0)
		text_add_format(text, "@%lld", (long long)at);
	else
		text_add_bytes(text, stamp, n);
}

void output_add_time(struct text *text, int64_t at)
{
	time_t seconds = (time_t)at;
	char stamp[64];
	struct tm tm;
	size_t n = 0;

	if (localtime_r(&seconds, &tm))
		n = strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S %z", &tm);
	add_stamp(text, at, stamp, n);
}

void output_add_day(struct text *text, int64_t at)
{
	time_t seconds = (time_t)at;
	char stamp[64];
	struct tm tm;
	size_t n = 0;

	if (localtime_r(&seconds, &tm))
		n = strftime(stamp, sizeof(stamp), "%Y-%m-%d", &tm);
	add_stamp(text, at, stamp, n);
}

void output_add_distance(struct text *text, int64_t now, int64_t at)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{ 365 * 86400, "year" }, { 30 * 86400, "month" },
		{ 86400, "day" },        { 3600, "hour" },
		{ 60, "minute" },        { 1, "second" },
	};
	bool past = at <= now;
	uint64_t distance = past ? (uint64_t)now - (uint64_t)at
				 : (uint64_t)at - (uint64_t)now;

	if (distance == 0) {
		text_add(text, "now");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t n = distance / units[i].seconds;

		if (n == 0)
			continue;
		text_add_format(text, "%s%llu %s%s%s", past ? "" : "in ",
				(unsigned long long)n, units[i].name,
				n > 1 ? "s" : "", past ? " ago" : "");
		return;
	}
}

void output_time(struct output *output, int64_t at)
{
	char stamp[128];
	struct text text;

	text_init(&text, stamp, sizeof(stamp));
	output_add_time(&text, at);
	text_add(&text, " (");
	output_add_distance(&text, output->now, at);
	text_add(&text, ")");
	fputs(stamp, output->stream);
}

const char *output_member(const json_t *object, const char *key,
			  const char *otherwise)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : otherwise;
}

bool output_member_int(const json_t *object, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return false;
	*ret = json_integer_value(value);
	return true;
}
