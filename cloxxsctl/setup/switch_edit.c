/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/setup/switch_edit.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define BLANKS " \t"

/* Finds word as a whole one in the n bytes at line; behind it, or NULL. */
static const char *behind(const char *line, size_t n, const char *word)
{
	size_t n_word = strlen(word);

	for (const char *at = line; at + n_word <= line + n; at++) {
		bool begins = at == line || strchr(" \t:]", at[-1]);
		const char *end = at + n_word;

		if (!begins || memcmp(at, word, n_word) != 0)
			continue;
		if (end == line + n || strchr(" \t[#\r", *end))
			return end;
	}
	return NULL;
}

/* Is it a line of database? Its services begin at *ret_services. */
static bool is_line_of(const char *line, size_t n, const char *database,
		       const char **ret_services)
{
	size_t n_name = strlen(database);
	const char *at = line + strspn(line, BLANKS);

	if ((size_t)(line + n - at) < n_name ||
	    memcmp(at, database, n_name) != 0)
		return false;
	at += n_name;
	at += strspn(at, BLANKS);
	if (at >= line + n || *at != ':')
		return false;
	*ret_services = at + 1;
	return true;
}

/* Behind the action that stands behind a service, if there is one. */
static const char *behind_action(const char *at, const char *end)
{
	const char *next = at;

	while (next < end && strchr(BLANKS, *next))
		next++;
	if (next == end || *next != '[')
		return at;
	next = memchr(next, ']', (size_t)(end - next));
	return next ? next + 1 : at;
}

/* The line with cloxxs in it, where it is missing. */
static void add_line(struct text *text, const char *line, size_t n,
		     const char *services, bool continues)
{
	const char *end = memchr(line, '#', n);
	const char *at, *next;

	end = end ? end : line + n;
	if (behind(services, (size_t)(end - services), "cloxxs")) {
		text_add_bytes(text, line, n);
		return;
	}
	at = behind(services, (size_t)(end - services), "files");
	if (!at)
		at = behind(services, (size_t)(end - services), "compat");
	if (!at) { /* no local users: at the end */
		at = end;
		while (at > services && strchr(" \t\r", at[-1]))
			at--;
		text_add_bytes(text, line, (size_t)(at - line));
		text_add(text, " cloxxs");
		text_add_bytes(text, at, (size_t)(line + n - at));
		return;
	}
	next = behind_action(at, end);
	text_add_bytes(text, line, (size_t)((continues ? at : next) - line));
	if (continues)
		text_add(text, " [SUCCESS=continue]");
	text_add(text, " cloxxs");
	if (continues && next < end &&
	    strspn(next, " \t\r") < (size_t)(end - next))
		text_add(text, " [SUCCESS=continue]");
	text_add_bytes(text, next, (size_t)(line + n - next));
}

int switch_edit(const char *text, char **ret_text)
{
	static const char *const databases[] = { "passwd", "group",
						 "initgroups" };
	bool seen[ARRAY_SIZE(databases)] = { false };
	size_t size = strlen(text) + 512;
	scope(scope_free) char *buffer = malloc(size);
	struct text out;

	if (!buffer)
		return -ENOMEM;
	text_init(&out, buffer, size);
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n"), i;
		const char *services;

		for (i = 0; i < ARRAY_SIZE(databases); i++)
			if (!seen[i] &&
			    is_line_of(line, n, databases[i], &services))
				break;
		if (i < ARRAY_SIZE(databases)) {
			seen[i] = true;
			add_line(&out, line, n, services, i == 2);
		} else {
			text_add_bytes(&out, line, n);
		}
		line += n;
		if (*line)
			text_add_bytes(&out, line++, 1);
	}
	for (size_t i = 0; i < 2; i++) {
		if (seen[i])
			continue;
		if (out.n > 0 && buffer[out.n - 1] != '\n')
			text_add(&out, "\n");
		text_add_format(&out, "%s:\tfiles cloxxs\n", databases[i]);
	}
	if (text_is_cut(&out))
		return -E2BIG;
	*ret_text = scope_take_ptr(buffer);
	return 0;
}
