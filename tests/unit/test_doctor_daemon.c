/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor makes of a daemon that answers one question and not the
 * next: only one of before may leave an answer out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cloxxsctl/doctor/doctor.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

#define ERROR(name) "!{\"error\":\"" name "\"}"
#define SERVICE_ERROR(name) ERROR("org.varlink.service." name)

static struct scratch scratch;
static struct fake_daemon daemon_of_script;

static const struct {
	const char *reply;
	const char *said; /* behind what was asked for; NULL: nothing */
} rows[] = {
	{ SERVICE_ERROR("MethodNotFound"), NULL },
	{ SERVICE_ERROR("InvalidParameter"), NULL },
	{ ERROR("nl.cloxxs.Admin.Unavailable"),
	  "the daemon answers nl.cloxxs.Admin.Unavailable" },
	{ SERVICE_ERROR("PermissionDenied"),
	  "the daemon answers org.varlink.service.PermissionDenied" },
	{ "%silent", "the daemon did not answer in time" },
	{ "%close", "the daemon's answer cannot be read" },
	{ "%half", "the daemon's answer cannot be read" },
	{ "!no json", "the daemon's answer cannot be read" },
};

struct question {
	void (*ask)(struct doctor *doctor, struct varlink_client *client);
	enum check check;
	const char *what;
};

static const struct question questions[] = {
	{ doctor_alarms, CHECK_ALARMS, "alarms" },
	{ doctor_codes, CHECK_CODES, "who can give no code" },
};

/* What was found, in doctor; reply is what is said to the one question. */
static void ask(const struct question *question, const char *reply,
		struct doctor *doctor)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	const char *const script[] = { reply, NULL };

	doctor_init(doctor, "", daemon_of_script.path);
	doctor->status = json_pack("{s:{s:i}}", "second_factor", "asked", 1);
	fake_daemon_script(&daemon_of_script, script);
	assert_int_equal(varlink_client_new(doctor->socket, 100, &client), 0);
	question->ask(doctor, client);
}

static void test_no_answer_is_a_finding(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			const struct finding *finding;
			struct doctor doctor;
			char said[128];

			ask(&questions[i], rows[k].reply, &doctor);
			assert_int_equal(doctor.findings.n, !!rows[k].said);
			finding = doctor.findings.rows;
			if (rows[k].said) {
				(void)snprintf(said, sizeof(said), "%s: %s",
					       questions[i].what, rows[k].said);
				assert_string_equal(finding->seen, said);
				assert_int_equal(finding->check,
						 questions[i].check);
				assert_int_equal(finding->severity,
						 SEVERITY_WARNING);
			}
			assert_null(doctor.alarms);
			doctor_deinit(&doctor);
		}
}

static void test_answers(void **state)
{
	struct doctor doctor;

	(void)state;
	ask(&questions[0], "\"rules\":[],\"mail\":\"a@example.org\"", &doctor);
	assert_int_equal(doctor.findings.n, 1);
	assert_string_equal(doctor.findings.rows[0].seen, "told by mail");
	assert_non_null(doctor.alarms);
	doctor_deinit(&doctor);
	ask(&questions[1], "", &doctor);
	assert_int_equal(doctor.findings.n, 1);
	assert_int_equal(doctor.findings.rows[0].severity, SEVERITY_OK);
	doctor_deinit(&doctor);
	ask(&questions[1], "\"user\":{\"name\":\"anna\"}", &doctor);
	assert_int_equal(doctor.findings.n, 1);
	assert_int_equal(doctor.findings.rows[0].severity, SEVERITY_WARNING);
	assert_non_null(strstr(doctor.findings.rows[0].seen, "anna"));
	doctor_deinit(&doctor);
}

static int begin(void **state)
{
	(void)state;
	scratch_init(&scratch);
	fake_daemon_init(&daemon_of_script, scratch.directory);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_daemon_deinit(&daemon_of_script);
	scratch_deinit(&scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_answer_is_a_finding),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
