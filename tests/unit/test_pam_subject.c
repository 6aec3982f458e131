/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/pam_rig.h"

/* With a map, and without: root and the system's own stay the system's. */
static const struct {
	const char *name;
	enum subject_kind with_map, without_map;
} rows[] = {
	{ "alice", SUBJECT_MANAGED, SUBJECT_UNDECIDED },
	{ "carol", SUBJECT_MANAGED, SUBJECT_UNDECIDED },
	{ "bob", SUBJECT_COLLISION, SUBJECT_FOREIGN },
	{ "daemon", SUBJECT_COLLISION, SUBJECT_FOREIGN },
	{ "local", SUBJECT_FOREIGN, SUBJECT_FOREIGN },
	{ "stray", SUBJECT_FOREIGN, SUBJECT_UNDECIDED },
	{ "root", SUBJECT_FOREIGN, SUBJECT_FOREIGN },
	{ "toor", SUBJECT_FOREIGN, SUBJECT_FOREIGN },
	{ "ghost", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	/* abuse-07 */
	{ "", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "root\n", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "ROOT", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "Alice", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "alice ", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "../alice", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "a/b", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "-x", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "al\xef\xbf\xbdice", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
	{ "pi\xe9t", SUBJECT_NOBODY, SUBJECT_UNDECIDED },
};

static void check(struct pam_rig *rig, const char *name,
		  enum subject_kind expected)
{
	struct subject subject;

	pam_rig_begin(rig, name, NULL);
	subject_find(&rig->pam, rig->module.map, name, NULL, &subject);
	if (subject.kind != expected)
		fail_msg("'%s': %d, not %d", name, (int)subject.kind,
			 (int)expected);
}

static void test_rows(void **state)
{
	struct pam_rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rig, rows[i].name, rows[i].with_map);
	rig->module.map = "/nonexistent/identity.map";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(rig, rows[i].name, rows[i].without_map);
}

/* A map that others may write, or that is damaged, is no map. */
static void test_bad_map(void **state)
{
	struct pam_rig *rig = *state;

	assert_int_equal(chmod(rig->module.map, 0666), 0);
	check(rig, "alice", SUBJECT_UNDECIDED);
	assert_int_equal(chmod(rig->module.map, 0644), 0);
	check(rig, "alice", SUBJECT_MANAGED);
	assert_int_equal(truncate(rig->module.map, 64), 0);
	check(rig, "alice", SUBJECT_UNDECIDED);
	check(rig, "local", SUBJECT_FOREIGN);
	check(rig, "root", SUBJECT_FOREIGN);
}

/* A name service that is out of order makes nobody foreign. */
static void test_system_broken(void **state)
{
	static const int errors[] = { ENOMEM, EMFILE, ENFILE, EIO };
	struct pam_rig *rig = *state;
	struct subject subject;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		pam_rig_begin(rig, "alice", NULL);
		rig->pam.system_errno = errors[i];
		subject_find(&rig->pam, rig->module.map, "alice", NULL,
			     &subject);
		assert_int_equal(subject.kind, SUBJECT_UNDECIDED);
		subject_find(&rig->pam, rig->module.map, "local", NULL,
			     &subject);
		assert_int_equal(subject.kind, SUBJECT_UNDECIDED);
		subject_find(&rig->pam, rig->module.map, "root", NULL,
			     &subject);
		assert_int_equal(subject.kind, SUBJECT_FOREIGN);
	}
	/* "Not there" is said in many ways. */
	rig->pam.system_errno = ENOENT;
	subject_find(&rig->pam, rig->module.map, "alice", NULL, &subject);
	assert_int_equal(subject.kind, SUBJECT_MANAGED);
}

/* Found ours a moment ago: as long as the system says the same, he still is. */
static void test_found_before(void **state)
{
	static const struct subject managed = { SUBJECT_MANAGED, true, 66001 },
				    unknown = { SUBJECT_MANAGED, false, 0 },
				    other = { SUBJECT_MANAGED, true, 66002 },
				    nobody = { SUBJECT_NOBODY, true, 66001 };
	static const struct {
		const char *name;
		const struct subject *before;
		enum subject_kind expected; /* with no map to be read */
	} found[] = {
		{ "alice", &managed, SUBJECT_MANAGED },
		{ "carol", &unknown, SUBJECT_MANAGED },
		{ "alice", &unknown, SUBJECT_UNDECIDED },
		{ "carol", &managed, SUBJECT_UNDECIDED },
		{ "alice", &other, SUBJECT_UNDECIDED },
		{ "alice", &nobody, SUBJECT_UNDECIDED },
		{ "local", &managed, SUBJECT_FOREIGN },
		{ "toor", &managed, SUBJECT_FOREIGN },
		{ "root", &managed, SUBJECT_FOREIGN },
	};
	struct pam_rig *rig = *state;
	struct subject subject;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		pam_rig_begin(rig, found[i].name, NULL);
		subject_find(&rig->pam, "/nonexistent", found[i].name,
			     found[i].before, &subject);
		if (subject.kind != found[i].expected)
			fail_msg("%zu: %d, not %d", i, (int)subject.kind,
				 (int)found[i].expected);
	}
}

/* root is told from his name: nothing is asked, not even the system. */
static void test_root_asks_nobody_abuse_02(void **state)
{
	struct pam_rig *rig = *state;
	struct subject subject;

	pam_rig_begin(rig, "root", NULL);
	subject_find(&rig->pam, "/nonexistent", "root", NULL, &subject);
	assert_int_equal(subject.kind, SUBJECT_FOREIGN);
	assert_int_equal(rig->pam.n_lookups, 0);
}

static void test_sendable_abuse_07(void **state)
{
	char name[65536];

	(void)state;
	assert_string_equal(subject_sendable("alice"), "alice");
	assert_string_equal(subject_sendable("../x"), "../x");
	assert_string_equal(subject_sendable(""), SUBJECT_UNSENDABLE);
	assert_string_equal(subject_sendable("pi\xe9t"), SUBJECT_UNSENDABLE);
	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	assert_ptr_equal(subject_sendable(name), name);
	name[256] = 'a';
	name[257] = '\0';
	assert_string_equal(subject_sendable(name), SUBJECT_UNSENDABLE);
	name[257] = 'a';
	name[sizeof(name) - 1] = '\0';
	assert_string_equal(subject_sendable(name), SUBJECT_UNSENDABLE);
}

#define case_of(test) \
	cmocka_unit_test_setup_teardown(test, pam_rig_setup, pam_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_of(test_rows),
		case_of(test_bad_map),
		case_of(test_system_broken),
		case_of(test_found_before),
		case_of(test_root_asks_nobody_abuse_02),
		case_of(test_sendable_abuse_07),
	};

	return cmocka_run_group_tests_name("pam_subject", tests, NULL, NULL);
}
