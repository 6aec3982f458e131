/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks of PAM as text, and what can come of them for a denied user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cloxxsctl/doctor/pam_judgement.h"

#define FILES_MAX 4

struct files {
	const char *names[FILES_MAX], *texts[FILES_MAX];
};

static int load(void *userdata, const char *name, char **ret_text)
{
	const struct files *files = userdata;

	for (size_t i = 0; i < FILES_MAX && files->names[i]; i++)
		if (strcmp(files->names[i], name) == 0) {
			*ret_text = strdup(files->texts[i]);
			return *ret_text ? 0 : -ENOMEM;
		}
	return -ENOENT;
}

static struct pam_stack *read_stack(const struct files *files)
{
	struct files copy = *files;
	const struct pam_source source = { load, &copy };
	struct pam_stack *stack = NULL;

	assert_int_equal(pam_stack_read(&source, "s", &stack), 0);
	return stack;
}

/* The profile as pam-auth-update writes it, and pam_unix below it. */
#define OURS                                            \
	"[success=2 user_unknown=ignore ignore=ignore " \
	"module_unknown=ignore default=die] pam_cloxxs.so"
#define DEBIAN                                                 \
	"auth " OURS "\n"                                      \
	"auth [success=1 default=ignore] pam_unix.so nullok\n" \
	"auth requisite pam_deny.so\n"                         \
	"auth required pam_permit.so\n"

struct judged {
	const char *text;  /* of the service "s" */
	const char *other; /* of the file "t" */
	bool ours, admits;
	const char *around, *through, *after;
	enum pam_phase phase;
};

static const struct judged rows[] = {
	{ DEBIAN, NULL, true, true, NULL, NULL, NULL, PAM_PHASE_AUTH },
	{ "@include t\n", DEBIAN, true, true, NULL, NULL, NULL, 0 },
	{ "auth include t\n", DEBIAN, true, true, NULL, NULL, NULL, 0 },
	{ "auth substack t\n", DEBIAN, true, true, NULL, NULL, NULL, 0 },
	/* Not there at all, and pam_unix alone decides. */
	{ "auth required pam_unix.so\n", NULL, false, false, "pam_unix.so",
	  NULL, NULL, 0 },
	/* A denial that is ignored. */
	{ "auth [success=done default=ignore] pam_cloxxs.so\n"
	  "auth required pam_unix.so\n",
	  NULL, true, true, NULL, "pam_unix.so", "pam_unix.so", 0 },
	{ "auth sufficient pam_cloxxs.so\nauth required pam_permit.so\n", NULL,
	  true, true, NULL, "pam_permit.so", NULL, 0 },
	{ "auth optional pam_cloxxs.so\nauth sufficient pam_ldap.so\n"
	  "auth required pam_deny.so\n",
	  NULL, true, true, NULL, "pam_ldap.so", NULL, 0 },
	/* One code alone that is let through. */
	{ "auth [success=done maxtries=ignore default=die] pam_cloxxs.so\n"
	  "auth required pam_permit.so\n",
	  NULL, true, true, NULL, "pam_permit.so", NULL, 0 },
	{ "auth [success=done acct_expired=ok default=die] pam_cloxxs.so\n"
	  "auth required pam_permit.so\n",
	  NULL, true, true, NULL, NULL, NULL, 0 },
	/* Before us. */
	{ "auth sufficient pam_unix.so\nauth required pam_cloxxs.so\n", NULL,
	  true, true, "pam_unix.so", NULL, NULL, 0 },
	{ "auth [success=1 default=ignore] pam_unix.so\n"
	  "auth requisite pam_cloxxs.so\nauth required pam_permit.so\n",
	  NULL, true, true, "pam_permit.so", NULL, NULL, 0 },
	{ "auth sufficient pam_rootok.so\n" DEBIAN, NULL, true, true, NULL,
	  NULL, NULL, 0 },
	/* required: nothing falls through, and pam_unix asks once more. */
	{ "auth required pam_cloxxs.so\nauth required pam_unix.so\n", NULL,
	  true, false, NULL, NULL, "pam_unix.so", 0 },
	{ "auth required pam_cloxxs.so\nauth required pam_env.so\n", NULL, true,
	  true, NULL, NULL, NULL, 0 },
	/* A reset forgets the denial. */
	{ "auth required pam_cloxxs.so\n"
	  "auth [success=ok default=reset] pam_env.so\n"
	  "auth required pam_permit.so\n",
	  NULL, true, true, NULL, "pam_permit.so", NULL, 0 },
	/* A jump into nothing fails, a jump over our line does not. */
	{ "auth [success=9 default=die] pam_cloxxs.so\n", NULL, true, false,
	  NULL, NULL, NULL, 0 },
	{ "auth [default=1] pam_faildelay.so\nauth required pam_cloxxs.so\n"
	  "auth required pam_permit.so\n",
	  NULL, true, true, "pam_permit.so", NULL, NULL, 0 },
	/* die in a substack ends that one; its verdict stays. */
	{ "auth substack t\nauth required pam_permit.so\n",
	  "auth [success=done default=die] pam_cloxxs.so\n"
	  "auth required pam_deny.so\n",
	  true, true, NULL, NULL, NULL, 0 },
	{ "auth [default=1] pam_faildelay.so\nauth substack t\n"
	  "auth required pam_permit.so\n",
	  DEBIAN, true, true, "pam_permit.so", NULL, NULL, 0 },
	/* A change that must be made now is no success. */
	{ "account " OURS "\naccount required pam_unix.so\n"
	  "account required pam_deny.so\naccount required pam_permit.so\n",
	  NULL, true, true, NULL, NULL, NULL, PAM_PHASE_ACCOUNT },
	{ "account [success=done new_authtok_reqd=ignore default=die] "
	  "pam_cloxxs.so\naccount required pam_permit.so\n",
	  NULL, true, true, NULL, "pam_permit.so", NULL, PAM_PHASE_ACCOUNT },
	{ "account sufficient pam_localuser.so\naccount required "
	  "pam_cloxxs.so\n",
	  NULL, true, true, "pam_localuser.so", NULL, NULL, PAM_PHASE_ACCOUNT },
	{ "session required pam_unix.so\nsession [success=ok "
	  "user_unknown=ignore ignore=ignore default=die] pam_cloxxs.so\n",
	  NULL, true, true, NULL, NULL, NULL, PAM_PHASE_SESSION },
	{ "PASSWORD Requisite /lib/security/pam_cloxxs.so \\\n use_authtok\n",
	  NULL, true, true, NULL, NULL, NULL, PAM_PHASE_PASSWORD },
};

static void same(const struct pam_line *line, const char *module, size_t row)
{
	if ((line ? 1 : 0) != (module ? 1 : 0) ||
	    (line && strcmp(line->module, module) != 0))
		fail_msg("row %zu: %s, not %s", row,
			 line ? line->module : "none",
			 module ? module : "none");
}

static void test_judgements(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct judged *row = &rows[i];
		scope(pam_stack_freep) struct pam_stack *stack = read_stack(
			&(struct files){ { "s", row->other ? "t" : NULL },
					 { row->text, row->other } });
		struct pam_judgement judgement;

		assert_int_equal(stack->n_faults, 0);
		assert_int_equal(pam_judge(stack, row->phase, &judgement), 0);
		same(judgement.ours, row->ours ? PAM_OURS : NULL, i);
		same(judgement.around, row->around, i);
		same(judgement.through, row->through, i);
		same(judgement.after, row->after, i);
		if (judgement.admits != row->admits)
			fail_msg("row %zu: admits %d", i, judgement.admits);
	}
}

/* Where it is said to be, and which denial it was. */
static void test_places(void **state)
{
	scope(pam_stack_freep) struct pam_stack *stack = read_stack(&(
		struct files){
		{ "s", "t" },
		{ "# a comment\n\nauth required pam_env.so \\\n a \\\n b\n"
		  "@include t\n",
		  "\n-auth [success=done maxtries=ignore default=die] "
		  "pam_cloxxs.so # why\n"
		  "auth required pam_permit.so\n" } });
	struct pam_judgement judgement;

	(void)state;
	assert_int_equal(stack->n_faults, 0);
	assert_int_equal(stack->n_lines, 3);
	assert_int_equal(stack->lines[0].number, 3);
	assert_string_equal(stack->lines[0].file, "s");
	assert_int_equal(pam_judge(stack, PAM_PHASE_AUTH, &judgement), 0);
	assert_string_equal(judgement.ours->file, "t");
	assert_int_equal(judgement.ours->number, 2);
	assert_int_equal(judgement.through->number, 3);
	assert_string_equal(pam_code_names[judgement.denial], "maxtries");
}

struct faulty {
	const char *text;
	unsigned int number;
	const char *what; /* a part of it */
};

static const struct faulty faulties[] = {
	{ "auth required\n", 1, "names no module" },
	{ "\nauth\n", 2, "has no control" },
	{ "auth [success=ok pam_unix.so\n", 1, "without its end" },
	{ "auth requird pam_unix.so\n", 1, "control that is none" },
	{ "auth [success=99999] pam_unix.so\n", 1, "control that is none" },
	{ "auth [succes=ok] pam_unix.so\n", 1, "control that is none" },
	{ "auth [success] pam_unix.so\n", 1, "control that is none" },
	{ "auth [success=-1] pam_unix.so\n", 1, "control that is none" },
	{ "auht required pam_unix.so\n", 1, "no phase" },
	{ "@include\n", 1, "names no file" },
	{ "@include ../../etc/shadow\n", 1, "names no file" },
	{ "@include none\n", 1, "not there" },
	{ "auth required pam_env.so \\\n x\nauth include\n", 3,
	  "names no file" },
	{ "auth required pam_env.so\n\n\n\001\002\n", 4, "no phase" },
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faulties); i++) {
		scope(pam_stack_freep) struct pam_stack *stack = read_stack(
			&(struct files){ { "s" }, { faulties[i].text } });

		assert_int_equal(stack->n_faults, 1);
		assert_int_equal(stack->faults[0].number, faulties[i].number);
		assert_string_equal(stack->faults[0].file, "s");
		if (!strstr(stack->faults[0].what, faulties[i].what))
			fail_msg("row %zu: %s", i, stack->faults[0].what);
	}
}

/* A file that includes itself, and two that include each other. */
static void test_loops(void **state)
{
	static const struct files files[] = {
		{ { "s" }, { "@include s\nauth required pam_env.so\n" } },
		{ { "s", "t" },
		  { "auth substack t\n", "auth include s\nauth include s\n" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		scope(pam_stack_freep) struct pam_stack *stack =
			read_stack(&files[i]);
		struct pam_judgement judgement;

		assert_true(stack->n_faults > 0);
		assert_non_null(strstr(stack->faults[0].what, "too deep"));
		assert_true(stack->n_lines <= PAM_LINES_MAX + 64);
		assert_int_equal(pam_judge(stack, PAM_PHASE_AUTH, &judgement),
				 0);
	}
}

static void test_other(void **state)
{
	struct files files = { { "s", "other" },
			       { "auth required pam_env.so\n",
				 "auth required pam_deny.so\n"
				 "account required pam_deny.so\n" } };
	scope(pam_stack_freep) struct pam_stack *stack = read_stack(&files);
	struct pam_stack *none = NULL;
	const struct pam_source source = { load, &(struct files){ { NULL },
								  { NULL } } };

	(void)state;
	assert_int_equal(stack->n_lines, 2);
	assert_string_equal(stack->lines[0].module, "pam_env.so");
	assert_string_equal(stack->lines[1].module, "pam_deny.so");
	assert_int_equal(stack->lines[1].phase, PAM_PHASE_ACCOUNT);
	assert_int_equal(pam_stack_read(&source, "s", &none), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judgements),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
