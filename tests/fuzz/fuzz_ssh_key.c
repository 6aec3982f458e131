/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SSH keys: what is taken is printable, of a type that is taken, and is read
 * back as the same key from what is written of it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsd/state/ssh_key_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_printable(const char *text)
{
	for (; *text; text++)
		check(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct ssh_key_line line, again;
	/* Exactly so large: a byte too far is seen. */
	scope(scope_free) char *text = malloc(n > 0 ? n : 1);
	int r;

	check(text);
	if (n > 0)
		memcpy(text, bytes, n);
	r = ssh_key_line_read(text, n, &line);
	if (r != 0) {
		check(r > 0 && r < _SSH_KEY_E_N);
		check(*ssh_key_fault((enum ssh_key_error)r) != '\0');
		return 0;
	}
	check_printable(line.key);
	check_printable(line.comment);
	check(strlen(line.fingerprint) == SSH_KEY_FINGERPRINT_MAX - 1);
	check(strncmp(line.key, ssh_key_type_name(line.type),
		      strlen(ssh_key_type_name(line.type))) == 0);
	check(ssh_key_line_read(line.key, strlen(line.key), &again) == 0);
	check(again.type == line.type && again.bits == line.bits);
	check(strcmp(again.key, line.key) == 0);
	check(strcmp(again.fingerprint, line.fingerprint) == 0);
	check(*again.comment == '\0');
	return 0;
}
