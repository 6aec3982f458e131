/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SSH key line: a public key as one line of text, the way ssh-keygen writes it
 * to a .pub file: type, base64, comment. What is taken is a key that sshd takes
 * and that is worth taking, in all its bytes; what is not is refused with a
 * reason for whoever typed it. It takes no options in front (sshd(8),
 * AUTHORIZED_KEYS FILE FORMAT), for a key of Cloxxs may do what its user may,
 * and no certificate, which stands for whatever an authority says.
 *
 * The form of the bytes is that of RFC 4253 (6.6), RFC 5656 (3.1), RFC 8709 (4)
 * and OpenSSH's PROTOCOL.u2f; the fingerprint is that of ssh-keygen -l.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/* What a line may have before it is looked into. */
#define SSH_KEY_LINE_MAX 8192
/* Type and base64 of the longest that is taken: RSA of 16,384 bits. */
#define SSH_KEY_MAX 2880
#define SSH_KEY_COMMENT_MAX 129
/* "SHA256:" and 43 of base64 */
#define SSH_KEY_FINGERPRINT_MAX 51
#define SSH_KEY_RSA_BITS_MIN 2048
#define SSH_KEY_RSA_BITS_MAX 16384

enum ssh_key_type {
	_SSH_KEY_TYPE_NONE,
	SSH_KEY_ED25519,
	SSH_KEY_ECDSA_256,
	SSH_KEY_ECDSA_384,
	SSH_KEY_ECDSA_521,
	SSH_KEY_RSA,
	SSH_KEY_SK_ED25519,
	SSH_KEY_SK_ECDSA,
	_SSH_KEY_TYPE_N,
};

struct ssh_key_line {
	enum ssh_key_type type;
	uint32_t bits;
	char key[SSH_KEY_MAX]; /* "ssh-ed25519 AAAA...", no more */
	char fingerprint[SSH_KEY_FINGERPRINT_MAX];
	char comment[SSH_KEY_COMMENT_MAX]; /* printable ASCII; "": none */
};

enum ssh_key_error {
	_SSH_KEY_E_OK,
	SSH_KEY_E_EMPTY,
	SSH_KEY_E_PRIVATE, /* the secret half */
	SSH_KEY_E_LINES,   /* more than one line */
	SSH_KEY_E_TOO_LONG,
	SSH_KEY_E_CERTIFICATE,
	SSH_KEY_E_DSA,
	SSH_KEY_E_TYPE, /* options in front, or no type that is taken */
	SSH_KEY_E_BASE64,
	SSH_KEY_E_OTHER_TYPE, /* the bytes say another type than the text */
	SSH_KEY_E_BROKEN,     /* the bytes are no such key */
	SSH_KEY_E_SHORT,      /* RSA with too few bits */
	SSH_KEY_E_COMMENT,
	_SSH_KEY_E_N,
};

/*
 * Reads text, of n bytes; blanks and a line feed around it are passed over.
 * SSH_KEY_E_*, upon which nothing is returned.
 */
must_check int ssh_key_line_read(const char *text, size_t n,
				 struct ssh_key_line *ret_line);

/* One sentence for whoever typed it. */
const char *ssh_key_fault(enum ssh_key_error error);
/* "ssh-ed25519"; "" for none. */
const char *ssh_key_type_name(enum ssh_key_type type);
/* The type of that name, or none. */
enum ssh_key_type ssh_key_type_find(const char *name);
