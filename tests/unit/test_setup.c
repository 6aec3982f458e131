/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What setup makes of files, before it makes it; and what it writes down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsctl/setup/diff.h"
#include "cloxxsctl/setup/record.h"
#include "cloxxsctl/setup/switch_edit.h"
#include "tests/unit/scratch.h"

struct edit {
	const char *from, *to;
};

#define GROUP "group: files cloxxs\n"

static const struct edit edits[] = {
	{ "passwd: files\ngroup: files\n", "passwd: files cloxxs\n" GROUP },
	/* Debian's own, and one without an end of line. */
	{ "passwd:         files systemd\ngroup:          files systemd",
	  "passwd:         files cloxxs systemd\n"
	  "group:          files cloxxs systemd" },
	/* An action belongs to what stands before it. */
	{ "passwd: files [NOTFOUND=continue] sss\n" GROUP,
	  "passwd: files [NOTFOUND=continue] cloxxs sss\n" GROUP },
	{ "passwd: files[SUCCESS=merge] x\n" GROUP,
	  "passwd: files[SUCCESS=merge] cloxxs x\n" GROUP },
	{ "passwd: compat\n" GROUP, "passwd: compat cloxxs\n" GROUP },
	{ "passwd: ldap # files\n" GROUP,
	  "passwd: ldap cloxxs # files\n" GROUP },
	{ "passwd: files # cloxxs\n" GROUP,
	  "passwd: files cloxxs # cloxxs\n" GROUP },
	{ " passwd : files\n" GROUP, " passwd : files cloxxs\n" GROUP },
	/* Words that only begin alike. */
	{ "passwd: filesystem files\n" GROUP,
	  "passwd: filesystem files cloxxs\n" GROUP },
	{ "passwd: files cloxxsx\n" GROUP,
	  "passwd: files cloxxs cloxxsx\n" GROUP },
	{ "passwd_compat: nis\npasswd: files\n" GROUP,
	  "passwd_compat: nis\npasswd: files cloxxs\n" GROUP },
	/* initgroups only where it stands. */
	{ "passwd: files cloxxs\n" GROUP "initgroups: files\n",
	  "passwd: files cloxxs\n" GROUP
	  "initgroups: files [SUCCESS=continue] cloxxs\n" },
	{ "passwd: files cloxxs\n" GROUP "initgroups: files systemd\n",
	  "passwd: files cloxxs\n" GROUP "initgroups: files "
	  "[SUCCESS=continue] cloxxs [SUCCESS=continue] systemd\n" },
	{ "passwd: files cloxxs\n" GROUP
	  "initgroups: files [SUCCESS=continue] sss\n",
	  "passwd: files cloxxs\n" GROUP "initgroups: files "
	  "[SUCCESS=continue] cloxxs [SUCCESS=continue] sss\n" },
	/* Nothing to do, nothing there, only comments. */
	{ "# x\npasswd:\tfiles cloxxs\n" GROUP "hosts: files dns\n",
	  "# x\npasswd:\tfiles cloxxs\n" GROUP "hosts: files dns\n" },
	{ "", "passwd:\tfiles cloxxs\ngroup:\tfiles cloxxs\n" },
	{ "hosts: files", "hosts: files\npasswd:\tfiles cloxxs\n"
			  "group:\tfiles cloxxs\n" },
	{ "#passwd: files\n" GROUP,
	  "#passwd: files\n" GROUP "passwd:\tfiles cloxxs\n" },
};

static void test_switch(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		scope(scope_free) char *text = NULL, *again = NULL;

		assert_int_equal(switch_edit(edits[i].from, &text), 0);
		assert_string_equal(text, edits[i].to);
		assert_int_equal(switch_edit(text, &again), 0);
		assert_string_equal(again, text);
	}
}

struct difference {
	const char *from, *to, *text;
};

#define HEAD "--- f\n+++ f\n"

static const struct difference differences[] = {
	{ "a\n", "a\n", "" },
	{ NULL, "a\nb\n", "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n" },
	{ "a\nb\nc\n", "a\nX\nc\n", HEAD "@@ -1,3 +1,3 @@\n a\n-b\n+X\n c\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
	  HEAD "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n" },
	/* Two hunks; and two changes that are near enough for one. */
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "X\n2\n3\n4\n5\n6\n7\n8\nY\n",
	  HEAD "@@ -1,4 +1,4 @@\n-1\n+X\n 2\n 3\n 4\n"
	       "@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+Y\n" },
	{ "1\n2\n3\n4\n", "X\n2\n3\nY\n",
	  HEAD "@@ -1,4 +1,4 @@\n-1\n+X\n 2\n 3\n-4\n+Y\n" },
	{ "a\n", "", HEAD "@@ -1,1 +0,0 @@\n-a\n" },
	{ "\ta\\\n", "\ta\033[2J\n",
	  HEAD "@@ -1,1 +1,1 @@\n-\ta\\\n+\ta\\x1b[2J\n" },
};

static void test_diff(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		char *said = NULL;
		size_t n = 0;
		FILE *stream = open_memstream(&said, &n);

		assert_non_null(stream);
		assert_int_equal(diff_print(stream, "f", differences[i].from,
					    differences[i].to),
				 0);
		fclose(stream);
		assert_string_equal(said, differences[i].text);
		free(said);
	}
}

static void test_diff_too_long(void **state)
{
	scope(scope_free) char *text = malloc(2 * DIFF_LINES_MAX + 3);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= DIFF_LINES_MAX; i++)
		memcpy(text + 2 * i, "a\n", 3);
	assert_int_equal(diff_print(stdout, "f", text, ""), -E2BIG);
	assert_int_equal(diff_print(stdout, "f", "", text), -E2BIG);
}

/* The record. */

struct rig {
	struct scratch scratch;
	char directory[128], file[128], link[128];
};

static void rig_init(struct rig *rig)
{
	scratch_init(&rig->scratch);
	(void)scratch_path(&rig->scratch, "setup", rig->directory);
	(void)scratch_path(&rig->scratch, "conf", rig->file);
	(void)scratch_path(&rig->scratch, "link", rig->link);
	scratch_write(&rig->scratch, "conf", "old\n", 4, 0640);
}

static void assert_holds(const char *path, const char *text)
{
	scope(scope_free) char *now = NULL;

	assert_int_equal(record_read_file(path, &now), 0);
	assert_string_equal(now, text);
}

static void test_record(void **state)
{
	struct record record;
	struct rig rig;
	scope(scope_free) char *old = NULL, *new = NULL, *none = NULL;

	(void)state;
	rig_init(&rig);
	assert_int_equal(record_open(rig.directory, false, &record),
			 RECORD_E_NONE);
	assert_int_equal(record_open(rig.directory, true, &record), 0);
	assert_int_equal(record_file(&record, rig.file, "new\n"), 0);
	assert_int_equal(record_act(&record, "profile", "cloxxs"), 0);
	assert_false(record_is_done(&record));
	record_close(&record);
	/* What was written is what is read. */
	assert_int_equal(record_open(rig.directory, false, &record), 0);
	assert_int_equal(record.n, 2);
	assert_true(record_has(&record, "file", rig.file));
	assert_true(record_has(&record, "profile", "cloxxs"));
	assert_int_equal(record.acts[0].mode, 0640);
	assert_int_equal(record_text(&record, &record.acts[0], true, &old), 0);
	assert_string_equal(old, "old\n");
	assert_int_equal(record_text(&record, &record.acts[0], false, &new), 0);
	assert_string_equal(new, "new\n");
	/* Of a file that is not there, only what is to come. */
	assert_int_equal(record_file(&record, rig.link, "x"), 0);
	assert_false(record.acts[2].was_there);
	assert_int_equal(record.acts[2].number, 2);
	assert_int_equal(record_text(&record, &record.acts[2], true, &none),
			 -ENOENT);
	assert_int_equal(record_act(&record, "done", ""), 0);
	assert_true(record_is_done(&record));
	assert_int_equal(record_remove(&record, rig.directory), 0);
	record_close(&record);
	assert_int_not_equal(access(rig.directory, F_OK), 0);
	scratch_deinit(&rig.scratch);
}

/* A line that a crash cut is of an act that was not begun. */
static void test_record_cut(void **state)
{
	struct record record;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	assert_int_equal(record_open(rig.directory, true, &record), 0);
	assert_int_equal(record_act(&record, "key", "/k"), 0);
	record_close(&record);
	scratch_write(&rig.scratch, "setup/log", "key /k\nprof", 11, 0600);
	assert_int_equal(record_open(rig.directory, false, &record), 0);
	assert_int_equal(record.n, 1);
	assert_int_equal(record_act(&record, "done", ""), 0);
	record_close(&record);
	assert_int_equal(record_open(rig.directory, false, &record), 0);
	assert_int_equal(record.n, 2);
	assert_true(record_is_done(&record));
	record_close(&record);
	scratch_deinit(&rig.scratch);
}

static void test_record_refused(void **state)
{
	static const char *const logs[] = {
		"\n",
		"file x 644 0 0 /a\n",
		"file 1 648 0 0 /a\n",
		"file 1 644 0\n",
		"new /a\n",
	};
	struct record record, second;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	assert_int_equal(record_open(rig.directory, true, &record), 0);
	assert_int_equal(record_open(rig.directory, true, &second),
			 RECORD_E_BUSY);
	record_close(&record);
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		scratch_write(&rig.scratch, "setup/log", logs[i],
			      strlen(logs[i]), 0600);
		assert_int_equal(record_open(rig.directory, true, &record),
				 RECORD_E_FOREIGN);
	}
	assert_int_equal(chmod(rig.directory, 0750), 0);
	assert_int_equal(record_open(rig.directory, true, &record),
			 RECORD_E_FOREIGN);
	assert_int_equal(symlink(rig.scratch.path, rig.link), 0);
	assert_int_equal(record_open(rig.link, true, &record),
			 RECORD_E_FOREIGN);
	assert_int_equal(record_open(rig.file, true, &record),
			 RECORD_E_FOREIGN);
	scratch_deinit(&rig.scratch);
}

/* A link stays one; mode and content are those asked for; no half of it. */
static void test_write(void **state)
{
	struct stat status;
	struct rig rig;
	char left[128];

	(void)state;
	rig_init(&rig);
	assert_int_equal(symlink(rig.file, rig.link), 0);
	scratch_write(&rig.scratch, ".conf.cloxxs-setup", "half", 4, 0600);
	assert_int_equal(
		record_write_file(rig.link, "new\n", 0604, getuid(), getgid()),
		0);
	assert_holds(rig.file, "new\n");
	assert_int_equal(lstat(rig.link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(rig.file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0604);
	scratch_write(&rig.scratch, ".conf.cloxxs-setup", "half", 4, 0600);
	assert_int_equal(record_tidy_file(rig.file), 0);
	(void)scratch_path(&rig.scratch, ".conf.cloxxs-setup", left);
	assert_int_not_equal(access(left, F_OK), 0);
	assert_int_equal(record_write_file("/nowhere/at/all", "", 0600, 0, 0),
			 -ENOENT);
	scratch_deinit(&rig.scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_too_long),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_cut),
		cmocka_unit_test(test_record_refused),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
