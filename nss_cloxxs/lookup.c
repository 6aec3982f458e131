/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss_cloxxs/lookup.h"

#include <string.h>

#include "base/name.h"
#include "nss_cloxxs/pack.h"

static const struct {
	int from;
	enum nss_status status;
	int error;
} statuses[] = {
	{ MAP_E_MISSING, NSS_STATUS_UNAVAIL, ENOENT },
	{ MAP_E_FOREIGN, NSS_STATUS_UNAVAIL, ENOENT },
	{ MAP_E_DAMAGED, NSS_STATUS_UNAVAIL, ENOENT },
	/* Out of something, for now. */
	{ -ENOMEM, NSS_STATUS_TRYAGAIN, EAGAIN },
	{ -EMFILE, NSS_STATUS_TRYAGAIN, EAGAIN },
	{ -ENFILE, NSS_STATUS_TRYAGAIN, EAGAIN },
	{ -EINTR, NSS_STATUS_TRYAGAIN, EAGAIN },
	{ -EAGAIN, NSS_STATUS_TRYAGAIN, EAGAIN },
};

enum nss_status nss_status_from(int r, int *errnop)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].from == r) {
			*errnop = statuses[i].error;
			return statuses[i].status;
		}
	/* A seccomp filter, an LSM, a chroot: there is nothing to be had, and
	 * the other services shall answer. */
	*errnop = ENOENT;
	return NSS_STATUS_UNAVAIL;
}

static enum nss_status status_from_pack(int r, int *errnop)
{
	switch ((enum pack_error)r) {
	case _PACK_E_OK:
		return NSS_STATUS_SUCCESS;
	case PACK_E_SHORT:
		*errnop = ERANGE;
		return NSS_STATUS_TRYAGAIN;
	case PACK_E_REFUSED:
		break;
	}
	return NSS_STATUS_NOTFOUND;
}

/* Most look-ups are not for us; those do not so much as touch the map. */
static bool may_be_ours(const char *name, size_t *ret_n)
{
	size_t n = strnlen(name, NAME_USER_MAX + 1);

	*ret_n = n;
	return name_is_user(name, n);
}

enum nss_status nss_user_by_name(struct map_cache *cache, const char *name,
				 struct passwd *pw,
				 const struct nss_buffer *buffer)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct identity_user user;
	struct map_view view;
	size_t n;
	int r;

	if (!may_be_ours(name, &n))
		return NSS_STATUS_NOTFOUND;
	r = map_view_enter(&view, cache);
	if (r != 0)
		return nss_status_from(r, buffer->errnop);
	if (identity_find_user(view.map, name, n, &user))
		status = status_from_pack(
			pack_user(&user, pw, buffer->bytes, buffer->n),
			buffer->errnop);
	map_view_leave(&view);
	return status;
}

enum nss_status nss_user_by_uid(struct map_cache *cache, uid_t uid,
				struct passwd *pw,
				const struct nss_buffer *buffer)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct identity_user user;
	struct map_view view;
	int r;

	if (!name_is_our_uid(uid))
		return NSS_STATUS_NOTFOUND;
	r = map_view_enter(&view, cache);
	if (r != 0)
		return nss_status_from(r, buffer->errnop);
	if (identity_find_uid(view.map, uid, &user))
		status = status_from_pack(
			pack_user(&user, pw, buffer->bytes, buffer->n),
			buffer->errnop);
	map_view_leave(&view);
	return status;
}

enum nss_status nss_group_by_name(struct map_cache *cache, const char *name,
				  struct group *gr,
				  const struct nss_buffer *buffer)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct identity_group group;
	struct map_view view;
	size_t n;
	int r;

	if (!may_be_ours(name, &n))
		return NSS_STATUS_NOTFOUND;
	r = map_view_enter(&view, cache);
	if (r != 0)
		return nss_status_from(r, buffer->errnop);
	if (identity_find_group(view.map, name, n, &group))
		status = status_from_pack(
			pack_group(&group, gr, buffer->bytes, buffer->n),
			buffer->errnop);
	map_view_leave(&view);
	return status;
}

enum nss_status nss_group_by_gid(struct map_cache *cache, gid_t gid,
				 struct group *gr,
				 const struct nss_buffer *buffer)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct identity_group group;
	struct map_view view;
	int r;

	if (!name_is_our_uid(gid))
		return NSS_STATUS_NOTFOUND;
	r = map_view_enter(&view, cache);
	if (r != 0)
		return nss_status_from(r, buffer->errnop);
	if (identity_find_gid(view.map, gid, &group))
		status = status_from_pack(
			pack_group(&group, gr, buffer->bytes, buffer->n),
			buffer->errnop);
	map_view_leave(&view);
	return status;
}

/* Whether one more fits; false with 0 at the limit, -ENOMEM without memory. */
static bool gids_grow(struct nss_gids *gids, int *ret_error)
{
	long size = gids->size;
	gid_t *larger;

	*ret_error = 0;
	if (gids->n < size)
		return true;
	if (gids->limit > 0 && size >= gids->limit)
		return false;
	size = size < 8 ? 16 : size * 2;
	if (gids->limit > 0 && size > gids->limit)
		size = gids->limit;
	larger = reallocarray(gids->gids, (size_t)size, sizeof(*larger));
	if (!larger) {
		*ret_error = -ENOMEM;
		return false;
	}
	gids->gids = larger;
	gids->size = size;
	return true;
}

static int gids_add(struct nss_gids *gids, const uint32_t *add, uint32_t n_add,
		    gid_t first)
{
	int r;

	for (uint32_t i = 0; i < n_add; i++) {
		if (add[i] == first || !name_is_our_uid(add[i]))
			continue;
		if (!gids_grow(gids, &r))
			return r;
		gids->gids[gids->n++] = add[i];
	}
	return 0;
}

enum nss_status nss_groups_of(struct map_cache *cache, const char *name,
			      gid_t first, struct nss_gids *gids, int *errnop)
{
	struct identity_user user;
	const uint32_t *add;
	struct map_view view;
	long before = gids->n;
	int r, saved = errno;
	uint32_t n_add;
	size_t n;

	if (!may_be_ours(name, &n))
		return NSS_STATUS_NOTFOUND;
	r = map_view_enter(&view, cache);
	if (r != 0)
		return nss_status_from(r, errnop);
	if (identity_find_user(view.map, name, n, &user) &&
	    pack_user_is_fit(&user) &&
	    identity_find_groups_of(view.map, user.uid, &add, &n_add))
		r = gids_add(gids, add, n_add, first);
	map_view_leave(&view);
	errno = saved;
	if (r != 0) {
		*errnop = ENOMEM;
		return NSS_STATUS_TRYAGAIN;
	}
	return gids->n > before ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
}
