/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/key.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define N_USES 3
#define CONTEXT "cloxxs_1" /* crypto_kdf_CONTEXTBYTES */

/* Lives in one sodium_malloc() area: guarded, locked, kept out of dumps. */
struct key {
	uint8_t made[N_USES][KEY_BYTES];
};

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

static int open_key(const char *path, int *ret_fd)
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
	if (status.st_size != KEY_BYTES)
		return KEY_E_MALFORMED;
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

int key_load(const char *path, struct key **ret_key)
{
	scope(scope_close) int fd = -1;
	uint8_t *root;
	struct key *key;
	int r;

	r = open_key(path, &fd);
	if (r != 0)
		return r;
	root = sodium_malloc(KEY_BYTES);
	key = sodium_malloc(sizeof(*key));
	if (!root || !key)
		r = -ENOMEM;
	else
		r = read_exactly(fd, root, KEY_BYTES);
	for (unsigned int i = 0; r == 0 && i < N_USES; i++)
		if (crypto_kdf_derive_from_key(key->made[i], KEY_BYTES, i + 1,
					       CONTEXT, root) != 0)
			r = -EINVAL;
	sodium_free(root);
	if (r != 0) {
		sodium_free(key);
		return r;
	}
	sodium_mprotect_readonly(key);
	*ret_key = key;
	return 0;
}

struct key *key_free(struct key *key)
{
	sodium_free(key);
	return NULL;
}

const uint8_t *key_get(const struct key *key, enum key_use use)
{
	return key->made[use - 1];
}

const uint8_t *key_id(const struct key *key)
{
	return key->made[KEY_USE_ID - 1];
}
