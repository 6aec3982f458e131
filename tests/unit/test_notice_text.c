/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The notice's texts: which files are taken, which not, and their version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/config/settings.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;

static int set_up(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

static void write_text(const char *name, const char *text)
{
	scratch_write(&scratch, name, text, strlen(text), 0644);
}

/* Loads a configuration of these lines; findings without the scratch's path. */
static int load(const char *lines, char findings[1024],
		struct settings **ret_settings)
{
	char file[128], directory[128], buffer[2048];
	const char *at = buffer, *next;
	struct text error, text;
	int r;

	write_text("conf", lines);
	scratch_path(&scratch, "conf", file);
	scratch_path(&scratch, "conf.d", directory);
	text_init(&error, buffer, sizeof(buffer));
	text_init(&text, findings, 1024);
	r = settings_load(file, directory, &error, ret_settings);
	while ((next = strstr(at, scratch.path))) {
		text_add_bytes(&text, at, (size_t)(next - at));
		at = next + strlen(scratch.path) + 1;
	}
	text_add(&text, at);
	return r;
}

/* With files called name in the scratch directory; more: other keys. */
static int load_texts(const char *name, const char *more, char findings[1024],
		      struct settings **ret_settings)
{
	char lines[512];

	(void)snprintf(lines, sizeof(lines), "[notice]\ntext = %s/%s\n%s",
		       scratch.path, name, more);
	return load(lines, findings, ret_settings);
}

static void version_of(const char *name, const char *more,
		       char ret_version[NOTICE_VERSION_MAX])
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024];

	if (load_texts(name, more, findings, &settings) != 0)
		fail_msg("%s", findings);
	memcpy(ret_version, settings->notice.version, NOTICE_VERSION_MAX);
}

static void expect_text(const struct settings *settings, const char *language,
			const char *tag, const char *begin)
{
	enum language found;
	const char *text = notice_text_for(&settings->notice,
					   language_find(language), &found);

	assert_string_equal(language_tag(found), tag);
	if (strncmp(text, begin, strlen(begin)) != 0)
		fail_msg("'%s' instead of '%s'", text, begin);
}

/* promise-S09, promise-S25: with an empty configuration there is a text. */
static void promise_S09_there_is_a_text_by_default(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024];

	(void)state;
	assert_int_equal(load("", findings, &settings), 0);
	assert_int_equal(settings->notice_show, 1);
	assert_int_equal(settings->notice_require, SETTINGS_REQUIRE_NO);
	expect_text(settings, "", "en", "Confidentiality\n");
	expect_text(settings, "en", "en", "Confidentiality\n");
	expect_text(settings, "nl", "nl", "Vertrouwelijkheid\n");
	expect_text(settings, "fr", "en", "Confidentiality\n");
	assert_non_null(
		strstr(settings->notice.texts[LANGUAGE_ENGLISH], "Free text"));
	assert_non_null(
		strstr(settings->notice.texts[LANGUAGE_DUTCH], "Vrije tekst"));
	assert_int_equal(strlen(settings->notice.version), 12);
	for (size_t i = LANGUAGE_ENGLISH; i < _LANGUAGE_N; i++)
		for (const char *line = settings->notice.texts[i]; *line;) {
			size_t n = strcspn(line, "\n");

			assert_in_range(n, 1, 79);
			line += n + (line[n] == '\n');
		}
}

static void a_file_for_each_language(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024];

	(void)state;
	write_text("notice.en.txt", "Keep it to yourself.\n\n");
	write_text("notice.nl.txt", "Houd het v\xc3\xb3\xc3\xb3r u.");
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 0);
	expect_text(settings, "en", "en", "Keep it to yourself.");
	assert_string_equal(settings->notice.texts[LANGUAGE_ENGLISH],
			    "Keep it to yourself.");
	expect_text(settings, "nl", "nl", "Houd het v");
}

/* English stands for what is missing, and nothing for English. */
static void a_missing_language(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024];

	(void)state;
	write_text("notice.nl.txt", "Houd het voor u.");
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 SETTINGS_E_INVALID);
	assert_string_equal(findings, "conf:2: notice.en.txt: is not there");
	write_text("notice.en.txt", "Keep it to yourself.");
	assert_int_equal(unlink(scratch_path(&scratch, "notice.nl.txt",
					     (char[128]){ 0 })),
			 0);
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 0);
	expect_text(settings, "nl", "en", "Keep it to yourself.");
}

static void one_file_for_all(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024];

	(void)state;
	write_text("notice.txt", "Ter lezing.");
	assert_int_equal(load_texts("notice.txt", "", findings, &settings), 0);
	expect_text(settings, "nl", "en", "Ter lezing.");
	assert_null(settings->notice.texts[LANGUAGE_DUTCH]);
}

static void another_text_is_another_version(void **state)
{
	char first[NOTICE_VERSION_MAX], second[NOTICE_VERSION_MAX];

	(void)state;
	write_text("notice.en.txt", "Keep it to yourself.");
	version_of("notice.%l.txt", "", first);
	write_text("notice.en.txt", "Keep it to yourself.\n");
	version_of("notice.%l.txt", "", second);
	assert_string_equal(first, second);
	write_text("notice.en.txt", "Keep it to yourself!");
	version_of("notice.%l.txt", "", second);
	assert_string_not_equal(first, second);
	write_text("notice.en.txt", "Keep it to yourself.");
	write_text("notice.nl.txt", "Houd het voor u.");
	version_of("notice.%l.txt", "", second);
	assert_string_not_equal(first, second);
	/* Who names it himself says when it is another one. */
	version_of("notice.%l.txt", "version = 2026-11\n", first);
	assert_string_equal(first, "2026-11");
}

static const struct {
	const char *bytes;
	size_t n;
	const char *finding;
} bad[] = {
	{ "", 0, "is empty" },
	{ "\n\n", 2, "is empty" },
	{ "one\ntw\xffo\n", 9, "2: the line is not UTF-8" },
	{ "one\n\033[2Jtwo\n", 12,
	  "2: the line has a control character in it" },
	{ "one\ttwo", 7, "1: the line has a control character in it" },
	{ "one\r\ntwo", 8, "1: the line has a control character in it" },
	{ "o\xc2\x9bne", 5, "1: the line has a control character in it" },
	{ "one\0two", 7, "has a NUL byte in it" },
};

static void abuse_117_what_cannot_be_shown(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024], expected[256], large[NOTICE_TEXT_MAX + 2];

	(void)state;
	write_text("notice.en.txt", "Keep it to yourself.");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scratch_write(&scratch, "notice.nl.txt", bad[i].bytes, bad[i].n,
			      0644);
		assert_int_equal(
			load_texts("notice.%l.txt", "", findings, &settings),
			SETTINGS_E_INVALID);
		(void)snprintf(expected, sizeof(expected),
			       "conf:2: notice.nl.txt:%s%s",
			       bad[i].finding[1] == ':' ? "" : " ",
			       bad[i].finding);
		assert_string_equal(findings, expected);
		assert_null(settings);
	}
	memset(large, 'a', sizeof(large));
	scratch_write(&scratch, "notice.nl.txt", large, NOTICE_TEXT_MAX + 1,
		      0644);
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 SETTINGS_E_INVALID);
	assert_string_equal(findings, "conf:2: notice.nl.txt: is larger than "
				      "4096 bytes");
	scratch_write(&scratch, "notice.nl.txt", large, NOTICE_TEXT_MAX, 0644);
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 0);
}

static void abuse_118_what_others_may_write(void **state)
{
	scope(settings_freep) struct settings *settings = NULL;
	char findings[1024], path[128];

	(void)state;
	write_text("notice.en.txt", "Keep it to yourself.");
	scratch_path(&scratch, "notice.en.txt", path);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 SETTINGS_E_INVALID);
	assert_string_equal(findings, "conf:2: notice.en.txt: can be written "
				      "by group or others");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(load_texts("notice.%l.txt", "", findings, &settings),
			 SETTINGS_E_INVALID);
	assert_string_equal(findings,
			    "conf:2: notice.en.txt: is a symbolic link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			promise_S09_there_is_a_text_by_default, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_file_for_each_language,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_missing_language, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_file_for_all, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_text_is_another_version,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(abuse_117_what_cannot_be_shown,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(abuse_118_what_others_may_write,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("notice_text", tests, NULL, NULL);
}
