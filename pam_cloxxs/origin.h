/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Origin: what a PAM handle tells of where a login comes from. From PAM's
 * items and PAM's own environment only: never from the environment of the
 * process, which under sudo is the user's, and never from DNS, where whoever
 * owns the address owns the answer. (A language is no authority: the locale
 * that the program has set is taken too.) What cannot be read is left empty;
 * but an address that cannot be read is ORIGIN_UNREADABLE: its user comes from
 * afar.
 */

#include <security/pam_modules.h>

#include "base/address.h"
#include "base/scope.h"

/* What cloxxsd takes. */
#define ORIGIN_TERMINAL_MAX 64
#define ORIGIN_REQUESTER_MAX 256

#define ORIGIN_UNREADABLE "?"

struct origin {
	char service[64 + 1];
	char address[ADDRESS_TEXT_MAX];
	char terminal[ORIGIN_TERMINAL_MAX + 1];
	char requester[ORIGIN_REQUESTER_MAX + 1];
	char language[8 + 1];
	char method[64 + 1]; /* how sshd let the user in: "publickey" */
};

void origin_read(pam_handle_t *pamh, struct origin *ret_origin);
