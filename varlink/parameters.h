/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Parameters: checks those of a call against its method's row. Internal to
 * varlink/. It knows types and sizes; what a value means is the handler's.
 */

#include "varlink/server.h"

#define PARAMETERS_STRINGS_MAX 256
#define PARAMETERS_MAP_MAX 64

/*
 * The name of a parameter that is missing, unknown, of another type or too
 * large, or NULL where all is well. parameters: an object, or NULL for none.
 */
const char *parameters_check(const struct varlink_parameter *rows,
			     const json_t *parameters);
