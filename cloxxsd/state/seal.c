/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/seal.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define VERSION 1
#define N_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define N_TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define N_HEAD (1 + KEY_ID_BYTES)

_Static_assert(SEAL_OVERHEAD == N_HEAD + N_NONCE + N_TAG, "the form above");

/* The associated data: head and place, with NUL between the parts. */
static size_t bind_place(const uint8_t head[N_HEAD],
			 const struct seal_place *place, char bound[128])
{
	struct text text;

	text_init(&text, bound, 128);
	text_add_bytes(&text, (const char *)head, N_HEAD);
	text_add(&text, place->table);
	text_add_bytes(&text, "", 1);
	text_add(&text, place->column);
	text_add_bytes(&text, "", 1);
	text_add_format(&text, "%llu", (unsigned long long)place->row);
	return text.n;
}

const uint8_t *seal_key_id(const struct sealed *sealed)
{
	if (sealed->n < SEAL_OVERHEAD || sealed->n > sizeof(sealed->bytes) ||
	    sealed->bytes[0] != VERSION)
		return NULL;
	return sealed->bytes + 1;
}

int seal_close(const struct key *key, const struct seal_place *place,
	       const void *plain, size_t n, struct sealed *ret_sealed)
{
	struct sealed sealed = { .n = n + SEAL_OVERHEAD };
	uint8_t *nonce = sealed.bytes + N_HEAD;
	const struct key_data *facts = NULL;
	const uint8_t *bytes;
	char bound[128];
	size_t n_bound;

	if (n > SEAL_PLAIN_MAX)
		return SEAL_E_TOO_LARGE;
	bytes = key_seal_newest(key, &facts);
	if (!bytes)
		return SEAL_E_OTHER_KEY;
	sealed.bytes[0] = VERSION;
	memcpy(sealed.bytes + 1, facts->id, KEY_ID_BYTES);
	randombytes_buf(nonce, N_NONCE);
	n_bound = bind_place(sealed.bytes, place, bound);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + N_NONCE, NULL, plain,
						   n, (const uint8_t *)bound,
						   n_bound, NULL, nonce, bytes);
	*ret_sealed = sealed;
	return 0;
}

int seal_open(const struct key *key, const struct seal_place *place,
	      const struct sealed *sealed, void *ret_plain, size_t size,
	      size_t *ret_n)
{
	const uint8_t *nonce = sealed->bytes + N_HEAD;
	uint8_t plain[SEAL_PLAIN_MAX];
	unsigned long long n = 0;
	const uint8_t *bytes;
	char bound[128];
	size_t n_bound;
	int r;

	if (!seal_key_id(sealed))
		return SEAL_E_DAMAGED;
	bytes = key_seal_find(key, seal_key_id(sealed));
	if (!bytes)
		return SEAL_E_OTHER_KEY;
	if (sealed->n - SEAL_OVERHEAD > size)
		return SEAL_E_TOO_LARGE;
	n_bound = bind_place(sealed->bytes, place, bound);
	r = crypto_aead_xchacha20poly1305_ietf_decrypt(
		plain, &n, NULL, nonce + N_NONCE, sealed->n - N_HEAD - N_NONCE,
		(const uint8_t *)bound, n_bound, nonce, bytes);
	if (r == 0) {
		memcpy(ret_plain, plain, (size_t)n);
		*ret_n = (size_t)n;
	}
	sodium_memzero(plain, sizeof(plain));
	return r == 0 ? 0 : SEAL_E_DAMAGED;
}
