/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/settings_table.h"

#include <string.h>

#include "base/name.h"

#define AT(member) offsetof(struct settings, member)
#define ITEM(member) offsetof(struct settings_watched, member)
#define SERVICE(member) offsetof(struct settings_service, member)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define MINUTE 60
#define DAY 86400

/* SETTING_UIDS fills two neighbours. */
_Static_assert(AT(uid_max) == AT(uid_min) + sizeof(uint32_t),
	       "uid_min and uid_max stand apart");

/* In the order in which they are dumped; a section's rows stand together. */
const struct settings_row settings_table[] = {
	{ "users",
	  "uid_range",
	  SETTING_UIDS,
	  AT(uid_min),
	  "66000-99999",
	  { NAME_UID_MIN, NAME_UID_MAX },
	  "User ids that new users get; never one twice." },
	{ "users",
	  "shell",
	  SETTING_PATH,
	  AT(shell),
	  "/bin/bash",
	  { 0, 0 },
	  "Login shell of users who have none of their own." },
	{ "users",
	  "home",
	  SETTING_HOME,
	  AT(home),
	  "/home/%u",
	  { 0, 0 },
	  "Home directory of new users; %u is the user's name." },
	{ "account",
	  "inactive",
	  SETTING_LIMIT,
	  AT(inactive_s),
	  "off",
	  { DAY, 3650 * DAY },
	  "Who did not log in for so long is refused; off for never." },
	{ "lockout",
	  "failures",
	  SETTING_NUMBER,
	  AT(lockout_failures),
	  "3",
	  { 1, 10 },
	  "Wrong answers in a row that lock an account." },
	{ "lockout",
	  "alarm_locks",
	  SETTING_COUNT,
	  AT(alarm_locks),
	  "5",
	  { 2, 10000 },
	  "Users locked by wrong answers in alarm_window that are an alarm." },
	{ "lockout",
	  "alarm_window",
	  SETTING_DURATION,
	  AT(alarm_window_s),
	  "10m",
	  { MINUTE, DAY },
	  "How long locks are counted for the alarm; one alarm in that time." },
	{ "throttle",
	  "failures",
	  SETTING_COUNT,
	  AT(throttle_failures),
	  "10",
	  { 3, 10000 },
	  "Wrong answers in window after which an address must wait." },
	{ "throttle",
	  "window",
	  SETTING_DURATION,
	  AT(throttle_window_s),
	  "10m",
	  { MINUTE, DAY },
	  "How long they are counted, and the longest wait." },
	{ "throttle",
	  "exempt",
	  SETTING_NETWORKS,
	  AT(throttle_exempt),
	  "none",
	  { 0, 0 },
	  "Networks whose addresses never wait." },
	{ "origin",
	  "local_services",
	  SETTING_SERVICES,
	  AT(local_services),
	  "login, cron, crond, atd, su, su-l, sudo, sudo-i, runuser, "
	  "runuser-l, passwd, chfn, chsh, systemd-user, polkit-1, "
	  "gdm-password, lightdm, sddm",
	  { 0, 0 },
	  "Services of this host itself: they may come without an address." },
	{ "origin",
	  "bastions",
	  SETTING_NETWORKS,
	  AT(bastions),
	  "none",
	  { 0, 0 },
	  "Hosts of yours that users come through; in no country." },
	{ "geofence",
	  "countries",
	  SETTING_COUNTRIES,
	  AT(countries),
	  "NL",
	  { 0, 0 },
	  "Countries that users may come from; any is no fence." },
	{ "geofence",
	  "local",
	  SETTING_CLASSES,
	  AT(local_classes),
	  "deny",
	  { 0, 0 },
	  "Kinds of addresses in no country that users may come from." },
	{ "geofence",
	  "max_age",
	  SETTING_DURATION,
	  AT(geoip_max_age_s),
	  "45d",
	  { DAY, 3650 * DAY },
	  "How old the country database may be to be believed." },
	{ "administrators",
	  "networks",
	  SETTING_NETWORKS,
	  AT(administrators),
	  "none",
	  { 0, 1 },
	  "Where administrators come from, and root and local accounts." },
	{ "unmanaged",
	  "origin",
	  SETTING_SERVICES,
	  AT(unmanaged_origin),
	  "sshd",
	  { 0, 0 },
	  "Services whose users who are not ours must come from there." },
	{ "unmanaged",
	  "deny",
	  SETTING_SERVICES,
	  AT(unmanaged_deny),
	  "none",
	  { 0, 0 },
	  "Services that users who are not ours may not reach from afar." },
	{ "password",
	  "preset",
	  SETTING_PRESET,
	  AT(password.preset),
	  "modern",
	  { 0, 0 },
	  "What is asked of passwords: modern, bio or custom." },
	{ "password",
	  "minlen",
	  SETTING_NUMBER,
	  AT(password.minlen),
	  "15",
	  { 8, 64 },
	  "Characters that a new password must have at least." },
	{ "password",
	  "difok",
	  SETTING_NUMBER,
	  AT(password.difok),
	  "1",
	  { 0, 64 },
	  "Characters that must not stand in the present one." },
	{ "password",
	  "minclass",
	  SETTING_NUMBER,
	  AT(password.minclass),
	  "0",
	  { 0, 4 },
	  "Classes of characters: small, capital, digit, other." },
	{ "password",
	  "minclass_until",
	  SETTING_NUMBER,
	  AT(password.minclass_until),
	  "0",
	  { 0, 1024 },
	  "From this length on no classes are asked; 0 is never." },
	{ "password",
	  "dcredit",
	  SETTING_CREDIT,
	  AT(password.dcredit),
	  "0",
	  { 0, 64 },
	  "Digits: -1 is at least one." },
	{ "password",
	  "ucredit",
	  SETTING_CREDIT,
	  AT(password.ucredit),
	  "0",
	  { 0, 64 },
	  "Capital letters: -1 is at least one." },
	{ "password",
	  "lcredit",
	  SETTING_CREDIT,
	  AT(password.lcredit),
	  "0",
	  { 0, 64 },
	  "Small letters: -1 is at least one." },
	{ "password",
	  "ocredit",
	  SETTING_CREDIT,
	  AT(password.ocredit),
	  "0",
	  { 0, 64 },
	  "Other characters: -1 is at least one." },
	{ "password",
	  "maxrepeat",
	  SETTING_NUMBER,
	  AT(password.maxrepeat),
	  "0",
	  { 0, 64 },
	  "The same character in a row at most; 0 is no limit." },
	{ "password",
	  "maxsequence",
	  SETTING_NUMBER,
	  AT(password.maxsequence),
	  "0",
	  { 0, 64 },
	  "Neighbours in a row at most, as abcd; 0 is no limit." },
	{ "password",
	  "maxclassrepeat",
	  SETTING_NUMBER,
	  AT(password.maxclassrepeat),
	  "0",
	  { 0, 64 },
	  "Characters of one class in a row at most; 0 is no limit." },
	{ "password",
	  "usercheck",
	  SETTING_NUMBER,
	  AT(password.usercheck),
	  "1",
	  { 0, 1 },
	  "1: the name of the user may not stand in it." },
	{ "password",
	  "dictcheck",
	  SETTING_NUMBER,
	  AT(password.dictcheck),
	  "1",
	  { 0, 1 },
	  "1: no words of the dictionary, in disguise either." },
	{ "password",
	  "badwords",
	  SETTING_WORDS,
	  AT(badwords),
	  "cloxxs",
	  { 3, 32 },
	  "Words that may not stand in a new password, by comma." },
	{ "password",
	  "breached",
	  SETTING_FILE,
	  AT(breached),
	  "none",
	  { 0, 0 },
	  "Sorted list of the SHA-1 of passwords that were stolen." },
	{ "password",
	  "history",
	  SETTING_NUMBER,
	  AT(password.history),
	  "0",
	  { 0, 24 },
	  "So many former passwords may not be chosen again." },
	{ "password",
	  "min_age",
	  SETTING_LIMIT,
	  AT(password.min_age_s),
	  "off",
	  { MINUTE, 30 * DAY },
	  "How long a new password stays before its user changes it." },
	{ "password",
	  "max_age",
	  SETTING_LIMIT,
	  AT(password.max_age_s),
	  "off",
	  { DAY, 3650 * DAY },
	  "How old a password may be before it must be changed." },
	{ "password",
	  "trial",
	  SETTING_YES_NO,
	  AT(trial),
	  "no",
	  { 0, 0 },
	  "What is asked beyond the preset is only recorded." },
	{ "password",
	  "hash_memory",
	  SETTING_SIZE,
	  AT(hash_memory),
	  "64M",
	  { 19 * MIB, GIB },
	  "Memory that the hash of one password takes." },
	{ "password",
	  "hash_operations",
	  SETTING_NUMBER,
	  AT(hash_operations),
	  "2",
	  { 2, 16 },
	  "Passes over that memory for one hash." },
	{ "workers",
	  "count",
	  SETTING_AUTO,
	  AT(workers),
	  "auto",
	  { 1, 64 },
	  "Hashes computed at once; auto is one a processor." },
	{ "workers",
	  "memory",
	  SETTING_SIZE,
	  AT(workers_memory),
	  "256M",
	  { 19 * MIB, 64 * GIB },
	  "Memory of all hashes together; further logins wait." },
	{ "temporary_password",
	  "lifetime",
	  SETTING_DURATION,
	  AT(temporary_lifetime_s),
	  "24h",
	  { MINUTE, 30 * DAY },
	  "How long a temporary password can be used." },
	{ "login",
	  "answer_timeout",
	  SETTING_DURATION,
	  AT(answer_timeout_s),
	  "2m",
	  { 10, 10 * MINUTE },
	  "How long a login waits for an answer of the user." },
	{ "login",
	  "pass_lifetime",
	  SETTING_DURATION,
	  AT(pass_lifetime_s),
	  "2m",
	  { 10, 10 * MINUTE },
	  "How long a finished authentication can become a session." },
	{ "login",
	  "attempts",
	  SETTING_NUMBER,
	  AT(attempts_max),
	  "1024",
	  { 16, 65536 },
	  "Logins that may be under way at once." },
	{ "login",
	  "language",
	  SETTING_LANGUAGE,
	  AT(login_language),
	  "en",
	  { LANGUAGE_ENGLISH, 0 },
	  "What users are spoken to in where nothing else says it." },
	{ "login",
	  "last_login",
	  SETTING_YES_NO,
	  AT(last_login),
	  "yes",
	  { 0, 0 },
	  "Whether a session begins with when the last one was." },
	{ "notice",
	  "show",
	  SETTING_YES_NO,
	  AT(notice_show),
	  "yes",
	  { 0, 0 },
	  "Whether the notice is shown at each login until it is accepted." },
	{ "notice",
	  "require",
	  SETTING_REQUIRE,
	  AT(notice_require),
	  "no",
	  { 0, 0 },
	  "Whether it must be accepted: no, ask where that can be, or yes." },
	{ "notice",
	  "text",
	  SETTING_TEXTS,
	  AT(notice_text),
	  "default",
	  { 0, 0 },
	  "Its text: default, or a file for each language (%l)." },
	{ "notice",
	  "version",
	  SETTING_LABEL,
	  AT(notice_version),
	  "auto",
	  { 1, NOTICE_VERSION_MAX - 1 },
	  "What an acceptance names; auto is a digest of the text." },
	{ "service",
	  "hours",
	  SETTING_HOURS,
	  SERVICE(hours),
	  "always",
	  { 0, 0 },
	  "When the service lets users in." },
	{ "service",
	  "language",
	  SETTING_LANGUAGE,
	  SERVICE(language),
	  "auto",
	  { LANGUAGE_NONE, 0 },
	  "Language of that service; auto is the client's." },
	{ "service",
	  "account",
	  SETTING_ACCOUNT,
	  SERVICE(account),
	  "none",
	  { 0, 0 },
	  "Local account of the application that speaks for the service." },
	{ "service",
	  "proxies",
	  SETTING_PROXIES,
	  SERVICE(proxies),
	  "none",
	  { 0, 0 },
	  "What its users come through: direct for nothing, or networks." },
	{ "service",
	  "session_lifetime",
	  SETTING_DURATION,
	  SERVICE(session_lifetime_s),
	  "24h",
	  { MINUTE, 30 * DAY },
	  "How long a session lasts that its application has open." },
	{ "audit",
	  "keep",
	  SETTING_DURATION,
	  AT(audit_keep_s),
	  "400d",
	  { DAY, 20000 * DAY },
	  "How long records stay in the ledger." },
	{ "audit",
	  "keep_logins",
	  SETTING_LIMIT,
	  AT(audit_keep_logins_s),
	  "off",
	  { DAY, 20000 * DAY },
	  "The same for logins, where it is another time than keep." },
	{ "audit",
	  "keep_administration",
	  SETTING_LIMIT,
	  AT(audit_keep_administration_s),
	  "off",
	  { DAY, 20000 * DAY },
	  "The same for what administrators did, and the daemon itself." },
	{ "audit",
	  "keep_application",
	  SETTING_LIMIT,
	  AT(audit_keep_application_s),
	  "off",
	  { DAY, 20000 * DAY },
	  "The same for what users did in applications." },
	{ "backup",
	  "directory",
	  SETTING_PATH,
	  AT(backup_directory),
	  "/var/backups/cloxxs",
	  { 0, 0 },
	  "Where backups are written to; of cloxxsd alone." },
	{ "backup",
	  "keep",
	  SETTING_DURATION,
	  AT(backup_keep_s),
	  "30d",
	  { DAY, 3650 * DAY },
	  "No backup younger than this is ever removed." },
	{ "backup",
	  "keep_verified",
	  SETTING_NUMBER,
	  AT(backup_keep_verified),
	  "7",
	  { 1, 1000 },
	  "So many verified backups stay, however old they are." },
	{ "watched_backup",
	  "path",
	  SETTING_PATH,
	  ITEM(path),
	  NULL,
	  { 0, 0 },
	  "Directory, or one file, that another program backs up to." },
	{ "watched_backup",
	  "pattern",
	  SETTING_PATTERN,
	  ITEM(pattern),
	  "*",
	  { 1, 64 },
	  "Names of the files that count, as a shell pattern." },
	{ "watched_backup",
	  "max_age",
	  SETTING_DURATION,
	  ITEM(max_age_s),
	  "26h",
	  { MINUTE, 365 * DAY },
	  "How old the newest of them may be." },
	{ "watched_backup",
	  "min_count",
	  SETTING_NUMBER,
	  ITEM(min_count),
	  "1",
	  { 1, 100000 },
	  "How many of them must be there." },
	{ "statement",
	  "soc2",
	  SETTING_DECLARATION,
	  AT(soc2),
	  "none",
	  { 3, 200 },
	  "Declared: the datacentre meets SOC 2." },
	{ "statement",
	  "physical_protection",
	  SETTING_DECLARATION,
	  AT(physical_protection),
	  "none",
	  { 3, 200 },
	  "Declared: the servers are protected against physical access." },
	{ "statement",
	  "location",
	  SETTING_DECLARATION,
	  AT(location),
	  "none",
	  { 3, 200 },
	  "Declared: all data is in the Netherlands." },
	{ "statement",
	  "web_application_firewall",
	  SETTING_DECLARATION,
	  AT(web_application_firewall),
	  "none",
	  { 3, 200 },
	  "Declared: a web application firewall stands before the servers." },
};
const size_t settings_table_n = ARRAY_SIZE(settings_table);
_Static_assert(ARRAY_SIZE(settings_table) <= SETTINGS_ROWS_MAX, "rows");
_Static_assert(PASSWORD_HISTORY_MAX == 24, "history");

/* Keys that were called otherwise, and are read by that name as well. */
static const struct {
	const char *section, *former, *key;
} renamed[] = {
	{ "password", "min_length", "minlen" },
	{ "password", "words", "badwords" },
};

const struct settings_section settings_sections[] = {
	{ "service", AT(services), AT(n_services),
	  sizeof(struct settings_service) },
	{ "watched_backup", AT(watched), AT(n_watched),
	  sizeof(struct settings_watched) },
};
const size_t settings_sections_n = ARRAY_SIZE(settings_sections);
_Static_assert(offsetof(struct settings_watched, name) == 0, "name is first");
_Static_assert(offsetof(struct settings_service, name) == 0, "name is first");

const struct settings_row *settings_row_find(const char *section,
					     const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (strcmp(renamed[i].section, section) == 0 &&
		    strcmp(renamed[i].former, key) == 0)
			key = renamed[i].key;
	for (size_t i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].section, section) == 0 &&
		    strcmp(settings_table[i].key, key) == 0)
			return &settings_table[i];
	return NULL;
}

const struct settings_section *settings_section_find(const char *section)
{
	for (size_t i = 0; i < settings_sections_n; i++)
		if (strcmp(settings_sections[i].section, section) == 0)
			return &settings_sections[i];
	return NULL;
}

bool settings_section_exists(const char *section)
{
	for (size_t i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].section, section) == 0)
			return true;
	return false;
}

const char *settings_section_of_key(const char *key)
{
	for (size_t i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].key, key) == 0)
			return settings_table[i].section;
	return NULL;
}

/* Levenshtein's distance of two short words; what is long is far. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], n_b = strlen(b);

	if (strlen(a) >= ARRAY_SIZE(row) || n_b >= ARRAY_SIZE(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n_b; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[n_b];
}

static void consider(const char *word, const char *name, const char **nearest,
		     size_t *least)
{
	size_t d = distance(word, name);

	if (d < *least) {
		*least = d;
		*nearest = name;
	}
}

const char *settings_section_near(const char *section)
{
	const char *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < settings_table_n; i++)
		consider(section, settings_table[i].section, &nearest, &least);
	return nearest;
}

const char *settings_key_near(const char *section, const char *key)
{
	const char *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < settings_table_n; i++)
		if (strcmp(settings_table[i].section, section) == 0)
			consider(key, settings_table[i].key, &nearest, &least);
	return nearest;
}
