/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Lookup: what the entry points of the module do, with the place of the map as
 * a parameter, so that tests reach all of it. Each returns what glibc's NSS
 * expects: SUCCESS; NOTFOUND; UNAVAIL where there is no sound map; TRYAGAIN
 * with ERANGE where the buffer is too small, with EAGAIN where the process has
 * run out of something. *errnop (mostly &errno) is written with the last two
 * and with UNAVAIL only. It never waits, never logs, never asks anybody.
 *
 * Never served, whatever the map says: an id outside the hard bounds, a name
 * that is reserved or malformed, a path with a colon or a control character.
 */

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdint.h>

#include "base/identity.h"
#include "base/map_cache.h"

/* Where the caller wants the answer. */
struct nss_buffer {
	char *bytes;
	size_t n;
	int *errnop;
};

enum nss_status nss_user_by_name(struct map_cache *cache, const char *name,
				 struct passwd *pw,
				 const struct nss_buffer *buffer);
enum nss_status nss_user_by_uid(struct map_cache *cache, uid_t uid,
				struct passwd *pw,
				const struct nss_buffer *buffer);
enum nss_status nss_group_by_name(struct map_cache *cache, const char *name,
				  struct group *gr,
				  const struct nss_buffer *buffer);
enum nss_status nss_group_by_gid(struct map_cache *cache, gid_t gid,
				 struct group *gr,
				 const struct nss_buffer *buffer);

/* glibc's growing array: n of size gids, to grow up to limit (<= 0: none). */
struct nss_gids {
	gid_t *gids;
	long n, size, limit;
};

/*
 * Appends the user's supplementary groups, but for the one that stands first.
 * NOTFOUND where there are none: other services may know some. What is over
 * the limit is left out.
 */
enum nss_status nss_groups_of(struct map_cache *cache, const char *name,
			      gid_t first, struct nss_gids *gids, int *errnop);

/*
 * An enumeration, one a process, as the C library has it (which serialises its
 * callers). It keeps a mapping of its own to its end, so that a new file in
 * between neither repeats nor loses anybody. Two callers at once do not wait:
 * one is told to try again.
 */
struct nss_stream {
	const char *path;
	atomic_flag busy;
	struct map *map;
	uint32_t position;
};

#define NSS_STREAM_INIT(at)                            \
	{                                              \
		.path = (at), .busy = ATOMIC_FLAG_INIT \
	}

/* To the start; the mapping goes. Also for the end. */
enum nss_status nss_stream_reset(struct nss_stream *stream);
enum nss_status nss_stream_user(struct nss_stream *stream, struct passwd *pw,
				const struct nss_buffer *buffer);
enum nss_status nss_stream_group(struct nss_stream *stream, struct group *gr,
				 const struct nss_buffer *buffer);

/* The one table from MAP_E_* or -errno to NSS; total. */
enum nss_status nss_status_from(int r, int *errnop);
