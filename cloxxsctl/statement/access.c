/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the promises about users and their logins are looked at. */
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/outside.h"
#include "cloxxsctl/statement/promise.h"

#define PASSWORD_LENGTH_MIN 15
/* Shorter, and of so many kinds of characters (BIO 1.04 9.4.3.1). */
#define PASSWORD_LENGTH_MIXED 12
#define PASSWORD_CLASSES_MIXED 3
#define FAILURES_MAX 3
#define DICTIONARY "/var/cache/cracklib/cracklib_dict.pwd"
/* Local users have ids from here on (Debian), and root has none. */
#define LOCAL_UID_MIN 1000
#define LOCAL_UID_MAX 59999

static long long as_number(const char *value)
{
	return value ? strtoll(value, NULL, 10) : 0;
}

static void say_not_here(struct answer *answer)
{
	answer_say(answer, ANSWER_NOT_KEPT, "This version has no rule for it.",
		   "Deze versie heeft daar geen regel voor.");
}

static bool is_guarded(const struct evidence *evidence)
{
	return evidence_is_sound(evidence, CHECK_PAM_PROFILE) &&
	       evidence_is_sound(evidence, CHECK_PAM_STACK) &&
	       evidence_is_sound(evidence, CHECK_PAM_MODULE) &&
	       evidence_is_sound(evidence, CHECK_NSS_LINES);
}

static bool may_log_in(const char *name, const char *uid, const char *shell)
{
	unsigned long long id;
	const char *program = shell ? strrchr(shell, '/') : NULL;

	if (!name || !uid || !lines_number(uid, &id) || !program ||
	    strcmp(program, "/nologin") == 0 || strcmp(program, "/false") == 0)
		return false;
	return id == 0 || (id >= LOCAL_UID_MIN && id <= LOCAL_UID_MAX);
}

/* Those of /etc/passwd who can have a shell: no rule of ours holds for them. */
static int count_outside(const struct evidence *evidence, struct text *names)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	int n = 0;

	if (host_read(&evidence->doctor.host, "/etc/passwd", &text) != 0)
		return -1;
	lines = lines_of(text);
	for (char *line; (line = lines_next(&lines));) {
		char *rest = line, *fields[7] = { NULL };

		for (size_t i = 0; i < ARRAY_SIZE(fields) && rest; i++)
			fields[i] = lines_field(&rest, ':');
		if (!may_log_in(fields[0], fields[2], fields[6]))
			continue;
		if (n++ < 5)
			text_add_format(names, "%s%s", n > 1 ? " " : "",
					fields[0]);
	}
	return n;
}

void look_users(struct evidence *evidence, struct answer *answer)
{
	bool kept = is_guarded(evidence);
	char names[200];
	struct text text;
	int n;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	text_init(&text, names, sizeof(names));
	n = count_outside(evidence, &text);
	answer_say(answer, kept ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   kept ? "PAM and the name service ask Cloxxs; users: %lld, "
			  "of them disabled: %lld, locked: %lld."
			: "PAM or the name service does not ask Cloxxs as it "
			  "should (see cloxxsctl doctor); users: %lld, of them "
			  "disabled: %lld, locked: %lld.",
		   kept ? "PAM en de naamdienst vragen Cloxxs; gebruikers: "
			  "%lld, van wie uitgeschakeld: %lld, geblokkeerd: "
			  "%lld."
			: "PAM of de naamdienst vraagt Cloxxs niet zoals het "
			  "hoort (zie cloxxsctl doctor); gebruikers: %lld, van "
			  "wie uitgeschakeld: %lld, geblokkeerd: %lld.",
		   (long long)evidence->users.all,
		   (long long)evidence->users.disabled,
		   (long long)evidence->users.locked);
	if (n < 0)
		return;
	answer_say(answer, answer->outcome,
		   "Local accounts outside Cloxxs, with a shell: %d.",
		   "Lokale accounts buiten Cloxxs, met een shell: %d.", n);
	text_add(&text, n > 5 ? " ..." : ".");
	if (n > 0)
		answer_say_foreign(answer, names);
}

void look_own_password(struct evidence *evidence, struct answer *answer)
{
	const struct user_tally *users = &evidence->users;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	if (!users->known || !evidence_is_sound(evidence, CHECK_PAM_STACK)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The PAM stacks do not let a user change his "
			   "password here (see cloxxsctl doctor).",
			   "De PAM-stacks laten een gebruiker zijn wachtwoord "
			   "hier niet wijzigen (zie cloxxsctl doctor).");
		return;
	}
	answer_say(answer, ANSWER_KEPT,
		   "passwd changes it; users who chose theirs: %lld, with a "
		   "temporary one: %lld, with none: %lld.",
		   "passwd wijzigt het; gebruikers die het hunne kozen: %lld, "
		   "met een tijdelijk: %lld, zonder: %lld.",
		   (long long)users->chosen, (long long)users->temporary,
		   (long long)users->without);
}

/* Long enough, or of enough kinds, and not in the dictionary. */
static bool is_strong(const struct evidence *evidence, long long length)
{
	long long classes =
		as_number(evidence_setting(evidence, "password", "minclass"));

	if (as_number(evidence_setting(evidence, "password", "dictcheck")) != 1)
		return false;
	return length >= PASSWORD_LENGTH_MIN ||
	       (length >= PASSWORD_LENGTH_MIXED &&
		classes >= PASSWORD_CLASSES_MIXED);
}

/* The list of breached passwords, in both languages. */
static void say_breached(const struct evidence *evidence, struct answer *answer)
{
	const json_t *status = evidence->doctor.status;
	const char *fault = output_member(status, "breached_fault", NULL);
	int64_t modified = 0;

	if (!output_member(status, "breached", NULL)) {
		answer_say(answer, answer->outcome,
			   "No list of breached passwords is configured.",
			   "Er is geen lijst van gelekte wachtwoorden "
			   "ingesteld.");
		return;
	}
	if (fault ||
	    !evidence_number(evidence, "breached_modified", &modified)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The list of breached passwords cannot be searched, "
			   "so nobody can choose a password (see cloxxsctl "
			   "doctor).",
			   "De lijst van gelekte wachtwoorden kan niet worden "
			   "doorzocht, zodat niemand een wachtwoord kan kiezen "
			   "(zie cloxxsctl doctor).");
		return;
	}
	answer_say(answer, answer->outcome,
		   "None of a list of breached passwords of %lld days old.",
		   "Geen uit een lijst van gelekte wachtwoorden van %lld dagen "
		   "oud.",
		   (long long)(evidence->now - modified) / 86400);
}

void look_strong_password(struct evidence *evidence, struct answer *answer)
{
	const char *preset;
	long long length;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	preset = evidence_setting(evidence, "password", "preset");
	length = as_number(evidence_setting(evidence, "password", "minlen"));
	if (!host_has(&evidence->doctor.host, DICTIONARY)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The dictionary of bad passwords is missing.",
			   "Het woordenboek van slechte wachtwoorden "
			   "ontbreekt.");
		return;
	}
	answer_say(
		answer,
		preset && is_strong(evidence, length) ? ANSWER_KEPT
						      : ANSWER_NOT_KEPT,
		"Rules \"%s\": at least %lld characters with one factor, not "
		"in the dictionary, without the name of user, host, service "
		"or product.",
		"Regels \"%s\": ten minste %lld tekens bij één factor, niet "
		"in het woordenboek, zonder naam van gebruiker, machine, "
		"dienst of product.",
		preset ? preset : "?", length);
	say_breached(evidence, answer);
}

void look_one_way(struct evidence *evidence, struct answer *answer)
{
	const char *memory, *operations;
	bool kept = evidence_is_sound(evidence, CHECK_STORE) &&
		    evidence_is_sound(evidence, CHECK_STATE) &&
		    evidence_is_sound(evidence, CHECK_KEY);

	if (!evidence_can_be_asked(evidence, answer))
		return;
	memory = evidence_setting(evidence, "password", "hash_memory");
	operations = evidence_setting(evidence, "password", "hash_operations");
	answer_say(answer, kept ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   kept ? "argon2id with %s of memory and %s passes (an "
			  "imported hash until its first login), sealed with a "
			  "key that only root and the daemon have."
			: "argon2id with %s of memory and %s passes, but store "
			  "or key could not be proven to be closed to others "
			  "(see cloxxsctl doctor).",
		   kept ? "argon2id met %s geheugen en %s gangen (een "
			  "meegebrachte hash tot de eerste aanmelding), "
			  "verzegeld met een sleutel die alleen root en de "
			  "daemon hebben."
			: "argon2id met %s geheugen en %s gangen, maar van "
			  "opslag of sleutel is niet gebleken dat zij voor "
			  "anderen gesloten zijn (zie cloxxsctl doctor).",
		   memory ? memory : "?", operations ? operations : "?");
}

void look_lockout(struct evidence *evidence, struct answer *answer)
{
	long long failures;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	failures = as_number(evidence_setting(evidence, "lockout", "failures"));
	answer_say(answer,
		   failures > 0 && failures <= FAILURES_MAX ? ANSWER_KEPT
							    : ANSWER_NOT_KEPT,
		   "Wrong answers until the lock, over all services together: "
		   "%lld; users locked now: %lld.",
		   "Foute antwoorden tot de blokkade, over alle diensten "
		   "samen: %lld; gebruikers nu geblokkeerd: %lld.",
		   failures, (long long)evidence->users.locked);
}

void look_temporary(struct evidence *evidence, struct answer *answer)
{
	const char *lifetime;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	lifetime = evidence_setting(evidence, "temporary_password", "lifetime");
	answer_say(answer, lifetime ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "It is made by the daemon, ends after %s, and allows "
		   "nothing but choosing a new one; in use now: %lld.",
		   "De daemon maakt het, het vervalt na %s, en het dient "
		   "alleen om een nieuw wachtwoord te kiezen; nu in gebruik: "
		   "%lld.",
		   lifetime ? lifetime : "?",
		   (long long)evidence->users.temporary);
}

static long long factor_number(const json_t *factor, const char *key)
{
	int64_t n = 0;

	return output_member_int(factor, key, &n) ? (long long)n : 0;
}

/* What is weaker is told, be it switched on or not. */
static void say_mail(const json_t *factor, struct answer *answer)
{
	if (json_is_true(json_object_get(factor, "mail_codes")))
		answer_say(answer, answer->outcome,
			   "Codes go by e-mail too, for %lld users: weaker, as "
			   "a mailbox often opens with a password alone.",
			   "Codes gaan ook per e-mail, voor %lld gebruikers: "
			   "zwakker, want een mailbox gaat vaak met alleen een "
			   "wachtwoord open.",
			   factor_number(factor, "mail"));
}

void look_second_factor(struct evidence *evidence, struct answer *answer)
{
	const json_t *status = evidence->doctor.status, *factor;
	long long n_services;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	factor = json_object_get(status, "second_factor");
	n_services =
		(long long)json_array_size(json_object_get(factor, "services"));
	answer_say(
		answer,
		n_services > 0 || factor_number(factor, "asked") > 0
			? ANSWER_KEPT
			: ANSWER_OFF,
		"Services that ask for a code: %lld; users who are asked "
		"everywhere: %lld. A code by SMS can have %lld, by an app "
		"%lld, from paper %lld; who has no way gets in nowhere where "
		"one is asked for.",
		"Diensten die om een code vragen: %lld; gebruikers die overal "
		"een code nodig hebben: %lld. Een code per sms kunnen %lld "
		"krijgen, met een app %lld, van papier %lld; wie geen code kan "
		"krijgen, komt niet binnen waar die wordt gevraagd.",
		n_services, factor_number(factor, "asked"),
		factor_number(factor, "phone"), factor_number(factor, "app"),
		factor_number(factor, "recovery"));
	say_mail(factor, answer);
	if (answer->outcome == ANSWER_KEPT)
		outside_say_providers(evidence, answer);
}

void look_administrators(struct evidence *evidence, struct answer *answer)
{
	const struct user_tally *users = &evidence->users;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	answer_say(answer,
		   users->known && users->administrators > 0 ? ANSWER_KEPT
							     : ANSWER_NOT_KEPT,
		   "Administrators who can get in: %lld; each act of theirs is "
		   "recorded under their own name.",
		   "Beheerders die kunnen binnenkomen: %lld; elke handeling "
		   "van hen wordt onder hun eigen naam vastgelegd.",
		   (long long)users->administrators);
}

void look_grants(struct evidence *evidence, struct answer *answer)
{
	int64_t n_projects = 0, n_grants = 0, n_withdrawn = 0;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	if (!evidence_number(evidence, "projects", &n_projects) ||
	    !evidence_number(evidence, "grants", &n_grants) ||
	    !evidence_number(evidence, "access_maps_withdrawn", &n_withdrawn)) {
		say_not_here(answer);
		return;
	}
	if (n_withdrawn > 0) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The rights of %lld services cannot be given to "
			   "their applications: nobody has any there.",
			   "De rechten van %lld diensten kunnen niet aan hun "
			   "toepassing worden gegeven: niemand heeft er een.",
			   (long long)n_withdrawn);
		return;
	}
	answer_say(
		answer, ANSWER_KEPT,
		"Projects: %lld; grants: %lld, of reading and of writing "
		"each by itself. Who has none has no right.",
		"Projecten: %lld; toekenningen: %lld, van lezen en schrijven "
		"elk apart. Wie er geen heeft, heeft geen recht.",
		(long long)n_projects, (long long)n_grants);
}

void look_personal_data(struct evidence *evidence, struct answer *answer)
{
	const struct user_tally *users = &evidence->users;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	if (!users->known || users->personal[0]) {
		answer_say(
			answer, ANSWER_NOT_KEPT,
			"Not every user could be looked at, or a member "
			"tells about a person.",
			"Niet elke gebruiker kon worden bekeken, of een veld "
			"zegt iets over een persoon.");
		answer_say_foreign(answer, users->personal);
		return;
	}
	answer_say(
		answer, ANSWER_KEPT,
		"No user (of %lld) has a full name or an address; every "
		"change of a user is a record of the ledger.",
		"Geen gebruiker (van %lld) heeft een volledige naam of adres; "
		"elke wijziging van een gebruiker staat in het grootboek.",
		(long long)users->all);
}
