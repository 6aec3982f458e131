/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing of the store is in the file but through the stream.
 *  2. A stream ends with its mark, and nothing stands behind it.
 *  3. Opening says yes only after the last byte and the digest were proven.
 */
#include "cloxxsd/backup/archive.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#define N_TAG crypto_secretstream_xchacha20poly1305_ABYTES
#define FRAME_SEALED (ARCHIVE_FRAME_BYTES + N_TAG)
/* The disk gets its bytes in such pieces. */
#define FLUSH_BYTES (UINT64_C(1) << 20)

struct buffers {
	uint8_t plain[ARCHIVE_FRAME_BYTES];
	uint8_t sealed[FRAME_SEALED];
	uint8_t bound[ARCHIVE_DIGEST_BYTES]; /* the header's, for each frame */
	uint8_t key[ARCHIVE_KEY_BYTES];
	crypto_secretstream_xchacha20poly1305_state stream;
	crypto_generichash_state hash;
};

static void buffers_free(struct buffers **buffers)
{
	sodium_free(*buffers);
}

static int buffers_new(struct buffers **ret_buffers)
{
	/* sodium_malloc() aligns the end of what it gives, and so, for a
	 * struct's size, its beginning. */
	struct buffers *buffers = sodium_malloc(sizeof(*buffers));

	if (!buffers)
		return -ENOMEM;
	*ret_buffers = buffers;
	return 0;
}

/* Exactly n bytes, or what there is at the end of the file. */
static int read_at(int fd, uint8_t *bytes, size_t n, uint64_t at, size_t *ret_n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t k =
			pread(fd, bytes + have, n - have, (off_t)(at + have));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		have += (size_t)k;
	}
	*ret_n = have;
	return 0;
}

static int write_at(int fd, const uint8_t *bytes, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t k = pwrite(fd, bytes, n, (off_t)at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		bytes += k;
		n -= (size_t)k;
		at += (uint64_t)k;
	}
	return 0;
}

static int plain_size(int fd, uint64_t *ret_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	*ret_bytes = (uint64_t)status.st_size;
	return 0;
}

static int digest_of(int fd, struct buffers *b, uint64_t n,
		     uint8_t ret_digest[ARCHIVE_DIGEST_BYTES])
{
	crypto_generichash_init(&b->hash, NULL, 0, ARCHIVE_DIGEST_BYTES);
	for (uint64_t at = 0; at < n;) {
		size_t k = 0;
		int r = read_at(fd, b->plain, sizeof(b->plain), at, &k);

		if (r != 0 || k == 0)
			return r != 0 ? r : -EIO;
		crypto_generichash_update(&b->hash, b->plain, k);
		at += k;
	}
	crypto_generichash_final(&b->hash, ret_digest, ARCHIVE_DIGEST_BYTES);
	return 0;
}

/* The stream's key, for the recipient alone, and what each frame is bound to.
 */
static int begin(struct buffers *b, struct archive_header *header,
		 const uint8_t *mac_key, uint8_t head[ARCHIVE_HEADER_BYTES])
{
	crypto_secretstream_xchacha20poly1305_keygen(b->key);
	crypto_secretstream_xchacha20poly1305_init_push(&b->stream,
							header->stream, b->key);
	/* A public half that is no point of the curve. */
	if (crypto_box_seal(header->sealed_key, b->key, sizeof(b->key),
			    header->recipient) != 0)
		return -EKEYREJECTED;
	archive_header_sign(header, mac_key);
	archive_header_write(header, head);
	crypto_generichash(b->bound, sizeof(b->bound), head,
			   ARCHIVE_HEADER_BYTES, NULL, 0);
	return 0;
}

/* Writes to the archive, and counts it in its digest. */
static int put(const struct archive_write_args *args, struct buffers *b,
	       const uint8_t *bytes, size_t n, uint64_t *at)
{
	int r = write_at(args->to_fd, bytes, n, *at);

	if (r != 0)
		return r;
	crypto_generichash_update(&b->hash, bytes, n);
	/* Begun, not waited for: the end's fsync() then finds little to do, and
	 * no commit of a login waits behind all of it. */
	if ((*at + n) / FLUSH_BYTES != *at / FLUSH_BYTES)
		(void)sync_file_range(
			args->to_fd, (off64_t)(*at / FLUSH_BYTES * FLUSH_BYTES),
			(off64_t)FLUSH_BYTES, SYNC_FILE_RANGE_WRITE);
	*at += n;
	return 0;
}

static int put_frames(const struct archive_write_args *args, struct buffers *b,
		      uint64_t n, uint64_t *at)
{
	for (uint64_t from = 0; from < n;) {
		unsigned long long n_sealed;
		size_t k = 0;
		int r = read_at(args->from_fd, b->plain, sizeof(b->plain), from,
				&k);

		if (r != 0 || k == 0)
			return r != 0 ? r : -EIO;
		from += k;
		if (from > n)
			return -EIO;
		crypto_secretstream_xchacha20poly1305_push(
			&b->stream, b->sealed, &n_sealed, b->plain, k, b->bound,
			sizeof(b->bound),
			from == n
				? crypto_secretstream_xchacha20poly1305_TAG_FINAL
				: 0);
		r = put(args, b, b->sealed, (size_t)n_sealed, at);
		if (r != 0)
			return r;
		if (args->progress && from % FLUSH_BYTES == 0)
			args->progress(from, n, args->userdata);
	}
	return 0;
}

int archive_write(const struct archive_write_args *args,
		  struct archive_header *header,
		  uint8_t ret_digest[ARCHIVE_DIGEST_BYTES])
{
	scope(buffers_free) struct buffers *b = NULL;
	uint8_t head[ARCHIVE_HEADER_BYTES];
	struct archive_header made = *header;
	uint64_t at = 0;
	int r;

	r = buffers_new(&b);
	if (r == 0)
		r = plain_size(args->from_fd, &made.store_bytes);
	if (r == 0)
		r = digest_of(args->from_fd, b, made.store_bytes, made.digest);
	if (r == 0)
		r = begin(b, &made, args->mac_key, head);
	if (r != 0)
		return r;
	crypto_generichash_init(&b->hash, NULL, 0, ARCHIVE_DIGEST_BYTES);
	r = put(args, b, head, sizeof(head), &at);
	if (r == 0)
		r = put_frames(args, b, made.store_bytes, &at);
	if (r == 0 && fsync(args->to_fd) < 0)
		r = -errno;
	if (r != 0)
		return r;
	crypto_generichash_final(&b->hash, ret_digest, ARCHIVE_DIGEST_BYTES);
	*header = made;
	return 0;
}

int archive_inspect(int fd, struct archive_header *ret_header)
{
	uint8_t head[ARCHIVE_HEADER_BYTES];
	struct archive_header header;
	uint64_t size = 0;
	size_t n = 0;
	int r;

	r = plain_size(fd, &size);
	if (r == 0)
		r = read_at(fd, head, sizeof(head), 0, &n);
	if (r != 0)
		return r == -EINVAL ? ARCHIVE_E_FOREIGN : r;
	switch ((enum archive_header_error)archive_header_read(head, n,
							       &header)) {
	case ARCHIVE_HEADER_E_FOREIGN:
		return ARCHIVE_E_FOREIGN;
	case ARCHIVE_HEADER_E_NEWER:
		return ARCHIVE_E_NEWER;
	case ARCHIVE_HEADER_E_DAMAGED:
		return ARCHIVE_E_DAMAGED;
	case _ARCHIVE_HEADER_E_OK:
		break;
	}
	if (size != archive_header_file_bytes(&header))
		return ARCHIVE_E_TRUNCATED;
	*ret_header = header;
	return 0;
}

int archive_digest(int fd, uint8_t ret_digest[ARCHIVE_DIGEST_BYTES])
{
	scope(buffers_free) struct buffers *b = NULL;
	uint64_t n = 0;
	int r;

	r = buffers_new(&b);
	if (r == 0)
		r = plain_size(fd, &n);
	return r != 0 ? r : digest_of(fd, b, n, ret_digest);
}

/* Finds the stream's key, and what each frame must be bound to. */
static int begin_open(struct buffers *b, const struct archive_header *header,
		      const struct archive_identity *identity)
{
	uint8_t head[ARCHIVE_HEADER_BYTES];

	if (sodium_memcmp(header->recipient, identity->recipient,
			  sizeof(header->recipient)) != 0)
		return ARCHIVE_E_OTHER_KEY;
	if (crypto_box_seal_open(b->key, header->sealed_key,
				 sizeof(header->sealed_key),
				 identity->recipient, identity->secret) != 0 ||
	    crypto_secretstream_xchacha20poly1305_init_pull(
		    &b->stream, header->stream, b->key) != 0)
		return ARCHIVE_E_DAMAGED;
	archive_header_write(header, head);
	crypto_generichash(b->bound, sizeof(b->bound), head, sizeof(head), NULL,
			   0);
	crypto_generichash_init(&b->hash, NULL, 0, ARCHIVE_DIGEST_BYTES);
	return 0;
}

/* One frame from at on; at the end its mark, and only there. */
static int open_frame(struct buffers *b, int fd, uint64_t at, size_t n,
		      bool is_last)
{
	unsigned long long n_plain = 0;
	unsigned char tag = 0;
	size_t have = 0;
	int r;

	r = read_at(fd, b->sealed, n + N_TAG, at, &have);
	if (r != 0)
		return r;
	if (have != n + N_TAG)
		return ARCHIVE_E_TRUNCATED;
	if (crypto_secretstream_xchacha20poly1305_pull(
		    &b->stream, b->plain, &n_plain, &tag, b->sealed, have,
		    b->bound, sizeof(b->bound)) != 0 ||
	    n_plain != n ||
	    (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL) != is_last)
		return ARCHIVE_E_DAMAGED;
	return 0;
}

static int open_frames(struct buffers *b, int fd, uint64_t n_all, int to_fd)
{
	uint64_t at = ARCHIVE_HEADER_BYTES;

	for (uint64_t done = 0; done < n_all;) {
		size_t n = n_all - done < ARCHIVE_FRAME_BYTES
				   ? (size_t)(n_all - done)
				   : ARCHIVE_FRAME_BYTES;
		int r = open_frame(b, fd, at, n, done + n == n_all);

		if (r == 0)
			r = write_at(to_fd, b->plain, n, done);
		if (r != 0)
			return r;
		crypto_generichash_update(&b->hash, b->plain, n);
		done += n;
		at += n + N_TAG;
	}
	return 0;
}

int archive_open(int fd, const struct archive_identity *identity, int to_fd,
		 struct archive_header *ret_header)
{
	scope(buffers_free) struct buffers *b = NULL;
	uint8_t digest[ARCHIVE_DIGEST_BYTES];
	struct archive_header header;
	int r;

	r = archive_inspect(fd, &header);
	if (r == 0)
		r = buffers_new(&b);
	if (r == 0)
		r = begin_open(b, &header, identity);
	if (r == 0)
		r = open_frames(b, fd, header.store_bytes, to_fd);
	if (r != 0)
		return r;
	crypto_generichash_final(&b->hash, digest, sizeof(digest));
	if (sodium_memcmp(digest, header.digest, sizeof(digest)) != 0)
		return ARCHIVE_E_DAMAGED;
	*ret_header = header;
	return 0;
}

const char *archive_sentence(int error)
{
	switch (error) {
	case ARCHIVE_E_FOREIGN:
		return "it is no backup of Cloxxs";
	case ARCHIVE_E_NEWER:
		return "it was made by a later version: install that one";
	case ARCHIVE_E_DAMAGED:
		return "it was changed after it was made, or is damaged: take "
		       "another backup";
	case ARCHIVE_E_TRUNCATED:
		return "it is shorter or longer than it was made: take another "
		       "backup";
	case ARCHIVE_E_OTHER_KEY:
		return "it is sealed for another recovery key: give the "
		       "identity that was printed with that one";
	}
	return error < 0 ? strerror(-error) : "it cannot be read";
}
