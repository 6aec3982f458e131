/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Message: what is to be delivered, judged before anything is made of it: its
 * recipient is one recipient, and nothing in it is a line of a header. How its
 * recipient is told to a log.
 */

#include <stddef.h>

#include "base/scope.h"
#include "courier/wiped.h"

enum kind {
	KIND_SMS,
	KIND_MAIL,
	KIND_WEBHOOK,
	_KIND_N,
};

#define MESSAGE_TO_MAX 254
#define MESSAGE_SUBJECT_MAX 200
#define MESSAGE_TEXT_MAX 16384
#define MESSAGE_SMS_MAX 1600
#define MESSAGE_REFERENCE_MAX 64

struct message {
	enum kind kind;
	char to[MESSAGE_TO_MAX + 1];
	char subject[MESSAGE_SUBJECT_MAX + 1];
	char reference[MESSAGE_REFERENCE_MAX + 1];
	struct wiped text;
};

enum message_error {
	_MESSAGE_E_OK,
	MESSAGE_E_KIND, /* the parameter that is not to be taken */
	MESSAGE_E_TO,
	MESSAGE_E_SUBJECT,
	MESSAGE_E_TEXT,
	MESSAGE_E_REFERENCE,
	_MESSAGE_E_N,
};

struct message_args {
	const char *kind, *to, *subject /* or NULL */, *text, *reference;
};

/* MESSAGE_E_* or -ENOMEM; ret_message is to be given to message_deinit(). */
must_check int message_init(const struct message_args *args,
			    struct message *ret_message);
/* Wipes it. */
void message_deinit(struct message *message);
/* The parameter of nl.cloxxs.Courier.Deliver that error is about. */
const char *message_parameter(int error);

const char *kind_name(enum kind kind);
/* False: there is none of that name. */
bool kind_find(const char *name, enum kind *ret_kind);

/* One address of mail as SMTP takes it: ASCII, no quoting, no comment. */
bool message_is_mail_address(const char *address);
/* A recipient of which no more is told than a log may hold. */
struct message_masked {
	char to[MESSAGE_TO_MAX + 8];
};
struct message_masked message_mask(const struct message *message);
