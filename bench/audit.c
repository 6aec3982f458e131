/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_audit: the audit by the daemon.
 *
 *   rate   callers, each a process, that record one action after the other for
 *          a while, in turn with as many that hand journald such a record by
 *          sd_journal_send() and no daemon: "records" and "journal", of all of
 *          them a second, and "ratio" of each two turns.
 *   alone  one record from the call to its answer, "record", and beside it one
 *          row in a database of its own on the same disk, durable as ours is,
 *          "commit", in turn; "ratio" of each two; milliseconds.
 *   read   "verify", records proved a second; "user" and "day", seconds for a
 *          search by user, and by one day, of all records.
 */
/* As the daemon sends. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <getopt.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/scope.h"
#include "bench/sample.h"
#include "libcloxxs/cloxxs.h"
#include "varlink/client.h"

#define N_TURNS 5
#define N_ALONE 300
#define N_READS 5

struct bench {
	const char *socket, *sync;
	unsigned int callers, milliseconds;
	int64_t day_us;
};

struct board {
	_Atomic bool go, stop;
	_Atomic unsigned int ready, n;
};

static struct cloxxs_action action_of(const char *const *details)
{
	return (struct cloxxs_action){ .size = sizeof(struct cloxxs_action),
				       .user = "user1",
				       .address = "192.0.2.7",
				       .project = "project1",
				       .action = "budget.write",
				       .object = "line 12",
				       .result = CLOXXS_RESULT_DONE,
				       .details = details };
}

static struct cloxxs_audit *open_audit(const struct bench *bench)
{
	struct cloxxs_audit *audit;

	if (cloxxs_audit_new("bench", &audit) != 0 ||
	    cloxxs_audit_set_socket(audit, bench->socket) != 0)
		sample_fail(bench->socket, "cannot be used");
	return audit;
}

static void record(struct cloxxs_audit *audit)
{
	static const char *const details[] = { "old", "1200", "new", "1300",
					       NULL };
	struct cloxxs_action action = action_of(details);
	int r = cloxxs_audit_record(audit, &action, NULL);

	if (r != 0)
		sample_fail("a record", cloxxs_error_name(r));
}

/* What the daemon sends of such a record. */
static void send(void)
{
	int r = sd_journal_send(
		"MESSAGE=action: user=user1 service=bench address=192.0.2.7"
		" project=project1 action=budget.write object=\"line 12\""
		" result=done reason=none details=\"old=\\\"1200\\\"\"",
		"MESSAGE_ID=ba7e251946204c4fb8eb84168fa828a6", "PRIORITY=6",
		"SYSLOG_IDENTIFIER=bench", "CLOXXS_SEQ=4711",
		"CLOXXS_AT=1795892400000000", "CLOXXS_EVENT=action",
		"CLOXXS_RESULT=done", "CLOXXS_REASON=none", "CLOXXS_USER=user1",
		"CLOXXS_ACTOR=user1", "CLOXXS_SERVICE=bench",
		"CLOXXS_ADDRESS=192.0.2.7",
		"CLOXXS_DETAILS=old=\"1200\" new=\"1300\"",
		"CLOXXS_PROJECT=project1", "CLOXXS_ACTION=budget.write",
		"CLOXXS_OBJECT=line 12", NULL);

	if (r < 0)
		sample_fail("sd_journal_send", strerror(-r));
}

static _Noreturn void be_caller(const struct bench *bench, struct board *board,
				bool by_daemon)
{
	struct cloxxs_audit *audit = by_daemon ? open_audit(bench) : NULL;

	if (audit)
		record(audit);
	atomic_fetch_add(&board->ready, 1);
	while (!atomic_load(&board->go))
		usleep(1000);
	while (!atomic_load(&board->stop)) {
		if (audit)
			record(audit);
		else
			send();
		atomic_fetch_add(&board->n, 1);
	}
	_exit(0);
}

/* Of all callers, a second. */
static double rate(const struct bench *bench, bool by_daemon)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double start, n;

	if (board == MAP_FAILED)
		sample_fail("mmap", strerror(errno));
	fflush(stdout);
	for (unsigned int i = 0; i < bench->callers; i++) {
		pid_t pid = fork();

		if (pid < 0)
			sample_fail("fork", strerror(errno));
		if (pid == 0)
			be_caller(bench, board, by_daemon);
	}
	while (atomic_load(&board->ready) < bench->callers)
		usleep(1000);
	start = sample_now_us();
	atomic_store(&board->go, true);
	usleep(bench->milliseconds * 1000);
	n = atomic_load(&board->n);
	n = n / (sample_now_us() - start) * 1e6;
	atomic_store(&board->stop, true);
	while (wait(NULL) > 0)
		;
	munmap(board, sizeof(*board));
	return n;
}

static void measure_rate(const struct bench *bench)
{
	struct sample records = { 0 }, journal = { 0 }, ratios = { 0 };

	for (int i = 0; i < N_TURNS; i++) {
		double with = rate(bench, true), without = rate(bench, false);

		sample_add(&records, with);
		sample_add(&journal, without);
		sample_add(&ratios, with / without);
		/* What was handed over in this turn is no load of the next. */
		sleep(2);
	}
	sample_print(&records, "records");
	sample_print(&journal, "journal");
	sample_print(&ratios, "ratio");
}

static sqlite3 *open_database(const struct bench *bench)
{
	sqlite3 *database;

	if (sqlite3_open(bench->sync, &database) != SQLITE_OK ||
	    sqlite3_exec(database,
			 "PRAGMA locking_mode = EXCLUSIVE;"
			 "PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL;"
			 "CREATE TABLE ledger (seq INTEGER PRIMARY KEY,"
			 " text TEXT, chain BLOB);",
			 NULL, NULL, NULL) != SQLITE_OK)
		sample_fail(bench->sync, sqlite3_errmsg(database));
	return database;
}

static double commit(sqlite3 *database)
{
	double start = sample_now_us();

	if (sqlite3_exec(database,
			 "INSERT INTO ledger (text, chain) VALUES"
			 " (printf('%0200d', 1), zeroblob(32))",
			 NULL, NULL, NULL) != SQLITE_OK)
		sample_fail("commit", sqlite3_errmsg(database));
	return sample_now_us() - start;
}

static void measure_alone(const struct bench *bench)
{
	struct sample records = { 0 }, commits = { 0 }, ratios = { 0 };
	struct cloxxs_audit *audit = open_audit(bench);
	sqlite3 *database = open_database(bench);

	for (int i = 0; i < N_ALONE; i++) {
		double start = sample_now_us(), with, without;

		record(audit);
		with = sample_now_us() - start;
		without = commit(database);
		if (i < 20)
			continue;
		sample_add(&records, with / 1000);
		sample_add(&commits, without / 1000);
		sample_add(&ratios, with / without);
	}
	sample_print(&records, "record");
	sample_print(&commits, "commit");
	sample_print(&ratios, "ratio");
	sqlite3_close(database);
	cloxxs_audit_free(audit);
}

struct reading {
	int64_t n, checked;
};

static int each(json_t *reply, void *userdata)
{
	struct reading *reading = userdata;
	json_t *checked = json_object_get(reply, "checked");

	reading->n += json_is_object(json_object_get(reply, "entry"));
	if (json_is_integer(checked))
		reading->checked = json_integer_value(checked);
	return 0;
}

static double ask(struct varlink_client *client, const char *method,
		  json_t *parameters, struct reading *reading)
{
	double start = sample_now_us();
	const char *error = NULL;
	json_t *reply = NULL;
	int r;

	*reading = (struct reading){ 0 };
	r = varlink_client_stream(client, method, parameters, each, reading,
				  &reply, &error);
	if (r != 0 || error)
		sample_fail(method, error ? error : "no answer");
	json_decref(reply);
	return (sample_now_us() - start) / 1e6;
}

static void measure_read(const struct bench *bench)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	struct sample proofs = { 0 }, users = { 0 }, days = { 0 };
	struct sample of_user = { 0 }, of_day = { 0 };
	struct reading reading;

	if (varlink_client_new(bench->socket, 60000, &client) != 0)
		sample_fail(bench->socket, "cannot be reached");
	for (int i = 0; i < N_READS; i++) {
		double seconds =
			ask(client, "nl.cloxxs.Audit.Verify", NULL, &reading);

		sample_add(&proofs, (double)reading.checked / seconds);
		sample_add(&users,
			   ask(client, "nl.cloxxs.Audit.Search",
			       json_pack("{s:s}", "user", "user1"), &reading));
		sample_add(&of_user, (double)reading.n);
		sample_add(&days,
			   ask(client, "nl.cloxxs.Audit.Search",
			       json_pack("{s:I, s:I}", "since",
					 (json_int_t)bench->day_us, "until",
					 (json_int_t)bench->day_us +
						 INT64_C(86400000000)),
			       &reading));
		sample_add(&of_day, (double)reading.n);
	}
	sample_print(&proofs, "verify");
	sample_print(&users, "user");
	sample_print(&days, "day");
	sample_print(&of_user, "of-user");
	sample_print(&of_day, "of-day");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "sync", required_argument, NULL, 'y' },
		{ "callers", required_argument, NULL, 'c' },
		{ "milliseconds", required_argument, NULL, 'm' },
		{ "day", required_argument, NULL, 'd' },
		{ 0 },
	};
	struct bench bench = { .callers = 64, .milliseconds = 2000 };
	const char *mode;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's':
			bench.socket = optarg;
			break;
		case 'y':
			bench.sync = optarg;
			break;
		case 'c':
			bench.callers = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			bench.milliseconds =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			bench.day_us = strtoll(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	mode = argv[optind] ? argv[optind] : "";
	if (bench.socket && strcmp(mode, "rate") == 0)
		measure_rate(&bench);
	else if (bench.socket && bench.sync && strcmp(mode, "alone") == 0)
		measure_alone(&bench);
	else if (bench.socket && strcmp(mode, "read") == 0)
		measure_read(&bench);
	else
		sample_fail("usage", "--socket PATH [--sync FILE] "
				     "[--callers N --milliseconds N] "
				     "[--day MICROSECONDS] rate|alone|read");
	return EXIT_SUCCESS;
}
