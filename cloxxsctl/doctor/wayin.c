/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way in that needs nothing of ours: root, or a local user with sudo; and
 * from where one administers otherwise. */
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

static bool is_among(const json_t *words, const char *word)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)words, i, one)
	{
		const char *value = json_string_value(one);

		if (value && strcmp(value, word) == 0)
			return true;
	}
	return false;
}

/* Administrators who may log in from another host. */
static size_t count_remote(const json_t *users)
{
	const json_t *user;
	size_t i, n = 0;

	json_array_foreach((json_t *)users, i, user)
	{
		n += strcmp(output_member(user, "role", ""), "administrator") ==
			     0 &&
		     is_among(json_object_get(user, "services"), "sshd");
	}
	return n;
}

static void check_networks(struct doctor *doctor)
{
	const char *networks =
		output_member(doctor->status, "administrator_networks", NULL);
	size_t n = count_remote(doctor->users);

	/* A daemon of before does not tell. */
	if (!networks)
		return;
	if (strcmp(networks, "any") == 0)
		doctor_say(doctor, CHECK_ADMINISTRATOR_NETWORKS,
			   SEVERITY_WARNING,
			   "any: administrators come from wherever users may, "
			   "and root and local accounts too");
	else if (strcmp(networks, "none") == 0 && n > 0)
		doctor_say(doctor, CHECK_ADMINISTRATOR_NETWORKS,
			   SEVERITY_WARNING,
			   "none: %zu administrators with the service sshd, "
			   "root and local accounts cannot come by ssh",
			   n);
	else
		doctor_say(doctor, CHECK_ADMINISTRATOR_NETWORKS, SEVERITY_OK,
			   "%s%s", networks,
			   n > 0 ? "" : ": no administrator comes by ssh");
}

/* Who is not ours, and comes by ssh from wherever he is. */
static void check_unmanaged(struct doctor *doctor)
{
	const json_t *origin =
		json_object_get(doctor->status, "unmanaged_origin");
	const json_t *deny = json_object_get(doctor->status, "unmanaged_deny");

	if (!origin || !deny || is_among(origin, "sshd") ||
	    is_among(deny, "sshd"))
		return;
	finding_mend(doctor_say(doctor, CHECK_ADMINISTRATOR_NETWORKS,
				SEVERITY_WARNING,
				"[unmanaged] does not name sshd: root and "
				"local accounts come from anywhere"),
		     "origin = sshd in [unmanaged] of "
		     "/etc/cloxxs/cloxxsd.conf, then: cloxxsctl config check "
		     "&& systemctl reload cloxxsd");
}

static void check_root(struct doctor *doctor)
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
		doctor_say(doctor, CHECK_ROOT, SEVERITY_WARNING,
			   "root has keys only: by ssh, from the "
			   "administrators' networks, while cloxxsd runs");
	else
		doctor_say(doctor, CHECK_ROOT, SEVERITY_ERROR,
			   "root has neither password nor key, and no local "
			   "user of the group sudo has a password");
	explicit_bzero(shadow, strlen(shadow));
}

void doctor_wayin(struct doctor *doctor)
{
	check_root(doctor);
	check_networks(doctor);
	check_unmanaged(doctor);
}
