/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Vault: the secrets of providers, by name, as the service manager gives them:
 * one file each in $CREDENTIALS_DIRECTORY. The configuration names them, and
 * never holds one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"

struct vault {
	/* NULL: none, as when a configuration is only checked; then every name
	 * is taken, and its secret is empty. Not owned. */
	const char *directory;
	size_t n;
	struct vault_entry **entries;
};

enum vault_error {
	_VAULT_E_OK,
	VAULT_E_REFUSED, /* why says what is wrong */
};

void vault_deinit(struct vault *vault);
/* Whether a credential may be called so: letters, digits, '.', '_' and '-'. */
bool vault_is_name(const char *name, size_t n);
/*
 * The place of the secret that is called so, which is read when it is asked for
 * first; a newline at its end is no part of it. VAULT_E_*, -errno.
 */
must_check int vault_find(struct vault *vault, const char *name, size_t n,
			  struct text *why, size_t *ret_at);
const struct secret *vault_at(const struct vault *vault, size_t at);
/* The path of a credential that others read by themselves, on the heap. */
must_check int vault_path(const struct vault *vault, const char *name,
			  char **ret_path);
/* Whether one of the secrets, of four bytes or more, stands in bytes. */
bool vault_is_within(const struct vault *vault, const char *bytes, size_t n);
