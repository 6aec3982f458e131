/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps, in an order in which each moment leaves a machine to log in to:
 * nothing that exists is touched before the daemon answers, and the stacks of
 * PAM, which only then can ask it, come last.
 */
#include "cloxxsctl/setup/setup.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/geoip.h"
#include "cloxxsctl/key.h"
#include "cloxxsctl/key_file.h"
#include "cloxxsctl/password_view.h"
#include "cloxxsctl/program.h"
#include "cloxxsctl/setup/origin.h"
#include "cloxxsctl/setup/switch_edit.h"
#include "cloxxsctl/word_list.h"

#define KEY CLOXXS_CONFDIR "/cloxxs.key"
#define STORE CLOXXS_STATEDIR "/private/store.db"
#define SWITCH "/etc/nsswitch.conf"
#define DAEMON_MAX_MS 20000

/* The daemon's user and its directories: packages have made them. */

static bool has_user(const struct setup *setup)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line;

	if (host_read(&setup->host, "/etc/passwd", &text) < 0)
		return false;
	lines = lines_of(text);
	while ((line = lines_next(&lines)))
		if (strcmp(lines_field(&line, ':'), CLOXXS_USER) == 0)
			return true;
	return false;
}

static bool needs_user(struct setup *setup)
{
	return !has_user(setup) || !host_has(&setup->host, CLOXXS_CONFDIR) ||
	       !host_has(&setup->host, CLOXXS_STATEDIR);
}

static int make_user(struct setup *setup)
{
	static const char *const users[] = { "/usr/bin/systemd-sysusers",
					     "cloxxs.conf", NULL };
	static const char *const places[] = { "/usr/bin/systemd-tmpfiles",
					      "--create", "cloxxs.conf", NULL };
	int status = STATUS_OK;

	if (!has_user(setup)) {
		status = setup_record(setup, "user", CLOXXS_USER);
		if (status == STATUS_OK)
			status = setup_command(setup, users);
	}
	return status == STATUS_OK ? setup_command(setup, places) : status;
}

/* The key. */

static bool needs_key(struct setup *setup)
{
	return !host_has(&setup->host, KEY) &&
	       !host_has(&setup->host, KEY ".cred") &&
	       !host_has(&setup->host, "/etc/credstore.encrypted/cloxxs.key") &&
	       !host_has(&setup->host, "/etc/credstore/cloxxs.key");
}

static int make_key(struct setup *setup)
{
	int status, r;

	if (host_has(&setup->host, STORE))
		return ctl_fail(setup->ctl, setup->command, STATUS_CONFLICT,
				"there is a store and no key for it: bring "
				"back " KEY ", or move " CLOXXS_STATEDIR
				" away");
	if (setup->dry) {
		fputs("would make: " KEY "\n", setup->stream);
		return STATUS_OK;
	}
	status = setup_record(setup, "key", KEY);
	if (status != STATUS_OK)
		return status;
	r = key_file_create(KEY);
	return r < 0 ? setup_fail(setup, KEY, r) : STATUS_OK;
}

/* The units. */

static const char *const units[] = {
	"cloxxsd.socket",
	"cloxxsd.service",
	"cloxxs-audit-confirm.timer",
};

/* What systemctl says in a word: "enabled", "active". */
static bool unit_is(const struct setup *setup, const char *verb,
		    const char *unit, const char *word)
{
	const char *const argv[] = { SETUP_SYSTEMCTL, verb, unit, NULL };
	char said[128];
	struct text text;

	(void)setup;
	text_init(&text, said, sizeof(said));
	if (setup->host.capture(argv[0], argv, 5000, &text) < 0)
		return false;
	said[strcspn(said, "\n")] = '\0';
	return strcmp(said, word) == 0;
}

static bool needs_units(struct setup *setup)
{
	if (!setup_has_systemd(setup))
		return !setup_daemon_answers(setup, 0);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!unit_is(setup, "is-enabled", units[i], "enabled") ||
		    !unit_is(setup, "is-active", units[i], "active"))
			return true;
	return false;
}

static int note_unit(struct setup *setup, const char *unit)
{
	int status = STATUS_OK;

	if (!unit_is(setup, "is-enabled", unit, "enabled"))
		status = setup_record(setup, "enabled", unit);
	if (status == STATUS_OK && !unit_is(setup, "is-active", unit, "active"))
		status = setup_record(setup, "started", unit);
	return status;
}

static int start_units(struct setup *setup)
{
	static const char *const reload[] = { SETUP_SYSTEMCTL, "daemon-reload",
					      NULL };
	const char *const enable[] = {
		SETUP_SYSTEMCTL, "enable", "--now", units[0],
		units[1],        units[2], NULL
	};
	int status = STATUS_OK;

	if (!setup_has_systemd(setup)) {
		if (setup->dry) {
			fputs("would need: cloxxsd, started by you\n",
			      setup->stream);
			return STATUS_OK;
		}
		return ctl_fail(setup->ctl, setup->command, STATUS_UNAVAILABLE,
				"this system was not started by systemd: start "
				"cloxxsd yourself, and call again");
	}
	for (size_t i = 0; i < ARRAY_SIZE(units) && status == STATUS_OK; i++)
		if (!setup->dry)
			status = note_unit(setup, units[i]);
	if (status == STATUS_OK)
		status = setup_command(setup, reload);
	if (status == STATUS_OK)
		status = setup_command(setup, enable);
	if (status == STATUS_OK && !setup->dry &&
	    !setup_daemon_answers(setup, DAEMON_MAX_MS))
		return ctl_fail(setup->ctl, setup->command, STATUS_UNAVAILABLE,
				"cloxxsd was started and does not answer; see "
				"\"journalctl -u cloxxsd -n 50\"");
	return status;
}

/* Backups: without a recovery key none can be made. */

static const char timer[] = "cloxxs-backup.timer";

static bool needs_timer(struct setup *setup)
{
	return setup_has_systemd(setup) &&
	       (setup->recovery || host_has(&setup->host, SETUP_RECOVERY)) &&
	       (!unit_is(setup, "is-enabled", timer, "enabled") ||
		!unit_is(setup, "is-active", timer, "active"));
}

static int start_timer(struct setup *setup)
{
	const char *const enable[] = { SETUP_SYSTEMCTL, "enable", "--now",
				       timer, NULL };
	int status = setup->dry ? STATUS_OK : note_unit(setup, timer);

	return status == STATUS_OK ? setup_command(setup, enable) : status;
}

/* The recovery key: the verb of that name, as if it had been called. */

static bool needs_recovery(struct setup *setup)
{
	return setup->recovery && !host_has(&setup->host, SETUP_RECOVERY);
}

static int make_recovery(struct setup *setup)
{
	const char *identity = setup->command->values[OPTION_IDENTITY];
	struct command command = {
		.row = grammar_find(setup->ctl->verbs, "key", "recovery"),
		.given = identity ? OPTION_BIT(OPTION_IDENTITY) : 0,
	};
	int status;

	if (setup->dry) {
		fprintf(setup->stream,
			"would run: cloxxsctl key recovery%s%s\n",
			identity ? " --identity " : "",
			identity ? identity : "");
		return STATUS_OK;
	}
	command.values[OPTION_IDENTITY] = identity;
	status = setup_record(setup, "recovery-key", SETUP_RECOVERY);
	return status == STATUS_OK ? key_run_recovery(setup->ctl, &command)
				   : status;
}

/* The country database: the daemon takes it. */

static bool needs_countries(struct setup *setup)
{
	return *setup->countries != '\0';
}

static int import_countries(struct setup *setup)
{
	const struct command command = {
		.row = grammar_find(setup->ctl->verbs, "geoip", "import"),
		.operands = { setup->countries },
	};
	scope(json_decrefp) json_t *reply = NULL;

	if (setup->dry) {
		fprintf(setup->stream, "would run: cloxxsctl geoip import %s\n",
			setup->countries);
		return STATUS_OK;
	}
	return geoip_import(setup->ctl, &command, setup->countries, &reply);
}

/* The first administrator. */

static bool needs_administrator(struct setup *setup)
{
	return *setup->administrator != '\0';
}

static int client_failed(struct setup *setup, enum failure_call call, int error)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_client(&text, setup->ctl->socket, call, error);
	return ctl_fail(setup->ctl, setup->command, status, sentence);
}

static int reply_failed(struct setup *setup, const char *error,
			const json_t *reply)
{
	char sentence[FAILURE_LINE_MAX];
	enum failure_status status;
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	status = failure_of_reply(&text, setup->command, error, reply);
	return ctl_fail(setup->ctl, setup->command, status, sentence);
}

/* Is he there from an earlier run? Then his password may never have been seen.
 */
static bool is_there(struct setup *setup, struct varlink_client *client)
{
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	const json_t *user;

	if (varlink_client_call(
		    client, "nl.cloxxs.Admin.GetUser",
		    json_pack("{s:s}", "name", setup->administrator), &reply,
		    &error) != 0 ||
	    error)
		return false;
	user = json_object_get(reply, "user");
	fprintf(setup->stream, "User %s is there already",
		setup->administrator);
	if (strcmp(output_member(user, "role", ""), "administrator") != 0)
		fputs(", and is no administrator", setup->stream);
	if (strcmp(output_member(user, "password", ""), "temporary") == 0)
		fprintf(setup->stream,
			"; if nobody has seen the temporary password: "
			"cloxxsctl user reset-password %s",
			setup->administrator);
	fputs(".\n", setup->stream);
	return true;
}

static int add_administrator(struct setup *setup)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *reply = NULL;
	const char *error = NULL;
	int r, status;

	if (setup->dry) {
		fprintf(setup->stream,
			"would run: cloxxsctl user add %s --role administrator "
			"--services %s\n",
			setup->administrator, setup->services);
		return STATUS_OK;
	}
	r = varlink_client_new(setup->ctl->socket, setup->ctl->timeout_ms,
			       &client);
	if (r != 0)
		return client_failed(setup, FAILURE_NOT_ASKED, r);
	if (is_there(setup, client))
		return STATUS_OK;
	status = setup_record(setup, "administrator", setup->administrator);
	if (status != STATUS_OK)
		return status;
	r = varlink_client_call(client, "nl.cloxxs.Admin.AddUser",
				json_pack("{s:s, s:s, s:o}", "name",
					  setup->administrator, "role",
					  "administrator", "services",
					  word_list_json(setup->services)),
				&reply, &error);
	if (r != 0)
		return client_failed(setup, FAILURE_CHANGE_ASKED, r);
	if (error)
		return reply_failed(setup, error, reply);
	r = password_view(setup->ctl->output, setup->administrator, reply);
	return r < 0 ? setup_fail(setup, "standard output", r) : STATUS_OK;
}

/* The name service. */

static char *edited_switch(void)
{
	scope(scope_free) char *text = NULL;
	char *edited = NULL;

	if (record_read_file(SWITCH, &text) < 0 ||
	    switch_edit(text, &edited) < 0)
		return NULL;
	if (strcmp(text, edited) != 0)
		return edited;
	free(edited);
	return NULL;
}

static bool needs_switch(struct setup *setup)
{
	scope(scope_free) char *edited = edited_switch();

	(void)setup;
	return edited != NULL;
}

static int change_switch(struct setup *setup)
{
	scope(scope_free) char *edited = edited_switch();

	return edited ? setup_change_file(setup, SWITCH, edited, 0644)
		      : STATUS_OK;
}

/* sshd. */

static char *snippet(void)
{
	static const char *const places[] = {
		CLOXXS_DATADIR "/10-cloxxs.conf",
		CLOXXS_EXAMPLESDIR "/10-cloxxs.conf",
	};
	char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (record_read_file(places[i], &text) == 0)
			return text;
	return NULL;
}

/* The command that sshd runs for keys as it is now, where it is none of ours.
 */
static bool has_keys_command(void)
{
	static const char *const argv[] = { SETUP_SSHD, "-T", NULL };
	const size_t size = 32768;
	scope(scope_free) char *said = malloc(size);
	const char *line;
	struct text text;

	if (!said)
		return false;
	text_init(&text, said, size);
	/* Where it cannot say, its settings are not sound anyway. */
	if (program_capture(SETUP_SSHD, argv, 10000, &text) != 0)
		return false;
	line = strstr(said, "\nauthorizedkeyscommand ");
	return line &&
	       strncmp(line + 1, "authorizedkeyscommand none\n", 27) != 0;
}

/* sshd has one command for keys: another one that is there goes on. */
static void leave_keys_out(char *text)
{
	for (char *line = text; (line = strstr(line, "\nAuthorizedKeys"));) {
		char *end = strchrnul(line + 1, '\n');

		memmove(line, end, strlen(end) + 1);
	}
}

/* A snippet that was changed by hand is the sysadmin's own. */
static bool needs_sshd(struct setup *setup)
{
	return setup_has_program(SETUP_SSHD) &&
	       !host_has(&setup->host, SETUP_SNIPPET);
}

int setup_reload_sshd(struct setup *setup)
{
	static const char *const reload[] = { SETUP_SYSTEMCTL, "reload",
					      "ssh.service", NULL };
	scope(scope_free) char *text = NULL;
	unsigned long long pid = 0;

	if (setup_has_systemd(setup)) {
		/* Without it sshd is started for each connection, or not at
		 * all: it will read its settings then. */
		if (!setup->dry &&
		    !unit_is(setup, "is-active", "ssh.service", "active"))
			return STATUS_OK;
		return setup_command(setup, reload);
	}
	if (setup->dry || record_read_file("/run/sshd.pid", &text) < 0)
		return STATUS_OK;
	text[strcspn(text, "\n")] = '\0';
	if (lines_number(text, &pid) && pid > 1 && pid <= INT32_MAX)
		(void)kill((pid_t)pid, SIGHUP);
	return STATUS_OK;
}

/* Settings that sshd refuses are taken back at once. */
static int change_sshd(struct setup *setup)
{
	static const char *const test[] = { SETUP_SSHD, "-t", NULL };
	scope(scope_free) char *text = snippet();
	int status;

	if (!text)
		return ctl_fail(setup->ctl, setup->command, STATUS_NOT_FOUND,
				CLOXXS_DATADIR "/10-cloxxs.conf is not there; "
					       "install again");
	if (has_keys_command()) {
		leave_keys_out(text);
		fputs("cloxxsctl: setup: sshd has an AuthorizedKeysCommand "
		      "already, which is left as it is\n",
		      setup->ctl->errors);
	}
	status = setup_change_file(setup, SETUP_SNIPPET, text, 0644);
	if (status != STATUS_OK)
		return status;
	status = setup_command(setup, test);
	if (status == STATUS_OK)
		return setup_reload_sshd(setup);
	if (unlink(SETUP_SNIPPET) == 0)
		fputs("cloxxsctl: setup: " SETUP_SNIPPET " was taken back\n",
		      setup->ctl->errors);
	return status;
}

/* PAM. */

static const char *const stacks[] = {
	"/etc/pam.d/common-auth",
	"/etc/pam.d/common-account",
	"/etc/pam.d/common-password",
	"/etc/pam.d/common-session",
	"/etc/pam.d/common-session-noninteractive",
};

static bool stacks_have(size_t first, size_t n, const char *module)
{
	for (size_t i = first; i < first + n; i++) {
		scope(scope_free) char *text = NULL;
		struct lines lines;
		char *line;
		bool has = false;

		if (record_read_file(stacks[i], &text) < 0)
			return false;
		lines = lines_of(text);
		while ((line = lines_next(&lines)))
			has = has || (*lines_trim(line) != '#' &&
				      strstr(line, module));
		if (!has)
			return false;
	}
	return true;
}

static bool needs_profile(void)
{
	return !stacks_have(0, ARRAY_SIZE(stacks), "pam_cloxxs.so");
}

static bool needs_homes(const struct setup *setup)
{
	return host_has(&setup->host, "/usr/share/pam-configs/mkhomedir") &&
	       !stacks_have(3, 1, "mkhomedir");
}

static bool needs_pam(struct setup *setup)
{
	return needs_profile() || needs_homes(setup);
}

/* The stacks as they are, so that undo can say whether they came back. */
static int keep_stacks(struct setup *setup)
{
	for (size_t i = 0; i < ARRAY_SIZE(stacks) && !setup->dry; i++) {
		scope(scope_free) char *text = NULL;
		int r;

		if (record_has(&setup->record, "file", stacks[i]))
			continue;
		r = record_read_file(stacks[i], &text);
		if (r == 0)
			r = record_file(&setup->record, stacks[i], text);
		if (r < 0 && r != -ENOENT)
			return setup_fail(setup, stacks[i], r);
	}
	return STATUS_OK;
}

static int enable_pam(struct setup *setup)
{
	bool profile = needs_profile(), homes = needs_homes(setup);
	const char *const argv[] = {
		SETUP_PAM_UPDATE,
		"--enable",
		profile ? "cloxxs" : "mkhomedir",
		profile && homes ? "mkhomedir" : NULL,
		NULL,
	};
	int status = keep_stacks(setup);

	if (status == STATUS_OK && profile)
		status = setup_record(setup, "profile", "cloxxs");
	if (status == STATUS_OK && homes)
		status = setup_record(setup, "profile", "mkhomedir");
	if (status == STATUS_OK)
		status = setup_command(setup, argv);
	if (status == STATUS_OK && !setup->dry && needs_profile())
		return ctl_fail(setup->ctl, setup->command, STATUS_FAILURE,
				"pam-auth-update left the stacks as they are: "
				"somebody has changed them by hand; see "
				"pam-auth-update(8)");
	return status;
}

const struct setup_step setup_steps[] = {
	{ "user", "the user " CLOXXS_USER " and the directories of the daemon",
	  needs_user, make_user },
	{ "key", "the key of the store, " KEY, needs_key, make_key },
	{ "origin", "from where to administer, " SETUP_ORIGIN, origin_is_needed,
	  origin_run },
	{ "units",
	  "cloxxsd.socket, cloxxsd.service and cloxxs-audit-confirm.timer, "
	  "now and at boot",
	  needs_units, start_units },
	{ "recovery-key", "a recovery key, " SETUP_RECOVERY, needs_recovery,
	  make_recovery },
	{ "backups", "a backup each night, cloxxs-backup.timer", needs_timer,
	  start_timer },
	{ "countries", "a country database, " SETUP_COUNTRIES, needs_countries,
	  import_countries },
	{ "administrator", "an administrator with a temporary password",
	  needs_administrator, add_administrator },
	{ "names", "cloxxs behind files in " SWITCH, needs_switch,
	  change_switch },
	{ "sshd", SETUP_SNIPPET ", checked, then sshd reloaded", needs_sshd,
	  change_sshd },
	{ "pam", "the PAM profile cloxxs, and homes at the first login",
	  needs_pam, enable_pam },
};
const size_t setup_n_steps = ARRAY_SIZE(setup_steps);
