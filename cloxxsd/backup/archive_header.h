/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Archive header: what a backup tells openly, in 512 bytes of fixed places:
 * when, where and from which state it was made, for whom it is sealed, and the
 * digest of what is inside. No name of a user stands in it. It reads foreign
 * bytes and believes none: whether a header is ours says its code
 * (archive_header_is_ours()), whether the body fits it says the body.
 *
 *     magic 8 | version 2 | zero 6 | created 8 | installation 16 | sequence 8
 *     schema 4 | users 4 | locked 4 | disabled 4 | ledger seq 8 | head 32
 *     store bytes 8 | digest 32 | recipient 32 | sealed key 80 | stream 24
 *     host 64 | zero 136 | code 32
 *
 * Numbers are little-endian.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

#define ARCHIVE_HEADER_BYTES 512
#define ARCHIVE_FRAME_BYTES 65536
#define ARCHIVE_INSTALLATION_BYTES 16
#define ARCHIVE_DIGEST_BYTES 32
#define ARCHIVE_RECIPIENT_BYTES 32
#define ARCHIVE_SEALED_KEY_BYTES 80
#define ARCHIVE_STREAM_BYTES 24
#define ARCHIVE_HOST_MAX 63
/* Larger stores are no stores: a bound for what a header may claim. */
#define ARCHIVE_STORE_MAX (UINT64_C(1) << 40)

struct archive_header {
	int64_t created; /* seconds since 1970, UTC */
	uint8_t installation[ARCHIVE_INSTALLATION_BYTES];
	uint64_t sequence;
	uint32_t schema;
	uint32_t users, locked, disabled;
	int64_t ledger_seq;
	uint8_t ledger_head[ARCHIVE_DIGEST_BYTES];
	uint64_t store_bytes;
	uint8_t digest[ARCHIVE_DIGEST_BYTES]; /* BLAKE2b of the store's bytes */
	uint8_t recipient[ARCHIVE_RECIPIENT_BYTES]; /* X25519, public */
	uint8_t sealed_key[ARCHIVE_SEALED_KEY_BYTES];
	uint8_t stream[ARCHIVE_STREAM_BYTES]; /* of crypto_secretstream */
	char host[ARCHIVE_HOST_MAX + 1];
	uint8_t code[ARCHIVE_DIGEST_BYTES]; /* keyed, over all before it */
};

enum archive_header_error {
	_ARCHIVE_HEADER_E_OK,
	ARCHIVE_HEADER_E_FOREIGN, /* no backup of ours */
	ARCHIVE_HEADER_E_NEWER,   /* of a later format */
	ARCHIVE_HEADER_E_DAMAGED, /* a field that cannot be true */
};

void archive_header_write(const struct archive_header *header,
			  uint8_t ret_bytes[ARCHIVE_HEADER_BYTES]);
/* ARCHIVE_HEADER_E_*; what is read gives the same bytes when written. */
must_check int archive_header_read(const uint8_t *bytes, size_t n,
				   struct archive_header *ret_header);

/* Puts the code of all other fields under key (32 bytes) into header. */
void archive_header_sign(struct archive_header *header, const uint8_t *key);
/* The code is the one that key gives, compared in constant time. */
bool archive_header_is_ours(const struct archive_header *header,
			    const uint8_t *key);

/* How long a whole archive with this header is. */
uint64_t archive_header_file_bytes(const struct archive_header *header);
