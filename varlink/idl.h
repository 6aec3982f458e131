/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Description: a reader of Varlink's interface language
 * (https://varlink.org/Interface-Definition), enough to compare a description
 * with the method rows that claim to serve it. For tests; nothing at run time
 * depends on it. It keeps no types and does not look references up.
 */

#include <stddef.h>

#include "base/scope.h"
#include "base/text.h"
#include "varlink/server.h"

#define IDL_PARAMETERS_MAX 32

enum idl_error {
	_IDL_E_OK,
	IDL_E_SYNTAX,  /* the description cannot be read; why: line and what */
	IDL_E_DIFFERS, /* rows and description do not agree; why: where */
};

/* A piece of the description. */
struct idl_name {
	const char *start;
	size_t n;
};

struct idl_parameter {
	struct idl_name name;
	enum varlink_type type; /* _VARLINK_NONE: what no row can say */
	bool optional;
};

struct idl_method {
	struct idl_name name; /* without the interface */
	struct idl_parameter parameters[IDL_PARAMETERS_MAX];
	size_t n_parameters;
};

/*
 * Reads description and calls each for every method; what it returns other than
 * 0 is handed up.
 */
must_check int idl_read(const char *description, struct text *why,
			int (*each)(const struct idl_method *method,
				    void *userdata),
			void *userdata, struct idl_name *ret_interface);

/*
 * Whether every row of the interface agrees with its description in name,
 * parameters, their types and optionality, and every method of the description
 * has a row. 0, or IDL_E_* with the first difference in why.
 */
must_check int varlink_interface_check(
	const struct varlink_interface *interface, struct text *why);
