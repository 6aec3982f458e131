/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way in that needs nothing of ours: root, or a local user with sudo. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>

#include "cloxxsctl/doctor/lines.h"

static bool is_password(const char *hash)
{
	return hash && hash[0] && hash[0] != '!' && hash[0] != '*';
}

/* Has the local user a password? shadow is not changed. */
static bool has_password(const char *shadow, const char *user)
{
	scope(scope_free) char *copy = strdup(shadow);
	struct lines lines = lines_of(copy);
	char *line;
	bool has = false;

	while (copy && (line = lines_next(&lines))) {
		const char *name = lines_field(&line, ':');

		if (line && strcmp(name, user) == 0)
			has = is_password(lines_field(&line, ':'));
	}
	if (copy)
		explicit_bzero(copy, strlen(shadow));
	return has;
}

/* The first member with a password of a group that sudo trusts. */
static bool find_sudoer(const struct host *host, const char *shadow,
			struct text *name)
{
	static const char *const groups[] = { "sudo", "wheel", "admin" };
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line;

	if (host_read(host, "/etc/group", &text) < 0)
		return false;
	lines = lines_of(text);
	while ((line = lines_next(&lines))) {
		const char *group = lines_field(&line, ':');
		char *member;
		bool trusted = false;

		for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
			trusted = trusted || strcmp(groups[i], group) == 0;
		(void)lines_field(&line, ':');
		(void)lines_field(&line, ':');
		while (trusted && (member = lines_field(&line, ',')))
			if (*member && has_password(shadow, member)) {
				text_add(name, member);
				return true;
			}
	}
	return false;
}

static bool has_keys(const struct host *host)
{
	struct stat status;

	return host_stat(host, "/root/.ssh/authorized_keys", &status) == 0 &&
	       status.st_size > 0;
}

void doctor_wayin(struct doctor *doctor)
{
	scope(scope_free) char *shadow = NULL;
	char sudoer[64];
	struct text text;
	int r;

	r = host_read(&doctor->host, "/etc/shadow", &shadow);
	if (r < 0) {
		doctor_skip(doctor, CHECK_ROOT, "/etc/shadow", r);
		return;
	}
	text_init(&text, sudoer, sizeof(sudoer));
	if (has_password(shadow, "root"))
		doctor_say(doctor, CHECK_ROOT, SEVERITY_OK,
			   "root has a password for the console");
	else if (find_sudoer(&doctor->host, shadow, &text))
		doctor_say(doctor, CHECK_ROOT, SEVERITY_OK,
			   "%s is local, has a password and may use sudo",
			   sudoer);
	else if (has_keys(&doctor->host))
		doctor_say(doctor, CHECK_ROOT, SEVERITY_OK,
			   "root may log in by key (/root/.ssh)");
	else
		doctor_say(doctor, CHECK_ROOT, SEVERITY_ERROR,
			   "root has neither password nor key, and no local "
			   "user of the group sudo has a password");
	explicit_bzero(shadow, strlen(shadow));
}
