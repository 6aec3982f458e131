/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Escape: how foreign text stands in a place of a request so that it is that
 * text, and nothing else, to whoever reads it.
 */

#include <stddef.h>

#include "base/scope.h"
#include "courier/wiped.h"

enum escape {
	ESCAPE_NONE,   /* a body that is the text itself */
	ESCAPE_URL,    /* RFC 3986: all but unreserved characters as %XX */
	ESCAPE_JSON,   /* RFC 8259, within a string */
	ESCAPE_XML,    /* text or a value of an attribute */
	ESCAPE_HEADER, /* RFC 9110: printable ASCII, or nothing at all */
};

enum escape_error {
	_ESCAPE_E_OK,
	ESCAPE_E_HEADER, /* it cannot stand in a header */
};

/* Appends n bytes of UTF-8. ESCAPE_E_*; no memory is seen in wiped. */
must_check int escape_add(struct wiped *wiped, enum escape escape,
			  const char *bytes, size_t n);
