/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics through the daemon's socket and into their file: what they say after
 * some logins, to whom, and that nobody stands in them by name. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"

#define ANNA 66000
#define MAX 262144

static struct core core;

/* A disk for files of metrics: in libc's place, for the whole program. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool hangs;
	unsigned int n_waiting, n_renamed;
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	   .changed = PTHREAD_COND_INITIALIZER };

__attribute__((visibility("default"))) int renameat(int from,
						    const char *old_name,
						    int to,
						    const char *new_name)
{
	if (strstr(new_name, ".prom")) {
		pthread_mutex_lock(&disk.mutex);
		disk.n_waiting++;
		while (disk.hangs)
			pthread_cond_wait(&disk.changed, &disk.mutex);
		disk.n_waiting--;
		disk.n_renamed++;
		pthread_mutex_unlock(&disk.mutex);
	}
	return (int)syscall(SYS_renameat2, from, old_name, to, new_name, 0);
}

static void set_disk(bool hangs)
{
	pthread_mutex_lock(&disk.mutex);
	disk.hangs = hangs;
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.mutex);
}

static unsigned int n_waiting(void)
{
	unsigned int n;

	pthread_mutex_lock(&disk.mutex);
	n = disk.n_waiting;
	pthread_mutex_unlock(&disk.mutex);
	return n;
}

static unsigned int n_renamed(void)
{
	unsigned int n;

	pthread_mutex_lock(&disk.mutex);
	n = disk.n_renamed;
	pthread_mutex_unlock(&disk.mutex);
	return n;
}

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

/* As the timer does, but now. */
static void come_due(void)
{
	sd_event_source *timer = core.daemon.metrics_file.timer;

	assert_true(sd_event_source_set_time_relative(timer, 0) >= 0);
	assert_true(core_turn(&core, 1000000) > 0);
	core_settle(&core);
}

static void expect_file(const char *path, bool there)
{
	struct stat status;

	for (int i = 0; there && i < 100 && stat(path, &status) < 0; i++)
		(void)core_turn(&core, 10000);
	core_settle(&core);
	assert_int_equal(stat(path, &status), there ? 0 : -1);
}

static void test_disk_that_hangs(void **state)
{
	struct metrics_file *file = &core.daemon.metrics_file;
	char path[160], lines[256], *text;
	unsigned int n;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, ANNA, "anna", CORE_OLD);
	(void)snprintf(path, sizeof(path), "%s/a.prom", core.state);
	(void)snprintf(lines, sizeof(lines),
		       "[metrics]\nfile = %s\ninterval = 10s\n", path);
	core_configure(&core, lines);
	set_disk(true);
	n = n_renamed();
	core_restart(&core);
	for (int i = 0; i < 100 && n_waiting() == 0; i++)
		(void)core_turn(&core, 10000);
	assert_int_equal(n_waiting(), 1);
	/* Everybody is answered, and there is no second one. */
	text = measure(0);
	assert_non_null(strstr(text, "cloxxs_build_info"));
	free(text);
	expect_login(&core, "anna", CORE_OLD, "allow", NULL);
	come_due();
	come_due();
	assert_int_equal(n_waiting(), 1);
	assert_true(file->failing);
	expect_file(path, false);
	/* The same settings again: it is still under way. */
	metrics_file_loaded(file);
	core_settle(&core);
	assert_int_equal(n_waiting(), 1);
	set_disk(false);
	expect_file(path, true);
	for (int i = 0; i < 100 && file->writing; i++)
		(void)core_turn(&core, 10000);
	assert_null(file->writing);
	assert_int_equal(n_renamed(), n + 1);
	come_due();
	for (int i = 0; i < 100 && file->writing; i++)
		(void)core_turn(&core, 10000);
	assert_int_equal(n_renamed(), n + 2);
	assert_false(file->failing);
	assert_int_equal(unlink(path), 0);
	core_finish(&core);
}

/* The thread stays for ever, and what it has. */
static void test_end_waits_for_no_disk(void **state)
{
	struct settings *settings;
	char path[160], lines[256];
	int64_t begun_us;

	(void)state;
	core_init(&core, NULL);
	(void)snprintf(path, sizeof(path), "%s/a.prom", core.state);
	(void)snprintf(lines, sizeof(lines), "[metrics]\nfile = %s\n", path);
	core_configure(&core, lines);
	set_disk(true);
	core_restart(&core);
	for (int i = 0; i < 100 && n_waiting() == 0; i++)
		(void)core_turn(&core, 10000);
	assert_int_equal(n_waiting(), 1);
	/* No file is wanted any more: nobody waits for the first one. */
	settings = core.daemon.settings;
	free(settings->metrics_file);
	settings->metrics_file = NULL;
	metrics_file_loaded(&core.daemon.metrics_file);
	core_settle(&core);
	assert_null(core.daemon.metrics_file.writing);
	begun_us = clock_monotonic_us();
	core_finish(&core);
	assert_true(clock_monotonic_us() - begun_us < 10 * INT64_C(1000000));
	assert_int_equal(n_waiting(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
		cmocka_unit_test(test_to_whom),
		cmocka_unit_test(test_clock_behind),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_disk_that_hangs),
		/* The last: its thread does not end. */
		cmocka_unit_test(test_end_waits_for_no_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
