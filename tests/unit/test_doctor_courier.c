/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the doctor says of the courier, by what must leave the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cloxxsctl/doctor/doctor.h"

#define NOW 1795400000
#define STATUS(services, phone, mail_codes, mail)                          \
	"{\"second_factor\": {\"services\": [" services "], \"asked\": 0," \
	"\"phone\": " phone ", \"mail_codes\": " mail_codes                \
	", \"mail\": " mail "}}"
#define BY_SMS STATUS("\"sshd\"", "1", "false", "0")
#define BY_MAIL STATUS("\"sshd\"", "0", "true", "1")
#define NO_CODES STATUS("", "3", "true", "3")
#define ROUTE(name, kind, accepted, failed)                     \
	"{\"route\": \"" name "\", \"kind\": \"" kind "\","     \
	"\"accepted_at\": " accepted ", \"failed_at\": " failed \
	", \"failed_detail\": \"HTTP 401\"}"

/* routes NULL: the courier is not there. */
static const struct row {
	const char *name, *status, *alarms, *routes;
	enum severity worst; /* _N_SEVERITIES: nothing is said */
	const char *seen;
} rows[] = {
	{ "nobody is asked", NO_CODES, "{}", NULL, _N_SEVERITIES, NULL },
	{ "no daemon", NULL, NULL, NULL, _N_SEVERITIES, NULL },
	{ "a daemon of before", "{}", NULL, NULL, _N_SEVERITIES, NULL },
	{ "nobody has a number", STATUS("\"sshd\"", "0", "false", "2"), "{}",
	  NULL, _N_SEVERITIES, NULL },
	{ "no courier", BY_SMS, "{}", NULL, SEVERITY_ERROR,
	  "cannot leave: codes by SMS" },
	{ "a user asks", "{\"second_factor\": {\"asked\": 1, \"phone\": 1}}",
	  "{}", NULL, SEVERITY_ERROR, "codes by SMS" },
	{ "no gateway", BY_SMS, "{}", "[" ROUTE("smtp", "mail", "0", "0") "]",
	  SEVERITY_ERROR, "no route of kind sms" },
	{ "a gateway", BY_SMS, "{}", "[" ROUTE("cm", "sms", "0", "0") "]",
	  SEVERITY_OK, "a route for: codes by SMS" },
	{ "it failed last", BY_SMS, "{}",
	  "[" ROUTE("cm", "sms", "1795399000", "1795399400") "]",
	  SEVERITY_WARNING, "by cm (sms) failed, 10 min ago: HTTP 401" },
	{ "it failed before", BY_SMS, "{}",
	  "[" ROUTE("cm", "sms", "1795399400", "1795399400") "]", SEVERITY_OK,
	  NULL },
	{ "another kind failed", BY_SMS, "{}",
	  "[" ROUTE("cm", "sms", "5", "0") "," ROUTE("smtp", "mail", "0",
						     "9") "]",
	  SEVERITY_OK, NULL },
	{ "mail", BY_MAIL, "{}", "[" ROUTE("cm", "sms", "0", "0") "]",
	  SEVERITY_ERROR, "codes by mail cannot leave" },
	{ "mail, sound", BY_MAIL, "{}", "[" ROUTE("smtp", "mail", "0", "0") "]",
	  SEVERITY_OK, "codes by mail" },
	{ "alarms by mail", NO_CODES, "{\"mail\": \"a@example.nl\"}", "[]",
	  SEVERITY_ERROR, "alarms by mail cannot leave" },
	{ "alarms by web hook", NO_CODES, "{\"webhook\": \"soc\"}",
	  "[" ROUTE("other", "webhook", "0", "0") "]", SEVERITY_ERROR,
	  "kind webhook named soc" },
	{ "alarms, sound", NO_CODES,
	  "{\"webhook\": \"soc\", \"mail\": \"a@example.nl\"}",
	  "[" ROUTE("soc", "webhook", "0", "0") "," ROUTE("smtp", "mail", "1",
							  "0") "]",
	  SEVERITY_OK, "alarms by mail, alarms by web hook" },
};

static json_t *read_json(const char *text)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	assert_true(!text || json);
	return json;
}

static void look(const struct row *row)
{
	struct doctor doctor;
	bool seen = !row->seen;
	enum severity worst;

	doctor_init(&doctor, "", "/nowhere/cloxxsd.sock");
	doctor.courier = "/nowhere/courier.sock";
	doctor.host.now = NOW;
	doctor.status = read_json(row->status);
	doctor.alarms = read_json(row->alarms);
	doctor.routes = read_json(row->routes);
	doctor_courier(&doctor);
	worst = doctor.findings.n == 0 ? _N_SEVERITIES
				       : findings_worst(&doctor.findings);
	for (size_t i = 0; i < doctor.findings.n; i++)
		seen = seen || strstr(doctor.findings.rows[i].seen, row->seen);
	if (worst != row->worst || !seen)
		fail_msg("%s: %d: %s", row->name, (int)worst,
			 doctor.findings.n > 0 ? doctor.findings.rows[0].seen
					       : "");
	doctor_deinit(&doctor);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		look(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
