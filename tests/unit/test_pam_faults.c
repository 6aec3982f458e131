/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <security/pam_modules.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/failing_malloc.h"
#include "tests/unit/pam_rig.h"

static const char *const login_script[] = { PASSWORD, CODE, ALLOW, NULL };
static const char *const change_script[] = { PASSWORD, NEW, AGAIN, ALLOW,
					     NULL };
static const char *const account_script[] = { "\"verdict\":\"allow\"", NULL };
static const char *const session_script[] = {
	"\"verdict\":\"allow\",\"session\":\"s1\"", "", NULL
};

/* abuse-04, abuse-06: whatever becomes of a question, it is no answer. */
static const struct {
	enum fake_fault fault;
	int at;
	const char *log;
} faults[] = {
	{ FAKE_NO_CONVERSATION, 0, "no answer" },
	{ FAKE_NO_FUNCTION, 0, "no answer" },
	{ FAKE_CONV_ERR, 0, "no answer" },
	{ FAKE_CONV_ERR, 1, "no answer" },
	{ FAKE_CONV_AGAIN, 0, "no answer" },
	{ FAKE_NO_RESPONSE, 0, "no answer" },
	{ FAKE_NO_RESPONSE, 1, "no answer" },
	{ FAKE_NULL_ANSWER, 0, "no answer" },
	{ FAKE_NULL_ANSWER, 1, "no answer" },
	{ FAKE_HUGE_ANSWER, 0, "too long" },
	{ FAKE_HUGE_ANSWER, 1, "too long" },
};

static void set_fault(struct pam_rig *rig, enum fake_fault fault, int at)
{
	struct fake_user *person = &rig->pam.person;

	person->fault = fault;
	person->fault_at = at;
	for (int i = 0; i < 4; i++)
		person->answers[i] = "an answer";
	if (fault == FAKE_NO_CONVERSATION)
		rig->pam.has_conversation = false;
	if (fault == FAKE_NO_FUNCTION)
		rig->pam.conversation.conv = NULL;
}

static void test_conversation_abuse_04_06(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		pam_rig_begin(rig, "alice", login_script);
		set_fault(rig, faults[i].fault, faults[i].at);
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 PAM_AUTH_ERR);
		assert_non_null(strstr(rig->pam.log, faults[i].log));
		assert_null(rig->pam.items[PAM_AUTHTOK]);
		assert_null(pam_getenv(&rig->pam, "CLOXXS_PASS"));

		pam_rig_begin(rig, "alice", change_script);
		set_fault(rig, faults[i].fault, faults[i].at);
		assert_int_equal(pam_rig_run(rig, PHASE_CHAUTHTOK,
					     PAM_PRELIM_CHECK, NULL),
				 PAM_SUCCESS);
		assert_int_equal(pam_rig_run(rig, PHASE_CHAUTHTOK,
					     PAM_UPDATE_AUTHTOK, NULL),
				 PAM_AUTHTOK_ERR);
		assert_null(rig->pam.items[PAM_AUTHTOK]);
	}
}

/* sshd's PasswordAuthentication: neither a code nor the notice is answered with
 * the password. The daemon hears that nobody was asked, and whatever it answers
 * lets nobody in. */
static void expect_told_unanswered(struct pam_rig *rig, const char *question)
{
	const char *const answers[] = { DENY, ALLOW, question, PASSWORD };
	const char *request;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const char *const script[] = { PASSWORD, question, answers[i],
					       NULL };

		pam_rig_begin(rig, "alice", script);
		set_fault(rig, FAKE_ECHO_FAILS, 0);
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 PAM_AUTH_ERR);
		assert_int_equal(fake_daemon_n_requests(&rig->daemon), 3);
		request = fake_daemon_request(&rig->daemon, 2);
		assert_non_null(strstr(request, "nl.cloxxs.Login.Answer"));
		assert_null(strstr(request, "\"answer\""));
		assert_null(rig->pam.items[PAM_AUTHTOK]);
		assert_null(pam_getenv(&rig->pam, "CLOXXS_PASS"));
	}
}

static void test_code_needs_echo(void **state)
{
	expect_told_unanswered(*state, CODE);
}

static void test_notice_needs_echo(void **state)
{
	expect_told_unanswered(*state, NOTICE);
}

/* A message that cannot be shown changes nothing. */
static void test_message_not_shown(void **state)
{
	static const char *const script[] = {
		"\"verdict\":\"deny\",\"message\":\"No.\"", NULL
	};
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", script);
	set_fault(rig, FAKE_NO_CONVERSATION, 0);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL),
			 PAM_PERM_DENIED);
}

/* An answer that is not UTF-8 is not sent, cut or guessed at. */
static void test_not_text_abuse_78(void **state)
{
	struct pam_rig *rig = *state;

	pam_rig_begin(rig, "alice", login_script);
	rig->pam.person.answers[0] = "caf\xe9";
	assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
			 PAM_AUTH_ERR);
	assert_non_null(strstr(rig->pam.person.transcript, "not valid UTF-8"));
	assert_int_equal(fake_daemon_n_requests(&rig->daemon), 1);
}

/* abuse-77: 1,024 bytes go, 1,025 do not. */
static void test_length_abuse_77(void **state)
{
	struct pam_rig *rig = *state;
	char answer[SECRET_MAX + 2] = { 0 };

	for (size_t n = SECRET_MAX; n <= SECRET_MAX + 1; n++) {
		static const char *const script[] = { PASSWORD, ALLOW, NULL };

		pam_rig_begin(rig, "alice", script);
		memset(answer, 'x', n);
		rig->pam.person.answers[0] = answer;
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 n > SECRET_MAX ? PAM_AUTH_ERR : PAM_SUCCESS);
	}
}

/* A phase with the nth allocation failing; false once there is none. */
struct step {
	const char *what;
	const char *user;
	enum phase phase;
	const char *const *script;
	int before; /* the flags of a call that goes before; 0: none */
	int flags;
};

static const struct step steps[] = {
	{ "authenticate", "alice", PHASE_AUTHENTICATE, login_script, 0, 0 },
	{ "a decoy", "ghost", PHASE_AUTHENTICATE, login_script, 0, 0 },
	{ "a local user", "local", PHASE_AUTHENTICATE, login_script, 0, 0 },
	{ "setcred", "alice", PHASE_SETCRED, NULL, 0, PAM_ESTABLISH_CRED },
	{ "account", "alice", PHASE_ACCOUNT, account_script, 0, 0 },
	{ "check", "alice", PHASE_CHAUTHTOK, change_script, 0,
	  PAM_PRELIM_CHECK },
	{ "change", "alice", PHASE_CHAUTHTOK, change_script, PAM_PRELIM_CHECK,
	  PAM_UPDATE_AUTHTOK },
	{ "session", "alice", PHASE_OPEN_SESSION, session_script, 0, 0 },
};

static bool fail_at(struct pam_rig *rig, const struct step *step, int n)
{
	bool failed;
	int r;

	pam_rig_begin(rig, step->user, step->script);
	set_fault(rig, FAKE_NO_FAULT, 0);
	if (step->before != 0)
		assert_int_equal(
			pam_rig_run(rig, step->phase, step->before, NULL),
			PAM_SUCCESS);
	failing_malloc_start((unsigned int)n);
	r = pam_rig_run(rig, step->phase, step->flags, NULL);
	(void)failing_malloc_stop();
	failed = failing_malloc_has_failed();
	if (failed && (r == PAM_SUCCESS || r == PAM_NEW_AUTHTOK_REQD))
		fail_msg("%s: success without allocation %d", step->what, n);
	/* Nor does it make one of ours somebody whom a later module may have.
	 */
	if (failed && strcmp(step->user, "alice") == 0 &&
	    (r == PAM_USER_UNKNOWN || r == PAM_IGNORE))
		fail_msg("%s: not ours without allocation %d", step->what, n);
	return failed;
}

static void test_no_memory_abuse_01(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int n = 1;

		while (fail_at(rig, &steps[i], n))
			n++;
		/* It was worth the while. */
		assert_true(n > 1);
	}
}

/* root's way asks for no memory at all. */
static void test_root_needs_no_memory_abuse_02(void **state)
{
	static const enum phase phases[] = { PHASE_AUTHENTICATE, PHASE_SETCRED,
					     PHASE_ACCOUNT, PHASE_OPEN_SESSION,
					     PHASE_CLOSE_SESSION };
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		pam_rig_begin(rig, "root", NULL);
		failing_malloc_start(1);
		(void)!pam_rig_run(rig, phases[i], 0, NULL);
		assert_int_equal(failing_malloc_stop(), 0);
		assert_false(failing_malloc_has_failed());
	}
}

static int n_open(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

static void cycle(struct pam_rig *rig, int i)
{
	static const char *const broken[][2] = {
		{ "%close" }, { "%half" }, { "!nonsense" }, { PASSWORD }
	};

	pam_rig_begin(rig, "alice", session_script);
	(void)!pam_rig_run(rig, PHASE_OPEN_SESSION, 0, NULL);
	(void)!pam_rig_run(rig, PHASE_CLOSE_SESSION, 0, NULL);
	pam_rig_begin(rig, "alice", broken[i % 4]);
	(void)!pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL);
}

static void test_no_descriptor_leak_abuse_16(void **state)
{
	struct pam_rig *rig = *state;
	int before;

	cycle(rig, 0);
	/* The daemon's last connection may still be its own. */
	pam_rig_begin(rig, "alice", account_script);
	before = n_open();
	for (int i = 0; i < 1000; i++)
		cycle(rig, i);
	assert_true(n_open() <= before + 1);
}

/* A host with its own ideas of signals, and a peer that goes away. */
static void test_signals_abuse_16(void **state)
{
	static const char *const script[] = { PASSWORD, NULL };
	struct pam_rig *rig = *state;
	struct sigaction before[NSIG], after;
	struct itimerval timer;
	sigset_t mask, mask_after;

	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	for (int i = 1; i < NSIG; i++)
		(void)!sigaction(i, NULL, &before[i]);
	for (int i = 0; i < 20; i++) {
		pam_rig_begin(rig, "alice", script);
		rig->pam.person.answers[0] = "right";
		assert_int_equal(pam_rig_run(rig, PHASE_AUTHENTICATE, 0, NULL),
				 PAM_AUTHINFO_UNAVAIL);
	}
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &after) == 0)
			assert_ptr_equal((void *)after.sa_handler,
					 (void *)before[i].sa_handler);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_after), 0);
	/* Neither the kernel nor every libc writes the bits of no signal. */
	for (int i = 1; i < NSIG; i++)
		assert_int_equal(sigismember(&mask, i),
				 sigismember(&mask_after, i));
	assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
	assert_int_equal(timer.it_value.tv_sec, 0);
	signal(SIGCHLD, SIG_DFL);
}

/* No descriptor to be had: denied, and as before when there is one again. */
static void test_descriptor_limit_abuse_16(void **state)
{
	struct pam_rig *rig = *state;
	struct rlimit old, none = { 0, 0 };
	int r;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none.rlim_max = old.rlim_max;
	pam_rig_begin(rig, "alice", account_script);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(r, PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(pam_rig_run(rig, PHASE_ACCOUNT, 0, NULL), PAM_SUCCESS);
}

/* Nothing is said on the host's descriptors, and its place does not move. */
static void test_surroundings_abuse_16_20(void **state)
{
	struct pam_rig *rig = *state;
	int pipes[2], old_out = dup(1), old_err = dup(2);
	char directory[2][4096], locale[128], byte;
	mode_t mask = umask(0);

	umask(mask);
	strcpy(locale, setlocale(LC_ALL, NULL));
	assert_non_null(getcwd(directory[0], sizeof(directory[0])));
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	dup2(pipes[1], 1);
	dup2(pipes[1], 2);
	for (int i = 0; i < 4; i++)
		cycle(rig, i);
	dup2(old_out, 1);
	dup2(old_err, 2);
	close(old_out);
	close(old_err);
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 0);
	close(pipes[0]);
	assert_non_null(getcwd(directory[1], sizeof(directory[1])));
	assert_string_equal(directory[0], directory[1]);
	assert_string_equal(locale, setlocale(LC_ALL, NULL));
	assert_int_equal(umask(mask), mask);
}

struct worker {
	struct pam_rig *rig;
	bool debug;
	int n_wrong;
};

static void *work(void *userdata)
{
	static const char *const script[] = { PASSWORD, ALLOW, NULL };
	static const char *const debug[] = { "debug", NULL };
	struct worker *worker = userdata;

	for (int i = 0; i < 100; i++) {
		struct pam_rig *rig = worker->rig;

		pam_rig_begin(rig, "alice", script);
		rig->pam.person.answers[0] = "right";
		if (pam_rig_run(rig, PHASE_AUTHENTICATE, 0,
				worker->debug ? debug : NULL) != PAM_SUCCESS)
			worker->n_wrong++;
		if (!strstr(rig->pam.log, "debug:") == worker->debug)
			worker->n_wrong++;
	}
	return NULL;
}

/* Two transactions at once share nothing. */
static void test_two_threads_abuse_17(void **state)
{
	struct worker workers[2] = { { *state, true, 0 }, { NULL, false, 0 } };
	pthread_t threads[2];

	assert_int_equal(pam_rig_setup((void **)&workers[1].rig), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, &workers[i]),
			0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].n_wrong, 0);
	}
	assert_int_equal(pam_rig_teardown((void **)&workers[1].rig), 0);
}

#define case_of(test) \
	cmocka_unit_test_setup_teardown(test, pam_rig_setup, pam_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_conversation_abuse_04_06),
		case_of(test_code_needs_echo),
		case_of(test_notice_needs_echo),
		case_of(test_message_not_shown),
		case_of(test_not_text_abuse_78),
		case_of(test_length_abuse_77),
		case_of(test_no_memory_abuse_01),
		case_of(test_root_needs_no_memory_abuse_02),
		case_of(test_no_descriptor_leak_abuse_16),
		case_of(test_signals_abuse_16),
		case_of(test_descriptor_limit_abuse_16),
		case_of(test_surroundings_abuse_16_20),
		case_of(test_two_threads_abuse_17),
	};

	return cmocka_run_group_tests_name("pam_faults", tests, NULL, NULL);
}
