/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/country_store.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_NEW COUNTRY_FILE ".new"
#define STATE_FILE "countries.state"
#define STATE_FILE_NEW STATE_FILE ".new"
#define STATE_MAX 4096
/* A disk takes this much in a moment: messages wait in the loop meanwhile. */
#define SYNC_BYTES (UINT64_C(1) << 20)
/* Where the metadata stand, from the end (MaxMind DB format 2.0). */
#define METADATA_MAX ((size_t)128 << 10)
#define METADATA_MARK "\xab\xcd\xefMaxMind.com"

struct country_store {
	int directory_fd, fd;
	bool is_there; /* the new file */
	uint64_t n, n_synced;
	struct digest *digest;
};

static int open_directory(const char *directory)
{
	int fd = open(directory,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* What is known of a file. */

static void take_string(const json_t *json, const char *name, char *at,
			size_t size)
{
	const char *value = json_string_value(json_object_get(json, name));

	if (value && strlen(value) < size)
		memcpy(at, value, strlen(value) + 1);
}

/* All or nothing. */
static void take_state(const json_t *json, struct country_state *state)
{
	char sha256[DIGEST_SIZE] = "";

	take_string(json, "url", state->url, sizeof(state->url));
	take_string(json, "etag", state->etag, sizeof(state->etag));
	take_string(json, "modified", state->modified, sizeof(state->modified));
	take_string(json, "archive", state->archive, sizeof(state->archive));
	take_string(json, "sha256", sha256, sizeof(sha256));
	state->bytes =
		(uint64_t)json_integer_value(json_object_get(json, "bytes"));
	state->fetched = json_integer_value(json_object_get(json, "fetched"));
	if (!digest_read(sha256, state->sha256))
		*state = (struct country_state){ 0 };
}

static bool is_as_left(int directory_fd, const struct country_state *state)
{
	struct stat status;

	return fstatat(directory_fd, COUNTRY_FILE, &status,
		       AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) &&
	       (uint64_t)status.st_size == state->bytes;
}

int country_state_read(const char *directory, struct country_state *ret_state)
{
	scope(scope_close) int directory_fd = open_directory(directory);
	scope(scope_close) int fd = -1;
	struct country_state state = { 0 };
	char text[STATE_MAX];
	json_t *json;
	ssize_t n = 0;

	*ret_state = state;
	if (directory_fd >= 0)
		fd = openat(directory_fd, STATE_FILE,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text));
	if (n <= 0)
		return 0;
	json = json_loadb(text, (size_t)n, 0, NULL);
	if (!json)
		return 0;
	take_state(json, &state);
	json_decref(json);
	if (is_as_left(directory_fd, &state))
		*ret_state = state;
	return 0;
}

static int write_whole(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
	return 0;
}

/* Beside the one that is there. */
static int write_state(int directory_fd, const struct country_state *state)
{
	scope(scope_close) int fd = -1;
	char text[STATE_MAX];
	size_t n = 0;
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "url",
			  state->url, "etag", state->etag, "modified",
			  state->modified, "archive", state->archive, "sha256",
			  state->sha256, "bytes", (json_int_t)state->bytes,
			  "fetched", (json_int_t)state->fetched);
	int r;

	if (json)
		n = json_dumpb(json, text, sizeof(text), 0);
	json_decref(json);
	if (n == 0 || n > sizeof(text))
		return -ENOMEM;
	(void)unlinkat(directory_fd, STATE_FILE_NEW, 0);
	fd = openat(directory_fd, STATE_FILE_NEW,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_whole(fd, text, n);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* The file. */

struct country_store *country_store_free(struct country_store *store)
{
	if (!store)
		return NULL;
	if (store->is_there)
		(void)unlinkat(store->directory_fd, FILE_NEW, 0);
	scope_close(&store->fd);
	scope_close(&store->directory_fd);
	digest_free(store->digest);
	free(store);
	return NULL;
}

/* Anybody may read it: it holds nothing but what the provider gives to all, and
 * who hands it to cloxxsd needs no capability then. */
static int open_new(struct country_store *store, const char *directory)
{
	store->directory_fd = open_directory(directory);
	if (store->directory_fd < 0)
		return store->directory_fd;
	if (unlinkat(store->directory_fd, FILE_NEW, 0) < 0 && errno != ENOENT)
		return -errno;
	store->fd = openat(store->directory_fd, FILE_NEW,
			   O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			   0600);
	if (store->fd < 0)
		return -errno;
	store->is_there = true;
	return fchmod(store->fd, 0644) < 0 ? -errno : 0;
}

int country_store_new(const char *directory, struct country_store **ret_store)
{
	struct country_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	store->directory_fd = store->fd = -1;
	r = digest_new(&store->digest);
	if (r == 0)
		r = open_new(store, directory);
	if (r < 0)
		country_store_free(store);
	else
		*ret_store = store;
	return r;
}

int country_store_put(struct country_store *store, const void *bytes, size_t n)
{
	int r = digest_add(store->digest, bytes, n);

	if (r == 0)
		r = write_whole(store->fd, bytes, n);
	if (r < 0)
		return r;
	store->n += n;
	if (store->n - store->n_synced < SYNC_BYTES)
		return 0;
	store->n_synced = store->n;
	return fdatasync(store->fd) < 0 ? -errno : 0;
}

static int check_format(const struct country_store *store)
{
	size_t n = store->n > METADATA_MAX ? METADATA_MAX : (size_t)store->n;
	scope(scope_free) char *end = malloc(n + 1);
	ssize_t k;

	if (!end)
		return -ENOMEM;
	k = pread(store->fd, end, n, (off_t)(store->n - n));
	if (k < 0 || (size_t)k < n)
		return k < 0 ? -errno : -EIO;
	return memmem(end, n, METADATA_MARK, sizeof(METADATA_MARK) - 1)
		       ? 0
		       : COUNTRY_STORE_E_FORMAT;
}

/* Never what is known of one file beside another; and once the file is there,
 * nothing fails any more. */
static int replace(struct country_store *store)
{
	int fd = store->directory_fd;

	if (unlinkat(fd, STATE_FILE, 0) < 0 && errno != ENOENT)
		return -errno;
	if (renameat(fd, FILE_NEW, fd, COUNTRY_FILE) < 0)
		return -errno;
	store->is_there = false;
	(void)renameat(fd, STATE_FILE_NEW, fd, STATE_FILE);
	(void)fsync(fd);
	return 0;
}

int country_store_keep(struct country_store *store, struct country_state *state)
{
	int r = check_format(store);

	if (r == 0)
		r = digest_end(store->digest, state->sha256);
	if (r == 0 && fsync(store->fd) < 0)
		r = -errno;
	if (r != 0)
		return r;
	state->bytes = store->n;
	r = write_state(store->directory_fd, state);
	if (r == 0)
		r = replace(store);
	if (r < 0)
		(void)unlinkat(store->directory_fd, STATE_FILE_NEW, 0);
	return r;
}
