/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. 0 is returned where the map says yes, and nowhere else.
 *  2. Nothing of the map is kept from one call to the next.
 *  3. A caller's function is called with no mapping held: it may take its time,
 *     call us again, or never come back.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/access.h"
#include "base/map_cache.h"
#include "base/name.h"
#include "libcloxxs/cloxxs.h"

#define DIRECTORY CLOXXS_STATEDIR "/access"
#define STRIPES_SIZE (MAP_STRIPES_MAX * sizeof(struct map_stripe))
/* Names are copied out of callers' memory by nobody: this ends them. */
#define NAME_MAX_ASKED 255
/* Changes that a listing puts up with, before it takes them for damage. */
#define AGAIN_MAX 1000

struct cloxxs_access {
	char *service;
	char *path;
	struct map_cache cache;
};

_Static_assert((int)CLOXXS_READ == (int)ACCESS_READ &&
		       (int)CLOXXS_WRITE == (int)ACCESS_WRITE,
	       "handed through");

struct cloxxs_access *cloxxs_access_free(struct cloxxs_access *access)
{
	if (!access)
		return NULL;
	map_cache_deinit(&access->cache);
	if (access->cache.stripes)
		munmap(access->cache.stripes, STRIPES_SIZE);
	free(access->service);
	free(access->path);
	free(access);
	return NULL;
}

static void scope_access(struct cloxxs_access **access)
{
	*access = cloxxs_access_free(*access);
}

/*
 * A child that is forked while other threads are inside begins with nobody
 * inside. (An old kernel refuses; then such a child keeps mappings that were
 * replaced, and that is all.)
 */
static int make_stripes(struct map_cache *cache)
{
	void *stripes = mmap(NULL, STRIPES_SIZE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stripes == MAP_FAILED)
		return -ENOMEM;
	(void)!madvise(stripes, STRIPES_SIZE, MADV_WIPEONFORK);
	cache->stripes = stripes;
	cache->n_stripes = MAP_STRIPES_MAX;
	return 0;
}

int cloxxs_access_set_directory(struct cloxxs_access *access,
				const char *directory)
{
	char *path;

	if (!directory)
		directory = DIRECTORY;
	if (directory[0] != '/')
		return CLOXXS_E_UNFIT;
	if (asprintf(&path, "%s/%s.map", directory, access->service) < 0)
		return -ENOMEM;
	map_cache_deinit(&access->cache);
	free(access->path);
	access->path = path;
	access->cache.path = path;
	return 0;
}

int cloxxs_access_new(const char *service, struct cloxxs_access **ret_access)
{
	scope(scope_access) struct cloxxs_access *access = NULL;
	int r;

	/* It becomes the name of a file. */
	if (!service ||
	    !name_is_service(service, strnlen(service, NAME_SERVICE_MAX + 1)))
		return CLOXXS_E_UNFIT;
	access = calloc(1, sizeof(*access));
	if (!access)
		return -ENOMEM;
	access->cache.open = access_open;
	access->service = strdup(service);
	if (!access->service)
		return -ENOMEM;
	r = make_stripes(&access->cache);
	if (r == 0)
		r = cloxxs_access_set_directory(access, NULL);
	if (r == 0)
		*ret_access = scope_take_ptr(access);
	return r;
}

static int enter(struct cloxxs_access *access, struct map_view *view)
{
	int r = map_view_enter(view, &access->cache);

	return r > 0 ? CLOXXS_E_UNAVAILABLE : r;
}

static int from_reason(enum access_reason reason)
{
	switch (reason) {
	case ACCESS_ALLOWED:
		return 0;
	case ACCESS_UNAVAILABLE:
		return CLOXXS_E_UNAVAILABLE;
	case ACCESS_NO_GRANT:
	case ACCESS_UNKNOWN_USER:
	case ACCESS_UNKNOWN_PROJECT:
	case ACCESS_NOT_YET_VALID:
	case ACCESS_NO_LONGER_VALID:
	case ACCESS_DENIED:
	case ACCESS_ENDED:
	case ACCESS_ARCHIVED:
	case _ACCESS_N_REASONS:
		break;
	}
	return CLOXXS_E_DENIED;
}

static enum access_reason ask(const struct map *map, const char *user,
			      const char *project, uint32_t right,
			      uint32_t *ret_rights)
{
	const struct access_question question = {
		.user = user,
		.n_user = strnlen(user, NAME_MAX_ASKED),
		.project = project,
		.n_project = strnlen(project, NAME_MAX_ASKED),
		.right = right,
		.now = ACCESS_NOW,
	};

	return access_check(map, &question, ret_rights);
}

int cloxxs_access_check(struct cloxxs_access *access, const char *user,
			const char *project, unsigned int rights)
{
	struct map_view view;
	int r;

	if (!user || !project)
		return CLOXXS_E_UNFIT;
	if (rights == 0 ||
	    (rights & ~(unsigned int)(CLOXXS_READ | CLOXXS_WRITE)))
		return CLOXXS_E_MISUSE;
	r = enter(access, &view);
	if (r != 0)
		return r;
	r = from_reason(ask(view.map, user, project, rights, NULL));
	map_view_leave(&view);
	return r;
}

int cloxxs_access_rights(struct cloxxs_access *access, const char *user,
			 const char *project, unsigned int *ret_rights)
{
	enum access_reason reason;
	struct map_view view;
	uint32_t rights;
	int r;

	*ret_rights = 0;
	if (!user || !project)
		return CLOXXS_E_UNFIT;
	r = enter(access, &view);
	if (r != 0)
		return r;
	reason = ask(view.map, user, project, ACCESS_READ, &rights);
	map_view_leave(&view);
	if (rights == 0)
		return reason == ACCESS_UNAVAILABLE ? CLOXXS_E_UNAVAILABLE
						    : CLOXXS_E_DENIED;
	*ret_rights = rights;
	return 0;
}

/* Of each: a byte with the rights, and the name with its NUL. */
struct list {
	char *bytes;
	size_t n, size;
};

static void list_deinit(struct list *list)
{
	free(list->bytes);
}

static int list_add(struct list *list, uint32_t rights, const char *name)
{
	size_t n = strlen(name) + 2;

	if (n > list->size - list->n) {
		size_t size = 2 * list->size + 4096;
		char *bytes = realloc(list->bytes, size);

		if (!bytes)
			return -ENOMEM;
		list->bytes = bytes;
		list->size = size;
	}
	list->bytes[list->n] = (char)rights;
	memcpy(list->bytes + list->n + 1, name, n - 1);
	list->n += n;
	return 0;
}

static int gather(const struct map *map, const char *user, struct list *list)
{
	uint32_t position = 0, before = 0, n_again = 0;
	struct access_project project;

	for (; access_next_project(map, &position, &project);
	     before = position) {
		enum access_reason reason;
		uint32_t rights;
		int r;

		reason = ask(map, user, project.name, ACCESS_READ, &rights);
		if (reason == ACCESS_UNKNOWN_USER)
			break;
		/* It has just got another name, or gone: look there again. */
		if (reason == ACCESS_UNKNOWN_PROJECT)
			position = before;
		if (reason == ACCESS_UNAVAILABLE ||
		    (position == before && n_again++ == AGAIN_MAX))
			return CLOXXS_E_UNAVAILABLE;
		if (rights == 0)
			continue;
		r = list_add(list, rights, project.name);
		if (r < 0)
			return r;
	}
	return 0;
}

int cloxxs_access_projects(struct cloxxs_access *access, const char *user,
			   int (*each)(const char *project, unsigned int rights,
				       void *userdata),
			   void *userdata)
{
	scope(list_deinit) struct list list = { 0 };
	struct map_view view;
	int r;

	if (!user)
		return CLOXXS_E_UNFIT;
	r = enter(access, &view);
	if (r != 0)
		return r;
	r = gather(view.map, user, &list);
	map_view_leave(&view);
	for (size_t i = 0; r == 0 && i < list.n;) {
		const char *name = list.bytes + i + 1;

		r = each(name, (unsigned char)list.bytes[i], userdata);
		i += strlen(name) + 2;
	}
	return r;
}
