/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No backup is written but to the recovery key.
 *  2. A backup that was told to be there is in the ledger, and a failure too.
 *  3. One backup is made at a time; nobody's login waits for it.
 */
#include "cloxxsd/service/admin_backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cloxxsd/backup/exchange.h"
#include "cloxxsd/backup/shelf.h"
#include "cloxxsd/service/backup_json.h"
#include "cloxxsd/state/backups.h"

json_t *admin_add_last_backup(struct service *service, json_t *reply)
{
	struct backup_made last;
	bool there = backups_last(service->state->store, &last) == 0;
	json_t *more;

	more = json_pack("{s:o, s:o, s:o, s:b}", "last_backup",
			 there ? json_string(last.file) : json_null(),
			 "last_backup_at",
			 there ? json_integer(last.created) : json_null(),
			 "last_backup_bytes",
			 there ? json_integer(last.bytes) : json_null(),
			 "backup_running", service->backup_job != NULL);
	if (!reply || !more || json_object_update(reply, more) < 0) {
		json_decref(reply);
		reply = NULL;
	}
	json_decref(more);
	return reply;
}

static void record(struct service *service, struct change change,
		   enum event event, const struct actor *actor,
		   const char *details, int *ret_r)
{
	struct change_set set = { 0 };
	struct record record = { .at_us = clock_realtime_us(),
				 .event = event,
				 .result = event == EVENT_BACKUP_FAILED
						   ? RECORD_FAILED
						   : RECORD_DONE,
				 .reason = REASON_NONE,
				 .details = details };

	actor_sign(actor, &record);
	if (change.type != _CHANGE_NONE)
		change_set_add(&set, change);
	change_set_record(&set, record);
	*ret_r = state_apply(service->state, &set);
}

/* CreateBackup. */

struct making {
	struct service *service;
	struct varlink_call *call;
	struct actor actor;
};

static void on_told(enum job_phase phase, uint32_t percent, void *userdata)
{
	struct making *making = userdata;

	if (varlink_call_wants_more(making->call) &&
	    varlink_call_is_open(making->call))
		(void)!varlink_call_continue(
			making->call,
			json_pack("{s:s, s:i, s:n}", "phase",
				  job_phase_name(phase), "percent",
				  (int)percent, "backup"));
}

static void answer_failed(struct making *making,
			  const struct job_result *result)
{
	char message[600];
	int r;

	(void)snprintf(message, sizeof(message), "%s.", result->why);
	record(making->service, (struct change){ 0 }, EVENT_BACKUP_FAILED,
	       &making->actor, result->why, &r);
	(void)!admin_unavailable(making->call, message);
}

/* With the digest: kept in a journal elsewhere, it proves the file where this
 * host and its keys are lost. */
static void describe(const struct job_result *result, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	text_add_format(&text,
			"file=%s sequence=%lld bytes=%lld users=%u ledger=%lld "
			"digest=",
			result->made.file, (long long)result->made.sequence,
			(long long)result->made.bytes, result->header.users,
			(long long)result->header.ledger_seq);
	for (size_t i = 0; i < sizeof(result->made.digest); i++)
		text_add_format(&text, "%02x", result->made.digest[i]);
}

static void on_made(const struct job_result *result, void *userdata)
{
	struct making *making = userdata;
	char details[512];
	int r;

	making->service->backup_job = NULL;
	if (result->r != 0) {
		answer_failed(making, result);
	} else {
		describe(result, details, sizeof(details));
		record(making->service,
		       (struct change){ .type = CHANGE_BACKUP_MADE,
					.backup = &result->made },
		       EVENT_BACKUP_CREATED, &making->actor, details, &r);
		if (r != 0)
			(void)!admin_unavailable(
				making->call,
				"The backup is there, but it could not be "
				"recorded.");
		else
			(void)!varlink_call_reply(
				making->call,
				json_pack("{s:s, s:i, s:o}", "phase", "done",
					  "percent", 100, "backup",
					  backup_json(result->made.file,
						      &result->header,
						      &result->made)));
	}
	varlink_call_unref(making->call);
	free(making);
}

/* The host's name as a header may hold it. */
static void host_name(char ret_host[ARCHIVE_HOST_MAX + 1])
{
	char name[ARCHIVE_HOST_MAX + 1] = "";

	(void)gethostname(name, sizeof(name) - 1);
	for (char *c = name; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
	memcpy(ret_host, name, sizeof(name));
}

/* What the job begins with; 0, or an answer was given (1), or -errno. */
static int prepare(struct service *service, struct varlink_call *call,
		   struct job_args *args)
{
	struct archive_header *header = &args->header;
	int64_t n = 0;
	int r;

	r = state_recipient(service->state, header->recipient);
	if (r == -ENOENT) {
		(void)!admin_conflict(
			call, "There is no recovery key to seal a backup for; "
			      "make one with cloxxsctl key recovery.");
		return 1;
	}
	if (r == 0)
		r = backups_installation(service->state->store,
					 header->installation, &n);
	if (r == 0)
		r = state_copy_key(service->state, &args->key);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	header->sequence = (uint64_t)n + 1;
	header->created = clock_realtime_us() / 1000000;
	host_name(header->host);
	return 0;
}

static int start(struct service *service, struct varlink_call *call,
		 struct job_args *args, struct making *making)
{
	char snapshot[512];
	int r;

	(void)snprintf(snapshot, sizeof(snapshot), "%s/private/snapshot.db",
		       service->state_directory);
	making->service = service;
	making->call = call;
	service_find_actor(service, varlink_call_peer(call), &making->actor);
	args->event = service->attempts->event;
	args->errands = service->errands;
	args->store = service->state->store;
	args->snapshot = snapshot;
	args->directory = service->attempts->settings->backup_directory;
	args->told = on_told;
	args->done = on_made;
	args->userdata = making;
	r = job_start(args, &service->backup_job);
	if (r == 0)
		varlink_call_ref(call);
	return r;
}

int admin_create_backup(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct service *service = userdata;
	struct job_args args = { 0 };
	struct making *making;
	int r;

	(void)parameters;
	if (service->backup_job)
		return admin_conflict(call, "A backup is being made already.");
	r = prepare(service, call, &args);
	if (r > 0)
		return 0;
	making = calloc(1, sizeof(*making));
	if (r == 0 && !making) {
		key_free(args.key);
		r = -ENOMEM;
	} else if (r == 0) {
		r = start(service, call, &args, making);
	}
	if (r == 0)
		return 0;
	free(making);
	return admin_unavailable(call, r == -ENOSPC
					       ? "There is no room for a copy "
						 "of the store."
					       : "The store cannot be copied.");
}

/* ListBackups and PruneBackups. */

struct looking {
	struct service *service;
	struct varlink_call *call;
	struct actor actor;
	struct shelf shelf;
	size_t next;
};

static void looking_free(void *data)
{
	struct looking *looking = data;

	shelf_deinit(&looking->shelf);
	free(looking);
}

/* Stores that a restore replaced are kept for as long. */
#define KEEP_REPLACED_S (7 * 86400)

static void prune_replaced(const struct looking *looking)
{
	scope(scope_close) int fd = -1;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/private",
		       looking->service->state_directory);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		exchange_prune(fd, looking->shelf.rule.now, KEEP_REPLACED_S);
}

static void look(struct errand *errand, void *data)
{
	struct looking *looking = data;

	(void)errand;
	shelf_look(&looking->shelf);
	if (looking->shelf.prune && !looking->shelf.dry_run)
		prune_replaced(looking);
}

static json_t *entry_json(const struct looking *looking, size_t i)
{
	const struct catalogue_entry *entry =
		&looking->shelf.catalogue.entries[i];

	if (entry->fault != 0)
		return backup_faulty_json(entry->file, entry->bytes,
					  archive_sentence(entry->fault));
	return backup_json(entry->file, &entry->header,
			   shelf_known(&looking->shelf, entry));
}

/* The next that is to be told, from i on; n where there is none. */
static size_t next_told(const struct looking *looking, size_t i)
{
	while (i < looking->shelf.catalogue.n && looking->shelf.prune &&
	       !looking->shelf.removed[i])
		i++;
	return i;
}

#define BATCH 64

static int fill(struct varlink_call *call, void *data)
{
	struct looking *looking = data;
	size_t n = looking->shelf.catalogue.n;

	for (int k = 0; k < BATCH && looking->next < n; k++) {
		json_t *reply = json_pack("{s:o}", "backup",
					  entry_json(looking, looking->next));
		int r;

		looking->next = next_told(looking, looking->next + 1);
		if (looking->next >= n)
			return varlink_call_reply(call, reply);
		r = varlink_call_continue(call, reply);
		if (r < 0)
			return r;
	}
	if (looking->next < n)
		return 0;
	return varlink_call_reply(call, json_pack("{s:n}", "backup"));
}

static int record_removed(struct looking *looking)
{
	for (size_t i = next_told(looking, 0); i < looking->shelf.catalogue.n;
	     i = next_told(looking, i + 1)) {
		const char *file = looking->shelf.catalogue.entries[i].file;
		char details[CATALOGUE_FILE_MAX + 8];
		int r;

		(void)snprintf(details, sizeof(details), "file=%s", file);
		record(looking->service,
		       (struct change){ .type = CHANGE_BACKUP_GONE,
					.text = file },
		       EVENT_BACKUP_PRUNED, &looking->actor, details, &r);
		if (r != 0)
			return r;
	}
	return 0;
}

static void on_looked(void *data)
{
	struct looking *looking = data;
	struct varlink_call *call = looking->call;
	struct shelf *shelf = &looking->shelf;
	int r = 0;

	if (shelf->prune && !shelf->dry_run && shelf->removed)
		r = record_removed(looking);
	if (shelf->r != 0) {
		char message[600];

		(void)snprintf(message, sizeof(message), "%s.", shelf->why);
		(void)!admin_unavailable(call, message);
		looking_free(looking);
	} else if (r != 0) {
		(void)!admin_unavailable(call,
					 "Old backups were removed, but it "
					 "could not be recorded.");
		looking_free(looking);
	} else {
		looking->next = next_told(looking, 0);
		varlink_call_stream(call, fill, looking, looking_free);
	}
	varlink_call_unref(call);
}

static int start_looking(struct service *service, struct varlink_call *call,
			 bool prune, bool dry_run)
{
	const struct settings *settings = service->attempts->settings;
	struct looking *looking = calloc(1, sizeof(*looking));
	struct shelf *shelf;
	int64_t n;
	int r;

	if (!looking)
		return -ENOMEM;
	shelf = &looking->shelf;
	*looking = (struct looking){
		.service = service,
		.call = call,
		.shelf = { .prune = prune,
			   .dry_run = dry_run,
			   .rule = { .now = clock_realtime_us() / 1000000,
				     .keep_s = settings->backup_keep_s,
				     .keep_verified =
					     settings->backup_keep_verified } },
	};
	service_find_actor(service, varlink_call_peer(call), &looking->actor);
	(void)snprintf(shelf->directory, sizeof(shelf->directory), "%s",
		       settings->backup_directory);
	r = backups_read(service->state->store, &shelf->known, &shelf->n_known);
	if (r == 0)
		r = backups_installation(service->state->store,
					 shelf->rule.installation, &n);
	if (r == 0)
		r = errands_start(service->errands,
				  &(struct errand_args){ .run = look,
							 .done = on_looked,
							 .data = looking });
	if (r == 0) {
		varlink_call_ref(call);
		return 0;
	}
	looking_free(looking);
	return admin_unavailable(call, r == -EAGAIN
					       ? "Others look at the backups "
						 "just now: try again."
					       : ADMIN_UNREADABLE);
}

int admin_list_backups(struct varlink_call *call, json_t *parameters,
		       void *service)
{
	(void)parameters;
	return start_looking(service, call, false, false);
}

int admin_prune_backups(struct varlink_call *call, json_t *parameters,
			void *service)
{
	bool dry_run = json_is_true(json_object_get(parameters, "dry_run"));

	return start_looking(service, call, true, dry_run);
}
