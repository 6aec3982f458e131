/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The units, as systemd has them. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>

#include "cloxxsctl/doctor/lines.h"

#define N_PROPERTIES 20

/* What the shipped unit says, and what is lost when a drop-in says less. */
static const struct {
	const char *property, *value, *lost;
} hardening[] = {
	{ "NoNewPrivileges", "yes", "it may gain privileges" },
	{ "PrivateNetwork", "yes", "it has the network" },
	{ "ProtectSystem", "strict", "it may write to the system's files" },
	{ "ProtectHome", "yes", "it sees the homes" },
	{ "MemoryDenyWriteExecute", "yes", "it may run what it wrote" },
	{ "RestrictSUIDSGID", "yes", "it may make setuid files" },
	{ "CapabilityBoundingSet", "", "it may have capabilities" },
	{ "LimitCORE", "0", "a core dump would hold secrets" },
	{ "User", CLOXXS_USER, "it runs as somebody else" },
};

/* The value of a property in what systemctl printed, or NULL. */
static const char *value_of(const char *const *lines, const char *property)
{
	size_t n = strlen(property);

	for (; *lines; lines++)
		if (strncmp(*lines, property, n) == 0 && (*lines)[n] == '=')
			return *lines + n + 1;
	return NULL;
}

static bool is(const char *value, const char *wanted)
{
	return value && strcmp(value, wanted) == 0;
}

static void check_dropins(struct doctor *doctor, const char *const *lines)
{
	const char *paths = value_of(lines, "DropInPaths");
	bool weak = false;

	for (size_t i = 0; i < ARRAY_SIZE(hardening); i++) {
		const char *value = value_of(lines, hardening[i].property);

		if (!value || strcmp(value, hardening[i].value) == 0)
			continue;
		weak = true;
		doctor_say(doctor, CHECK_UNIT_DROPIN, SEVERITY_WARNING,
			   "cloxxsd.service: %s=%s, not %s: %s (%s)",
			   hardening[i].property, value, hardening[i].value,
			   hardening[i].lost,
			   paths && *paths ? paths : "the unit's own file");
	}
	if (!weak)
		doctor_say(doctor, CHECK_UNIT_DROPIN, SEVERITY_OK,
			   "cloxxsd.service is shut off as it was shipped%s%s",
			   paths && *paths ? "; drop-ins: " : "",
			   paths ? paths : "");
}

static void check_state(struct doctor *doctor, enum check check,
			const char *unit, const char *const *lines)
{
	const char *load = value_of(lines, "LoadState");
	const char *active = value_of(lines, "ActiveState");
	const char *enabled = value_of(lines, "UnitFileState");
	/* Without the timer all goes on. */
	enum severity bad = check == CHECK_AUDIT_CONFIRM ? SEVERITY_WARNING
							 : SEVERITY_ERROR;

	if (!is(load, "loaded")) {
		doctor_say(doctor, check, bad, "%s is %s", unit,
			   load ? load : "unknown");
		return;
	}
	if (is(active, "failed"))
		doctor_say(doctor, check, bad, "%s has failed (%s)", unit,
			   value_of(lines, "Result"));
	else if (!is(active, "active"))
		doctor_say(doctor, check, bad, "%s is %s", unit,
			   active ? active : "unknown");
	if (!is(enabled, "enabled"))
		doctor_say(doctor, check, SEVERITY_WARNING,
			   "%s is %s: it is not started at boot", unit,
			   enabled && *enabled ? enabled : "not enabled");
	if (is(value_of(lines, "NeedDaemonReload"), "yes"))
		finding_mend(doctor_say(doctor, check, SEVERITY_WARNING,
					"%s has changed on disk", unit),
			     "systemctl daemon-reload && systemctl restart %s",
			     unit);
	if (is(value_of(lines, "WatchdogUSec"), "0"))
		finding_mend(doctor_say(doctor, check, SEVERITY_WARNING,
					"%s has no watchdog: one that hangs "
					"is not restarted",
					unit),
			     "systemctl edit %s: WatchdogSec=30", unit);
	if (findings_worst_of(&doctor->findings, check) == SEVERITY_OK)
		doctor_say(doctor, check, SEVERITY_OK, "%s is active, enabled",
			   unit);
}

static void check_unit(struct doctor *doctor, enum check check,
		       const char *unit)
{
	const char *const argv[] = {
		"/usr/bin/systemctl",
		"show",
		"-p",
		"LoadState,ActiveState,UnitFileState,Result,NeedDaemonReload,"
		"DropInPaths,WatchdogUSec,NoNewPrivileges,PrivateNetwork,"
		"ProtectSystem,ProtectHome,MemoryDenyWriteExecute,"
		"RestrictSUIDSGID,CapabilityBoundingSet,LimitCORE,User",
		unit,
		NULL,
	};
	const char *lines[N_PROPERTIES + 1] = { NULL };
	char said[4096];
	struct lines walk;
	struct text text;
	size_t n = 0;
	char *line;
	int r;

	text_init(&text, said, sizeof(said));
	r = host_ask(&doctor->host, argv, &text);
	if (r != 0) {
		doctor_skip(doctor, check, unit, r < 0 ? r : -EIO);
		return;
	}
	walk = lines_of(said);
	while (n < N_PROPERTIES && (line = lines_next(&walk)))
		lines[n++] = line;
	check_state(doctor, check, unit, lines);
	if (check == CHECK_UNIT && is(value_of(lines, "LoadState"), "loaded"))
		check_dropins(doctor, lines);
}

void doctor_units(struct doctor *doctor)
{
	/* A container without systemd, where somebody else starts daemons. */
	if (host_is_live(&doctor->host) &&
	    !host_has(&doctor->host, "/run/systemd/system")) {
		finding_mend(doctor_say(doctor, CHECK_UNIT, SEVERITY_NOTE,
					"this system was not started by "
					"systemd: no unit restarts the "
					"daemon"),
			     "%s", "");
		return;
	}
	check_unit(doctor, CHECK_UNIT, "cloxxsd.service");
	check_unit(doctor, CHECK_UNIT_SOCKET, "cloxxsd.socket");
	check_unit(doctor, CHECK_AUDIT_CONFIRM, "cloxxs-audit-confirm.timer");
}
