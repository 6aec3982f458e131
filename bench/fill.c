/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_fill: a store with many users in it, all with the same chosen password
 * and every right to log in by the services "bench" and "bare", and with grants
 * in projects of "bench", spread evenly, and records, in one transaction. As
 * the user whose store it is to be.
 */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/sample.h"
#include "cloxxsd/attempt/argon2.h"
#include "cloxxsd/state/state.h"

#define FIRST_UID UINT32_C(66000)
/* 2026-01-01 */
#define FILL_BEGIN INT64_C(1767225600000000)
#define FILL_DAYS 300

struct fill {
	const char *directory, *key, *password;
	unsigned int n_users, n_projects, n_grants, n_records;
	struct argon2_cost cost;
};

static void must(const char *what, int r)
{
	if (r != 0)
		sample_fail(what, r < 0 ? strerror(-r) : "refused");
}

static void add_user(struct state *state, unsigned int i, const char *hash)
{
	struct user user = {
		.uid = FIRST_UID + i,
		.enabled = true,
		.services = "bench,bare,sshd",
		.shell = "/bin/bash",
		.home = "/home/bench",
		.password_kind = USER_PASSWORD_CHOSEN,
		.password_changed = time(NULL),
		.created = time(NULL),
	};
	const struct change change = { .type = CHANGE_USER_ADD, .user = &user };

	(void)snprintf(user.name, sizeof(user.name), "user%u", i);
	must("seal",
	     state_seal_password(state, user.uid, hash, &user.password));
	must(user.name, change_apply(state->store, &change));
}

static void add_project(struct state *state, unsigned int i)
{
	struct project project = { .id = i + 1,
				   .service = "bench",
				   .created = 1 };
	const struct change change = { .type = CHANGE_PROJECT_ADD,
				       .project = &project };

	(void)snprintf(project.name, sizeof(project.name), "project%u", i);
	must(project.name, change_apply(state->store, &change));
}

/* Each user has as many, in projects that lie next to each other. */
static void add_grant(struct state *state, const struct fill *fill,
		      unsigned int i)
{
	struct grant grant = {
		.service = "bench",
		.holder = FIRST_UID + i % fill->n_users,
		.rights = i % 2 ? ACCESS_READ : ACCESS_READ | ACCESS_WRITE,
		.granted_at = 1,
		.granted_by = "root",
	};
	const struct change change = { .type = CHANGE_GRANT_SET,
				       .grant = &grant };

	grant.project =
		1 + (i % fill->n_users + i / fill->n_users) % fill->n_projects;
	must("grant", change_apply(state->store, &change));
}

/* Evenly over FILL_DAYS from FILL_BEGIN on, of a thousand users. */
static void add_record(struct state *state, const struct fill *fill,
		       unsigned int i)
{
	char name[24], address[24];
	const struct record record = {
		.at_us = FILL_BEGIN +
			 FILL_DAYS * INT64_C(86400000000) / fill->n_records * i,
		.event = i % 4 ? EVENT_ACTION : EVENT_LOGIN_ALLOWED,
		.result = i % 4 ? RECORD_DONE : RECORD_ALLOWED,
		.reason = REASON_NONE,
		.user = name,
		.actor = name,
		.service = i % 4 ? "bench" : "sshd",
		.address = address,
		.project = i % 4 ? "project1" : NULL,
		.action = i % 4 ? "budget.write" : NULL,
		.object = i % 4 ? "line 12" : NULL,
		.details = "old=\"1200\" new=\"1300\"",
	};

	(void)snprintf(name, sizeof(name), "user%u", i * 7919 % 1000);
	(void)snprintf(address, sizeof(address), "192.0.2.%u", i % 250);
	must("record", ledger_append(&state->ledger, &record));
}

static void fill(const struct fill *fill)
{
	scope(secret_deinit) struct secret password = { 0 };
	char hash[ARGON2_STORED_SIZE], why[512];
	struct state state;
	struct text text;
	int r;

	if (sodium_init() < 0)
		sample_fail("libsodium", "does not work");
	text_init(&text, why, sizeof(why));
	r = state_init(&state, fill->directory, fill->key, 1000000, &text);
	if (r != 0)
		sample_fail(fill->directory, why);
	must("password",
	     secret_set(&password, fill->password, strlen(fill->password)));
	must("argon2", argon2_hash(&password, &fill->cost, hash));
	must("begin", store_begin(state.store));
	for (unsigned int i = 0; i < fill->n_users; i++)
		add_user(&state, i, hash);
	for (unsigned int i = 0; i < fill->n_projects; i++)
		add_project(&state, i);
	for (unsigned int i = 0; i < fill->n_grants; i++)
		add_grant(&state, fill, i);
	for (unsigned int i = 0; i < fill->n_records; i++)
		add_record(&state, fill, i);
	/* They are not what is to be sent. */
	must("mark", fill->n_records == 0 ? 0
					  : ledger_mark_seen(&state.ledger, 1,
							     state.ledger.seq));
	must("commit", store_commit(state.store));
	state_deinit(&state);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "where", no_argument, NULL, 'w' },
		{ "state", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "users", required_argument, NULL, 'u' },
		{ "projects", required_argument, NULL, 'P' },
		{ "grants", required_argument, NULL, 'g' },
		{ "records", required_argument, NULL, 'r' },
		{ "password", required_argument, NULL, 'p' },
		{ "memory", required_argument, NULL, 'm' },
		{ "operations", required_argument, NULL, 'o' },
		{ 0 },
	};
	struct fill asked = { .cost = { UINT64_C(64) << 20, 2 } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'w':
			return puts(CLOXXS_STATEDIR) < 0;
		case 's':
			asked.directory = optarg;
			break;
		case 'k':
			asked.key = optarg;
			break;
		case 'u':
			asked.n_users = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'P':
			asked.n_projects =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'g':
			asked.n_grants =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			asked.n_records =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			asked.password = optarg;
			break;
		case 'm':
			asked.cost.memory = strtoull(optarg, NULL, 10);
			break;
		case 'o':
			asked.cost.operations =
				(uint32_t)strtoul(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (!asked.directory || !asked.key || !asked.password)
		sample_fail("usage", "--state DIR --key FILE --users N "
				     "[--projects N --grants N --records N] "
				     "--password TEXT");
	fill(&asked);
	return EXIT_SUCCESS;
}
