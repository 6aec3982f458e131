/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The entry points that glibc looks up by name (nss(5), glibc manual, "NSS
 * Module Function Internals"). Trivial on purpose: what they do is lookup.h.
 *
 * The mapping is the argued exception to "no file-scope mutable state": NSS
 * hands a module no context, and a mapping a look-up would be a thousand times
 * slower. The module is linked with -z nodelete, so that it outlives dlclose:
 * no thread can be in code that goes, and a second load finds the mapping.
 */
#include "nss_cloxxs/lookup.h"

#define IDENTITY_PATH CLOXXS_STATEDIR "/identity.map"
#define entry __attribute__((visibility("default")))

static struct map_stripe stripes[16];
static struct map_cache cache =
	MAP_CACHE_INIT(IDENTITY_PATH, identity_open, stripes);
static struct nss_stream users = NSS_STREAM_INIT(IDENTITY_PATH);
static struct nss_stream groups = NSS_STREAM_INIT(IDENTITY_PATH);

enum nss_status _nss_cloxxs_getpwnam_r(const char *name, struct passwd *pw,
				       char *buffer, size_t n, int *errnop);
enum nss_status _nss_cloxxs_getpwuid_r(uid_t uid, struct passwd *pw,
				       char *buffer, size_t n, int *errnop);
enum nss_status _nss_cloxxs_setpwent(int stayopen);
enum nss_status _nss_cloxxs_getpwent_r(struct passwd *pw, char *buffer,
				       size_t n, int *errnop);
enum nss_status _nss_cloxxs_endpwent(void);
enum nss_status _nss_cloxxs_getgrnam_r(const char *name, struct group *gr,
				       char *buffer, size_t n, int *errnop);
enum nss_status _nss_cloxxs_getgrgid_r(gid_t gid, struct group *gr,
				       char *buffer, size_t n, int *errnop);
enum nss_status _nss_cloxxs_setgrent(int stayopen);
enum nss_status _nss_cloxxs_getgrent_r(struct group *gr, char *buffer, size_t n,
				       int *errnop);
enum nss_status _nss_cloxxs_endgrent(void);
enum nss_status _nss_cloxxs_initgroups_dyn(const char *name, gid_t first,
					   long *start, long *size,
					   gid_t **gidsp, long limit,
					   int *errnop);

entry enum nss_status _nss_cloxxs_getpwnam_r(const char *name,
					     struct passwd *pw, char *buffer,
					     size_t n, int *errnop)
{
	return nss_user_by_name(&cache, name, pw,
				&(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_getpwuid_r(uid_t uid, struct passwd *pw,
					     char *buffer, size_t n,
					     int *errnop)
{
	return nss_user_by_uid(&cache, uid, pw,
			       &(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_setpwent(int stayopen)
{
	(void)stayopen;
	return nss_stream_reset(&users);
}

entry enum nss_status _nss_cloxxs_getpwent_r(struct passwd *pw, char *buffer,
					     size_t n, int *errnop)
{
	return nss_stream_user(&users, pw,
			       &(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_endpwent(void)
{
	return nss_stream_reset(&users);
}

entry enum nss_status _nss_cloxxs_getgrnam_r(const char *name, struct group *gr,
					     char *buffer, size_t n,
					     int *errnop)
{
	return nss_group_by_name(&cache, name, gr,
				 &(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_getgrgid_r(gid_t gid, struct group *gr,
					     char *buffer, size_t n,
					     int *errnop)
{
	return nss_group_by_gid(&cache, gid, gr,
				&(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_setgrent(int stayopen)
{
	(void)stayopen;
	return nss_stream_reset(&groups);
}

entry enum nss_status _nss_cloxxs_getgrent_r(struct group *gr, char *buffer,
					     size_t n, int *errnop)
{
	return nss_stream_group(&groups, gr,
				&(struct nss_buffer){ buffer, n, errnop });
}

entry enum nss_status _nss_cloxxs_endgrent(void)
{
	return nss_stream_reset(&groups);
}

entry enum nss_status _nss_cloxxs_initgroups_dyn(const char *name, gid_t first,
						 long *start, long *size,
						 gid_t **gidsp, long limit,
						 int *errnop)
{
	struct nss_gids gids = { *gidsp, *start, *size, limit };
	enum nss_status status =
		nss_groups_of(&cache, name, first, &gids, errnop);

	*gidsp = gids.gids;
	*start = gids.n;
	*size = gids.size;
	return status;
}
