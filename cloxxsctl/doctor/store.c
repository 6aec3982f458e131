/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state directory, the store and the identity map. */
#include "cloxxsctl/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#define MIB (UINT64_C(1024) * 1024)
#define WAL_MAX (64 * MIB)
#define FREE_LEAST (16 * MIB)
#define FREE_LOW (128 * MIB)

struct place {
	const char *path;
	enum check check;
	mode_t type, mode;
};

static const struct place places[] = {
	{ CLOXXS_STATEDIR, CHECK_STATE, S_IFDIR, 0755 },
	{ CLOXXS_STATEDIR "/private", CHECK_STATE, S_IFDIR, 0700 },
	{ CLOXXS_STATEDIR "/private/store.db", CHECK_STORE, S_IFREG, 0600 },
	{ CLOXXS_STATEDIR "/identity.map", CHECK_MAP, S_IFREG, 0644 },
};

static void check_place(struct doctor *doctor, const struct place *place,
			uid_t *owner)
{
	struct stat status;
	int r = host_lstat(&doctor->host, place->path, &status);

	if (r == -ENOENT) {
		doctor_say(doctor, place->check, SEVERITY_ERROR,
			   "%s is not there", place->path);
	} else if (r < 0) {
		doctor_skip(doctor, place->check, place->path, r);
	} else if ((status.st_mode & S_IFMT) != place->type) {
		doctor_say(doctor, place->check, SEVERITY_ERROR, "%s is no %s",
			   place->path,
			   place->type == S_IFDIR ? "directory" : "file");
	} else if ((status.st_mode & 07777) != place->mode) {
		/* Fewer rights hinder, more expose: both are faults. */
		finding_mend(doctor_say(doctor, place->check, SEVERITY_ERROR,
					"%s has mode %04o, not %04o",
					place->path, status.st_mode & 07777,
					place->mode),
			     "chmod %04o %s", place->mode, place->path);
	} else if (*owner != (uid_t)-1 && status.st_uid != *owner) {
		finding_mend(doctor_say(doctor, place->check, SEVERITY_ERROR,
					"%s belongs to uid %" PRIu32
					", its directory to %" PRIu32,
					place->path, (uint32_t)status.st_uid,
					(uint32_t)*owner),
			     "chown --reference=" CLOXXS_STATEDIR " %s",
			     place->path);
	} else {
		if (*owner == (uid_t)-1)
			*owner = status.st_uid;
		doctor_say(doctor, place->check, SEVERITY_OK,
			   "%s, mode %04o, owner %" PRIu32, place->path,
			   place->mode, (uint32_t)status.st_uid);
	}
}

static void check_size(struct doctor *doctor)
{
	struct stat status;

	if (host_stat(&doctor->host, CLOXXS_STATEDIR "/private/store.db-wal",
		      &status) != 0)
		return;
	if ((uint64_t)status.st_size > WAL_MAX)
		doctor_say(doctor, CHECK_STORE, SEVERITY_WARNING,
			   CLOXXS_STATEDIR "/private/store.db-wal has %" PRIu64
					   " MiB: something keeps it from "
					   "being folded in",
			   (uint64_t)status.st_size / MIB);
}

static void judge_map(struct doctor *doctor)
{
	const struct map_header *header = doctor->map->header;
	int64_t generation = 0;

	if (map_is_retired(doctor->map)) {
		doctor_say(doctor, CHECK_MAP, SEVERITY_ERROR,
			   "identity.map is flagged as replaced, and no other "
			   "stands in its place");
		return;
	}
	if (output_member_int(doctor->status, "map_generation", &generation) &&
	    (uint64_t)generation != header->generation) {
		doctor_say(doctor, CHECK_MAP, SEVERITY_ERROR,
			   "identity.map is of generation %" PRIu64
			   ", the daemon's is %" PRId64,
			   header->generation, generation);
		return;
	}
	doctor_say(doctor, CHECK_MAP, SEVERITY_OK,
		   "identity.map, generation %" PRIu64 ", %" PRIu64 " KiB",
		   header->generation, doctor->map->size / 1024);
}

static void check_map(struct doctor *doctor)
{
	static const char *const faults[] = {
		[MAP_E_MISSING] = "is not there",
		[MAP_E_FOREIGN] = "is no map, or others may write it",
		[MAP_E_DAMAGED] = "is damaged",
	};
	char path[PATH_MAX];
	int r;

	host_path(&doctor->host, CLOXXS_STATEDIR "/identity.map", path);
	r = identity_open(path, &doctor->map);
	if (r < 0)
		doctor_skip(doctor, CHECK_MAP, path, r);
	else if (r == MAP_E_MISSING)
		return; /* check_place() has told */
	else if (r > 0)
		doctor_say(doctor, CHECK_MAP, SEVERITY_ERROR, "%s %s", path,
			   faults[r]);
	else
		judge_map(doctor);
}

static void check_space(struct doctor *doctor, const char *place)
{
	char path[PATH_MAX];
	struct statvfs fs;
	uint64_t left;
	enum severity severity = SEVERITY_OK;

	host_path(&doctor->host, place, path);
	if (statvfs(path, &fs) < 0) {
		if (errno != ENOENT)
			doctor_skip(doctor, CHECK_SPACE, path, -errno);
		return;
	}
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left < FREE_LOW)
		severity = SEVERITY_WARNING;
	/* Some file systems count no inodes. */
	if (fs.f_files > 0 && fs.f_favail < 1000)
		severity = SEVERITY_WARNING;
	if (left < FREE_LEAST || (fs.f_files > 0 && fs.f_favail < 50))
		severity = SEVERITY_ERROR;
	doctor_say(doctor, CHECK_SPACE, severity,
		   "%s: %" PRIu64 " MiB and %" PRIu64 " inodes are free", place,
		   left / MIB, (uint64_t)fs.f_favail);
}

void doctor_store(struct doctor *doctor)
{
	uid_t owner = (uid_t)-1;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		check_place(doctor, &places[i], &owner);
	if (owner == 0)
		doctor_say(doctor, CHECK_STATE, SEVERITY_ERROR,
			   CLOXXS_STATEDIR " belongs to root, not to the "
					   "daemon's user");
	check_size(doctor);
	check_map(doctor);
	check_space(doctor, CLOXXS_STATEDIR);
	check_space(doctor, "/var/log");
}
