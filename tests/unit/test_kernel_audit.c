/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told to the kernel's audit, with a libaudit of our own in its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"

#include "cloxxsctl/kernel_audit.h"

#ifdef HAVE_AUDIT

#include <libaudit.h>

#include "base/scope.h"

static uid_t caller;
static int opened, closed, answer = 9;
static char told[256];

uid_t geteuid(void)
{
	return caller;
}

int audit_open(void)
{
	opened++;
	return answer;
}

void audit_close(int fd)
{
	assert_int_equal(fd, answer);
	closed++;
}

int audit_log_acct_message(int audit_fd, int type, const char *pgname,
			   const char *op, const char *name, unsigned int id,
			   const char *host, const char *addr, const char *tty,
			   int result)
{
	assert_int_equal(audit_fd, answer);
	assert_null(pgname);
	assert_null(host);
	assert_null(addr);
	assert_null(tty);
	assert_int_equal(id, (unsigned int)-1);
	assert_int_equal(result, 1);
	(void)snprintf(told, sizeof(told), "%d %s %s", type, op, name);
	return -1;
}

static void tell(const char *method)
{
	told[0] = '\0';
	kernel_audit_tell(method, "anna");
	assert_int_equal(opened, closed + (answer < 0 && opened > 0));
}

static void each_method(void **state)
{
	static const struct {
		const char *method;
		int type;
		const char *op;
	} cases[] = {
		{ "AddUser", AUDIT_ADD_USER, "add-user" },
		{ "DeleteUser", AUDIT_DEL_USER, "delete-user" },
		{ "LockUser", AUDIT_ACCT_LOCK, "lock-account" },
		{ "UnlockUser", AUDIT_ACCT_UNLOCK, "unlock-account" },
		{ "ResetPassword", AUDIT_USER_CHAUTHTOK, "reset-password" },
	};

	(void)state;
	opened = closed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char method[64], expected[128];

		(void)snprintf(method, sizeof(method), "nl.cloxxs.Admin.%s",
			       cases[i].method);
		(void)snprintf(expected, sizeof(expected), "%d %s anna",
			       cases[i].type, cases[i].op);
		tell(method);
		assert_string_equal(told, expected);
	}
	assert_int_equal(opened, ARRAY_SIZE(cases));
}

static void what_is_not_told(void **state)
{
	(void)state;
	opened = closed = 0;
	tell("nl.cloxxs.Admin.ListUsers");
	kernel_audit_tell("nl.cloxxs.Admin.AddUser", NULL);
	caller = 1000;
	tell("nl.cloxxs.Admin.AddUser");
	caller = 0;
	assert_int_equal(opened, 0);
}

static void no_audit(void **state)
{
	(void)state;
	opened = closed = 0;
	answer = -1;
	tell("nl.cloxxs.Admin.AddUser");
	assert_string_equal(told, "");
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 0);
	answer = 9;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_method),
		cmocka_unit_test(what_is_not_told),
		cmocka_unit_test(no_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	kernel_audit_tell("nl.cloxxs.Admin.AddUser", "anna");
	puts("skipped: built without libaudit");
	return 77;
}

#endif
