/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. When a change was answered, readers see it or see nothing: a map that
 *     could not be brought up to date is withdrawn before the answer leaves.
 *  2. A map is readable by the account of its service alone.
 */
#include "cloxxsd/daemon/access_maps.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "base/text.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/publish/access_users.h"

struct access_map {
	char service[NAME_SERVICE_MAX + 1];
	uid_t account;                /* for whom it was written */
	struct access_writer *writer; /* NULL: withdrawn, because of error */
	int error;
};

static bool path_of(const struct access_maps *maps, const char *service,
		    char ret_path[640])
{
	struct text text;

	text_init(&text, ret_path, 640);
	text_add_format(&text, "%s/%s.map", maps->directory, service);
	return !text_is_cut(&text);
}

static uid_t account_of(const struct access_maps *maps, const char *service)
{
	uid_t uid;

	return accounts_uid_of(maps->accounts, service, &uid)
		       ? uid
		       : ACCESS_WRITER_NO_ACCOUNT;
}

/* Its readers know nothing from now on. */
static void withdraw(struct access_maps *maps, struct access_map *map,
		     int error)
{
	char path[640];
	int r = -ENAMETOOLONG;

	map->writer = access_writer_free(map->writer);
	map->error = error;
	if (path_of(maps, map->service, path))
		r = access_writer_withdraw(path);
	log_line(LOG_ERR,
		 "the access map of service %s cannot be written: %s; nobody "
		 "has a right there until it can",
		 map->service, strerror(-error));
	if (r < 0)
		log_line(LOG_CRIT, "%s cannot be withdrawn: %s", path,
			 strerror(-r));
}

static void write_map(struct access_maps *maps, struct access_map *map)
{
	struct access_users_args args = {
		.store = maps->state->store,
		.service = map->service,
		.account = account_of(maps, map->service),
		.latest = state_moment(maps->state, 0).latest,
	};
	struct access_writer *writer = NULL;
	uint32_t n_unfit = 0;
	char path[640];
	int r = -ENAMETOOLONG;

	args.path = path;
	if (path_of(maps, map->service, path))
		r = access_users_write(&args, &writer, &n_unfit);
	if (r < 0) {
		withdraw(maps, map, r);
		return;
	}
	access_writer_free(map->writer);
	map->writer = writer;
	map->account = args.account;
	map->error = 0;
	if (n_unfit > 0)
		log_line(LOG_ERR,
			 "entries that do not fit the access map of service "
			 "%s, and count for nothing: %u",
			 map->service, n_unfit);
}

static struct access_map *find(const struct access_maps *maps,
			       const char *service)
{
	for (size_t i = 0; i < maps->n; i++)
		if (strcmp(maps->maps[i].service, service) == 0)
			return &maps->maps[i];
	return NULL;
}

/* The one of service, which is written where it is new; NULL: no memory. */
static struct access_map *need(struct access_maps *maps, const char *service)
{
	struct access_map *map = find(maps, service), *grown;

	if (map)
		return map;
	grown = reallocarray(maps->maps, maps->n + 1, sizeof(*grown));
	if (!grown) {
		log_line(LOG_ERR, "service %s gets no access map: no memory",
			 service);
		return NULL;
	}
	maps->maps = grown;
	map = &grown[maps->n++];
	*map = (struct access_map){ 0 };
	(void)snprintf(map->service, sizeof(map->service), "%s", service);
	write_map(maps, map);
	return map;
}

static int need_of_projects(struct access_maps *maps)
{
	struct project project = { 0 };
	int r;

	while ((r = project_next_service(maps->state->store, project.service,
					 &project)) == 0)
		(void)need(maps, project.service);
	return r == PROJECT_E_UNKNOWN ? 0 : r < 0 ? r : -EBADMSG;
}

void access_maps_bind(struct access_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps->maps[i].error != 0 ||
		    maps->maps[i].account !=
			    account_of(maps, maps->maps[i].service))
			write_map(maps, &maps->maps[i]);
	for (size_t i = 0; i < maps->accounts->n; i++)
		if (!account_fault(&maps->accounts->accounts[i]))
			(void)need(maps,
				   maps->accounts->accounts[i].service->name);
}

/* What a service left here that has neither projects nor an account now. */
static void withdraw_others(const struct access_maps *maps)
{
	DIR *directory = opendir(maps->directory);
	struct dirent *entry;

	if (!directory)
		log_line(LOG_ERR,
			 "%s cannot be looked through for maps of former "
			 "services: %s",
			 maps->directory, strerror(errno));
	while (directory && (entry = readdir(directory))) {
		size_t n = strlen(entry->d_name);
		char service[NAME_SERVICE_MAX + 1], path[640];

		if (n <= 4 || n - 4 >= sizeof(service) ||
		    strcmp(entry->d_name + n - 4, ".map") != 0)
			continue;
		memcpy(service, entry->d_name, n - 4);
		service[n - 4] = '\0';
		if (find(maps, service) || !path_of(maps, service, path))
			continue;
		if (access_writer_withdraw(path) < 0)
			log_line(LOG_ERR, "%s cannot be withdrawn", path);
	}
	if (directory)
		closedir(directory);
}

int access_maps_init(struct access_maps *maps, struct state *state,
		     const struct accounts *accounts, const char *directory)
{
	struct text text;
	int r;

	*maps = (struct access_maps){ .state = state, .accounts = accounts };
	text_init(&text, maps->directory, sizeof(maps->directory));
	text_add_format(&text, "%s/access", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	/* Each file says who reads it; nobody needs to know which there are. */
	if (mkdir(maps->directory, 0711) < 0 && errno != EEXIST)
		return -errno;
	if (chmod(maps->directory, 0711) < 0)
		return -errno;
	r = need_of_projects(maps);
	if (r == 0)
		access_maps_bind(maps);
	if (r == 0)
		withdraw_others(maps);
	return r;
}

void access_maps_deinit(struct access_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		access_writer_free(maps->maps[i].writer);
	free(maps->maps);
	maps->maps = NULL;
	maps->n = 0;
}

static bool is_of(const struct access_map *map, const char *service)
{
	return strcmp(map->service, service) == 0;
}

static int set_grant(struct access_map *map, const struct grant *grant)
{
	struct access_grant entry = access_entry_grant(grant);

	return is_of(map, grant->service)
		       ? access_writer_set_grant(map->writer, &entry)
		       : 0;
}

static int swing_grant(struct access_maps *maps, struct access_map *map,
		       const struct change *change)
{
	(void)maps;
	return set_grant(map, change->grant);
}

static int swing_grants(struct access_maps *maps, struct access_map *map,
			const struct change *change)
{
	const struct change_grants *grants = change->grants;
	struct change_grant_record one;
	int r = 0;

	(void)maps;
	for (size_t i = 0; r == 0 && i < grants->n; i++) {
		grants->tell(grants->userdata, i, &one);
		if (one.grant)
			r = set_grant(map, one.grant);
	}
	return r;
}

static int remove_grant(struct access_maps *maps, struct access_map *map,
			const struct change *change)
{
	const struct grant *grant = change->grant;

	(void)maps;
	return is_of(map, grant->service)
		       ? access_writer_remove_grant(map->writer, grant->holder,
						    grant->project)
		       : 0;
}

static int swing_project(struct access_maps *maps, struct access_map *map,
			 const struct change *change)
{
	struct access_project entry = access_entry_project(change->project);

	(void)maps;
	return is_of(map, change->project->service)
		       ? access_writer_set_project(map->writer, &entry)
		       : 0;
}

static int remove_project(struct access_maps *maps, struct access_map *map,
			  const struct change *change)
{
	(void)maps;
	return is_of(map, change->project->service)
		       ? access_writer_remove_project(map->writer,
						      change->project->id)
		       : 0;
}

/* Whom the group had holds its grants no more: it is gone from his groups. */
static int swing_members(struct access_maps *maps, struct access_map *map,
			 const struct change *change)
{
	const struct change_members *members = change->members;
	int r = 0;

	for (size_t i = 0; r == 0 && i < members->n; i++)
		r = access_users_set(map->writer, maps->state->store,
				     map->service, members->uids[i],
				     state_moment(maps->state, 0).latest);
	return r;
}

static int swing_user(struct access_maps *maps, struct access_map *map,
		      const struct change *change)
{
	return access_users_set(map->writer, maps->state->store, map->service,
				change->uid,
				state_moment(maps->state, 0).latest);
}

static int swing(struct access_maps *maps, struct access_map *map,
		 const struct change *change)
{
	static const struct {
		enum change_type type;
		int (*swing)(struct access_maps *maps, struct access_map *map,
			     const struct change *change);
	} rows[] = {
		{ CHANGE_PROJECT_ADD, swing_project },
		{ CHANGE_PROJECT_SET, swing_project },
		{ CHANGE_PROJECT_DELETE, remove_project },
		{ CHANGE_GRANT_SET, swing_grant },
		{ CHANGE_GRANTS, swing_grants },
		{ CHANGE_GRANT_REMOVE, remove_grant },
		{ CHANGE_GROUP_DELETE, swing_members },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].type == change->type)
			return rows[i].swing(maps, map, change);
	/* Whatever else they see is about one user. */
	return swing_user(maps, map, change);
}

static void apply(struct access_maps *maps, struct access_map *map,
		  const struct change *change)
{
	int r;

	/* It is tried anew, with all there is. */
	if (!map->writer) {
		write_map(maps, map);
		return;
	}
	r = swing(maps, map, change);
	if (r < 0)
		write_map(maps, map);
}

void access_maps_committed(struct access_maps *maps,
			   const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++) {
		const struct change *change = &set->changes[i];

		if (!change_is_access(change))
			continue;
		if (change->type == CHANGE_PROJECT_ADD)
			(void)need(maps, change->project->service);
		for (size_t j = 0; j < maps->n; j++)
			apply(maps, &maps->maps[j], change);
	}
}

const struct map *access_maps_find(const struct access_maps *maps,
				   const char *service)
{
	const struct access_map *map = find(maps, service);

	return map && map->writer ? access_writer_map(map->writer) : NULL;
}

size_t access_maps_count(const struct access_maps *maps,
			 size_t *ret_n_withdrawn)
{
	*ret_n_withdrawn = 0;
	for (size_t i = 0; i < maps->n; i++)
		*ret_n_withdrawn += !maps->maps[i].writer;
	return maps->n;
}
