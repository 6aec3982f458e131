/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key credential: a key file that systemd-creds has encrypted with a key of
 * this host or its TPM, for LoadCredentialEncrypted= of the daemon's unit. It
 * knows no cipher: systemd-creds does, and the keys go to it and come from it
 * through pipes alone. What systemd-creds says against it stands on our stderr.
 */

#include <stdbool.h>

#include "cloxxsctl/doctor/host.h"
#include "cloxxsctl/key_file.h"

/* Its name, which is encrypted too: under another one it is refused. */
#define KEY_CREDENTIAL_NAME "cloxxs.key"
#define KEY_CREDENTIAL_FILE CLOXXS_CONFDIR "/" KEY_CREDENTIAL_NAME ".cred"
/* Where systemd looks for one that is loaded by its name alone. */
#define KEY_CREDENTIAL_STORE "/etc/credstore.encrypted/" KEY_CREDENTIAL_NAME
#define KEY_PLAIN_FILE CLOXXS_CONFDIR "/" KEY_CREDENTIAL_NAME
#define KEY_CREDENTIAL_DROPINS "/etc/systemd/system/cloxxsd.service.d"
#define KEY_CREDENTIAL_MAX 16384
#define SYSTEMD_CREDS "/usr/bin/systemd-creds"

/* What KEY_CREDENTIAL_E_REFUSED and _KEYS mean of a file that is decrypted. */
#define KEY_CREDENTIAL_NOT_OURS                                            \
	"cannot be decrypted: it belongs to another host or TPM, or what " \
	"decrypts it (/var/lib/systemd/credential.secret) is gone; "       \
	"nothing was changed; see systemd-creds(1)"

enum key_credential_error {
	_KEY_CREDENTIAL_E_OK,
	KEY_CREDENTIAL_E_REFUSED, /* by systemd-creds, which said why */
	KEY_CREDENTIAL_E_KEYS,    /* what was in it is no key file */
};

/* Encrypted: base64, as systemd-creds writes it. */
struct key_credential {
	char bytes[KEY_CREDENTIAL_MAX];
	size_t n;
};

/* Reads the file at path. -EBADMSG: it is no credential. */
must_check int key_credential_read(const char *path,
				   struct key_credential *credential);
/* The word for --with-key that it was encrypted with, or NULL: not known. */
const char *key_credential_kind(const struct key_credential *credential);
/* An enum key_credential_error, or -errno; file is wiped by the caller. */
must_check int key_credential_decrypt(const char *creds,
				      const struct key_credential *credential,
				      struct key_file *file);
/* The same the other way; what was made has been decrypted again. */
must_check int key_credential_encrypt(const char *creds, const char *kind,
				      const struct key_file *file,
				      struct key_credential *credential);

/* A drop-in of the daemon's unit names such a file. */
bool key_credential_is_loaded(const struct host *host);
/* The file that the daemon's unit loads, as far as it can be told. */
const char *key_credential_place(const struct host *host);
