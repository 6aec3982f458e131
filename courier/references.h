/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * References: what was answered to the last messages, by their reference, so
 * that a second call is answered without a second message. It holds as many as
 * it has room for, and forgets the oldest.
 */

#include "courier/detail.h"
#include "courier/message.h"
#include "courier/result.h"

#define REFERENCES_MAX 16384
#define REFERENCES_ROUTE_MAX 64
/* Of a detail, as much is kept. */
#define REFERENCES_DETAIL_MAX 95

struct reference {
	char name[MESSAGE_REFERENCE_MAX + 1];
	char route[REFERENCES_ROUTE_MAX + 1]; /* "": none */
	char detail[REFERENCES_DETAIL_MAX + 1];
	enum result result;
	uint32_t next; /* in its bucket, from 1 on; 0: the last */
};

struct references;

must_check int references_new(struct references **ret_references);
struct references *references_free(struct references *references);
/* NULL: not known; it lives until the next one is added. */
const struct reference *references_find(const struct references *references,
					const char *name);
/* name must not be known yet. */
void references_add(struct references *references, const char *name,
		    enum result result, const char *route, const char *detail);
