/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Client: calls Varlink methods and reads rich answers, for cloxxsctl and the
 * tests. Blocking, one call at a time, each under a deadline. It makes sure of
 * the server as base/channel.h does. A server may close a connection after an
 * error; the next call then connects anew. No call is ever sent twice.
 */

#include <jansson.h>
#include <stdint.h>

#include "base/scope.h"

struct varlink_client;

enum varlink_client_error {
	_VARLINK_CLIENT_E_OK,
	VARLINK_CLIENT_E_UNREACHABLE, /* no daemon, or none in time */
	VARLINK_CLIENT_E_IMPOSTOR,    /* somebody else's socket */
	VARLINK_CLIENT_E_BROKEN,      /* not Varlink, or ended within a reply */
};

must_check int varlink_client_new(const char *path, uint32_t timeout_ms,
				  struct varlink_client **ret_client);
struct varlink_client *varlink_client_free(struct varlink_client *client);
static inline void varlink_client_freep(struct varlink_client **client)
{
	*client = varlink_client_free(*client);
}

/*
 * Calls method and waits for its reply. Takes the reference to parameters
 * (NULL: none). On 0 either *ret_error is NULL and *ret_reply holds the
 * parameters of the reply, or *ret_error names the error (owned by the client,
 * until its next call) and *ret_reply holds the error's parameters.
 */
must_check int varlink_client_call(struct varlink_client *client,
				   const char *method, json_t *parameters,
				   json_t **ret_reply, const char **ret_error);

/*
 * The same with "more": each is called for every reply that is no error (the
 * reference stays the client's); what it returns other than 0 ends the call and
 * is handed up. The timeout counts anew for each reply. An empty list is one
 * reply without parameters: each then sees an empty object.
 */
must_check int varlink_client_stream(struct varlink_client *client,
				     const char *method, json_t *parameters,
				     int (*each)(json_t *reply, void *userdata),
				     void *userdata, json_t **ret_error_reply,
				     const char **ret_error);
