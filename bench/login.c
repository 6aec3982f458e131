/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_login: what logins cost beside the argon2 that is in them. Each login
 * is pam_authenticate() and pam_acct_mgmt() through the real module, with a
 * conversation that knows the password.
 *
 *   cost   one after another: "login"; "argon2", of the hash within it;
 *          "beyond", their difference one by one; "account", the part of it
 *          that has no hash; and "apart", the same hash in this process. Beside
 *          them what no module could spare: "libpam", a login of pam_permit;
 *          and "disk", two small writes to a file of --sync, as far apart from
 *          one another and from the ones before as a login's, each on the disk
 *          before the next.
 *   extra  users in turn, each at two daemons, of which now the one and now the
 *          other is the first: "bare" and "ruled", a login beyond its argon2 at
 *          the services "bare" and "bench", and "extra", what the second takes
 *          more, pair by pair.
 *   rate   clients that log in for some seconds (each a process and a user of
 *          its own), in turn with as many threads as there are workers that do
 *          argon2 only: "logins" and "hashes" a second.
 *   crowd  all clients at the same moment, one login each: "granted",
 *          "answered", and how long it took.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/scope.h"
#include "bench/hash_clock.h"
#include "bench/sample.h"
#include "cloxxsd/attempt/argon2.h"

#define THREADS_MAX 64
#define N_ROUNDS 3

struct bench {
	const char *confdir, *password, *sync, *address;
	unsigned int n, clients, workers, seconds;
	struct argon2_cost cost;
	struct secret secret;
	char stored[ARGON2_STORED_SIZE];
};

/* Between this process and its clients. */
struct board {
	_Atomic bool go, stop;
	_Atomic unsigned int ready, granted, refused;
	_Atomic unsigned int by_status[64];
	_Atomic int64_t last_us;
};

static int converse(int n, const struct pam_message **messages,
		    struct pam_response **ret_responses, void *userdata)
{
	struct pam_response *responses;

	if (n < 1 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	responses = calloc((size_t)n, sizeof(*responses));
	if (!responses)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			responses[i].resp = strdup(userdata);
		else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
			responses[i].resp = strdup("yes"); /* the notice */
	*ret_responses = responses;
	return PAM_SUCCESS;
}

/* How long the phases of a login took, in microseconds. */
struct lap {
	double authentication, account;
};

/* PAM's answer. */
static int log_in(const struct bench *bench, const char *service,
		  unsigned int user, struct lap *ret_lap)
{
	const struct pam_conv conversation = {
		converse, (void *)(uintptr_t)bench->password
	};
	pam_handle_t *handle = NULL;
	char name[40];
	double start, middle;
	int r;

	(void)snprintf(name, sizeof(name), "user%u", user);
	r = pam_start_confdir(service, name, &conversation, bench->confdir,
			      &handle);
	if (r == PAM_SUCCESS && bench->address)
		r = pam_set_item(handle, PAM_RHOST, bench->address);
	if (r != PAM_SUCCESS)
		return r;
	start = sample_now_us();
	r = pam_authenticate(handle, 0);
	middle = sample_now_us();
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(handle, 0);
	*ret_lap = (struct lap){ middle - start, sample_now_us() - middle };
	(void)pam_end(handle, r);
	return r;
}

static double verify(const struct bench *bench)
{
	const struct argon2_cost maximum = { UINT64_C(1) << 30, 16 };
	double start = sample_now_us();

	if (argon2_verify(bench->stored, &bench->secret, &maximum) != 0)
		sample_fail("argon2", "a right password was not");
	return sample_now_us() - start;
}

static struct hash_clock *open_clock(void)
{
	const char *path = getenv(HASH_CLOCK_VARIABLE);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *clock;

	if (fd < 0)
		sample_fail(HASH_CLOCK_VARIABLE, "names no file");
	clock = mmap(NULL, sizeof(struct hash_clock), PROT_READ, MAP_SHARED, fd,
		     0);
	if (clock == MAP_FAILED)
		sample_fail(path, strerror(errno));
	close(fd);
	return clock;
}

/* What libpam itself takes. */
static double permit(const struct bench *bench)
{
	struct lap lap;
	int r = log_in(bench, "permit", 0, &lap);

	if (r != PAM_SUCCESS)
		sample_fail("pam_permit", pam_strerror(NULL, r));
	return lap.authentication + lap.account;
}

/* A file that is written in place, as the store's log is. */
static int open_sync(const struct bench *bench)
{
	static const char zeros[1 << 20];
	int fd = open(bench->sync, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, zeros, sizeof(zeros)) != sizeof(zeros) ||
	    fsync(fd) < 0)
		sample_fail(bench->sync, strerror(errno));
	return fd;
}

static double sync_once(int fd, size_t n)
{
	static const char bytes[16384];
	double start = sample_now_us();

	if (pwrite(fd, bytes, n, 0) < 0 || fdatasync(fd) < 0)
		sample_fail("fdatasync", strerror(errno));
	return sample_now_us() - start;
}

/* The commits of a login are so far apart, about. */
#define BETWEEN_US 300

static double sync_twice(int fd)
{
	double first = sync_once(fd, 12288), until;

	until = sample_now_us() + BETWEEN_US;
	while (sample_now_us() < until)
		;
	return first + sync_once(fd, 8192);
}

enum figure {
	FIGURE_LOGIN,
	FIGURE_ARGON2,
	FIGURE_BEYOND,
	FIGURE_ACCOUNT,
	FIGURE_APART,
	FIGURE_LIBPAM,
	FIGURE_DISK,
	_N_FIGURES,
};

static const char *const figure_names[_N_FIGURES] = {
	[FIGURE_LOGIN] = "login",   [FIGURE_ARGON2] = "argon2",
	[FIGURE_BEYOND] = "beyond", [FIGURE_ACCOUNT] = "account",
	[FIGURE_APART] = "apart",   [FIGURE_LIBPAM] = "libpam",
	[FIGURE_DISK] = "disk",
};

/* One login, in microseconds; what is beside it is not measured yet. */
static void measure_login(const struct bench *bench, const char *service,
			  unsigned int user, const struct hash_clock *clock,
			  double ret_us[_N_FIGURES])
{
	int64_t before = atomic_load(&clock->ns);
	struct lap lap;
	int r = log_in(bench, service, user, &lap);
	double hash = (double)(atomic_load(&clock->ns) - before) / 1e3;

	if (r != PAM_SUCCESS)
		sample_fail("a login", pam_strerror(NULL, r));
	if (hash <= 0)
		sample_fail("a login", "no hash was clocked");
	ret_us[FIGURE_LOGIN] = lap.authentication + lap.account;
	ret_us[FIGURE_ARGON2] = hash;
	ret_us[FIGURE_BEYOND] = ret_us[FIGURE_LOGIN] - hash;
	ret_us[FIGURE_ACCOUNT] = lap.account;
}

static void measure_cost(const struct bench *bench)
{
	struct sample samples[_N_FIGURES] = { 0 };
	const struct hash_clock *clock = open_clock();
	int fd = open_sync(bench);

	/* The first one warms all up. Each finds the caches and the disk as
	 * cold as the hash before leaves them. */
	for (unsigned int i = 0; i <= bench->n; i++) {
		double us[_N_FIGURES];

		measure_login(bench, "bench", i % bench->clients, clock, us);
		us[FIGURE_APART] = verify(bench);
		us[FIGURE_DISK] = sync_twice(fd);
		us[FIGURE_LIBPAM] = permit(bench);
		for (size_t k = 0; i > 0 && k < _N_FIGURES; k++)
			sample_add(&samples[k], us[k] / 1000);
	}
	for (size_t k = 0; k < _N_FIGURES; k++) {
		sample_print(&samples[k], figure_names[k]);
		sample_deinit(&samples[k]);
	}
	close(fd);
}

/* What a login of user takes at two daemons, in microseconds. */
static void measure_pair(const struct bench *bench, unsigned int user,
			 bool ruled_first, const struct hash_clock *clock,
			 double *ret_bare, double *ret_ruled)
{
	double us[_N_FIGURES];

	if (ruled_first) {
		measure_login(bench, "bench", user, clock, us);
		*ret_ruled = us[FIGURE_BEYOND];
	}
	measure_login(bench, "bare", user, clock, us);
	*ret_bare = us[FIGURE_BEYOND];
	if (!ruled_first) {
		measure_login(bench, "bench", user, clock, us);
		*ret_ruled = us[FIGURE_BEYOND];
	}
}

static void measure_extra(const struct bench *bench)
{
	struct sample bares = { 0 }, ruleds = { 0 }, extras = { 0 };
	const struct hash_clock *clock = open_clock();

	/* Each user's first one warms up, and accepts the notice. */
	for (unsigned int i = 0; i < bench->clients + bench->n; i++) {
		unsigned int turn = i / bench->clients;
		double bare, ruled;

		measure_pair(bench, i % bench->clients, turn % 2, clock, &bare,
			     &ruled);
		if (turn == 0)
			continue;
		sample_add(&bares, bare / 1000);
		sample_add(&ruleds, ruled / 1000);
		sample_add(&extras, (ruled - bare) / 1000);
	}
	sample_print(&bares, "bare");
	sample_print(&ruleds, "ruled");
	sample_print(&extras, "extra");
	sample_deinit(&bares);
	sample_deinit(&ruleds);
	sample_deinit(&extras);
}

static struct board *board_new(void)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (board == MAP_FAILED)
		sample_fail("mmap", strerror(errno));
	return board;
}

static void note(struct board *board, int r)
{
	atomic_fetch_add(r == PAM_SUCCESS ? &board->granted : &board->refused,
			 1);
	if (r >= 0 && r < (int)ARRAY_SIZE(board->by_status))
		atomic_fetch_add(&board->by_status[r], 1);
}

static _Noreturn void be_client(const struct bench *bench, struct board *board,
				unsigned int user)
{
	struct lap lap;

	atomic_fetch_add(&board->ready, 1);
	while (!atomic_load(&board->go))
		usleep(1000);
	do {
		int64_t now;

		note(board, log_in(bench, "bench", user, &lap));
		now = (int64_t)sample_now_us();
		if (atomic_load(&board->last_us) < now)
			atomic_store(&board->last_us, now);
	} while (!atomic_load(&board->stop));
	_exit(0);
}

static void start_clients(const struct bench *bench, struct board *board)
{
	fflush(stdout);
	for (unsigned int i = 0; i < bench->clients; i++) {
		pid_t pid = fork();

		if (pid < 0)
			sample_fail("fork", strerror(errno));
		if (pid == 0)
			be_client(bench, board, i);
	}
	while (atomic_load(&board->ready) < bench->clients)
		usleep(1000);
}

static void end_clients(void)
{
	while (wait(NULL) > 0)
		;
}

/* Logins a second, once all clients are at it. */
static double logins_a_second(const struct bench *bench)
{
	struct board *board = board_new();
	unsigned int before;
	double start, n;

	start_clients(bench, board);
	atomic_store(&board->go, true);
	while (atomic_load(&board->granted) < bench->workers &&
	       atomic_load(&board->refused) == 0)
		usleep(1000);
	before = atomic_load(&board->granted);
	start = sample_now_us();
	usleep(bench->seconds * 1000000);
	n = atomic_load(&board->granted) - before;
	n = n / (sample_now_us() - start) * 1e6;
	atomic_store(&board->stop, true);
	end_clients();
	if (atomic_load(&board->refused) > 0)
		sample_fail("rate", "a login was refused");
	munmap(board, sizeof(*board));
	return n;
}

struct hashing {
	const struct bench *bench;
	_Atomic bool stop;
	_Atomic unsigned int n;
};

static void *hash_on(void *userdata)
{
	struct hashing *hashing = userdata;

	while (!atomic_load(&hashing->stop)) {
		(void)verify(hashing->bench);
		atomic_fetch_add(&hashing->n, 1);
	}
	return NULL;
}

/* Threads that do nothing but argon2: the most that workers could do. */
static double hashes_a_second(const struct bench *bench)
{
	struct hashing hashing = { .bench = bench };
	pthread_t threads[THREADS_MAX];
	unsigned int before;
	double start, n;

	for (unsigned int i = 0; i < bench->workers; i++)
		if (pthread_create(&threads[i], NULL, hash_on, &hashing) != 0)
			sample_fail("threads", "cannot be started");
	while (atomic_load(&hashing.n) < bench->workers)
		usleep(1000);
	before = atomic_load(&hashing.n);
	start = sample_now_us();
	usleep(bench->seconds * 1000000);
	n = atomic_load(&hashing.n) - before;
	n = n / (sample_now_us() - start) * 1e6;
	atomic_store(&hashing.stop, true);
	for (unsigned int i = 0; i < bench->workers; i++)
		pthread_join(threads[i], NULL);
	return n;
}

static void measure_rate(const struct bench *bench)
{
	struct sample logins = { 0 }, hashes = { 0 }, ratio = { 0 };

	for (int i = 0; i < N_ROUNDS; i++) {
		double before = hashes_a_second(bench);
		double with = logins_a_second(bench);
		double without = (before + hashes_a_second(bench)) / 2;

		sample_add(&logins, with);
		sample_add(&hashes, without);
		sample_add(&ratio, with / without);
	}
	sample_print(&logins, "logins");
	sample_print(&hashes, "hashes");
	sample_print(&ratio, "ratio");
	sample_deinit(&logins);
	sample_deinit(&hashes);
	sample_deinit(&ratio);
}

static void measure_crowd(const struct bench *bench)
{
	struct board *board = board_new();
	double start;

	atomic_store(&board->stop, true); /* one login each */
	start_clients(bench, board);
	start = sample_now_us();
	atomic_store(&board->go, true);
	end_clients();
	printf("granted %u\nanswered %u\nseconds %.3f\n",
	       atomic_load(&board->granted),
	       atomic_load(&board->granted) +
		       atomic_load(&board->by_status[PAM_AUTH_ERR]) +
		       atomic_load(&board->by_status[PAM_PERM_DENIED]),
	       ((double)atomic_load(&board->last_us) - start) / 1e6);
	for (size_t i = 1; i < ARRAY_SIZE(board->by_status); i++)
		if (atomic_load(&board->by_status[i]) > 0)
			printf("status-%zu %u\n", i,
			       atomic_load(&board->by_status[i]));
	munmap(board, sizeof(*board));
}

static unsigned int number(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static bool take(struct bench *bench, int option, const char *argument)
{
	switch (option) {
	case 'd':
		bench->confdir = argument;
		return true;
	case 'p':
		bench->password = argument;
		return true;
	case 'y':
		bench->sync = argument;
		return true;
	case 'a':
		bench->address = argument;
		return true;
	case 'n':
		bench->n = number(argument);
		return true;
	case 'c':
		bench->clients = number(argument);
		return true;
	case 'w':
		bench->workers = number(argument);
		return bench->workers > 0 && bench->workers <= THREADS_MAX;
	case 's':
		bench->seconds = number(argument);
		return true;
	case 'm':
		bench->cost.memory = strtoull(argument, NULL, 10);
		return true;
	case 'o':
		bench->cost.operations = number(argument);
		return true;
	}
	return false;
}

static const struct {
	const char *name;
	void (*measure)(const struct bench *bench);
} modes[] = {
	{ "cost", measure_cost },
	{ "extra", measure_extra },
	{ "rate", measure_rate },
	{ "crowd", measure_crowd },
};

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "confdir", required_argument, NULL, 'd' },
		{ "password", required_argument, NULL, 'p' },
		{ "sync", required_argument, NULL, 'y' },
		{ "address", required_argument, NULL, 'a' },
		{ "logins", required_argument, NULL, 'n' },
		{ "clients", required_argument, NULL, 'c' },
		{ "workers", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 's' },
		{ "memory", required_argument, NULL, 'm' },
		{ "operations", required_argument, NULL, 'o' },
		{ 0 },
	};
	struct bench bench = {
		.n = 40,
		.clients = 16,
		.workers = 1,
		.seconds = 4,
		.cost = { UINT64_C(64) << 20, 2 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take(&bench, option, optarg))
			return 2;
	if (optind != argc - 1 || !bench.confdir || !bench.password ||
	    secret_set(&bench.secret, bench.password, strlen(bench.password)) !=
		    0 ||
	    argon2_hash(&bench.secret, &bench.cost, bench.stored) != 0)
		sample_fail("usage", "--confdir DIR --password TEXT "
				     "cost|extra|rate|crowd");
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i].name, argv[optind]) == 0) {
			modes[i].measure(&bench);
			return EXIT_SUCCESS;
		}
	return 2;
}
