/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Request: a verb that is one call to the daemon: parameters from the rows of
 * the options, the answer to the row's view. It holds no rule: what may be
 * done the daemon says.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"
#include "varlink/client.h"

/*
 * Runs of rows: an exit status; what went wrong has been printed. A row with
 * the option --yes is asked about on a terminal first, unless it was given.
 */
int request_run(struct ctl *ctl, const struct command *command);
/*
 * Calls the row's method as request_run() does, for who shows the reply in a
 * way of his own. STATUS_OK, or an exit status upon which nothing is returned.
 */
int request_fetch(struct ctl *ctl, const struct command *command,
		  json_t **ret_reply);
/* The same with parameters of the caller's, which are taken. */
int request_call(struct ctl *ctl, const struct command *command,
		 json_t *parameters, json_t **ret_reply);
/* The same for what may fail without a word: NULL then. */
json_t *request_try(const struct ctl *ctl, const char *method,
		    json_t *parameters);
/* A client, who has said in which login its caller is. As varlink_client_new().
 */
must_check int request_connect(const struct ctl *ctl, uint32_t timeout_ms,
			       struct varlink_client **ret_client);
/* Asks "QUESTION for good?" on a terminal, where the row has --yes and it was
 * not given; an exit status, STATUS_OK to go on. */
int request_confirm(const struct ctl *ctl, const struct command *command,
		    const char *question);
/*
 * The two halves of request_fetch(), for a conversation: a client and the
 * parameters that the command names, and one call of a method. Parameters are
 * taken; an exit status.
 */
int request_prepare(const struct ctl *ctl, const struct command *command,
		    json_t **ret_parameters,
		    struct varlink_client **ret_client);
int request_ask(const struct ctl *ctl, const struct command *command,
		struct varlink_client *client, const char *method,
		json_t *parameters, json_t **ret_reply);
/* The same with "more": each for every reply. */
int request_ask_more(const struct ctl *ctl, const struct command *command,
		     struct varlink_client *client, const char *method,
		     json_t *parameters,
		     int (*each)(json_t *reply, void *userdata),
		     void *userdata);
/* Shows a reply as the row's view. */
int request_show(const struct ctl *ctl, const struct command *command,
		 const json_t *reply);
/*
 * The same with "more", and with the parameters in more (taken; may be NULL)
 * besides: each for every reply; what it returns other than 0 ends it. Nothing
 * is shown.
 */
int request_stream(struct ctl *ctl, const struct command *command, json_t *more,
		   int (*each)(json_t *reply, void *userdata), void *userdata);
/* The same as request_run() for every user, one reply each. */
int request_run_list(struct ctl *ctl, const struct command *command);
