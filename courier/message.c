/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/message.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

/* ITU-T E.164: fifteen figures at most. Fewer than seven are short codes. */
#define FIGURES_MIN 7
#define FIGURES_MAX 15
/* RFC 5321, section 4.5.3.1 */
#define LOCAL_MAX 64
#define LABEL_MAX 63

static const char *const kinds[_KIND_N] = {
	[KIND_SMS] = "sms",
	[KIND_MAIL] = "mail",
	[KIND_WEBHOOK] = "webhook",
};

static const char *const parameters[_MESSAGE_E_N] = {
	[MESSAGE_E_KIND] = "kind",           [MESSAGE_E_TO] = "to",
	[MESSAGE_E_SUBJECT] = "subject",     [MESSAGE_E_TEXT] = "text",
	[MESSAGE_E_REFERENCE] = "reference",
};

const char *kind_name(enum kind kind)
{
	return kinds[kind];
}

bool kind_find(const char *name, enum kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], name) == 0) {
			*ret_kind = (enum kind)i;
			return true;
		}
	return false;
}

const char *message_parameter(int error)
{
	return error > 0 && error < _MESSAGE_E_N ? parameters[error] : "";
}

static bool is_figure(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_number(const char *to)
{
	size_t n = strlen(to);

	if (n < 1 + FIGURES_MIN || n > 1 + FIGURES_MAX || to[0] != '+' ||
	    to[1] == '0')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_figure(to[i]))
			return false;
	return true;
}

/* Atoms with single dots between them, of letters, digits and others. */
static bool is_dotted(const char *part, size_t n, const char *others,
		      size_t label_max)
{
	size_t label = 0;

	for (size_t i = 0; i < n; i++) {
		if (part[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!is_letter(part[i]) && !is_figure(part[i]) &&
		    !memchr(others, part[i], strlen(others)))
			return false;
		if (++label > label_max)
			return false;
	}
	return label > 0;
}

bool message_is_mail_address(const char *address)
{
	const char *at = strchr(address, '@');
	size_t n = strlen(address), n_local = at ? (size_t)(at - address) : 0;

	/* A name that began with a hyphen would be an option somewhere. */
	return at && n <= MESSAGE_TO_MAX && n_local <= LOCAL_MAX &&
	       address[0] != '-' && at[1] != '-' &&
	       is_dotted(address, n_local, "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX) &&
	       is_dotted(at + 1, n - n_local - 1, "-", LABEL_MAX);
}

static bool is_name(const char *name, size_t max, const char *others)
{
	size_t n = strlen(name);

	if (n == 0 || n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_letter(name[i]) && !is_figure(name[i]) &&
		    !memchr(others, name[i], strlen(others)))
			return false;
	return true;
}

static bool is_recipient(enum kind kind, const char *to)
{
	switch (kind) {
	case KIND_SMS:
		return is_number(to);
	case KIND_MAIL:
		return message_is_mail_address(to);
	case KIND_WEBHOOK:
		return is_name(to, 64, "._-");
	case _KIND_N:
		break;
	}
	return false;
}

/* UTF-8 without controls but those in taken. */
static bool is_text(const char *text, size_t max, const char *taken)
{
	size_t n = strlen(text);
	const unsigned char *bytes = (const unsigned char *)text;

	if (n > max || !utf8_is_text(text, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return false;
		if (bytes[i] < 0x20 && !strchr(taken, bytes[i]))
			return false;
	}
	return true;
}

int message_init(const struct message_args *args, struct message *ret_message)
{
	const char *subject = args->subject ? args->subject : "";
	struct message message = { 0 };

	if (!kind_find(args->kind, &message.kind))
		return MESSAGE_E_KIND;
	if (!is_recipient(message.kind, args->to))
		return MESSAGE_E_TO;
	if (!is_text(subject, MESSAGE_SUBJECT_MAX, ""))
		return MESSAGE_E_SUBJECT;
	if (*args->text == '\0' ||
	    !is_text(args->text,
		     message.kind == KIND_SMS ? MESSAGE_SMS_MAX
					      : MESSAGE_TEXT_MAX,
		     "\n\t"))
		return MESSAGE_E_TEXT;
	if (!is_name(args->reference, MESSAGE_REFERENCE_MAX, "-"))
		return MESSAGE_E_REFERENCE;
	memcpy(message.to, args->to, strlen(args->to) + 1);
	memcpy(message.subject, subject, strlen(subject) + 1);
	memcpy(message.reference, args->reference, strlen(args->reference) + 1);
	wiped_add(&message.text, args->text);
	if (message.text.error != 0)
		return message.text.error;
	*ret_message = message;
	explicit_bzero(&message, sizeof(message));
	return 0;
}

void message_deinit(struct message *message)
{
	wiped_deinit(&message->text);
	explicit_bzero(message, sizeof(*message));
}

struct message_masked message_mask(const struct message *message)
{
	const char *to = message->to, *at = strchr(to, '@');
	size_t n = strlen(to);
	struct message_masked masked;
	struct text text;

	text_init(&text, masked.to, sizeof(masked.to));
	switch (message->kind) {
	case KIND_SMS:
		text_add_format(&text, "***%s", n > 2 ? to + n - 2 : "");
		break;
	case KIND_MAIL:
		text_add_format(&text, "%c***%s", to[0], at ? at : "");
		break;
	case KIND_WEBHOOK:
		text_add(&text, to);
		break;
	case _KIND_N:
		break;
	}
	return masked;
}
