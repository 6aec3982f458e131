/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_access: what a right check costs, through the library that applications
 * link, by names, on one processor. Half of the questions are about a project
 * in which the user has a grant, half about any. Prints
 *
 *     check   microseconds of one check, of batches of 32
 *     rate    checks a second, in fifths of a second
 *     size    bytes of the whole file, for each grant
 *     added   bytes of it that are there because of one grant
 *     fill    milliseconds to write the file
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/sample.h"
#include "cloxxsd/publish/access_writer.h"
#include "libcloxxs/cloxxs.h"

#define FIRST_UID UINT32_C(66000)
#define BATCH 32
#define N_BATCHES 8000
#define N_PAIRS 65536
#define N_ROUNDS 9
#define ROUND_US 2e5
#define GRANTS_MAX 64

struct pair {
	char user[24], project[24];
};

struct bench {
	const char *directory;
	uint32_t n_users, n_projects, n_grants;
	struct cloxxs_access *access;
	struct pair *pairs;
};

/* Spread over the projects, each user's his own. */
static uint32_t project_of(const struct bench *bench, uint32_t user, uint32_t i)
{
	return (uint32_t)((user * UINT64_C(7919) + i * UINT64_C(104729)) %
			  bench->n_projects);
}

static void check(int r, const char *what)
{
	if (r != 0)
		sample_fail(what, r < 0 ? strerror(-r) : "refused");
}

static void add_user(const struct bench *bench, struct access_writer *writer,
		     uint32_t i, uint32_t n_grants)
{
	struct access_grant grants[GRANTS_MAX];
	char name[24];
	const struct access_user user = {
		.uid = FIRST_UID + i,
		.name = name,
		.n_name = (size_t)snprintf(name, sizeof(name), "user%u", i),
	};

	for (uint32_t k = 0; k < n_grants; k++)
		grants[k] = (struct access_grant){
			.holder = user.uid,
			.project = 1 + project_of(bench, i, k),
			.rights = k % 2 ? ACCESS_READ
					: ACCESS_READ | ACCESS_WRITE,
		};
	check(access_writer_add_user(writer, &user, grants, n_grants), name);
}

/* The file, and how much of it records take. */
static uint64_t fill(const struct bench *bench, uint32_t n_grants,
		     const char *path)
{
	const struct access_room room = { .n_users = bench->n_users,
					  .n_projects = bench->n_projects,
					  .n_grants = n_grants };
	scope(access_writer_freep) struct access_writer *writer = NULL;

	check(access_writer_new(path, &room, geteuid(), &writer), path);
	for (uint32_t i = 0; i < bench->n_projects; i++) {
		char name[24];
		const struct access_project project = {
			.id = 1 + i,
			.name = name,
			.n_name = (size_t)snprintf(name, sizeof(name),
						   "budget-%u", i),
		};

		check(access_writer_set_project(writer, &project), name);
	}
	for (uint32_t i = 0; i < bench->n_users; i++)
		add_user(bench, writer, i, n_grants / bench->n_users);
	check(access_writer_publish(writer), path);
	return atomic_load(&access_writer_map(writer)->header->arena_end) -
	       access_writer_map(writer)->arena_offset;
}

static void draw(const struct bench *bench, struct pair *pair, bool granted)
{
	uint32_t user = (uint32_t)rand() % bench->n_users;
	uint32_t n = bench->n_grants / bench->n_users;
	uint32_t project =
		granted ? project_of(bench, user, (uint32_t)rand() % n)
			: (uint32_t)rand() % bench->n_projects;

	(void)snprintf(pair->user, sizeof(pair->user), "user%u", user);
	(void)snprintf(pair->project, sizeof(pair->project), "budget-%u",
		       project);
}

static unsigned int ask(const struct bench *bench, const struct pair *pair)
{
	return cloxxs_access_check(bench->access, pair->user, pair->project,
				   CLOXXS_READ) == 0;
}

/* Of batches: a clock costs as much as a check. */
static void measure_check(const struct bench *bench)
{
	struct sample sample = { 0 };
	struct pair pairs[BATCH];

	for (int i = 0; i < N_BATCHES; i++) {
		unsigned int n_allowed = 0;
		double start;

		for (unsigned int k = 0; k < BATCH; k++)
			draw(bench, &pairs[k], k % 2);
		start = sample_now_us();
		for (unsigned int k = 0; k < BATCH; k++)
			n_allowed += ask(bench, &pairs[k]);
		sample_add(&sample, (sample_now_us() - start) / BATCH);
		if (n_allowed < BATCH / 2)
			sample_fail("check", "a right was not found");
	}
	sample_print(&sample, "check");
	sample_deinit(&sample);
}

static void measure_rate(const struct bench *bench)
{
	struct sample sample = { 0 };

	for (unsigned int i = 0; i < N_PAIRS; i++)
		draw(bench, &bench->pairs[i], i % 2);
	for (int i = 0; i < N_ROUNDS; i++) {
		double start = sample_now_us(), took;
		unsigned int n = 0, n_allowed = 0;

		do {
			for (unsigned int k = 0; k < 1024; k++)
				n_allowed += ask(bench,
						 &bench->pairs[n++ % N_PAIRS]);
			took = sample_now_us() - start;
		} while (took < ROUND_US);
		if (n_allowed < n / 2)
			sample_fail("rate", "a right was not found");
		sample_add(&sample, n / took * 1e6);
	}
	sample_print(&sample, "rate");
	sample_deinit(&sample);
}

static uint32_t number(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (n < 1 || n > 100000000)
		sample_fail(text, "is no number");
	return (uint32_t)n;
}

static void print_one(const char *name, double value)
{
	struct sample sample = { 0 };

	sample_add(&sample, value);
	sample_print(&sample, name);
	sample_deinit(&sample);
}

int main(int argc, char **argv)
{
	struct bench bench = { 0 };
	uint64_t with, without;
	struct stat status;
	char path[4096];
	double start;

	if (argc != 5)
		sample_fail("usage", "DIRECTORY USERS PROJECTS GRANTS");
	bench.directory = argv[1];
	bench.n_users = number(argv[2]);
	bench.n_projects = number(argv[3]);
	bench.n_grants = number(argv[4]);
	if (bench.n_grants < bench.n_users ||
	    bench.n_grants / bench.n_users > GRANTS_MAX)
		sample_fail("grants", "1 to 64 a user");
	(void)snprintf(path, sizeof(path), "%s/bench.map", bench.directory);
	without = fill(&bench, 0, path);
	start = sample_now_us();
	with = fill(&bench, bench.n_grants, path);
	print_one("fill", (sample_now_us() - start) / 1e3);
	if (stat(path, &status) < 0)
		sample_fail(path, strerror(errno));
	print_one("size", (double)status.st_size / bench.n_grants);
	print_one("added", (double)(with - without) / bench.n_grants);

	bench.pairs = calloc(N_PAIRS, sizeof(*bench.pairs));
	if (!bench.pairs)
		sample_fail("pairs", strerror(ENOMEM));
	check(cloxxs_access_new("bench", &bench.access), "bench");
	check(cloxxs_access_set_directory(bench.access, bench.directory),
	      bench.directory);
	srand(1);
	measure_check(&bench);
	measure_rate(&bench);
	cloxxs_access_free(bench.access);
	free(bench.pairs);
	(void)unlink(path);
	return EXIT_SUCCESS;
}
