/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/userdb/source.h"

#include <string.h>

#include "base/clock.h"
#include "varlink/client.h"

/* As sshd's PAM service is called. */
#define SERVICE "sshd"
#define TIMEOUT_MS 500
#define PAUSE_US INT64_C(5000000)
/* More than any user has. */
#define KEYS_MAX 128

void source_deinit(struct source *source)
{
	source->map = map_free(source->map);
}

const struct map *source_map(struct source *source)
{
	struct map *map;

	if (source->map && !map_is_retired(source->map))
		return source->map;
	/* One that was retired and not yet replaced is what there is. */
	if (identity_open(source->map_path, &map) != 0)
		return source->map;
	source->map = map_free(source->map);
	source->map = map;
	return map;
}

static bool is_line(const char *key)
{
	for (const char *c = key; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return *key != '\0';
}

static int each(json_t *reply, void *keys)
{
	json_t *key = json_object_get(reply, "key");

	if (!key || json_is_null(key))
		return 0;
	if (!json_is_string(key) || !is_line(json_string_value(key)) ||
	    json_array_size(keys) >= KEYS_MAX)
		return -EBADMSG;
	return json_array_append(keys, key) < 0 ? -ENOMEM : 0;
}

static int ask(const struct source *source, json_t *parameters, json_t *keys)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	const char *error = NULL;
	json_t *reply = NULL;
	int r;

	r = varlink_client_new(source->socket, TIMEOUT_MS, &client);
	if (r != 0) {
		json_decref(parameters);
		return r;
	}
	r = varlink_client_stream(client, "nl.cloxxs.Login.AuthorizedKeys",
				  parameters, each, keys, &reply, &error);
	json_decref(reply);
	return r != 0 ? r : error ? -EPERM : 0;
}

bool source_keys(struct source *source, const char *name, size_t n_name,
		 json_t *keys)
{
	json_t *parameters;

	if (clock_monotonic_us() < source->ask_from_us)
		return false;
	parameters = json_pack("{s:s%, s:s}", "user", name, n_name, "service",
			       SERVICE);
	if (parameters && ask(source, parameters, keys) == 0)
		return true;
	source->ask_from_us = clock_monotonic_us() + PAUSE_US;
	return false;
}
