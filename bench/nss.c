/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_nss: what a look-up through an NSS module costs. It loads the module
 * as glibc does, by its file, and asks it directly; another module (SSSD's) is
 * measured with the very same loop. For ours it makes the map first, in a
 * private mount namespace with a file system in memory over the place that the
 * module was built for, so that it needs root, and leaves no trace.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <getopt.h>
#include <nss.h>
#include <pwd.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/scope.h"
#include "cloxxsd/publish/identity_writer.h"

#define MAP_PATH CLOXXS_STATEDIR "/identity.map"
#define FIRST_UID UINT32_C(66000)
#define N_FIRST 51
#define N_VISIBLE 200
#define BATCH 32

typedef enum nss_status (*by_name_function)(const char *name, struct passwd *pw,
					    char *buffer, size_t n,
					    int *errnop);
typedef enum nss_status (*by_uid_function)(uid_t uid, struct passwd *pw,
					   char *buffer, size_t n, int *errnop);

struct bench {
	const char *module, *service, *prefix, *first;
	unsigned int n_users, n_lookups;
	bool json, foreign;
	by_name_function by_name;
	by_uid_function by_uid;
	unsigned int n_rows;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_nss: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void row(struct bench *bench, const char *name, double value,
		const char *unit)
{
	if (bench->json)
		printf("%s\n\t\"%s.%s\": {\"value\": %.3f, \"unit\": \"%s\"}",
		       bench->n_rows > 0 ? "," : "{", bench->service, name,
		       value, unit);
	else
		printf("%s.%-28s %12.3f %s\n", bench->service, name, value,
		       unit);
	bench->n_rows++;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

static void load(struct bench *bench)
{
	void *module = dlopen(bench->module, RTLD_NOW | RTLD_LOCAL);
	char name[64];

	if (!module)
		fail(bench->module, dlerror());
	snprintf(name, sizeof(name), "_nss_%s_getpwnam_r", bench->service);
	bench->by_name = (by_name_function)dlsym(module, name);
	snprintf(name, sizeof(name), "_nss_%s_getpwuid_r", bench->service);
	bench->by_uid = (by_uid_function)dlsym(module, name);
	if (!bench->by_name || !bench->by_uid)
		fail(bench->module, "not an NSS module of that service");
}

/* mkdir -p; the last missing part is left to the caller's mount. */
static void enter_private_place(const char *directory)
{
	char path[256];
	char *slash;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail("a private mount namespace", strerror(errno));
	/* Over the nearest part of the path that is there. */
	snprintf(path, sizeof(path), "%s", directory);
	while (access(path, F_OK) < 0 && (slash = strrchr(path, '/')) &&
	       slash > path)
		*slash = '\0';
	if (mount("tmpfs", path, "tmpfs", 0, "mode=0755") < 0)
		fail(path, strerror(errno));
	for (size_t i = strlen(path); directory[i] != '\0';) {
		i += strcspn(directory + i + 1, "/") + 1;
		snprintf(path, sizeof(path), "%.*s", (int)i, directory);
		if (mkdir(path, 0755) < 0)
			fail(path, strerror(errno));
	}
}

/* The user with this index; home says how often he was changed. */
static void set_user(struct identity_writer *writer, const struct bench *bench,
		     unsigned int i, unsigned int version)
{
	char name[40], home[64];
	struct identity_user user = {
		.uid = FIRST_UID + i,
		.gid = FIRST_UID + i,
		.name = name,
		.home = home,
		.shell = "/bin/bash",
		.n_shell = 9,
	};
	int r;

	user.n_name =
		(size_t)snprintf(name, sizeof(name), "%s%u", bench->prefix, i);
	user.n_home = (size_t)snprintf(home, sizeof(home), "/home/%u", version);
	r = identity_writer_set(writer, &user);
	if (r < 0)
		fail("identity_writer_set", strerror(-r));
}

static struct identity_writer *publish(const struct bench *bench,
				       unsigned int n)
{
	struct identity_writer *writer = NULL;
	int r = identity_writer_new(MAP_PATH, n, &writer);

	if (r < 0)
		fail(MAP_PATH, strerror(-r));
	for (unsigned int i = 0; i < n; i++)
		set_user(writer, bench, i, 0);
	r = identity_writer_publish(writer);
	if (r < 0)
		fail(MAP_PATH, strerror(-r));
	return writer;
}

static bool ask(const struct bench *bench, const char *name, struct passwd *pw,
		char *buffer, size_t n)
{
	int error = 0;

	return bench->by_name(name, pw, buffer, n, &error) ==
	       NSS_STATUS_SUCCESS;
}

/* The median of batches: a clock costs as much as a look-up. */
static void measure_known(struct bench *bench, bool by_uid, const char *name)
{
	size_t n_batches = bench->n_lookups / BATCH;
	double *values = calloc(n_batches, sizeof(*values));
	char names[BATCH][40], buffer[1024];
	uid_t uids[BATCH];
	struct passwd pw;
	int error;

	if (!values)
		fail(name, strerror(ENOMEM));
	srand(1);
	for (size_t i = 0; i < n_batches; i++) {
		unsigned int n_found = 0;
		int64_t start;

		for (size_t k = 0; k < BATCH; k++) {
			unsigned int user =
				(unsigned int)rand() % bench->n_users;

			uids[k] = FIRST_UID + user;
			snprintf(names[k], sizeof(names[k]), "%s%u",
				 bench->prefix, user);
		}
		start = now_ns();
		for (size_t k = 0; k < BATCH; k++)
			n_found +=
				(by_uid ? bench->by_uid(uids[k], &pw, buffer,
							sizeof(buffer), &error)
					: bench->by_name(names[k], &pw, buffer,
							 sizeof(buffer),
							 &error)) ==
				NSS_STATUS_SUCCESS;
		values[i] = (double)(now_ns() - start) / 1000 / BATCH;
		if (n_found != BATCH)
			fail(name, "a user was not found");
	}
	row(bench, name, median(values, n_batches), "us");
	free(values);
}

static void measure_unknown(struct bench *bench)
{
	enum {
		N = 1000
	};
	char buffer[1024];
	double values[N];
	struct passwd pw;

	for (size_t i = 0; i < N; i++) {
		int64_t start = now_ns();

		for (size_t k = 0; k < BATCH; k++)
			if (ask(bench, "nobody-of-ours", &pw, buffer,
				sizeof(buffer)))
				fail("nobody-of-ours", "was found");
		values[i] = (double)(now_ns() - start) / 1000 / BATCH;
	}
	row(bench, "unknown", median(values, N), "us");
}

/* In a new process: the cost of the first question it ever asks. */
static int ask_first(const struct bench *bench)
{
	char buffer[1024];
	struct passwd pw;
	int64_t start = now_ns();

	if (!ask(bench, bench->first, &pw, buffer, sizeof(buffer)))
		return EXIT_FAILURE;
	printf("%f\n", (double)(now_ns() - start) / 1000);
	return EXIT_SUCCESS;
}

static double first_of_a_process(const struct bench *bench, const char *name)
{
	double value = 0;
	FILE *answer;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		fail("first", strerror(errno));
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execl("/proc/self/exe", "bench_nss", "--module", bench->module,
		      "--service", bench->service, "--first", name, NULL);
		_exit(EXIT_FAILURE);
	}
	close(ends[1]);
	answer = fdopen(ends[0], "r");
	if (!answer || fscanf(answer, "%lf", &value) != 1)
		fail("first", "a process did not find the user");
	fclose(answer);
	waitpid(pid, NULL, 0);
	return value;
}

static void measure_first(struct bench *bench)
{
	double values[N_FIRST];
	char name[40];

	snprintf(name, sizeof(name), "%s%u", bench->prefix, bench->n_users / 2);
	fflush(stdout);
	for (size_t i = 0; i < N_FIRST; i++)
		values[i] = first_of_a_process(bench, name);
	row(bench, "first", median(values, N_FIRST), "us");
}

struct shared {
	_Atomic unsigned int seen; /* the version that the reader has */
	_Atomic int64_t seen_at;
};

/* In a child: looks until the last version was seen. */
static void watch(const struct bench *bench, const char *name,
		  struct shared *shared)
{
	unsigned int seen = 0;
	struct passwd pw;
	char buffer[1024];

	while (seen < N_VISIBLE) {
		unsigned int version;

		if (!ask(bench, name, &pw, buffer, sizeof(buffer)))
			_exit(1);
		version = (unsigned int)strtoul(pw.pw_dir + 6, NULL, 10);
		if (version == seen)
			continue;
		atomic_store(&shared->seen_at, now_ns());
		atomic_store(&shared->seen, version);
		seen = version;
	}
	_exit(0);
}

/* From before the writer's call until a reader in another process has it. */
static void measure_visible(struct bench *bench, struct identity_writer *writer)
{
	struct shared *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double values[N_VISIBLE];
	char name[40];
	int status;
	pid_t pid;

	if (shared == MAP_FAILED)
		fail("visible", strerror(errno));
	snprintf(name, sizeof(name), "%s0", bench->prefix);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		watch(bench, name, shared);
	for (unsigned int i = 1; i <= N_VISIBLE; i++) {
		int64_t start = now_ns();

		set_user(writer, bench, 0, i);
		while (atomic_load(&shared->seen) != i)
			if (waitpid(pid, &status, WNOHANG) == pid &&
			    atomic_load(&shared->seen) != i)
				fail("visible", "the reader is gone");
			else
				sched_yield();
		values[i - 1] =
			(double)(atomic_load(&shared->seen_at) - start) /
			1000000;
	}
	row(bench, "visible", median(values, N_VISIBLE), "ms");
	row(bench, "visible-p99", values[N_VISIBLE * 99 / 100], "ms");
	munmap(shared, sizeof(*shared));
}

static void measure_fill(struct bench *bench)
{
	int64_t start = now_ns();

	identity_writer_free(publish(bench, 100000));
	row(bench, "publish-100000", (double)(now_ns() - start) / 1000000,
	    "ms");
}

static void parse(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{ "module", required_argument, NULL, 'm' },
		{ "service", required_argument, NULL, 's' },
		{ "prefix", required_argument, NULL, 'p' },
		{ "users", required_argument, NULL, 'u' },
		{ "lookups", required_argument, NULL, 'l' },
		{ "first", required_argument, NULL, '1' },
		{ "foreign", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	static const char usage[] =
		"usage: bench_nss [--module FILE] [--users N] [--lookups N] "
		"[--json]\n"
		"       bench_nss --foreign --service NAME --module FILE "
		"--prefix NAME …\n";
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'm':
			bench->module = optarg;
			break;
		case 's':
			bench->service = optarg;
			break;
		case 'p':
			bench->prefix = optarg;
			break;
		case 'u':
			bench->n_users =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			bench->n_lookups =
				(unsigned int)strtoul(optarg, NULL, 10);
			break;
		case '1':
			bench->first = optarg;
			break;
		case 'f':
			bench->foreign = true;
			break;
		case 'j':
			bench->json = true;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind != argc || bench->n_users < 1 || bench->n_lookups < BATCH) {
		fputs(usage, stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct bench bench = {
		.module = "nss_cloxxs/.libs/libnss_cloxxs.so.2",
		.service = "cloxxs",
		.prefix = "user",
		.n_users = 10000,
		.n_lookups = 200000,
	};
	struct identity_writer *writer = NULL;

	parse(&bench, argc, argv);
	load(&bench);
	if (bench.first)
		return ask_first(&bench);
	if (!bench.foreign) {
		if (geteuid() != 0) {
			fputs("bench_nss: not root: skipped\n", stderr);
			return 77;
		}
		enter_private_place(CLOXXS_STATEDIR);
		measure_fill(&bench);
		writer = publish(&bench, bench.n_users);
	}
	measure_first(&bench);
	measure_known(&bench, false, "getpwnam");
	measure_known(&bench, true, "getpwuid");
	measure_unknown(&bench);
	if (writer)
		measure_visible(&bench, writer);
	identity_writer_free(writer);
	if (bench.json)
		printf("\n}\n");
	return EXIT_SUCCESS;
}
