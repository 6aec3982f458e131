/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/sha1.h"

#include <string.h>

#define BLOCK 64

static uint32_t turn(uint32_t word, unsigned int n)
{
	return word << n | word >> (32 - n);
}

static uint32_t mix(unsigned int t, uint32_t b, uint32_t c, uint32_t d)
{
	static const uint32_t constants[] = { 0x5a827999, 0x6ed9eba1,
					      0x8f1bbcdc, 0xca62c1d6 };
	uint32_t f = t < 20   ? (b & c) | (~b & d)
		     : t < 40 ? b ^ c ^ d
		     : t < 60 ? (b & c) | (b & d) | (c & d)
			      : b ^ c ^ d;

	return f + constants[t / 20];
}

static void take_block(uint32_t state[5], const uint8_t block[BLOCK])
{
	uint32_t w[80], v[5];

	for (unsigned int t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 |
		       (uint32_t)block[4 * t + 1] << 16 |
		       (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
	for (unsigned int t = 16; t < 80; t++)
		w[t] = turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	memcpy(v, state, sizeof(v));
	for (unsigned int t = 0; t < 80; t++) {
		uint32_t next =
			turn(v[0], 5) + mix(t, v[1], v[2], v[3]) + v[4] + w[t];

		v[4] = v[3];
		v[3] = v[2];
		v[2] = turn(v[1], 30);
		v[1] = v[0];
		v[0] = next;
	}
	for (unsigned int i = 0; i < 5; i++)
		state[i] += v[i];
	explicit_bzero(w, sizeof(w));
	explicit_bzero(v, sizeof(v));
}

void sha1(const void *bytes, size_t n, uint8_t ret_digest[SHA1_BYTES])
{
	uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			      0xc3d2e1f0 };
	const uint8_t *at = bytes;
	uint8_t last[2 * BLOCK] = { 0 };
	size_t left = n, n_last;

	for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
		take_block(state, at);
	memcpy(last, at, left);
	last[left] = 0x80;
	n_last = left + 9 <= BLOCK ? BLOCK : sizeof(last);
	for (unsigned int i = 0; i < 8; i++)
		last[n_last - 1 - i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
	for (size_t i = 0; i < n_last; i += BLOCK)
		take_block(state, last + i);
	for (unsigned int i = 0; i < SHA1_BYTES; i++)
		ret_digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
	explicit_bzero(last, sizeof(last));
	explicit_bzero(state, sizeof(state));
}
