/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The input is identity.map; everything is looked up in it, through the NSS
 * module's own functions. The size in the header is set right, or nothing but
 * the first check would ever be reached.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "nss_cloxxs/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Fuzz targets have no context either; where the input stands. */
static char path[64];

static void remove_file(void)
{
	unlink(path);
}

static bool spill(const uint8_t *bytes, size_t n)
{
	scope(scope_close) int fd = -1;
	const uint64_t size = n;

	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "/dev/shm/cloxxs-fuzz-XXXXXX");
		fd = mkostemp(path, O_CLOEXEC);
		if (fd < 0 || fchmod(fd, 0644) < 0 || atexit(remove_file) != 0)
			abort();
	} else {
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	}
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		return false;
	return n < sizeof(struct map_header) ||
	       pwrite(fd, &size, sizeof(size),
		      offsetof(struct map_header, size)) == sizeof(size);
}

static void look_at_all(struct map_cache *cache)
{
	static const char *const names[] = { "piet", "jan", "staf", "",
					     "sudo" };
	struct nss_stream users = NSS_STREAM_INIT(path);
	struct nss_stream groups = NSS_STREAM_INIT(path);
	char buffer_bytes[512];
	int error;
	const struct nss_buffer buffer = { buffer_bytes, sizeof(buffer_bytes),
					   &error };
	struct passwd pw;
	struct group gr;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct nss_gids gids = { NULL, 0, 0, 1000 };

		nss_user_by_name(cache, names[i], &pw, &buffer);
		nss_group_by_name(cache, names[i], &gr, &buffer);
		nss_groups_of(cache, names[i], 66000, &gids, &error);
		free(gids.gids);
	}
	for (uint32_t id = 66000; id < 66005; id++) {
		nss_user_by_uid(cache, id, &pw, &buffer);
		nss_group_by_gid(cache, id, &gr, &buffer);
	}
	while (nss_stream_user(&users, &pw, &buffer) == NSS_STATUS_SUCCESS)
		if (pw.pw_uid < 65536 || strlen(pw.pw_name) > 32)
			abort();
	while (nss_stream_group(&groups, &gr, &buffer) == NSS_STATUS_SUCCESS)
		if (gr.gr_gid < 65536 || strcmp(gr.gr_name, "sudo") == 0)
			abort();
	if (nss_stream_reset(&users) != NSS_STATUS_SUCCESS ||
	    nss_stream_reset(&groups) != NSS_STATUS_SUCCESS)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct map_stripe stripes[1] = { 0 };
	struct map_cache cache = MAP_CACHE_INIT(path, identity_open, stripes);

	if (!spill(bytes, n))
		return 0;
	look_at_all(&cache);
	map_cache_deinit(&cache);
	return 0;
}
