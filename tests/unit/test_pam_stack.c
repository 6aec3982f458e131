/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The module as it is loaded: by dlopen(), and by the real libpam in stacks of
 * the test's own. pam_staged.so is the module with its map in the build tree.
 */
#include "config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/scope.h"
#include "tests/unit/fake_daemon.h"
#include "tests/unit/raw_map.h"

#define interposed __attribute__((visibility("default")))

#define PASSWORD "\"step\":\"password\",\"prompt\":\"Password: \""
#define NEW "\"step\":\"new_password\",\"prompt\":\"New: \""
#define ALLOW "\"step\":\"done\",\"verdict\":\"allow\",\"pass\":\"p4ss\""
#define DENY "\"step\":\"done\",\"verdict\":\"deny\",\"message\":\"No.\""

/* Of the thread that is tested; libc's own state, so to speak. */
static _Thread_local int left;
static _Thread_local bool has_failed;

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);

static bool is_to_fail(void)
{
	if (left == 0 || --left > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

interposed void *malloc(size_t size)
{
	return is_to_fail() ? NULL : __libc_malloc(size);
}

interposed void *calloc(size_t n, size_t size)
{
	return is_to_fail() ? NULL : __libc_calloc(n, size);
}

interposed void *realloc(void *pointer, size_t size)
{
	return is_to_fail() ? NULL : __libc_realloc(pointer, size);
}
#endif

/* The log of the machine is not the test's. */
interposed void __syslog_chk(int priority, int flag, const char *format, ...);

interposed void __syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority;
	(void)flag;
	(void)format;
}

/* clang's syslog is a macro where copies are checked. */
#undef syslog
interposed void syslog(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

struct rig {
	struct scratch scratch;
	struct fake_daemon daemon;
	char module[512], state[512], map[600];
};

static void write_map(const char *path)
{
	struct map_writer *writer = raw_map_new(path, MAP_KIND_IDENTITY);
	/* No system has this user. */
	const struct identity_user user = user_of("cloxxs-nobody", 66003);

	raw_map_user(writer, &user);
	raw_map_publish(writer);
	map_writer_free(writer);
}

static int setup(void **state)
{
	const char *build = getenv("CLOXXS_BUILDDIR");
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	if (!build)
		build = ".";
	scratch_init(&rig->scratch);
	fake_daemon_init(&rig->daemon, rig->scratch.directory);
	snprintf(rig->module, sizeof(rig->module),
		 "%s/tests/unit/.libs/pam_staged.so", build);
	snprintf(rig->state, sizeof(rig->state), "%s/tests/unit/pam_staged",
		 build);
	snprintf(rig->map, sizeof(rig->map), "%s/identity.map", rig->state);
	(void)!mkdir(rig->state, 0755);
	write_map(rig->map);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	unlink(rig->map);
	rmdir(rig->state);
	fake_daemon_deinit(&rig->daemon);
	scratch_deinit(&rig->scratch);
	free(rig);
	return 0;
}

/* Answers every prompt alike. */
static int converse(int n, const struct pam_message **messages,
		    struct pam_response **ret_responses, void *userdata)
{
	struct pam_response *responses = calloc((size_t)n, sizeof(*responses));

	(void)userdata;
	if (!responses)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			responses[i].resp = strdup("an answer");
	*ret_responses = responses;
	return PAM_SUCCESS;
}

static void no_delay(int status, unsigned int delay_us, void *userdata)
{
	(void)status;
	(void)delay_us;
	(void)userdata;
}

/* Each line of a stack: the module, and what a denial must not reach. */
static const char *const stacks[] = {
	"%1$s required %2$s\n%1$s required pam_permit.so\n",
	"%1$s requisite %2$s\n%1$s required pam_permit.so\n",
	"%1$s sufficient %2$s\n%1$s required pam_deny.so\n",
	"%1$s [success=1 default=ignore] %2$s\n%1$s requisite pam_deny.so\n"
	"%1$s required pam_permit.so\n",
	"%1$s [success=ok user_unknown=ignore default=bad] %2$s\n"
	"%1$s required pam_permit.so\n",
	/* as pam-auth-update writes it; pam_permit in the place of pam_unix */
	"%1$s [success=1 user_unknown=ignore ignore=ignore "
	"module_unknown=ignore default=die] %2$s\n"
	"%1$s sufficient pam_permit.so\n%1$s required pam_permit.so\n",
};

static void write_stack(const struct rig *rig, const char *stack)
{
	static const char *const kinds[] = { "auth", "account", "password",
					     "session" };
	char path[128], module[800];
	FILE *file;

	snprintf(path, sizeof(path), "%s/stack", rig->scratch.directory);
	snprintf(module, sizeof(module), "%s socket=%s", rig->module,
		 rig->daemon.path);
	file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(file, stack, kinds[i], module);
#pragma GCC diagnostic pop
	}
	assert_int_equal(fclose(file), 0);
}

static pam_handle_t *begin(struct rig *rig, const char *const *script)
{
	static const struct pam_conv conversation = { converse, NULL };
	pam_handle_t *pamh = NULL;

	fake_daemon_script(&rig->daemon, script);
	assert_int_equal(pam_start_confdir("stack", "cloxxs-nobody",
					   &conversation,
					   rig->scratch.directory, &pamh),
			 PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_FAIL_DELAY,
				      (const void *)(uintptr_t)no_delay),
			 PAM_SUCCESS);
	return pamh;
}

/* What an application calls, and a daemon that denies or allows it. */
static const struct {
	const char *what;
	int (*call)(pam_handle_t *pamh, int flags);
	const char *deny[4], *allow[4];
} calls[] = {
	{ "pam_authenticate",
	  pam_authenticate,
	  { PASSWORD, DENY },
	  { PASSWORD, ALLOW } },
	{ "pam_acct_mgmt",
	  pam_acct_mgmt,
	  { "\"verdict\":\"deny\"" },
	  { "\"verdict\":\"allow\"" } },
	{ "pam_open_session",
	  pam_open_session,
	  { "\"verdict\":\"deny\"" },
	  { "\"verdict\":\"allow\",\"session\":\"s1\"" } },
	{ "pam_chauthtok",
	  pam_chauthtok,
	  { PASSWORD, NEW, DENY },
	  { PASSWORD, NEW, ALLOW } },
};

/* The stacks are what they are meant to be. */
static void test_stacks(void **state)
{
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		write_stack(rig, stacks[i]);
		for (size_t j = 0; j < ARRAY_SIZE(calls); j++) {
			pam_handle_t *pamh = begin(rig, calls[j].allow);

			assert_int_equal(calls[j].call(pamh, 0), PAM_SUCCESS);
			assert_int_equal(pam_end(pamh, PAM_SUCCESS),
					 PAM_SUCCESS);
			pamh = begin(rig, calls[j].deny);
			assert_int_not_equal(calls[j].call(pamh, 0),
					     PAM_SUCCESS);
			assert_int_equal(pam_end(pamh, PAM_SUCCESS),
					 PAM_SUCCESS);
		}
	}
}

/* A denial with the nth allocation of the process failing; false at the end. */
static bool fail_at(struct rig *rig, size_t stack, size_t call, int n)
{
	pam_handle_t *pamh = begin(rig, calls[call].deny);
	int r;

	has_failed = false;
	left = n;
	r = calls[call].call(pamh, 0);
	left = 0;
	if (r == PAM_SUCCESS)
		fail_msg("%s: success in stack %zu without allocation %d",
			 calls[call].what, stack, n);
	(void)!pam_end(pamh, r);
	return has_failed;
}

static void test_no_memory_abuse_01(void **state)
{
	struct rig *rig = *state;

#ifdef SANITIZED
	skip();
#endif
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		write_stack(rig, stacks[i]);
		for (size_t j = 0; j < ARRAY_SIZE(calls); j++) {
			int n = 1;

			while (fail_at(rig, i, j, n))
				n++;
			assert_true(n > 1);
		}
	}
}

/* Silent, closed and gone daemons, in every stack. */
static void test_no_daemon_abuse_02(void **state)
{
	static const char *const nothing[] = { "%close", NULL };
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++) {
		write_stack(rig, stacks[i]);
		for (size_t j = 0; j < ARRAY_SIZE(calls); j++) {
			pam_handle_t *pamh = begin(rig, nothing);

			assert_int_not_equal(calls[j].call(pamh, 0),
					     PAM_SUCCESS);
			(void)!pam_end(pamh, PAM_SUCCESS);
		}
	}
}

/* As sshd: the module is loaded, then the process forks, and both go on. */
static void test_fork_after_load_abuse_18(void **state)
{
	static const char *const script[] = {
		PASSWORD, ALLOW, "\"verdict\":\"allow\",\"session\":\"s1\"", "",
		NULL
	};
	struct rig *rig = *state;
	pam_handle_t *pamh;
	int status;
	pid_t pid;

	write_stack(rig, stacks[0]);
	pamh = begin(rig, script);
	pid = fork();
	if (pid == 0)
		_exit(pam_authenticate(pamh, 0) == PAM_SUCCESS &&
				      pam_getenv(pamh, "CLOXXS_PASS")
			      ? 0
			      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
}

static int n_entries(const char *path)
{
	DIR *directory = opendir(path);
	int n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

/* The built module comes and goes, and leaves nothing. */
static void test_load_abuse_18(void **state)
{
	const char *build = getenv("CLOXXS_BUILDDIR");
	int n_fds, n_threads;
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/pam_cloxxs/.libs/pam_cloxxs.so",
		 build ? build : ".");
	n_fds = n_entries("/proc/self/fd");
	n_threads = n_entries("/proc/self/task");
	for (int i = 0; i < 1000; i++) {
		void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

		if (!module)
			fail_msg("%s", dlerror());
		assert_non_null(dlsym(module, "pam_sm_authenticate"));
		assert_null(dlsym(module, "phase_run"));
		assert_int_equal(dlclose(module), 0);
	}
	assert_null(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
	assert_int_equal(n_entries("/proc/self/fd"), n_fds);
	assert_int_equal(n_entries("/proc/self/task"), n_threads);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_abuse_18),
		case_of(test_stacks),
		case_of(test_no_memory_abuse_01),
		case_of(test_no_daemon_abuse_02),
		case_of(test_fork_after_load_abuse_18),
	};

	return cmocka_run_group_tests_name("pam_stack", tests, NULL, NULL);
}
