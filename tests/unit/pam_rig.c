/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pam_rig.h"

static const struct fake_account accounts[] = {
	{ "root", 0 },      { "toor", 0 },   { "daemon", 1 },
	{ "local", 1000 },  { "bob", 1000 }, { "stray", 70000 },
	{ "alice", 66001 },
};

static void write_map(const char *path)
{
	static const struct fake_account ours[] = {
		{ "alice", 66001 }, { "bob", 66002 },    { "carol", 66003 },
		{ "toor", 66004 },  { "daemon", 66005 }, { "root", 66006 },
	};
	struct map_writer *writer = raw_map_new(path, MAP_KIND_IDENTITY);

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		const struct identity_user user =
			user_of(ours[i].name, ours[i].uid);

		raw_map_user(writer, &user);
	}
	raw_map_publish(writer);
	map_writer_free(writer);
}

int pam_rig_setup(void **state)
{
	struct pam_rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	write_map(rig->scratch.path);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	rig->module = (struct module){ rig->daemon.path, rig->scratch.path,
				       60000, "/nonexistent" };
	fake_pam_init(&rig->pam);
	*state = rig;
	return 0;
}

int pam_rig_teardown(void **state)
{
	struct pam_rig *rig = *state;

	fake_pam_deinit(&rig->pam);
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

void pam_rig_begin(struct pam_rig *rig, const char *user,
		   const char *const *script)
{
	fake_pam_deinit(&rig->pam);
	fake_pam_init(&rig->pam);
	fake_pam_item(&rig->pam, PAM_SERVICE, "sshd");
	fake_pam_item(&rig->pam, PAM_USER, user);
	memcpy(rig->pam.accounts, accounts, sizeof(accounts));
	fake_daemon_script(&rig->daemon, script);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* abuse-16 in every test: descriptors 0 to 2 are the host's. */
int pam_rig_run(struct pam_rig *rig, enum phase phase, int flags,
		const char *const *argv)
{
	const bool open_before[] = { is_open(0), is_open(1), is_open(2) };
	int argc = 0, r;

	while (argv && argv[argc])
		argc++;
	r = phase_run(&rig->module, phase, &rig->pam, flags, argc,
		      (const char **)argv);
	for (int fd = 0; fd < 3; fd++)
		if (is_open(fd) != open_before[fd])
			abort();
	return r;
}

static void expect(const char *what, const char *part, const char *expected,
		   const char *found)
{
	if (expected && strcmp(expected, found ? found : "") != 0)
		fail_msg("%s: %s: '%s', not '%s'", what, part,
			 found ? found : "", expected);
}

void pam_rig_check_row(struct pam_rig *rig, const struct pam_row *row, int r)
{
	struct pam_handle *pam = &rig->pam;

	if (r != row->expected)
		fail_msg("%s: %d, not %d: %s", row->what, r, row->expected,
			 pam->log);
	expect(row->what, "transcript", row->transcript,
	       pam->person.transcript);
	expect(row->what, "pass", row->pass, pam_getenv(pam, "CLOXXS_PASS"));
	expect(row->what, "token", row->new_token, pam->items[PAM_AUTHTOK]);
	expect(row->what, "old token", row->new_old_token,
	       pam->items[PAM_OLDAUTHTOK]);
	if (row->log && !strstr(pam->log, row->log))
		fail_msg("%s: log: %s", row->what, pam->log);
	if (fake_daemon_n_requests(&rig->daemon) != row->n_requests)
		fail_msg("%s: %d requests", row->what,
			 fake_daemon_n_requests(&rig->daemon));
}

void pam_rig_begin_row(struct pam_rig *rig, const struct pam_row *row)
{
	pam_rig_begin(rig, row->user, row->replies);
	memcpy(rig->pam.person.answers, row->answers, sizeof(row->answers));
	fake_pam_item(&rig->pam, PAM_AUTHTOK, row->token);
	fake_pam_item(&rig->pam, PAM_OLDAUTHTOK, row->old_token);
	fake_pam_item(&rig->pam, PAM_RHOST, row->host);
}
