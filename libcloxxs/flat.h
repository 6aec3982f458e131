/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Flat: a strict reader of flat JSON objects (RFC 8259): strings, integers,
 * booleans and null, and the Varlink envelope one level around them
 * (https://varlink.org/Wire-Protocol). It is no JSON library: what is nested,
 * fractional, doubled or not UTF-8 is refused whole. No heap, no recursion;
 * each bound is stated below. Strings go into buffers of the caller's, secrets
 * into struct secret only. What it reads, libcloxxs/flat_writer.h writes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/secret.h"

#define FLAT_KEYS_MAX 24   /* of one object */
#define FLAT_KEY_MAX 47    /* bytes of one key */
#define FLAT_ERROR_MAX 127 /* bytes of the name of an error */

enum flat_type {
	_FLAT_NONE,
	FLAT_STRING, /* to: char[size]; ended by NUL */
	FLAT_SECRET, /* to: struct secret */
	FLAT_INT,    /* to: int64_t */
	FLAT_BOOL,   /* to: bool */
	_FLAT_SPAN,  /* the reader's own: an object within the envelope */
};

enum flat_error {
	_FLAT_E_OK,
	FLAT_E_MALFORMED, /* not a flat JSON object in all its bytes */
	FLAT_E_TYPE,      /* a field of another type than asked for */
	FLAT_E_TOO_LONG,  /* a string longer than its buffer, a key too long,
			     too many keys */
	FLAT_E_MISSING,   /* a required field is absent or null */
};

/*
 * A field to be read. null is as absent. Keys without a field are checked like
 * all others and passed over: the other side may be newer.
 */
struct flat_field {
	const char *name;
	enum flat_type type;
	bool required;
	void *to;
	size_t size;       /* of a FLAT_STRING's buffer */
	bool *ret_present; /* may be NULL */
};

struct flat_reply {
	bool continues;
	char error[FLAT_ERROR_MAX + 1]; /* empty where there is none */
};

/*
 * Reads the object that bytes are, from the first to the last of n. At most 32
 * fields. On an error (FLAT_E_*) all fields are left empty and secrets wiped.
 */
must_check int flat_read(const char *bytes, size_t n,
			 const struct flat_field *fields, size_t n_fields);
/*
 * Reads a reply: "error" and "continues" into *ret_reply, "parameters" into
 * fields. The parameters of an error are checked and passed over.
 */
must_check int flat_read_reply(const char *bytes, size_t n,
			       const struct flat_field *fields, size_t n_fields,
			       struct flat_reply *ret_reply);
