/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The installed library's right check, through its public header alone. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "cloxxsd/publish/access_writer.h"
#include "libcloxxs/cloxxs.h"
#include "tests/unit/raw_map.h"

struct rig {
	struct scratch scratch;
	char path[128];
	struct access_writer *writer;
	struct cloxxs_access *access;
};

static void add_project(struct access_writer *writer, uint32_t id,
			const char *name)
{
	const struct access_project project = { .id = id,
						.name = name,
						.n_name = strlen(name) };

	assert_int_equal(access_writer_set_project(writer, &project), 0);
}

static void add_grant(struct access_writer *writer, uint32_t holder,
		      uint32_t project, uint32_t rights)
{
	const struct access_grant grant = { .holder = holder,
					    .project = project,
					    .rights = rights };

	assert_int_equal(access_writer_set_grant(writer, &grant), 0);
}

/* anna reads one, writes two, both in three; four is nobody's. */
static struct access_writer *publish(const struct rig *rig)
{
	static const struct access_room room = { 0 };
	static const struct access_user anna = { .uid = 70001,
						 .name = "anna",
						 .n_name = 4 };
	struct access_writer *writer = NULL;

	assert_int_equal(
		access_writer_new(rig->path, &room, geteuid(), &writer), 0);
	assert_int_equal(access_writer_set_user(writer, &anna), 0);
	add_project(writer, 1, "one");
	add_project(writer, 2, "two");
	add_project(writer, 3, "three");
	add_project(writer, 4, "four");
	add_grant(writer, 70001, 1, ACCESS_READ);
	add_grant(writer, 70001, 2, ACCESS_WRITE);
	add_grant(writer, ACCESS_EVERYONE, 3, ACCESS_READ | ACCESS_WRITE);
	assert_int_equal(access_writer_publish(writer), 0);
	return writer;
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	scratch_init(&rig->scratch);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/accounts.map",
		       rig->scratch.directory);
	assert_int_equal(cloxxs_access_new("accounts", &rig->access), 0);
	assert_int_equal(cloxxs_access_set_directory(rig->access,
						     rig->scratch.directory),
			 0);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	assert_null(cloxxs_access_free(rig->access));
	access_writer_free(rig->writer);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

static void checks(void **state)
{
	static const struct {
		const char *user, *project;
		unsigned int rights;
		int expected;
	} cases[] = {
		{ "anna", "one", CLOXXS_READ, 0 },
		{ "anna", "one", CLOXXS_WRITE, CLOXXS_E_DENIED },
		{ "anna", "one", CLOXXS_READ | CLOXXS_WRITE, CLOXXS_E_DENIED },
		{ "anna", "two", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "anna", "two", CLOXXS_WRITE, 0 },
		{ "anna", "three", CLOXXS_READ | CLOXXS_WRITE, 0 },
		{ "anna", "four", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "anna", "five", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "bert", "three", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "", "three", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "anna", "", CLOXXS_READ, CLOXXS_E_DENIED },
		{ "anna", "one", 0, CLOXXS_E_MISUSE },
		{ "anna", "one", 4, CLOXXS_E_MISUSE },
		{ "anna", "one", CLOXXS_READ | 4, CLOXXS_E_MISUSE },
		{ NULL, "one", CLOXXS_READ, CLOXXS_E_UNFIT },
		{ "anna", NULL, CLOXXS_READ, CLOXXS_E_UNFIT },
	};
	struct rig *rig = *state;
	char name[70000];

	rig->writer = publish(rig);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		errno = 77;
		assert_int_equal(cloxxs_access_check(rig->access, cases[i].user,
						     cases[i].project,
						     cases[i].rights),
				 cases[i].expected);
		assert_int_equal(errno, 77);
	}
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(
		cloxxs_access_check(rig->access, name, name, CLOXXS_READ),
		CLOXXS_E_DENIED);
	assert_string_equal(cloxxs_error_name(CLOXXS_E_DENIED), "denied");
	assert_string_equal(cloxxs_error_name(CLOXXS_E_UNAVAILABLE),
			    "unavailable");
}

static void rights_are_told(void **state)
{
	struct rig *rig = *state;
	unsigned int rights = 99;

	assert_int_equal(
		cloxxs_access_rights(rig->access, "anna", "one", &rights),
		CLOXXS_E_UNAVAILABLE);
	assert_int_equal(rights, 0);
	rig->writer = publish(rig);
	assert_int_equal(
		cloxxs_access_rights(rig->access, "anna", "two", &rights), 0);
	assert_int_equal(rights, CLOXXS_WRITE);
	assert_int_equal(
		cloxxs_access_rights(rig->access, "anna", "four", &rights),
		CLOXXS_E_DENIED);
	assert_int_equal(rights, 0);
	rights = 99;
	assert_int_equal(
		cloxxs_access_rights(rig->access, "anna", NULL, &rights),
		CLOXXS_E_UNFIT);
	assert_int_equal(rights, 0);
}

struct seen {
	struct rig *rig;
	unsigned int n, rights[8], stop_at;
};

static int see(const char *project, unsigned int rights, void *userdata)
{
	struct seen *seen = userdata;
	unsigned int again;

	/* It may ask on from there. */
	assert_int_equal(cloxxs_access_rights(seen->rig->access, "anna",
					      project, &again),
			 0);
	assert_int_equal(again, rights);
	seen->rights[strcmp(project, "one") == 0   ? 1
		     : strcmp(project, "two") == 0 ? 2
						   : 3] = rights;
	return ++seen->n == seen->stop_at ? 42 : 0;
}

static void projects_are_listed(void **state)
{
	struct rig *rig = *state;
	struct seen seen = { .rig = rig },
		    stopped = { .rig = rig, .stop_at = 2 };

	assert_int_equal(
		cloxxs_access_projects(rig->access, "anna", see, &seen),
		CLOXXS_E_UNAVAILABLE);
	rig->writer = publish(rig);
	assert_int_equal(
		cloxxs_access_projects(rig->access, "anna", see, &seen), 0);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.rights[1], CLOXXS_READ);
	assert_int_equal(seen.rights[2], CLOXXS_WRITE);
	assert_int_equal(seen.rights[3], CLOXXS_READ | CLOXXS_WRITE);
	assert_int_equal(
		cloxxs_access_projects(rig->access, "anna", see, &stopped), 42);
	assert_int_equal(stopped.n, 2);
	assert_int_equal(
		cloxxs_access_projects(rig->access, "bert", see, &seen), 0);
	assert_int_equal(cloxxs_access_projects(rig->access, NULL, see, &seen),
			 CLOXXS_E_UNFIT);
	assert_int_equal(seen.n, 3);
}

/* What is revoked is gone at the next check; so is a map that is withdrawn, and
 * a new one is found. */
static void changes_are_seen_at_the_next_check(void **state)
{
	struct rig *rig = *state;

	rig->writer = publish(rig);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(cloxxs_access_check(rig->access, "anna", "one",
						     CLOXXS_READ),
				 0);
		assert_int_equal(
			access_writer_remove_grant(rig->writer, 70001, 1), 0);
		assert_int_equal(cloxxs_access_check(rig->access, "anna", "one",
						     CLOXXS_READ),
				 CLOXXS_E_DENIED);
		access_writer_free(rig->writer);
		rig->writer = publish(rig);
	}
	assert_int_equal(access_writer_withdraw(rig->path), 0);
	assert_int_equal(
		cloxxs_access_check(rig->access, "anna", "one", CLOXXS_READ),
		CLOXXS_E_UNAVAILABLE);
	access_writer_free(rig->writer);
	rig->writer = publish(rig);
	assert_int_equal(
		cloxxs_access_check(rig->access, "anna", "one", CLOXXS_READ),
		0);
}

static void services_are_names(void **state)
{
	static const char *const unfit[] = { NULL,  "",   "../x",
					     "a/b", ".x", "x\n" };
	struct rig *rig = *state;
	struct cloxxs_access *access = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		assert_int_equal(cloxxs_access_new(unfit[i], &access),
				 CLOXXS_E_UNFIT);
	assert_null(access);
	assert_int_equal(cloxxs_access_set_directory(rig->access, "here"),
			 CLOXXS_E_UNFIT);
	assert_int_equal(cloxxs_access_set_directory(rig->access, ""),
			 CLOXXS_E_UNFIT);
	assert_null(cloxxs_access_free(NULL));
	/* The built-in place: nothing is there, or it is not ours to read. */
	assert_int_equal(cloxxs_access_set_directory(rig->access, NULL), 0);
	assert_int_not_equal(
		cloxxs_access_check(rig->access, "anna", "one", CLOXXS_READ),
		0);
}

/* Whether the host's clock is read without the kernel. */
static bool clock_is_near(void)
{
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/"
			   "current_clocksource",
			   "r");
	char name[32] = "";

	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	(void)fclose(file);
	return strcmp(name, "tsc\n") == 0 || strcmp(name, "kvm-clock\n") == 0 ||
	       strcmp(name, "arch_sys_counter\n") == 0;
}

/* From here on this process may exit, and do nothing else. (The strict mode of
 * seccomp takes the processor's own clock away too.) */
static bool give_system_calls_up(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(filter),
					    .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static _Noreturn void check_alone(struct rig *rig, const char *project)
{
	int status =
		cloxxs_access_check(rig->access, "anna", project, CLOXXS_READ);

	if (!give_system_calls_up())
		_exit(77);
	for (int i = 0; i < 1000; i++) {
		unsigned int rights;

		status |= cloxxs_access_check(rig->access, "anna", project,
					      CLOXXS_READ);
		status |= cloxxs_access_rights(rig->access, "anna", project,
					       &rights);
		status |= cloxxs_access_check(rig->access, "nobody", project,
					      CLOXXS_READ) != CLOXXS_E_DENIED;
	}
	_exit(status);
}

/* Once the file is mapped; also where a grant ends and the time is asked. */
static void a_check_makes_no_system_call(void **state)
{
	struct rig *rig = *state;
	const struct access_grant ending = { .holder = 70001,
					     .project = 2,
					     .rights = ACCESS_READ,
					     .until = ACCESS_UNTIL_MAX };
	int status;

#ifdef SANITIZED
	skip();
#endif
	rig->writer = publish(rig);
	assert_int_equal(access_writer_set_grant(rig->writer, &ending), 0);
	for (int i = 0; i < (clock_is_near() ? 2 : 1); i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			check_alone(rig, i == 0 ? "one" : "two");
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip();
		assert_int_equal(status, 0);
	}
}

enum {
	N_THREADS = 8
};

struct crowd {
	struct rig *rig;
	_Atomic int stop;
	_Atomic long n_wrong, n_asked;
};

static void *keep_asking(void *argument)
{
	struct crowd *crowd = argument;
	struct cloxxs_access *access = crowd->rig->access;

	while (!atomic_load(&crowd->stop)) {
		unsigned int rights;

		if (cloxxs_access_check(access, "anna", "one", CLOXXS_READ) !=
			    0 ||
		    cloxxs_access_check(access, "anna", "one", CLOXXS_WRITE) !=
			    CLOXXS_E_DENIED ||
		    cloxxs_access_rights(access, "anna", "three", &rights) !=
			    0 ||
		    rights != (CLOXXS_READ | CLOXXS_WRITE))
			atomic_fetch_add(&crowd->n_wrong, 1);
		atomic_fetch_add(&crowd->n_asked, 1);
	}
	return NULL;
}

static unsigned int n_mappings(const char *path)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned int n = 0;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, path) != NULL;
	(void)fclose(maps);
	return n;
}

static void ask_in_child(struct rig *rig)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		unsigned int n_before = n_mappings(rig->path);
		bool wrong = false;

		alarm(60);
		/* New files come here too, and old ones go, but for what a
		 * thread that is not here had in its hands. */
		for (int i = 0; i < 20; i++) {
			access_writer_free(publish(rig));
			wrong = wrong ||
				cloxxs_access_check(rig->access, "anna", "one",
						    CLOXXS_READ) != 0;
		}
		_exit(wrong ? 1 : n_mappings(rig->path) > n_before + 1 ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/*
 * One object, many threads, new files all the time; children begin in the
 * middle of it. No answer is wrong, and mappings do not pile up, although there
 * is no moment at which nobody asks.
 */
static void threads_share_one(void **state)
{
	struct rig *rig = *state;
	struct crowd crowd = { .rig = rig };
	pthread_t threads[N_THREADS];

	rig->writer = publish(rig);
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, keep_asking, &crowd),
			0);
	for (int i = 0; i < 120 || atomic_load(&crowd.n_asked) < 4000; i++) {
		access_writer_free(rig->writer);
		rig->writer = publish(rig);
		if (i % 20 == 0)
			ask_in_child(rig);
	}
	/* The writer's own, and the one that all have: while they ask on. */
	for (int i = 0; n_mappings(rig->path) > 2; i++) {
		assert_true(i < 30000);
		(void)usleep(1000);
	}
	atomic_store(&crowd.stop, 1);
	for (int i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(crowd.n_wrong, 0);
	assert_int_equal(
		cloxxs_access_check(rig->access, "anna", "one", CLOXXS_READ),
		0);
	access_writer_free(rig->writer);
	rig->writer = NULL;
	assert_int_equal(n_mappings(rig->path), 1);
}

int main(void)
{
#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(checks),
		TEST(rights_are_told),
		TEST(projects_are_listed),
		TEST(changes_are_seen_at_the_next_check),
		TEST(services_are_names),
		TEST(a_check_makes_no_system_call),
		TEST(threads_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
