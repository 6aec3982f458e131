/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold: after anything but a whole exchange the connection is closed,
 * so that no late reply is taken for the answer to another call.
 */
#include "varlink/client.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/channel.h"
#include "base/clock.h"

#define REPLY_MAX (1024 * 1024)
#define SERVICE_PREFIX "org.varlink.service."

struct varlink_client {
	char *path;
	char *error;
	uint32_t timeout_ms;
	bool connected;
	struct channel channel;
};

/* One reply, as it came. */
struct reply {
	json_t *message;
	json_t *parameters; /* borrowed, or NULL */
	const char *error;  /* borrowed, or NULL */
	bool continues;
};

static int64_t deadline(const struct varlink_client *client)
{
	return clock_monotonic_us() + (int64_t)client->timeout_ms * 1000;
}

static void disconnect(struct varlink_client *client)
{
	if (client->connected)
		channel_deinit(&client->channel);
	client->connected = false;
}

static int translate(int r)
{
	if (r <= 0)
		return r;
	switch ((enum channel_error)r) {
	case _CHANNEL_E_OK:
		return 0;
	case CHANNEL_E_MISSING:
	case CHANNEL_E_TIMEOUT:
		return VARLINK_CLIENT_E_UNREACHABLE;
	case CHANNEL_E_IMPOSTOR:
		return VARLINK_CLIENT_E_IMPOSTOR;
	case CHANNEL_E_CLOSED:
	case CHANNEL_E_TOO_LARGE:
		return VARLINK_CLIENT_E_BROKEN;
	}
	return -EPROTO;
}

/* Open, and nothing has come in: neither an end nor an answer to nothing. */
static bool is_quiet(const struct varlink_client *client)
{
	const struct channel *channel = &client->channel;
	char byte;

	return channel->n == channel->n_message &&
	       recv(channel->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}

static int connect_channel(struct varlink_client *client)
{
	int r;

	if (client->connected && is_quiet(client))
		return 0;
	disconnect(client);
	r = channel_connect(&client->channel, client->path, REPLY_MAX,
			    deadline(client));
	client->connected = r == 0;
	return translate(r);
}

int varlink_client_new(const char *path, uint32_t timeout_ms,
		       struct varlink_client **ret_client)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->channel = CHANNEL_INIT;
	client->timeout_ms = timeout_ms;
	client->path = strdup(path);
	if (!client->path)
		return -ENOMEM;
	r = connect_channel(client);
	if (r != 0)
		return r;
	*ret_client = scope_take_ptr(client);
	return 0;
}

struct varlink_client *varlink_client_free(struct varlink_client *client)
{
	if (!client)
		return NULL;
	disconnect(client);
	free(client->error);
	free(client->path);
	free(client);
	return NULL;
}

/* Takes the reference to parameters. */
static int send_call(struct varlink_client *client, const char *method,
		     bool more, json_t *parameters)
{
	json_t *message;
	char *text;
	size_t n;
	int r;

	message = json_pack("{s:s, s:o*}", "method", method, "parameters",
			    parameters);
	if (!message ||
	    (more && json_object_set_new(message, "more", json_true()) < 0)) {
		json_decref(message);
		return -EINVAL;
	}
	n = json_dumpb(message, NULL, 0, JSON_COMPACT);
	text = n > 0 ? malloc(n + 1) : NULL;
	if (text && json_dumpb(message, text, n, JSON_COMPACT) == n) {
		text[n] = '\0';
		r = translate(channel_send(&client->channel, text, n,
					   deadline(client)));
	} else {
		r = -ENOMEM;
	}
	json_decref(message);
	if (text)
		explicit_bzero(text, n + 1);
	free(text);
	return r;
}

/* Reads what a reply consists of; false where it is none. */
static bool parse_reply(struct reply *reply)
{
	const char *key;
	json_t *value;

	if (!json_is_object(reply->message))
		return false;
	json_object_foreach(reply->message, key, value)
	{
		if (strcmp(key, "parameters") == 0 && json_is_object(value))
			reply->parameters = value;
		else if (strcmp(key, "error") == 0 && json_is_string(value))
			reply->error = json_string_value(value);
		else if (strcmp(key, "continues") == 0 &&
			 json_is_boolean(value))
			reply->continues = json_is_true(value);
		else if (!json_is_null(value))
			return false;
	}
	return !(reply->error && reply->continues);
}

static int receive_reply(struct varlink_client *client, struct reply *ret_reply)
{
	struct reply reply = { 0 };
	const char *text;
	size_t n;
	int r;

	r = translate(
		channel_receive(&client->channel, deadline(client), &text, &n));
	if (r != 0)
		return r;
	reply.message = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!parse_reply(&reply)) {
		json_decref(reply.message);
		return VARLINK_CLIENT_E_BROKEN;
	}
	*ret_reply = reply;
	return 0;
}

/* Hands out what a reply holds, and frees the rest of it. */
static int take_reply(struct varlink_client *client, struct reply *reply,
		      json_t **ret_parameters, const char **ret_error)
{
	json_t *parameters = reply->parameters ? json_incref(reply->parameters)
					       : json_object();
	int r = 0;

	free(client->error);
	client->error = reply->error ? strdup(reply->error) : NULL;
	if (!parameters || (reply->error && !client->error)) {
		json_decref(parameters);
		r = -ENOMEM;
	} else {
		*ret_parameters = parameters;
		*ret_error = client->error;
	}
	/* Behind such an error the server may be closing just now. */
	if (reply->error &&
	    strncmp(reply->error, SERVICE_PREFIX, strlen(SERVICE_PREFIX)) == 0)
		disconnect(client);
	json_decref(reply->message);
	return r;
}

static int start(struct varlink_client *client, const char *method, bool more,
		 json_t *parameters)
{
	int r = connect_channel(client);

	if (r != 0) {
		json_decref(parameters);
		return r;
	}
	return send_call(client, method, more, parameters);
}

int varlink_client_call(struct varlink_client *client, const char *method,
			json_t *parameters, json_t **ret_reply,
			const char **ret_error)
{
	struct reply reply;
	int r;

	r = start(client, method, false, parameters);
	if (r == 0)
		r = receive_reply(client, &reply);
	if (r == 0 && reply.continues) {
		json_decref(reply.message);
		r = VARLINK_CLIENT_E_BROKEN;
	}
	if (r == 0)
		r = take_reply(client, &reply, ret_reply, ret_error);
	if (r != 0)
		disconnect(client);
	return r;
}

/* The replies up to and with the last one that is no error. */
static int stream(struct varlink_client *client,
		  int (*each)(json_t *reply, void *userdata), void *userdata,
		  json_t **ret_error_reply, const char **ret_error)
{
	for (;;) {
		json_t *parameters = NULL;
		const char *error = NULL;
		bool continues;
		struct reply reply;
		int r;

		r = receive_reply(client, &reply);
		if (r != 0)
			return r;
		continues = reply.continues;
		r = take_reply(client, &reply, &parameters, &error);
		if (r != 0)
			return r;
		if (error) {
			*ret_error_reply = parameters;
			*ret_error = error;
			return 0;
		}
		r = each(parameters, userdata);
		json_decref(parameters);
		if (r != 0)
			return r;
		if (!continues)
			break;
	}
	*ret_error_reply = NULL;
	*ret_error = NULL;
	return 0;
}

int varlink_client_stream(struct varlink_client *client, const char *method,
			  json_t *parameters,
			  int (*each)(json_t *reply, void *userdata),
			  void *userdata, json_t **ret_error_reply,
			  const char **ret_error)
{
	int r;

	r = start(client, method, true, parameters);
	if (r == 0)
		r = stream(client, each, userdata, ret_error_reply, ret_error);
	if (r != 0)
		disconnect(client);
	return r;
}
