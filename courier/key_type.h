/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key type: how the value of a key is read, and what of it is freed. Internal
 * to keys.c. What stood there before is freed when a new value is read.
 */

#include "base/text.h"
#include "courier/keys.h"

enum key_type_error {
	_KEY_TYPE_E_OK,
	KEY_TYPE_E_INVALID, /* why says what is wrong, behind the value */
};

must_check int key_type_parse(const struct key_row *row, const char *value,
			      void *at, struct text *why);
void key_type_free(const struct key_row *row, void *at);
