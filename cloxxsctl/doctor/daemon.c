/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket, and what the daemon says of itself. */
#include "cloxxsctl/doctor/doctor.h"

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "varlink/client.h"

#define ANSWER_MAX_MS 700
/* What a busy host has on its way at any moment. */
#define UNPUBLISHED_MAX 100
#define UNSEEN_MAX_S 86400
/* Older than this a list misses what was stolen since. */
#define BREACHED_DAYS 366
/* There are more than we look at; no error of the client's. */
#define MORE_USERS 1000

static void check_socket(struct doctor *doctor)
{
	char directory[PATH_MAX];
	struct stat status;
	struct text text;
	const char *slash = strrchr(doctor->socket, '/');
	int r;

	text_init(&text, directory, sizeof(directory));
	text_add_bytes(&text, doctor->socket,
		       slash > doctor->socket ? (size_t)(slash - doctor->socket)
					      : 1);
	r = host_lstat(&doctor->host, directory, &status);
	if (r == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)))
		finding_mend(doctor_say(doctor, CHECK_SOCKET, SEVERITY_ERROR,
					"%s may be written by others than its "
					"owner (mode %04o)",
					directory, status.st_mode & 07777),
			     "chmod 0755 %s", directory);
	r = host_lstat(&doctor->host, doctor->socket, &status);
	if (r == -ENOENT)
		doctor_say(doctor, CHECK_SOCKET, SEVERITY_ERROR,
			   "%s is not there", doctor->socket);
	else if (r < 0)
		doctor_skip(doctor, CHECK_SOCKET, doctor->socket, r);
	else if (!S_ISSOCK(status.st_mode))
		doctor_say(doctor, CHECK_SOCKET, SEVERITY_ERROR,
			   "%s is no socket", doctor->socket);
	else if ((status.st_mode & 0666) != 0666)
		doctor_say(doctor, CHECK_SOCKET, SEVERITY_ERROR,
			   "%s has mode %04o, not 0666: not everybody may ask",
			   doctor->socket, status.st_mode & 07777);
	else if (findings_worst_of(&doctor->findings, CHECK_SOCKET) ==
		 SEVERITY_OK)
		doctor_say(doctor, CHECK_SOCKET, SEVERITY_OK,
			   "%s, mode %04o, owner %" PRIu32, doctor->socket,
			   status.st_mode & 07777, (uint32_t)status.st_uid);
}

static int keep_user(json_t *reply, void *userdata)
{
	struct doctor *doctor = userdata;
	json_t *user = json_object_get(reply, "user");

	if (!user)
		return 0;
	if (json_array_size(doctor->users) >= DOCTOR_USERS_MAX)
		return MORE_USERS;
	return json_array_append(doctor->users, user) < 0 ? -ENOMEM : 0;
}

static void ask_users(struct doctor *doctor, struct varlink_client *client)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r;

	doctor->users = json_array();
	r = varlink_client_stream(client, "nl.cloxxs.Admin.ListUsers", NULL,
				  keep_user, doctor, &reply, &error);
	if (!doctor_is_answered(doctor, CHECK_DAEMON, "users",
				r == MORE_USERS ? 0 : r, error)) {
		json_decref(doctor->users);
		doctor->users = NULL;
	}
}

/* Each is looked for within minutes, and twice where it was lost. */
static void judge_unseen(struct doctor *doctor)
{
	int64_t since;

	if (!output_member_int(doctor->status, "unseen_since", &since) ||
	    doctor->host.now - since <= UNSEEN_MAX_S)
		return;
	finding_mend(doctor_say(doctor, CHECK_AUDIT_CONFIRM, SEVERITY_WARNING,
				"records were not seen in the journal for "
				"%" PRId64 " h",
				(doctor->host.now - since) / 3600),
		     "journalctl -u cloxxs-audit-confirm.service -n 20");
}

static void judge_status(struct doctor *doctor)
{
	const char *version = output_member(doctor->status, "version", "?");
	const char *configuration =
		output_member(doctor->status, "configuration", "?");
	int64_t unpublished = 0;

	doctor_say(doctor, CHECK_VERSION,
		   strcmp(version, PACKAGE_VERSION) == 0 ? SEVERITY_OK
							 : SEVERITY_WARNING,
		   "cloxxsd %s, cloxxsctl %s", version, PACKAGE_VERSION);
	doctor_say(doctor, CHECK_CONFIGURATION,
		   strcmp(configuration, "ok") == 0 ? SEVERITY_OK
						    : SEVERITY_ERROR,
		   "%s", configuration);
	(void)output_member_int(doctor->status, "unpublished", &unpublished);
	doctor_say(doctor, CHECK_LEDGER,
		   unpublished > UNPUBLISHED_MAX ? SEVERITY_WARNING
						 : SEVERITY_OK,
		   "records that are still to come to the journal: %" PRId64,
		   unpublished);
	judge_unseen(doctor);
}

static bool is_among(const json_t *list, const char *word)
{
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)list, i, one)
	{
		const char *value = json_string_value(one);

		if (value && strcmp(value, word) == 0)
			return true;
	}
	return false;
}

static void judge_notice(struct doctor *doctor)
{
	const json_t *notice = doctor->notice;
	const char *source = output_member(notice, "source", "?");
	bool dutch = is_among(json_object_get(notice, "languages"), "nl");

	if (!json_is_true(json_object_get(notice, "show")) &&
	    strcmp(output_member(notice, "require", "no"), "no") == 0)
		doctor_say(doctor, CHECK_NOTICE, SEVERITY_WARNING,
			   "nobody is shown the notice: neither show nor "
			   "require of [notice] is set");
	else if (!dutch && strstr(source, "%l"))
		doctor_say(doctor, CHECK_NOTICE, SEVERITY_WARNING,
			   "%s has no text in nl: Dutch users are shown the "
			   "one in en",
			   source);
	else
		doctor_say(doctor, CHECK_NOTICE,
			   dutch ? SEVERITY_OK : SEVERITY_NOTE,
			   "version %s, %s",
			   output_member(notice, "version", "?"),
			   dutch ? "in English and Dutch"
				 : "one text for all languages");
}

static void check_notice(struct doctor *doctor, struct varlink_client *client)
{
	const char *error = NULL;
	json_t *reply = NULL;
	int r = varlink_client_call(client, "nl.cloxxs.Admin.GetNotice", NULL,
				    &reply, &error);

	if (!doctor_is_answered(doctor, CHECK_NOTICE, "the notice", r, error)) {
		json_decref(reply);
		return;
	}
	doctor->notice = reply;
	judge_notice(doctor);
}

static void daemon_refused(struct doctor *doctor, const char *error)
{
	if (strcmp(error, "org.varlink.service.PermissionDenied") == 0)
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_SKIPPED,
			   "it answers, and tells you nothing: be root, or an "
			   "administrator");
	else
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_ERROR,
			   "it answers %s when asked how it does", error);
}

static void daemon_failed(struct doctor *doctor, int error)
{
	switch (error) {
	case VARLINK_CLIENT_E_IMPOSTOR:
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_ERROR,
			   "%s: somebody else answers, or others may write "
			   "where it stands",
			   doctor->socket);
		return;
	case VARLINK_CLIENT_E_UNREACHABLE:
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_ERROR,
			   "nobody answers at %s within %d ms", doctor->socket,
			   ANSWER_MAX_MS);
		return;
	default:
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_ERROR,
			   "the answer at %s cannot be read", doctor->socket);
	}
}

/* How the settings in the file would be taken: without a daemon to ask. */
static void check_file(struct doctor *doctor)
{
	static const char *const argv[] = { CLOXXS_SBINDIR "/cloxxsd",
					    "--check-config", NULL };
	char said[512];
	struct text text;
	char *end;
	int r;

	text_init(&text, said, sizeof(said));
	r = host_ask(&doctor->host, argv, &text);
	end = strchr(said, '\n');
	if (end)
		*end = '\0';
	if (r < 0)
		doctor_skip(doctor, CHECK_CONFIGURATION, argv[0], r);
	else if (r > 0)
		doctor_say(doctor, CHECK_CONFIGURATION, SEVERITY_ERROR, "%s",
			   said);
	else if (!doctor->status)
		doctor_say(doctor, CHECK_CONFIGURATION, SEVERITY_OK,
			   "the daemon would take what is in the files");
}

/* It is the daemon that must be able to read it: what root sees is no proof. */
static void judge_breached(struct doctor *doctor)
{
	const char *list = output_member(doctor->status, "breached", NULL);
	const char *fault =
		output_member(doctor->status, "breached_fault", NULL);
	int64_t modified = 0, days;

	if (!list || fault) {
		doctor_say(doctor, CHECK_BREACHED,
			   list ? SEVERITY_ERROR : SEVERITY_OK, "%s",
			   list ? fault
				: "no list of breached passwords is "
				  "configured");
		return;
	}
	(void)output_member_int(doctor->status, "breached_modified", &modified);
	days = (doctor->host.now - modified) / 86400;
	doctor_say(doctor, CHECK_BREACHED,
		   days > BREACHED_DAYS ? SEVERITY_WARNING : SEVERITY_OK,
		   "%s can be searched, and is %" PRId64 " days old", list,
		   days);
}

void doctor_daemon(struct doctor *doctor)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	const char *error = NULL;
	json_t *reply = NULL;
	int r;

	check_socket(doctor);
	check_file(doctor);
	if (!host_is_live(&doctor->host)) {
		doctor_skip(doctor, CHECK_DAEMON, "the daemon", -ENOTSUP);
		return;
	}
	r = varlink_client_new(doctor->socket, ANSWER_MAX_MS, &client);
	if (r == 0)
		r = varlink_client_call(client, "nl.cloxxs.Admin.Status", NULL,
					&reply, &error);
	if (r != 0) {
		daemon_failed(doctor, r);
	} else if (error) {
		daemon_refused(doctor, error);
		json_decref(reply);
	} else {
		doctor->status = reply;
		doctor_say(doctor, CHECK_DAEMON, SEVERITY_OK,
			   "cloxxsd answers in time");
		judge_status(doctor);
		judge_breached(doctor);
		check_notice(doctor, client);
		doctor_alarms(doctor, client);
		doctor_codes(doctor, client);
		ask_users(doctor, client);
	}
}
