/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of users: what is read from them, and what is told of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsctl/csv.h"
#include "cloxxsctl/user_file.h"

/* Everything that came, as text: users as compact JSON, faults as "line!". */
struct heard {
	char buffer[4096];
	struct text text;
};

static int hear_user(json_t *user, void *userdata)
{
	struct heard *heard = userdata;
	char *dump = json_dumps(user, JSON_COMPACT | JSON_SORT_KEYS);

	text_add_format(&heard->text, "%s\n", dump);
	free(dump);
	json_decref(user);
	return 0;
}

static void hear_fault(int64_t line, const char *sentence, void *userdata)
{
	struct heard *heard = userdata;

	text_add_format(&heard->text, "%lld! %s\n", (long long)line, sentence);
}

static const char *hear(struct heard *heard,
			int (*read)(const struct user_file_args *args),
			const char *bytes, size_t n, const char *shadow)
{
	struct user_file_args args = {
		.users = { (char *)(uintptr_t)bytes, n },
		.user = hear_user,
		.fault = hear_fault,
		.userdata = heard,
	};

	if (shadow)
		args.shadow = (struct user_bytes){ (char *)(uintptr_t)shadow,
						   strlen(shadow) };
	text_init(&heard->text, heard->buffer, sizeof(heard->buffer));
	assert_int_equal(read(&args), 0);
	return heard->buffer;
}

#define THESE                                                         \
	"name, uid, role, enabled, services, shell, home, language, " \
	"networks, "                                                  \
	"not_before, not_after, hours and password_hash"

struct row {
	const char *file;
	size_t n; /* 0: to its NUL */
	const char *heard;
};
#define BYTES(text) text, sizeof(text) - 1

static void check(int (*read)(const struct user_file_args *args),
		  const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct heard heard;
		size_t size = rows[i].n ? rows[i].n : strlen(rows[i].file);
		const char *got = hear(&heard, read, rows[i].file, size, NULL);

		if (strcmp(got, rows[i].heard) != 0)
			fail_msg("%s:\n%sinstead of\n%s", rows[i].file, got,
				 rows[i].heard);
	}
}

#define ANNA "{\"line\":2,\"name\":\"anna\"}\n"

static const struct row csv_rows[] = {
	{ "", 0, "" },
	{ "name\n", 0, "" },
	{ "name\nanna\n", 0, ANNA },
	{ "name\r\nanna\r\n", 0, ANNA },
	{ "name\nanna", 0, ANNA },
	{ "\xef\xbb\xbfname\nanna\n", 0, ANNA },
	{ "\"name\"\n\"anna\"\n", 0, ANNA },
	{ "name,uid,enabled,services\nanna,66000,false,\"sshd,sudo\"\n", 0,
	  "{\"enabled\":false,\"line\":2,\"name\":\"anna\",\"services\":["
	  "\"sshd\",\"sudo\"],\"uid\":66000}\n" },
	{ "name,not_before,not_after,hours\n"
	  "anna,2027-01-31T08:00:00Z,never,\"mo 07:00-08:00, tu 07:00-08:00\"\n"
	  "ben,,,\n",
	  0,
	  "{\"hours\":\"mo 07:00-08:00, tu 07:00-08:00\",\"line\":2,"
	  "\"name\":\"anna\",\"not_after\":0,\"not_before\":1801382400}\n"
	  "{\"line\":3,\"name\":\"ben\"}\n" },
	{ "name,not_after\nanna,31-01-2027\n", 0,
	  "2! \"31-01-2027\" is no time such as 2027-01-31, "
	  "2027-01-31T09:00 or never\n" },
	/* Empty is not named; but no services are none. */
	{ "name,uid,role,services\nanna,,,\n", 0,
	  "{\"line\":2,\"name\":\"anna\",\"services\":[]}\n" },
	{ "name\n\n\nanna\n", 0, "{\"line\":4,\"name\":\"anna\"}\n" },
	{ "name,home\n\"a\nb\",/x\nc,/y\n", 0,
	  "{\"home\":\"/x\",\"line\":2,\"name\":\"a\\nb\"}\n"
	  "{\"home\":\"/y\",\"line\":4,\"name\":\"c\"}\n" },
	{ "name\n\"a\"\"b\"\n", 0, "{\"line\":2,\"name\":\"a\\\"b\"}\n" },
	/* abuse_101: nothing is taken off, and nothing put on. */
	{ "name\n=cmd|x\n", 0, "{\"line\":2,\"name\":\"=cmd|x\"}\n" },
	/* no such file */
	{ "uid\n66000\n", 0, "1! there is no column \"name\"\n" },
	{ "name;uid\n", 0,
	  "1! \"name;uid\" is no column: columns are parted by commas\n"
	  "1! there is no column \"name\"\n" },
	{ "name,colour\nanna,red\n", 0,
	  "1! \"colour\" is no column; columns are " THESE "\n" },
	{ "name,line\nanna,3\n", 0,
	  "1! \"line\" is no column; columns are " THESE "\n" },
	{ "name,uid,name\n", 0, "1! \"name\" is a column twice\n" },
	{ "name\nanna,x\n\nben\n", 0,
	  "2! it has another number of fields than the header\n"
	  "{\"line\":4,\"name\":\"ben\"}\n" },
	{ "name,uid\nanna,x\nben,-1\ncor,66000 \n", 0,
	  "2! \"x\" is no number\n3! \"-1\" is no number\n"
	  "4! \"66000 \" is no number\n" },
	{ "name,enabled\nanna,yes\n", 0,
	  "2! \"yes\" is neither true nor false\n" },
	{ "name\nan\"na\nben\n", 0,
	  "2! a quotation mark stands within a field that has none around "
	  "it\n{\"line\":3,\"name\":\"ben\"}\n" },
	{ "name\n\"anna\"x\nben\n", 0,
	  "2! something stands behind a closing quotation mark\n"
	  "{\"line\":3,\"name\":\"ben\"}\n" },
	{ "name\nben\n\"anna\ncor\n", 0,
	  "{\"line\":2,\"name\":\"ben\"}\n"
	  "3! a quotation mark is never closed\n" },
	{ "name\nan\rna\n", 0, "2! there is a carriage return in it\n" },
	{ BYTES("name\nan\0na\nben\n"),
	  "2! there is a NUL in it\n{\"line\":3,\"name\":\"ben\"}\n" },
	{ "name\nan\xffna\nb\xc0\xaf\n", 0,
	  "2! \"an\\xffna\" is not valid UTF-8\n"
	  "3! \"b\\xc0\\xaf\" is not valid UTF-8\n" },
	{ "name\n,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", 0,
	  "2! there are too many fields\n" },
};

static void csv(void **state)
{
	char file[2 * CSV_FIELD_MAX], long_one[CSV_FIELD_MAX + 1];
	struct heard heard;
	struct text text;

	(void)state;
	check(user_file_read_csv, csv_rows, ARRAY_SIZE(csv_rows));
	memset(long_one, 'a', CSV_FIELD_MAX);
	long_one[CSV_FIELD_MAX] = '\0';
	text_init(&text, file, sizeof(file));
	text_add_format(&text, "name\n%s\nben\n", long_one + 1);
	assert_null(strchr(hear(&heard, user_file_read_csv, file, text.n, NULL),
			   '!'));
	text_init(&text, file, sizeof(file));
	text_add_format(&text, "name\n%sb\nben\n", long_one);
	assert_string_equal(
		hear(&heard, user_file_read_csv, file, text.n, NULL),
		"2! a field is too long\n{\"line\":3,\"name\":\"ben\"}\n");
}

static const struct row json_rows[] = {
	{ "", 0, "" },
	{ "[]", 0, "" },
	{ " \n[\n{\"name\":\"anna\"}\n]\n", 0,
	  "{\"line\":3,\"name\":\"anna\"}\n" },
	{ "{\"name\":\"anna\"}\n{\"name\":\"ben\",\n\"uid\":1}\n{\"name\":"
	  "\"cor\"}",
	  0,
	  "{\"line\":1,\"name\":\"anna\"}\n"
	  "{\"line\":2,\"name\":\"ben\",\"uid\":1}\n"
	  "{\"line\":4,\"name\":\"cor\"}\n" },
	{ "[{\"name\":\"anna\"}, {\"name\":\"ben\"}]", 0,
	  "{\"line\":1,\"name\":\"anna\"}\n{\"line\":1,\"name\":\"ben\"}\n" },
	{ "[{\"name\":\"anna\",\"not_after\":7},\n"
	  "{\"name\":\"ben\",\"not_after\":\"1970-01-01T00:00:09Z\"},\n"
	  "{\"name\":\"cor\",\"not_after\":\"soon\"}]",
	  0,
	  "{\"line\":1,\"name\":\"anna\",\"not_after\":7}\n"
	  "{\"line\":2,\"name\":\"ben\",\"not_after\":9}\n"
	  "3! \"soon\" is no time such as 2027-01-31, 2027-01-31T09:00 or "
	  "never\n" },
	{ "[{\"name\":\"anna\",\"line\":7}]", 0,
	  "1! \"line\" is no attribute; attributes are " THESE "\n" },
	{ "[{\"name\":\"anna\",\"wanted_uid\":7},\n{\"name\":\"ben\"}]", 0,
	  "1! \"wanted_uid\" is no attribute; attributes are " THESE "\n"
	  "{\"line\":2,\"name\":\"ben\"}\n" },
	{ "[{\"name\":\"anna\"},]", 0,
	  "{\"line\":1,\"name\":\"anna\"}\n1! the array goes on with neither "
	  "an object nor its end\n" },
	{ "[{\"name\":\"anna\"}\n", 0,
	  "{\"line\":1,\"name\":\"anna\"}\n2! the array goes on with neither "
	  "an object nor its end\n" },
	{ "[]\n]", 0, "2! something stands behind the array\n" },
	{ "\"anna\"", 0, "1! an object {...} is expected\n" },
	{ "{}\n\nanna", 0, "{\"line\":1}\n3! an object {...} is expected\n" },
};

/* What jansson says of these is its own affair; that it is refused is not. */
static const char *const json_refused[] = {
	"{\"name\":\"a\",\"name\":\"b\"}",
	"{\"name\":\"a\\u0000b\"}",
	"{\"name\":\"\xff\"}",
	"{\"name\":",
	"{\"name\":\"a\"",
	"{name:1}",
};

static void json(void **state)
{
	struct heard heard;

	(void)state;
	check(user_file_read_json, json_rows, ARRAY_SIZE(json_rows));
	for (size_t i = 0; i < ARRAY_SIZE(json_refused); i++)
		assert_memory_equal(hear(&heard, user_file_read_json,
					 json_refused[i],
					 strlen(json_refused[i]), NULL),
				    "1! ", 3);
}

#define LINE(name, uid) name ":x:" uid ":1:A. Person,,,:/home/x:/bin/bash\n"
#define REST(uid) "\"shell\":\"/bin/bash\",\"wanted_uid\":" uid "}\n"

static const struct row passwd_rows[] = {
	{ "", 0, "" },
	{ LINE("anna", "1001"), 0,
	  "{\"home\":\"/home/x\",\"line\":1,\"name\":\"anna\"," REST("1001") },
	{ "anna:x:66001:1::/home/x:\n", 0,
	  "{\"home\":\"/home/x\",\"line\":1,\"name\":\"anna\","
	  "\"shell\":\"/bin/sh\",\"wanted_uid\":66001}\n" },
	{ LINE("root", "0") LINE("daemon", "999") LINE("nobody", "65534"), 0,
	  "1! this is an account of the system; leave it out\n"
	  "2! this is an account of the system; leave it out\n"
	  "3! this is an account of the system; leave it out\n" },
	{ "anna\n:::::::\nanna:x:x:1::/:/bin/sh\n+::::::\n", 0,
	  "1! it has not the seven fields of passwd(5)\n"
	  "2! it has not the seven fields of passwd(5)\n"
	  "3! the third field is no uid\n4! the third field is no uid\n" },
	{ "anna:x:1001:1::/home/\xff:/bin/sh\n", 0,
	  "1! it is not valid UTF-8\n" },
	{ BYTES("an\0na:x:1001:1::/:/bin/sh\n"),
	  "1! it has not the seven fields of passwd(5)\n" },
};

static const struct {
	const char *shadow, *hash;
	bool enabled;
} shadows[] = {
	{ "anna:$6$s$h:19000:0:99999:7:::\n", "$6$s$h", true },
	{ "ben:x:1:::::::\nanna:$y$h:19000:0:99999:7:::\nzoe:y:::::::\n",
	  "$y$h", true },
	{ "anna:!$6$s$h:19000:0:99999:7:::\n", NULL, true },
	{ "anna:*:19000:0:99999:7:::\n", NULL, true },
	{ "anna:!:19000:0:99999:7:::\n", NULL, true },
	{ "anna::19000:0:99999:7:::\n", NULL, true },
	/* to be changed at once */
	{ "anna:$6$s$h:0:0:99999:7:::\n", NULL, true },
	/* expired long ago, and not for long */
	{ "anna:$6$s$h:19000:0:99999:7::1:\n", "$6$s$h", false },
	{ "anna:$6$s$h:19000:0:99999:7::999999:\n", "$6$s$h", true },
	{ "ben:$6$s$h:19000:0:99999:7:::\n", NULL, true },
	{ "", NULL, true },
};

static void passwd(void **state)
{
	static const char anna[] = LINE("anna", "1001");
	struct heard heard;

	(void)state;
	check(user_file_read_passwd, passwd_rows, ARRAY_SIZE(passwd_rows));
	for (size_t i = 0; i < ARRAY_SIZE(shadows); i++) {
		const char *got = hear(&heard, user_file_read_passwd, anna,
				       strlen(anna), shadows[i].shadow);
		json_t *user = json_loads(got, 0, NULL);
		const char *hash = json_string_value(
			json_object_get(user, "password_hash"));

		if (!user || !hash != !shadows[i].hash ||
		    (hash && strcmp(hash, shadows[i].hash) != 0) ||
		    !json_object_get(user, "enabled") != shadows[i].enabled)
			fail_msg("%s: %s", shadows[i].shadow, got);
		/* Of his name nothing is taken. */
		assert_null(strstr(got, "Person"));
		json_decref(user);
	}
	assert_string_equal(hear(&heard, user_file_read_passwd, anna,
				 strlen(anna), "anna:$6$s$h:1\n"),
			    "1! his line in the shadow file has not the nine "
			    "fields of shadow(5)\n");
}

struct refusal {
	int status; /* for the second one */
	int n;      /* that came */
};

static int refuse(json_t *user, void *userdata)
{
	struct refusal *refusal = userdata;

	json_decref(user);
	return ++refusal->n == 2 ? refusal->status : 0;
}

/* What the taker returns ends the reading, and is handed up: an exit status
 * that were lost would let half a file be imported. */
static void taker_ends_it(void **state)
{
	static const struct {
		int (*read)(const struct user_file_args *args);
		const char *file;
	} files[] = {
		{ user_file_read_csv, "name\na\nb\nc\n" },
		{ user_file_read_json,
		  "{\"name\":\"a\"} {\"name\":\"b\"} {\"name\":\"c\"}" },
		{ user_file_read_passwd,
		  LINE("a", "1000") LINE("b", "1001") LINE("c", "1002") },
	};
	static const int statuses[] = { 1, 2, 7, -ENOMEM };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files) * ARRAY_SIZE(statuses); i++) {
		const char *file = files[i / ARRAY_SIZE(statuses)].file;
		struct refusal refusal = {
			.status = statuses[i % ARRAY_SIZE(statuses)]
		};
		struct user_file_args args = {
			.users = { (char *)(uintptr_t)file, strlen(file) },
			.user = refuse,
			.fault = hear_fault,
			.userdata = &refusal,
		};

		assert_int_equal(files[i / ARRAY_SIZE(statuses)].read(&args),
				 refusal.status);
		assert_int_equal(refusal.n, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(json),
		cmocka_unit_test(passwd),
		cmocka_unit_test(taker_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
