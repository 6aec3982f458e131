/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * User JSON: a user as the type User of nl.cloxxs.Admin tells him; never his
 * password.
 */

#include <jansson.h>

#include "cloxxsd/state/user.h"

/* NULL without memory. */
json_t *user_json(const struct user *user, const struct user_moment *moment);
/* What a user has there as a list by comma; NULL without memory. */
json_t *user_services_json(const char *services);
/* A time, or null for 0; a text, or null for "". */
json_t *time_or_null(int64_t at);
json_t *text_or_null(const char *text);
