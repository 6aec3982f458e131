/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is kept as in force, and the record of how it differs from what was,
 *     are written at once: no difference is lost, and none is told twice.
 *  2. What was kept and cannot be read is told, never taken for the same.
 */
#include "cloxxsd/daemon/configuring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/daemon/settings_changes.h"

/* As much as the details of a record hold. */
#define DETAILS_MAX 1000

/* What the record of a load says. */
struct telling {
	char changes[DETAILS_MAX], weakened[DETAILS_MAX];
};

static struct record record_of(enum event event, const char *details)
{
	return (struct record){ .at_us = clock_realtime_us(),
				.event = event,
				.result = RECORD_DONE,
				.reason = REASON_NONE,
				.actor = "cloxxsd",
				.details = details };
}

static int dump(const struct settings *settings, char **ret_text)
{
	char *text = NULL;
	size_t n = 0;
	FILE *stream = open_memstream(&text, &n);
	int r;

	if (!stream)
		return -errno;
	r = settings_dump(settings, stream);
	if (fclose(stream) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		*ret_text = text;
	else
		free(text);
	return r;
}

/* Where telling is NULL nothing is recorded. */
static int keep(struct state *state, const struct settings *settings,
		const struct telling *telling)
{
	scope(scope_free) char *text = NULL;
	struct configuration configuration = {
		.notice = settings->notice.version,
	};
	struct change_set set = { 0 };
	int r = dump(settings, &text);

	if (r < 0)
		return r;
	configuration.settings = text;
	change_set_add(&set,
		       (struct change){ .type = CHANGE_CONFIGURATION,
					.configuration = &configuration });
	if (telling)
		change_set_record(&set, record_of(EVENT_CONFIGURATION_LOADED,
						  telling->changes));
	if (telling && *telling->weakened)
		change_set_record(&set, record_of(EVENT_CONFIGURATION_WEAKENED,
						  telling->weakened));
	return state_apply(state, &set);
}

static bool compare(const struct settings *before, const struct settings *after,
		    const char *begin, struct telling *ret_telling)
{
	struct text changes, weakened;

	text_init(&changes, ret_telling->changes, sizeof(ret_telling->changes));
	text_init(&weakened, ret_telling->weakened,
		  sizeof(ret_telling->weakened));
	settings_changes(before, after, &changes, &weakened);
	if (changes.n == 0)
		return false;
	if (*begin) {
		char rest[DETAILS_MAX];

		memcpy(rest, ret_telling->changes, sizeof(rest));
		text_init(&changes, ret_telling->changes,
			  sizeof(ret_telling->changes));
		text_add(&changes, begin);
		text_add(&changes, rest);
	}
	return true;
}

int configuring_loaded(struct state *state, const struct settings *before,
		       const struct settings *after)
{
	struct telling telling = { 0 };

	if (!compare(before, after, "", &telling))
		(void)snprintf(telling.changes, sizeof(telling.changes),
			       "nothing changed");
	return keep(state, after, &telling);
}

/* What was kept, as settings; NULL where it is not understood (any more). */
static struct settings *read_kept(char *text, const char *notice)
{
	struct settings *settings = NULL;
	char buffer[256];
	struct text why;

	text_init(&why, buffer, sizeof(buffer));
	if (settings_parse("kept", text, strlen(text), &why, &settings) != 0)
		return NULL;
	(void)snprintf(settings->notice.version,
		       sizeof(settings->notice.version), "%s", notice);
	return settings;
}

int configuring_begin(struct state *state, const struct settings *settings)
{
	scope(scope_free) char *text = NULL;
	scope(scope_free) char *notice = NULL;
	scope(settings_freep) struct settings *before = NULL;
	struct telling telling = { 0 };
	int r;

	r = configuration_read(state->store, &text, &notice);
	if (r == -ENOENT)
		return keep(state, settings, NULL);
	if (r != 0)
		return r;
	before = read_kept(text, notice);
	if (before && !compare(before, settings, "while stopped: ", &telling))
		return 0;
	if (!before)
		(void)snprintf(telling.changes, sizeof(telling.changes),
			       "while stopped: what was in force before cannot "
			       "be read, and is not compared");
	return keep(state, settings, &telling);
}
