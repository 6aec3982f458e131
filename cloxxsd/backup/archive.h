/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Archive: a store sealed into one file that only the holder of the recovery
 * key can read: the header, then the store in frames of 64 KiB
 * (crypto_secretstream of libsodium, XChaCha20-Poly1305), each bound to the
 * header, the last one marked. The stream's key is made for the file and
 * sealed to the recipient (crypto_box_seal, X25519). A frame that was changed,
 * moved, added or left out is found. It knows neither directories nor what a
 * store means.
 */

#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/backup/archive_header.h"

#define ARCHIVE_KEY_BYTES 32

enum archive_error {
	_ARCHIVE_E_OK,
	ARCHIVE_E_FOREIGN,   /* no backup of ours */
	ARCHIVE_E_NEWER,     /* of a later format */
	ARCHIVE_E_DAMAGED,   /* changed, or not what was sealed */
	ARCHIVE_E_TRUNCATED, /* shorter or longer than its header says */
	ARCHIVE_E_OTHER_KEY, /* sealed for another recovery key */
};

/* Both halves of a recovery key; the secret one is wiped by its owner. */
struct archive_identity {
	uint8_t recipient[ARCHIVE_RECIPIENT_BYTES];
	uint8_t secret[ARCHIVE_KEY_BYTES];
};

struct archive_write_args {
	int from_fd,
		to_fd; /* the store; an empty file. Both from their start */
	const uint8_t *mac_key; /* 32 bytes: for archive_header_sign() */
	/* After each MiB or so; may be NULL. Called in the caller's thread. */
	void (*progress)(uint64_t done, uint64_t all, void *userdata);
	void *userdata;
};

/*
 * Writes the archive of header, of which digest, store_bytes, sealed_key,
 * stream and code are filled in; recipient says for whom. ret_digest: BLAKE2b
 * of the whole file. What was written is on the disk. -errno.
 */
must_check int archive_write(const struct archive_write_args *args,
			     struct archive_header *header,
			     uint8_t ret_digest[ARCHIVE_DIGEST_BYTES]);

/* The header of fd, with the file's length. ARCHIVE_E_* or -errno. */
must_check int archive_inspect(int fd, struct archive_header *ret_header);
/* BLAKE2b of all of fd. */
must_check int archive_digest(int fd, uint8_t ret_digest[ARCHIVE_DIGEST_BYTES]);
/*
 * Opens the archive in fd into to_fd, an empty file: whole and proven against
 * the header's digest, or an error (ARCHIVE_E_*, -errno), when nothing in to_fd
 * may be used.
 */
must_check int archive_open(int fd, const struct archive_identity *identity,
			    int to_fd, struct archive_header *ret_header);
/* One sentence for an administrator. */
const char *archive_sentence(int error);
