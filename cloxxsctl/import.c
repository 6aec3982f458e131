/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/import.h"

#include "cloxxsctl/output.h"

void import_deinit(struct import *import)
{
	json_decref(import->batch);
	varlink_client_free(import->client);
}

size_t import_bytes_of(const json_t *row)
{
	/* And a comma. */
	return json_dumpb(row, NULL, 0, JSON_COMPACT) + 1;
}

bool import_has_room(const struct import *import, size_t n)
{
	return import->n_bytes + n <= IMPORT_BYTES_MAX &&
	       json_array_size(import->batch) < IMPORT_ROWS_MAX;
}

int import_add(struct import *import, json_t *row, size_t n)
{
	import->n_bytes += n;
	return json_array_append_new(import->batch, row) < 0 ? -ENOMEM : 0;
}

json_t *import_take(struct import *import, const char *name)
{
	json_t *parameters = json_pack("{s:o}", name, import->batch);

	import->batch = json_array();
	import->n_bytes = 0;
	return parameters;
}

int import_judge(struct import *import, const json_t *reply, bool is_known)
{
	fault_list_take(&import->faults, reply);
	if (fault_list_any(&import->faults))
		return fault_list_tell(&import->faults, import->ctl,
				       import->command);
	if (!is_known)
		return ctl_fail(import->ctl, import->command, STATUS_FAILURE,
				"the daemon does not say that it was done; is "
				"it of another version?");
	return STATUS_OK;
}

void import_tell(const struct import *import, const json_t *reply, bool done)
{
	int64_t added = 0, changed = 0, unchanged = 0;

	(void)output_member_int(reply, "added", &added);
	(void)output_member_int(reply, "changed", &changed);
	(void)output_member_int(reply, "unchanged", &unchanged);
	fprintf(import->ctl->output->stream,
		"%lld %s, %lld %s, %lld as they %s already.%s\n",
		(long long)added, done ? "added" : "to be added",
		(long long)changed, done ? "changed" : "to be changed",
		(long long)unchanged, done ? "were" : "are",
		done ? "" : " Nothing was changed.");
}
