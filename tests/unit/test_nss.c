/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/name.h"
#include "cloxxsd/publish/identity_writer.h"
#include "nss_cloxxs/lookup.h"
#include "nss_cloxxs/pack.h"
#include "tests/unit/raw_map.h"

#define ID UINT32_C(66000)

/* As in the module, of all worlds: one stands after the other. */
static struct map_stripe stripes[4];

static unsigned int n_inside(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(stripes); i++)
		n += atomic_load(&stripes[i].n_inside);
	return n;
}

struct world {
	struct scratch scratch;
	struct map_cache cache;
	struct nss_stream stream;
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	scratch_init(&world->scratch);
	world->cache = (struct map_cache)MAP_CACHE_INIT(world->scratch.path,
							identity_open, stripes);
	world->stream.path = world->scratch.path;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	assert_int_equal(n_inside(), 0);
	assert_int_equal(nss_stream_reset(&world->stream), NSS_STATUS_SUCCESS);
	map_cache_deinit(&world->cache);
	scratch_deinit(&world->scratch);
	free(world);
	return 0;
}

/* piet and jan, a group staf with both in it, and piet's list of groups. */
static void publish_some(struct world *world)
{
	static const uint32_t gids[] = { ID + 2, ID, 27, ID + 3, ID + 4 };
	struct identity_user piet = user_of("piet", ID);
	struct identity_user jan = user_of("jan", ID + 1);
	const struct identity_group groups[] = {
		{ .gid = ID, .name = "piet", .n_name = 4 },
		{ .gid = ID + 1, .name = "jan", .n_name = 3 },
		{ .gid = ID + 2,
		  .n_members = 2,
		  .name = "staf",
		  .n_name = 4,
		  .members = "piet\0jan",
		  .n_members_bytes = 9 },
	};
	struct map_writer *writer =
		raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);

	jan.n_home = jan.n_shell = 0;
	raw_map_user(writer, &piet);
	raw_map_user(writer, &jan);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		raw_map_group(writer, &groups[i]);
	raw_map_groups_of(writer, ID, gids, ARRAY_SIZE(gids));
	raw_map_publish(writer);
	map_writer_free(writer);
}

static void test_answers(void **state)
{
	struct world *world = *state;
	char bytes[256];
	int error = 77;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };
	struct passwd pw;
	struct group gr;

	publish_some(world);
	errno = 5;
	assert_int_equal(nss_user_by_name(&world->cache, "piet", &pw, &buffer),
			 NSS_STATUS_SUCCESS);
	assert_string_equal(pw.pw_name, "piet");
	assert_string_equal(pw.pw_passwd, "x");
	assert_string_equal(pw.pw_gecos, "");
	assert_string_equal(pw.pw_dir, "/home/of");
	assert_string_equal(pw.pw_shell, "/bin/bash");
	assert_int_equal(pw.pw_uid, ID);
	assert_int_equal(pw.pw_gid, ID);
	assert_int_equal(nss_user_by_uid(&world->cache, ID + 1, &pw, &buffer),
			 NSS_STATUS_SUCCESS);
	assert_string_equal(pw.pw_name, "jan");
	assert_string_equal(pw.pw_dir, "/nonexistent");
	assert_string_equal(pw.pw_shell, "/usr/sbin/nologin");
	assert_int_equal(nss_group_by_name(&world->cache, "staf", &gr, &buffer),
			 NSS_STATUS_SUCCESS);
	assert_int_equal(gr.gr_gid, ID + 2);
	assert_string_equal(gr.gr_mem[0], "piet");
	assert_string_equal(gr.gr_mem[1], "jan");
	assert_null(gr.gr_mem[2]);
	assert_int_equal(nss_group_by_gid(&world->cache, ID, &gr, &buffer),
			 NSS_STATUS_SUCCESS);
	assert_string_equal(gr.gr_name, "piet");
	assert_string_equal(gr.gr_passwd, "*");
	assert_null(gr.gr_mem[0]);
	assert_int_equal(nss_user_by_name(&world->cache, "klaas", &pw, &buffer),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(nss_user_by_uid(&world->cache, 0, &pw, &buffer),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(nss_group_by_gid(&world->cache, ID + 9, &gr, &buffer),
			 NSS_STATUS_NOTFOUND);
	/* Nobody's errno was touched. */
	assert_int_equal(errno, 5);
	assert_int_equal(error, 77);
}

enum question {
	USER_NAME,
	USER_ID,
	GROUP_NAME,
	GROUP_ID,
	NEXT_USER,
	NEXT_GROUP
};

static enum nss_status ask(struct world *world, enum question question,
			   const struct nss_buffer *buffer)
{
	struct passwd pw;
	struct group gr;

	switch (question) {
	case USER_NAME:
		return nss_user_by_name(&world->cache, "piet", &pw, buffer);
	case USER_ID:
		return nss_user_by_uid(&world->cache, ID, &pw, buffer);
	case GROUP_NAME:
		return nss_group_by_name(&world->cache, "staf", &gr, buffer);
	case GROUP_ID:
		return nss_group_by_gid(&world->cache, ID + 2, &gr, buffer);
	case NEXT_USER:
		return nss_stream_user(&world->stream, &pw, buffer);
	case NEXT_GROUP:
		return nss_stream_group(&world->stream, &gr, buffer);
	}
	return NSS_STATUS_UNAVAIL;
}

/* abuse-21: each size, at each alignment; the allocator's red zones stand
 * directly behind the buffer. */
static void test_every_buffer_abuse_21(void **state)
{
	/* The least that will do, in an aligned buffer. */
	static const struct {
		enum question question;
		size_t need;
		bool pointers;
	} rows[] = {
		{ USER_NAME, 5 + 2 + 1 + 9 + 10, false },
		{ USER_ID, 5 + 2 + 1 + 9 + 10, false },
		{ GROUP_NAME, 3 * sizeof(char *) + 5 + 2 + 9, true },
		{ GROUP_ID, 3 * sizeof(char *) + 5 + 2 + 9, true },
	};
	struct world *world = *state;

	publish_some(world);
	for (size_t i = 0; i < 4 * 4097 * sizeof(char *); i++) {
		size_t row = i % 4, shift = i / 4 % sizeof(char *);
		size_t n = i / 4 / sizeof(char *);
		size_t need = rows[row].need;
		char *bytes = malloc(n + shift);
		int error = 0;
		struct nss_buffer buffer = { bytes + shift, n, &error };

		assert_non_null(bytes);
		if (rows[row].pointers && shift > 0)
			need += sizeof(char *) - shift;
		if (n < need) {
			assert_int_equal(
				ask(world, rows[row].question, &buffer),
				NSS_STATUS_TRYAGAIN);
			assert_int_equal(error, ERANGE);
		} else {
			assert_int_equal(
				ask(world, rows[row].question, &buffer),
				NSS_STATUS_SUCCESS);
			assert_int_equal(error, 0);
		}
		free(bytes);
	}
}

/* What did not fit is offered again; everybody comes once. */
static void test_enumeration(void **state)
{
	struct world *world = *state;
	struct map_writer *writer;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, 20, &error };
	struct passwd pw;
	struct group gr;
	unsigned int n;

	assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
			 NSS_STATUS_UNAVAIL);
	publish_some(world);
	for (n = 0; n < 2; n++) {
		buffer.n = 20;
		assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
				 NSS_STATUS_TRYAGAIN);
		assert_int_equal(error, ERANGE);
		buffer.n = sizeof(bytes);
		assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
				 NSS_STATUS_SUCCESS);
		/* A new file in between changes nothing for this one. */
		writer = raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);
		raw_map_publish(writer);
		map_writer_free(writer);
	}
	assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(nss_stream_reset(&world->stream), NSS_STATUS_SUCCESS);
	assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(nss_stream_reset(&world->stream), NSS_STATUS_SUCCESS);
	publish_some(world);
	for (n = 0; nss_stream_group(&world->stream, &gr, &buffer) ==
		    NSS_STATUS_SUCCESS;
	     n++)
		assert_in_range(gr.gr_gid, ID, ID + 2);
	assert_int_equal(n, 3);
	/* Two at once do not wait for one another. */
	assert_false(atomic_flag_test_and_set(&world->stream.busy));
	assert_int_equal(nss_stream_user(&world->stream, &pw, &buffer),
			 NSS_STATUS_TRYAGAIN);
	assert_int_equal(error, EAGAIN);
	atomic_flag_clear(&world->stream.busy);
}

/* abuse-24, abuse-25, abuse-26: written by hand into the map, by a daemon
 * gone wrong, and still not served. */
static const struct {
	uint32_t uid, gid;
	const char *name, *home, *shell;
	bool served;
} hostile[] = {
	{ ID, ID, "piet", "/home/piet", "/bin/sh", true },
	{ ID, ID, "piet", "", "", true },
	{ 65536, 65536, "piet", "/h", "/s", true },
	{ 2147352575, 2147352575, "piet", "/h", "/s", true },
	{ 0, 0, "piet", "/h", "/s", false },
	{ 999, ID, "piet", "/h", "/s", false },
	{ 1000, ID, "piet", "/h", "/s", false },
	{ 60001, ID, "piet", "/h", "/s", false },
	{ 65534, ID, "piet", "/h", "/s", false },
	{ 65535, ID, "piet", "/h", "/s", false },
	{ 2147352576, ID, "piet", "/h", "/s", false },
	{ UINT32_MAX, ID, "piet", "/h", "/s", false },
	{ ID, 0, "piet", "/h", "/s", false },
	{ ID, 27, "piet", "/h", "/s", false },
	{ ID, UINT32_MAX, "piet", "/h", "/s", false },
	{ ID, ID, "root", "/h", "/s", false },
	{ ID, ID, "sudo", "/h", "/s", false },
	{ ID, ID, "docker", "/h", "/s", false },
	{ ID, ID, "Piet", "/h", "/s", false },
	{ ID, ID, "pi:et", "/h", "/s", false },
	{ ID, ID, "piet\n", "/h", "/s", false },
	{ ID, ID, "", "/h", "/s", false },
	{ ID, ID, "piet", "/h:/bin/sh", "/s", false },
	{ ID, ID, "piet", "/h\nroot::0:0", "/s", false },
	{ ID, ID, "piet", "/h\033[2J", "/s", false },
	{ ID, ID, "piet", "h", "/s", false },
	{ ID, ID, "piet", "/h", "/s:x", false },
	{ ID, ID, "piet", "/h", "/s\n", false },
};

static void test_hostile_map_abuse_24_25_26(void **state)
{
	struct world *world = *state;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		enum nss_status expected = hostile[i].served
						   ? NSS_STATUS_SUCCESS
						   : NSS_STATUS_NOTFOUND;
		struct map_writer *writer =
			raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);
		struct identity_user user = {
			.uid = hostile[i].uid,
			.gid = hostile[i].gid,
			.name = hostile[i].name,
			.n_name = strlen(hostile[i].name),
			.home = hostile[i].home,
			.n_home = strlen(hostile[i].home),
			.shell = hostile[i].shell,
			.n_shell = strlen(hostile[i].shell),
		};
		struct passwd pw;

		raw_map_user(writer, &user);
		raw_map_publish(writer);
		map_writer_free(writer);
		if (nss_user_by_name(&world->cache, user.name, &pw, &buffer) !=
			    expected ||
		    nss_user_by_uid(&world->cache, user.uid, &pw, &buffer) !=
			    expected ||
		    nss_stream_user(&world->stream, &pw, &buffer) != expected)
			fail_msg("row %zu", i);
		assert_int_equal(nss_stream_reset(&world->stream),
				 NSS_STATUS_SUCCESS);
	}
}

/* abuse-26: none of these is anybody's name, nor his group's. */
static void test_reserved_abuse_26(void **state)
{
	static const char names[] =
		"adm admin backup bin daemon disk docker incus incus-admin "
		"input kmem kvm libvirt libvirt-qemu lp lpadmin lxd mail man "
		"netdev nobody nogroup operator plugdev podman proxy render "
		"root shadow ssl-cert staff sudo sync sys systemd-journal tty "
		"utmp uucp video wheel wireshark www-data ";
	static const char *const others[] = {
		"sud", "sudoer", "sudp", "a", "piet", "admins", "lpd", "xroot"
	};
	size_t n;

	(void)state;
	for (const char *name = names; *name != '\0'; name += n + 1) {
		n = strcspn(name, " ");
		if (!name_is_reserved(name, n))
			fail_msg("%.*s", (int)n, name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(name_is_reserved(others[i], strlen(others[i])));
	assert_false(name_is_reserved("", 0));
}

static void test_hostile_group_abuse_26(void **state)
{
	static const struct {
		struct identity_group group;
		bool served;
	} rows[] = {
#define MEMBERS(n_of, string)                     \
	.n_members = (n_of), .members = (string), \
	.n_members_bytes = sizeof(string) - 1
		{ { .gid = ID, .name = "staf", MEMBERS(2, "a\0b\0") }, true },
		{ { .gid = 27, .name = "staf", MEMBERS(2, "a\0b\0") }, false },
		{ { .gid = ID, .name = "sudo", MEMBERS(2, "a\0b\0") }, false },
		{ { .gid = ID, .name = "wheel", MEMBERS(1, "a\0") }, false },
		{ { .gid = ID, .name = "a:b", MEMBERS(2, "a\0b\0") }, false },
		/* More and fewer than there are, one unended, one not a name.
		 */
		{ { .gid = ID, .name = "staf", MEMBERS(1, "a\0b\0") }, false },
		{ { .gid = ID, .name = "staf", MEMBERS(2, "abc\0") }, false },
		{ { .gid = ID, .name = "staf", MEMBERS(2, "a\0bb") }, false },
		{ { .gid = ID, .name = "staf", MEMBERS(2, "a\0b,c\0") },
		  false },
		{ { .gid = ID, .name = "staf", MEMBERS(2, "a\0root\0") },
		  false },
	};
	struct world *world = *state;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum nss_status expected = rows[i].served ? NSS_STATUS_SUCCESS
							  : NSS_STATUS_NOTFOUND;
		struct map_writer *writer =
			raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);
		struct identity_group group = rows[i].group;
		struct group gr;

		group.n_name = strlen(group.name);
		raw_map_group(writer, &group);
		raw_map_publish(writer);
		map_writer_free(writer);
		if (nss_group_by_name(&world->cache, group.name, &gr,
				      &buffer) != expected ||
		    nss_group_by_gid(&world->cache, group.gid, &gr, &buffer) !=
			    expected ||
		    nss_stream_group(&world->stream, &gr, &buffer) != expected)
			fail_msg("row %zu", i);
		assert_int_equal(nss_stream_reset(&world->stream),
				 NSS_STATUS_SUCCESS);
	}
}

/* abuse-27: publish_some() gives piet ID+2, ID (his own), 27 (never), ID+3 and
 * ID+4; glibc hands over an array with his own in it. */
static void test_initgroups_abuse_27(void **state)
{
	static const struct {
		long size, limit, n, size_after;
	} rows[] = {
		{ 1, 0, 4, 16 }, { 1, -1, 4, 16 },  { 8, 0, 4, 8 },
		{ 2, 2, 2, 2 },  { 1, 1, 1, 1 },    { 1, 3, 3, 3 },
		{ 4, 4, 4, 4 },  { 2, 100, 4, 16 },
	};
	struct world *world = *state;
	int error = 0;

	publish_some(world);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct nss_gids gids = { calloc((size_t)rows[i].size,
						sizeof(gid_t)),
					 1, rows[i].size, rows[i].limit };

		assert_non_null(gids.gids);
		gids.gids[0] = ID;
		assert_int_equal(
			nss_groups_of(&world->cache, "piet", ID, &gids, &error),
			rows[i].n > 1 ? NSS_STATUS_SUCCESS
				      : NSS_STATUS_NOTFOUND);
		assert_int_equal(gids.n, rows[i].n);
		assert_int_equal(gids.size, rows[i].size_after);
		for (long k = 1; k < gids.n; k++)
			assert_int_equal(gids.gids[k], ID + 1 + k);
		free(gids.gids);
	}
	assert_int_equal(error, 0);
}

static void test_many_groups_abuse_27(void **state)
{
	enum {
		N = 100000
	};
	struct world *world = *state;
	struct nss_gids gids = { NULL, 0, 0, 0 };
	struct identity_user piet = user_of("piet", ID);
	struct identity_user jan = user_of("jan", ID + 1);
	uint32_t *list = calloc(N, sizeof(*list));
	struct map_writer *writer;
	int error = 0;

	assert_non_null(list);
	for (uint32_t i = 0; i < N; i++)
		list[i] = 70000 + i;
	writer = raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);
	raw_map_user(writer, &piet);
	raw_map_user(writer, &jan);
	raw_map_groups_of(writer, ID, list, N);
	raw_map_publish(writer);
	map_writer_free(writer);
	assert_int_equal(
		nss_groups_of(&world->cache, "piet", ID, &gids, &error),
		NSS_STATUS_SUCCESS);
	assert_int_equal(gids.n, N);
	assert_true(gids.size >= N);
	assert_memory_equal(gids.gids, list, N * sizeof(*list));
	assert_int_equal(nss_groups_of(&world->cache, "jan", ID, &gids, &error),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(
		nss_groups_of(&world->cache, "klaas", ID, &gids, &error),
		NSS_STATUS_NOTFOUND);
	assert_int_equal(gids.n, N);
	free(gids.gids);
	free(list);
}

static void test_status_table(void **state)
{
	static const struct {
		int r;
		enum nss_status status;
		int error;
	} rows[] = {
		{ MAP_E_MISSING, NSS_STATUS_UNAVAIL, ENOENT },
		{ MAP_E_FOREIGN, NSS_STATUS_UNAVAIL, ENOENT },
		{ MAP_E_DAMAGED, NSS_STATUS_UNAVAIL, ENOENT },
		{ -ENOMEM, NSS_STATUS_TRYAGAIN, EAGAIN },
		{ -EMFILE, NSS_STATUS_TRYAGAIN, EAGAIN },
		{ -ENFILE, NSS_STATUS_TRYAGAIN, EAGAIN },
		{ -EINTR, NSS_STATUS_TRYAGAIN, EAGAIN },
		{ -EAGAIN, NSS_STATUS_TRYAGAIN, EAGAIN },
		{ -EACCES, NSS_STATUS_UNAVAIL, ENOENT },
		{ -EPERM, NSS_STATUS_UNAVAIL, ENOENT },
		{ -ERANGE, NSS_STATUS_UNAVAIL, ENOENT },
		{ 12345, NSS_STATUS_UNAVAIL, ENOENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int error = 0;

		assert_int_equal(nss_status_from(rows[i].r, &error),
				 rows[i].status);
		assert_int_equal(error, rows[i].error);
	}
}

static unsigned int n_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

/* abuse-31: no file, no access, no descriptors left: an answer at once, and
 * as soon as there is a map, it is seen. */
static void test_no_map_abuse_31(void **state)
{
	struct world *world = *state;
	unsigned int n_before = n_descriptors();
	struct rlimit limit, none;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };

	errno = 5;
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_UNAVAIL);
	assert_int_equal(error, ENOENT);
	assert_int_equal(errno, 5);
	assert_int_equal(mkdir(world->scratch.path, 0755), 0);
	assert_int_equal(ask(world, USER_ID, &buffer), NSS_STATUS_UNAVAIL);
	assert_int_equal(rmdir(world->scratch.path), 0);
	publish_some(world);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_TRYAGAIN);
	assert_int_equal(error, EAGAIN);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_SUCCESS);
	/* Mapped, it needs the path no more, nor any descriptor. */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(unlink(world->scratch.path), 0);
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_SUCCESS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(n_descriptors(), n_before);
}

/* abuse-32: what a retired map says is not believed where there is a new one;
 * where the writer died before the rename, it is what there is. */
static void test_retired_abuse_32(void **state)
{
	struct world *world = *state;
	struct map_header *header;
	struct map_writer *writer;
	struct map *map = NULL;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };
	const uint32_t flag = 1;
	int fd;

	publish_some(world);
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_SUCCESS);
	fd = open(world->scratch.path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &flag, sizeof(flag),
				offsetof(struct map_header, retired)),
			 sizeof(flag));
	close(fd);
	assert_int_equal(identity_open(world->scratch.path, &map), 0);
	header = (void *)(uintptr_t)map->header;
	assert_true(map_is_retired(map));
	assert_true(header->generation == 1);
	map_free(map);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(world, USER_NAME, &buffer),
				 NSS_STATUS_SUCCESS);
	writer = raw_map_new(world->scratch.path, MAP_KIND_IDENTITY);
	raw_map_publish(writer);
	assert_int_equal(ask(world, USER_NAME, &buffer), NSS_STATUS_NOTFOUND);
	assert_int_equal(ask(world, USER_ID, &buffer), NSS_STATUS_NOTFOUND);
	map_writer_free(writer);
	/* Nobody inside: the old mapping is gone. */
	assert_null(world->cache.replaced);
}

enum {
	N_THREADS = 32
};

struct crowd {
	struct world *world;
	_Atomic int stop;
	_Atomic long n_wrong, n_asked;
};

static void *look_on(void *argument)
{
	struct crowd *crowd = argument;
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };

	while (!atomic_load(&crowd->stop)) {
		struct passwd pw;

		pthread_testcancel();
		if (nss_user_by_name(&crowd->world->cache, "piet", &pw,
				     &buffer) != NSS_STATUS_SUCCESS ||
		    pw.pw_uid != ID || strcmp(pw.pw_name, "piet") != 0)
			atomic_fetch_add(&crowd->n_wrong, 1);
		atomic_fetch_add(&crowd->n_asked, 1);
	}
	return NULL;
}

/* A child of a threaded process asks too: it must not hang, whatever the
 * threads did at that moment. */
static void fork_and_ask(struct world *world)
{
	char bytes[256];
	int error = 0, status;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		_exit(ask(world, USER_ID, &buffer) == NSS_STATUS_SUCCESS ? 0
									 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_threads_and_fork_abuse_30(void **state)
{
	struct world *world = *state;
	struct crowd crowd = { .world = world };
	struct identity_user piet = user_of("piet", ID);
	pthread_t threads[N_THREADS];
	char bytes[256];
	int error = 0;
	struct nss_buffer buffer = { bytes, sizeof(bytes), &error };

	publish_some(world);
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, look_on, &crowd), 0);
	/* New files all the time, children now and then, one thread less. */
	for (int i = 0; i < 400 || atomic_load(&crowd.n_asked) < 4000; i++) {
		struct identity_writer *writer = NULL;

		assert_int_equal(
			identity_writer_new(world->scratch.path, 2, &writer),
			0);
		assert_int_equal(identity_writer_set(writer, &piet), 0);
		assert_int_equal(identity_writer_publish(writer), 0);
		identity_writer_free(writer);
		if (i % 20 == 0)
			fork_and_ask(world);
		if (i % 40 == 0 && i / 40 < N_THREADS / 4)
			assert_int_equal(pthread_cancel(threads[i / 40]), 0);
	}
	atomic_store(&crowd.stop, 1);
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.n_wrong, 0);
	assert_int_equal(n_inside(), 0);
	assert_int_equal(ask(world, USER_ID, &buffer), NSS_STATUS_SUCCESS);
	assert_null(world->cache.replaced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_answers),
		TEST(test_every_buffer_abuse_21),
		TEST(test_enumeration),
		TEST(test_hostile_map_abuse_24_25_26),
		TEST(test_reserved_abuse_26),
		TEST(test_hostile_group_abuse_26),
		TEST(test_initgroups_abuse_27),
		TEST(test_many_groups_abuse_27),
		TEST(test_status_table),
		TEST(test_no_map_abuse_31),
		TEST(test_retired_abuse_32),
		TEST(test_threads_and_fork_abuse_30),
	};

	return cmocka_run_group_tests_name("nss", tests, NULL, NULL);
}
