/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cloxxsctl/courier.h"
#include "cloxxsctl/doctor/report.h"
#include "cloxxsctl/program.h"

/* All of it together; an answer that is not there by then is not waited for. */
#define DOCTOR_MAX_US 2500000

static void (*const groups[])(struct doctor *doctor) = {
	doctor_daemon, doctor_courier, doctor_units,     doctor_store,
	doctor_key,    doctor_backups, doctor_countries, doctor_pam,
	doctor_names,  doctor_sshd,    doctor_accounts,  doctor_wayin,
	doctor_host,
};

void doctor_init(struct doctor *doctor, const char *root, const char *socket)
{
	*doctor = (struct doctor){
		.host = {
			.root = root,
			.uid = geteuid(),
			.now = (int64_t)time(NULL),
			.deadline_us = clock_monotonic_us() + DOCTOR_MAX_US,
			.capture = program_capture,
		},
		.socket = socket,
		.courier = COURIER_SOCKET,
	};
}

void doctor_deinit(struct doctor *doctor)
{
	findings_deinit(&doctor->findings);
	json_decref(doctor->status);
	json_decref(doctor->users);
	json_decref(doctor->notice);
	json_decref(doctor->alarms);
	json_decref(doctor->routes);
	map_free(doctor->map);
}

void doctor_skip(struct doctor *doctor, enum check check, const char *what,
		 int error)
{
	const char *why = strerrordesc_np(-error);

	if (error == -EACCES || error == -EPERM)
		why = "you may not look at it; be root";
	else if (error == -ENOTSUP)
		why = "it tells of the running system, which is not looked at";
	else if (error == -ETIME)
		why = "it did not answer in time";
	findings_add(&doctor->findings, check, SEVERITY_SKIPPED, "%s: %s", what,
		     why ? why : "unknown error");
}

static bool is_of_before(const char *error)
{
	return strcmp(error, "org.varlink.service.MethodNotFound") == 0 ||
	       strcmp(error, "org.varlink.service.InvalidParameter") == 0;
}

bool doctor_is_answered(struct doctor *doctor, enum check check,
			const char *what, int r, const char *error)
{
	if (r == VARLINK_CLIENT_E_UNREACHABLE)
		doctor_say(doctor, check, SEVERITY_WARNING,
			   "%s: the daemon did not answer in time", what);
	else if (r != 0)
		doctor_say(doctor, check, SEVERITY_WARNING,
			   "%s: the daemon's answer cannot be read", what);
	else if (error && !is_of_before(error))
		doctor_say(doctor, check, SEVERITY_WARNING,
			   "%s: the daemon answers %s", what, error);
	return r == 0 && !error;
}

void doctor_look(struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		groups[i](doctor);
}

int doctor_run(struct ctl *ctl, const struct command *command)
{
	const char *root = command_has(command, OPTION_ROOT)
				   ? command->values[OPTION_ROOT]
				   : "";
	struct report report = {
		.all = command_has(command, OPTION_ALL),
		.began_us = clock_monotonic_us(),
	};
	struct doctor doctor;
	int status;

	if (strcmp(root, "/") == 0)
		root = "";
	doctor_init(&doctor, root, ctl->socket);
	doctor_look(&doctor);
	if (command_has(command, OPTION_NAGIOS))
		status = report_nagios(ctl->output, &doctor, &report);
	else if (command_has(command, OPTION_JSON))
		status = report_json(ctl->output, &doctor, &report);
	else
		status = report_table(ctl->output, &doctor, &report);
	doctor_deinit(&doctor);
	return status;
}
