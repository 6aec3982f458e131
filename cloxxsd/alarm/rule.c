/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/alarm/rule.h"

#include <inttypes.h>
#include <string.h>

#define HOUR_S 3600
#define DAY_S INT64_C(86400)
/* A clock that is only corrected is not behind. */
#define CLOCK_BEHIND_S 60

static void detail(struct alarm_finding *finding, const char *format, ...)
	printf_like(2, 3);

/* Adds a sentence. */
static void detail(struct alarm_finding *finding, const char *format, ...)
{
	size_t n = strlen(finding->detail);
	va_list arguments;

	if (n > 0 && n + 1 < sizeof(finding->detail))
		finding->detail[n++] = ' ';
	va_start(arguments, format);
	(void)vsnprintf(finding->detail + n, sizeof(finding->detail) - n,
			format, arguments);
	va_end(arguments);
}

static enum alarm_verdict raised_if(bool raised)
{
	return raised ? ALARM_RAISED : ALARM_QUIET;
}

/* Over only at half of the limit: who hovers at it makes one alarm, not many.
 */
static enum alarm_verdict verdict_of(int64_t n, int64_t limit)
{
	if (n >= limit)
		return ALARM_RAISED;
	return n <= limit / 2 ? ALARM_QUIET : ALARM_UNKNOWN;
}

static void many_locks(const struct alarm_facts *facts,
		       const struct settings *settings,
		       struct alarm_finding *finding)
{
	if (facts->locks_unknown) {
		finding->verdict = ALARM_UNKNOWN;
		return;
	}
	finding->n = facts->n_locked;
	finding->verdict = verdict_of(facts->n_locked, settings->alarm_locks);
	detail(finding,
	       "%" PRId64 " users within %u min, from %" PRId64
	       " address%s; most of them from %s.",
	       facts->n_locked, settings->alarm_window_s / 60,
	       facts->n_lock_addresses,
	       facts->n_lock_addresses == 1 ? "" : "es",
	       *facts->lock_address ? facts->lock_address : "this host");
}

static void refusals_abroad(const struct alarm_facts *facts,
			    const struct settings *settings,
			    struct alarm_finding *finding)
{
	finding->n = facts->n_abroad;
	finding->verdict = verdict_of(facts->n_abroad, settings->alarm_abroad);
	/* What was before the start was not counted: too few is not yet few. */
	if (finding->verdict == ALARM_QUIET && !facts->abroad_whole)
		finding->verdict = ALARM_UNKNOWN;
	detail(finding, "%" PRId64 " refusals within %u min.", facts->n_abroad,
	       settings->alarm_abroad_window_s / 60);
}

static void configuration_refused(const struct alarm_facts *facts,
				  const struct settings *settings,
				  struct alarm_finding *finding)
{
	(void)settings;
	finding->verdict = raised_if(facts->configuration_is_refused);
}

static void clock_behind(const struct alarm_facts *facts,
			 const struct settings *settings,
			 struct alarm_finding *finding)
{
	(void)settings;
	finding->verdict = raised_if(facts->clock_behind_s > CLOCK_BEHIND_S);
	detail(finding, "It is %" PRId64 " s behind.", facts->clock_behind_s);
}

static void ledger_unpublished(const struct alarm_facts *facts,
			       const struct settings *settings,
			       struct alarm_finding *finding)
{
	int64_t age = facts->unpublished_since > 0
			      ? facts->now - facts->unpublished_since
			      : 0;
	int64_t unseen =
		facts->unseen_since > 0 ? facts->now - facts->unseen_since : 0;

	if (facts->ledger_unknown) {
		finding->verdict = ALARM_UNKNOWN;
		return;
	}
	/* What was taken is looked for in the journal within minutes, but by a
	 * timer that may be late. */
	finding->verdict =
		raised_if(age > settings->alarm_ledger_s || unseen > DAY_S);
	if (age > settings->alarm_ledger_s)
		detail(finding, "Journald takes none since %" PRId64 " min.",
		       age / 60);
	if (unseen > DAY_S)
		detail(finding,
		       "Some were not seen in the journal for %" PRId64 " h.",
		       unseen / HOUR_S);
}

static void backup_old(const struct alarm_facts *facts,
		       const struct settings *settings,
		       struct alarm_finding *finding)
{
	bool is_there = facts->backup_at > 0;
	int64_t since = is_there ? facts->backup_at : facts->installed;

	if (facts->backup_unknown) {
		finding->verdict = ALARM_UNKNOWN;
		return;
	}
	finding->verdict = raised_if(
		since > 0 && facts->now - since > settings->alarm_backup_s);
	if (is_there)
		detail(finding, "The newest is %" PRId64 " h old.",
		       (facts->now - since) / HOUR_S);
	else
		detail(finding, "There is none.");
}

static void country_database_old(const struct alarm_facts *facts,
				 const struct settings *settings,
				 struct alarm_finding *finding)
{
	int64_t age = facts->now - facts->country_built;
	bool is_there = facts->country_built > 0;

	/* Where it was never there, setup and doctor ask for it. */
	finding->verdict = raised_if(
		facts->country_is_needed &&
		(is_there ? !facts->country_is_usable ||
				    age > settings->alarm_country_s
			  : facts->installed > 0 &&
				    facts->now - facts->installed > DAY_S));
	if (is_there)
		detail(finding, "It was built %" PRId64 " days ago.",
		       age / DAY_S);
	else
		detail(finding, "There is none.");
}

static void gateway_failing(const struct alarm_facts *facts,
			    const struct settings *settings,
			    struct alarm_finding *finding)
{
	bool any_known = false;

	finding->verdict = ALARM_UNKNOWN;
	for (size_t i = 0; i < facts->n_gateways; i++) {
		const struct alarm_gateway *gateway = &facts->gateways[i];

		any_known |= gateway->accepted_at > 0;
		if (gateway->n_failed < settings->alarm_gateway)
			continue;
		finding->verdict = ALARM_RAISED;
		finding->n += gateway->n_failed;
		detail(finding,
		       "%s: the last %u were not accepted, for %" PRId64
		       " min.",
		       gateway->name, gateway->n_failed,
		       (facts->now - gateway->failing_since) / 60);
	}
	/* Over only when something went out. */
	if (finding->verdict == ALARM_UNKNOWN && any_known)
		finding->verdict = ALARM_QUIET;
}

/* clang-format off */
static const struct {
	const char *name;
	/* NULL: it happens */
	void (*judge)(const struct alarm_facts *facts,
		      const struct settings *settings,
		      struct alarm_finding *finding);
	bool urgent;
	const char *text, *advice;
} rows[_ALARM_RULE_N] = {
	[ALARM_BREAK_GLASS] = { "break-glass", NULL, true,
		"An account for emergencies was prepared, opened or used.",
		"If nobody of you did that, close it: cloxxsctl break-glass "
		"close NAME. See cloxxsctl audit search --since 1h." },
	[ALARM_AUDIT_BROKEN] = { "audit-broken", NULL, true,
		"A record of the audit is not as it was written.",
		"Somebody changed the store, or the disk fails. Keep the host "
		"as it is and run cloxxsctl audit verify." },
	[ALARM_MANY_LOCKS] = { "many-locks", many_locks, true,
		"Many users were locked by wrong answers within a short time.",
		"Somebody tries passwords. Block the address before the host, "
		"look with cloxxsctl status, and unlock with cloxxsctl user "
		"unlock-all --locked-since 1h --reason TEXT." },
	[ALARM_REFUSALS_ABROAD] = { "refusals-abroad", refusals_abroad, false,
		"Many logins were refused because of the country that they "
		"came from.",
		"Nobody got in. See from where with cloxxsctl audit search "
		"--result denied --since 1h, and block it before the host." },
	[ALARM_ADMINISTRATOR_ACT] = { "administrator-act", NULL, false,
		"An administrator did what is to be looked at by a second "
		"one.",
		"Ask who did it whether it was he, and why. See cloxxsctl "
		"audit search --since 1h." },
	[ALARM_CONFIGURATION_WEAKENED] = { "configuration-weakened", NULL,
		false,
		"A change of the configuration asks less than before.",
		"Ask who changed it, and why. See cloxxsctl audit search "
		"--event configuration-weakened." },
	[ALARM_CONFIGURATION_REFUSED] = { "configuration-refused",
		configuration_refused, false,
		"The files in /etc/cloxxs were refused; former settings are "
		"in force.",
		"See file and line with cloxxsctl config check, mend them, "
		"and run systemctl reload cloxxsd." },
	[ALARM_CLOCK_BEHIND] = { "clock-behind", clock_behind, false,
		"The clock is behind what it was before.",
		"Set it right. If it is right, run cloxxsctl clock accept "
		"--reason TEXT." },
	[ALARM_LEDGER_UNPUBLISHED] = { "ledger-unpublished",
		ledger_unpublished, false,
		"Records of the audit do not reach the journal.",
		"Nothing is lost: they wait in the ledger. See systemctl "
		"status systemd-journald cloxxs-audit-confirm.timer." },
	[ALARM_BACKUP_OLD] = { "backup-old", backup_old, false,
		"There is no backup, or the newest is too old.",
		"See systemctl status cloxxs-backup.timer "
		"cloxxs-backup.service, and run cloxxsctl backup create." },
	[ALARM_COUNTRY_DATABASE_OLD] = { "country-database-old",
		country_database_old, false,
		"The country database is missing or old; once it is too old "
		"nobody is let in by his country.",
		"See cloxxsctl geoip status, and bring a new one in with "
		"cloxxsctl geoip update, or cloxxsctl geoip import FILE." },
	[ALARM_GATEWAY_FAILING] = { "gateway-failing", gateway_failing, false,
		"Messages to users or administrators do not go out.",
		"See systemctl status cloxxs-courier.service, and what the "
		"provider says: journalctl -u cloxxs-courier.service." },
	[ALARM_CODES_SPENT] = { "codes-spent", NULL, false,
		"Somebody who has the password asked for more codes than may "
		"be sent.",
		"Ask the user whether it was he; if not, his password is "
		"known: cloxxsctl user reset-password NAME. See cloxxsctl "
		"factor show NAME, and [code] in cloxxsd.conf." },
};
/* clang-format on */

/* What is an alarm when it happens. Acts that make an administrator, or take a
 * second factor away, are known by their details. */
static const struct {
	enum event event;
	enum alarm_rule rule;
	const char *details; /* that must be in them; NULL: any */
	enum reason reason;  /* 0: any */
} events[] = {
	{ .event = EVENT_BREAK_GLASS_PREPARED, .rule = ALARM_BREAK_GLASS },
	{ .event = EVENT_BREAK_GLASS_OPENED, .rule = ALARM_BREAK_GLASS },
	{ .event = EVENT_BREAK_GLASS_USED, .rule = ALARM_BREAK_GLASS },
	{ .event = EVENT_AUDIT_BROKEN, .rule = ALARM_AUDIT_BROKEN },
	{ .event = EVENT_USER_ADDED,
	  .rule = ALARM_ADMINISTRATOR_ACT,
	  .details = "administrator" },
	{ .event = EVENT_USER_CHANGED,
	  .rule = ALARM_ADMINISTRATOR_ACT,
	  .details = "administrator" },
	{ .event = EVENT_USER_UNLOCKED, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_ADMINISTRATOR_RECOVERED,
	  .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_BACKUP_RESTORED, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_RECOVERY_KEY_SET, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_KEY_ROTATED, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_CLOCK_ACCEPTED, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_AUDIT_ERASED, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_SECOND_FACTOR_CHANGED,
	  .rule = ALARM_ADMINISTRATOR_ACT,
	  .details = " weaker=yes" },
	{ .event = EVENT_SECOND_FACTOR_CHANGED,
	  .rule = ALARM_ADMINISTRATOR_ACT,
	  .details = " other=yes" },
	{ .event = EVENT_RECOVERY_CODES_MADE, .rule = ALARM_ADMINISTRATOR_ACT },
	{ .event = EVENT_CONFIGURATION_WEAKENED,
	  .rule = ALARM_CONFIGURATION_WEAKENED },
	{ .event = EVENT_LOGIN_DENIED,
	  .rule = ALARM_CODES_SPENT,
	  .reason = REASON_CODES_SPENT },
	{ .event = EVENT_CODE_SENT,
	  .rule = ALARM_CODES_SPENT,
	  .reason = REASON_CODES_SPENT },
};

const char *alarm_rule_name(enum alarm_rule rule)
{
	return rows[rule].name;
}

bool alarm_rule_find(const char *name, enum alarm_rule *ret_rule)
{
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (strcmp(rows[i].name, name) == 0) {
			*ret_rule = (enum alarm_rule)i;
			return true;
		}
	return false;
}

const char *alarm_rule_text(enum alarm_rule rule)
{
	return rows[rule].text;
}

const char *alarm_rule_advice(enum alarm_rule rule)
{
	return rows[rule].advice;
}

bool alarm_rule_lasts(enum alarm_rule rule)
{
	return rows[rule].judge != NULL;
}

bool alarm_rule_is_urgent(enum alarm_rule rule)
{
	return rows[rule].urgent;
}

bool alarm_rule_is_on(enum alarm_rule rule, const struct settings *settings)
{
	switch (rule) {
	case ALARM_MANY_LOCKS:
		return settings->alarm_locks > 0;
	case ALARM_REFUSALS_ABROAD:
		return settings->alarm_abroad > 0;
	case ALARM_ADMINISTRATOR_ACT:
		return settings->alarm_acts != 0;
	case ALARM_LEDGER_UNPUBLISHED:
		return settings->alarm_ledger_s > 0;
	case ALARM_BACKUP_OLD:
		return settings->alarm_backup_s > 0;
	case ALARM_COUNTRY_DATABASE_OLD:
		return settings->alarm_country_s > 0;
	case ALARM_GATEWAY_FAILING:
		return settings->alarm_gateway > 0;
	case ALARM_BREAK_GLASS:
	case ALARM_AUDIT_BROKEN:
	case ALARM_CONFIGURATION_WEAKENED:
	case ALARM_CONFIGURATION_REFUSED:
	case ALARM_CLOCK_BEHIND:
	case ALARM_CODES_SPENT:
		return true;
	case _ALARM_RULE_N:
		break;
	}
	return false;
}

void alarm_rule_judge(enum alarm_rule rule, const struct alarm_facts *facts,
		      const struct settings *settings,
		      struct alarm_finding *ret_finding)
{
	*ret_finding = (struct alarm_finding){ .verdict = ALARM_QUIET };
	if (rows[rule].judge && alarm_rule_is_on(rule, settings))
		rows[rule].judge(facts, settings, ret_finding);
}

bool alarm_rule_of(enum event event, enum reason reason, const char *details,
		   enum alarm_rule *ret_rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].event == event &&
		    (events[i].reason == REASON_UNDECIDED ||
		     events[i].reason == reason) &&
		    (!events[i].details ||
		     (details && strstr(details, events[i].details)))) {
			*ret_rule = events[i].rule;
			return true;
		}
	return false;
}
