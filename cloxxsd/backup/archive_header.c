/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/backup/archive_header.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "cloxxs\x1a\n"
#define N_MAGIC 8
#define VERSION 1
#define AT_VERSION N_MAGIC
#define AT_CODE (ARCHIVE_HEADER_BYTES - ARCHIVE_DIGEST_BYTES)
#define DOMAIN "cloxxs backup header 1"

_Static_assert(ARCHIVE_SEALED_KEY_BYTES ==
		       crypto_box_SEALBYTES +
			       crypto_secretstream_xchacha20poly1305_KEYBYTES,
	       "a sealed key");
_Static_assert(ARCHIVE_STREAM_BYTES ==
		       crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	       "a stream's header");

/* Numbers and bytes, each at its place; the rest is zero. */
static const struct field {
	uint16_t at, n;
	uint16_t offset;
	bool is_number;
} fields[] = {
#define FIELD(at, n, member, is_number)                                   \
	{                                                                 \
		at, n, offsetof(struct archive_header, member), is_number \
	}
	FIELD(16, 8, created, true),
	FIELD(24, ARCHIVE_INSTALLATION_BYTES, installation, false),
	FIELD(40, 8, sequence, true),
	FIELD(48, 4, schema, true),
	FIELD(52, 4, users, true),
	FIELD(56, 4, locked, true),
	FIELD(60, 4, disabled, true),
	FIELD(64, 8, ledger_seq, true),
	FIELD(72, ARCHIVE_DIGEST_BYTES, ledger_head, false),
	FIELD(104, 8, store_bytes, true),
	FIELD(112, ARCHIVE_DIGEST_BYTES, digest, false),
	FIELD(144, ARCHIVE_RECIPIENT_BYTES, recipient, false),
	FIELD(176, ARCHIVE_SEALED_KEY_BYTES, sealed_key, false),
	FIELD(256, ARCHIVE_STREAM_BYTES, stream, false),
	FIELD(280, ARCHIVE_HOST_MAX + 1, host, false),
	FIELD(AT_CODE, ARCHIVE_DIGEST_BYTES, code, false),
#undef FIELD
};

static uint64_t number_at(const void *at, size_t n)
{
	uint64_t wide;
	uint32_t narrow;

	if (n == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

static void set_number(void *at, size_t n, uint64_t number)
{
	uint32_t narrow = (uint32_t)number;

	memcpy(at, n == sizeof(number) ? (void *)&number : (void *)&narrow, n);
}

void archive_header_write(const struct archive_header *header,
			  uint8_t ret_bytes[ARCHIVE_HEADER_BYTES])
{
	memset(ret_bytes, 0, ARCHIVE_HEADER_BYTES);
	memcpy(ret_bytes, MAGIC, N_MAGIC);
	ret_bytes[AT_VERSION] = VERSION;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *from = (const char *)header + fields[i].offset;
		uint64_t number;

		if (!fields[i].is_number) {
			memcpy(ret_bytes + fields[i].at, from, fields[i].n);
			continue;
		}
		number = number_at(from, fields[i].n);
		for (size_t k = 0; k < fields[i].n; k++)
			ret_bytes[fields[i].at + k] =
				(uint8_t)(number >> (8 * k));
	}
}

static void read_fields(const uint8_t *bytes, struct archive_header *header)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *to = (char *)header + fields[i].offset;
		uint64_t number = 0;

		if (!fields[i].is_number) {
			memcpy(to, bytes + fields[i].at, fields[i].n);
			continue;
		}
		for (size_t k = 0; k < fields[i].n; k++)
			number |= (uint64_t)bytes[fields[i].at + k] << (8 * k);
		set_number(to, fields[i].n, number);
	}
}

/* A name in printable ASCII, then zeros. */
static bool host_is_good(const char host[ARCHIVE_HOST_MAX + 1])
{
	size_t n = strnlen(host, ARCHIVE_HOST_MAX + 1);

	if (n > ARCHIVE_HOST_MAX || !sodium_is_zero((const uint8_t *)host + n,
						    ARCHIVE_HOST_MAX + 1 - n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return false;
	return true;
}

static bool can_be_true(const struct archive_header *header)
{
	return header->created >= 0 && header->ledger_seq >= 0 &&
	       header->store_bytes >= 512 &&
	       header->store_bytes <= ARCHIVE_STORE_MAX &&
	       header->locked <= header->users &&
	       header->disabled <= header->users && header->schema > 0 &&
	       host_is_good(header->host);
}

int archive_header_read(const uint8_t *bytes, size_t n,
			struct archive_header *ret_header)
{
	uint8_t again[ARCHIVE_HEADER_BYTES];
	struct archive_header header;

	if (n < ARCHIVE_HEADER_BYTES || memcmp(bytes, MAGIC, N_MAGIC) != 0)
		return ARCHIVE_HEADER_E_FOREIGN;
	if (bytes[AT_VERSION] > VERSION || bytes[AT_VERSION + 1] != 0)
		return ARCHIVE_HEADER_E_NEWER;
	memset(&header, 0, sizeof(header));
	read_fields(bytes, &header);
	/* What is zero by its place must be: nothing hides in a header. */
	archive_header_write(&header, again);
	if (memcmp(bytes, again, sizeof(again)) != 0 || !can_be_true(&header))
		return ARCHIVE_HEADER_E_DAMAGED;
	*ret_header = header;
	return 0;
}

static void code_of(const struct archive_header *header, const uint8_t *key,
		    uint8_t ret_code[ARCHIVE_DIGEST_BYTES])
{
	uint8_t bytes[ARCHIVE_HEADER_BYTES];
	crypto_generichash_state hash;

	archive_header_write(header, bytes);
	crypto_generichash_init(&hash, key, 32, ARCHIVE_DIGEST_BYTES);
	/* The key has other uses: none of them begins like this. */
	crypto_generichash_update(&hash, (const uint8_t *)DOMAIN,
				  sizeof(DOMAIN));
	crypto_generichash_update(&hash, bytes, AT_CODE);
	crypto_generichash_final(&hash, ret_code, ARCHIVE_DIGEST_BYTES);
}

void archive_header_sign(struct archive_header *header, const uint8_t *key)
{
	code_of(header, key, header->code);
}

bool archive_header_is_ours(const struct archive_header *header,
			    const uint8_t *key)
{
	uint8_t code[ARCHIVE_DIGEST_BYTES];

	code_of(header, key, code);
	return sodium_memcmp(code, header->code, sizeof(code)) == 0;
}

uint64_t archive_header_file_bytes(const struct archive_header *header)
{
	uint64_t n_frames = (header->store_bytes + ARCHIVE_FRAME_BYTES - 1) /
			    ARCHIVE_FRAME_BYTES;

	return ARCHIVE_HEADER_BYTES + header->store_bytes +
	       n_frames * crypto_secretstream_xchacha20poly1305_ABYTES;
}
