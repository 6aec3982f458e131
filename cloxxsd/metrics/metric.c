/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/metrics/metric.h"

static const char *const kinds[] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
	[METRIC_HISTOGRAM] = "histogram",
};

/* clang-format off */
static const struct {
	const char *name;
	enum metric_kind kind;
	const char *unit;
	const char *labels[METRIC_LABELS_MAX + 1];
	const char *help;
} rows[_METRIC_N] = {
	[METRIC_BUILD] = { "cloxxs_build_info", METRIC_GAUGE, "",
		{ "version" },
		"1; which version of cloxxsd runs." },
	[METRIC_START_TIME] = { "cloxxs_start_time_seconds", METRIC_GAUGE,
		"seconds", { NULL },
		"When cloxxsd was started; counters began at 0 then." },
	[METRIC_LOGINS] = { "cloxxs_logins", METRIC_COUNTER, "",
		{ "phase", "service", "result", "reason" },
		"Decisions about users who wanted to come in." },
	[METRIC_LOCKS] = { "cloxxs_locks", METRIC_COUNTER, "",
		{ "reason" },
		"Users who were locked." },
	[METRIC_EVENTS] = { "cloxxs_events", METRIC_COUNTER, "",
		{ "event" },
		"Records of the audit, by their event." },
	[METRIC_ATTEMPTS] = { "cloxxs_attempts", METRIC_GAUGE, "",
		{ NULL },
		"Logins that are under way." },
	[METRIC_CONNECTIONS] = { "cloxxs_connections", METRIC_GAUGE, "",
		{ NULL },
		"Connections to the socket of cloxxsd." },
	[METRIC_HASH_DURATION] = { "cloxxs_hash_duration_seconds",
		METRIC_HISTOGRAM, "seconds", { NULL },
		"Time that the hashes of one verification or one new "
		"password took, without the wait for a worker." },
	[METRIC_HASH_QUEUE] = { "cloxxs_hash_queue", METRIC_GAUGE, "",
		{ NULL },
		"Hashes that wait for a worker." },
	[METRIC_HASH_WORKERS] = { "cloxxs_hash_workers", METRIC_GAUGE, "",
		{ NULL },
		"Hashes that can be computed at once." },
	[METRIC_USERS] = { "cloxxs_users", METRIC_GAUGE, "",
		{ "state" },
		"Users: all of them, those locked, those disabled." },
	[METRIC_PROJECTS] = { "cloxxs_projects", METRIC_GAUGE, "",
		{ NULL },
		"Projects." },
	[METRIC_GRANTS] = { "cloxxs_grants", METRIC_GAUGE, "",
		{ NULL },
		"Rights in projects that were granted." },
	[METRIC_ACCESS_MAPS] = { "cloxxs_access_maps", METRIC_GAUGE, "",
		{ "state" },
		"Access maps: all of them, and those withdrawn." },
	[METRIC_LEDGER_RECORDS] = { "cloxxs_ledger_records", METRIC_GAUGE, "",
		{ NULL },
		"Records in the ledger." },
	[METRIC_LEDGER_UNPUBLISHED] = { "cloxxs_ledger_unpublished_records",
		METRIC_GAUGE, "", { NULL },
		"Records that journald has not taken yet." },
	[METRIC_LEDGER_UNPUBLISHED_SINCE] = {
		"cloxxs_ledger_unpublished_timestamp_seconds", METRIC_GAUGE,
		"seconds", { NULL },
		"When the oldest of them was made; no sample where there is "
		"none." },
	[METRIC_LEDGER_UNSEEN_SINCE] = {
		"cloxxs_ledger_unseen_timestamp_seconds", METRIC_GAUGE,
		"seconds", { NULL },
		"When the oldest record was made that was not seen in the "
		"journal; no sample where there is none." },
	[METRIC_BACKUP_TIME] = { "cloxxs_backup_timestamp_seconds",
		METRIC_GAUGE, "seconds", { NULL },
		"When the newest backup was made; no sample where there is "
		"none." },
	[METRIC_COUNTRY_DATABASE_BUILT] = {
		"cloxxs_country_database_built_timestamp_seconds",
		METRIC_GAUGE, "seconds", { NULL },
		"When the country database was built; no sample where there "
		"is none." },
	[METRIC_COUNTRY_DATABASE_USABLE] = {
		"cloxxs_country_database_usable", METRIC_GAUGE, "", { NULL },
		"1 where the country database is there and young enough to be "
		"asked, or no rule asks it." },
	[METRIC_CONFIGURATION_REFUSED] = { "cloxxs_configuration_refused",
		METRIC_GAUGE, "", { NULL },
		"1 where the files in /etc/cloxxs were refused at the last "
		"reload, and former settings are in force." },
	[METRIC_CLOCK_BEHIND] = { "cloxxs_clock_behind_seconds", METRIC_GAUGE,
		"seconds", { NULL },
		"How far the clock is behind the latest time that was known." },
	[METRIC_COURIER_MESSAGES] = { "cloxxs_courier_messages",
		METRIC_COUNTER, "", { "kind", "result" },
		"Messages handed to the courier, by what became of them." },
	[METRIC_COURIER_FAILED] = { "cloxxs_courier_failed_messages",
		METRIC_GAUGE, "", { "kind" },
		"Messages in a row, up to now, that were not accepted." },
	[METRIC_COURIER_ACCEPTED_TIME] = {
		"cloxxs_courier_accepted_timestamp_seconds", METRIC_GAUGE,
		"seconds", { "kind" },
		"When the last message was accepted; no sample where none "
		"was." },
	[METRIC_COURIER_QUEUE] = { "cloxxs_courier_queue", METRIC_GAUGE, "",
		{ NULL },
		"Messages that wait for the courier or are with it." },
	[METRIC_ALARM_RAISED] = { "cloxxs_alarm_raised", METRIC_GAUGE, "",
		{ "rule" },
		"1 while the alarm lasts." },
	[METRIC_ALARM_UNDELIVERED] = { "cloxxs_alarm_undelivered",
		METRIC_GAUGE, "", { NULL },
		"1 where the last alarm could not be delivered." },
};
/* clang-format on */

const char *metric_name(enum metric metric)
{
	return rows[metric].name;
}

enum metric_kind metric_kind(enum metric metric)
{
	return rows[metric].kind;
}

const char *metric_kind_name(enum metric metric)
{
	return kinds[rows[metric].kind];
}

const char *metric_unit(enum metric metric)
{
	return rows[metric].unit;
}

const char *metric_help(enum metric metric)
{
	return rows[metric].help;
}

const char *const *metric_labels(enum metric metric)
{
	return rows[metric].labels;
}
