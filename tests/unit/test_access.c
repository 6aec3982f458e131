/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grants come to, and whose names are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/access.h"
#include "base/name.h"

#define NOW 1000
#define R ACCESS_READ
#define W ACCESS_WRITE
#define D ACCESS_DENY

struct sum_case {
	const char *what;
	uint32_t rights[3]; /* of grants; 0: no more */
	int64_t until[3];
	bool archived;
	/* of reading, of writing, of both */
	enum access_reason read, write, both;
	uint32_t had;
};

static const struct sum_case sum_cases[] = {
	{ "nothing",
	  { 0 },
	  { 0 },
	  false,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  0 },
	{ "read",
	  { R },
	  { 0 },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  R },
	{ "write-only",
	  { W },
	  { 0 },
	  false,
	  ACCESS_NO_GRANT,
	  ACCESS_ALLOWED,
	  ACCESS_NO_GRANT,
	  W },
	{ "both",
	  { R | W },
	  { 0 },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  R | W },
	{ "two make both",
	  { R, W },
	  { 0 },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  R | W },
	{ "denied alone",
	  { D },
	  { 0 },
	  false,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  0 },
	{ "denied among others",
	  { R | W, D, R },
	  { 0 },
	  false,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  0 },
	{ "denied beside rights in one",
	  { R | W | D },
	  { 0 },
	  false,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  0 },
	{ "a denial that ended",
	  { R, D },
	  { 0, NOW },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  R },
	{ "only a denial that ended",
	  { D },
	  { NOW },
	  false,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  0 },
	{ "one second left",
	  { R | W },
	  { NOW + 1 },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  ACCESS_ALLOWED,
	  R | W },
	{ "ended now",
	  { R | W },
	  { NOW },
	  false,
	  ACCESS_ENDED,
	  ACCESS_ENDED,
	  ACCESS_ENDED,
	  0 },
	{ "writing ended",
	  { R, W },
	  { 0, NOW - 1 },
	  false,
	  ACCESS_ALLOWED,
	  ACCESS_ENDED,
	  ACCESS_ENDED,
	  R },
	{ "reading ended, writing never was",
	  { R },
	  { NOW },
	  false,
	  ACCESS_ENDED,
	  ACCESS_NO_GRANT,
	  ACCESS_NO_GRANT,
	  0 },
	{ "archived",
	  { R | W },
	  { 0 },
	  true,
	  ACCESS_ALLOWED,
	  ACCESS_ARCHIVED,
	  ACCESS_ARCHIVED,
	  R },
	{ "archived, write-only",
	  { W },
	  { 0 },
	  true,
	  ACCESS_NO_GRANT,
	  ACCESS_ARCHIVED,
	  ACCESS_NO_GRANT,
	  0 },
	{ "archived and denied",
	  { R | W, D },
	  { 0 },
	  true,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  ACCESS_DENIED,
	  0 },
	{ "archived and ended",
	  { R | W },
	  { NOW },
	  true,
	  ACCESS_ENDED,
	  ACCESS_ENDED,
	  ACCESS_ENDED,
	  0 },
};

/* In each order of the grants the same. */
static void sums_in_any_order(void **state)
{
	static const unsigned char orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 },
						   { 1, 0, 2 }, { 1, 2, 0 },
						   { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sum_cases); i++)
		for (size_t k = 0; k < ARRAY_SIZE(orders); k++) {
			const struct sum_case *c = &sum_cases[i];
			const struct access_project project = {
				.archived = c->archived
			};
			struct access_sum sum = { 0 };
			uint32_t had = 99;

			for (size_t g = 0; g < 3; g++) {
				const struct access_grant grant = {
					.rights = c->rights[orders[k][g]],
					.until = c->until[orders[k][g]],
				};

				if (grant.rights)
					access_sum_add(&sum, &grant, NOW);
			}
			assert_int_equal(
				access_sum_conclude(&sum, &project, R, &had),
				c->read);
			assert_int_equal(had, c->had);
			assert_int_equal(
				access_sum_conclude(&sum, &project, W, NULL),
				c->write);
			assert_int_equal(access_sum_conclude(&sum, &project,
							     R | W, NULL),
					 c->both);
		}
}

static void no_right_is_nobodys(void **state)
{
	static const uint32_t none[] = { 0, D, R | D, 8, R | 8, UINT32_MAX };
	const struct access_sum sum = { .rights = R | W };
	const struct access_project project = { .id = 1 };
	uint32_t had;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(
			access_sum_conclude(&sum, &project, none[i], &had),
			ACCESS_NO_GRANT);
		assert_int_equal(had, R | W);
	}
}

static void validity_includes_both_ends(void **state)
{
	static const struct {
		int64_t not_before, not_after;
		enum access_reason reason;
	} cases[] = {
		{ 0, 0, ACCESS_ALLOWED },
		{ NOW, NOW, ACCESS_ALLOWED },
		{ NOW + 1, 0, ACCESS_NOT_YET_VALID },
		{ 0, NOW - 1, ACCESS_NO_LONGER_VALID },
		{ NOW + 1, NOW - 1, ACCESS_NOT_YET_VALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct access_user user = {
			.not_before = cases[i].not_before,
			.not_after = cases[i].not_after,
		};

		assert_int_equal(access_validity(&user, NOW), cases[i].reason);
	}
}

static void reasons_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < _ACCESS_N_REASONS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				access_reason_name((enum access_reason)i),
				access_reason_name((enum access_reason)k));
	assert_string_equal(access_reason_name(_ACCESS_N_REASONS), "no-grant");
	assert_string_equal(access_reason_name((enum access_reason) - 1),
			    "no-grant");
}

static void project_names(void **state)
{
	static const struct {
		const char *name;
		bool fits;
	} cases[] = {
		{ "a", true },
		{ "A", true },
		{ "0", true },
		{ "budget-2027", true },
		{ "Budget_2027.v2", true },
		{ "every-projects", true },
		{ "Every-project", true },
		{ "every-project", false },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ ".a", false },
		{ "-a", false },
		{ "_a", false },
		{ "@a", false },
		{ "a/", false },
		{ "a/b", false },
		{ "a%2f..", false },
		{ "a b", false },
		{ "a'", false },
		{ "a\"", false },
		{ "a\n", false },
		{ "\x1b[2J", false },
		{ "caf\xc3\xa9", false },
	};
	char name[NAME_PROJECT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			name_is_project(cases[i].name, strlen(cases[i].name)),
			cases[i].fits);
	assert_false(name_is_project("a\0b", 3));
	memset(name, 'x', sizeof(name));
	assert_true(name_is_project(name, NAME_PROJECT_MAX));
	assert_false(name_is_project(name, NAME_PROJECT_MAX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_in_any_order),
		cmocka_unit_test(no_right_is_nobodys),
		cmocka_unit_test(validity_includes_both_ends),
		cmocka_unit_test(reasons_have_names),
		cmocka_unit_test(project_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
