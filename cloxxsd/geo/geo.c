/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/geo/geo.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the file as ours alone; -errno. */
static int open_own(const char *path, struct stat *status)
{
	scope(scope_close) int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, status) < 0)
		return -errno;
	if (!S_ISREG(status->st_mode))
		return -EINVAL;
	return scope_take_fd(&fd);
}

static void load(struct geo *geo, int64_t now_s, struct text *fault)
{
	scope(scope_close) int fd = -1;
	struct stat status;
	int r;

	fd = open_own(geo->path, &status);
	if (fd == -ENOENT)
		return;
	r = fd < 0 ? fd : geo_database_read(fd, now_s, fault, &geo->database);
	if (r < 0)
		text_add(fault, strerrordesc_np(-r));
	else if (r == 0)
		geo->taken = (int64_t)status.st_mtim.tv_sec;
}

int geo_init(struct geo *geo, const char *state_directory, int64_t now_s)
{
	char staged[PATH_MAX];
	struct text path, fault;

	*geo = (struct geo){ 0 };
	text_init(&path, geo->path, sizeof(geo->path));
	text_add_format(&path, "%s/" GEO_FILE, state_directory);
	text_init(&fault, geo->fault, sizeof(geo->fault));
	if (text_is_cut(&path)) {
		text_add(&fault, strerrordesc_np(ENAMETOOLONG));
		return GEO_E_MISSING;
	}
	/* What an import left that the daemon did not live to end. */
	(void)snprintf(staged, sizeof(staged), "%.*s/" GEO_FILE_NEW,
		       PATH_MAX - 64, state_directory);
	(void)unlink(staged);
	load(geo, now_s, &fault);
	return geo->database ? 0 : GEO_E_MISSING;
}

void geo_deinit(struct geo *geo)
{
	geo->database = geo_database_free(geo->database);
}

void geo_take(struct geo *geo, struct geo_database *database, int64_t now_s)
{
	geo_database_free(geo->database);
	geo->database = database;
	geo->taken = now_s;
	geo->fault[0] = '\0';
}

int geo_check(const struct geo *geo, int64_t now_s, int64_t max_age_s)
{
	if (!geo->database)
		return GEO_E_MISSING;
	if (now_s - geo_database_facts(geo->database)->built > max_age_s)
		return GEO_E_OLD;
	return 0;
}

int geo_country(const struct geo *geo, const struct address *address,
		int64_t now_s, int64_t max_age_s,
		char ret_country[COUNTRY_SIZE])
{
	int r = geo_check(geo, now_s, max_age_s);

	if (r != 0)
		return r;
	if (address_class(address) != ADDRESS_GLOBAL ||
	    geo_database_country(geo->database, address, ret_country) != 0)
		return GEO_E_UNKNOWN;
	return 0;
}

const char *geo_error_name(int error)
{
	switch ((enum geo_error)error) {
	case _GEO_E_OK:
		return "ok";
	case GEO_E_UNKNOWN:
		return "unknown";
	case GEO_E_OLD:
		return "old";
	case GEO_E_MISSING:
		break;
	}
	return "missing";
}
