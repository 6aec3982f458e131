/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is listed, what may go, and abuse_105: a directory that is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/backup/catalogue.h"
#include "tests/unit/scratch.h"

#define DAY 86400

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

/* A whole archive by its length: nobody opens it here. */
static void make_backup(int64_t created, uint64_t sequence)
{
	struct archive_header header = { .created = created,
					 .installation = { 1 },
					 .sequence = sequence,
					 .schema = 1,
					 .store_bytes = 512 };
	static uint8_t bytes[ARCHIVE_HEADER_BYTES + 512 + 17];
	char name[CATALOGUE_FILE_MAX];

	archive_header_write(&header, bytes);
	catalogue_file_name(created, sequence, name);
	scratch_write(&scratch, name, bytes, sizeof(bytes), 0600);
}

static int open_scratch(void)
{
	char why[256];
	struct text text;
	int fd;

	text_init(&text, why, sizeof(why));
	assert_int_equal(catalogue_open_directory(scratch.path, &text, &fd), 0);
	return fd;
}

static void what_is_listed(void **state)
{
	scope(catalogue_deinit) struct catalogue catalogue = { 0 };
	char path[128], target[128];
	int fd;

	(void)state;
	make_backup(1700000000, 1);
	make_backup(1700086400, 2);
	scratch_write(&scratch, "notes.txt", "mine", 4, 0600);
	scratch_write(&scratch, "cloxxs-20260101T000000Z-00000009.backup.new",
		      "x", 1, 0600);
	/* By its name one of ours, but a link, a directory, or no backup. */
	assert_int_equal(
		symlink(scratch_path(&scratch, "notes.txt", target),
			scratch_path(&scratch,
				     "cloxxs-20260101T000000Z-00000003.backup",
				     path)),
		0);
	assert_int_equal(
		mkdir(scratch_path(&scratch,
				   "cloxxs-20260101T000000Z-00000004.backup",
				   path),
		      0700),
		0);
	scratch_write(&scratch, "cloxxs-20260101T000000Z-00000005.backup",
		      "foreign", 7, 0600);
	fd = open_scratch();
	assert_int_equal(catalogue_read(fd, &catalogue), 0);
	close(fd);
	assert_int_equal(catalogue.n, 3);
	assert_int_equal(catalogue.entries[0].fault, ARCHIVE_E_FOREIGN);
	assert_int_equal(catalogue.entries[1].header.sequence, 2);
	assert_int_equal(catalogue.entries[2].header.sequence, 1);
	assert_string_equal(catalogue.entries[2].file,
			    "cloxxs-20231114T221320Z-00000001.backup");
	assert_int_equal(
		rmdir(scratch_path(&scratch,
				   "cloxxs-20260101T000000Z-00000004.backup",
				   path)),
		0);
}

static void abuse_105_directory(void **state)
{
	char link_path[128], path[128], why[256];
	struct text text;
	int fd = -1;

	(void)state;
	text_init(&text, why, sizeof(why));
	assert_int_equal(mkdir(scratch_path(&scratch, "real", path), 0700), 0);
	assert_int_equal(
		symlink(path, scratch_path(&scratch, "link", link_path)), 0);
	assert_true(catalogue_open_directory(link_path, &text, &fd) < 0);
	assert_non_null(strstr(why, "is a link"));
	text_init(&text, why, sizeof(why));
	assert_int_equal(
		catalogue_open_directory("/nowhere/at/all", &text, &fd),
		-ENOENT);
	assert_non_null(strstr(why, "make it"));
	assert_int_equal(chmod(path, 0770), 0);
	text_init(&text, why, sizeof(why));
	assert_int_equal(catalogue_open_directory(path, &text, &fd), -EPERM);
	assert_non_null(strstr(why, "chmod"));
	assert_int_equal(fd, -1);
}

/* 'v' verified, 'u' not, 'd' damaged, 'o' another installation's; each a day
 * older than the one before. */
struct prune_case {
	const char *backups;
	uint32_t keep_days, keep_verified;
	int64_t shift;        /* of the clock */
	const char *expected; /* x: goes */
};

static bool is_verified(const struct catalogue_entry *entry, void *userdata)
{
	(void)userdata;
	return entry->file[0] == 'v';
}

static void what_may_go(void **state)
{
	static const struct prune_case cases[] = {
		{ "", 3, 2, 0, "" },
		{ "vvvvvv", 3, 2, 0, "....xx" },
		{ "vvvvvv", 30, 2, 0, "......" },
		{ "vvvvvv", 3, 5, 0, ".....x" },
		{ "vvvvvv", 3, 6, 0, "......" },
		{ "vvvvvv", 3, 7, 0, "......" },
		/* Unverified ones do not count, and go behind those that do. */
		{ "uuuuuu", 3, 1, 0, "......" },
		{ "uvuvuu", 1, 2, 0, "....xx" },
		{ "vvuvuv", 1, 2, 0, "..xxxx" },
		/* What has a fault or is another's stays. */
		{ "vvvdov", 1, 1, 0, "..x..x" },
		{ "oooooo", 1, 1, 0, "......" },
		/* The clock says 2099, or 1970. */
		{ "vvvvvv", 3, 2, 30000LL * DAY, "..xxxx" },
		{ "vvvvvv", 3, 2, -20000LL * DAY, "......" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct prune_case *c = &cases[i];
		struct catalogue_entry entries[8] = { 0 };
		struct catalogue catalogue = { strlen(c->backups), entries };
		struct prune_rule rule = {
			.now = 20000LL * DAY + c->shift,
			.keep_s = (int64_t)c->keep_days * DAY,
			.keep_verified = c->keep_verified,
			.installation = { 1 },
			.verify = is_verified,
		};
		bool remove[8];
		size_t n = 0;

		for (size_t k = 0; k < catalogue.n; k++) {
			entries[k].file[0] = c->backups[k];
			entries[k].fault = c->backups[k] == 'd' ? 3 : 0;
			entries[k].header.created =
				(20000LL - (int64_t)k) * DAY;
			entries[k].header.installation[0] =
				c->backups[k] == 'o' ? 2 : 1;
		}
		for (const char *x = c->expected; *x; x++)
			n += *x == 'x';
		assert_int_equal(catalogue_prune(&catalogue, &rule, remove), n);
		for (size_t k = 0; k < catalogue.n; k++)
			if (remove[k] != (c->expected[k] == 'x'))
				fail_msg("case %zu: %s", i, c->backups);
	}
}

static void names(void **state)
{
	char name[CATALOGUE_FILE_MAX];

	(void)state;
	catalogue_file_name(0, 123456789, name);
	assert_string_equal(name, "cloxxs-19700101T000000Z-23456789.backup");
	assert_true(catalogue_is_file_name(name));
	assert_false(catalogue_is_file_name("../../etc/passwd"));
	assert_false(catalogue_is_file_name(
		"cloxxs-1970010/T000000Z-23456789.backup"));
	assert_false(catalogue_is_file_name(""));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(what_is_listed),
		TEST(what_may_go),
		TEST(abuse_105_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
