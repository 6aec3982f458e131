/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The statement: each promise is looked at with evidence made up here, below a
 * root of its own; what is not proven must come out as not kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/ports.h"
#include "cloxxsctl/statement/ruleset.h"
#include "cloxxsctl/statement/statement.h"
#include "tests/unit/scratch.h"

#define NOW INT64_C(1795400000)

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_init(&scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	char full[sizeof(scratch.path) + 128], *slash;
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s%s", scratch.path, path);
	for (slash = full + strlen(scratch.path) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static json_t *notice_of(const char *language, const char *text, bool show,
			 const char *require)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:i, s:i}", "version",
			 "0a1b2c", "language", language, "text", text, "show",
			 (int)show, "require", require, "accepted", 2, "users",
			 3);
}

static void set_notices(struct evidence *evidence, const char *en,
			const char *nl, bool show, const char *require)
{
	for (size_t i = 0; i < ARRAY_SIZE(evidence->notices); i++)
		json_decref(evidence->notices[i]);
	evidence->notices[STATEMENT_ENGLISH] =
		notice_of("en", en, show, require);
	evidence->notices[STATEMENT_DUTCH] =
		nl ? notice_of("nl", nl, show, require)
		   : notice_of("en", en, show, require);
}

/* A sound host as of NOW. */
static void make_evidence(struct evidence *evidence)
{
	static const enum check sound[] = {
		CHECK_PAM_PROFILE, CHECK_PAM_STACK, CHECK_PAM_MODULE,
		CHECK_NSS_LINES,   CHECK_STORE,     CHECK_STATE,
		CHECK_KEY,         CHECK_JOURNAL,
	};

	*evidence = (struct evidence){ .now = NOW };
	doctor_init(&evidence->doctor, scratch.path, "/nonexistent");
	evidence->doctor.status =
		json_pack("{s:i, s:i, s:i, s:i, s:i, s:{s:s, s:i, s:{s:s, "
			  "s:I}}}",
			  "ledger_records", 12, "unpublished", 0, "projects", 4,
			  "grants", 9, "access_maps_withdrawn", 0, "geoip",
			  "state", "ok", "max_age", 3888000, "database", "type",
			  "Test", "built", (json_int_t)(NOW - 9 * 86400));
	evidence->settings = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
		"s:s, s:s}",
		"geofence.countries", "NL", "geofence.local", "private",
		"administrators.networks", "10.9.0.0/24", "unmanaged.origin",
		"sshd", "password.preset", "modern", "password.minlen", "15",
		"password.minclass", "0", "password.dictcheck", "1",
		"password.hash_memory", "64M", "password.hash_operations", "2",
		"lockout.failures", "3", "temporary_password.lifetime", "24h",
		"backup.keep", "30d", "statement.soc2",
		"2026-05-01 Report <7>");
	evidence->users = (struct user_tally){
		.known = true,
		.all = 3,
		.chosen = 2,
		.temporary = 1,
		.administrators = 1,
		.fixed = 1,
	};
	evidence->doctor.alarms =
		json_pack("{s:s, s:b, s:[{s:s, s:b, s:b}, {s:s, s:b, s:b}]}",
			  "mail", "alarms@example.org", "undelivered", 0,
			  "rules", "rule", "many-locks", "on", 1, "raised", 0,
			  "rule", "backup-old", "on", 1, "raised", 1);
	set_notices(evidence, "- Free text is yours.",
		    "- Vrije tekst is eigen.", true, "no");
	evidence->backups =
		json_pack("[{s:I}]", "created", (json_int_t)(NOW - 3600));
	for (size_t i = 0; i < ARRAY_SIZE(sound); i++)
		(void)findings_add(&evidence->doctor.findings, sound[i],
				   SEVERITY_OK, "sound");
	write_file("/var/cache/cracklib/cracklib_dict.pwd", "x");
	write_file("/etc/passwd", "root:x:0:0::/root:/bin/bash\n"
				  "jan:x:1000:1000::/home/jan:/bin/bash\n"
				  "www:x:33:33::/var/www:/usr/sbin/nologin\n");
}

static enum answer_outcome look(struct evidence *evidence, const char *id,
				struct answer *ret_answer)
{
	for (size_t i = 0; i < N_PROMISES; i++)
		if (strcmp(promises[i].id, id) == 0) {
			*ret_answer = (struct answer){ 0 };
			promises[i].look(evidence, ret_answer);
			return ret_answer->outcome;
		}
	fail_msg("no promise %s", id);
	return ANSWER_NOT_KEPT;
}

/* promise_S10: kept where somebody is asked, and told what is weaker. */
static void promise_S10_who_is_asked_for_a_code(void **state)
{
	struct evidence evidence;
	struct answer answer;
	json_t *factor;

	(void)state;
	make_evidence(&evidence);
	factor = json_pack("{s:[s], s:b, s:i, s:i, s:i, s:i, s:i}", "services",
			   "sshd", "mail_codes", 0, "asked", 0, "app", 2,
			   "phone", 3, "mail", 4, "recovery", 5);
	assert_int_equal(json_object_set_new(evidence.doctor.status,
					     "second_factor", factor),
			 0);
	assert_int_equal(look(&evidence, "S10", &answer), ANSWER_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH],
			       "ask for a code: 1; users who are asked "
			       "everywhere: 0. A code by SMS can have 3,"));
	assert_null(strstr(answer.seen[STATEMENT_ENGLISH], "e-mail"));
	json_object_set_new(factor, "mail_codes", json_true());
	assert_int_equal(look(&evidence, "S10", &answer), ANSWER_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_DUTCH],
			       "per e-mail, voor 4 gebruikers"));
	evidence_deinit(&evidence);
}

static void every_promise_once_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PROMISES; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "S%02zu", i + 1);
		assert_string_equal(promises[i].id, id);
		assert_true(strlen(promises[i].text[STATEMENT_ENGLISH]) > 10);
		assert_true(strlen(promises[i].text[STATEMENT_DUTCH]) > 10);
		assert_non_null(promises[i].look);
	}
}

static void a_sound_host_keeps(void **state)
{
	static const struct {
		const char *id;
		enum answer_outcome outcome;
		const char *en, *nl;
	} rows[] = {
		{ "S01", ANSWER_KEPT, "an alarm: 2; raised now: 1.",
		  "alarm geven: 2; nu gegeven: 1." },
		{ "S19", ANSWER_KEPT, "an alarm: 1; raised now: 0.",
		  "alarm geven: 1; nu gegeven: 0." },
		{ "S02", ANSWER_KEPT, "with a shell: 2. root jan",
		  "met een shell: 2. root jan" },
		{ "S03", ANSWER_KEPT, "chose theirs: 2,",
		  "het hunne kozen: 2," },
		{ "S04", ANSWER_KEPT, "\"modern\": at least 15",
		  "\"modern\": ten minste 15" },
		{ "S05", ANSWER_KEPT, "64M of memory and 2 passes",
		  "64M geheugen en 2 gangen" },
		{ "S06", ANSWER_KEPT, "together: 3;", "samen: 3;" },
		{ "S07", ANSWER_KEPT, "after 24h", "na 24h" },
		{ "S08", ANSWER_KEPT, "9 days old", "9 dagen oud" },
		{ "S08", ANSWER_KEPT, "Allowed countries: NL",
		  "Toegestane landen: NL" },
		{ "S08", ANSWER_KEPT, "are allowed too: private",
		  "zijn toegestaan: private" },
		{ "S11", ANSWER_KEPT, "1 of 3 users", "1 van de 3 gebruikers" },
		{ "S21", ANSWER_KEPT, "from this host itself: 10.9.0.0/24",
		  "van deze machine zelf: 10.9.0.0/24" },
		{ "S09", ANSWER_KEPT, "Each of 3 users", "Elk van 3" },
		{ "S12", ANSWER_KEPT, "can get in: 1;",
		  "kunnen binnenkomen: 1;" },
		{ "S13", ANSWER_KEPT, "Projects: 4; grants: 9,",
		  "Projecten: 4; toekenningen: 9," },
		{ "S15", ANSWER_DECLARED, "on 2026-05-01: Report <7>",
		  "op 2026-05-01: Report <7>" },
		{ "S20", ANSWER_KEPT, "ledger: 12;", "grootboek: 12;" },
		{ "S22", ANSWER_KEPT, "Backups: 1; the newest is 1 h",
		  "Reservekopieën: 1; de nieuwste is 1 u" },
		{ "S24", ANSWER_KEPT, "No user (of 3)",
		  "Geen gebruiker (van 3)" },
		{ "S25", ANSWER_KEPT, "The notice says so", "in elke taal" },
		{ "S10", ANSWER_OFF, "", "" },
		{ "S23", ANSWER_OFF, "", "" },
	};
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (look(&evidence, rows[i].id, &answer) != rows[i].outcome)
			fail_msg("%s: %d, %s", rows[i].id, answer.outcome,
				 answer.seen[STATEMENT_ENGLISH]);
		if (!strstr(answer.seen[STATEMENT_ENGLISH], rows[i].en))
			fail_msg("%s: %s", rows[i].id,
				 answer.seen[STATEMENT_ENGLISH]);
		if (!strstr(answer.seen[STATEMENT_DUTCH], rows[i].nl))
			fail_msg("%s: %s", rows[i].id,
				 answer.seen[STATEMENT_DUTCH]);
	}
	evidence_deinit(&evidence);
}

/* One thing changed in the sound host, and the promise that it breaks. */
static void set(struct evidence *evidence, const char *name, const char *value)
{
	assert_int_equal(json_object_set_new(evidence->settings, name,
					     json_string(value)),
			 0);
}

static void alarms_are_kept_where_rules_are_on_and_delivered(void **state)
{
	struct evidence evidence;
	struct answer answer;
	json_t *rules;

	(void)state;
	/* Recorded is not enough: somebody must hear of it. */
	make_evidence(&evidence);
	(void)json_object_del(evidence.doctor.alarms, "mail");
	assert_int_equal(look(&evidence, "S01", &answer), ANSWER_NOT_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH], "to nobody"));
	evidence_deinit(&evidence);
	make_evidence(&evidence);
	assert_int_equal(look(&evidence, "S01", &answer), ANSWER_KEPT);
	(void)json_object_set_new(evidence.doctor.alarms, "undelivered",
				  json_true());
	assert_int_equal(look(&evidence, "S01", &answer), ANSWER_NOT_KEPT);
	evidence_deinit(&evidence);
	/* One that is off: which. */
	make_evidence(&evidence);
	rules = json_object_get(evidence.doctor.alarms, "rules");
	(void)json_object_set_new(json_array_get(rules, 1), "on", json_false());
	assert_int_equal(look(&evidence, "S01", &answer), ANSWER_NOT_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH], "backup-old"));
	assert_int_equal(look(&evidence, "S19", &answer), ANSWER_KEPT);
	(void)json_object_set_new(json_array_get(rules, 0), "on", json_false());
	assert_int_equal(look(&evidence, "S19", &answer), ANSWER_NOT_KEPT);
	/* Records that wait. */
	evidence_deinit(&evidence);
	make_evidence(&evidence);
	(void)json_object_set_new(evidence.doctor.status, "unpublished_since",
				  json_integer(NOW - 3600));
	assert_int_equal(look(&evidence, "S19", &answer), ANSWER_NOT_KEPT);
	/* Nobody told. */
	json_decref(evidence.doctor.alarms);
	evidence.doctor.alarms = NULL;
	assert_int_equal(look(&evidence, "S01", &answer), ANSWER_NOT_KEPT);
	assert_int_equal(look(&evidence, "S19", &answer), ANSWER_NOT_KEPT);
	evidence_deinit(&evidence);
}

/* By which rules, and of when the list is. */
static void strong_passwords_by_the_running_settings(void **state)
{
	static const struct {
		const char *preset, *minlen, *minclass;
		json_int_t modified;
		const char *fault;
		enum answer_outcome outcome;
		const char *en;
	} rows[] = {
		{ "bio", "12", "3", 0, NULL, ANSWER_KEPT,
		  "\"bio\": at least 12" },
		{ "custom", "14", "2", 0, NULL, ANSWER_NOT_KEPT,
		  "\"custom\": at least 14" },
		{ "custom", "11", "4", 0, NULL, ANSWER_NOT_KEPT,
		  "at least 11" },
		{ "modern", "15", "0", NOW - 10 * 86400, NULL, ANSWER_KEPT,
		  "breached passwords of 10 days old" },
		{ "modern", "15", "0", 0, "it is not there", ANSWER_NOT_KEPT,
		  "cannot be searched" },
		{ "modern", "15", "0", NOW, "not in order", ANSWER_NOT_KEPT,
		  "cannot be searched" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evidence evidence;
		struct answer answer;

		make_evidence(&evidence);
		set(&evidence, "password.preset", rows[i].preset);
		set(&evidence, "password.minlen", rows[i].minlen);
		set(&evidence, "password.minclass", rows[i].minclass);
		if (rows[i].modified > 0 || rows[i].fault)
			assert_int_equal(
				json_object_update_new(
					evidence.doctor.status,
					json_pack("{s:s, s:I, s:s*}",
						  "breached", "/srv/pwned.txt",
						  "breached_modified",
						  rows[i].modified,
						  "breached_fault",
						  rows[i].fault)),
				0);
		assert_int_equal(look(&evidence, "S04", &answer),
				 rows[i].outcome);
		if (!strstr(answer.seen[STATEMENT_ENGLISH], rows[i].en))
			fail_msg("%zu: %s", i, answer.seen[STATEMENT_ENGLISH]);
		evidence_deinit(&evidence);
	}
}

/* An older daemon does not tell; a map that cannot be read gives no right. */
static void rights_that_nobody_can_read_are_not_kept(void **state)
{
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	assert_int_equal(json_object_set_new(evidence.doctor.status,
					     "access_maps_withdrawn",
					     json_integer(1)),
			 0);
	assert_int_equal(look(&evidence, "S13", &answer), ANSWER_NOT_KEPT);
	assert_int_equal(json_object_del(evidence.doctor.status, "projects"),
			 0);
	assert_int_equal(look(&evidence, "S13", &answer), ANSWER_NOT_KEPT);
	evidence_deinit(&evidence);
}

static void what_is_weak_is_not_kept(void **state)
{
	static const struct {
		const char *id, *setting, *value;
	} settings[] = {
		{ "S04", "password.minlen", "14" },
		{ "S04", "password.dictcheck", "0" },
		{ "S06", "lockout.failures", "4" },
		{ "S08", "geofence.countries", "any" },
		{ "S08", "geofence.countries", "BE, NL" },
		{ "S21", "administrators.networks", "any" },
		{ "S21", "unmanaged.origin", "none" },
		{ "S15", "statement.soc2", "none" },
		{ "S22", "backup.keep", "29d" },
		{ "S22", "backup.keep", "24h" },
	};
	static const struct {
		const char *id;
		enum check check;
		enum severity severity;
	} findings[] = {
		{ "S02", CHECK_PAM_STACK, SEVERITY_ERROR },
		{ "S02", CHECK_PAM_PROFILE, SEVERITY_SKIPPED },
		{ "S02", CHECK_NSS_LINES, SEVERITY_WARNING },
		{ "S03", CHECK_PAM_STACK, SEVERITY_WARNING },
		{ "S05", CHECK_STORE, SEVERITY_ERROR },
		{ "S05", CHECK_KEY, SEVERITY_SKIPPED },
		{ "S20", CHECK_JOURNAL, SEVERITY_WARNING },
	};
	struct evidence evidence;
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		make_evidence(&evidence);
		set(&evidence, settings[i].setting, settings[i].value);
		assert_int_equal(look(&evidence, settings[i].id, &answer),
				 ANSWER_NOT_KEPT);
		evidence_deinit(&evidence);
	}
	for (size_t i = 0; i < ARRAY_SIZE(findings); i++) {
		make_evidence(&evidence);
		(void)findings_add(&evidence.doctor.findings, findings[i].check,
				   findings[i].severity, "seen");
		if (look(&evidence, findings[i].id, &answer) != ANSWER_NOT_KEPT)
			fail_msg("%s in spite of %s", findings[i].id,
				 check_rows[findings[i].check].name);
		evidence_deinit(&evidence);
	}
}

static void what_nobody_looked_at_is_not_kept(void **state)
{
	static const char *const ids[] = { "S02", "S03", "S05", "S20" };
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	evidence.doctor.findings.n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(look(&evidence, ids[i], &answer),
				 ANSWER_NOT_KEPT);
	evidence_deinit(&evidence);
}

static void without_the_daemon_nothing_measured_is_kept(void **state)
{
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	json_decref(evidence.doctor.status);
	json_decref(evidence.doctor.alarms);
	json_decref(evidence.backups);
	evidence.doctor.status = evidence.doctor.alarms = NULL;
	evidence.backups = NULL;
	evidence.users = (struct user_tally){ 0 };
	for (size_t i = 0; i < N_PROMISES; i++)
		if (look(&evidence, promises[i].id, &answer) == ANSWER_KEPT)
			fail_msg("%s: %s", promises[i].id,
				 answer.seen[STATEMENT_ENGLISH]);
	evidence_deinit(&evidence);
}

static void backups(void **state)
{
	static const struct {
		const char *list;
		enum answer_outcome outcome;
	} rows[] = {
		{ "[]", ANSWER_NOT_KEPT },
		{ "[{\"created\": 1795399000}]", ANSWER_KEPT },
		{ "[{\"created\": 1795000000}]", ANSWER_NOT_KEPT },
		{ "[{\"created\": 1795000000}, {\"created\": 1795399000}]",
		  ANSWER_KEPT },
		{ "[{\"created\": \"1795399000\"}]", ANSWER_NOT_KEPT },
		/* From the future: the clock cannot be trusted. */
		{ "[{\"created\": 1895399000}]", ANSWER_NOT_KEPT },
	};
	struct evidence evidence;
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_evidence(&evidence);
		json_decref(evidence.backups);
		evidence.backups = json_loads(rows[i].list, 0, NULL);
		if (look(&evidence, "S22", &answer) != rows[i].outcome)
			fail_msg("%s: %s", rows[i].list,
				 answer.seen[STATEMENT_ENGLISH]);
		evidence_deinit(&evidence);
	}
}

static void country_databases(void **state)
{
	static const struct {
		const char *geoip; /* NULL: the daemon tells of none */
		bool fit;
		const char *said;
	} rows[] = {
		{ NULL, false, "geen landendatabase" },
		{ "{\"state\": \"missing\", \"database\": null}", false,
		  "geen landendatabase" },
		{ "{\"state\": \"ok\"}", false, "geen landendatabase" },
		{ "{\"state\": \"ok\", \"max_age\": 3888000, \"database\": "
		  "{\"type\": \"T\", \"built\": 1794536000}}",
		  true, "van 2026-11-13, 10 dagen oud" },
		{ "{\"state\": \"old\", \"max_age\": 864000, \"database\": "
		  "{\"type\": \"T\", \"built\": 1794449600}}",
		  false, "11 dagen oud; hij wordt geraadpleegd tot hij er 10" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct answer answer = { 0 };
		struct evidence evidence;

		make_evidence(&evidence);
		(void)json_object_del(evidence.doctor.status, "geoip");
		if (rows[i].geoip)
			(void)!json_object_set_new(
				evidence.doctor.status, "geoip",
				json_loads(rows[i].geoip, 0, NULL));
		if (look_country_database(&evidence, &answer) != rows[i].fit ||
		    (answer.outcome == ANSWER_KEPT) != rows[i].fit ||
		    !strstr(answer.seen[STATEMENT_DUTCH], rows[i].said))
			fail_msg("%s", answer.seen[STATEMENT_DUTCH]);
		evidence_deinit(&evidence);
	}
}

static void promise_S09_S25_the_notice(void **state)
{
	static const struct {
		const char *en, *nl;
		bool show;
		const char *require;
		enum answer_outcome s09, s25;
	} rows[] = {
		{ "FREE TEXT", "Vrije tekst", true, "ask", ANSWER_KEPT,
		  ANSWER_KEPT },
		{ "Free text", "Vrije tekst", false, "no", ANSWER_NOT_KEPT,
		  ANSWER_NOT_KEPT },
		/* Whoever comes by key is told nothing then. */
		{ "Free text", "Vrije tekst", false, "ask", ANSWER_NOT_KEPT,
		  ANSWER_NOT_KEPT },
		{ "Free text", "Vrije tekst", false, "yes", ANSWER_KEPT,
		  ANSWER_KEPT },
		{ "Free text", "Houd het voor u.", true, "no", ANSWER_KEPT,
		  ANSWER_NOT_KEPT },
		{ "Keep it.", "Vrije tekst", true, "no", ANSWER_KEPT,
		  ANSWER_NOT_KEPT },
		{ "Free text", NULL, true, "no", ANSWER_KEPT, ANSWER_KEPT },
	};
	struct evidence evidence;
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		make_evidence(&evidence);
		set_notices(&evidence, rows[i].en, rows[i].nl, rows[i].show,
			    rows[i].require);
		if (look(&evidence, "S09", &answer) != rows[i].s09 ||
		    look(&evidence, "S25", &answer) != rows[i].s25)
			fail_msg("row %zu: %s", i,
				 answer.seen[STATEMENT_ENGLISH]);
		evidence_deinit(&evidence);
	}
	make_evidence(&evidence);
	set_notices(&evidence, "x", "x", true, "yes");
	(void)look(&evidence, "S09", &answer);
	assert_non_null(strstr(answer.seen[STATEMENT_ENGLISH], "2 of 3 users"));
	assert_non_null(strstr(answer.seen[STATEMENT_DUTCH], "0a1b2c"));
	json_decref(evidence.notices[STATEMENT_ENGLISH]);
	evidence.notices[STATEMENT_ENGLISH] = NULL;
	assert_int_equal(look(&evidence, "S09", &answer), ANSWER_NOT_KEPT);
	assert_int_equal(look(&evidence, "S25", &answer), ANSWER_NOT_KEPT);
	evidence_deinit(&evidence);
}

static void personal_members_break_the_promise(void **state)
{
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	(void)snprintf(evidence.users.personal, sizeof(evidence.users.personal),
		       "phone");
	assert_int_equal(look(&evidence, "S24", &answer), ANSWER_NOT_KEPT);
	assert_non_null(strstr(answer.seen[STATEMENT_DUTCH], "phone"));
	evidence_deinit(&evidence);
}

#define CHAIN(family, policy)                                         \
	"{\"chain\": {\"family\": \"" family "\", \"table\": \"t\", " \
	"\"name\": \"c\", \"hook\": \"input\", \"policy\": \"" policy "\"}}"
#define RULE(chain, verdict)                                              \
	"{\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": " \
	"\"" chain "\", \"expr\": [{\"match\": {}}, {\"" verdict          \
	"\": null}]}}"
#define RULESET(entries) "{\"nftables\": [" entries "]}"

static void rulesets(void **state)
{
	static const struct {
		const char *json;
		bool readable, guards;
		int n_rules;
	} rows[] = {
		{ RULESET(""), true, false, 0 },
		{ RULESET(CHAIN("inet", "accept")), true, false, 0 },
		{ RULESET(CHAIN("inet", "drop")), true, true, 0 },
		/* One of two families is open. */
		{ RULESET(CHAIN("ip", "drop")), true, false, 0 },
		{ RULESET(CHAIN("ip", "drop") "," CHAIN("ip6", "drop")), true,
		  true, 0 },
		{ RULESET(CHAIN("inet", "accept") "," RULE("c", "drop")), true,
		  true, 1 },
		{ RULESET(CHAIN("inet", "accept") "," RULE("c", "accept")),
		  true, false, 1 },
		{ RULESET(CHAIN("inet", "accept") "," RULE("other", "drop")),
		  true, false, 1 },
		{ "{}", false, false, 0 },
		{ "nft: command not found", false, false, 0 },
		{ "", false, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ruleset ruleset = { .n_rules = -1 };

		assert_int_equal(ruleset_read(rows[i].json, &ruleset),
				 rows[i].readable);
		if (!rows[i].readable) {
			assert_int_equal(ruleset.n_rules, -1);
			continue;
		}
		if (ruleset.guards_input != rows[i].guards ||
		    ruleset.n_rules != rows[i].n_rules)
			fail_msg("%s", rows[i].json);
	}
}

static void ports(void **state)
{
	struct evidence evidence;
	char shown[64];
	struct text text;

	(void)state;
	make_evidence(&evidence);
	text_init(&text, shown, sizeof(shown));
	assert_int_equal(ports_listening(&evidence.doctor.host, &text), 0);
	write_file("/proc/net/tcp", "  sl  local_address rem_address   st\n"
				    "   0: 0100007F:0019 00000000:0000 0A 0:0\n"
				    "   1: 00000000:01BB 00000000:0000 0A 0:0\n"
				    "   2: 0A00020F:0016 0200000A:D431 01 0:0\n"
				    "   3: 0A00020F:0016 00000000:0000 0A 0:0\n"
				    "   4: short\n");
	write_file("/proc/net/tcp6",
		   "  sl  local_address rem_address   st\n"
		   "   0: 00000000000000000000000000000000:0016 "
		   "00000000000000000000000000000000:0000 0A 0:0\n"
		   "   1: 00000000000000000000000001000000:0277 "
		   "00000000000000000000000000000000:0000 0A 0:0\n"
		   "   2: 0000000000000000FFFF00000100007F:0278 "
		   "00000000000000000000000000000000:0000 0A 0:0\n");
	assert_int_equal(ports_listening(&evidence.doctor.host, &text), 2);
	assert_string_equal(shown, "22 443");
	evidence_deinit(&evidence);
}

/* apt-get of a host whose kernel waits, a package of another name. */
static int kernel_waits(const char *program, const char *const *argv,
			uint32_t timeout_ms, struct text *output)
{
	(void)timeout_ms;
	if (strcmp(program, "/usr/bin/apt-get") != 0)
		return 1;
	for (; *argv; argv++)
		if (strcmp(*argv, "--with-new-pkgs") == 0)
			text_add(output, "Inst linux-image-2 (6.1 "
					 "Debian-Security:12/stable-security "
					 "[amd64])\n");
	return 0;
}

static void a_new_kernel_is_an_update_that_waits(void **state)
{
	struct evidence evidence;
	struct answer answer;

	(void)state;
	make_evidence(&evidence);
	evidence.doctor.host.root = "";
	evidence.doctor.host.capture = kernel_waits;
	assert_int_equal(look(&evidence, "S18", &answer), ANSWER_NOT_KEPT);
	assert_non_null(
		strstr(answer.seen[STATEMENT_ENGLISH], "updates that wait: 1"));
	evidence_deinit(&evidence);
}

static void answers_are_cut_at_a_character(void **state)
{
	struct answer answer = { 0 };

	(void)state;
	for (int i = 0; i < 200; i++)
		answer_say(&answer, ANSWER_KEPT, "ééé%s", "ë%s", "é");
	for (int i = 0; i < _N_STATEMENT_LANGUAGES; i++) {
		scope(json_decrefp) json_t *text = json_string(answer.seen[i]);

		/* jansson takes nothing but whole UTF-8. */
		assert_non_null(text);
		assert_true(strlen(answer.seen[i]) < ANSWER_SEEN_MAX);
	}
	answer = (struct answer){ 0 };
	answer_say_foreign(&answer, "a\x1b[2J\xc3\xa9");
	assert_string_equal(answer.seen[STATEMENT_DUTCH],
			    " a\\x1b[2J\\xc3\\xa9");
}

static char *print(int (*form)(const struct statement *, struct output *),
		   const struct statement *statement)
{
	struct output output = { .now = NOW };
	char *bytes = NULL;
	size_t n = 0;

	output.stream = open_memstream(&bytes, &n);
	assert_non_null(output.stream);
	assert_int_equal(form(statement, &output), 0);
	assert_int_equal(fclose(output.stream), 0);
	return bytes;
}

static void forms(void **state)
{
	struct statement statement = { .language = STATEMENT_DUTCH,
				       .made = NOW,
				       .host = "<host>" };
	scope(json_decrefp) json_t *json = NULL;
	scope(scope_free) char *html = NULL, *text = NULL, *said = NULL;

	(void)state;
	answer_say(&statement.answers[0], ANSWER_KEPT, "a<b", "a<b & \"c\"");
	html = print(statement_html, &statement);
	assert_non_null(strstr(html, "a&lt;b &amp; &quot;c&quot;"));
	assert_non_null(strstr(html, "&lt;host&gt;"));
	assert_null(strstr(html, "<host>"));
	assert_null(strstr(html, "src="));
	assert_null(strstr(html, "href="));
	assert_non_null(
		strstr(html, "Aan deze verklaring kunnen geen rechten"));
	text = print(statement_text, &statement);
	assert_non_null(strstr(text, "26 niet nagekomen"));
	assert_non_null(strstr(text, "S27"));
	said = print(statement_json, &statement);
	json = json_loads(said, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json, "promises")),
			 N_PROMISES);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(json, "summary"), "kept")),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_promise_once_in_both_languages),
		cmocka_unit_test(a_sound_host_keeps),
		cmocka_unit_test(promise_S10_who_is_asked_for_a_code),
		cmocka_unit_test(strong_passwords_by_the_running_settings),
		cmocka_unit_test(rights_that_nobody_can_read_are_not_kept),
		cmocka_unit_test(
			alarms_are_kept_where_rules_are_on_and_delivered),
		cmocka_unit_test(what_is_weak_is_not_kept),
		cmocka_unit_test(what_nobody_looked_at_is_not_kept),
		cmocka_unit_test(without_the_daemon_nothing_measured_is_kept),
		cmocka_unit_test(backups),
		cmocka_unit_test(country_databases),
		cmocka_unit_test(promise_S09_S25_the_notice),
		cmocka_unit_test(personal_members_break_the_promise),
		cmocka_unit_test(rulesets),
		cmocka_unit_test(ports),
		cmocka_unit_test(a_new_kernel_is_an_update_that_waits),
		cmocka_unit_test(answers_are_cut_at_a_character),
		cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
