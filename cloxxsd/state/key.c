/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Keys in clear stand in memory of sodium_malloc() only: guarded, locked,
 *     kept out of dumps, wiped when given back.
 *  2. A wrapped key opens for its own id, use and place in the ledger, or not.
 */
#include "cloxxsd/state/key.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CONTEXT "cloxxs_1" /* crypto_kdf_CONTEXTBYTES */
#define VERSION 1
#define N_HEAD (1 + KEY_ID_BYTES)
#define N_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define N_TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(KEY_WRAPPED_BYTES == N_HEAD + N_NONCE + KEY_BYTES + N_TAG,
	       "the form in the header");

/* What is made from a root key; never another meaning for a number. */
enum derived {
	DERIVED_WRAP = 1,
	DERIVED_ID = 2,
};

/* As they stand in a key file, and what is made of them. */
struct roots {
	uint8_t file[KEY_ROOTS_MAX][KEY_BYTES];
	uint8_t wrap[KEY_ROOTS_MAX][KEY_BYTES];
};

struct key {
	struct roots *roots; /* sodium_malloc() */
	size_t n_roots;
	uint8_t root_ids[KEY_ROOTS_MAX][KEY_ID_BYTES];
	struct key_data *data;
	uint8_t (*bytes)[KEY_BYTES]; /* of data; sodium_malloc() */
	size_t n_data;
};

static int derive(struct key *key, size_t i)
{
	uint8_t id[KEY_BYTES];

	if (crypto_kdf_derive_from_key(key->roots->wrap[i], KEY_BYTES,
				       DERIVED_WRAP, CONTEXT,
				       key->roots->file[i]) != 0 ||
	    crypto_kdf_derive_from_key(id, KEY_BYTES, DERIVED_ID, CONTEXT,
				       key->roots->file[i]) != 0)
		return -EINVAL;
	/* The same key twice is a mistake, and would hide which is which. */
	if (key_find_root(key, id) < key->n_roots)
		return KEY_E_MALFORMED;
	memcpy(key->root_ids[i], id, KEY_ID_BYTES);
	key->n_roots = i + 1;
	return 0;
}

int key_read(const uint8_t *bytes, size_t n, struct key **ret_key)
{
	scope(key_freep) struct key *key = NULL;
	int r = 0;

	if (n == 0 || n % KEY_BYTES != 0 || n > KEY_ROOTS_MAX * KEY_BYTES)
		return KEY_E_MALFORMED;
	key = calloc(1, sizeof(*key));
	if (key)
		key->roots = sodium_malloc(sizeof(*key->roots));
	if (!key || !key->roots)
		return -ENOMEM;
	memcpy(key->roots->file, bytes, n);
	for (size_t i = 0; r == 0 && i < n / KEY_BYTES; i++)
		r = derive(key, i);
	if (r != 0)
		return r;
	sodium_mprotect_readonly(key->roots);
	*ret_key = scope_take_ptr(key);
	return 0;
}

static int read_exactly(int fd, uint8_t *bytes, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t k = read(fd, bytes + have, n - have);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			return KEY_E_MALFORMED;
		have += (size_t)k;
	}
	return 0;
}

static int open_key(const char *path, int *ret_fd, size_t *ret_n)
{
	scope(scope_close) int fd = -1;
	struct stat status;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT  ? KEY_E_MISSING
		       : errno == ELOOP ? KEY_E_EXPOSED
					: -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	/* A systemd credential is 0400 of ours, or readable by an ACL's mask.
	 */
	if (!S_ISREG(status.st_mode) ||
	    (status.st_mode & (S_IRWXO | S_IWGRP)) ||
	    (status.st_uid != 0 && status.st_uid != geteuid()))
		return KEY_E_EXPOSED;
	if (status.st_size <= 0 || status.st_size > KEY_ROOTS_MAX * KEY_BYTES)
		return KEY_E_MALFORMED;
	*ret_n = (size_t)status.st_size;
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

int key_load(const char *path, struct key **ret_key)
{
	scope(scope_close) int fd = -1;
	uint8_t *bytes;
	size_t n = 0;
	int r;

	r = open_key(path, &fd, &n);
	if (r != 0)
		return r;
	bytes = sodium_malloc(n);
	if (!bytes)
		return -ENOMEM;
	r = read_exactly(fd, bytes, n);
	if (r == 0)
		r = key_read(bytes, n, ret_key);
	sodium_free(bytes);
	return r;
}

struct key *key_free(struct key *key)
{
	if (!key)
		return NULL;
	sodium_free(key->roots);
	sodium_free(key->bytes);
	free(key->data);
	free(key);
	return NULL;
}

void key_swap(struct key *key, struct key *other)
{
	struct key kept = *key;

	*key = *other;
	*other = kept;
}

size_t key_n_roots(const struct key *key)
{
	return key->n_roots;
}

const uint8_t *key_root_id(const struct key *key, size_t i)
{
	return key->root_ids[i];
}

size_t key_find_root(const struct key *key, const uint8_t id[KEY_ID_BYTES])
{
	size_t i = 0;

	while (i < key->n_roots &&
	       memcmp(key->root_ids[i], id, KEY_ID_BYTES) != 0)
		i++;
	return i;
}

const uint8_t *key_roots(const struct key *key, size_t *ret_n)
{
	*ret_n = key->n_roots * KEY_BYTES;
	return key->roots->file[0];
}

size_t key_n_data(const struct key *key)
{
	return key->n_data;
}

const struct key_data *key_data_get(const struct key *key, size_t i)
{
	return &key->data[i];
}

/* Room for one more, whose bytes the caller writes; then show(). */
static int make_room(struct key *key)
{
	size_t n = key->n_data + 1;
	uint8_t(*bytes)[KEY_BYTES];
	struct key_data *data;

	data = reallocarray(key->data, n, sizeof(*data));
	if (!data)
		return -ENOMEM;
	key->data = data;
	bytes = sodium_allocarray(n, KEY_BYTES);
	if (!bytes)
		return -ENOMEM;
	if (key->n_data > 0)
		memcpy(bytes, key->bytes, key->n_data * sizeof(*bytes));
	sodium_free(key->bytes);
	key->bytes = bytes;
	return 0;
}

static void show(struct key *key, const struct key_data *facts)
{
	key->data[key->n_data++] = *facts;
	sodium_mprotect_readonly(key->bytes);
}

int key_make(struct key *key, enum key_use use, int64_t created,
	     int64_t from_seq)
{
	struct key_data facts = { .use = use,
				  .created = created,
				  .from_seq = from_seq };
	int r = make_room(key);

	if (r != 0)
		return r;
	randombytes_buf(facts.id, sizeof(facts.id));
	randombytes_buf(key->bytes[key->n_data], KEY_BYTES);
	show(key, &facts);
	return 0;
}

void key_retire(struct key *key, size_t i, int64_t retired)
{
	key->data[i].retired = retired;
}

int key_copy_data(struct key *key, const struct key *other)
{
	for (size_t i = 0; i < other->n_data; i++) {
		int r = make_room(key);

		if (r != 0)
			return r;
		memcpy(key->bytes[key->n_data], other->bytes[i], KEY_BYTES);
		show(key, &other->data[i]);
	}
	return 0;
}

int key_copy(const struct key *key, struct key **ret_key)
{
	scope(key_freep) struct key *copy = NULL;
	int r;

	r = key_read(key->roots->file[0], key->n_roots * KEY_BYTES, &copy);
	if (r == 0)
		r = key_copy_data(copy, key);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	*ret_key = scope_take_ptr(copy);
	return 0;
}

/* Associated data: head, id, use and first record, each of its own length. */
struct bound {
	uint8_t bytes[N_HEAD + KEY_ID_BYTES + 2 * sizeof(uint64_t)];
};

static struct bound bind_facts(const uint8_t head[N_HEAD],
			       const struct key_data *facts)
{
	uint64_t numbers[2] = { htole64((uint64_t)facts->use),
				htole64((uint64_t)facts->from_seq) };
	struct bound bound;

	memcpy(bound.bytes, head, N_HEAD);
	memcpy(bound.bytes + N_HEAD, facts->id, KEY_ID_BYTES);
	memcpy(bound.bytes + N_HEAD + KEY_ID_BYTES, numbers, sizeof(numbers));
	return bound;
}

void key_wrap(const struct key *key, size_t root, size_t i,
	      uint8_t ret_wrapped[KEY_WRAPPED_BYTES])
{
	uint8_t *nonce = ret_wrapped + N_HEAD;
	struct bound bound;

	ret_wrapped[0] = VERSION;
	memcpy(ret_wrapped + 1, key->root_ids[root], KEY_ID_BYTES);
	randombytes_buf(nonce, N_NONCE);
	bound = bind_facts(ret_wrapped, &key->data[i]);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		nonce + N_NONCE, NULL, key->bytes[i], KEY_BYTES, bound.bytes,
		sizeof(bound.bytes), NULL, nonce, key->roots->wrap[root]);
}

int key_unwrap(struct key *key, const struct key_data *facts,
	       const uint8_t *wrapped, size_t n)
{
	const uint8_t *nonce = wrapped + N_HEAD;
	struct bound bound;
	size_t root;
	int r;

	if (n != KEY_WRAPPED_BYTES || wrapped[0] != VERSION)
		return KEY_E_DAMAGED;
	root = key_find_root(key, key_wrapped_root(wrapped));
	if (root == key->n_roots)
		return KEY_E_WRONG;
	r = make_room(key);
	if (r != 0)
		return r;
	bound = bind_facts(wrapped, facts);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    key->bytes[key->n_data], NULL, NULL, nonce + N_NONCE,
		    KEY_BYTES + N_TAG, bound.bytes, sizeof(bound.bytes), nonce,
		    key->roots->wrap[root]) != 0)
		return KEY_E_DAMAGED;
	show(key, facts);
	return 0;
}

const uint8_t *key_wrapped_root(const uint8_t wrapped[KEY_WRAPPED_BYTES])
{
	return wrapped + 1;
}

const uint8_t *key_seal_newest(const struct key *key,
			       const struct key_data **ret_facts)
{
	const uint8_t *found = NULL;

	/* In the order in which they were made. */
	for (size_t i = 0; i < key->n_data; i++)
		if (key->data[i].use == KEY_USE_SEAL &&
		    key->data[i].retired == 0) {
			found = key->bytes[i];
			*ret_facts = &key->data[i];
		}
	return found;
}

const uint8_t *key_seal_find(const struct key *key,
			     const uint8_t id[KEY_ID_BYTES])
{
	for (size_t i = 0; i < key->n_data; i++)
		if (key->data[i].use == KEY_USE_SEAL &&
		    memcmp(key->data[i].id, id, KEY_ID_BYTES) == 0)
			return key->bytes[i];
	return NULL;
}

const uint8_t *key_ledger_find(const struct key *key, int64_t seq)
{
	const uint8_t *found = NULL;
	int64_t from = 0;

	for (size_t i = 0; i < key->n_data; i++)
		if (key->data[i].use == KEY_USE_LEDGER &&
		    key->data[i].from_seq <= seq &&
		    key->data[i].from_seq >= from) {
			found = key->bytes[i];
			from = key->data[i].from_seq;
		}
	return found;
}

void key_id_text(const uint8_t id[KEY_ID_BYTES], char ret_text[KEY_ID_TEXT])
{
	sodium_bin2hex(ret_text, KEY_ID_TEXT, id, KEY_ID_BYTES);
}

const char *key_use_name(enum key_use use)
{
	switch (use) {
	case KEY_USE_SEAL:
		return "seal";
	case KEY_USE_LEDGER:
		return "ledger";
	case _KEY_USE_NONE:
	case _KEY_USE_N:
		break;
	}
	return "none";
}
