/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No byte at or behind the end is read, none behind a buffer is written.
 *  2. After a failure no field holds anything of the message.
 *  3. One document has one meaning: no key twice, however it is escaped.
 */
#include "libcloxxs/flat.h"

#include <string.h>

#include "base/utf8.h"

struct cursor {
	const char *at, *end;
};

struct span {
	const char *at;
	size_t n;
};

/* Where decoded bytes go; bytes NULL counts only. */
struct sink {
	char *bytes;
	size_t size, n;
};

struct keys {
	char names[FLAT_KEYS_MAX][FLAT_KEY_MAX + 1];
	size_t n;
};

static void skip_space(struct cursor *cursor)
{
	while (cursor->at < cursor->end &&
	       (*cursor->at == ' ' || *cursor->at == '\t' ||
		*cursor->at == '\n' || *cursor->at == '\r'))
		cursor->at++;
}

/* Takes the byte if it is the next one behind white space. */
static bool accept(struct cursor *cursor, char byte)
{
	skip_space(cursor);
	if (cursor->at == cursor->end || *cursor->at != byte)
		return false;
	cursor->at++;
	return true;
}

static bool accept_word(struct cursor *cursor, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < n ||
	    memcmp(cursor->at, word, n) != 0)
		return false;
	cursor->at += n;
	return true;
}

static int put(struct sink *sink, const char *bytes, size_t n)
{
	if (sink->bytes) {
		if (n >= sink->size - sink->n)
			return FLAT_E_TOO_LONG;
		memcpy(sink->bytes + sink->n, bytes, n);
		sink->bytes[sink->n + n] = '\0';
	}
	sink->n += n;
	return 0;
}

static int put_character(struct sink *sink, uint32_t c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	return put(sink, bytes, n);
}

/* Four hexadecimal digits. */
static int read_unit(struct cursor *cursor, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	if (cursor->end - cursor->at < 4)
		return FLAT_E_MALFORMED;
	for (int i = 0; i < 4; i++) {
		char c = *cursor->at++;

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			unit = unit << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			unit = unit << 4 | (uint32_t)(c - 'A' + 10);
		else
			return FLAT_E_MALFORMED;
	}
	*ret_unit = unit;
	return 0;
}

/* Behind "\u": one unit, or a pair of surrogates. */
static int read_unicode(struct cursor *cursor, struct sink *sink)
{
	uint32_t unit, low;
	int r;

	r = read_unit(cursor, &unit);
	if (r != 0)
		return r;
	if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return FLAT_E_MALFORMED;
	if (unit < 0xd800 || unit > 0xdbff)
		return put_character(sink, unit);
	if (!accept_word(cursor, "\\u") || read_unit(cursor, &low) != 0 ||
	    low < 0xdc00 || low > 0xdfff)
		return FLAT_E_MALFORMED;
	return put_character(sink, 0x10000 + ((unit - 0xd800) << 10) +
					   (low - 0xdc00));
}

/* Behind the backslash. */
static int read_escape(struct cursor *cursor, struct sink *sink)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (cursor->at == cursor->end)
		return FLAT_E_MALFORMED;
	c = *cursor->at++;
	if (c == 'u')
		return read_unicode(cursor, sink);
	found = c == '\0' ? NULL : strchr(from, c);
	if (!found)
		return FLAT_E_MALFORMED;
	return put(sink, &to[found - from], 1);
}

/* A string, its opening quote included. */
static int read_string(struct cursor *cursor, struct sink *sink)
{
	if (!accept(cursor, '"'))
		return FLAT_E_TYPE;
	while (cursor->at < cursor->end) {
		size_t size;
		int r;

		if (*cursor->at == '"') {
			cursor->at++;
			return 0;
		}
		if (*cursor->at == '\\') {
			cursor->at++;
			r = read_escape(cursor, sink);
			if (r != 0)
				return r;
			continue;
		}
		size = utf8_length(cursor->at,
				   (size_t)(cursor->end - cursor->at));
		if (size == 0 || (unsigned char)*cursor->at < 0x20)
			return FLAT_E_MALFORMED;
		r = put(sink, cursor->at, size);
		if (r != 0)
			return r;
		cursor->at += size;
	}
	return FLAT_E_MALFORMED;
}

static bool is_digit_at(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' &&
	       *cursor->at <= '9';
}

/* An integer of 64 bits; neither fraction nor exponent. */
static int read_int(struct cursor *cursor, int64_t *ret_value)
{
	bool negative = accept(cursor, '-');
	const char *first = cursor->at;
	uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0), value = 0;

	if (!is_digit_at(cursor))
		return FLAT_E_MALFORMED;
	for (; is_digit_at(cursor); cursor->at++) {
		uint64_t digit = (uint64_t)(*cursor->at - '0');

		if (value > (most - digit) / 10)
			return FLAT_E_MALFORMED;
		value = value * 10 + digit;
	}
	if (*first == '0' && cursor->at - first > 1)
		return FLAT_E_MALFORMED;
	if (negative && value > 0)
		*ret_value = -(int64_t)(value - 1) - 1;
	else
		*ret_value = (int64_t)value;
	return 0;
}

static int read_bool(struct cursor *cursor, bool *ret_value)
{
	if (accept_word(cursor, "true"))
		*ret_value = true;
	else if (accept_word(cursor, "false"))
		*ret_value = false;
	else
		return FLAT_E_MALFORMED;
	return 0;
}

/*
 * The bytes of an inner object up to its closing brace, which it can hold in
 * strings only, being flat. They are checked when they are read themselves.
 */
static int read_span(struct cursor *cursor, struct span *ret_span)
{
	const char *first = cursor->at;
	bool in_string = false;

	for (; cursor->at < cursor->end; cursor->at++) {
		if (in_string && *cursor->at == '\\') {
			if (++cursor->at == cursor->end)
				break;
		} else if (*cursor->at == '"') {
			in_string = !in_string;
		} else if (!in_string && *cursor->at == '}') {
			cursor->at++;
			*ret_span = (struct span){ first, (size_t)(cursor->at -
								   first) };
			return 0;
		}
	}
	return FLAT_E_MALFORMED;
}

/* The type that the next byte begins; _FLAT_NONE for null and all else. */
static enum flat_type type_at(const struct cursor *cursor)
{
	switch (*cursor->at) {
	case '"':
		return FLAT_STRING;
	case '{':
		return _FLAT_SPAN;
	case 't':
	case 'f':
		return FLAT_BOOL;
	case '-':
		return FLAT_INT;
	default:
		return is_digit_at(cursor) ? FLAT_INT : _FLAT_NONE;
	}
}

/* A value that nobody asked for: to be well-formed and flat. */
static int read_unknown(struct cursor *cursor)
{
	struct sink nowhere = { 0 };
	int64_t number;
	bool flag;

	switch (type_at(cursor)) {
	case FLAT_STRING:
	case FLAT_SECRET:
		return read_string(cursor, &nowhere);
	case FLAT_INT:
		return read_int(cursor, &number);
	case FLAT_BOOL:
		return read_bool(cursor, &flag);
	case _FLAT_SPAN:
	case _FLAT_NONE:
		break;
	}
	return FLAT_E_MALFORMED;
}

static int read_secret(struct cursor *cursor, struct secret *secret)
{
	struct sink sink = { secret->bytes, sizeof(secret->bytes), 0 };
	int r = read_string(cursor, &sink);

	if (r == 0)
		secret->n = sink.n;
	return r;
}

static int read_known(struct cursor *cursor, const struct flat_field *field)
{
	enum flat_type type = type_at(cursor);
	struct sink sink = { field->to, field->size, 0 };

	if (type != field->type &&
	    !(type == FLAT_STRING && field->type == FLAT_SECRET))
		return FLAT_E_TYPE;
	switch (field->type) {
	case FLAT_STRING:
		return read_string(cursor, &sink);
	case FLAT_SECRET:
		return read_secret(cursor, field->to);
	case FLAT_INT:
		return read_int(cursor, field->to);
	case FLAT_BOOL:
		return read_bool(cursor, field->to);
	case _FLAT_SPAN:
		return read_span(cursor, field->to);
	case _FLAT_NONE:
		break;
	}
	return FLAT_E_TYPE;
}

static int read_key(struct cursor *cursor, struct keys *keys,
		    const char **ret_key)
{
	char *key = keys->names[keys->n < FLAT_KEYS_MAX ? keys->n : 0];
	struct sink sink = { key, FLAT_KEY_MAX + 1, 0 };
	int r;

	if (keys->n == FLAT_KEYS_MAX)
		return FLAT_E_TOO_LONG;
	key[0] = '\0';
	r = read_string(cursor, &sink);
	if (r != 0)
		return r == FLAT_E_TYPE ? FLAT_E_MALFORMED : r;
	for (size_t i = 0; i < keys->n; i++)
		if (strcmp(keys->names[i], key) == 0)
			return FLAT_E_MALFORMED;
	keys->n++;
	*ret_key = key;
	return accept(cursor, ':') ? 0 : FLAT_E_MALFORMED;
}

/* One "key":value; *seen has a bit for each field that was there. */
static int read_member(struct cursor *cursor, struct keys *keys,
		       const struct flat_field *fields, size_t n_fields,
		       uint32_t *seen)
{
	const char *key;
	int r = read_key(cursor, keys, &key);

	if (r != 0)
		return r;
	skip_space(cursor);
	if (cursor->at == cursor->end)
		return FLAT_E_MALFORMED;
	if (accept_word(cursor, "null"))
		return 0;
	for (size_t i = 0; i < n_fields; i++)
		if (strcmp(fields[i].name, key) == 0) {
			*seen |= UINT32_C(1) << i;
			return read_known(cursor, &fields[i]);
		}
	return read_unknown(cursor);
}

static int read_object(struct cursor *cursor, const struct flat_field *fields,
		       size_t n_fields, uint32_t *seen)
{
	struct keys keys;

	keys.n = 0;
	if (!accept(cursor, '{'))
		return FLAT_E_MALFORMED;
	if (!accept(cursor, '}')) {
		do {
			int r = read_member(cursor, &keys, fields, n_fields,
					    seen);

			if (r != 0)
				return r;
		} while (accept(cursor, ','));
		if (!accept(cursor, '}'))
			return FLAT_E_MALFORMED;
	}
	skip_space(cursor);
	return cursor->at == cursor->end ? 0 : FLAT_E_MALFORMED;
}

static void empty_field(const struct flat_field *field)
{
	switch (field->type) {
	case FLAT_STRING:
		explicit_bzero(field->to, field->size);
		break;
	case FLAT_SECRET:
		secret_deinit(field->to);
		break;
	case FLAT_INT:
		*(int64_t *)field->to = 0;
		break;
	case FLAT_BOOL:
		*(bool *)field->to = false;
		break;
	case _FLAT_SPAN:
		*(struct span *)field->to = (struct span){ 0 };
		break;
	case _FLAT_NONE:
		break;
	}
	if (field->ret_present)
		*field->ret_present = false;
}

static void empty_fields(const struct flat_field *fields, size_t n_fields)
{
	for (size_t i = 0; i < n_fields; i++)
		empty_field(&fields[i]);
}

int flat_read(const char *bytes, size_t n, const struct flat_field *fields,
	      size_t n_fields)
{
	struct cursor cursor = { bytes, bytes + n };
	uint32_t seen = 0;
	int r;

	empty_fields(fields, n_fields);
	r = n_fields > 32 ? FLAT_E_TOO_LONG
			  : read_object(&cursor, fields, n_fields, &seen);
	for (size_t i = 0; r == 0 && i < n_fields; i++) {
		bool present = seen >> i & 1;

		if (fields[i].ret_present)
			*fields[i].ret_present = present;
		if (fields[i].required && !present)
			r = FLAT_E_MISSING;
	}
	if (r != 0)
		empty_fields(fields, n_fields);
	return r;
}

int flat_read_reply(const char *bytes, size_t n,
		    const struct flat_field *fields, size_t n_fields,
		    struct flat_reply *ret_reply)
{
	struct flat_reply reply = { 0 };
	struct span parameters;
	const struct flat_field envelope[] = {
		{ .name = "parameters", .type = _FLAT_SPAN, .to = &parameters },
		{ .name = "error",
		  .type = FLAT_STRING,
		  .to = reply.error,
		  .size = sizeof(reply.error) },
		{ .name = "continues",
		  .type = FLAT_BOOL,
		  .to = &reply.continues },
	};
	int r;

	empty_fields(fields, n_fields);
	r = flat_read(bytes, n, envelope, ARRAY_SIZE(envelope));
	if (r != 0)
		return r;
	if (!parameters.at)
		parameters = (struct span){ "{}", 2 };
	if (reply.error[0] != '\0')
		r = flat_read(parameters.at, parameters.n, NULL, 0);
	else
		r = flat_read(parameters.at, parameters.n, fields, n_fields);
	if (r != 0)
		return r;
	*ret_reply = reply;
	return 0;
}
