/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Detail: what a provider said, as replies and the log may tell it: printable
 * ASCII without any figures that stand in the message, without a secret and
 * without the text, however a provider quotes what it was sent.
 */

#include "base/text.h"
#include "courier/message.h"
#include "courier/vault.h"

#define DETAIL_SIZE 160

/* Appends said, n foreign bytes. */
void detail_add(struct text *detail, const char *said, size_t n,
		const struct message *message, const struct vault *vault);
