/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "libcloxxs/flat.h"
#include "libcloxxs/flat_writer.h"

/* What each row is read into. */
struct values {
	char string[16];
	struct secret secret;
	int64_t number;
	bool flag, has_string;
};

#define ROW(text, expected)                      \
	{                                        \
		text, sizeof(text) - 1, expected \
	}

static const struct {
	const char *bytes;
	size_t n;
	int expected;
} rows[] = {
	ROW("{}", 0),
	ROW(" \t\r\n{ } \n", 0),
	ROW("{\"s\":\"text\",\"i\":1,\"b\":true,\"x\":\"secret\"}", 0),
	ROW("{\"s\":null,\"i\":null,\"b\":null,\"x\":null}", 0),
	ROW("{\"unknown\":\"\\u00e9\",\"other\":-12,\"more\":false}", 0),
	ROW("{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", 0),
	ROW("{\"s\":\"\\ud83d\\ude00\"}", 0),
	ROW("{\"s\":\"123456789012345\"}", 0),
	ROW("{\"i\":9223372036854775807}", 0),
	ROW("{\"i\":-9223372036854775808}", 0),
	ROW("{\"i\":-0}", 0),
	/* its end */
	ROW("", FLAT_E_MALFORMED),
	ROW("{", FLAT_E_MALFORMED),
	ROW("{\"s\"", FLAT_E_MALFORMED),
	ROW("{\"s\":", FLAT_E_MALFORMED),
	ROW("{\"s\":\"", FLAT_E_MALFORMED),
	ROW("{\"s\":\"a\\", FLAT_E_MALFORMED),
	ROW("{\"s\":\"a\"", FLAT_E_MALFORMED),
	ROW("{}{}", FLAT_E_MALFORMED),
	ROW("{} x", FLAT_E_MALFORMED),
	ROW("{}\0", FLAT_E_MALFORMED),
	/* its shape */
	ROW("[]", FLAT_E_MALFORMED),
	ROW("null", FLAT_E_MALFORMED),
	ROW("{\"s\":\"a\",}", FLAT_E_MALFORMED),
	ROW("{,\"s\":\"a\"}", FLAT_E_MALFORMED),
	ROW("{\"s\" \"a\"}", FLAT_E_MALFORMED),
	ROW("{s:\"a\"}", FLAT_E_MALFORMED),
	ROW("{'s':\"a\"}", FLAT_E_MALFORMED),
	ROW("{1:2}", FLAT_E_MALFORMED),
	ROW("{\"unknown\":{}}", FLAT_E_MALFORMED),
	ROW("{\"unknown\":[1]}", FLAT_E_MALFORMED),
	ROW("{\"s\":{\"s\":1}}", FLAT_E_TYPE),
	ROW("{\"s\":[]}", FLAT_E_TYPE),
	ROW("{\"unknown\":nul}", FLAT_E_MALFORMED),
	ROW("{\"unknown\":True}", FLAT_E_MALFORMED),
	/* keys */
	ROW("{\"s\":\"a\",\"s\":\"a\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"a\",\"\\u0073\":\"b\"}", FLAT_E_MALFORMED),
	ROW("{\"u\":1,\"u\":1}", FLAT_E_MALFORMED),
	ROW("{\"s\":null,\"s\":\"a\"}", FLAT_E_MALFORMED),
	ROW("{\"123456789012345678901234567890123456789012345678\":1}",
	    FLAT_E_TOO_LONG),
	ROW("{\"a\":1,\"b2\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
	    "\"h\":1,\"i2\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,"
	    "\"o\":1,\"p\":1,\"q\":1,\"r\":1,\"s2\":1,\"t\":1,\"u\":1,"
	    "\"v\":1,\"w\":1,\"x2\":1,\"y\":1}",
	    FLAT_E_TOO_LONG),
	/* types */
	ROW("{\"s\":1}", FLAT_E_TYPE),
	ROW("{\"i\":\"1\"}", FLAT_E_TYPE),
	ROW("{\"b\":1}", FLAT_E_TYPE),
	ROW("{\"b\":\"true\"}", FLAT_E_TYPE),
	ROW("{\"x\":7}", FLAT_E_TYPE),
	/* numbers */
	ROW("{\"i\":9223372036854775808}", FLAT_E_MALFORMED),
	ROW("{\"i\":-9223372036854775809}", FLAT_E_MALFORMED),
	ROW("{\"i\":99999999999999999999999}", FLAT_E_MALFORMED),
	ROW("{\"i\":01}", FLAT_E_MALFORMED),
	ROW("{\"i\":-}", FLAT_E_MALFORMED),
	ROW("{\"i\":+1}", FLAT_E_TYPE),
	ROW("{\"i\":1.0}", FLAT_E_MALFORMED),
	ROW("{\"i\":1e3}", FLAT_E_MALFORMED),
	ROW("{\"u\":1.5}", FLAT_E_MALFORMED),
	/* strings */
	ROW("{\"s\":\"1234567890123456\"}", FLAT_E_TOO_LONG),
	ROW("{\"s\":\"\n\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\x\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\u12\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\u12g4\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\u0000\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\ud800\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\ud800x\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\ud800\\u0041\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\ude00\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\\ude00\\ud83d\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"a\0b\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xff\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\x80\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xc3\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xc0\xaf\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xe0\x80\xaf\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xed\xa0\x80\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xf0\x80\x80\xaf\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xf4\x90\x80\x80\"}", FLAT_E_MALFORMED),
	ROW("{\"s\":\"\xf5\x80\x80\x80\"}", FLAT_E_MALFORMED),
	ROW("{\"u\":\"\xff\"}", FLAT_E_MALFORMED),
};

/* From a copy without a byte to spare, so that a sanitizer sees each overrun.
 */
static int read_values(const char *bytes, size_t n, struct values *values)
{
	char *exact = malloc(n ? n : 1);
	const struct flat_field fields[] = {
		{ "s", FLAT_STRING, false, values->string,
		  sizeof(values->string), &values->has_string },
		{ "x", FLAT_SECRET, false, &values->secret, 0, NULL },
		{ "i", FLAT_INT, false, &values->number, 0, NULL },
		{ "b", FLAT_BOOL, false, &values->flag, 0, NULL },
	};
	int r;

	assert_non_null(exact);
	memcpy(exact, bytes, n);
	r = flat_read(exact, n, fields, ARRAY_SIZE(fields));
	free(exact);
	return r;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct values values = { .string = "old", .number = 7 };
		int r = read_values(rows[i].bytes, rows[i].n, &values);

		if (r != rows[i].expected)
			fail_msg("%s: %d, not %d", rows[i].bytes, r,
				 rows[i].expected);
		if (r != 0)
			assert_true(values.string[0] == '\0' &&
				    values.secret.n == 0 && !values.flag &&
				    values.number == 0 && !values.has_string);
	}
}

/* Each beginning of a good object is refused, and leaves nothing behind. */
static void test_every_cut(void **state)
{
	static const char whole[] =
		"{\"x\":\"canary\",\"s\":\"\xc3\xa9\\u00e9\","
		"\"i\":-42,\"b\":true,\"u\":null}";
	static const struct secret nothing;
	struct values values;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		memset(&values, 'x', sizeof(values));
		assert_int_not_equal(read_values(whole, n, &values), 0);
		assert_memory_equal(&values.secret, &nothing, sizeof(nothing));
	}
	assert_int_equal(read_values(whole, sizeof(whole) - 1, &values), 0);
	assert_string_equal(values.secret.bytes, "canary");
	assert_int_equal(values.secret.n, 6);
	assert_string_equal(values.string, "\xc3\xa9\xc3\xa9");
	assert_int_equal(values.number, -42);
	assert_true(values.flag && values.has_string);
	secret_deinit(&values.secret);
}

static void test_required(void **state)
{
	char name[8];
	const struct flat_field fields[] = {
		{ "name", FLAT_STRING, true, name, sizeof(name), NULL },
	};

	(void)state;
	assert_int_equal(flat_read("{}", 2, fields, 1), FLAT_E_MISSING);
	assert_int_equal(flat_read("{\"name\":null}", 13, fields, 1),
			 FLAT_E_MISSING);
	assert_int_equal(flat_read("{\"name\":\"\"}", 11, fields, 1), 0);
}

/* The longest password, and one byte more. */
static void test_secret_bounds_abuse_77(void **state)
{
	char message[SECRET_MAX + 32];
	scope(secret_deinit) struct secret secret = { 0 };
	const struct flat_field fields[] = {
		{ "x", FLAT_SECRET, true, &secret, 0, NULL },
	};

	(void)state;
	for (size_t n = SECRET_MAX; n <= SECRET_MAX + 1; n++) {
		memcpy(message, "{\"x\":\"", 6);
		memset(message + 6, 'a', n);
		memcpy(message + 6 + n, "\"}", 2);
		assert_int_equal(flat_read(message, n + 8, fields, 1),
				 n > SECRET_MAX ? FLAT_E_TOO_LONG : 0);
		assert_int_equal(secret.n, n > SECRET_MAX ? 0 : n);
	}
}

static const struct {
	const char *message;
	int expected;
	const char *string, *error;
	bool continues;
} replies[] = {
	{ "{\"parameters\":{\"s\":\"}{\\\"\"}}", 0, "}{\"", "", false },
	{ "{\"parameters\":{\"s\":\"a\"},\"continues\":true}", 0, "a", "",
	  true },
	{ "{\"continues\":false,\"parameters\":{ }}", 0, "", "", false },
	{ "{}", 0, "", "", false },
	{ "{\"parameters\":null}", 0, "", "", false },
	{ "{\"error\":\"org.example.Bad\",\"parameters\":{\"s\":\"a\"}}", 0, "",
	  "org.example.Bad", false },
	{ "{\"error\":\"a.B\",\"parameters\":{\"s\":[]}}", FLAT_E_MALFORMED, "",
	  "", false },
	{ "{\"parameters\":{\"s\":{}}}", FLAT_E_MALFORMED, "", "", false },
	{ "{\"parameters\":{\"u\":{}}}", FLAT_E_MALFORMED, "", "", false },
	{ "{\"parameters\":{\"s\":\"a\"}", FLAT_E_MALFORMED, "", "", false },
	{ "{\"parameters\":{\"s\":\"a\"},\"parameters\":{}}", FLAT_E_MALFORMED,
	  "", "", false },
	{ "{\"parameters\":[]}", FLAT_E_TYPE, "", "", false },
	{ "{\"parameters\":\"{}\"}", FLAT_E_TYPE, "", "", false },
	{ "{\"parameters\":{\"s\":\"\\", FLAT_E_MALFORMED, "", "", false },
	{ "{\"error\":1}", FLAT_E_TYPE, "", "", false },
	{ "{\"continues\":\"true\"}", FLAT_E_TYPE, "", "", false },
	{ "{\"other\":{}}", FLAT_E_MALFORMED, "", "", false },
};

static void test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		char string[16] = "old";
		const struct flat_field fields[] = {
			{ "s", FLAT_STRING, false, string, sizeof(string),
			  NULL },
		};
		struct flat_reply reply = { 0 };
		int r = flat_read_reply(replies[i].message,
					strlen(replies[i].message), fields, 1,
					&reply);

		if (r != replies[i].expected)
			fail_msg("%s: %d, not %d", replies[i].message, r,
				 replies[i].expected);
		assert_string_equal(string, replies[i].string);
		assert_string_equal(reply.error, replies[i].error);
		assert_int_equal(reply.continues, replies[i].continues);
	}
}

static void test_writer(void **state)
{
	scope(secret_deinit) struct secret secret = { 0 };
	char buffer[256];
	struct flat_writer writer;

	(void)state;
	assert_int_equal(secret_set(&secret, "a\"b\\c\n\x7f", 7), 0);
	flat_writer_init(&writer, buffer, sizeof(buffer));
	flat_open(&writer, NULL);
	flat_add_string(&writer, "method", "a.B");
	flat_open(&writer, "parameters");
	flat_add_secret(&writer, "x", &secret);
	flat_add_string(&writer, "absent", NULL);
	flat_add_int(&writer, "i", INT64_MIN);
	flat_add_bool(&writer, "b", false);
	flat_close(&writer);
	flat_add_bool(&writer, "more", true);
	flat_close(&writer);
	assert_false(flat_writer_is_bad(&writer));
	assert_string_equal(buffer, "{\"method\":\"a.B\",\"parameters\":{\"x\":"
				    "\"a\\\"b\\\\c\\u000a\\u007f\","
				    "\"i\":-9223372036854775808,\"b\":false},"
				    "\"more\":true}");
	assert_int_equal(writer.n, strlen(buffer));
}

/* What was written is what is read, for each byte and for characters. */
static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned int c = 1; c < 0x180; c++) {
		char text[3] = { (char)c }, buffer[64], string[16];
		const struct flat_field fields[] = {
			{ "s", FLAT_STRING, true, string, sizeof(string),
			  NULL },
		};
		struct flat_writer writer;

		if (c >= 0x80) {
			text[0] = (char)(0xc0 | c >> 6);
			text[1] = (char)(0x80 | (c & 0x3f));
		}
		flat_writer_init(&writer, buffer, sizeof(buffer));
		flat_open(&writer, NULL);
		flat_add_string(&writer, "s", text);
		flat_close(&writer);
		assert_false(flat_writer_is_bad(&writer));
		assert_int_equal(flat_read(buffer, writer.n, fields, 1), 0);
		assert_string_equal(string, text);
	}
}

/* Whatever the size, the message is whole or spoilt, and ended by NUL. */
static void test_writer_never_cuts(void **state)
{
	static const char whole[] = "{\"s\":\"\\u0001text\"}";
	char buffer[sizeof(whole) + 8];

	(void)state;
	for (size_t size = 1; size < sizeof(buffer); size++) {
		struct flat_writer writer;

		memset(buffer, '#', sizeof(buffer));
		flat_writer_init(&writer, buffer, size);
		flat_open(&writer, NULL);
		flat_add_string(&writer, "s", "\x01text");
		flat_close(&writer);
		assert_int_equal(flat_writer_is_bad(&writer),
				 size < sizeof(whole));
		assert_int_equal(buffer[size], '#');
		assert_true(strlen(buffer) < size);
	}
}

static void test_writer_refuses(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\xe9", 1 },
		{ "a\0b", 3 },
		{ "\xed\xa0\x80", 3 },
		{ "\xc3", 1 },
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct flat_writer writer;

		flat_writer_init(&writer, buffer, sizeof(buffer));
		flat_open(&writer, NULL);
		flat_add_bytes(&writer, "s", bad[i].bytes, bad[i].n);
		flat_close(&writer);
		assert_true(flat_writer_is_bad(&writer));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_secret_bounds_abuse_77),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_writer_never_cuts),
		cmocka_unit_test(test_writer_refuses),
	};

	return cmocka_run_group_tests_name("flat", tests, NULL, NULL);
}
