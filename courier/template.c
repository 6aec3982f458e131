/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is filled in is escaped for where it stands: never a quote, a line
 *     end, an ampersand or a bracket that the file did not write.
 *  2. A text never stands in the part of an URL that is not its query, nor in a
 *     header: proxies and servers log both.
 *  3. A template that was read can be filled with every message, or says that
 *     it cannot; it never leaves anything out.
 */
#include "courier/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "conf/findings.h"

enum place {
	PLACE_LITERAL,
	PLACE_OPEN,
	PLACE_PHONE_E164,
	PLACE_PHONE_DIGITS,
	PLACE_PHONE_00,
	PLACE_PHONE_NATIONAL,
	PLACE_TEXT,
	PLACE_SUBJECT,
	PLACE_SENDER,
	PLACE_REFERENCE,
	PLACE_EXPIRES,
	PLACE_SECRET,
	_PLACE_N,
};

struct template_piece {
	enum place place;
	char *literal;
	size_t secret; /* in the vault */
};

#define USE(use) (1u << (use))
#define EVERYWHERE (USE(_TEMPLATE_N) - 1)
#define BODIES                                                           \
	(USE(TEMPLATE_QUERY) | USE(TEMPLATE_FORM) | USE(TEMPLATE_JSON) | \
	 USE(TEMPLATE_XML) | USE(TEMPLATE_TEXT))

struct place_row {
	const char *name;
	unsigned int uses; /* where it may stand */
};

static const struct place_row places[_PLACE_N] = {
	[PLACE_OPEN] = { "open", EVERYWHERE },
	[PLACE_PHONE_E164] = { "phone_e164", BODIES | USE(TEMPLATE_HEADER) },
	[PLACE_PHONE_DIGITS] = { "phone_digits",
				 BODIES | USE(TEMPLATE_HEADER) },
	[PLACE_PHONE_00] = { "phone_00", BODIES | USE(TEMPLATE_HEADER) },
	[PLACE_PHONE_NATIONAL] = { "phone_national",
				   BODIES | USE(TEMPLATE_HEADER) },
	[PLACE_TEXT] = { "text", BODIES },
	[PLACE_SUBJECT] = { "subject", BODIES },
	[PLACE_SENDER] = { "sender", EVERYWHERE },
	[PLACE_REFERENCE] = { "reference", EVERYWHERE },
	[PLACE_EXPIRES] = { "expires", BODIES },
	[PLACE_SECRET] = { "secret:", EVERYWHERE },
};

static const enum escape escapes[_TEMPLATE_N] = {
	[TEMPLATE_URL] = ESCAPE_URL,       [TEMPLATE_QUERY] = ESCAPE_URL,
	[TEMPLATE_FORM] = ESCAPE_URL,      [TEMPLATE_JSON] = ESCAPE_JSON,
	[TEMPLATE_XML] = ESCAPE_XML,       [TEMPLATE_TEXT] = ESCAPE_NONE,
	[TEMPLATE_HEADER] = ESCAPE_HEADER,
};

void template_deinit(struct template *template)
{
	for (size_t i = 0; i < template->n_pieces; i++)
		free(template->pieces[i].literal);
	free(template->pieces);
	*template = (struct template){ 0 };
}

/* One template being read. */
struct reading {
	struct template template;
	enum template_use use;
	struct vault *vault;
	struct text *why;
	bool in_string, escaped; /* of JSON */
};

static void reading_deinit(struct reading *reading)
{
	template_deinit(&reading->template);
}

static int add_piece(struct template *template, enum place place,
		     const char *literal, size_t n)
{
	struct template_piece *pieces = reallocarray(
		template->pieces, template->n_pieces + 1, sizeof(*pieces));
	struct template_piece piece = { .place = place };

	if (!pieces)
		return -ENOMEM;
	template->pieces = pieces;
	if (literal) {
		piece.literal = strndup(literal, n);
		if (!piece.literal)
			return -ENOMEM;
	}
	pieces[template->n_pieces++] = piece;
	return 0;
}

static void follow_json(struct reading *reading, const char *literal, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (reading->escaped)
			reading->escaped = false;
		else if (literal[i] == '\\')
			reading->escaped = reading->in_string;
		else if (literal[i] == '"')
			reading->in_string = !reading->in_string;
	}
}

/* Why a byte of the file cannot stand where it does, or NULL. */
static const char *literal_fault(enum template_use use, const char *literal,
				 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)literal[i];

		if ((use == TEMPLATE_URL || use == TEMPLATE_QUERY ||
		     use == TEMPLATE_FORM) &&
		    (c <= ' ' || c > '~' || strchr("\"<>\\^`{|}", c)))
			return "has a character in it that stands there as %XX";
		if (use == TEMPLATE_HEADER && (c < ' ' || c > '~'))
			return "has a character in it that no header holds";
	}
	return NULL;
}

static int take_literal(struct reading *reading, const char *literal, size_t n)
{
	const char *fault = literal_fault(reading->use, literal, n);

	if (n == 0)
		return 0;
	if (fault) {
		text_add(reading->why, fault);
		return TEMPLATE_E_INVALID;
	}
	if (reading->use == TEMPLATE_JSON)
		follow_json(reading, literal, n);
	return add_piece(&reading->template, PLACE_LITERAL, literal, n);
}

static enum place find_place(const char *name, size_t n)
{
	const char *secret = places[PLACE_SECRET].name;

	if (n > strlen(secret) && memcmp(name, secret, strlen(secret)) == 0)
		return PLACE_SECRET;
	for (enum place place = PLACE_OPEN; place < PLACE_SECRET; place++)
		if (strlen(places[place].name) == n &&
		    memcmp(places[place].name, name, n) == 0)
			return place;
	return PLACE_LITERAL;
}

static int refuse_place(struct reading *reading, const char *name, size_t n,
			const char *fault)
{
	struct findings_quote quote = findings_quote(name, n);

	text_add_format(reading->why, "place %s %s", quote.text, fault);
	return TEMPLATE_E_INVALID;
}

static int take_secret(struct reading *reading, const char *name, size_t n)
{
	size_t n_prefix = strlen(places[PLACE_SECRET].name), at = 0;
	int r = vault_find(reading->vault, name + n_prefix, n - n_prefix,
			   reading->why, &at);

	if (r > 0)
		return TEMPLATE_E_INVALID;
	if (r == 0)
		r = add_piece(&reading->template, PLACE_SECRET, NULL, 0);
	if (r == 0)
		reading->template.pieces[reading->template.n_pieces - 1]
			.secret = at;
	return r;
}

/* What stands in braces. */
static int take_place(struct reading *reading, const char *name, size_t n)
{
	enum place place = find_place(name, n);

	if (place == PLACE_LITERAL)
		return refuse_place(reading, name, n, "is unknown");
	if (!(places[place].uses & USE(reading->use)))
		return refuse_place(reading, name, n,
				    "cannot stand here: what stands here is "
				    "logged by others");
	if (reading->use == TEMPLATE_JSON &&
	    (reading->escaped ||
	     (!reading->in_string && place != PLACE_PHONE_DIGITS)))
		return refuse_place(reading, name, n,
				    "stands outside of a string of JSON");
	return place == PLACE_SECRET
		       ? take_secret(reading, name, n)
		       : add_piece(&reading->template, place, NULL, 0);
}

/* The length of what is a place by its looks: letters first, then a brace. */
static size_t place_length(const char *name)
{
	size_t n = 0;

	if (name[0] < 'a' || name[0] > 'z')
		return 0;
	while ((name[n] >= 'a' && name[n] <= 'z') ||
	       (name[n] >= 'A' && name[n] <= 'Z') ||
	       (name[n] >= '0' && name[n] <= '9') ||
	       (name[n] && strchr("_:.-", name[n])))
		n++;
	return name[n] == '}' ? n : 0;
}

static int read_source(struct reading *reading, const char *source)
{
	const char *literal = source;
	int r = 0;

	for (const char *at = source; *at && r == 0;) {
		size_t n = *at == '{' ? place_length(at + 1) : 0;

		if (n == 0) {
			at++;
			continue;
		}
		r = take_literal(reading, literal, (size_t)(at - literal));
		if (r == 0)
			r = take_place(reading, at + 1, n);
		at += n + 2;
		literal = at;
	}
	return r == 0 ? take_literal(reading, literal, strlen(literal)) : r;
}

int template_init(struct template *ret_template, enum template_use use,
		  const char *source, struct vault *vault, struct text *why)
{
	scope(reading_deinit) struct reading reading = {
		.template = { .escape = escapes[use] },
		.use = use,
		.vault = vault,
		.why = why,
	};
	int r = read_source(&reading, source);

	if (r == 0 && reading.in_string) {
		text_add(why, "a string of JSON is not ended");
		r = TEMPLATE_E_INVALID;
	}
	if (r != 0)
		return r;
	*ret_template = reading.template;
	reading.template = (struct template){ 0 };
	return 0;
}

static bool has(const struct template *template, enum place place)
{
	for (size_t i = 0; i < template->n_pieces; i++)
		if (template->pieces[i].place == place)
			return true;
	return false;
}

bool template_needs_country(const struct template *template)
{
	return has(template, PLACE_PHONE_NATIONAL);
}

bool template_has_text(const struct template *template)
{
	return has(template, PLACE_TEXT);
}

static int put(const struct template *template, struct wiped *wiped,
	       const char *bytes, size_t n)
{
	return escape_add(wiped, template->escape, bytes, n) == 0
		       ? 0
		       : TEMPLATE_E_HEADER;
}

/* to: with its plus; prefix stands in the place of that, and of the country. */
static int put_number(const struct template *template, struct wiped *wiped,
		      const char *prefix, const char *rest)
{
	int r = put(template, wiped, prefix, strlen(prefix));

	return r == 0 ? put(template, wiped, rest, strlen(rest)) : r;
}

static int put_national(const struct template *template,
			const struct template_values *values,
			struct wiped *wiped)
{
	const char *to = values->message->to;
	size_t n = strlen(values->country_code);

	if (n == 0 || to[0] != '+' ||
	    strncmp(to + 1, values->country_code, n) != 0)
		return TEMPLATE_E_NUMBER;
	return put_number(template, wiped, values->trunk_prefix, to + 1 + n);
}

static int put_secret(const struct template *template,
		      const struct secret *secret, struct wiped *wiped)
{
	return put(template, wiped, secret->bytes, secret->n);
}

static int put_string(const struct template *template, struct wiped *wiped,
		      const char *string)
{
	return put(template, wiped, string, strlen(string));
}

static int put_time(const struct template *template, struct wiped *wiped,
		    int64_t seconds)
{
	char buffer[TIMESTAMP_TEXT_MAX];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	timestamp_write(seconds, &text);
	return put_string(template, wiped, buffer);
}

static int fill_place(const struct template *template,
		      const struct template_piece *piece,
		      const struct template_values *values, struct wiped *wiped)
{
	const struct message *message = values->message;
	const char *digits = message->to + (message->to[0] == '+' ? 1 : 0);

	switch (piece->place) {
	case PLACE_LITERAL:
		wiped_add(wiped, piece->literal);
		return 0;
	case PLACE_OPEN:
		return put_string(template, wiped, "{");
	case PLACE_PHONE_E164:
		return put_string(template, wiped, message->to);
	case PLACE_PHONE_DIGITS:
		return put_string(template, wiped, digits);
	case PLACE_PHONE_00:
		return put_number(template, wiped, "00", digits);
	case PLACE_PHONE_NATIONAL:
		return put_national(template, values, wiped);
	case PLACE_TEXT:
		return put_string(template, wiped,
				  wiped_string(&message->text));
	case PLACE_SUBJECT:
		return put_string(template, wiped, message->subject);
	case PLACE_SENDER:
		return put_string(template, wiped, values->sender);
	case PLACE_REFERENCE:
		return put_string(template, wiped, message->reference);
	case PLACE_EXPIRES:
		return put_time(template, wiped, values->expires_s);
	case PLACE_SECRET:
		return put_secret(template,
				  vault_at(values->vault, piece->secret),
				  wiped);
	case _PLACE_N:
		break;
	}
	return TEMPLATE_E_HEADER;
}

int template_fill(const struct template *template,
		  const struct template_values *values, struct wiped *wiped)
{
	int r = 0;

	for (size_t i = 0; i < template->n_pieces && r == 0; i++)
		r = fill_place(template, &template->pieces[i], values, wiped);
	return r;
}
