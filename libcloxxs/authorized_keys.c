/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcloxxs/authorized_keys.h"

#include <string.h>

#include "base/clock.h"
#include "libcloxxs/flat.h"
#include "libcloxxs/flat_writer.h"

#define REQUEST_MAX 4096
#define REPLY_MAX (2 * AUTHORIZED_KEY_MAX)

static int write_request(const struct authorized_keys_args *args,
			 char buffer[REQUEST_MAX], size_t *ret_n)
{
	struct flat_writer writer;

	flat_writer_init(&writer, buffer, REQUEST_MAX);
	flat_open(&writer, NULL);
	flat_add_string(&writer, "method", "nl.cloxxs.Login.AuthorizedKeys");
	flat_add_bool(&writer, "more", true);
	flat_open(&writer, "parameters");
	flat_add_string(&writer, "user", args->user);
	flat_add_string(&writer, "service", args->service);
	flat_add_string(&writer, "address", args->address);
	if (args->system_uid)
		flat_add_int(&writer, "system_uid", *args->system_uid);
	flat_close(&writer);
	flat_close(&writer);
	if (flat_writer_is_bad(&writer))
		return LOGIN_E_UNFIT;
	*ret_n = writer.n;
	return 0;
}

/* A line of its own, whatever the other side says. */
static bool is_line(const char *key)
{
	for (; *key; key++)
		if (*key < ' ' || *key > '~')
			return false;
	return true;
}

/* The next reply; an empty key where it has none. */
static int read_reply(struct channel *channel, int64_t deadline_us,
		      char key[AUTHORIZED_KEY_MAX + 1], bool *ret_continues)
{
	const struct flat_field fields[] = {
		{ "key", FLAT_STRING, false, key, AUTHORIZED_KEY_MAX + 1,
		  NULL },
	};
	struct flat_reply reply;
	const char *message;
	size_t n;
	int r;

	r = login_error_of(channel_receive(channel, deadline_us, &message, &n));
	if (r != 0)
		return r;
	if (flat_read_reply(message, n, fields, ARRAY_SIZE(fields), &reply) !=
	    0)
		return LOGIN_E_BROKEN;
	if (reply.error[0] != '\0')
		return LOGIN_E_REFUSED;
	*ret_continues = reply.continues;
	return is_line(key) ? 0 : LOGIN_E_BROKEN;
}

int authorized_keys_ask(const struct authorized_keys_args *args,
			int (*each)(const char *key, void *userdata),
			void *userdata)
{
	int64_t deadline =
		clock_monotonic_us() + (int64_t)args->timeout_ms * 1000;
	scope(channel_deinit) struct channel channel = CHANNEL_INIT;
	char request[REQUEST_MAX], key[AUTHORIZED_KEY_MAX + 1];
	bool continues = true;
	size_t n = 0;
	int r;

	r = write_request(args, request, &n);
	if (r != 0)
		return r;
	r = login_error_of(
		channel_connect(&channel, args->socket, REPLY_MAX, deadline));
	if (r == 0)
		r = login_error_of(
			channel_send(&channel, request, n, deadline));
	for (size_t i = 0; r == 0 && continues; i++) {
		if (i > AUTHORIZED_KEYS_MAX)
			return LOGIN_E_BROKEN;
		r = read_reply(&channel, deadline, key, &continues);
		if (r == 0 && *key)
			r = each(key, userdata);
	}
	return r;
}
