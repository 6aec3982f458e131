/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of an interface and its description cannot drift apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "varlink/idl.h"
#include "varlink/interfaces.h"
#include "varlink/introspection.h"

static int handle(struct varlink_call *call, json_t *parameters, void *userdata)
{
	(void)call;
	(void)parameters;
	(void)userdata;
	return 0;
}

static const struct varlink_parameter parameters[] = {
	{ .name = "name", .type = VARLINK_STRING, .max = 32 },
	{ .name = "ids", .type = VARLINK_STRINGS, .optional = true, .max = 9 },
	{ .name = "n", .type = VARLINK_INT, .optional = true },
	{ .name = "yes", .type = VARLINK_BOOL },
	{ .name = "all", .type = VARLINK_OBJECTS, .max = 9 },
	{ .name = "of", .type = VARLINK_MAP, .optional = true, .max = 9 },
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ .name = "a.b.Do", .parameters = parameters, .handle = handle },
	{ .name = "a.b.Rest", .handle = handle },
	{ 0 },
};

#define DO                                                              \
	"method Do(name: string, ids: ?[]string, n: ?int, yes: bool,\n" \
	" all: []T, of: ?[string]string) -> ()\n"
#define REST "method Rest() -> (a: [string](b: (x, y), c: ?[]T))\n"

static const struct {
	const char *description;
	int result;
	const char *why;
} cases[] = {
	{ "interface a.b\n" DO REST, 0, "" },
	{ "# c\ninterface a.b # d\ntype T (x, y)\nerror E (a: int)\n" REST DO,
	  0, "" },
	{ "interface a.c\n" DO REST, IDL_E_DIFFERS, "another interface" },
	{ "interface a.b\n" DO, IDL_E_DIFFERS, "2 rows, 1 methods" },
	{ "interface a.b\n" DO REST "method More() -> ()\n", IDL_E_DIFFERS,
	  "a.b.More: has no row" },
	{ "interface a.b\n" DO REST DO, IDL_E_DIFFERS, "2 rows, 3 methods" },
	{ "interface a.b\nmethod Do(name: string) -> ()\n" REST, IDL_E_DIFFERS,
	  "a.b.Do: has more parameters in the row" },
	{ "interface a.b\nmethod Do(nam: string) -> ()\n" REST, IDL_E_DIFFERS,
	  "parameter nam: is not in the row" },
	{ "interface a.b\nmethod Do(name: int) -> ()\n" REST, IDL_E_DIFFERS,
	  "parameter name: is of another type" },
	{ "interface a.b\nmethod Do(ids: ?[string]string) -> ()\n",
	  IDL_E_DIFFERS, "parameter ids: is of another type" },
	{ "interface a.b\nmethod Do(all: []int) -> ()\n", IDL_E_DIFFERS,
	  "parameter all: is of another type" },
	{ "interface a.b\nmethod Do(all: T) -> ()\n", IDL_E_DIFFERS,
	  "parameter all: is of another type" },
	{ "interface a.b\nmethod Do(ids: []T) -> ()\n", IDL_E_DIFFERS,
	  "parameter ids: is of another type" },
	{ "interface a.b\nmethod Do(ids: ?string) -> ()\n", IDL_E_DIFFERS,
	  "parameter ids: is of another type" },
	{ "interface a.b\nmethod Do(ids: ?[][]string) -> ()\n", IDL_E_DIFFERS,
	  "parameter ids: is of another type" },
	{ "interface a.b\nmethod Do(yes: ?bool) -> ()\n", IDL_E_DIFFERS,
	  "parameter yes: is optional in one" },
	{ "", IDL_E_SYNTAX, "line 1: expected interface" },
	{ "interface a.b\nmethod Do", IDL_E_SYNTAX, "line 2: expected (" },
	{ "interface a.b\nmethod Do(name string)", IDL_E_SYNTAX,
	  "expected :, found 'string'" },
	{ "interface a.b\nmethod Do() (a: int)", IDL_E_SYNTAX, "expected ->" },
	{ "interface a.b\nrecord Do()", IDL_E_SYNTAX, "type, method or error" },
	{ "interface a.b\ntype T (a: ((((((((((((a: int))))))))))))",
	  IDL_E_SYNTAX, "expected a name" },
	{ "interface a.b\ntype T (a:(a:(a:(a:(a:(a:(a:(a:(a:(a:int))))))))))",
	  IDL_E_SYNTAX, "less nesting" },
};

static void check(const struct varlink_interface *interface, int result,
		  const char *why)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	if (varlink_interface_check(interface, &text) != result ||
	    !strstr(buffer, why))
		fail_msg("%s: '%s' instead of '%s'", interface->description,
			 buffer, why);
}

static void rows_and_descriptions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct varlink_interface interface = {
			.name = "a.b",
			.description = cases[i].description,
			.methods = methods,
		};

		check(&interface, cases[i].result, cases[i].why);
	}
}

/* A row without a handler or a string without a size is a mistake as well. */
static void incomplete_rows(void **state)
{
	const struct varlink_parameter no_size[] = {
		{ .name = "a", .type = VARLINK_STRING },
		{ 0 },
	};
	const struct varlink_method unsized[] = {
		{ .name = "a.b.Do", .parameters = no_size, .handle = handle },
		{ 0 },
	};
	const struct varlink_method unhandled[] = { { .name = "a.b.Do" },
						    { 0 } };
	struct varlink_interface interface = {
		.name = "a.b",
		.description = "interface a.b\nmethod Do(a: string) -> ()\n",
		.methods = unsized,
	};

	(void)state;
	check(&interface, IDL_E_DIFFERS, "has no size");
	interface.methods = unhandled;
	check(&interface, IDL_E_DIFFERS, "has no handler");
}

static void the_service_interface(void **state)
{
	(void)state;
	check(&introspection_interface, 0, "");
}

static int count(const struct idl_method *method, void *userdata)
{
	size_t *n = userdata;

	assert_true(method->name.n > 0);
	(*n)++;
	return 0;
}

/* Every description of the project can be read; rows are the daemon's tests. */
static void every_description_reads(void **state)
{
	const struct {
		const char *description, *name;
		size_t n_methods_min;
	} all[] = {
		{ varlink_nl_cloxxs_Login, "nl.cloxxs.Login", 5 },
		{ varlink_nl_cloxxs_Admin, "nl.cloxxs.Admin", 10 },
		{ varlink_org_varlink_service, "org.varlink.service", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		char buffer[256];
		struct idl_name name;
		struct text why;
		size_t n = 0;

		text_init(&why, buffer, sizeof(buffer));
		if (idl_read(all[i].description, &why, count, &n, &name) != 0)
			fail_msg("%s: %s", all[i].name, buffer);
		assert_int_equal(name.n, strlen(all[i].name));
		assert_memory_equal(name.start, all[i].name, name.n);
		assert_true(n >= all[i].n_methods_min);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_descriptions),
		cmocka_unit_test(incomplete_rows),
		cmocka_unit_test(the_service_interface),
		cmocka_unit_test(every_description_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
