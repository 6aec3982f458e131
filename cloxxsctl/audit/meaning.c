/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/meaning.h"

#include <string.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#define SUBJECT "Subject: "

/* The headers of a message end with an empty line. */
static const char *skip_headers(const char *message)
{
	const char *end = strstr(message, "\n\n");

	return end ? end + 2 : "";
}

/* Foreign lines as one line; what a record fills in stays a name in it. */
static void add_joined(struct text *text, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		text_add_escaped(text, lines, n);
		lines += n;
		lines += strspn(lines, "\n");
		if (*lines)
			text_add(text, " ");
	}
}

bool audit_meaning_add(const char *id, struct text *text)
{
	scope(scope_free) char *message = NULL;
	const char *subject;
	sd_id128_t parsed;

	if (sd_id128_from_string(id, &parsed) < 0 ||
	    sd_journal_get_catalog_for_message_id(parsed, &message) < 0)
		return false;
	subject = strncmp(message, SUBJECT, strlen(SUBJECT)) == 0
			  ? message
			  : strstr(message, "\n" SUBJECT);
	if (subject) {
		subject = strchr(subject, ' ') + 1;
		text_add_escaped(text, subject, strcspn(subject, "\n"));
		text_add(text, ". ");
	}
	add_joined(text, skip_headers(message));
	return true;
}
