/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Mail: a message as bytes of RFC 5322: one recipient, plain text, marked as
 * written by a machine (RFC 3834). What is not ASCII goes as UTF-8 in base64,
 * in the subject by RFC 2047; so nothing of a text is ever a header, an end or
 * a part of anything. It is handed to nobody here.
 */

#include <stdint.h>

#include "courier/configuration.h"
#include "courier/wiped.h"

struct mail_args {
	const struct message *message;
	const char *from, *from_name /* or NULL */;
	int64_t seconds;    /* since 1970 */
	uint64_t unique[2]; /* random: of the Message-ID */
};

/* Appends the mail; a lack of memory is seen in wiped. */
void mail_compose(const struct mail_args *args, struct wiped *wiped);
