/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "varlink/introspection.h"

#include <string.h>

#include "varlink/connection.h"
#include "varlink/interfaces.h"

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* What could not be put together must not go out as an empty answer. */
static int reply_with(struct varlink_call *call, json_t *parameters)
{
	return parameters ? varlink_call_reply(call, parameters) : -ENOMEM;
}

static int handle_get_info(struct varlink_call *call, json_t *parameters,
			   void *userdata)
{
	const struct varlink_server *server = userdata;
	const struct varlink_server_args *args = &server->args;
	json_t *names;

	(void)parameters;
	names = json_pack("[s]", introspection_interface.name);
	for (size_t i = 0; args->interfaces[i]; i++)
		if (json_array_append_new(
			    names, json_string(args->interfaces[i]->name)) <
		    0) {
			json_decref(names);
			return -ENOMEM;
		}
	return reply_with(
		call, json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor",
				text_or_empty(args->vendor), "product",
				text_or_empty(args->product), "version",
				text_or_empty(args->version), "url",
				text_or_empty(args->url), "interfaces", names));
}

static const struct varlink_interface *find(const struct varlink_server *server,
					    const char *name)
{
	if (strcmp(name, introspection_interface.name) == 0)
		return &introspection_interface;
	for (size_t i = 0; server->args.interfaces[i]; i++)
		if (strcmp(name, server->args.interfaces[i]->name) == 0)
			return server->args.interfaces[i];
	return NULL;
}

static int handle_get_description(struct varlink_call *call, json_t *parameters,
				  void *userdata)
{
	const char *name =
		json_string_value(json_object_get(parameters, "interface"));
	const struct varlink_interface *interface = find(userdata, name);

	if (!interface)
		return varlink_call_error(
			call, "org.varlink.service.InterfaceNotFound",
			json_pack("{s:s}", "interface", name));
	return reply_with(call, json_pack("{s:s}", "description",
					  interface->description));
}

static const struct varlink_parameter get_description_parameters[] = {
	{ .name = "interface", .type = VARLINK_STRING, .max = 255 },
	{ 0 },
};

static const struct varlink_parameter no_parameters[] = { { 0 } };

static const struct varlink_method methods[] = {
	{ .name = "org.varlink.service.GetInfo",
	  .flags = VARLINK_PUBLIC,
	  .max_bytes = 4096,
	  .deadline_ms = 2000,
	  .parameters = no_parameters,
	  .handle = handle_get_info },
	{ .name = "org.varlink.service.GetInterfaceDescription",
	  .flags = VARLINK_PUBLIC,
	  .max_bytes = 4096,
	  .deadline_ms = 2000,
	  .parameters = get_description_parameters,
	  .handle = handle_get_description },
	{ 0 },
};

const struct varlink_interface introspection_interface = {
	.name = "org.varlink.service",
	.description = varlink_org_varlink_service,
	.methods = methods,
};
