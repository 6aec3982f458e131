/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The present store is read as a copy, and touched by the exchange alone.
 *  2. What is exchanged in was proven after the last write to it.
 *  3. What was opened of the backup is gone when this is.
 */
#include "cloxxsd/offline/restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cloxxsd/backup/catalogue.h"
#include "cloxxsd/state/backups.h"
#include "cloxxsd/state/data_key.h"

static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm",
				     "store.db-journal", "store.made" };

/* An empty directory of our own below private/. */
static int make_place(const char *private_directory, const char *name,
		      char path[512], int *ret_fd)
{
	int fd;

	(void)snprintf(path, 512, "%s/%s", private_directory, name);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlinkat(fd, names[i], 0);
	*ret_fd = fd;
	return 0;
}

static void remove_place(int fd, const char *path)
{
	for (size_t i = 0; fd >= 0 && i < ARRAY_SIZE(names); i++)
		(void)unlinkat(fd, names[i], 0);
	if (fd >= 0)
		(void)rmdir(path);
}

static int copy_bytes(int from, int to)
{
	char buffer[65536];

	for (;;) {
		ssize_t n = read(from, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (write(to, buffer, (size_t)n) != n)
			return errno != 0 ? -errno : -EIO;
	}
}

/* -ENOENT: there is none. */
static int copy_file(int from_fd, int to_fd, const char *name)
{
	scope(scope_close) int from = -1;
	scope(scope_close) int to = -1;

	from = openat(from_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return -errno;
	to = openat(to_fd, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return to < 0 ? -errno : copy_bytes(from, to);
}

/* The store in directory, migrated, with key, and without anything that
 * state_open() would do of its own. */
static int open_place(struct state *state, const char *directory,
		      struct key *key, struct text *why)
{
	int r;

	*state = (struct state){ .key = key };
	r = store_open(directory, why, &state->store);
	/* The place was all that it said: whatever fails next says it anew. */
	if (r == 0)
		text_init(why, why->buffer, why->size);
	if (r == 0 && key_n_data(key) == 0)
		r = data_keys_load(state->store, key, why, &state->root);
	if (r == 0)
		r = ledger_init(&state->ledger, state->store, key);
	if (r == LEDGER_E_BROKEN && why->n == 0)
		text_add(why, "its last record was not written with this key");
	/* Closed it is one file. */
	if (r == 0)
		r = store_trust(state->store);
	return r > 0 ? -EBADMSG : r;
}

/* The key stays who owns it. */
static void close_place(struct state *state)
{
	state->store = store_free(state->store);
	state->key = NULL;
}

/* Decrypts into a file without a name, which gets one when all is proven. */
static int unseal(struct restore *restore, struct text *why)
{
	struct archive_identity identity;
	scope(scope_close) int fd = -1;
	char self[64];
	int r;

	fd = openat(restore->new_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	memcpy(identity.recipient, restore->args.identity->public_key,
	       sizeof(identity.recipient));
	memcpy(identity.secret, restore->args.identity->secret_key,
	       sizeof(identity.secret));
	r = archive_open(restore->args.archive_fd, &identity, fd,
			 &restore->header);
	explicit_bzero(&identity, sizeof(identity));
	if (r != 0) {
		text_add(why, archive_sentence(r));
		return r < 0 ? r : -EBADMSG;
	}
	r = archive_digest(restore->args.archive_fd, restore->digest);
	if (r < 0)
		return r;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fsync(fd) < 0 || linkat(AT_FDCWD, self, restore->new_fd, "store.db",
				    AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return 0;
}

/* Where this host has no key: the root keys that are in the backup. */
static int find_key(struct restore *restore, struct text *why)
{
	scope(store_freep) struct store *store = NULL;
	char path[600];
	int r;

	restore->key = scope_take_ptr(restore->args.key);
	if (restore->key)
		return 0;
	restore->key_is_of_backup = true;
	(void)snprintf(path, sizeof(path), "%s/store.db", restore->new_path);
	r = store_open_snapshot(path, why, &store);
	if (r == 0)
		r = recovery_open_roots(store, restore->args.identity, why,
					&restore->key);
	return r > 0 ? -EBADMSG : r;
}

static int check_header(struct restore *restore, const struct proof *proof,
			struct text *why)
{
	const struct archive_header *header = &restore->header;
	const uint8_t *signing =
		key_ledger_find(restore->key, header->ledger_seq);

	restore->is_ours = signing && archive_header_is_ours(header, signing);
	if (restore->is_ours && header->users == proof->users.all &&
	    header->ledger_seq == proof->ledger_seq &&
	    memcmp(header->ledger_head, proof->ledger_head,
		   sizeof(header->ledger_head)) == 0)
		return 0;
	text_add(why, "its header was not signed by the store in it: nobody "
		      "but an attacker makes such a backup");
	return -EKEYREJECTED;
}

/* Proves what the backup holds, as it is. */
static int prove_backup(struct restore *restore, struct text *why)
{
	struct state state;
	struct proof proof;
	int r;

	r = open_place(&state, restore->new_path, restore->key, why);
	if (r != 0 && why->n == 0)
		text_add(why, "its store cannot be opened");
	if (r == 0)
		r = proof_make(&state, why, &proof);
	close_place(&state);
	if (r == 0)
		r = check_header(restore, &proof, why);
	return r > 0 ? -EBADMSG : r;
}

/* Whether every data key of few is in many. */
static bool holds(const struct key *many, const struct key *few)
{
	for (size_t i = 0; i < key_n_data(few); i++) {
		const struct key_data *one = key_data_get(few, i);
		bool found = false;

		for (size_t k = 0; !found && k < key_n_data(many); k++)
			found = memcmp(key_data_get(many, k)->id, one->id,
				       sizeof(one->id)) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* The present store as a copy of ours, its log written into it. */
static int copy_present(struct restore *restore)
{
	scope(store_freep) struct store *store = NULL;
	char unread[512];
	struct text why;
	int r;

	r = copy_file(restore->private_fd, restore->old_fd, "store.db");
	if (r == -ENOENT)
		return 0;
	restore->is_there = true;
	if (r == 0)
		r = copy_file(restore->private_fd, restore->old_fd,
			      "store.db-wal");
	if (r != 0 && r != -ENOENT)
		return r;
	text_init(&why, unread, sizeof(unread));
	/* Our own copy: the log goes into it, whoever wrote that. */
	restore->is_folded = store_open(restore->old_path, &why, &store) == 0 &&
			     store_trust(store) == 0;
	if (!restore->is_folded)
		(void)snprintf(restore->not_compared,
			       sizeof(restore->not_compared), "%s", unread);
	return 0;
}

static int copy_ring(const struct key *key, struct key **ret_key)
{
	const uint8_t *roots;
	size_t n;
	int r;

	roots = key_roots(key, &n);
	r = key_read(roots, n, ret_key);
	return r > 0 ? -EINVAL : r;
}

/* The present store opened beside the restored one. */
static int open_present(struct restore *restore, struct state *ret_present,
			struct text *why)
{
	struct key *ring;
	struct proof proof;
	int r;

	r = copy_ring(restore->key, &ring);
	if (r != 0)
		return r;
	r = open_place(ret_present, restore->old_path, ring, why);
	if (r == 0)
		r = proof_make(ret_present, why, &proof);
	if (r == 0 && !holds(ring, restore->key) &&
	    !holds(restore->key, ring)) {
		text_add(why, "it is not of the same installation");
		r = -EXDEV;
	}
	return r > 0 ? -EBADMSG : r;
}

/* The keys of whichever store has more of them: what was sealed and chained
 * since needs them. */
static bool take_present_keys(struct restore *restore, struct state *present)
{
	if (!holds(present->key, restore->key))
		return false;
	key_swap(restore->key, present->key);
	return true;
}

static int merge(struct restore *restore, struct text *why)
{
	struct merge_rest_args rest = { .args = &restore->args.merge,
					.present_ledger_is_good = true };
	struct state present = { 0 }, restored = { 0 };
	char path[600];
	int r;

	r = open_place(&restored, restore->new_path, restore->key, why);
	if (r == 0)
		r = open_present(restore, &present, why);
	restore->is_compared = r == 0;
	if (r == 0) {
		restore->present_seq = present.ledger.seq;
		r = merge_users(&restored, &present, &restore->args.merge,
				&restore->counts);
	}
	if (r == 0)
		rest.present_keys = take_present_keys(restore, &present);
	/* Closed, it is one file: its log is written into it. */
	state_deinit(&present);
	(void)snprintf(path, sizeof(path), "%s/store.db", restore->old_path);
	rest.present_path = path;
	if (r == 0)
		r = merge_rest(&restored, &rest, &restore->counts,
			       &restore->ledger);
	close_place(&restored);
	return r > 0 ? -EBADMSG : r;
}

static int take_in_present(struct restore *restore, struct text *why)
{
	int r;

	r = copy_present(restore);
	if (r != 0 || !restore->is_folded)
		return r;
	r = merge(restore, why);
	if (r == 0 || restore->is_compared)
		return r;
	/* What it could not be compared for is told; it is not the end. */
	(void)snprintf(restore->not_compared, sizeof(restore->not_compared),
		       "%s", why->n > 0 ? why->buffer : strerror(-r));
	text_init(why, why->buffer, why->size);
	return 0;
}

static int prepare(struct restore *restore, struct text *why)
{
	const char *directory = restore->args.private_directory;
	int r = 0;

	restore->private_fd = open(directory, O_RDONLY | O_DIRECTORY |
						      O_NOFOLLOW | O_CLOEXEC);
	if (restore->private_fd < 0)
		r = -errno;
	if (r == 0)
		r = make_place(directory, "restore.new", restore->new_path,
			       &restore->new_fd);
	if (r == 0)
		r = make_place(directory, "restore.old", restore->old_path,
			       &restore->old_fd);
	if (r == 0)
		r = unseal(restore, why);
	if (r == 0)
		r = find_key(restore, why);
	if (r == 0)
		r = prove_backup(restore, why);
	if (r == 0)
		r = take_in_present(restore, why);
	return r;
}

int restore_prepare(const struct restore_args *args, struct text *why,
		    struct restore *ret_restore)
{
	int r;

	*ret_restore = (struct restore){
		.args = *args, .private_fd = -1, .new_fd = -1, .old_fd = -1
	};
	r = prepare(ret_restore, why);
	if (r != 0)
		restore_deinit(ret_restore);
	return r;
}

/*
 * The backup itself, which was made after the copy that is in it: counted, so
 * that no later one is given its number, and known by its digest.
 */
static int add_own_backup(struct restore *restore, const struct state *state,
			  struct backup_made *made, struct change_set *set)
{
	const struct archive_header *header = &restore->header;
	int r;

	*made = (struct backup_made){
		.sequence = (int64_t)header->sequence,
		.created = header->created,
		.bytes = (int64_t)archive_header_file_bytes(header),
	};
	catalogue_file_name(header->created, header->sequence, made->file);
	r = backups_find(state->store, made->file, made);
	if (r != BACKUPS_E_UNKNOWN)
		return r;
	memcpy(made->digest, restore->digest, sizeof(made->digest));
	change_set_add(set, (struct change){ .type = CHANGE_BACKUP_MADE,
					     .backup = made });
	return 0;
}

/* Behind the last write: the record, and the proof of all of it. */
static int conclude(struct restore *restore, const struct record *record,
		    struct text *why)
{
	struct change_set set = { 0 };
	struct backup_made made;
	struct state state;
	int r;

	change_set_record(&set, *record);
	r = open_place(&state, restore->new_path, restore->key, why);
	if (r == 0)
		r = add_own_backup(restore, &state, &made, &set);
	if (r == 0)
		r = state_apply(&state, &set);
	if (r == 0)
		r = proof_make(&state, why, &restore->proof);
	close_place(&state);
	return r > 0 ? -EBADMSG : r;
}

/* On the disk, as one file. */
static int sync_new(struct restore *restore)
{
	scope(scope_close) int fd = openat(restore->new_fd, "store.db",
					   O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0 || fsync(restore->new_fd) < 0)
		return -errno;
	/* Closed well it has no log; with one it would be half a store. */
	return faccessat(restore->new_fd, "store.db-wal", F_OK, 0) == 0 ? -EBUSY
									: 0;
}

int restore_may_finish(const struct restore *restore, struct text *why)
{
	if (!restore->is_there || restore->is_compared ||
	    merge_may_be_unseen(&restore->args.merge.allowed))
		return 0;
	text_add_format(why,
			"the present store cannot be compared (%s): whoever "
			"was locked, disabled or deleted since this backup "
			"would get in again; say --allow damaged where that "
			"may be",
			restore->not_compared);
	return -EPERM;
}

int restore_finish(struct restore *restore, const struct record *record,
		   struct text *why)
{
	int r;

	r = restore_may_finish(restore, why);
	if (r == 0)
		r = conclude(restore, record, why);
	if (r == 0)
		r = sync_new(restore);
	if (r == 0)
		r = exchange_store(
			&(struct exchange_args){
				.private_fd = restore->private_fd,
				.new_fd = restore->new_fd,
				.new_name = "store.db",
				.folded_fd = restore->is_folded
						     ? restore->old_fd
						     : -1,
				.folded_name = "store.db",
				.now = restore->args.merge.now },
			restore->kept);
	return r;
}

void restore_deinit(struct restore *restore)
{
	remove_place(restore->new_fd, restore->new_path);
	remove_place(restore->old_fd, restore->old_path);
	scope_close(&restore->new_fd);
	scope_close(&restore->old_fd);
	scope_close(&restore->private_fd);
	restore->key = key_free(restore->key);
	restore->args.key = key_free(restore->args.key);
}
