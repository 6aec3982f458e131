/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Country store: the country database that was fetched last, as a file of the
 * courier's own state directory, which only a whole one replaces, and what the
 * provider said of it. Whether it can be believed cloxxsd judges; here it only
 * must be of the MaxMind DB format.
 */

#include <stdint.h>

#include "courier/digest.h"

#define COUNTRY_FILE "countries.mmdb"
/* The largest that cloxxsd takes. */
#define COUNTRY_BYTES_MAX (UINT64_C(128) << 20)

/* Of the file that is there. */
struct country_state {
	char url[DIGEST_SIZE]; /* of where it came from; "": of nothing */
	/* As the provider told them, or "": to ask for what is newer. */
	char etag[256], modified[64];
	char archive[DIGEST_SIZE]; /* of what came, before it was unpacked */
	char sha256[DIGEST_SIZE];  /* of the file */
	uint64_t bytes;
	int64_t fetched; /* seconds since 1970 */
};

/* What is known of the file in directory; all zero where there is none, or it
 * is not as it was left. -ENOMEM. */
must_check int country_state_read(const char *directory,
				  struct country_state *ret_state);

struct country_store;

enum country_store_error {
	_COUNTRY_STORE_E_OK,
	COUNTRY_STORE_E_FORMAT, /* it is no database */
};

/* A new file, beside the one that is there; -errno. */
must_check int country_store_new(const char *directory,
				 struct country_store **ret_store);
/* Removes what was written and not kept. Takes NULL, returns NULL. */
struct country_store *country_store_free(struct country_store *store);
/* -errno. */
must_check int country_store_put(struct country_store *store, const void *bytes,
				 size_t n);
/*
 * Brings it to the disk and puts it in the place of the former one, with what
 * is known of it: state, of which bytes and sha256 are set here.
 * COUNTRY_STORE_E_FORMAT, -errno.
 */
must_check int country_store_keep(struct country_store *store,
				  struct country_state *state);
