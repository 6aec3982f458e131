/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the promises about records, alarms and backups are looked at. */
#include <string.h>

#include "cloxxsctl/duration.h"
#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/promise.h"

#define DAY_S INT64_C(86400)
#define BACKUP_AGE_MAX_S (DAY_S + DAY_S / 4)
#define BACKUP_KEEP_MIN_S (30 * DAY_S)
#define UNPUBLISHED_MAX_S 60

/* Rules of alarms that tell of somebody who wants to get in, or got in. */
static const char *const attack_rules[] = { "many-locks",
					    "refusals-abroad",
					    "administrator-act",
					    "codes-spent",
					    "audit-broken",
					    "break-glass",
					    "configuration-weakened",
					    "ledger-unpublished" };

static bool is_attack(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(attack_rules); i++)
		if (strcmp(attack_rules[i], name) == 0)
			return true;
	return false;
}

struct rule_tally {
	int n, n_raised;
	char off[160]; /* names of those that are, by blank; "" for none */
};

static void tally_rules(const json_t *alarms, bool attacks_alone,
			struct rule_tally *tally)
{
	const json_t *rule;
	struct text text;
	size_t i;

	*tally = (struct rule_tally){ 0 };
	text_init(&text, tally->off, sizeof(tally->off));
	json_array_foreach(json_object_get(alarms, "rules"), i, rule)
	{
		const char *name = output_member(rule, "rule", "?");

		if (attacks_alone && !is_attack(name))
			continue;
		tally->n++;
		tally->n_raised +=
			json_is_true(json_object_get(rule, "raised"));
		if (!json_is_true(json_object_get(rule, "on")))
			text_add_format(&text, "%s%s", text.n > 0 ? " " : "",
					name);
	}
}

/* What the rules come to; false where something is against them. */
static bool say_rules(const struct evidence *evidence, bool attacks_alone,
		      struct answer *answer)
{
	struct rule_tally tally;

	tally_rules(evidence->doctor.alarms, attacks_alone, &tally);
	if (tally.n == 0) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The daemon did not tell of its alarms.",
			   "De daemon vertelde niet van zijn alarmen.");
		return false;
	}
	answer_say(answer, *tally.off ? ANSWER_NOT_KEPT : ANSWER_KEPT,
		   "Rules that raise an alarm: %d; raised now: %d.",
		   "Regels die alarm geven: %d; nu gegeven: %d.", tally.n,
		   tally.n_raised);
	if (!*tally.off)
		return true;
	answer_say(answer, ANSWER_NOT_KEPT, "Switched off:", "Uitgeschakeld:");
	answer_say_foreign(answer, tally.off);
	answer_say(answer, ANSWER_NOT_KEPT, ".", ".");
	return false;
}

void look_alarms(struct evidence *evidence, struct answer *answer)
{
	const json_t *alarms = evidence->doctor.alarms;
	bool mail = *output_member(alarms, "mail", "") != '\0';
	bool webhook = *output_member(alarms, "webhook", "") != '\0';

	if (!say_rules(evidence, false, answer))
		return;
	if (json_is_true(json_object_get(alarms, "undelivered")))
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The last one could not be delivered.",
			   "Het laatste kon niet worden bezorgd.");
	else if (mail || webhook)
		answer_say(answer, ANSWER_KEPT,
			   "They are told by mail (%s) and web hook (%s), and "
			   "recorded.",
			   "Zij worden gemeld per mail (%s) en webhook (%s), "
			   "en vastgelegd.",
			   mail ? "+" : "-", webhook ? "+" : "-");
	else
		answer_say(answer, ANSWER_NOT_KEPT,
			   "They are recorded, and told to nobody: [alarms] of "
			   "cloxxsd.conf has no address.",
			   "Zij worden vastgelegd en aan niemand gemeld: "
			   "[alarms] in cloxxsd.conf heeft geen adres.");
	if (!evidence_is_sound(evidence, CHECK_JOURNAL))
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The journal does not keep them (see cloxxsctl "
			   "doctor).",
			   "Het journaal bewaart ze niet (zie cloxxsctl "
			   "doctor).");
}

void look_monitoring(struct evidence *evidence, struct answer *answer)
{
	int64_t since;

	if (!say_rules(evidence, true, answer))
		return;
	answer_say(answer, ANSWER_KEPT,
		   "Wrong answers are counted and slowed down, refusals "
		   "recorded with name, address and reason.",
		   "Foute antwoorden worden geteld en vertraagd, weigeringen "
		   "vastgelegd met naam, adres en reden.");
	if (evidence_number(evidence, "unpublished_since", &since) &&
	    evidence->now - since > UNPUBLISHED_MAX_S)
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Records do not reach the journal.",
			   "Regels bereiken het journaal niet.");
	if (!evidence_is_sound(evidence, CHECK_JOURNAL))
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The journal does not keep them (see cloxxsctl "
			   "doctor).",
			   "Het journaal bewaart ze niet (zie cloxxsctl "
			   "doctor).");
}

void look_second_place(struct evidence *evidence, struct answer *answer)
{
	(void)evidence;
	answer_say(answer, ANSWER_OFF, "This version has none.",
		   "Deze versie heeft er geen.");
}

void look_audit(struct evidence *evidence, struct answer *answer)
{
	int64_t records, unpublished, since;
	bool current = true;

	if (!evidence_number(evidence, "ledger_records", &records) ||
	    !evidence_number(evidence, "unpublished", &unpublished)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The daemon did not tell of its ledger.",
			   "De daemon vertelde niet van zijn grootboek.");
		return;
	}
	/* Those of just now are on their way. */
	if (evidence_number(evidence, "unpublished_since", &since))
		current = evidence->now - since <= UNPUBLISHED_MAX_S;
	answer_say(answer,
		   (unpublished == 0 || current) &&
				   evidence_is_sound(evidence, CHECK_JOURNAL)
			   ? ANSWER_KEPT
			   : ANSWER_NOT_KEPT,
		   "Records in the chained ledger: %lld; not yet in the "
		   "journal: %lld.",
		   "Regels in het geketende grootboek: %lld; nog niet in het "
		   "journaal: %lld.",
		   (long long)records, (long long)unpublished);
	if (!evidence_is_sound(evidence, CHECK_JOURNAL))
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The journal does not keep them (see cloxxsctl "
			   "doctor).",
			   "Het journaal bewaart ze niet (zie cloxxsctl "
			   "doctor).");
}

struct backup_tally {
	long long n;
	int64_t oldest, newest;
};

static struct backup_tally tally_backups(const json_t *backups)
{
	struct backup_tally tally = { 0 };
	const json_t *backup;
	size_t i;

	json_array_foreach(backups, i, backup)
	{
		int64_t created;

		if (!output_member_int(backup, "created", &created))
			continue;
		tally.n++;
		if (tally.n == 1 || created < tally.oldest)
			tally.oldest = created;
		if (created > tally.newest)
			tally.newest = created;
	}
	return tally;
}

void look_backups(struct evidence *evidence, struct answer *answer)
{
	const char *keep = evidence_setting(evidence, "backup", "keep");
	struct backup_tally tally = tally_backups(evidence->backups);
	int64_t age = evidence->now - tally.newest;
	uint32_t keep_s = 0;

	if (!evidence->backups || !keep || !duration_read(keep, &keep_s)) {
		answer_say(answer, ANSWER_NOT_KEPT,
			   "The daemon did not tell of its backups.",
			   "De daemon vertelde niet van zijn reservekopieën.");
		return;
	}
	if (tally.n == 0) {
		answer_say(answer, ANSWER_NOT_KEPT, "There is no backup.",
			   "Er is geen reservekopie.");
		return;
	}
	answer_say(answer,
		   age >= 0 && age <= BACKUP_AGE_MAX_S &&
				   keep_s >= BACKUP_KEEP_MIN_S
			   ? ANSWER_KEPT
			   : ANSWER_NOT_KEPT,
		   "Backups: %lld; the newest is %lld h old, the oldest %lld "
		   "d; none younger than %s is removed.",
		   "Reservekopieën: %lld; de nieuwste is %lld u oud, de oudste "
		   "%lld d; geen jonger dan %s wordt verwijderd.",
		   tally.n, (long long)(age / 3600),
		   (long long)((evidence->now - tally.oldest) / DAY_S), keep);
}
