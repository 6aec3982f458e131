/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of an import. Its staging hangs on the connection. */
#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/import.h"

static void abandon(void *data)
{
	import_abandon(data);
}

/* The import of the caller's connection; answers where there is none. */
static struct import *take_import(struct varlink_call *call)
{
	struct import *import =
		varlink_connection_data(varlink_call_connection(call), abandon);

	if (!import)
		(void)!admin_conflict(call, "No import was begun here.");
	return import;
}

int admin_import_begin(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct varlink_connection *connection = varlink_call_connection(call);
	const struct varlink_peer *peer = varlink_call_peer(call);
	struct service *service = userdata;
	struct import_args args = { .service = service };
	struct import *import;
	struct actor actor;
	int r;

	service_find_actor(service, peer, &actor);
	args.actor = &actor;
	args.is_root = peer->uid == 0;
	args.update = json_is_true(json_object_get(parameters, "update"));
	/* What this connection staged before is forgotten. */
	varlink_connection_set_data(connection, NULL, NULL);
	r = import_new(&args, &import);
	if (r == -EBUSY)
		return admin_conflict(call, "Another import is under way: wait "
					    "for its end.");
	if (r < 0)
		return admin_unavailable(call, "Nothing can be staged.");
	varlink_connection_set_data(connection, import, abandon);
	return varlink_call_reply_empty(call);
}

int admin_import_users(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	struct import *import = take_import(call);
	json_t *faults;
	int r;

	(void)userdata;
	if (!import)
		return 0;
	faults = json_array();
	if (!faults)
		return -ENOMEM;
	r = import_put(import, json_object_get(parameters, "users"), faults);
	if (r < 0) {
		json_decref(faults);
		return admin_unavailable(call, "The users cannot be staged.");
	}
	return varlink_call_reply(call,
				  json_pack("{s:I, s:o}", "n_faults",
					    (json_int_t)import_n_faults(import),
					    "faults", faults));
}

int admin_import_commit(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct import *import = take_import(call);

	(void)userdata;
	if (!import)
		return 0;
	return import_commit(
		import, call,
		json_is_true(json_object_get(parameters, "dry_run")));
}
