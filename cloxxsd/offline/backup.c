/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cloxxsd/offline/file_name.h"
#include "cloxxsd/offline/restore.h"
#include "cloxxsd/service/backup_json.h"

/* Things that differ are told one by one up to here; all are counted. */
#define CHANGES_TOLD 200

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum offline_status refuse(struct offline *offline, const char *why)
{
	return offline_fail(offline, OFFLINE_FAILURE,
			    "%s: %s; nothing was changed", offline->operand,
			    why);
}

/* The identity that was given, or why not. */
static enum offline_status read_identity(struct offline *offline,
					 struct recovery_identity *ret_identity)
{
	const char *file = offline->values[OFFLINE_OPTION_IDENTITY];
	unsigned int line = 0;
	int r;

	r = recovery_read_identity_fd(offline->identity_fd, &line,
				      ret_identity);
	if (r == 0)
		return OFFLINE_DONE;
	if (r == RECOVERY_E_LINE)
		return offline_fail(offline, OFFLINE_USAGE,
				    "%s: line %u is mistyped", file, line);
	return offline_fail(offline, OFFLINE_USAGE, "%s: %s", file,
			    r < 0 ? strerror(-r)
				  : "it is no identity of a recovery key");
}

/* verify */

/* All of the content, with the keys that the identity opens in it. */
static int prove_content(int fd, const struct recovery_identity *identity,
			 const struct archive_header *header, struct text *why)
{
	scope(store_freep) struct store *store = NULL;
	struct file_name name;
	struct state state = { 0 };
	struct key *key = NULL;
	struct proof proof;
	const uint8_t *signing;
	int r;

	r = file_name_give(fd, &name);
	if (r != 0)
		return r;
	r = store_open_snapshot(name.path, why, &store);
	if (r == 0)
		r = recovery_open_roots(store, identity, why, &key);
	if (r == 0)
		r = state_open_snapshot(&state, name.path, key, why);
	file_name_take(&name);
	if (r != 0)
		return r;
	text_init(why, why->buffer, why->size);
	r = proof_make(&state, why, &proof);
	signing = key_ledger_find(state.key, header->ledger_seq);
	if (r == 0 && (!signing || !archive_header_is_ours(header, signing) ||
		       proof.users.all != header->users ||
		       proof.ledger_seq != header->ledger_seq)) {
		text_add(why, "its header was not signed by the store in it");
		r = -EKEYREJECTED;
	}
	state_deinit(&state);
	return r;
}

static enum offline_status verify_content(struct offline *offline,
					  struct archive_header *header)
{
	scope(recovery_identity_wipe) struct recovery_identity identity;
	struct archive_identity opening;
	enum offline_status status;
	scope(scope_close) int fd = -1;
	char why[512] = "";
	struct text text;
	int r;

	status = read_identity(offline, &identity);
	if (status != OFFLINE_DONE)
		return status;
	memcpy(opening.recipient, identity.public_key,
	       sizeof(opening.recipient));
	memcpy(opening.secret, identity.secret_key, sizeof(opening.secret));
	fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno
		   : archive_open(offline->operand_fd, &opening, fd, header);
	explicit_bzero(&opening, sizeof(opening));
	if (r != 0)
		return refuse(offline, archive_sentence(r));
	text_init(&text, why, sizeof(why));
	r = prove_content(fd, &identity, header, &text);
	if (r != 0)
		return refuse(offline, *why ? why : strerror(r < 0 ? -r : EIO));
	return OFFLINE_DONE;
}

enum offline_status backup_verify(struct offline *offline)
{
	bool content = offline->identity_fd >= 0;
	struct backup_made made = { 0 };
	enum offline_status status;
	struct archive_header header;
	json_t *answer;
	int r;

	r = archive_inspect(offline->operand_fd, &header);
	if (r == 0)
		r = archive_digest(offline->operand_fd, made.digest);
	if (r != 0)
		return refuse(offline, archive_sentence(r));
	if (content) {
		status = verify_content(offline, &header);
		if (status != OFFLINE_DONE)
			return status;
	}
	answer = json_pack("{s:o, s:b}", "backup",
			   backup_json(offline->operand, &header, &made),
			   "content_proven", (int)content);
	/* Whose it is only the daemon knows. */
	(void)!json_object_set_new(json_object_get(answer, "backup"), "known",
				   json_false());
	return offline_answer(offline, answer);
}

/* restore */

struct telling {
	json_t *changes;
	uint32_t n;
};

static int tell(enum merge_fact fact, bool allowed, const char *user,
		void *userdata)
{
	struct telling *telling = userdata;

	if (telling->n++ >= CHANGES_TOLD)
		return 0;
	return json_array_append_new(telling->changes,
				     json_pack("{s:s, s:s, s:b}", "user", user,
					       "what",
					       merge_fact_text(fact, allowed),
					       "allowed", (int)allowed)) < 0
		       ? -ENOMEM
		       : 0;
}

static json_t *counts_json(const uint32_t counts[_MERGE_FACT_N])
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < _MERGE_FACT_N; i++) {
		const char *name = merge_fact_group(i);

		if (!name)
			name = i == MERGE_GOES ? "gone" : "failures";
		(void)!json_object_set_new(object, name,
					   json_integer(counts[i]));
	}
	return object;
}

static const char *ledger_name(enum merge_ledger ledger)
{
	static const char *const names[] = {
		[MERGE_LEDGER_CUT] = "cut",
		[MERGE_LEDGER_SAME] = "same",
		[MERGE_LEDGER_GOES_ON] = "goes-on",
	};

	return names[ledger];
}

static json_t *answer_of(struct offline *offline, const struct restore *restore,
			 struct telling *telling, bool dry_run)
{
	bool cut = restore->ledger == MERGE_LEDGER_CUT;
	int64_t lost = restore->present_seq - restore->header.ledger_seq;

	return json_pack(
		"{s:o, s:b, s:b, s:b, s:o, s:O, s:i, s:o, s:o, s:s, s:I, s:b,"
		" s:o}",
		"backup", backup_json(offline->operand, &restore->header, NULL),
		"dry_run", (int)dry_run, "present", (int)restore->is_there,
		"compared", (int)restore->is_compared, "not_compared",
		*restore->not_compared ? json_string(restore->not_compared)
				       : json_null(),
		"changes", telling->changes, "changes_all", (int)telling->n,
		"kept", counts_json(restore->counts.kept), "loosened",
		counts_json(restore->counts.loosened), "ledger",
		restore->is_there ? ledger_name(restore->ledger) : "same",
		"ledger_lost", (json_int_t)(cut && lost > 0 ? lost : 0),
		"writes_key", (int)restore->key_is_of_backup, "kept_store",
		*restore->kept ? json_string(restore->kept) : json_null());
}

/* For the record. */
static void describe(const struct restore *restore, const char *allowed,
		     struct text *text)
{
	text_add_format(text, "created=%lld sequence=%llu ledger=%s at=%lld",
			(long long)restore->header.created,
			(unsigned long long)restore->header.sequence,
			ledger_name(restore->ledger),
			(long long)restore->header.ledger_seq);
	if (restore->is_there && !restore->is_compared)
		text_add(text, " compared=no");
	text_add_format(text, " allowed=%s digest=", allowed ? allowed : "");
	for (size_t i = 0; i < sizeof(restore->header.digest); i++)
		text_add_format(text, "%02x", restore->header.digest[i]);
}

static int write_key(struct offline *offline, const struct restore *restore)
{
	const uint8_t *roots;
	size_t n;

	if (!restore->key_is_of_backup)
		return 0;
	roots = key_roots(restore->key, &n);
	return key_writer_write(&offline->key_writer, roots, n);
}

static enum offline_status finish(struct offline *offline,
				  struct restore *restore)
{
	char details[900], why[1024] = "";
	struct text text, error;
	int r;

	text_init(&error, why, sizeof(why));
	if (restore_may_finish(restore, &error) != 0)
		return refuse(offline, why);
	text_init(&text, details, sizeof(details));
	describe(restore, offline->values[OFFLINE_OPTION_ALLOW], &text);
	r = write_key(offline, restore);
	if (r != 0)
		return offline_fail(offline, OFFLINE_FAILURE,
				    "the key file cannot be written: %s; "
				    "nothing else was changed",
				    strerror(-r));
	r = restore_finish(restore,
			   &(struct record){ .at_us = now_us(),
					     .event = EVENT_BACKUP_RESTORED,
					     .result = RECORD_DONE,
					     .reason = REASON_NONE,
					     .actor = "root",
					     .details = details },
			   &error);
	if (r == 0)
		return OFFLINE_DONE;
	return refuse(offline, *why ? why : strerror(-r));
}

static enum offline_status check_allowed(struct offline *offline)
{
	const char *list = offline->values[OFFLINE_OPTION_ALLOW];

	for (const char *c = list; c && *c; c++)
		if (*c <= ' ' || *c > '~')
			return offline_fail(offline, OFFLINE_USAGE,
					    "--allow: names by comma");
	if (list && strlen(list) > 400)
		return offline_fail(offline, OFFLINE_USAGE,
				    "--allow: these are too many; name the "
				    "group");
	return OFFLINE_DONE;
}

static enum offline_status run(struct offline *offline,
			       const struct recovery_identity *identity,
			       struct telling *telling)
{
	bool dry_run = offline->values[OFFLINE_OPTION_DRY_RUN] != NULL;
	struct restore_args args = {
		.archive_fd = offline->operand_fd,
		.identity = identity,
		.key = scope_take_ptr(offline->key),
		.merge = { .allowed = { offline->values[OFFLINE_OPTION_ALLOW] },
			   .now = now_us() / 1000000,
			   .each = tell,
			   .userdata = telling },
	};
	enum offline_status status = OFFLINE_DONE;
	char private[512], why[512] = "";
	struct restore restore;
	json_t *answer = NULL;
	struct text text;
	int r;

	(void)snprintf(private, sizeof(private), "%s/private",
		       offline_directory(offline));
	args.private_directory = private;
	text_init(&text, why, sizeof(why));
	r = restore_prepare(&args, &text, &restore);
	if (r != 0)
		return refuse(offline, *why ? why : strerror(-r));
	if (!dry_run)
		status = finish(offline, &restore);
	if (status == OFFLINE_DONE)
		answer = answer_of(offline, &restore, telling, dry_run);
	restore_deinit(&restore);
	return status != OFFLINE_DONE ? status
				      : offline_answer(offline, answer);
}

enum offline_status backup_restore(struct offline *offline)
{
	scope(recovery_identity_wipe) struct recovery_identity identity;
	struct telling telling = { .changes = json_array() };
	enum offline_status status;

	status = check_allowed(offline);
	if (status == OFFLINE_DONE)
		status = read_identity(offline, &identity);
	if (status == OFFLINE_DONE)
		status = run(offline, &identity, &telling);
	json_decref(telling.changes);
	return status;
}
