/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of grants: what is read from them, and what is told of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "cloxxsctl/grant_file.h"
#include "cloxxsctl/time_value.h"

/* Everything that came: grants as compact JSON, faults as "line!". */
struct heard {
	char buffer[4096];
	struct text text;
};

static int hear_grant(json_t *grant, void *userdata)
{
	struct heard *heard = userdata;
	char *dump = json_dumps(grant, JSON_COMPACT | JSON_SORT_KEYS);

	text_add_format(&heard->text, "%s\n", dump);
	free(dump);
	json_decref(grant);
	return 0;
}

static void hear_fault(int64_t line, const char *sentence, void *userdata)
{
	struct heard *heard = userdata;

	text_add_format(&heard->text, "%lld! %s\n", (long long)line, sentence);
}

#define THESE "; columns are holder, project, right, service and until"
#define HEAD "holder,project,right\n"
#define WHOLE "holder,project,right,service,until\n"
#define ANNA(n)                                                  \
	"{\"holder\":\"anna\",\"line\":" n ",\"project\":\"p\"," \
	"\"right\":\"read\"}\n"

static const struct {
	const char *file;
	size_t n; /* 0: to its NUL */
	const char *heard;
} rows[] = {
	{ "", 0, "1! there is no header\n" },
	{ HEAD, 0, "" },
	{ HEAD "anna,p,read\n", 0, ANNA("2") },
	{ HEAD "anna,p,read", 0, ANNA("2") },
	{ "\xef\xbb\xbf" HEAD "\r\n\nanna,p,read\r\n", 0, ANNA("4") },
	{ "right,holder,project\nread,anna,p\n", 0, ANNA("2") },
	{ WHOLE "anna,p,read,,\n", 0, ANNA("2") },
	{ WHOLE "anna,p,read,s,2027-12-31\n", 0,
	  "{\"holder\":\"anna\",\"line\":2,\"project\":\"p\",\"right\":"
	  "\"read\",\"service\":\"s\",\"until\":1830297600}\n" },
	{ WHOLE "anna,p,read,,2027-12-31T10:00:00Z\n", 0,
	  "{\"holder\":\"anna\",\"line\":2,\"project\":\"p\",\"right\":"
	  "\"read\",\"until\":1830247200}\n" },
	{ WHOLE "anna,p,read,,never\n", 0,
	  "{\"holder\":\"anna\",\"line\":2,\"project\":\"p\",\"right\":"
	  "\"read\",\"until\":0}\n" },
	/* What an export put before it goes, and nothing else. */
	{ HEAD "'@x,p,read\n", 0,
	  "{\"holder\":\"@x\",\"line\":2,\"project\":\"p\",\"right\":"
	  "\"read\"}\n" },
	{ HEAD "'anna,''p,read\n", 0,
	  "{\"holder\":\"'anna\",\"line\":2,\"project\":\"''p\",\"right\":"
	  "\"read\"}\n" },
	{ "holder,project\n", 0,
	  "1! \"right\" is a column that is missing" THESE "\n" },
	{ "project,right\n", 0,
	  "1! \"holder\" is a column that is missing" THESE "\n" },
	{ "holder;project;right\na;b;read\n", 0,
	  "1! \"holder;project;right\" is no column: columns are parted by "
	  "commas\n" },
	{ "holder,project,right,right\n", 0,
	  "1! \"right\" is a column twice\n" },
	{ "Holder,project,right\n", 0,
	  "1! \"Holder\" is no column" THESE "\n" },
	{ "\"holder\n", 0, "1! a quotation mark is never closed\n" },
	/* The lines behind a bad one are read. */
	{ HEAD "anna,p\nanna,p,read,x\n,p,read\nanna,,read\nanna,p,\n"
	       "anna,p,read\n",
	  0,
	  "2! it has another number of fields than the header\n"
	  "3! it has another number of fields than the header\n"
	  "4! \"holder\" must not be empty\n"
	  "5! \"project\" must not be empty\n"
	  "6! \"right\" must not be empty\n" ANNA("7") },
	{ WHOLE "anna,p,read,,tomorrow\nanna,p,read,,\n", 0,
	  "2! \"tomorrow\" is no time such as 2027-01-31, 2027-01-31T09:00 or "
	  "never\n" ANNA("3") },
	{ HEAD "\xff\x1b,p,read\n", 0,
	  "2! \"\\xff\\x1b\" is not valid UTF-8\n" },
	{ HEAD "an\0na,p,read\nanna,p,read\n", sizeof(HEAD) + 24,
	  "2! there is a NUL in it\n" ANNA("3") },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct heard heard;
		struct grant_file_args args = {
			.bytes = rows[i].file,
			.n = rows[i].n ? rows[i].n : strlen(rows[i].file),
			.grant = hear_grant,
			.fault = hear_fault,
			.userdata = &heard,
		};

		text_init(&heard.text, heard.buffer, sizeof(heard.buffer));
		assert_int_equal(grant_file_read(&args), 0);
		if (strcmp(heard.buffer, rows[i].heard) != 0)
			fail_msg("%s:\n%sinstead of\n%s", rows[i].file,
				 heard.buffer, rows[i].heard);
	}
}

struct refusal {
	int status; /* for the second one */
	int n;      /* that came */
};

static int refuse(json_t *grant, void *userdata)
{
	struct refusal *refusal = userdata;

	json_decref(grant);
	return ++refusal->n == 2 ? refusal->status : 0;
}

/* What the taker returns ends the reading, and is handed up: an exit status
 * that were lost would let half a file be imported. */
static void test_taker_ends_it(void **state)
{
	static const char file[] = HEAD "a,b,read\na,b,read\na,b,read\n";
	static const int statuses[] = { 1, 2, 7, -ENOMEM };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		struct refusal refusal = { .status = statuses[i] };
		struct grant_file_args args = { .bytes = file,
						.n = strlen(file),
						.grant = refuse,
						.fault = hear_fault,
						.userdata = &refusal };

		assert_int_equal(grant_file_read(&args), statuses[i]);
		assert_int_equal(refusal.n, 2);
	}
}

/* A day is included; a moment is the end itself. */
static void test_until(void **state)
{
	static const struct {
		const char *text;
		int64_t until; /* -1: it is none */
	} times[] = {
		{ "2027-12-31", 1830297600 },
		{ "2027-12-31T00:00:00", 1830211200 },
		{ "2027-12-31T23:59:59Z", 1830297599 },
		{ "never", 0 },
		{ "", 0 },
		{ "2027-02-30", -1 },
		{ "soon", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		int64_t until = 5;
		bool good = time_value_read_until(times[i].text, &until);

		if (good != (times[i].until >= 0) ||
		    until != (good ? times[i].until : 5))
			fail_msg("%s: %lld", times[i].text, (long long)until);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_taker_ends_it),
		cmocka_unit_test(test_until),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
