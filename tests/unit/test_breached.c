/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of breached passwords: searched right, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cloxxsd/attempt/breached.h"
#include "cloxxsd/attempt/sha1.h"
#include "tests/unit/scratch.h"

static struct scratch scratch;
static char path[128];

/* FIPS 180-4's examples, and the edges of a block. */
static void test_sha1(void **state)
{
	static const struct {
		const char *text;
		size_t times;
		const char *digest;
	} rows[] = {
		{ "", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
		{ "a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
		{ "a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
		{ "a", 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5" },
		{ "a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
		{ "a", 65, "11655326c708d70319be2610e8a57d9a5b959d3b" },
		{ "a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
		{ "password", 1, "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = strlen(rows[i].text);
		char *text = malloc(n * rows[i].times + 1);
		char hex[2 * SHA1_BYTES + 1];
		uint8_t digest[SHA1_BYTES];

		assert_non_null(text);
		for (size_t k = 0; k < rows[i].times; k++)
			memcpy(text + k * n, rows[i].text, n);
		sha1(text, n * rows[i].times, digest);
		for (size_t k = 0; k < SHA1_BYTES; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", digest[k]);
		assert_string_equal(hex, rows[i].digest);
		free(text);
	}
}

#define N_LINES 3000

struct entry {
	unsigned int number;
	uint8_t digest[SHA1_BYTES];
};

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->digest,
		      ((const struct entry *)b)->digest, SHA1_BYTES);
}

/* The passwords "p0", "p1" and on, in order of their digests. */
static struct entry *make_entries(size_t n)
{
	struct entry *entries = calloc(n, sizeof(*entries));

	assert_non_null(entries);
	for (size_t i = 0; i < n; i++) {
		char text[16];
		int length = snprintf(text, sizeof(text), "p%zu", i);

		entries[i].number = (unsigned int)i;
		sha1(text, (size_t)length, entries[i].digest);
	}
	qsort(entries, n, sizeof(*entries), compare);
	return entries;
}

struct form {
	bool small, counted;
	const char *end; /* of a line */
	bool ends;       /* the last line has its end too */
};

static void write_list(const struct entry *entries, size_t n,
		       const struct form *form)
{
	char *bytes = malloc(n * 80 + 1);
	size_t at = 0;

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < SHA1_BYTES; k++)
			at += (size_t)sprintf(bytes + at,
					      form->small ? "%02x" : "%02X",
					      entries[i].digest[k]);
		/* Counts of many lengths, so that lines are. */
		if (form->counted)
			at += (size_t)sprintf(bytes + at, ":%u",
					      1U << (i % 31));
		if (i + 1 < n || form->ends)
			at += (size_t)sprintf(bytes + at, "%s", form->end);
	}
	scratch_write(&scratch, "list", bytes, at, 0644);
	free(bytes);
}

static int search(const char *password, char why[512])
{
	scope(secret_deinit) struct secret secret = { 0 };
	struct text text;

	text_init(&text, why, 512);
	assert_int_equal(secret_set(&secret, password, strlen(password)), 0);
	return breached_search(path, &secret, &text);
}

static void must_be(const char *password, int expected)
{
	char why[512];
	int r = search(password, why);

	if (r != expected)
		fail_msg("'%s': %d, %s", password, r, why);
}

/* As the downloader of Have I Been Pwned writes it, and as others do. */
static void test_forms(void **state)
{
	static const struct form forms[] = {
		{ false, true, "\r\n", true }, { false, true, "\n", true },
		{ false, true, "\n", false },  { true, true, "\n", true },
		{ false, false, "\n", true },  { true, false, "\r\n", false },
	};
	static const size_t sizes[] = { 1, 2, 3, 7, 100, N_LINES };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(forms); f++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
			struct entry *entries = make_entries(sizes[s]);
			struct breached_facts facts;
			char why[512];
			struct text text;

			text_init(&text, why, sizeof(why));
			write_list(entries, sizes[s], &forms[f]);
			for (size_t i = 0; i < sizes[s]; i += 1 + i / 40) {
				char password[16];

				(void)snprintf(password, sizeof(password),
					       "p%u", entries[i].number);
				must_be(password, BREACHED_E_FOUND);
				(void)snprintf(password, sizeof(password),
					       "q%u", entries[i].number);
				must_be(password, 0);
			}
			assert_int_equal(breached_look(path, &facts, &text), 0);
			assert_int_equal(facts.bytes,
					 scratch_size(&scratch, "list"));
			free(entries);
		}
}

/* abuse_82: what cannot be searched is no "not there". */
static void abuse_82_no_list_is_no_answer(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"hello\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:x\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8 3\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD88\n",
		"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FDG:3\n",
		/* a count of more digits than any has */
		("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3333333333333333"
		 "333333333333333333333333333\n"),
	};
	char why[512];

	(void)state;
	(void)unlink(path);
	assert_int_equal(search("password", why), BREACHED_E_UNUSABLE);
	assert_non_null(strstr(why, "is not there"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		scratch_write(&scratch, "list", bad[i], strlen(bad[i]), 0644);
		assert_int_equal(search("password", why), BREACHED_E_UNUSABLE);
		assert_int_not_equal(strlen(why), 0);
	}
	/* Half a line at its end: a copy that broke off. */
	scratch_write(&scratch, "list",
		      "0000000000000000000000000000000000000001:2\n5BAA61E4",
		      51, 0644);
	must_be("password", BREACHED_E_UNUSABLE);
}

static void abuse_82_another_order(void **state)
{
	const struct form form = { .counted = true, .end = "\n", .ends = true };
	struct entry *entries = make_entries(N_LINES), turned;
	unsigned int n_unusable = 0;

	(void)state;
	/* By number, as a list in order of how often each was seen. */
	for (size_t i = 0; i < N_LINES; i++) {
		char text[16];
		int n = snprintf(text, sizeof(text), "p%zu", i);

		sha1(text, (size_t)n, entries[i].digest);
	}
	write_list(entries, N_LINES, &form);
	for (unsigned int i = 0; i < 100; i++) {
		char password[16], why[512];
		int r;

		(void)snprintf(password, sizeof(password), "q%u", i);
		r = search(password, why);
		assert_int_not_equal(r, BREACHED_E_FOUND);
		n_unusable += r == BREACHED_E_UNUSABLE;
	}
	assert_int_equal(n_unusable, 100);
	free(entries);
	/* Two lines that stand the wrong way round, at either end. */
	entries = make_entries(100);
	turned = entries[0];
	entries[0] = entries[99];
	entries[99] = turned;
	write_list(entries, 100, &form);
	must_be("q1", BREACHED_E_UNUSABLE);
	free(entries);
}

/* Who may write the list may let any password pass. */
static void abuse_82_of_somebody_else(void **state)
{
	const struct form form = { .counted = true, .end = "\n", .ends = true };
	struct entry *entries = make_entries(10);
	char other[128], why[512];

	(void)state;
	write_list(entries, 10, &form);
	assert_int_equal(chmod(path, 0646), 0);
	must_be("p1", BREACHED_E_UNUSABLE);
	assert_int_equal(chmod(path, 0664), 0);
	must_be("p1", BREACHED_E_UNUSABLE);
	assert_int_equal(chmod(path, 0444), 0);
	must_be("p1", BREACHED_E_FOUND);
	scratch_path(&scratch, "other", other);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(search("p1", why), BREACHED_E_UNUSABLE);
	assert_non_null(strstr(why, "link"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	must_be("p1", BREACHED_E_UNUSABLE);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	must_be("p1", BREACHED_E_UNUSABLE);
	assert_int_equal(unlink(path), 0);
	free(entries);
}

static void test_look_sees_another_order(void **state)
{
	const struct form form = { .counted = true, .end = "\n", .ends = true };
	struct entry *entries = make_entries(N_LINES);
	struct breached_facts facts = { 0 };
	char why[512];
	struct text text;

	(void)state;
	for (size_t i = 0; i < N_LINES / 2; i++) {
		struct entry one = entries[i];

		entries[i] = entries[N_LINES - 1 - i];
		entries[N_LINES - 1 - i] = one;
	}
	write_list(entries, N_LINES, &form);
	text_init(&text, why, sizeof(why));
	assert_int_equal(breached_look(path, &facts, &text),
			 BREACHED_E_UNUSABLE);
	assert_int_equal(facts.bytes, 0);
	assert_non_null(strstr(why, "not in order"));
	free(entries);
}

static int setup(void **state)
{
	(void)state;
	scratch_init(&scratch);
	scratch_path(&scratch, "list", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha1),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(abuse_82_no_list_is_no_answer),
		cmocka_unit_test(abuse_82_another_order),
		cmocka_unit_test(abuse_82_of_somebody_else),
		cmocka_unit_test(test_look_sees_another_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
