/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key of the store: there, root's alone, and in no other place. */
#include "cloxxsctl/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "cloxxsctl/key_credential.h"

#define KEY CLOXXS_CONFDIR "/cloxxs.key"
#define KEY_BYTES 32

/* A credential of the unit in the key's place: systemd-creds. */
static bool has_credential(const struct doctor *doctor)
{
	return host_has(&doctor->host, "/etc/credstore.encrypted/cloxxs.key") ||
	       host_has(&doctor->host, "/etc/credstore/cloxxs.key");
}

/* It is encrypted on purpose: then no plain one may lie beside it. */
static void check_credential(struct doctor *doctor)
{
	if (!key_credential_is_loaded(&doctor->host))
		finding_mend(doctor_say(doctor, CHECK_KEY, SEVERITY_ERROR,
					KEY_CREDENTIAL_FILE
					" is there, and "
					"nothing in " KEY_CREDENTIAL_DROPINS
					" has the daemon load it"),
			     "make the drop-in, see cloxxsd(8), or remove the "
			     "file");
	else if (host_has(&doctor->host, KEY))
		finding_mend(
			doctor_say(
				doctor, CHECK_KEY, SEVERITY_WARNING,
				KEY
				" lies in clear beside " KEY_CREDENTIAL_FILE),
			"when the daemon runs with the encrypted one: "
			"shred -u " KEY);
	else
		doctor_say(doctor, CHECK_KEY, SEVERITY_OK,
			   "the key is encrypted, " KEY_CREDENTIAL_FILE);
}

static void check_file(struct doctor *doctor)
{
	struct stat status;
	int r = host_lstat(&doctor->host, KEY, &status);

	/* One that nothing loads, beside a plain one, is not in use. */
	if (host_has(&doctor->host, KEY_CREDENTIAL_FILE) &&
	    (r == -ENOENT || key_credential_is_loaded(&doctor->host))) {
		check_credential(doctor);
		return;
	}
	if (r == -ENOENT && has_credential(doctor))
		doctor_say(doctor, CHECK_KEY, SEVERITY_OK,
			   "the key is a credential of systemd's");
	else if (r == -ENOENT)
		finding_mend(doctor_say(doctor, CHECK_KEY, SEVERITY_ERROR,
					KEY " is not there"),
			     "bring the key back from its copy; for a store "
			     "without users: cloxxsctl key create " KEY);
	else if (r < 0)
		doctor_skip(doctor, CHECK_KEY, KEY, r);
	else if (!S_ISREG(status.st_mode))
		doctor_say(doctor, CHECK_KEY, SEVERITY_ERROR,
			   KEY " is no file");
	else if (status.st_uid != 0 || (status.st_mode & 0077))
		doctor_say(doctor, CHECK_KEY, SEVERITY_ERROR,
			   KEY " has mode %04o and owner %" PRIu32
			       ": others than root can read or replace it",
			   status.st_mode & 07777, (uint32_t)status.st_uid);
	else if (status.st_size == 0 || status.st_size % KEY_BYTES != 0)
		finding_mend(doctor_say(doctor, CHECK_KEY, SEVERITY_ERROR,
					KEY " has %lld bytes: no key of ours",
					(long long)status.st_size),
			     "bring the key back from its copy");
	else
		doctor_say(doctor, CHECK_KEY, SEVERITY_OK,
			   KEY ", mode %04o, root's", status.st_mode & 07777);
}

/* etckeeper and the like keep the history of all of /etc. */
static void check_copy(struct doctor *doctor)
{
	static const char *const argv[] = {
		"/usr/bin/git",      "-C", "/etc", "ls-files", "--",
		"cloxxs/cloxxs.key", NULL,
	};
	static const char *const others[] = { "/etc/.hg", "/etc/.bzr",
					      "/etc/_darcs" };
	char said[256];
	struct text text;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (host_has(&doctor->host, others[i]))
			doctor_say(doctor, CHECK_KEY_COPY, SEVERITY_WARNING,
				   "%s keeps a history of /etc: see that " KEY
				   " is not in it",
				   others[i]);
	if (!host_has(&doctor->host, "/etc/.git")) {
		if (findings_worst_of(&doctor->findings, CHECK_KEY_COPY) ==
		    SEVERITY_OK)
			doctor_say(doctor, CHECK_KEY_COPY, SEVERITY_OK,
				   "no history of /etc is kept");
		return;
	}
	text_init(&text, said, sizeof(said));
	r = host_ask(&doctor->host, argv, &text);
	if (r != 0)
		doctor_skip(doctor, CHECK_KEY_COPY, "/etc/.git",
			    r < 0 ? r : -EIO);
	else if (strstr(said, "cloxxs.key"))
		doctor_say(doctor, CHECK_KEY_COPY, SEVERITY_ERROR,
			   "/etc/.git has " KEY " in its history");
	else
		doctor_say(doctor, CHECK_KEY_COPY, SEVERITY_OK,
			   "/etc/.git does not hold the key");
}

static void check_recovery(struct doctor *doctor)
{
	if (host_has(&doctor->host, CLOXXS_CONFDIR "/recovery.pub"))
		doctor_say(doctor, CHECK_RECOVERY_KEY, SEVERITY_OK,
			   CLOXXS_CONFDIR "/recovery.pub is there");
	else
		doctor_say(doctor, CHECK_RECOVERY_KEY, SEVERITY_WARNING,
			   "there is no " CLOXXS_CONFDIR "/recovery.pub");
}

void doctor_key(struct doctor *doctor)
{
	check_file(doctor);
	check_copy(doctor);
	check_recovery(doctor);
}
