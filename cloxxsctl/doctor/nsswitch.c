/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/nsswitch.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "cloxxsctl/doctor/lines.h"

/* What one "STATUS=ACTION" says; status may begin with '!'. */
static void take_action(struct nsswitch_line *line, char *word,
			bool *ends_known)
{
	bool negated = *word == '!';
	char *equals = strchr(word, '=');
	bool returns, about_known, about_unknown;

	if (!equals) {
		line->broken = true;
		return;
	}
	*equals = '\0';
	word += negated;
	returns = strcasecmp(equals + 1, "return") == 0;
	about_known = (strcasecmp(word, "success") == 0) != negated;
	about_unknown = (strcasecmp(word, "notfound") == 0) != negated;
	if (about_known)
		*ends_known = returns;
	if (about_unknown && returns && line->ours == SIZE_MAX)
		line->ends_unknown = true;
}

/* "[...]" behind a service, all of it; what comes after it. */
static char *take_actions(struct nsswitch_line *line, char *text,
			  bool *ends_known)
{
	char *end = strchr(text, ']'), *word;

	if (!end) {
		line->broken = true;
		return text + strlen(text);
	}
	*end = '\0';
	text++;
	while ((word = lines_word(&text)))
		take_action(line, word, ends_known);
	return end + 1;
}

static void take_service(struct nsswitch_line *line, const char *name)
{
	if (line->n == NSSWITCH_SERVICES_MAX) {
		line->broken = true;
		return;
	}
	if (strcmp(name, "cloxxs") == 0 && line->ours == SIZE_MAX)
		line->ours = line->n;
	if ((strcmp(name, "files") == 0 || strcmp(name, "compat") == 0) &&
	    line->local == SIZE_MAX)
		line->local = line->n;
	line->services[line->n++] = name;
}

static void read_services(struct nsswitch_line *line, char *text)
{
	/* What is found ends the asking, unless an action says otherwise. */
	bool ends_known = true;

	for (text = lines_trim(text); *text; text = lines_trim(text)) {
		char *name;
		size_t n;

		if (*text == '[') {
			text = take_actions(line, text, &ends_known);
			continue;
		}
		if (line->n > 0 && line->ours == SIZE_MAX)
			line->ends_known = line->ends_known || ends_known;
		ends_known = true;
		name = text;
		n = strcspn(text, " \t\r[");
		/* "files[SUCCESS=return]" is two words too. */
		if (text[n] == '[') {
			memmove(text - 1, text, n);
			name = text - 1;
			text += n;
			text[-1] = '\0';
		} else {
			text += n;
			if (*text)
				*text++ = '\0';
		}
		take_service(line, name);
	}
}

void nsswitch_find(char *text, const char *database,
		   struct nsswitch_line *ret_line)
{
	struct nsswitch_line line = { .local = SIZE_MAX, .ours = SIZE_MAX };
	struct lines lines = lines_of(text);
	char *one;

	while ((one = lines_next(&lines))) {
		char *comment = strchr(one, '#');
		char *colon = strchr(one, ':');
		char *name;

		if (comment)
			*comment = '\0';
		if (!colon || (comment && colon > comment))
			continue;
		*colon = '\0';
		name = lines_word(&one);
		if (!name || strcmp(name, database) != 0)
			continue;
		if (line.number) {
			line.again = lines.n;
			continue;
		}
		line.number = lines.n;
		read_services(&line, colon + 1);
	}
	if (line.ours == SIZE_MAX)
		line.ours = line.n;
	if (line.local == SIZE_MAX)
		line.local = line.n;
	*ret_line = line;
}
