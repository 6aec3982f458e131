/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name service: its lines, its module, its answers, and who stands beside
 * it. */
#include "cloxxsctl/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/doctor/nsswitch.h"

#define SWITCH "/etc/nsswitch.conf"
/* Names that other services are asked for, in one question. */
#define ASKED_MAX 40

/* Returns whether all is well with the line. */
static bool judge_line(struct doctor *doctor, const char *database,
		       const struct nsswitch_line *line)
{
	size_t before = doctor->findings.n;

	if (line->broken)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ":%u: %s: cannot be read", line->number,
			   database);
	if (line->again)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_WARNING,
			   SWITCH ":%u: a second line for %s", line->again,
			   database);
	if (line->ours == line->n)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ":%u: %s: cloxxs is not asked", line->number,
			   database);
	else if (line->local == line->n)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ":%u: %s: files is not asked", line->number,
			   database);
	else if (line->ours < line->local)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ":%u: %s: cloxxs stands before files",
			   line->number, database);
	else if (line->ends_unknown)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ":%u: %s: an action before cloxxs ends the "
				  "asking for names that are not local",
			   line->number, database);
	for (size_t i = line->local + 1; i < line->ours && line->ours < line->n;
	     i++)
		if (strcmp(line->services[i], "systemd") != 0)
			doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_NOTE,
				   SWITCH ":%u: %s: %s is asked before cloxxs",
				   line->number, database, line->services[i]);
	return doctor->findings.n == before;
}

static bool check_line(struct doctor *doctor, const char *text,
		       const char *database)
{
	scope(scope_free) char *copy = strdup(text);
	struct nsswitch_line line;
	size_t before = doctor->findings.n;

	if (!copy) {
		doctor->findings.incomplete = true;
		return false;
	}
	nsswitch_find(copy, database, &line);
	if (strcmp(database, "initgroups") != 0) {
		if (line.ours < line.n)
			doctor->has_nss = true;
		if (line.number)
			return judge_line(doctor, database, &line);
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_ERROR,
			   SWITCH ": there is no line for %s", database);
		return false;
	}
	/* Without a line of its own all services of "group" are asked. */
	if (!line.number)
		return true;
	(void)judge_line(doctor, database, &line);
	if (line.ours < line.n && line.ends_known)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_WARNING,
			   SWITCH ":%u: initgroups: [SUCCESS=continue] is "
				  "missing before cloxxs: groups of Cloxxs are "
				  "not added",
			   line.number);
	return doctor->findings.n == before;
}

static void check_lines(struct doctor *doctor, const char *text)
{
	static const char *const databases[] = { "passwd", "group",
						 "initgroups" };
	static const char *const not_ours[] = { "shadow", "gshadow" };
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		good = check_line(doctor, text, databases[i]) && good;
	for (size_t i = 0; i < ARRAY_SIZE(not_ours); i++) {
		scope(scope_free) char *copy = strdup(text);
		struct nsswitch_line line = { 0 };

		if (copy)
			nsswitch_find(copy, not_ours[i], &line);
		if (line.ours < line.n)
			doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_NOTE,
				   SWITCH ":%u: %s: cloxxs knows nothing of "
					  "it",
				   line.number, not_ours[i]);
	}
	if (good)
		doctor_say(doctor, CHECK_NSS_LINES, SEVERITY_OK,
			   SWITCH ": cloxxs stands behind files");
}

static void check_answer(struct doctor *doctor)
{
	struct identity_user user;
	uint32_t position = 0;
	char name[NAME_USER_MAX + 1], said[512], *rest = said, *field = NULL;
	const char *const argv[] = { "/usr/bin/getent", "passwd", name, NULL };
	unsigned long long uid = 0;
	struct text text;
	int r;

	if (!doctor->map || !doctor->has_nss ||
	    !identity_next_user(doctor->map, &position, &user))
		return;
	text_init(&text, name, sizeof(name));
	text_add_bytes(&text, user.name, user.n_name);
	text_init(&text, said, sizeof(said));
	r = host_ask(&doctor->host, argv, &text);
	for (int i = 0; i < 3; i++)
		field = lines_field(&rest, ':');
	if (r < 0)
		doctor_skip(doctor, CHECK_NSS_ANSWER, argv[0], r);
	else if (r > 0)
		doctor_say(doctor, CHECK_NSS_ANSWER, SEVERITY_ERROR,
			   "the system does not know %s, who is in the map",
			   name);
	else if (!field || !lines_number(field, &uid) || uid != user.uid)
		doctor_say(doctor, CHECK_NSS_ANSWER, SEVERITY_ERROR,
			   "the system says that %s has uid %llu, not %" PRIu32,
			   name, uid, user.uid);
	else
		doctor_say(doctor, CHECK_NSS_ANSWER, SEVERITY_OK,
			   "the system knows %s as uid %llu", name, uid);
}

/* Asks another service for our names: none may be known there. */
static void ask_other(struct doctor *doctor, const char *service)
{
	char names[ASKED_MAX][NAME_USER_MAX + 1], from[64], said[2048];
	const char *argv[ASKED_MAX + 5] = { "/usr/bin/getent", "-s", from,
					    "passwd" };
	struct identity_user user;
	uint32_t position = 0;
	struct lines lines;
	struct text text;
	size_t n = 0;
	char *line;

	text_init(&text, from, sizeof(from));
	text_add_format(&text, "passwd:%s", service);
	while (n < ASKED_MAX &&
	       identity_next_user(doctor->map, &position, &user)) {
		text_init(&text, names[n], sizeof(names[n]));
		text_add_bytes(&text, user.name, user.n_name);
		argv[4 + n] = names[n];
		n++;
	}
	text_init(&text, said, sizeof(said));
	/* 2: some were not found, as it should be. */
	if (n == 0 || host_ask(&doctor->host, argv, &text) < 0)
		return;
	lines = lines_of(said);
	while ((line = lines_next(&lines))) {
		char *rest = line;
		char *name = lines_field(&rest, ':');

		if (rest)
			doctor_say(doctor, CHECK_COLLISION, SEVERITY_ERROR,
				   "%s is a user of %s too", name, service);
	}
}

static void check_others(struct doctor *doctor, char *text)
{
	static const char *const known[] = { "files", "compat", "cloxxs",
					     "systemd" };
	struct nsswitch_line line;
	struct stat status;

	if (host_lstat(&doctor->host, "/run/nscd/socket", &status) == 0)
		doctor_say(doctor, CHECK_NSS_OTHERS, SEVERITY_WARNING,
			   "nscd runs (/run/nscd/socket)");
	if (host_lstat(&doctor->host, "/var/lib/sss/pipes/nss", &status) == 0)
		finding_mend(doctor_say(doctor, CHECK_NSS_OTHERS, SEVERITY_NOTE,
					"sssd runs beside us "
					"(/var/lib/sss/pipes/nss)"),
			     "see that no name and no id is in both");
	nsswitch_find(text, "passwd", &line);
	for (size_t i = 0; i < line.n && doctor->map; i++) {
		bool is_known = false;

		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			is_known = is_known ||
				   strcmp(known[k], line.services[i]) == 0;
		if (!is_known)
			ask_other(doctor, line.services[i]);
	}
	if (findings_worst_of(&doctor->findings, CHECK_NSS_OTHERS) ==
	    SEVERITY_OK)
		doctor_say(doctor, CHECK_NSS_OTHERS, SEVERITY_OK,
			   "no cache stands between the module and who asks");
}

void doctor_names(struct doctor *doctor)
{
	scope(scope_free) char *text = NULL;
	int r;

	if (host_has(&doctor->host, CLOXXS_NSSDIR "/libnss_cloxxs.so.2"))
		doctor_say(doctor, CHECK_NSS_MODULE, SEVERITY_OK,
			   CLOXXS_NSSDIR "/libnss_cloxxs.so.2 is there");
	else
		doctor_say(doctor, CHECK_NSS_MODULE, SEVERITY_ERROR,
			   CLOXXS_NSSDIR "/libnss_cloxxs.so.2 is not there");
	r = host_read(&doctor->host, SWITCH, &text);
	if (r < 0) {
		doctor_skip(doctor, CHECK_NSS_LINES, SWITCH, r);
		return;
	}
	check_lines(doctor, text);
	check_answer(doctor);
	check_others(doctor, text);
}
