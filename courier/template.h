/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Template: a text of a gateway file with places in it, {text} or
 * {secret:NAME}, which what is sent takes. It is read once, when the
 * configuration is; each place is then filled with escaped bytes, so that no
 * message can become another request than the file says. What is in braces and
 * no place is refused; other braces stand for themselves, as JSON has them
 * ({open} is one before letters).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"
#include "courier/escape.h"
#include "courier/message.h"
#include "courier/vault.h"

/* Where a template stands; says how it is escaped and what it may hold. */
enum template_use {
	TEMPLATE_URL,
	TEMPLATE_QUERY,
	TEMPLATE_FORM,
	TEMPLATE_JSON,
	TEMPLATE_XML,
	TEMPLATE_TEXT,
	TEMPLATE_HEADER,
	_TEMPLATE_N,
};

struct template
{
	enum escape escape;
	size_t n_pieces;
	struct template_piece *pieces;
};

enum template_error {
	_TEMPLATE_E_OK,
	TEMPLATE_E_INVALID, /* of reading: why says what is wrong */
	TEMPLATE_E_NUMBER, /* of filling: {phone_national} of another country */
	TEMPLATE_E_HEADER, /* of filling: what no header can hold */
};

/* What places are filled with. */
struct template_values {
	const struct message *message;
	const char *sender;       /* "" where there is none */
	const char *country_code; /* "31", or "" */
	const char *trunk_prefix; /* "0" */
	int64_t expires_s;        /* since 1970; nobody wants it behind that */
	const struct vault *vault;
};

/*
 * Reads source. Secrets that it names are found in vault. Of TEMPLATE_JSON
 * every place must stand within a string, but {phone_digits}, which is a number
 * as well. TEMPLATE_E_INVALID, -errno.
 */
must_check int template_init(struct template *ret_template,
			     enum template_use use, const char *source,
			     struct vault *vault, struct text *why);
void template_deinit(struct template *template);
/* Whether it has a place that is the recipient's number in national form. */
bool template_needs_country(const struct template *template);
/* Whether it has the place {text}. */
bool template_has_text(const struct template *template);

/*
 * Appends the template, filled. TEMPLATE_E_NUMBER, TEMPLATE_E_HEADER; a lack of
 * memory is seen in wiped.
 */
must_check int template_fill(const struct template *template,
			     const struct template_values *values,
			     struct wiped *wiped);
