/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The golden files of tests/config: what is in NAME.in must give the dump in
 * NAME.ok or the findings in NAME.err. Then what cannot stand in such a file:
 * bytes that are no text, files not to be believed, and a lack of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "conf/ini.h"
#include "cloxxsd/config/settings.h"
#include "cloxxsd/config/settings_table.h"
#include "tests/unit/failing_malloc.h"

#define SHOWN "cloxxsd.conf"

struct result {
	int r;
	char findings[8192];
	char dump[8192];
};

static void dump(const struct settings *settings, char *buffer, size_t size)
{
	FILE *stream = fmemopen(buffer, size, "w");

	assert_non_null(stream);
	assert_int_equal(settings_dump(settings, stream), 0);
	assert_int_equal(fclose(stream), 0);
}

/* Without a byte to spare, so that a sanitizer sees an overrun. */
static void parse(const char *bytes, size_t n, struct result *result)
{
	scope(settings_freep) struct settings *settings = NULL;
	scope(scope_free) char *copy = malloc(n + 1);
	struct text error;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	copy[n] = '\0';
	*result = (struct result){ 0 };
	text_init(&error, result->findings, sizeof(result->findings));
	result->r = settings_parse(SHOWN, copy, n, &error, &settings);
	assert_int_equal(result->r == 0, settings != NULL);
	assert_int_equal(result->r == SETTINGS_E_INVALID, error.n > 0);
	if (settings)
		dump(settings, result->dump, sizeof(result->dump));
}

/* The file's size, or -1 where there is none. */
static ssize_t read_golden(const char *name, const char *suffix, char *buffer,
			   size_t size)
{
	const char *source = getenv("CLOXXS_SRCDIR");
	char path[4096];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/config/%s%s",
		 source ? source : ".", name, suffix);
	file = fopen(path, "rb");
	if (!file)
		return -1;
	n = fread(buffer, 1, size - 1, file);
	assert_true(n < size - 1);
	assert_int_equal(fclose(file), 0);
	buffer[n] = '\0';
	return (ssize_t)n;
}

static void check_golden(const char *name)
{
	char in[8192], ok[8192], err[8192];
	ssize_t n = read_golden(name, ".in", in, sizeof(in));
	bool is_good = read_golden(name, ".ok", ok, sizeof(ok)) >= 0;
	struct result result, again;

	assert_true(n >= 0);
	parse(in, (size_t)n, &result);
	if (is_good) {
		if (strcmp(result.dump, ok) != 0)
			fail_msg("%s.ok:\n%s\n%s", name, result.findings,
				 result.dump);
		/* What was dumped gives the same again. */
		parse(result.dump, strlen(result.dump), &again);
		assert_string_equal(again.dump, result.dump);
		return;
	}
	if (read_golden(name, ".err", err, sizeof(err)) < 0)
		fail_msg("%s has neither .ok nor .err", name);
	/* A text file ends with a newline, the findings do not. */
	err[strlen(err) - 1] = '\0';
	if (strcmp(result.findings, err) != 0)
		fail_msg("%s.err:\n%s\n%s", name, result.findings, result.dump);
	assert_int_equal(result.r, SETTINGS_E_INVALID);
}

static void test_golden(void **state)
{
	const char *source = getenv("CLOXXS_SRCDIR");
	const struct dirent *entry;
	char path[4096];
	unsigned int n = 0;
	DIR *directory;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/config", source ? source : ".");
	directory = opendir(path);
	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char name[256];
		char *dot;

		snprintf(name, sizeof(name), "%s", entry->d_name);
		dot = strstr(name, ".in");
		if (!dot || dot[3])
			continue;
		*dot = '\0';
		check_golden(name);
		n++;
	}
	closedir(directory);
	assert_in_range(n, 30, 1000);
}

static const struct {
	const char *what;
	const char *bytes;
	size_t n;
	const char *finding;
} no_texts[] = {
	{ "abuse_117 BOM", "\xef\xbb\xbf[lockout]\n", 13,
	  SHOWN ":1: the file begins with a byte order mark" },
	{ "abuse_117 CRLF", "[lockout]\r\nfailures = 3\r\n", 25,
	  SHOWN ":1: the line has a carriage return in it" },
	{ "abuse_117 NUL", "[lockout]\nfailures = 3\0", 23,
	  SHOWN ":2: the line has a NUL byte in it" },
	{ "NUL in a comment", "#\0\n", 3,
	  SHOWN ":1: the line has a NUL byte in it" },
	{ "escape", "\n# \033[2J\n", 8,
	  SHOWN ":2: the line has a control character in it" },
	{ "C1", "# \xc2\x9b\n", 5,
	  SHOWN ":1: the line has a control character in it" },
	{ "DEL", "\x7f", 1,
	  SHOWN ":1: the line has a control character in it" },
	{ "Latin-1", "# caf\xe9\n", 7, SHOWN ":1: the line is not UTF-8" },
	{ "overlong", "# \xc0\xaf", 4, SHOWN ":1: the line is not UTF-8" },
	{ "overlong, three", "# \xe0\x80\xaf", 5,
	  SHOWN ":1: the line is not UTF-8" },
	{ "surrogate", "# \xed\xa0\x80", 5, SHOWN ":1: the line is not UTF-8" },
	{ "over U+10FFFF", "# \xf4\x90\x80\x80", 6,
	  SHOWN ":1: the line is not UTF-8" },
	{ "cut sequence", "# \xe2\x82\n", 5,
	  SHOWN ":1: the line is not UTF-8" },
	{ "cut at the end", "# \xf0\x9f\x90", 5,
	  SHOWN ":1: the line is not UTF-8" },
};

static void test_no_text_abuse_117(void **state)
{
	struct result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(no_texts); i++) {
		parse(no_texts[i].bytes, no_texts[i].n, &result);
		if (strcmp(result.findings, no_texts[i].finding) != 0)
			fail_msg("%s: %s", no_texts[i].what, result.findings);
	}
	parse("# \xf0\x9f\x90\x84 \xe2\x82\xac \xc3\xa9\n", 13, &result);
	assert_int_equal(result.r, 0);
}

static void test_long_line_abuse_117(void **state)
{
	static char bytes[1024 * 1024 + 2];
	struct result result;

	(void)state;
	memset(bytes, '#', sizeof(bytes));
	parse(bytes, INI_LINE_MAX, &result);
	assert_int_equal(result.r, 0);
	parse(bytes, INI_LINE_MAX + 1, &result);
	assert_string_equal(result.findings,
			    SHOWN ":1: the line is longer than 4096 bytes");
	parse(bytes, 1024 * 1024, &result);
	assert_string_equal(result.findings,
			    SHOWN ":1: the line is longer than 4096 bytes");
}

/* The longest list that is taken can be dumped and read again. */
static void test_longest_words(void **state)
{
	char bytes[8192] = "[password]\nwords = ";
	struct result result, again;
	struct text text = { bytes, sizeof(bytes), strlen(bytes), false };

	(void)state;
	for (int i = 0; i < SETTING_WORDS_MAX; i++)
		text_add_format(&text, "%sabcdefghijklmnopqrstuvwxyzabcdef",
				i > 0 ? "," : "");
	parse(bytes, text.n, &result);
	assert_int_equal(result.r, 0);
	parse(result.dump, strlen(result.dump), &again);
	assert_string_equal(result.dump, again.dump);
	text_add(&text, ",abc");
	parse(bytes, text.n, &result);
	assert_non_null(strstr(result.findings, "has more than 64 words"));
}

/* A world of files. */
struct place {
	char root[64];
	char file[128];
	char directory[128];
};

static int set_up(void **state)
{
	static struct place place;

	snprintf(place.root, sizeof(place.root), "/tmp/test_settings.XXXXXX");
	if (!mkdtemp(place.root))
		return -1;
	snprintf(place.file, sizeof(place.file), "%s/" SHOWN, place.root);
	snprintf(place.directory, sizeof(place.directory), "%s/" SHOWN ".d",
		 place.root);
	*state = &place;
	return mkdir(place.directory, 0755) < 0 ? -1 : 0;
}

static void write_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t n = strlen(content);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), n);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(close(fd), 0);
}

static void write_dropin(const struct place *place, const char *name,
			 const char *content)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	write_file(path, content);
}

/* Never through a link: what it points to is not the test's. */
static void empty(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0) {
			if (unlinkat(dirfd(directory), entry->d_name, 0) < 0)
				(void)unlinkat(dirfd(directory), entry->d_name,
					       AT_REMOVEDIR);
		}
	closedir(directory);
}

static int tear_down(void **state)
{
	const struct place *place = *state;

	empty(place->directory);
	empty(place->root);
	return rmdir(place->root);
}

static void load(const struct place *place, struct result *result)
{
	scope(settings_freep) struct settings *settings = NULL;
	struct text error;

	*result = (struct result){ 0 };
	text_init(&error, result->findings, sizeof(result->findings));
	result->r =
		settings_load(place->file, place->directory, &error, &settings);
	assert_int_equal(result->r == 0, settings != NULL);
	if (settings)
		dump(settings, result->dump, sizeof(result->dump));
}

/* The one finding, without the path before it. */
static void assert_finding(const struct place *place, const char *expected)
{
	char whole[512];
	struct result result;

	load(place, &result);
	assert_int_equal(result.r, SETTINGS_E_INVALID);
	snprintf(whole, sizeof(whole), "%s/%s", place->root, expected);
	assert_string_equal(result.findings, whole);
}

static void test_absent(void **state)
{
	struct place *place = *state;
	struct result result, defaults;

	assert_int_equal(rmdir(place->directory), 0);
	load(place, &result);
	parse("", 0, &defaults);
	assert_int_equal(result.r, 0);
	assert_string_equal(result.dump, defaults.dump);
}

static void test_dropins(void **state)
{
	struct place *place = *state;
	struct result result;

	write_file(place->file, "[lockout]\nfailures = 4\n");
	write_dropin(place, "20-b.conf", "[lockout]\nfailures = 6\n");
	write_dropin(place, "10-a.conf",
		     "[lockout]\nfailures = 5\n[password]\nmin_length = 20\n");
	write_dropin(place, ".hidden.conf", "nonsense");
	write_dropin(place, "20-b.conf~", "nonsense");
	write_dropin(place, "30-c.conf.dpkg-old", "nonsense");
	load(place, &result);
	assert_int_equal(result.r, 0);
	assert_non_null(strstr(result.dump, "failures = 6\n"));
	assert_non_null(strstr(result.dump, "minlen = 20\n"));
	/* Whatever order the file system gives: the last by name wins. */
	for (int i = 0; i < 30; i++) {
		char name[32], content[64];
		int k = i * 7 % 30;

		snprintf(name, sizeof(name), "%d-d.conf", 40 + k);
		snprintf(content, sizeof(content), "[login]\nattempts = %d\n",
			 100 + k);
		write_dropin(place, name, content);
	}
	load(place, &result);
	assert_non_null(strstr(result.dump, "attempts = 129\n"));
	write_dropin(place, "15-c.conf", "\n\n[lockout]\nfailures = 0\n");
	assert_finding(place, SHOWN ".d/15-c.conf:4: failures: '0' is out of "
				    "range, 1 to 10");
}

/* The line named is in the file that set it last. */
static void test_cross_check_names_the_file(void **state)
{
	struct place *place = *state;

	write_file(place->file, "[workers]\nmemory = 300M\n");
	write_dropin(place, "a.conf", "[password]\nhash_memory = 512M\n");
	assert_finding(place,
		       SHOWN ":2: memory of [workers], 300M, does not hold "
			     "one hash_memory of [password], 512M");
	write_file(place->file, "");
	assert_finding(place, SHOWN ".d/a.conf:2: memory of [workers], 256M, "
				    "does not hold one hash_memory of "
				    "[password], 512M");
}

static void test_files_abuse_118(void **state)
{
	struct place *place = *state;
	char target[256];

	write_file(place->file, "");
	assert_int_equal(chmod(place->file, 0664), 0);
	assert_finding(place, SHOWN ": can be written by group or others");
	assert_int_equal(chmod(place->file, 0646), 0);
	assert_finding(place, SHOWN ": can be written by group or others");
	assert_int_equal(chmod(place->file, 0644), 0);
	/* A link, also to a good file. */
	snprintf(target, sizeof(target), "%s/good", place->root);
	assert_int_equal(rename(place->file, target), 0);
	assert_int_equal(symlink(target, place->file), 0);
	assert_finding(place, SHOWN ": is a symbolic link");
	assert_int_equal(unlink(place->file), 0);
	/* Nobody writes to it: opening would wait for ever. */
	assert_int_equal(mkfifo(place->file, 0600), 0);
	assert_finding(place, SHOWN ": is not a regular file");
	assert_int_equal(unlink(place->file), 0);
	assert_int_equal(mkdir(place->file, 0755), 0);
	assert_finding(place, SHOWN ": is not a regular file");
}

static void test_owner_abuse_118(void **state)
{
	struct place *place = *state;

	if (geteuid() != 0)
		skip();
	write_file(place->file, "");
	assert_int_equal(chown(place->file, 65534, 0), 0);
	assert_finding(place,
		       SHOWN ": belongs neither to root nor to this account");
	assert_int_equal(chown(place->file, 0, 0), 0);
	assert_int_equal(chown(place->directory, 65534, 0), 0);
	assert_finding(place,
		       SHOWN ".d: belongs neither to root nor to this account");
}

static void test_directory_abuse_118(void **state)
{
	struct place *place = *state;
	char target[256];
	struct result result;

	write_dropin(place, "a.conf", "[lockout]\nfailures = 4\n");
	assert_int_equal(chmod(place->directory, 0777), 0);
	assert_finding(place, SHOWN ".d: can be written by group or others");
	assert_int_equal(chmod(place->directory, 01777), 0);
	assert_finding(place, SHOWN ".d: can be written by group or others");
	assert_int_equal(chmod(place->directory, 0755), 0);
	load(place, &result);
	assert_int_equal(result.r, 0);
	snprintf(target, sizeof(target), "%s/a.conf", place->directory);
	assert_int_equal(chmod(target, 0666), 0);
	assert_finding(place,
		       SHOWN ".d/a.conf: can be written by group or others");
	assert_int_equal(unlink(target), 0);
	assert_int_equal(rmdir(place->directory), 0);
	assert_int_equal(symlink(place->root, place->directory), 0);
	assert_finding(place, SHOWN ".d: is a symbolic link");
	assert_int_equal(unlink(place->directory), 0);
	write_file(place->directory, "");
	assert_finding(place, SHOWN ".d: is not a directory");
}

static void test_large_file_abuse_117(void **state)
{
	struct place *place = *state;
	struct result result;
	FILE *file;

	write_file(place->file, "");
	file = fopen(place->file, "a");
	assert_non_null(file);
	for (int i = 0; i < INI_FILE_MAX / 2; i++)
		fputs("#\n", file);
	assert_int_equal(fflush(file), 0);
	load(place, &result);
	assert_int_equal(result.r, 0);
	fputs("\n", file);
	assert_int_equal(fclose(file), 0);
	assert_finding(place, SHOWN ": is larger than 1048576 bytes");
}

static void test_too_many_dropins(void **state)
{
	struct place *place = *state;
	struct result result;

	for (int i = 0; i < 257; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%03d.conf", i);
		write_dropin(place, name, "");
		if (i == 255) {
			load(place, &result);
			assert_int_equal(result.r, 0);
		}
	}
	assert_finding(place, SHOWN ".d: has more than 256 files");
}

/* Each allocation in turn fails, until there are no more to fail. */
static void test_no_memory(void **state)
{
	struct place *place = *state;
	unsigned int n = 0;
	int r;

	write_file(place->file,
		   "[users]\nshell = /bin/sh\n[password]\nwords = aap, noot\n");
	write_dropin(place, "b.conf", "[password]\nwords = mies\n");
	write_dropin(place, "a.conf", "[users]\nhome = /srv/%u\n");
	do {
		scope(settings_freep) struct settings *settings = NULL;
		char buffer[256];
		struct text error;

		text_init(&error, buffer, sizeof(buffer));
		failing_malloc_start(++n);
		r = settings_load(place->file, place->directory, &error,
				  &settings);
		if (r == 0)
			settings = settings_free(settings);
		assert_null(settings);
		assert_int_equal(failing_malloc_stop(), 0);
		assert_true(r == 0 || r == -ENOMEM);
	} while (r != 0);
	/* Defaults, three files, their paths, names and values. */
	assert_in_range(n, 20, 100);
}

static int count_row(const struct setting *setting, void *userdata)
{
	const char *help = setting->help;
	unsigned int *n = userdata;

	assert_ptr_equal(settings_row_find(setting->section, setting->key),
			 &settings_table[*n]);
	assert_string_equal(setting->value, setting->default_value);
	assert_true(strlen(help) > 10 && help[strlen(help) - 1] == '.');
	return ++*n == 5 ? 7 : 0;
}

static int pass_row(const struct setting *setting, void *userdata)
{
	(void)userdata;
	assert_string_equal(setting->value, setting->default_value);
	return 0;
}

static void test_for_each(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	unsigned int n = 0;

	(void)state;
	assert_int_equal(settings_new(&settings), 0);
	assert_int_equal(settings_for_each(settings, count_row, &n), 7);
	assert_int_equal(n, 5);
	assert_int_equal(settings_for_each(settings, pass_row, NULL), 0);
}

static void test_dump_full(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	FILE *stream = fopen("/dev/full", "w");

	(void)state;
	if (!stream)
		skip();
	assert_int_equal(settings_new(&settings), 0);
	assert_int_equal(settings_dump(settings, stream), -EIO);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_no_text_abuse_117),
		cmocka_unit_test(test_long_line_abuse_117),
		cmocka_unit_test(test_longest_words),
		cmocka_unit_test_setup_teardown(test_absent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dropins, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_cross_check_names_the_file,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files_abuse_118, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_owner_abuse_118, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_directory_abuse_118,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_file_abuse_117,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_dropins, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up,
						tear_down),
		cmocka_unit_test(test_for_each),
		cmocka_unit_test(test_dump_full),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
