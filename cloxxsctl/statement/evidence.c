/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/evidence.h"

#include <string.h>

#include "cloxxsctl/courier.h"
#include "cloxxsctl/program.h"
#include "varlink/client.h"

#define ANSWER_MS 5000
#define PROGRAM_MS 5000
/* For one probe. */
#define PROBE_MS 100000
/* Settings as JSON; with help and defaults a row takes about 300 bytes. */
#define SETTINGS_MAX (256 * 1024)

/* Members of a user that would tell who he is. */
static const char *const personal_members[] = {
	"gecos", "full_name", "real_name", "address",
	"phone", "email",     "birthday",
};

static void count_password(struct user_tally *tally, const char *kind)
{
	if (strcmp(kind, "chosen") == 0)
		tally->chosen++;
	else if (strcmp(kind, "temporary") == 0)
		tally->temporary++;
	else
		tally->without++;
}

static void count_user(struct user_tally *tally, const json_t *user)
{
	bool enabled = json_is_true(json_object_get(user, "enabled"));
	bool locked = json_is_true(json_object_get(user, "locked"));

	tally->all++;
	tally->disabled += !enabled;
	tally->locked += locked;
	tally->fixed += json_array_size(json_object_get(user, "networks")) > 0;
	count_password(tally, output_member(user, "password", "none"));
	if (enabled && !locked &&
	    strcmp(output_member(user, "role", ""), "administrator") == 0)
		tally->administrators++;
	for (size_t i = 0; i < ARRAY_SIZE(personal_members); i++) {
		const char *value =
			output_member(user, personal_members[i], "");

		if (*value)
			(void)snprintf(tally->personal, sizeof(tally->personal),
				       "%s", personal_members[i]);
	}
}

static int each_user(json_t *reply, void *userdata)
{
	const json_t *user = json_object_get(reply, "user");

	if (json_is_object(user))
		count_user(userdata, user);
	return 0;
}

static int each_backup(json_t *reply, void *userdata)
{
	json_t *backup = json_object_get(reply, "backup");

	return json_is_object(backup) ? json_array_append(userdata, backup) : 0;
}

static void ask_daemon(struct evidence *evidence, const char *socket)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *no_list = NULL;
	scope(json_decrefp) json_t *no_backups = NULL;
	scope(json_decrefp) json_t *backups = json_array();
	const char *error = NULL;

	if (!backups || varlink_client_new(socket, ANSWER_MS, &client) != 0)
		return;
	if (varlink_client_stream(client, "nl.cloxxs.Admin.ListUsers",
				  json_object(), each_user, &evidence->users,
				  &no_list, &error) == 0)
		evidence->users.known = error == NULL;
	if (varlink_client_stream(client, "nl.cloxxs.Admin.ListBackups",
				  json_object(), each_backup, backups,
				  &no_backups, &error) == 0 &&
	    !error)
		evidence->backups = scope_take_ptr(backups);
}

static void ask_notices(struct evidence *evidence, const char *socket)
{
	static const char *const tags[_N_STATEMENT_LANGUAGES] = {
		[STATEMENT_ENGLISH] = "en",
		[STATEMENT_DUTCH] = "nl",
	};
	scope(varlink_client_freep) struct varlink_client *client = NULL;

	if (varlink_client_new(socket, ANSWER_MS, &client) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *error = NULL;
		json_t *reply = NULL;
		int r;

		r = varlink_client_call(client, "nl.cloxxs.Admin.GetNotice",
					json_pack("{s:s}", "language", tags[i]),
					&reply, &error);
		if (r == 0 && !error)
			evidence->notices[i] = reply;
		else
			json_decref(reply);
	}
}

static json_t *settings_of(const json_t *rows)
{
	json_t *settings = json_object();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		char name[160];
		struct text text;

		text_init(&text, name, sizeof(name));
		text_add_format(&text, "%s.%s",
				output_member(row, "section", ""),
				output_member(row, "key", ""));
		(void)json_object_set(settings, name,
				      json_object_get(row, "value"));
	}
	return settings;
}

/* As the daemon would read them now: it is the one reader of its files. */
static void read_settings(struct evidence *evidence, const struct ctl *ctl)
{
	const char *const argv[] = { ctl->cloxxsd, "--dump-config", "--json",
				     NULL };
	scope(scope_free) char *dump = malloc(SETTINGS_MAX);
	scope(json_decrefp) json_t *rows = NULL;
	struct text text;

	if (!dump)
		return;
	text_init(&text, dump, SETTINGS_MAX);
	if (program_capture(ctl->cloxxsd, argv, PROGRAM_MS, &text) != 0 ||
	    text_is_cut(&text))
		return;
	rows = json_loads(dump, 0, NULL);
	if (json_is_array(rows))
		evidence->settings = settings_of(rows);
}

static int each_of_courier(json_t *reply, void *userdata)
{
	/* Where there is none, there is one empty reply. */
	return json_object_size(reply) > 0 ? json_array_append(userdata, reply)
					   : 0;
}

/* All that the method streams, or NULL. */
static json_t *ask_courier(const char *method, json_t *parameters,
			   uint32_t timeout_ms)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	scope(json_decrefp) json_t *given = parameters;
	scope(json_decrefp) json_t *replies = json_array();
	scope(json_decrefp) json_t *last = NULL;
	const char *error = NULL;

	if (!replies ||
	    varlink_client_new(COURIER_SOCKET, timeout_ms, &client) != 0 ||
	    varlink_client_stream(client, method, scope_take_ptr(given),
				  each_of_courier, replies, &last,
				  &error) != 0 ||
	    error)
		return NULL;
	return scope_take_ptr(replies);
}

void evidence_ask_courier(struct evidence *evidence)
{
	if (!host_has(&evidence->doctor.host, COURIER_SOCKET)) {
		evidence->courier = COURIER_ABSENT;
		return;
	}
	evidence->routes =
		ask_courier("nl.cloxxs.Courier.Routes", NULL, ANSWER_MS);
	if (evidence->routes)
		evidence->probes =
			ask_courier("nl.cloxxs.Courier.Probe",
				    json_pack("{s:n}", "name"), PROBE_MS);
	evidence->courier = evidence->probes ? COURIER_ANSWERS : COURIER_SILENT;
}

void evidence_gather(struct evidence *evidence, const struct ctl *ctl)
{
	*evidence = (struct evidence){ .now = ctl->output->now };
	doctor_init(&evidence->doctor, "", ctl->socket);
	doctor_look(&evidence->doctor);
	ask_daemon(evidence, ctl->socket);
	ask_notices(evidence, ctl->socket);
	read_settings(evidence, ctl);
}

void evidence_deinit(struct evidence *evidence)
{
	json_decref(evidence->settings);
	json_decref(evidence->backups);
	json_decref(evidence->routes);
	json_decref(evidence->probes);
	for (size_t i = 0; i < ARRAY_SIZE(evidence->notices); i++)
		json_decref(evidence->notices[i]);
	doctor_deinit(&evidence->doctor);
}

const char *evidence_setting(const struct evidence *evidence,
			     const char *section, const char *key)
{
	char name[160];
	struct text text;

	text_init(&text, name, sizeof(name));
	text_add_format(&text, "%s.%s", section, key);
	return json_string_value(json_object_get(evidence->settings, name));
}

bool evidence_number(const struct evidence *evidence, const char *member,
		     int64_t *ret_number)
{
	return evidence->doctor.status &&
	       output_member_int(evidence->doctor.status, member, ret_number);
}

bool evidence_is_sound(const struct evidence *evidence, enum check check)
{
	const struct findings *findings = &evidence->doctor.findings;
	bool looked = false;

	if (findings->incomplete)
		return false;
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->rows[i];

		if (finding->check != check)
			continue;
		if (finding->severity != SEVERITY_OK &&
		    finding->severity != SEVERITY_NOTE)
			return false;
		looked = true;
	}
	return looked;
}

bool evidence_can_be_asked(const struct evidence *evidence,
			   struct answer *answer)
{
	if (evidence_has_daemon(evidence) && evidence->settings)
		return true;
	answer_say(answer, ANSWER_NOT_KEPT,
		   "The daemon did not answer, or not to this user.",
		   "De daemon gaf geen antwoord, of niet aan deze gebruiker.");
	return false;
}
