/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics through the daemon's socket and into their file: what they say after
 * some logins, to whom, and that nobody stands in them by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define MAX 262144

static struct core core;

/* All of it, as peer gets it; "" where it is refused. */
static char *measure(uid_t peer)
{
	char *text = calloc(1, MAX);
	json_t *reply;
	struct talk talk;
	bool more = true;

	assert_non_null(text);
	talk_open(&core, &talk, peer);
	talk_send_more(&talk, "nl.cloxxs.Admin.Metrics", NULL);
	while (more) {
		const char *piece;

		reply = talk_next(&core, &talk);
		assert_non_null(reply);
		piece = json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "text"));
		more = json_is_true(json_object_get(reply, "continues"));
		if (piece) {
			assert_true(strlen(text) + strlen(piece) < MAX);
			strcat(text, piece);
		}
		json_decref(reply);
	}
	talk_close(&core, &talk);
	return text;
}

static void expect_line(const char *text, const char *line)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!strstr(text, whole))
		fail_msg("%s is not in\n%s", line, text);
}

static void test_says(void **state)
{
	char *text;

	(void)state;
	core_init(&core, NULL);
	core_world.quick = true;
	core_add(&core, ANNA, "anna-of-the-mill", CORE_OLD);
	expect_login(&core, "anna-of-the-mill", CORE_OLD, "allow", NULL);
	expect_login(&core, "anna-of-the-mill", CORE_WRONG, "deny", NULL);
	expect_login(&core, "anna-of-the-mill", CORE_WRONG, "deny", NULL);
	expect_login(&core, "anna-of-the-mill", CORE_WRONG, "deny", NULL);
	text = measure(0);
	expect_line(text, "cloxxs_logins_total{phase=\"login\",service="
			  "\"sshd\",result=\"allowed\",reason="
			  "\"password-verified\"} 1");
	expect_line(text, "cloxxs_logins_total{phase=\"login\",service="
			  "\"sshd\",result=\"denied\",reason="
			  "\"wrong-password\"} 3");
	expect_line(text, "cloxxs_locks_total{reason=\"too-many-failures\"} 1");
	expect_line(text, "cloxxs_users{state=\"all\"} 1");
	expect_line(text, "cloxxs_users{state=\"locked\"} 1");
	expect_line(text, "cloxxs_hash_duration_seconds_count 4");
	expect_line(text, "cloxxs_configuration_refused 0");
	expect_line(text, "cloxxs_clock_behind_seconds 0");
	expect_line(text, "cloxxs_courier_messages_total{kind=\"mail\","
			  "result=\"accepted\"} 0");
	assert_null(strstr(text, "cloxxs_backup_timestamp_seconds "));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	assert_null(strstr(text, "anna"));
	assert_null(strstr(text, "192.0.2.1"));
	free(text);
	core_finish(&core);
}

static void test_to_whom(void **state)
{
	char *text;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, ANNA, "anna", CORE_OLD);
	text = measure(ANNA);
	assert_string_equal(text, "");
	free(text);
	core_set_role(&core, "anna", USER_ROLE_ADMINISTRATOR);
	text = measure(ANNA);
	assert_non_null(strstr(text, "# EOF\n"));
	free(text);
	core_finish(&core);
}

/* Clocks go on, so that the clock is behind what was known. */
static void test_clock_behind(void **state)
{
	char *text;

	(void)state;
	core_init(&core, NULL);
	core_world.clock_s = -600;
	text = measure(0);
	if (!strstr(text, "\ncloxxs_clock_behind_seconds 600\n") &&
	    !strstr(text, "\ncloxxs_clock_behind_seconds 601\n"))
		fail_msg("%s", text);
	free(text);
	core_world.clock_s = 0;
	core_finish(&core);
}

static void test_file(void **state)
{
	char path[160], directory[144], lines[256], bytes[4096];
	struct stat status;
	FILE *stream;
	size_t n;

	(void)state;
	core_init(&core, NULL);
	(void)snprintf(directory, sizeof(directory), "%s/metrics", core.state);
	(void)snprintf(path, sizeof(path), "%s/cloxxs.prom", directory);
	(void)snprintf(lines, sizeof(lines),
		       "[metrics]\nfile = %s\ninterval = 10s\n", path);
	core_configure(&core, lines);
	core_restart(&core);
	core_settle(&core);
	for (int i = 0; i < 100 && stat(path, &status) < 0; i++)
		(void)core_turn(&core, 10000);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_int_equal(stat(directory, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	stream = fopen(path, "r");
	assert_non_null(stream);
	n = fread(bytes, 1, sizeof(bytes) - 1, stream);
	bytes[n] = '\0';
	(void)fclose(stream);
	assert_non_null(strstr(bytes, "# TYPE cloxxs_build_info gauge\n"));
	assert_null(strstr(bytes, "# UNIT"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
	core_finish(&core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_to_whom),
		cmocka_unit_test(test_clock_behind),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
