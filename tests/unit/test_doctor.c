/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The doctor over small trees: each file that it reads, sound and odd. What
 * programs say comes from a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/doctor/nsswitch.h"
#include "tests/unit/scratch.h"

/* nsswitch.conf(5) */

struct switched {
	const char *line;
	size_t n, local, ours;
	bool broken, ends_unknown, ends_known;
};

static const struct switched switched[] = {
	{ "passwd: files cloxxs", 2, 0, 1, false, false, true },
	{ "passwd:files cloxxs systemd", 3, 0, 1, false, false, true },
	{ "passwd:\tcloxxs files # cloxxs", 2, 1, 0, false, false, false },
	{ "passwd: files", 1, 0, 1, false, false, false },
	{ "passwd: compat cloxxs", 2, 0, 1, false, false, true },
	{ "passwd: files [NOTFOUND=return] cloxxs", 2, 0, 1, false, true,
	  true },
	{ "passwd: files [notfound=RETURN] cloxxs", 2, 0, 1, false, true,
	  true },
	{ "passwd: files [!SUCCESS=return] cloxxs", 2, 0, 1, false, true,
	  true },
	{ "passwd: files cloxxs [NOTFOUND=return] sss", 3, 0, 1, false, false,
	  true },
	{ "passwd: files [SUCCESS=continue] cloxxs", 2, 0, 1, false, false,
	  false },
	{ "passwd: files[SUCCESS=merge] cloxxs", 2, 0, 1, false, false, false },
	{ "passwd: files [SUCCESS=continue UNAVAIL=return] cloxxs", 2, 0, 1,
	  false, false, false },
	{ "passwd: files [SUCCESS=continue cloxxs", 1, 0, 1, true, false,
	  false },
	{ "passwd: files [SUCCESS] cloxxs", 2, 0, 1, true, false, true },
	{ "passwd: a b c d e f g h i j k l m n o p q", 16, 16, 16, true, false,
	  false },
	{ "passwd:", 0, 0, 0, false, false, false },
};

static void test_switch(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(switched); i++) {
		const struct switched *row = &switched[i];
		char text[200];
		struct nsswitch_line line;

		snprintf(text, sizeof(text),
			 "# passwd: x\n%s\npasswd_compat: y", row->line);
		nsswitch_find(text, "passwd", &line);
		assert_int_equal(line.number, 2);
		assert_int_equal(line.again, 0);
		if (line.n != row->n || line.local != row->local ||
		    line.ours != row->ours || line.broken != row->broken ||
		    line.ends_unknown != row->ends_unknown ||
		    (line.ours < line.n && line.ends_known != row->ends_known))
			fail_msg("%s", row->line);
	}
}

static void test_switch_twice(void **state)
{
	char text[] = "passwd: files\n\n passwd : cloxxs\n";
	char none[] = "#passwd: files\ngroup: files\npasswd";
	struct nsswitch_line line;

	(void)state;
	nsswitch_find(text, "passwd", &line);
	assert_int_equal(line.number, 1);
	assert_int_equal(line.again, 3);
	nsswitch_find(none, "passwd", &line);
	assert_int_equal(line.number, 0);
	assert_int_equal(line.n, 0);
}

/* What is offered to root to be pasted into a shell. */
static void abuse_124_plain(void **state)
{
	static const char *const plain[] = { "/bin/bash", "/usr/bin/git-shell",
					     "/opt/x_1.2/sh" };
	static const char *const odd[] = {
		"",          "/tmp/$(id)", "/tmp/`id`",  "/bin/sh;id",
		"/bin/a b",  "/bin/sh&",   "/bin/sh|id", "/bin/sh>x",
		"/bin/'sh'", "/bin/sh\n",  "/bin/\\sh",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		assert_true(lines_is_plain(plain[i]));
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (lines_is_plain(odd[i]))
			fail_msg("%s", odd[i]);
}

/* A tree of files, and one check of what the doctor says of it. */

struct file {
	const char *path, *text;
};

struct tree {
	const char *name;
	struct file files[4];
	void (*group)(struct doctor *doctor);
	enum check check;
	enum severity worst;
	const char *seen; /* a part of one finding, or NULL */
};

#define SOUND_SWITCH "passwd: files cloxxs\ngroup: files cloxxs\n"
#define SHADOW(hash) "root:" hash ":19700:0:99999:7:::\n"
#define GUARDED                                                             \
	"auth [success=done ignore=ignore default=die] pam_cloxxs.so\n"     \
	"account [success=done ignore=ignore default=die] pam_cloxxs.so\n"  \
	"password [success=done ignore=ignore default=die] pam_cloxxs.so\n" \
	"session [success=ok ignore=ignore default=die] pam_cloxxs.so\n"

static const struct tree trees[] = {
	{ "names",
	  { { "etc/nsswitch.conf", SOUND_SWITCH } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_OK,
	  "behind files" },
	{ "names: one is missing",
	  { { "etc/nsswitch.conf", "passwd: files cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_ERROR,
	  "no line for group" },
	{ "names: order",
	  { { "etc/nsswitch.conf", "passwd: cloxxs files\ngroup: files "
				   "cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_ERROR,
	  "nsswitch.conf:1: passwd: cloxxs stands before files" },
	{ "names: no local users",
	  { { "etc/nsswitch.conf", "passwd: cloxxs\ngroup: files cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_ERROR,
	  "files is not asked" },
	{ "names: initgroups",
	  { { "etc/nsswitch.conf",
	      SOUND_SWITCH "initgroups: files cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_WARNING,
	  "SUCCESS=continue" },
	{ "names: initgroups, sound",
	  { { "etc/nsswitch.conf",
	      SOUND_SWITCH "initgroups: files [SUCCESS=continue] cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_OK,
	  NULL },
	{ "names: shadow",
	  { { "etc/nsswitch.conf", SOUND_SWITCH "shadow: files cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_NOTE,
	  "knows nothing of it" },
	{ "names: sss between",
	  { { "etc/nsswitch.conf", "passwd: files sss cloxxs\n"
				   "group: files cloxxs\n" } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_NOTE,
	  "sss is asked before cloxxs" },
	{ "names: nothing there",
	  { { NULL, NULL } },
	  doctor_names,
	  CHECK_NSS_LINES,
	  SEVERITY_SKIPPED,
	  NULL },
	{ "names: nscd",
	  { { "etc/nsswitch.conf", SOUND_SWITCH }, { "run/nscd/socket", "" } },
	  doctor_names,
	  CHECK_NSS_OTHERS,
	  SEVERITY_WARNING,
	  "nscd" },

	{ "root: a password",
	  { { "etc/shadow", SHADOW("$y$x") } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_OK,
	  "console" },
	{ "root: locked",
	  { { "etc/shadow", SHADOW("!$y$x") } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_ERROR,
	  "neither password nor key" },
	{ "root: none",
	  { { "etc/shadow", SHADOW("*") } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_ERROR,
	  NULL },
	{ "root: empty",
	  { { "etc/shadow", SHADOW("") } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_ERROR,
	  NULL },
	{ "root: a key",
	  { { "etc/shadow", SHADOW("*") },
	    { "root/.ssh/authorized_keys", "ssh-ed25519 x\n" } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_WARNING,
	  "keys only" },
	{ "root: an empty list of keys",
	  { { "etc/shadow", SHADOW("*") },
	    { "root/.ssh/authorized_keys", "" } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_ERROR,
	  NULL },
	{ "root: somebody of sudo",
	  { { "etc/shadow", SHADOW("*") "jan:$y$x:1::::::\n" },
	    { "etc/group", "adm:x:4:root\nsudo:x:27:piet,jan\n" } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_OK,
	  "jan is local" },
	{ "root: somebody of sudo without a password",
	  { { "etc/shadow", SHADOW("*") "jan:!:1::::::\n" },
	    { "etc/group", "sudo:x:27:jan\nadm:x:4:\n" } },
	  doctor_wayin,
	  CHECK_ROOT,
	  SEVERITY_ERROR,
	  NULL },

	{ "pam",
	  { { "etc/pam.d/common-auth", GUARDED },
	    { "etc/pam.d/sshd", GUARDED } },
	  doctor_pam,
	  CHECK_PAM_STACK,
	  SEVERITY_OK,
	  "every phase of sshd" },
	{ "pam: a service without us",
	  { { "etc/pam.d/common-auth", GUARDED },
	    { "etc/pam.d/sshd", "auth required pam_unix.so\n" } },
	  doctor_pam,
	  CHECK_PAM_STACK,
	  SEVERITY_ERROR,
	  "in no phase" },
	{ "pam: one that nobody of ours uses",
	  { { "etc/pam.d/common-auth", GUARDED },
	    { "etc/pam.d/chfn", "auth required pam_unix.so\n" } },
	  doctor_pam,
	  CHECK_PAM_STACK,
	  SEVERITY_OK,
	  NULL },
	{ "pam: off",
	  { { "etc/pam.d/common-auth", "auth required pam_unix.so\n" } },
	  doctor_pam,
	  CHECK_PAM_PROFILE,
	  SEVERITY_ERROR,
	  "is off" },
	{ "pam: broken",
	  { { "etc/pam.d/sshd", "auth\n\nauth required\n" } },
	  doctor_pam,
	  CHECK_PAM_FILE,
	  SEVERITY_ERROR,
	  "sshd:3" },
	{ "pam: a former stack",
	  { { "etc/pam.d/sshd", GUARDED },
	    { "etc/pam.d/common-auth.pam-old", "" } },
	  doctor_pam,
	  CHECK_PAM_LEFTOVER,
	  SEVERITY_NOTE,
	  "pam-old" },

	{ "journal: kept by word",
	  { { "etc/systemd/journald.conf",
	      "[Journal]\nStorage=persistent\n" } },
	  doctor_host,
	  CHECK_JOURNAL,
	  SEVERITY_OK,
	  NULL },
	{ "journal: not kept",
	  { { "etc/hostname", "x\n" } },
	  doctor_host,
	  CHECK_JOURNAL,
	  SEVERITY_WARNING,
	  "/var/log/journal" },
	{ "journal: the last word counts",
	  { { "etc/systemd/journald.conf", "Storage=persistent\n" },
	    { "etc/systemd/journald.conf.d/a.conf",
	      "#Storage=none\n Storage=volatile\n" } },
	  doctor_host,
	  CHECK_JOURNAL,
	  SEVERITY_WARNING,
	  "a.conf:2" },
	{ "journal: small",
	  { { "etc/systemd/journald.conf",
	      "Storage=persistent\nSystemMaxUse=8M\n" } },
	  doctor_host,
	  CHECK_JOURNAL,
	  SEVERITY_NOTE,
	  "SystemMaxUse=8M" },

	{ "key: none",
	  { { "etc/hostname", "x\n" } },
	  doctor_key,
	  CHECK_KEY,
	  SEVERITY_ERROR,
	  "is not there" },
	{ "key: a credential",
	  { { "etc/credstore.encrypted/cloxxs.key", "x" } },
	  doctor_key,
	  CHECK_KEY,
	  SEVERITY_OK,
	  "credential" },
	{ "key: encrypted",
	  { { &(CLOXXS_CONFDIR "/cloxxs.key.cred")[1], "x" },
	    { "etc/systemd/system/cloxxsd.service.d/key.conf",
	      "[Service]\nLoadCredential=\n"
	      "LoadCredentialEncrypted=cloxxs.key:/etc/cloxxs/"
	      "cloxxs.key.cred\n" } },
	  doctor_key,
	  CHECK_KEY,
	  SEVERITY_OK,
	  "is encrypted" },
	{ "key: encrypted, and not loaded",
	  { { &(CLOXXS_CONFDIR "/cloxxs.key.cred")[1], "x" },
	    { "etc/systemd/system/cloxxsd.service.d/key.conf",
	      "[Service]\n#LoadCredentialEncrypted=cloxxs.key:/x\n" } },
	  doctor_key,
	  CHECK_KEY,
	  SEVERITY_ERROR,
	  "nothing in" },
	{ "key: encrypted, and in clear",
	  { { &(CLOXXS_CONFDIR "/cloxxs.key.cred")[1], "x" },
	    { &(CLOXXS_CONFDIR "/cloxxs.key")[1], "x" },
	    { "etc/systemd/system/cloxxsd.service.d/key.conf",
	      "LoadCredentialEncrypted=cloxxs.key:/x\n" } },
	  doctor_key,
	  CHECK_KEY,
	  SEVERITY_WARNING,
	  "in clear" },
	{ "key: another history",
	  { { "etc/.hg", "x" } },
	  doctor_key,
	  CHECK_KEY_COPY,
	  SEVERITY_WARNING,
	  "/etc/.hg" },
	{ "recovery key",
	  { { "etc/hostname", "x" } },
	  doctor_key,
	  CHECK_RECOVERY_KEY,
	  SEVERITY_WARNING,
	  NULL },
};

static int say_nothing(const char *program, const char *const *argv,
		       uint32_t timeout_ms, struct text *output)
{
	(void)program;
	(void)argv;
	(void)timeout_ms;
	(void)output;
	fail_msg("a program was asked about another root");
	return -ENOENT;
}

static void put(const struct scratch *scratch, const struct file *file)
{
	char path[128], *slash;

	(void)scratch_path(scratch, file->path, path);
	for (slash = strchr(path + strlen(scratch->path) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	scratch_write(scratch, file->path, file->text, strlen(file->text),
		      0644);
}

static void look(const struct tree *tree)
{
	struct scratch scratch;
	struct doctor doctor;
	bool seen = !tree->seen;

	scratch_init(&scratch);
	for (size_t i = 0; i < ARRAY_SIZE(tree->files) && tree->files[i].path;
	     i++)
		put(&scratch, &tree->files[i]);
	doctor_init(&doctor, scratch.path, "/run/cloxxs/cloxxsd.sock");
	doctor.host.capture = say_nothing;
	tree->group(&doctor);
	for (size_t i = 0; i < doctor.findings.n; i++) {
		const struct finding *one = &doctor.findings.rows[i];

		if (one->check == tree->check && tree->seen &&
		    strstr(one->seen, tree->seen))
			seen = true;
	}
	if (tree->worst == SEVERITY_SKIPPED)
		assert_true(findings_count(&doctor.findings, SEVERITY_SKIPPED) >
			    0);
	else if (findings_worst_of(&doctor.findings, tree->check) !=
		 tree->worst)
		fail_msg("%s: %s", tree->name,
			 severity_names[findings_worst_of(&doctor.findings,
							  tree->check)]);
	if (!seen)
		fail_msg("%s: nothing says \"%s\"", tree->name, tree->seen);
	doctor_deinit(&doctor);
	scratch_deinit(&scratch);
}

static void test_trees(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		look(&trees[i]);
}

/* Nothing at all, and all groups. */
static void test_empty(void **state)
{
	struct scratch scratch;
	struct doctor doctor;

	(void)state;
	scratch_init(&scratch);
	doctor_init(&doctor, scratch.path, "/run/cloxxs/cloxxsd.sock");
	doctor.host.capture = say_nothing;
	doctor_look(&doctor);
	assert_int_equal(findings_worst(&doctor.findings), SEVERITY_ERROR);
	assert_true(findings_count(&doctor.findings, SEVERITY_SKIPPED) > 3);
	doctor_deinit(&doctor);
	scratch_deinit(&scratch);
}

static enum severity backup_of(bool recovery_key, json_t *status)
{
	struct scratch scratch;
	struct doctor doctor;
	enum severity worst;

	scratch_init(&scratch);
	if (recovery_key)
		put(&scratch,
		    &(struct file){ &(CLOXXS_CONFDIR "/recovery.pub")[1],
				    "x" });
	doctor_init(&doctor, scratch.path, "/run/cloxxs/cloxxsd.sock");
	doctor.host.capture = say_nothing;
	doctor.host.now = 1795400000;
	doctor.status = status;
	doctor_backups(&doctor);
	worst = findings_worst_of(&doctor.findings, CHECK_BACKUP);
	if (doctor.findings.n == 0)
		worst = _N_SEVERITIES;
	doctor_deinit(&doctor);
	scratch_deinit(&scratch);
	return worst;
}

static void test_backup_age(void **state)
{
	(void)state;
	assert_int_equal(backup_of(true, json_pack("{s:n}", "last_backup_at")),
			 SEVERITY_NOTE);
	assert_int_equal(
		backup_of(true, json_pack("{s:I}", "last_backup_at",
					  (json_int_t)1795400000 - 93600)),
		SEVERITY_OK);
	assert_int_equal(
		backup_of(true, json_pack("{s:I}", "last_backup_at",
					  (json_int_t)1795400000 - 93601)),
		SEVERITY_WARNING);
	/* Told by others: no recovery key, no daemon. */
	assert_int_equal(backup_of(false, json_pack("{s:n}", "last_backup_at")),
			 _N_SEVERITIES);
	assert_int_equal(backup_of(true, NULL), _N_SEVERITIES);
}

/* Takes status. */
static enum severity applications_of(json_t *status)
{
	struct doctor doctor;
	enum severity worst;

	doctor_init(&doctor, "/nowhere", "/run/cloxxs/cloxxsd.sock");
	doctor.status = status;
	doctor_accounts(&doctor);
	worst = findings_worst_of(&doctor.findings, CHECK_APPLICATIONS);
	doctor_deinit(&doctor);
	return worst;
}

static void test_applications(void **state)
{
	static const struct {
		const char *fault, *proxies;
		enum severity severity;
	} rows[] = {
		{ NULL, "direct", SEVERITY_OK },
		{ NULL, "127.0.0.1", SEVERITY_OK },
		{ NULL, "none", SEVERITY_WARNING },
		{ "is gone", "direct", SEVERITY_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			applications_of(json_pack(
				"{s:[{s:s, s:s, s:s, s:s?}]}", "applications",
				"service", "accounts", "account", "www-data",
				"proxies", rows[i].proxies, "fault",
				rows[i].fault)),
			rows[i].severity);
}

static enum severity countries_of(const char *state, bool needed, int64_t days)
{
	struct doctor doctor;
	enum severity worst;
	json_t *database =
		days < 0 ? json_null()
			 : json_pack("{s:s, s:I}", "type", "T", "built",
				     (json_int_t)(1795400000 - days * 86400));

	doctor_init(&doctor, "/nowhere", "/run/cloxxs/cloxxsd.sock");
	doctor.host.now = 1795400000;
	doctor.status =
		json_pack("{s:{s:s, s:b, s:s, s:n, s:i, s:o}}", "geoip",
			  "state", state, "needed", (int)needed, "path", "/x",
			  "fault", "max_age", 45 * 86400, "database", database);
	doctor_countries(&doctor);
	worst = findings_worst_of(&doctor.findings, CHECK_COUNTRIES);
	assert_int_equal(doctor.findings.n, 1);
	doctor_deinit(&doctor);
	return worst;
}

static void test_countries(void **state)
{
	struct doctor doctor;

	(void)state;
	assert_int_equal(countries_of("ok", true, 30), SEVERITY_OK);
	assert_int_equal(countries_of("ok", true, 31), SEVERITY_WARNING);
	assert_int_equal(countries_of("old", true, 46), SEVERITY_ERROR);
	assert_int_equal(countries_of("missing", true, -1), SEVERITY_ERROR);
	/* No rule goes by them. */
	assert_int_equal(countries_of("ok", false, 31), SEVERITY_NOTE);
	assert_int_equal(countries_of("old", false, 46), SEVERITY_NOTE);
	assert_int_equal(countries_of("missing", false, -1), SEVERITY_NOTE);
	/* A daemon that does not answer is told of already. */
	doctor_init(&doctor, "/nowhere", "/run/cloxxs/cloxxsd.sock");
	doctor_countries(&doctor);
	assert_int_equal(doctor.findings.n, 0);
	doctor_deinit(&doctor);
}

/* What is said of status, or _N_SEVERITIES where nothing is. */
static enum severity said_of(json_t *status, json_t *users,
			     void (*group)(struct doctor *doctor),
			     enum check check, const char *seen)
{
	enum severity worst = _N_SEVERITIES;
	bool found = !seen;
	struct doctor doctor;

	doctor_init(&doctor, "/nowhere", "/run/cloxxs/cloxxsd.sock");
	doctor.host.now = 1795400000;
	doctor.host.capture = say_nothing;
	doctor.status = status;
	doctor.users = users;
	group(&doctor);
	for (size_t i = 0; i < doctor.findings.n; i++) {
		const struct finding *one = &doctor.findings.rows[i];

		if (one->check != check)
			continue;
		worst = findings_worst_of(&doctor.findings, check);
		found = found || strstr(one->seen, seen);
	}
	if (!found)
		fail_msg("nothing says \"%s\"", seen);
	doctor_deinit(&doctor);
	return worst;
}

static enum severity behind_of(int64_t latest, const char *seen)
{
	return said_of(json_pack("{s:I}", "latest", (json_int_t)latest), NULL,
		       doctor_host, CHECK_CLOCK_BEHIND, seen);
}

static void test_clock_behind(void **state)
{
	(void)state;
	assert_int_equal(behind_of(1795400000 - 3, NULL), SEVERITY_OK);
	assert_int_equal(behind_of(1795400000 + 60, NULL), SEVERITY_OK);
	assert_int_equal(behind_of(1795400000 + 61, "it was 2026-11-23T"),
			 SEVERITY_WARNING);
	assert_int_equal(behind_of(1795400000 + 86401, NULL), SEVERITY_ERROR);
	assert_int_equal(behind_of(1795400000 + 366 * 86400, "it was 2027"),
			 SEVERITY_ERROR);
	/* A daemon that does not tell. */
	assert_int_equal(said_of(json_object(), NULL, doctor_host,
				 CHECK_CLOCK_BEHIND, NULL),
			 _N_SEVERITIES);
}

static enum severity networks_of(const char *networks, const char *origin,
				 const char *service, const char *seen)
{
	json_t *users = json_pack("[{s:s, s:[s]}, {s:s, s:[s]}]", "role",
				  "user", "services", "sshd", "role",
				  "administrator", "services", service);

	return said_of(json_pack("{s:s, s:[s], s:[]}", "administrator_networks",
				 networks, "unmanaged_origin", origin,
				 "unmanaged_deny"),
		       users, doctor_wayin, CHECK_ADMINISTRATOR_NETWORKS, seen);
}

static void test_administrator_networks(void **state)
{
	(void)state;
	assert_int_equal(networks_of("10.9.0.0/24", "sshd", "sshd", "10.9.0.0"),
			 SEVERITY_OK);
	/* Without a limit, or with nowhere. */
	assert_int_equal(networks_of("any", "sshd", "sshd", "wherever"),
			 SEVERITY_WARNING);
	assert_int_equal(networks_of("any", "sshd", "login", "wherever"),
			 SEVERITY_WARNING);
	assert_int_equal(
		networks_of("none", "sshd", "sshd", "1 administrators"),
		SEVERITY_WARNING);
	assert_int_equal(networks_of("none", "sshd", "login",
				     "no administrator comes by ssh"),
			 SEVERITY_OK);
	assert_int_equal(networks_of("10.9.0.0/24", "dovecot", "sshd",
				     "does not name sshd"),
			 SEVERITY_WARNING);
	assert_int_equal(said_of(json_object(), NULL, doctor_wayin,
				 CHECK_ADMINISTRATOR_NETWORKS, NULL),
			 _N_SEVERITIES);
}

/* What is foreign in a finding cannot speak to a terminal. */
static void test_findings(void **state)
{
	struct findings findings = { 0 };
	struct finding *one;

	(void)state;
	assert_int_equal(findings_worst(&findings), SEVERITY_SKIPPED);
	one = findings_add(&findings, CHECK_KEY, SEVERITY_WARNING, "%s",
			   "a\033[2J\nb");
	assert_string_equal(one->seen, "a\\x1b[2J\\x0ab");
	assert_string_equal(one->mend, check_rows[CHECK_KEY].mend);
	finding_mend(one, "rm %s", "x\ny");
	assert_string_equal(one->mend, "rm x\\x0ay");
	for (int i = 0; i < 300; i++)
		(void)findings_add(&findings, CHECK_MAP, SEVERITY_OK, "%d", i);
	assert_int_equal(findings.n, 301);
	assert_int_equal(findings_worst(&findings), SEVERITY_WARNING);
	assert_int_equal(findings_worst_of(&findings, CHECK_MAP), SEVERITY_OK);
	findings.incomplete = true;
	assert_int_equal(findings_worst(&findings), SEVERITY_ERROR);
	findings_deinit(&findings);
	for (int i = 0; i < _N_CHECKS; i++) {
		assert_non_null(check_rows[i].name);
		assert_true(strlen(check_rows[i].why) > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_124_plain),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_switch_twice),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_backup_age),
		cmocka_unit_test(test_applications),
		cmocka_unit_test(test_countries),
		cmocka_unit_test(test_clock_behind),
		cmocka_unit_test(test_administrator_networks),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
