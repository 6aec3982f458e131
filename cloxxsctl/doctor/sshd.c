/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sshd's settings, as sshd itself reads them. */
#include "cloxxsctl/doctor/doctor.h"

#include <string.h>
#include <strings.h>

#include "cloxxsctl/doctor/lines.h"

#define SSHD "/usr/sbin/sshd"
#define CONFIG "/etc/ssh/sshd_config"
#define GRACE_LEAST 180
#define KEYS_COMMAND CLOXXS_LIBEXECDIR "/cloxxs-authorized-keys"

/* Appends " (file:line)" of the first line of keyword, if one says it. */
static bool add_line_of(const struct host *host, const char *path,
			const char *keyword, struct text *where)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line;

	if (host_read(host, path, &text) < 0)
		return false;
	lines = lines_of(text);
	while ((line = lines_next(&lines))) {
		char *word;

		/* "Keyword=value" is a way to write it too. */
		for (char *c = line; *c; c++)
			if (*c == '=')
				*c = ' ';
		word = lines_word(&line);
		if (!word || strcasecmp(word, keyword) != 0)
			continue;
		text_add_format(where, " (%s:%u)", path, lines.n);
		return true;
	}
	return false;
}

static void add_place(const struct host *host, const char *keyword,
		      struct text *where)
{
	scope(host_names_deinit) struct host_names names = { 0 };
	char path[PATH_MAX];
	struct text text;

	if (host_list(host, CONFIG ".d", &names) == 0)
		for (size_t i = 0; i < names.n; i++) {
			text_init(&text, path, sizeof(path));
			text_add_format(&text, CONFIG ".d/%s", names.names[i]);
			if (add_line_of(host, path, keyword, where))
				return;
		}
	(void)add_line_of(host, CONFIG, keyword, where);
}

/* The value of keyword in what sshd -T printed, cut up by lines; or NULL. */
struct answers {
	const char *lines[256];
	size_t n;
	const char *about; /* "", or " for anna" */
};

static const char *value_of(const struct answers *answers, const char *keyword)
{
	size_t n = strlen(keyword);

	for (size_t i = 0; i < answers->n; i++)
		if (strncasecmp(answers->lines[i], keyword, n) == 0 &&
		    answers->lines[i][n] == ' ')
			return answers->lines[i] + n + 1;
	return NULL;
}

struct rule {
	enum check check;
	const char *keyword, *wanted;
	enum severity severity;
};

static const struct rule rules[] = {
	{ CHECK_SSHD_PAM, "UsePAM", "yes", SEVERITY_ERROR },
	{ CHECK_SSHD_KEYBOARD, "KbdInteractiveAuthentication", "yes",
	  SEVERITY_ERROR },
	{ CHECK_SSHD_PASSWORD, "PasswordAuthentication", "no",
	  SEVERITY_WARNING },
	{ CHECK_SSHD_DNS, "UseDNS", "no", SEVERITY_WARNING },
};

static void check_rule(struct doctor *doctor, const struct answers *answers,
		       const struct rule *rule)
{
	const char *value = value_of(answers, rule->keyword);
	char where[300];
	struct text text;

	if (value && strcasecmp(value, rule->wanted) == 0) {
		doctor_say(doctor, rule->check, SEVERITY_OK, "%s %s%s",
			   rule->keyword, value, answers->about);
		return;
	}
	text_init(&text, where, sizeof(where));
	add_place(&doctor->host, rule->keyword, &text);
	doctor_say(doctor, rule->check, rule->severity, "%s %s%s%s",
		   rule->keyword, value ? value : "is not known to this sshd",
		   answers->about, where);
}

static void check_grace(struct doctor *doctor, const struct answers *answers)
{
	const char *value = value_of(answers, "LoginGraceTime");
	unsigned long long seconds = 0;
	char where[300];
	struct text text;

	if (!value || !lines_number(value, &seconds))
		return;
	/* 0 is no end at all. */
	if (seconds == 0 || seconds >= GRACE_LEAST) {
		doctor_say(doctor, CHECK_SSHD_GRACE, SEVERITY_OK,
			   "LoginGraceTime %s", value);
		return;
	}
	text_init(&text, where, sizeof(where));
	add_place(&doctor->host, "LoginGraceTime", &text);
	doctor_say(doctor, CHECK_SSHD_GRACE, SEVERITY_WARNING,
		   "LoginGraceTime %s%s", value, where);
}

static void check_root(struct doctor *doctor, const struct answers *answers)
{
	const char *value = value_of(answers, "PermitRootLogin");
	char where[300];
	struct text text;

	if (!value)
		return;
	text_init(&text, where, sizeof(where));
	if (strcasecmp(value, "yes") == 0)
		add_place(&doctor->host, "PermitRootLogin", &text);
	doctor_say(doctor, CHECK_SSHD_ROOT,
		   strcasecmp(value, "yes") == 0 ? SEVERITY_WARNING
						 : SEVERITY_OK,
		   "PermitRootLogin %s%s", value, where);
}

/* Each list of methods must be able to ask, or ask nothing but keys. */
static void check_methods(struct doctor *doctor, const struct answers *answers)
{
	const char *value = value_of(answers, "AuthenticationMethods");
	scope(scope_free) char *copy = strdup(value ? value : "any");
	enum severity severity = SEVERITY_OK;
	char *rest = copy, *list, where[300];
	struct text text;

	while (copy && (list = lines_word(&rest))) {
		if (strcmp(list, "any") == 0 ||
		    strstr(list, "keyboard-interactive"))
			continue;
		if (strstr(list, "password"))
			severity = SEVERITY_ERROR;
		else if (severity == SEVERITY_OK)
			severity = SEVERITY_NOTE;
	}
	text_init(&text, where, sizeof(where));
	if (severity != SEVERITY_OK)
		add_place(&doctor->host, "AuthenticationMethods", &text);
	doctor_say(doctor, CHECK_SSHD_METHODS, severity,
		   "AuthenticationMethods %s%s%s", value ? value : "any",
		   answers->about, where);
}

static void check_penalties(struct doctor *doctor,
			    const struct answers *answers)
{
	const char *value = value_of(answers, "PerSourcePenalties");
	const char *exempt = value_of(answers, "PerSourcePenaltyExemptList");

	if (!value || strcasecmp(value, "no") == 0)
		doctor_say(doctor, CHECK_SSHD_PENALTIES, SEVERITY_OK,
			   "sshd punishes no address");
	else if (exempt && strcasecmp(exempt, "none") != 0)
		doctor_say(doctor, CHECK_SSHD_PENALTIES, SEVERITY_OK,
			   "PerSourcePenaltyExemptList %s", exempt);
	else
		doctor_say(doctor, CHECK_SSHD_PENALTIES, SEVERITY_NOTE,
			   "PerSourcePenalties is on and nobody is exempt");
}

/* As sshd looks at it: the file, and each directory above it, is root's, and
 * nobody else may write there. The first that is not; "" where all are. */
static int find_writable(const struct host *host, const char *path,
			 char ret_place[PATH_MAX])
{
	char place[PATH_MAX];
	struct stat status;
	struct text text;
	char *slash;
	int r;

	text_init(&text, place, sizeof(place));
	text_add(&text, path);
	for (;;) {
		r = host_stat(host, *place ? place : "/", &status);
		if (r < 0)
			return r;
		if (status.st_uid != 0 ||
		    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
			break;
		slash = strrchr(place, '/');
		if (!slash) {
			*ret_place = '\0';
			return 0;
		}
		*slash = '\0';
	}
	memcpy(ret_place, *place ? place : "/", *place ? strlen(place) + 1 : 2);
	return 0;
}

static void check_command(struct doctor *doctor, const struct answers *answers)
{
	const char *user = value_of(answers, "AuthorizedKeysCommandUser");
	char place[PATH_MAX], where[300];
	int r = find_writable(&doctor->host, KEYS_COMMAND, place);
	struct text text;

	text_init(&text, where, sizeof(where));
	if (r == -ENOENT) {
		doctor_say(doctor, CHECK_SSHD_KEYS, SEVERITY_ERROR,
			   KEYS_COMMAND " is not there");
	} else if (r < 0) {
		doctor_skip(doctor, CHECK_SSHD_KEYS, KEYS_COMMAND, r);
	} else if (*place) {
		finding_mend(doctor_say(doctor, CHECK_SSHD_KEYS, SEVERITY_ERROR,
					"others than root may change %s: sshd "
					"does not run the command",
					place),
			     "chown root:root %s; chmod go-w %s", place, place);
	} else if (!user || strcmp(user, CLOXXS_KEYS_USER) != 0) {
		add_place(&doctor->host, "AuthorizedKeysCommandUser", &text);
		doctor_say(doctor, CHECK_SSHD_KEYS, SEVERITY_ERROR,
			   "AuthorizedKeysCommandUser %s%s%s: the daemon "
			   "answers " CLOXXS_KEYS_USER,
			   user ? user : "none", answers->about, where);
	} else {
		doctor_say(doctor, CHECK_SSHD_KEYS, SEVERITY_OK,
			   "AuthorizedKeysCommand " KEYS_COMMAND "%s",
			   answers->about);
	}
}

static void check_keys(struct doctor *doctor, const struct answers *answers)
{
	const char *value = value_of(answers, "AuthorizedKeysCommand");
	size_t n = strlen(KEYS_COMMAND);
	char where[300];
	struct text text;

	if (value && strncmp(value, KEYS_COMMAND, n) == 0 &&
	    (value[n] == ' ' || value[n] == '\0')) {
		check_command(doctor, answers);
		return;
	}
	text_init(&text, where, sizeof(where));
	add_place(&doctor->host, "AuthorizedKeysCommand", &text);
	doctor_say(doctor, CHECK_SSHD_KEYS, SEVERITY_NOTE,
		   "AuthorizedKeysCommand %s%s%s", value ? value : "none",
		   answers->about, where);
}

/* Does any file hold a Match block? */
static bool has_match(const struct host *host)
{
	char where[300];
	struct text text;

	text_init(&text, where, sizeof(where));
	add_place(host, "Match", &text);
	return text.n > 0;
}

/* sshd -T, for a connection of user where one is named. */
static bool ask(struct doctor *doctor, const char *user, char *said,
		size_t size, struct answers *answers)
{
	char connection[128];
	const char *const argv[] = { SSHD, "-T", user ? "-C" : NULL, connection,
				     NULL };
	struct lines lines;
	struct text text;
	char *line;
	int r;

	text_init(&text, connection, sizeof(connection));
	text_add_format(&text, "user=%s,host=elsewhere.invalid,addr=192.0.2.1",
			user ? user : "");
	text_init(&text, said, size);
	r = host_ask(&doctor->host, argv, &text);
	lines = lines_of(said);
	answers->n = 0;
	while (answers->n < ARRAY_SIZE(answers->lines) &&
	       (line = lines_next(&lines)))
		answers->lines[answers->n++] = line;
	if (r == 0)
		return true;
	if (r == -ENOENT)
		doctor_say(doctor, CHECK_SSHD, SEVERITY_OK,
			   "there is no " SSHD " here");
	else if (r < 0)
		doctor_skip(doctor, CHECK_SSHD, SSHD " -T", r);
	else if (doctor->host.uid != 0)
		doctor_skip(doctor, CHECK_SSHD, SSHD " -T", -EACCES);
	else if (answers->n > 0 && strstr(answers->lines[0], "/run/sshd"))
		finding_mend(doctor_say(doctor, CHECK_SSHD, SEVERITY_SKIPPED,
					"sshd says: %s", answers->lines[0]),
			     "systemctl start ssh");
	else
		doctor_say(doctor, CHECK_SSHD, SEVERITY_ERROR,
			   "sshd refuses its settings: %s",
			   answers->n > 0 ? answers->lines[0] : "");
	return false;
}

static void check_matched(struct doctor *doctor, char *said, size_t size)
{
	char about[NAME_USER_MAX + 16], name[NAME_USER_MAX + 1];
	struct answers answers = { .about = about };
	struct identity_user user;
	uint32_t position = 0;
	struct text text;

	if (!doctor->map || !identity_next_user(doctor->map, &position, &user))
		return;
	text_init(&text, name, sizeof(name));
	text_add_bytes(&text, user.name, user.n_name);
	text_init(&text, about, sizeof(about));
	text_add_format(&text, " for %s", name);
	if (!ask(doctor, name, said, size, &answers))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		check_rule(doctor, &answers, &rules[i]);
	check_methods(doctor, &answers);
	check_keys(doctor, &answers);
}

void doctor_sshd(struct doctor *doctor)
{
	const size_t size = 32768;
	scope(scope_free) char *said = malloc(size);
	struct answers answers = { .about = "" };

	if (!said) {
		doctor->findings.incomplete = true;
		return;
	}
	if (!ask(doctor, NULL, said, size, &answers))
		return;
	doctor_say(doctor, CHECK_SSHD, SEVERITY_OK, "sshd takes its settings");
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		check_rule(doctor, &answers, &rules[i]);
	check_grace(doctor, &answers);
	check_root(doctor, &answers);
	check_methods(doctor, &answers);
	check_penalties(doctor, &answers);
	check_keys(doctor, &answers);
	if (has_match(&doctor->host))
		check_matched(doctor, said, size);
}
