/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Users and ids: ours beside those of the system, and who can still get in. */
#include "cloxxsctl/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"

/* A line "name:x:number:..." of passwd or group. */
static void judge_entry(struct doctor *doctor, const char *file,
			unsigned int number, char *line)
{
	char *name = lines_field(&line, ':'), *id = NULL;
	struct identity_user user;
	struct identity_group group;
	unsigned long long n;
	bool is_group = strcmp(file, "/etc/group") == 0;

	(void)lines_field(&line, ':');
	id = lines_field(&line, ':');
	if (!id || !lines_number(id, &n) || n > UINT32_MAX)
		return;
	if (is_group ? identity_find_group(doctor->map, name, strlen(name),
					   &group)
		     : identity_find_user(doctor->map, name, strlen(name),
					  &user))
		doctor_say(doctor, CHECK_COLLISION, SEVERITY_ERROR,
			   "%s:%u: %s is a name of Cloxxs too", file, number,
			   name);
	else if (is_group ? identity_find_gid(doctor->map, (uint32_t)n, &group)
			  : identity_find_uid(doctor->map, (uint32_t)n, &user))
		doctor_say(doctor, CHECK_COLLISION, SEVERITY_ERROR,
			   "%s:%u: %s has the id %llu of a user of Cloxxs",
			   file, number, name, n);
}

static void check_collisions(struct doctor *doctor)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group" };

	if (!doctor->map)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		scope(scope_free) char *text = NULL;
		struct lines lines;
		char *line;
		int r = host_read(&doctor->host, files[i], &text);

		if (r < 0) {
			doctor_skip(doctor, CHECK_COLLISION, files[i], r);
			continue;
		}
		lines = lines_of(text);
		while ((line = lines_next(&lines)))
			judge_entry(doctor, files[i], lines.n, line);
	}
	if (findings_worst_of(&doctor->findings, CHECK_COLLISION) ==
	    SEVERITY_OK)
		doctor_say(doctor, CHECK_COLLISION, SEVERITY_OK,
			   "no name and no id has two owners");
}

struct range {
	unsigned long long first, last;
};

/* "uid_range = 66000-99999" of the daemon's own settings. */
static bool read_range(struct doctor *doctor, struct range *ret_range)
{
	static const char *const argv[] = { CLOXXS_SBINDIR "/cloxxsd",
					    "--dump-config", NULL };
	const size_t size = 16384;
	scope(scope_free) char *said = malloc(size);
	char *found, *first, *rest;
	struct text text;
	int r;

	if (!said)
		return false;
	text_init(&text, said, size);
	r = host_ask(&doctor->host, argv, &text);
	found = strstr(said, "\nuid_range = ");
	if (r != 0 || !found) {
		doctor_skip(doctor, CHECK_UID_RANGE, argv[0], r < 0 ? r : -EIO);
		return false;
	}
	rest = found + strlen("\nuid_range = ");
	*strchrnul(rest, '\n') = '\0';
	first = lines_field(&rest, '-');
	return rest && lines_number(first, &ret_range->first) &&
	       lines_number(rest, &ret_range->last);
}

static bool overlap(const struct range *a, const struct range *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* Lines "name:first:count". */
static void check_subids(struct doctor *doctor, const char *file,
			 const struct range *ours)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line;

	if (host_read(&doctor->host, file, &text) < 0)
		return;
	lines = lines_of(text);
	while ((line = lines_next(&lines))) {
		char *name = lines_field(&line, ':');
		char *first = lines_field(&line, ':');
		struct range theirs;
		unsigned long long n;

		if (!line || !lines_number(first, &theirs.first) ||
		    !lines_number(line, &n) || n == 0)
			continue;
		theirs.last = theirs.first + n - 1;
		if (overlap(ours, &theirs))
			doctor_say(doctor, CHECK_UID_RANGE, SEVERITY_ERROR,
				   "%s:%u: %s has %llu-%llu, uid_range is "
				   "%llu-%llu",
				   file, lines.n, name, theirs.first,
				   theirs.last, ours->first, ours->last);
	}
}

static unsigned long long login_def(const char *text, const char *key,
				    unsigned long long otherwise)
{
	scope(scope_free) char *copy = strdup(text);
	struct lines lines = lines_of(copy);
	unsigned long long number = otherwise;
	char *line;

	while (copy && (line = lines_next(&lines))) {
		char *word = lines_word(&line);
		char *value = word ? lines_word(&line) : NULL;

		if (value && strcmp(word, key) == 0)
			(void)lines_number(value, &number);
	}
	return number;
}

static void check_defs(struct doctor *doctor, const struct range *ours)
{
	static const struct {
		const char *first, *last, *whose;
		unsigned long long first_default, last_default;
	} rows[] = {
		{ "UID_MIN", "UID_MAX", "useradd gives these to local users",
		  1000, 60000 },
		{ "SUB_UID_MIN", "SUB_UID_MAX",
		  "useradd gives these to containers of local users", 100000,
		  600100000 },
	};
	scope(scope_free) char *text = NULL;

	if (host_read(&doctor->host, "/etc/login.defs", &text) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct range theirs = {
			login_def(text, rows[i].first, rows[i].first_default),
			login_def(text, rows[i].last, rows[i].last_default),
		};

		if (overlap(ours, &theirs))
			doctor_say(doctor, CHECK_UID_RANGE, SEVERITY_WARNING,
				   "/etc/login.defs: %s-%s %llu-%llu: %s, and "
				   "uid_range is %llu-%llu",
				   rows[i].first, rows[i].last, theirs.first,
				   theirs.last, rows[i].whose, ours->first,
				   ours->last);
	}
}

static void check_range(struct doctor *doctor)
{
	/* systemd's UIDS-GIDS: what systemd-nspawn gives to containers. */
	static const struct range containers = { 524288, 1879048191 };
	struct range ours;

	if (!read_range(doctor, &ours))
		return;
	check_subids(doctor, "/etc/subuid", &ours);
	check_subids(doctor, "/etc/subgid", &ours);
	check_defs(doctor, &ours);
	if (overlap(&ours, &containers))
		doctor_say(doctor, CHECK_UID_RANGE, SEVERITY_WARNING,
			   "uid_range %llu-%llu lies in what systemd-nspawn "
			   "gives to containers (%llu-%llu)",
			   ours.first, ours.last, containers.first,
			   containers.last);
	if (findings_worst_of(&doctor->findings, CHECK_UID_RANGE) ==
	    SEVERITY_OK)
		doctor_say(doctor, CHECK_UID_RANGE, SEVERITY_OK,
			   "uid_range %llu-%llu is nobody else's", ours.first,
			   ours.last);
}

static bool makes_homes(const struct host *host)
{
	static const char *const files[] = { "/etc/pam.d/common-session",
					     "/etc/pam.d/sshd" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		scope(scope_free) char *text = NULL;
		struct lines lines;
		char *line;

		if (host_read(host, files[i], &text) < 0)
			continue;
		lines = lines_of(text);
		while ((line = lines_next(&lines)))
			if (*lines_trim(line) != '#' &&
			    (strstr(line, "pam_mkhomedir.so") ||
			     strstr(line, "pam_oddjob_mkhomedir.so") ||
			     strstr(line, "pam_systemd_home.so")))
				return true;
	}
	return false;
}

static bool is_shell(const char *shells, const char *shell)
{
	scope(scope_free) char *copy = strdup(shells);
	struct lines lines = lines_of(copy);
	char *line;

	while (copy && (line = lines_next(&lines)))
		if (strcmp(line, shell) == 0)
			return true;
	return false;
}

/* What root may paste: an administrator chose the path. */
static void say_unlisted(struct doctor *doctor,
			 const struct identity_user *user)
{
	struct finding *finding = doctor_say(
		doctor, CHECK_SHELLS, SEVERITY_NOTE,
		"%s: %s is not in /etc/shells", user->name, user->shell);

	if (lines_is_plain(user->shell))
		finding_mend(finding, "echo %s >>/etc/shells", user->shell);
	else
		finding_mend(finding,
			     "cloxxsctl user set %s --shell PATH: no shell has "
			     "such a name",
			     user->name);
}

static void check_shell(struct doctor *doctor, const struct identity_user *user,
			const char *shells)
{
	const char *slash = strrchr(user->shell, '/');

	if (!host_has(&doctor->host, user->shell))
		doctor_say(doctor, CHECK_SHELLS, SEVERITY_ERROR,
			   "%s: %s is not there", user->name, user->shell);
	else if (shells && !is_shell(shells, user->shell) &&
		 strcmp(slash ? slash : "", "/nologin") != 0)
		say_unlisted(doctor, user);
}

static void check_places(struct doctor *doctor)
{
	bool made = makes_homes(&doctor->host);
	scope(scope_free) char *shells = NULL;
	char without[200];
	struct identity_user user;
	uint32_t position = 0;
	unsigned int n = 0, n_without = 0;
	struct text text;

	if (!doctor->map)
		return;
	(void)!host_read(&doctor->host, "/etc/shells", &shells);
	text_init(&text, without, sizeof(without));
	while (n++ < DOCTOR_USERS_MAX &&
	       identity_next_user(doctor->map, &position, &user)) {
		check_shell(doctor, &user, shells);
		if (made || host_has(&doctor->host, user.home))
			continue;
		if (n_without++ < 5)
			text_add_format(&text, " %s", user.home);
	}
	if (n_without > 0)
		doctor_say(doctor, CHECK_HOMES, SEVERITY_WARNING,
			   "homes are missing, and nothing makes them (%u):%s",
			   n_without, without);
	else
		doctor_say(doctor, CHECK_HOMES, SEVERITY_OK,
			   made ? "homes are made at the first login"
				: "every home is there");
	if (findings_worst_of(&doctor->findings, CHECK_SHELLS) == SEVERITY_OK)
		doctor_say(doctor, CHECK_SHELLS, SEVERITY_OK,
			   "every shell is there");
}

/* An application that has an account asks over the socket. */
static bool is_application(const struct doctor *doctor, const char *service)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doctor->status, "applications"), i,
			   one)
	{
		if (strcmp(output_member(one, "service", ""), service) == 0)
			return true;
	}
	return false;
}

static void check_services(struct doctor *doctor)
{
	const json_t *user, *service;
	size_t i, k;

	json_array_foreach(doctor->users, i, user)
	{
		const json_t *services = json_object_get(user, "services");

		json_array_foreach(services, k, service)
		{
			const char *name = json_string_value(service);
			char path[PATH_MAX], vendor[PATH_MAX];
			struct text text;

			if (!name || strchr(name, '/') ||
			    is_application(doctor, name))
				continue;
			text_init(&text, path, sizeof(path));
			text_add_format(&text, "/etc/pam.d/%s", name);
			text_init(&text, vendor, sizeof(vendor));
			text_add_format(&text, "/usr/lib/pam.d/%s", name);
			if (!host_has(&doctor->host, path) &&
			    !host_has(&doctor->host, vendor))
				doctor_say(
					doctor, CHECK_SERVICES, SEVERITY_NOTE,
					"%s may use %s, of which there is "
					"no file in /etc/pam.d",
					output_member(user, "name", "?"), name);
		}
	}
	if (findings_worst_of(&doctor->findings, CHECK_SERVICES) ==
		    SEVERITY_OK &&
	    doctor->users)
		doctor_say(doctor, CHECK_SERVICES, SEVERITY_OK,
			   "every service of a user has its file in "
			   "/etc/pam.d");
}

static void judge_application(struct doctor *doctor, const json_t *one)
{
	const char *service = output_member(one, "service", "?");
	const char *account = output_member(one, "account", "?");
	const char *fault = output_member(one, "fault", NULL);

	if (fault)
		doctor_say(doctor, CHECK_APPLICATIONS, SEVERITY_ERROR,
			   "nobody speaks for %s: account %s %s", service,
			   account, fault);
	else if (strcmp(output_member(one, "proxies", "none"), "none") == 0)
		doctor_say(doctor, CHECK_APPLICATIONS, SEVERITY_WARNING,
			   "the users of %s come from nowhere: proxies is not "
			   "set",
			   service);
	else
		doctor_say(doctor, CHECK_APPLICATIONS, SEVERITY_OK,
			   "%s speaks for %s", account, service);
}

static void check_applications(struct doctor *doctor)
{
	const json_t *all = json_object_get(doctor->status, "applications");
	const json_t *one;
	size_t i;

	json_array_foreach(all, i, one) judge_application(doctor, one);
	if (all && json_array_size(all) == 0)
		doctor_say(doctor, CHECK_APPLICATIONS, SEVERITY_OK,
			   "no application has an account");
}

static bool is_true(const json_t *user, const char *key)
{
	return json_is_true(json_object_get(user, key));
}

static void check_administrator(struct doctor *doctor)
{
	const json_t *user;
	size_t i, n = 0, n_able = 0;

	if (!doctor->users)
		return;
	json_array_foreach(doctor->users, i, user)
	{
		if (strcmp(output_member(user, "role", ""), "administrator") !=
		    0)
			continue;
		n++;
		n_able +=
			is_true(user, "enabled") && !is_true(user, "locked") &&
			strcmp(output_member(user, "password", "none"),
			       "none") != 0 &&
			json_array_size(json_object_get(user, "services")) > 0;
	}
	if (n_able > 0)
		doctor_say(doctor, CHECK_ADMINISTRATOR, SEVERITY_OK,
			   "%zu of %zu administrators can log in", n_able, n);
	else if (n > 0)
		finding_mend(doctor_say(doctor, CHECK_ADMINISTRATOR,
					SEVERITY_WARNING,
					"no administrator (of %zu) can log in",
					n),
			     "cloxxsctl user list; cloxxsctl user unlock NAME "
			     "--reason TEXT");
	else
		doctor_say(doctor, CHECK_ADMINISTRATOR, SEVERITY_WARNING,
			   "there is no administrator");
}

void doctor_accounts(struct doctor *doctor)
{
	check_collisions(doctor);
	check_range(doctor);
	check_places(doctor);
	check_services(doctor);
	check_applications(doctor);
	check_administrator(doctor);
}
