/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Anchor: the head of the audit's chain at some moment, as one line that is
 * kept where who could change the ledger cannot change it:
 *
 *     cloxxs-anchor 1 INSTALLATION SEQUENCE AT CHAIN
 *
 * where AT is as 2026-11-28T19:00:00Z. Reading and writing of the line.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/anchor.h"
#include "base/scope.h"
#include "base/text.h"

#define ANCHOR_WORD "cloxxs-anchor"
/* More than that in one file are one for each hour of a century. */
#define ANCHORS_MAX 1000000

struct audit_anchor {
	int64_t line;         /* of the file, from 1 on */
	int64_t sequence, at; /* from 1 on; seconds since 1970 */
	char installation[ANCHOR_INSTALLATION_TEXT];
	char chain[ANCHOR_CHAIN_TEXT];
};

/* In order of sequence numbers. */
struct audit_anchors {
	struct audit_anchor *anchors;
	size_t n;
};

enum audit_anchor_error {
	_AUDIT_ANCHOR_E_OK,
	AUDIT_ANCHOR_E_INVALID, /* no anchor */
};

/* One line, without its end. */
must_check int audit_anchor_read(const char *line, struct audit_anchor *anchor);
void audit_anchor_write(const struct audit_anchor *anchor, struct text *text);

/*
 * word is a line, or the path of a file of lines, where empty ones, and those
 * that begin with "#", are none. On AUDIT_ANCHOR_E_INVALID fault holds a
 * sentence; -errno.
 */
must_check int audit_anchors_read(const char *word, struct text *fault,
				  struct audit_anchors *ret_anchors);
void audit_anchors_deinit(struct audit_anchors *anchors);
