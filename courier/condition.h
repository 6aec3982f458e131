/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Condition: what one value of an answer in JSON must be, found by its JSON
 * pointer (RFC 6901):
 *
 *     /errorCode == 0        /messages/0/status == "0"
 *     /error_code == null    /recipients/totalSentCount >= 1
 *
 * Numbers, strings, true, false and null are compared as what they are: "0" is
 * not 0. A value that is not there is null, and is otherwise no answer at all.
 */

#include <jansson.h>

#include "base/scope.h"
#include "base/text.h"

enum condition_answer {
	CONDITION_UNKNOWN, /* the value is not there */
	CONDITION_FALSE,
	CONDITION_TRUE,
};

struct condition {
	char *pointer;
	char operator[3];
	json_t *value;
};

#define CONDITIONS_MAX 4
struct condition_list {
	size_t n;
	struct condition list[CONDITIONS_MAX];
};

enum condition_error {
	_CONDITION_E_OK,
	CONDITION_E_INVALID, /* why says what is wrong */
};

/* CONDITION_E_INVALID, -ENOMEM; to be given to condition_deinit(). */
must_check int condition_init(struct condition *ret_condition,
			      const char *source, struct text *why);
void condition_deinit(struct condition *condition);
void condition_list_deinit(struct condition_list *list);
enum condition_answer condition_ask(const struct condition *condition,
				    const json_t *answer);

/* What pointer names in root, borrowed, or NULL. */
const json_t *condition_find(const json_t *root, const char *pointer);
/* Whether it is a JSON pointer, and not the whole. */
bool condition_is_pointer(const char *pointer);
