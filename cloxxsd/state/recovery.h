/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Recovery: the X25519 pair that stands for the installation when its host is
 * gone. What is sealed to its public half (crypto_box_seal) only its secret
 * half opens, the identity, which is shown once and kept away from the host.
 * Both have a form of text, the identity's made to be typed from paper. It
 * keeps nothing and writes no file.
 *
 *     cloxxs-recovery-1 BASE64 ID            the public half, one line
 *
 *     cloxxs-identity-1 ID                   the identity; base32 without
 *     1: XXXX-XXXX-XXXX-XXXX                 I, L, O and U; each line holds
 *     2: XXXX-XXXX-XXXX-XXXX                 8 bytes and a sum of 2 over
 *     3: XXXX-XXXX-XXXX-XXXX                 them and the line's number
 *     4: XXXX-XXXX-XXXX-XXXX
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "cloxxsd/state/key.h"

struct store;
struct text;

#define RECOVERY_BYTES 32
#define RECOVERY_SEAL_OVERHEAD 48
/* Of what is sealed; the root keys at their most. */
#define RECOVERY_PLAIN_MAX (KEY_ROOTS_MAX * KEY_BYTES)
#define RECOVERY_SEALED_MAX (RECOVERY_PLAIN_MAX + RECOVERY_SEAL_OVERHEAD)
/* Texts, NUL and line ends included. */
#define RECOVERY_PUBLIC_TEXT 96
#define RECOVERY_IDENTITY_TEXT 160

struct recovery_identity {
	uint8_t secret_key[RECOVERY_BYTES];
	uint8_t public_key[RECOVERY_BYTES];
};

enum recovery_error {
	_RECOVERY_E_OK,
	RECOVERY_E_NONE,    /* nothing there that was sealed to any */
	RECOVERY_E_FORM,    /* no text of that form */
	RECOVERY_E_LINE,    /* a line of an identity is mistyped */
	RECOVERY_E_OTHER,   /* another identity's */
	RECOVERY_E_DAMAGED, /* sealed to it, but changed since */
};

void recovery_identity_make(struct recovery_identity *ret_identity);
/* The cleanup of an identity: wipes it. */
void recovery_identity_wipe(struct recovery_identity *identity);

/* The id that both texts carry. */
void recovery_id(const uint8_t public_key[RECOVERY_BYTES],
		 char ret_id[KEY_ID_TEXT]);

/* Texts end with a line end. */
void recovery_write_public(const uint8_t public_key[RECOVERY_BYTES],
			   char ret_text[RECOVERY_PUBLIC_TEXT]);
must_check int recovery_read_public(const char *text, size_t n,
				    uint8_t ret_public_key[RECOVERY_BYTES]);
/* The text is a secret: to be wiped by the caller. */
void recovery_write_identity(const struct recovery_identity *identity,
			     char ret_text[RECOVERY_IDENTITY_TEXT]);
/*
 * Reads what was printed or typed: case, blanks and hyphens do not matter, nor
 * do empty lines, lines that begin with '#', the first line, and the numbers of
 * lines, O is read as 0, I and L as 1. On RECOVERY_E_LINE ret_line is the
 * mistyped one, from 1. RECOVERY_E_OTHER: the first line names another one.
 */
must_check int recovery_read_identity(const char *text, size_t n,
				      unsigned int *ret_line,
				      struct recovery_identity *ret_identity);
/* The same, to the end of a file, pipe or terminal. -errno */
must_check int recovery_read_identity_fd(
	int fd, unsigned int *ret_line, struct recovery_identity *ret_identity);

/*
 * n bytes, RECOVERY_PLAIN_MAX at most, sealed to the public half: n +
 * RECOVERY_SEAL_OVERHEAD bytes at ret_sealed. -EINVAL: no public key is like
 * that.
 */
must_check int recovery_seal(const uint8_t public_key[RECOVERY_BYTES],
			     const void *plain, size_t n, uint8_t *ret_sealed);
/* The reverse; ret_plain has room for n - RECOVERY_SEAL_OVERHEAD bytes. */
must_check int recovery_open(const struct recovery_identity *identity,
			     const uint8_t *sealed, size_t n, void *ret_plain);

/*
 * From an open store, the host's or one out of a backup: the ring with the
 * root keys that the identity opens, proved by the data keys that they unwrap,
 * which it holds too. key_roots() of it are the bytes of a new key file.
 * RECOVERY_E_*, -errno; why gets a sentence that ends with the next step.
 */
must_check int recovery_open_roots(struct store *store,
				   const struct recovery_identity *identity,
				   struct text *why, struct key **ret_key);
