/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What messages get as an answer: rows, errors, introspection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "config.h"
#include "varlink/interfaces.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/varlink_fixture.h"

#define ERROR(name, parameters) \
	"{\"error\":\"" name "\",\"parameters\":{" parameters "}}\n"
#define INVALID(parameter)                            \
	ERROR("org.varlink.service.InvalidParameter", \
	      "\"parameter\":\"" parameter "\"")
#define MESSAGE_MAX (64 * 1024)

static const struct {
	const char *message, *answer;
	bool closed;
	unsigned n_handled;
} cases[] = {
	/* well-formed */
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\xc3\xa9\"}}",
	  "{\"parameters\":{\"s\":\"\xc3\xa9\"}}\n", false, 1 },
	{ " {\n\"parameters\" : null, \"method\":\"t.x.Two\"}",
	  "{\"parameters\":{}}\n", false, 0 },
	{ "{\"method\":\"t.x.Two\",\"more\":true}",
	  "{\"parameters\":{},\"continues\":true}\n{\"parameters\":{}}\n",
	  false, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\"},"
	  "\"more\":true}",
	  "{\"parameters\":{\"s\":\"\"}}\n", false, 1 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\"},"
	  "\"oneway\":true}",
	  "", false, 1 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"abcd\","
	  "\"i\":-1,\"b\":false,\"l\":[\"a\",\"bc\"]}}",
	  "{\"parameters\":{}}\n", false, 1 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"i\":null,"
	  "\"l\":[]}}",
	  "{\"parameters\":{}}\n", false, 1 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"m\":{\"key\":\"ab\",\"\":\"\"}}}",
	  "{\"parameters\":{}}\n", false, 1 },
	/* rules of the row */
	{ "{\"method\":\"t.x.Stream\",\"parameters\":{\"n\":1}}",
	  ERROR("org.varlink.service.ExpectedMore", ""), false, 0 },
	{ "{\"method\":\"t.x.Small\",\"parameters\":{\"s\":\"aaaaaaaaaaaaaaaaaa"
	  "aaaaa\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Fail\"}",
	  ERROR("io.systemd.System", "\"origin\":\"linux\",\"errno\":5"), true,
	  0 },
	{ "{\"method\":\"t.x.Forget\"}", "", true, 0 },
	{ "{\"method\":\"t.x.Wrong\"}", "", true, 0 },
	/* unknown */
	{ "{\"method\":\"t.x.Nothing\"}",
	  ERROR("org.varlink.service.MethodNotFound",
		"\"method\":\"t.x.Nothing\""),
	  true, 0 },
	{ "{\"method\":\"t.y.Echo\"}",
	  ERROR("org.varlink.service.InterfaceNotFound",
		"\"interface\":\"t.y\""),
	  true, 0 },
	{ "{\"method\":\"Echo\"}",
	  ERROR("org.varlink.service.InterfaceNotFound",
		"\"interface\":\"Echo\""),
	  true, 0 },
	{ "{\"method\":\"t.x.\"}",
	  ERROR("org.varlink.service.MethodNotFound", "\"method\":\"t.x.\""),
	  true, 0 },
	{ "{\"method\":\"\"}",
	  ERROR("org.varlink.service.InterfaceNotFound", "\"interface\":\"\""),
	  true, 0 },
	/* parameters that the row does not allow */
	{ "{\"method\":\"t.x.Echo\"}", INVALID("s"), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":null}}", INVALID("s"),
	  true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":1}}", INVALID("s"),
	  true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\",\"z\":1}}",
	  INVALID("z"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"abcde\"}}",
	  INVALID("s"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"i\":1.0}}",
	  INVALID("i"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"i\":true}}",
	  INVALID("i"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"b\":0}}",
	  INVALID("b"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"l\":\"a\"}}",
	  INVALID("l"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\",\"l\":[1]}}",
	  INVALID("l"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"l\":[\"abc\"]}}",
	  INVALID("l"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"l\":{\"a\":\"a\"}}}",
	  INVALID("l"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"m\":{\"a\":\"abc\"}}}",
	  INVALID("m"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"m\":{\"a\":1}}}",
	  INVALID("m"), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"m\":[\"a\"]}}",
	  INVALID("m"), true, 0 },
	{ "{\"method\":\"t.x.Later\",\"parameters\":{\"s\":\"\"}}",
	  INVALID("s"), true, 0 },
	/* not a call at all */
	{ "", INVALID(""), true, 0 },
	{ "x", INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Two\"", INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Two\"}}", INVALID(""), true, 0 },
	{ "[]", INVALID(""), true, 0 },
	{ "\"t.x.Two\"", INVALID(""), true, 0 },
	{ "null", INVALID(""), true, 0 },
	{ "{}", INVALID("method"), true, 0 },
	{ "{\"method\":7}", INVALID("method"), true, 0 },
	{ "{\"method\":null}", INVALID("method"), true, 0 },
	{ "{\"method\":\"t.x.Two\",\"parameters\":[]}", INVALID("parameters"),
	  true, 0 },
	{ "{\"method\":\"t.x.Two\",\"more\":1}", INVALID("more"), true, 0 },
	{ "{\"method\":\"t.x.Two\",\"uid\":0}", INVALID("uid"), true, 0 },
	{ "{\"method\":\"t.x.Two\",\"upgrade\":true}", INVALID("upgrade"), true,
	  0 },
	{ "{\"method\":\"t.x.Two\",\"oneway\":true,\"more\":true}", "", true,
	  0 },
	{ "{\"method\":\"t.x.Two\",\"method\":\"t.x.Two\"}", INVALID(""), true,
	  0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"a\",\"s\":\"b\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\xff\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\xc0\x80\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\xed\xa0\x80\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"a\\u0000b\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"\\ud800\"}}",
	  INVALID(""), true, 0 },
	{ "{\"method\":\"t.x.Types\",\"parameters\":{\"s\":\"\","
	  "\"i\":99999999999999999999}}",
	  INVALID(""), true, 0 },
};

static void abuse_36_messages(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int fd = fixture_connect(&f);

		f.n_handled = 0;
		fixture_expect(&f, fd, cases[i].message, cases[i].answer,
			       cases[i].closed);
		if (f.n_handled != cases[i].n_handled)
			fail_msg("%s: handled %u times", cases[i].message,
				 f.n_handled);
		close(fd);
	}
	/* And none of it has hurt the server. */
	fixture_wait_connections(&f, 0);
	fixture_deinit(&f);
}

static void expect_bytes(struct fixture *f, const char *bytes, size_t n,
			 const char *expected)
{
	struct answer answer;
	int fd = fixture_connect(f);

	fixture_send(fd, bytes, n);
	fixture_receive(f, fd, &answer);
	assert_string_equal(answer.bytes, expected);
	assert_true(answer.closed);
	assert_int_equal(f->n_handled, 0);
	answer_deinit(&answer);
	close(fd);
}

/* Without an end, with its end just over the limit, nested without end. */
static void abuse_36_large(void **state)
{
	char *bytes = malloc(MESSAGE_MAX + 2);
	struct fixture f;

	(void)state;
	assert_non_null(bytes);
	fixture_init(&f, NULL);
	memset(bytes, ' ', MESSAGE_MAX + 2);
	expect_bytes(&f, bytes, MESSAGE_MAX + 1, INVALID(""));
	bytes[MESSAGE_MAX + 1] = '\0';
	expect_bytes(&f, bytes, MESSAGE_MAX + 2, INVALID(""));
	memset(bytes, '[', 10000);
	bytes[10000] = '\0';
	expect_bytes(&f, bytes, 10001, INVALID(""));
	memset(bytes, '[', MESSAGE_MAX);
	bytes[MESSAGE_MAX] = '\0';
	expect_bytes(&f, bytes, MESSAGE_MAX + 1, INVALID(""));
	fixture_deinit(&f);
	free(bytes);
}

/* The largest message that may be is taken. */
static void largest_message(void **state)
{
	static const char head[] = "{\"method\":\"t.x.Echo\",\"parameters\":"
				   "{\"s\":\"\"}}";
	char *bytes = malloc(MESSAGE_MAX + 1);
	struct fixture f;
	int fd;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, ' ', MESSAGE_MAX);
	memcpy(bytes, head, sizeof(head) - 1);
	bytes[MESSAGE_MAX] = '\0';
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, bytes, "{\"parameters\":{\"s\":\"\"}}\n", false);
	close(fd);
	fixture_deinit(&f);
	free(bytes);
}

static void abuse_36_two_in_one_write(void **state)
{
	static const char two[] =
		"{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"1\"}}\0"
		"{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"2\"}}\0"
		"{\"method\":\"t.x.Ec";
	struct answer answer;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_send(fd, two, sizeof(two) - 1);
	fixture_receive(&f, fd, &answer);
	assert_string_equal(answer.bytes, "{\"parameters\":{\"s\":\"1\"}}\n"
					  "{\"parameters\":{\"s\":\"2\"}}\n");
	assert_false(answer.closed);
	answer_deinit(&answer);
	/* The rest of the third. */
	fixture_expect(&f, fd, "ho\",\"parameters\":{\"s\":\"3\"}}",
		       "{\"parameters\":{\"s\":\"3\"}}\n", false);
	close(fd);
	fixture_deinit(&f);
}

static void abuse_36_single_bytes(void **state)
{
	static const char message[] =
		"{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"1\"}}";
	struct answer answer;
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	for (size_t i = 0; i < sizeof(message); i++) {
		assert_int_equal(f.n_handled, 0);
		fixture_send(fd, message + i, 1);
		fixture_settle(&f);
	}
	fixture_receive(&f, fd, &answer);
	assert_string_equal(answer.bytes, "{\"parameters\":{\"s\":\"1\"}}\n");
	answer_deinit(&answer);
	close(fd);
	fixture_deinit(&f);
}

/* The class decides before the parameters are looked at, anew each time. */
static void abuse_33_peers(void **state)
{
	static const char denied[] =
		ERROR("org.varlink.service.PermissionDenied", "");
	struct fixture f;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, "{\"method\":\"t.x.Admin\"}", denied, false);
	fixture_expect(&f, fd,
		       "{\"method\":\"t.x.Admin\",\"parameters\":{\"s\":\"\"}}",
		       denied, false);
	assert_int_equal(f.n_refused, 2);
	assert_string_equal(f.refused, "t.x.Admin");
	f.classes = 2;
	fixture_expect(&f, fd,
		       "{\"method\":\"t.x.Admin\",\"parameters\":{\"s\":\"\"}}",
		       "{\"parameters\":{\"s\":\"\"}}\n", false);
	fixture_expect(&f, fd, "{\"method\":\"t.x.Two\"}", denied, false);
	f.classes = UINT32_MAX;
	fixture_expect(&f, fd, "{\"method\":\"t.x.Nobody\"}", denied, false);
	f.classes = 0;
	fixture_expect(&f, fd, "{\"method\":\"t.x.Two\"}", denied, false);
	assert_int_equal(f.n_refused, 5);
	assert_int_equal(f.n_handled, 1);
	close(fd);
	fixture_deinit(&f);
}

static void introspection(void **state)
{
	static const char unknown[] = ERROR(
		"org.varlink.service.InterfaceNotFound", "\"interface\":\"x\"");
	static const char describe[] =
		"{\"method\":\"org.varlink.service.GetInterfaceDescription\","
		"\"parameters\":{\"interface\":\"org.varlink.service\"}}";
	struct answer answer;
	struct fixture f;
	json_t *reply;
	int fd;

	(void)state;
	fixture_init(&f, NULL);
	f.classes = 0;
	fd = fixture_connect(&f);
	fixture_expect(&f, fd, "{\"method\":\"org.varlink.service.GetInfo\"}",
		       "{\"parameters\":{\"vendor\":\"V\",\"product\":\"P\","
		       "\"version\":\"1\",\"url\":\"U\",\"interfaces\":"
		       "[\"org.varlink.service\",\"t.x\"]}}\n",
		       false);
	fixture_expect(&f, fd,
		       "{\"method\":\"org.varlink.service."
		       "GetInterfaceDescription\",\"parameters\":"
		       "{\"interface\":\"t.x\"}}",
		       "{\"parameters\":{\"description\":\"interface "
		       "t.x\\n\"}}\n",
		       false);
	fixture_expect(&f, fd,
		       "{\"method\":\"org.varlink.service."
		       "GetInterfaceDescription\",\"parameters\":"
		       "{\"interface\":\"x\"}}",
		       unknown, false);
	fixture_send(fd, describe, sizeof(describe));
	fixture_receive(&f, fd, &answer);
	reply = json_loads(answer.bytes, 0, NULL);
	assert_string_equal(
		json_string_value(json_object_get(
			json_object_get(reply, "parameters"), "description")),
		varlink_org_varlink_service);
	json_decref(reply);
	answer_deinit(&answer);
	close(fd);
	fixture_deinit(&f);
}

/*
 * abuse-85: once a call is over, its secret stands nowhere on the heap. The
 * canary is put together on the stack from two halves.
 */
#ifndef SANITIZED
static size_t count_on_heap(const char *canary, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	size_t found = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		const char *at;

		if (!strstr(line, "[heap]") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		at = (const char *)from;
		while ((at = memmem(at, to - (unsigned long)at, canary, n))) {
			found++;
			at++;
		}
	}
	fclose(maps);
	return found;
}
#endif

static void abuse_85_wiped(void **state)
{
#ifdef SANITIZED
	(void)state;
	skip();
#else
	static const char head[] =
		"{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"";
	static const char tail[] = "\"}}\0{\"method\":";
	enum {
		N_HEAD = sizeof(head) - 1,
		N_CANARY = 96,
		N_PAD = 1500
	};
	char message[N_HEAD + N_CANARY + N_PAD + sizeof(tail)], answer[4096];
	char canary[N_CANARY], *left;
	const size_t n = sizeof(message) - 1;
	struct fixture f;
	int fd;

	(void)state;
	for (size_t i = 0; i < N_CANARY; i++)
		canary[i] = (char)('A' + (i * 7 + i / 26) % 26);
	memcpy(message, head, N_HEAD);
	memcpy(message + N_HEAD, canary, N_CANARY);
	memset(message + N_HEAD + N_CANARY, '.', N_PAD);
	memcpy(message + N_HEAD + N_CANARY + N_PAD, tail, sizeof(tail));
	fixture_init(&f, NULL);
	fd = fixture_connect(&f);
	/* In parts, so that the buffer grows, and with the beginning of
	 * another message, so that it stays. */
	fixture_send(fd, message, 900);
	fixture_settle(&f);
	fixture_send(fd, message + 900, 500);
	fixture_settle(&f);
	assert_int_equal(count_on_heap(canary + 48, 32), 1);
	fixture_send(fd, message + 1400, n - 1400);
	fixture_settle(&f);
	assert_int_equal(f.n_handled, 1);
	assert_true(recv(fd, answer, sizeof(answer), 0) > N_CANARY + N_PAD);
	assert_non_null(memmem(answer, sizeof(answer), canary, N_CANARY));
	/* A part of it counts: malloc() writes into what is given back. */
	assert_int_equal(count_on_heap(canary + 48, 32), 0);
	/* The search finds what is there. */
	left = malloc(N_CANARY);
	assert_non_null(left);
	memcpy(left, canary, N_CANARY);
	assert_int_equal(count_on_heap(canary + 48, 32), 1);
	explicit_bzero(left, N_CANARY);
	free(left);
	close(fd);
	fixture_deinit(&f);
#endif
}

/* Whatever comes back is right, or an error behind which all is closed. */
static bool is_sound(const struct answer *answer, const char *right)
{
	static const char *const errors[] = {
		"",
		INVALID(""),
		ERROR("io.systemd.System", "\"origin\":\"linux\",\"errno\":12"),
		"{\"error\":\"io.systemd.System\",\"parameters\":{}}\n",
	};

	if (strcmp(answer->bytes, right) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(answer->bytes, errors[i]) == 0)
			return answer->closed;
	return false;
}

/* Each allocation of a call, from accept() on, fails once. */
static void abuse_130_no_memory(void **state)
{
	static const char call[] =
		"{\"method\":\"t.x.Echo\",\"parameters\":{\"s\":\"1\"}}";
	static const char right[] = "{\"parameters\":{\"s\":\"1\"}}\n";
	unsigned n_right = 0, nth;
	struct fixture f;

	(void)state;
	fixture_init(&f, NULL);
	for (nth = 1; n_right < 5 && nth < 1000; nth++) {
		int fd = fixture_connect(&f);
		struct answer answer;
		int balance;

		fixture_send(fd, call, sizeof(call));
		failing_malloc_start(nth);
		fixture_settle(&f);
		balance = failing_malloc_stop();
		fixture_receive(&f, fd, &answer);
		if (!is_sound(&answer, right))
			fail_msg("allocation %u: '%s'%s", nth, answer.bytes,
				 answer.closed ? " and closed" : "");
		/* Right several times: nothing is left to fail. */
		n_right = strcmp(answer.bytes, right) == 0 ? n_right + 1 : 0;
		/* The connection, where it is still there. */
		assert_int_equal(balance, answer.closed ? 0 : 1);
		answer_deinit(&answer);
		close(fd);
		fixture_wait_connections(&f, 0);
	}
	assert_in_range(nth, 15, 200);
	fixture_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abuse_36_messages),
		cmocka_unit_test(abuse_36_large),
		cmocka_unit_test(largest_message),
		cmocka_unit_test(abuse_36_two_in_one_write),
		cmocka_unit_test(abuse_36_single_bytes),
		cmocka_unit_test(abuse_33_peers),
		cmocka_unit_test(introspection),
		cmocka_unit_test(abuse_85_wiped),
		cmocka_unit_test(abuse_130_no_memory),
	};

	varlink_wipe_json();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
