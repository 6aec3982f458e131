/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Answer: what a gateway's reply means. A status says first: one of those that
 * accept, that ask to come back, or that refuse; of the first, the body then
 * says more, where the file asks it to. What says neither yes nor no is
 * uncertain: the message may have been taken, and is not sent to another.
 */

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"
#include "base/text.h"
#include "courier/condition.h"
#include "courier/result.h"

#define ANSWER_RANGES_MAX 16

/* Statuses, of HTTP or of a program, as ranges. */
struct answer_statuses {
	size_t n;
	struct answer_range {
		int from, to; /* both are of it */
	} ranges[ANSWER_RANGES_MAX];
};

/* Owned by the section that it was read of (keys_free()). */
struct answer_rules {
	struct answer_statuses accepted, retry, refused;
	struct condition_list conditions;
	regex_t *accepted_body; /* or NULL; all of these must hold */
	regex_t *refused_body;  /* or NULL: asked before the others */
	char *detail;           /* a JSON pointer to what is told, or NULL */
};

struct answer {
	int status;
	const char *body; /* ended by NUL */
	size_t n;
	bool cut; /* there was more of it */
};

bool answer_statuses_have(const struct answer_statuses *statuses, int status);
/* ret_detail is what the answer itself says, as it came; it may stay empty. */
enum result answer_judge(const struct answer_rules *rules,
			 const struct answer *answer, struct text *ret_detail);
