/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Settling: what an import is to do with each entry of its staging, judged
 * against the store, the settings and the accounts of this host as they are
 * now. First those who are there or name a uid, then those who are given one.
 * It writes into the staging only, and answers nobody.
 */

#include "base/text.h"
#include "cloxxsd/service/local_accounts.h"
#include "cloxxsd/service/service.h"
#include "cloxxsd/state/import.h"

struct settling {
	struct service *service;
	struct import_stage *stage; /* borrowed */
	bool is_root;               /* brings them */
	bool update;                /* users who exist may be changed */

	/* Its own; zero at first. */
	struct local_accounts *locals;
	bool begun;
	bool rest;      /* the turn of those who are given a uid */
	int64_t n_left; /* for the rest */
	uint32_t next_uid;
};

/* To be called before the first entry, and to look at all of them anew. */
must_check int settling_begin(struct settling *settling);
/*
 * Settles entry, leaves it for the rest, or says in fault why it cannot be.
 * -errno.
 */
must_check int settling_settle(struct settling *settling,
			       struct import_entry *entry, struct text *fault);
/* After the last entry: whether all are to be gone through once more. */
bool settling_goes_on(struct settling *settling);
void settling_deinit(struct settling *settling);
