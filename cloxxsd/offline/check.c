/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Neither the store nor its log is opened for writing: a look must not
 *     make worse what it looks at.
 *  2. The copy is gone afterwards.
 */
#include "cloxxsd/offline/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/identity.h"
#include "cloxxsd/state/ledger_proof.h"
#include "cloxxsd/state/leftover.h"

#define PATH_SIZE 512
#define RESTORE "put the store back with \"cloxxsctl backup restore\""

/* What a store consists of. */
static const char *const copied[] = { "store.db", "store.db-wal",
				      "store.made" };

struct check {
	struct offline *offline;
	char copy[PATH_SIZE]; /* a state directory of its own; "" for none */
	struct state state;
	int64_t users, records;
};

static void find(struct check *check, const char *part, const char *message)
{
	offline_find(check->offline, part, message);
}

static bool path_of(char path[PATH_SIZE], const char *directory,
		    const char *name)
{
	struct text text;

	text_init(&text, path, PATH_SIZE);
	text_add_format(&text, "%s/private/%s", directory, name);
	return !text_is_cut(&text);
}

static int copy_bytes(int from, int to)
{
	char bytes[1 << 16];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			return -EIO;
	return n < 0 ? -errno : 0;
}

/* 0 also where there is none: its lack is found when the copy is opened. */
static int copy_file(const struct check *check, const char *name)
{
	scope(scope_close) int from = -1, to = -1;
	char source[PATH_SIZE], target[PATH_SIZE];

	if (!path_of(source, offline_directory(check->offline), name) ||
	    !path_of(target, check->copy, name))
		return -ENAMETOOLONG;
	from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (from < 0)
		return errno == ENOENT ? 0 : -errno;
	to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return to < 0 ? -errno : copy_bytes(from, to);
}

static int make_copy(struct check *check)
{
	char private[PATH_SIZE];
	int r = 0;

	if (!path_of(check->copy, offline_directory(check->offline),
		     "check.XXXXXX")) {
		check->copy[0] = '\0';
		return -ENAMETOOLONG;
	}
	if (!mkdtemp(check->copy)) {
		check->copy[0] = '\0';
		return -errno;
	}
	if (!path_of(private, check->copy, ""))
		return -ENAMETOOLONG;
	if (mkdir(private, 0700) < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(copied); i++)
		r = copy_file(check, copied[i]);
	return r;
}

static void find_page(const char *fault, void *userdata)
{
	char message[512];

	(void)snprintf(message, sizeof(message), "%.300s; " RESTORE, fault);
	find(userdata, "store", message);
}

static int count_user(const struct user *user, void *userdata)
{
	struct check *check = userdata;

	(void)user;
	check->users++;
	return 0;
}

static void check_rows(struct check *check)
{
	int64_t seq = 0;
	char message[256];
	int r;

	r = user_for_each(check->state.store, count_user, check);
	if (r != 0)
		find(check, "store", "a user cannot be read; " RESTORE);
	r = ledger_prove(&check->state.ledger, &seq);
	if (r == LEDGER_E_BROKEN) {
		(void)snprintf(message, sizeof(message),
			       "record %lld of the ledger is not as it was "
			       "written: the store was changed; compare with "
			       "the journal and the backups",
			       (long long)seq);
		find(check, "ledger", message);
	} else if (r != 0) {
		find(check, "ledger", "it cannot be read; " RESTORE);
	}
	check->records = check->state.ledger.seq;
}

/* The copy's place means nothing to whoever reads it. */
static void find_why(struct check *check, const char *why)
{
	const char *place = strstr(why, check->copy);
	size_t n = place ? (size_t)(place - why) : 0;
	char message[2048];

	if (!place) {
		find(check, "store", why);
		return;
	}
	(void)snprintf(message, sizeof(message), "%.*s%s%s", (int)n, why,
		       offline_directory(check->offline),
		       place + strlen(check->copy));
	find(check, "store", message);
}

static void check_store(struct check *check)
{
	char why[2048];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = make_copy(check);
	if (r < 0) {
		text_add_format(&text,
				"it could not be copied to be looked at: %s",
				strerror(-r));
		find(check, "store", why);
		return;
	}
	/* Without a key there is nothing to prove it by. */
	if (!check->offline->key)
		return;
	r = state_open(&check->state, check->copy,
		       scope_take_ptr(check->offline->key), clock_realtime_us(),
		       &text);
	if (r != 0) {
		find_why(check, why);
		return;
	}
	if (store_check(check->state.store, find_page, check) != 0)
		find(check, "store", "its pages cannot be read; " RESTORE);
	check_rows(check);
	state_deinit(&check->state);
}

static void check_map(struct check *check)
{
	scope(map_freep) struct map *map = NULL;
	char path[PATH_SIZE], message[768];
	struct text text;
	int r;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/identity.map",
			offline_directory(check->offline));
	r = map_open(path, MAP_KIND_IDENTITY, _IDENTITY_N_TABLES, &map);
	if (r == 0)
		return;
	(void)snprintf(message, sizeof(message),
		       "%s: %s; \"cloxxsctl recover maps\" writes it anew, as "
		       "does the daemon when it starts",
		       path,
		       r < 0                ? strerror(-r)
		       : r == MAP_E_MISSING ? "it is not there"
					    : "it cannot be used");
	find(check, "map", message);
}

enum offline_status recover_check(struct offline *offline)
{
	struct check check = { .offline = offline };
	enum offline_status status;
	bool good;

	check_store(&check);
	leftover_clear(offline_directory(offline));
	check_map(&check);
	good = json_array_size(offline->findings) == 0;
	status = offline_answer(
		offline, json_pack("{s:b, s:O, s:I, s:I}", "sound", (int)good,
				   "findings", offline->findings, "users",
				   (json_int_t)check.users, "records",
				   (json_int_t)check.records));
	return status != OFFLINE_DONE || good ? status : OFFLINE_FAILURE;
}
