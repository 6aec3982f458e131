/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A handler runs only for a peer of a class in its row, with parameters
 *     that the row names, of the types the row names.
 *  2. Who may not call a method learns nothing about its parameters.
 *  3. A message that is faulty in any way has no effect, gets an error and ends
 *     its connection.
 */
#include "varlink/call.h"

#include <string.h>

#include "varlink/introspection.h"
#include "varlink/parameters.h"

#define METHOD_NAME_MAX 255
#define SERVICE_ERROR(name) "org.varlink.service." name

struct varlink_call *varlink_call_ref(struct varlink_call *call)
{
	call->n_ref++;
	return call;
}

static void forget_fill(struct varlink_call *call)
{
	void *data = scope_take_ptr(call->fill_data);

	call->fill = NULL;
	if (data && call->free_fill_data)
		call->free_fill_data(data);
}

static void forget_message(struct varlink_call *call)
{
	call->parameters = NULL;
	json_decref(call->message);
	call->message = NULL;
}

struct varlink_call *varlink_call_unref(struct varlink_call *call)
{
	if (!call)
		return NULL;
	if (--call->n_ref > 0) {
		/* The connection's own reference: nobody can answer. */
		if (call->n_ref == 1 && !call->fill &&
		    call->connection->call == call)
			connection_fail(call->connection);
		return NULL;
	}
	forget_fill(call);
	forget_message(call);
	connection_unref(call->connection);
	free(call);
	return NULL;
}

static void call_unrefp(struct varlink_call **call)
{
	*call = varlink_call_unref(*call);
}

const struct varlink_peer *varlink_call_peer(const struct varlink_call *call)
{
	return &call->peer;
}

struct varlink_connection *varlink_call_connection(struct varlink_call *call)
{
	return call->connection;
}

bool varlink_call_wants_more(const struct varlink_call *call)
{
	return call->more && call->method &&
	       (call->method->flags & (VARLINK_MORE | VARLINK_MORE_ONLY));
}

bool varlink_call_is_open(const struct varlink_call *call)
{
	const struct varlink_connection *c = call->connection;

	return !call->answered && !c->ended && !c->failed;
}

uint32_t call_deadline_ms(const struct varlink_call *call)
{
	if (call->method && call->method->deadline_ms > 0)
		return call->method->deadline_ms;
	return call->connection->server->args.idle_timeout_ms;
}

/* Takes the reference to parameters. */
static int answer(struct varlink_call *call, const char *error,
		  json_t *parameters, bool continues)
{
	struct varlink_connection *c = call->connection;
	json_t *message;
	int r = 0;

	if (!varlink_call_is_open(call)) {
		json_decref(parameters);
		return 0;
	}
	if (!parameters)
		parameters = json_object();
	if (call->oneway) {
		json_decref(parameters);
	} else {
		message = json_pack("{s:s*, s:o, s:b}", "error", error,
				    "parameters", parameters, "continues",
				    continues);
		/* Absent where false, as everybody does it. */
		if (message && !continues)
			(void)json_object_del(message, "continues");
		if (message)
			r = connection_queue(c, message);
		else
			r = -ENOMEM;
		json_decref(message);
	}
	if (r != 0)
		connection_fail(c);
	if (!continues && r == 0) {
		call->answered = true;
		connection_call_done(c);
	}
	return r;
}

/* What was to be said could not be made: saying nothing in its place would tell
 * of success. */
static int no_memory(struct varlink_call *call)
{
	if (!varlink_call_is_open(call))
		return 0;
	connection_fail(call->connection);
	return -ENOMEM;
}

int varlink_call_reply(struct varlink_call *call, json_t *parameters)
{
	if (!parameters)
		return no_memory(call);
	return answer(call, NULL, parameters, false);
}

int varlink_call_reply_empty(struct varlink_call *call)
{
	return answer(call, NULL, NULL, false);
}

int varlink_call_continue(struct varlink_call *call, json_t *parameters)
{
	if (!parameters)
		return no_memory(call);
	if (varlink_call_is_open(call) && !varlink_call_wants_more(call)) {
		json_decref(parameters);
		connection_fail(call->connection);
		return -EINVAL;
	}
	return answer(call, NULL, parameters, true);
}

int varlink_call_error(struct varlink_call *call, const char *error,
		       json_t *parameters)
{
	return answer(call, error, parameters, false);
}

static int service_error(struct varlink_call *call, const char *error,
			 const char *key, const char *value)
{
	return answer(call, error, key ? json_pack("{s:s}", key, value) : NULL,
		      false);
}

int varlink_call_invalid(struct varlink_call *call, const char *parameter)
{
	return service_error(call, SERVICE_ERROR("InvalidParameter"),
			     "parameter", parameter);
}

int varlink_call_denied(struct varlink_call *call)
{
	return service_error(call, SERVICE_ERROR("PermissionDenied"), NULL,
			     NULL);
}

void varlink_call_stream(struct varlink_call *call,
			 int (*fill)(struct varlink_call *call, void *data),
			 void *data, void (*free_data)(void *data))
{
	forget_fill(call);
	call->free_fill_data = free_data;
	call->fill_data = data;
	if (!varlink_call_is_open(call)) {
		forget_fill(call);
		return;
	}
	call->fill = fill;
	connection_wake(call->connection);
}

void call_fill(struct varlink_call *call)
{
	scope(call_unrefp) struct varlink_call *held = varlink_call_ref(call);
	size_t n_before = held->connection->out.n;
	int r = held->fill(held, held->fill_data);

	/* One that adds nothing, and does not say that it is on its way, would
	 * be asked again for ever. */
	if (r < 0 || (r == 0 && varlink_call_is_open(held) &&
		      held->connection->out.n == n_before))
		connection_fail(held->connection);
}

/* Makes the call that message is, as far as it can be read. */
static int call_new(struct varlink_connection *c, json_t *message,
		    struct varlink_call **ret_call)
{
	struct varlink_call *call = calloc(1, sizeof(*call));

	if (!call) {
		json_decref(message);
		return -ENOMEM;
	}
	*call = (struct varlink_call){ .n_ref = 2,
				       .connection = connection_ref(c),
				       .peer = c->peer,
				       .message = message };
	c->call = call;
	*ret_call = call;
	return 0;
}

/*
 * Reads what stands around the parameters. Returns the key that is at fault,
 * "" where it is the message as such, or NULL.
 */
static const char *read_envelope(struct varlink_call *call,
				 const char **ret_method)
{
	const char *key, *method = NULL;
	bool upgrade = false;
	json_t *value;

	if (!json_is_object(call->message))
		return "";
	json_object_foreach(call->message, key, value)
	{
		bool *flag = strcmp(key, "oneway") == 0    ? &call->oneway
			     : strcmp(key, "more") == 0    ? &call->more
			     : strcmp(key, "upgrade") == 0 ? &upgrade
							   : NULL;

		if (flag && json_is_boolean(value))
			*flag = json_is_true(value);
		else if (strcmp(key, "method") == 0 && json_is_string(value))
			method = json_string_value(value);
		else if (strcmp(key, "parameters") == 0 &&
			 json_is_object(value))
			call->parameters = value;
		else if (strcmp(key, "parameters") != 0 || !json_is_null(value))
			return key;
	}
	if (!method || strlen(method) > METHOD_NAME_MAX)
		return "method";
	if (upgrade)
		return "upgrade";
	if (call->oneway && call->more)
		return "oneway";
	*ret_method = method;
	return NULL;
}

static const struct varlink_interface *find_interface(
	const struct varlink_server *server, const char *method, size_t n)
{
	const struct varlink_interface *const *i = server->args.interfaces;

	for (; *i; i++)
		if (strlen((*i)->name) == n &&
		    memcmp((*i)->name, method, n) == 0)
			return *i;
	if (strlen(introspection_interface.name) == n &&
	    memcmp(introspection_interface.name, method, n) == 0)
		return &introspection_interface;
	return NULL;
}

/* Sets the row of the method; else answers the error and returns false. */
static bool find_method(struct varlink_call *call, const char *name,
			const struct varlink_interface **ret_interface)
{
	const struct varlink_server *server = call->connection->server;
	const char *dot = strrchr(name, '.');
	const struct varlink_interface *interface;
	scope(json_decrefp) json_t *prefix = NULL;

	interface =
		dot ? find_interface(server, name, (size_t)(dot - name)) : NULL;
	if (!interface) {
		prefix = json_stringn(name, dot ? (size_t)(dot - name)
						: strlen(name));
		(void)service_error(call, SERVICE_ERROR("InterfaceNotFound"),
				    "interface", json_string_value(prefix));
		return false;
	}
	for (const struct varlink_method *m = interface->methods; m->name; m++)
		if (strcmp(m->name, name) == 0) {
			call->method = m;
			*ret_interface = interface;
			return true;
		}
	(void)service_error(call, SERVICE_ERROR("MethodNotFound"), "method",
			    name);
	return false;
}

static bool is_permitted(struct varlink_call *call)
{
	const struct varlink_server_args *args =
		&call->connection->server->args;
	uint32_t classes;

	if (call->method->flags & VARLINK_PUBLIC)
		return true;
	classes = args->classify ? args->classify(&call->peer, args->userdata)
				 : 0;
	if (call->method->peers & classes)
		return true;
	if (args->refused)
		args->refused(&call->peer, call->method->name, args->userdata);
	return false;
}

static void run(struct varlink_call *call,
		const struct varlink_interface *interface)
{
	struct varlink_connection *c = call->connection;
	void *userdata = interface == &introspection_interface
				 ? c->server
				 : c->server->args.userdata;
	int r = call->method->handle(call, call->parameters, userdata);

	/* A secret is not kept until the answer has left. */
	if (call->method->flags & VARLINK_SENSITIVE)
		forget_message(call);
	if (r >= 0)
		return;
	(void)answer(call, "io.systemd.System",
		     json_pack("{s:s, s:i}", "origin", "linux", "errno", -r),
		     false);
	c->ending = true;
}

/* The checks in their order; true when the message was no faulty one. */
static bool judge(struct varlink_call *call, size_t n)
{
	const struct varlink_interface *interface;
	const char *name, *fault;

	fault = read_envelope(call, &name);
	if (fault) {
		(void)!varlink_call_invalid(call, fault);
		return false;
	}
	if (!find_method(call, name, &interface))
		return false;
	if (!is_permitted(call)) {
		(void)!varlink_call_denied(call);
		return true;
	}
	if (call->method->max_bytes > 0 && n > call->method->max_bytes) {
		(void)!varlink_call_invalid(call, "");
		return false;
	}
	if ((call->method->flags & VARLINK_MORE_ONLY) && !call->more) {
		(void)service_error(call, SERVICE_ERROR("ExpectedMore"), NULL,
				    NULL);
		return true;
	}
	fault = parameters_check(call->method->parameters, call->parameters);
	if (fault) {
		(void)!varlink_call_invalid(call, fault);
		return false;
	}
	run(call, interface);
	return true;
}

static void dispatch_json(struct varlink_connection *c, json_t *message,
			  size_t n)
{
	scope(call_unrefp) struct varlink_call *call = NULL;

	if (call_new(c, message, &call) != 0) {
		connection_fail(c);
		return;
	}
	if (!judge(call, n))
		c->ending = true;
}

void call_dispatch(struct varlink_connection *c, const char *bytes, size_t n)
{
	json_t *message = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);

	if (!message) {
		call_refuse_malformed(c);
		return;
	}
	dispatch_json(c, message, n);
}

/* Answered as what it is: a message whose parts cannot be named. */
void call_refuse_malformed(struct varlink_connection *c)
{
	dispatch_json(c, NULL, 0);
}
