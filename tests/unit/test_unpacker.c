/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken out of gzip and tar, in pieces of any size, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "courier/unpacker.h"
#include "tests/unit/failing_malloc.h"

#define BLOCK 512
#define MAX 65536
#define ROOM (4 * MAX)

struct bytes {
	unsigned char bytes[ROOM];
	size_t n;
};

static void add(struct bytes *bytes, const void *more, size_t n)
{
	assert_true(bytes->n + n <= sizeof(bytes->bytes));
	memcpy(bytes->bytes + bytes->n, more, n);
	bytes->n += n;
}

/* A header of ustar, with the right sum and this size, as it stands there. */
static void add_header(struct bytes *bytes, const char *name, char kind,
		       const char *size)
{
	unsigned char block[BLOCK] = { 0 };
	unsigned int sum = 0;
	char text[12];

	memcpy(block, name, strlen(name));
	memcpy(block + 124, size, strlen(size));
	memset(block + 148, ' ', 8);
	block[156] = (unsigned char)kind;
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	(void)snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + 148, text, 7);
	add(bytes, block, BLOCK);
}

static void add_member(struct bytes *bytes, const char *name, char kind,
		       const char *content)
{
	static const unsigned char zeros[BLOCK];
	size_t n = strlen(content);
	char size[24];

	(void)snprintf(size, sizeof(size), "%011zo", n);
	add_header(bytes, name, kind, size);
	add(bytes, content, n);
	add(bytes, zeros, (BLOCK - n % BLOCK) % BLOCK);
}

static void add_end(struct bytes *bytes)
{
	static const unsigned char zeros[2 * BLOCK];

	add(bytes, zeros, sizeof(zeros));
}

static void compress_bytes(struct bytes *bytes)
{
	static struct bytes packed;
	z_stream stream = { .next_in = bytes->bytes,
			    .avail_in = (uInt)bytes->n,
			    .next_out = packed.bytes,
			    .avail_out = ROOM };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	bytes->n = ROOM - stream.avail_out;
	memcpy(bytes->bytes, packed.bytes, bytes->n);
	assert_int_equal(deflateEnd(&stream), Z_OK);
}

static int keep(const void *bytes, size_t n, void *userdata)
{
	struct bytes *kept = userdata;

	assert_true(n > 0);
	add(kept, bytes, n);
	return 0;
}

/* Puts bytes in pieces of size; "": they are taken; else why not. */
static const char *unpack(const struct bytes *bytes, size_t size,
			  struct bytes *kept)
{
	const struct unpacker_args args = { .bytes_max = MAX,
					    .each = keep,
					    .userdata = kept };
	scope(unpacker_freep) struct unpacker *unpacker = NULL;
	static char fault[128];
	int r = 0;

	kept->n = 0;
	assert_int_equal(unpacker_new(&args, &unpacker), 0);
	for (size_t at = 0; at < bytes->n && r == 0; at += size)
		r = unpacker_put(unpacker, bytes->bytes + at,
				 bytes->n - at < size ? bytes->n - at : size);
	if (r == 0)
		r = unpacker_end(unpacker);
	assert_true(r == 0 || r == UNPACKER_E_REFUSED);
	(void)snprintf(fault, sizeof(fault), "%s", unpacker_fault(unpacker));
	assert_int_equal(r != 0, fault[0] != '\0');
	return fault;
}

/* In pieces of any size: refused because of fault, or taken as content. */
static void expect(const struct bytes *bytes, const char *fault,
		   const char *content)
{
	static const size_t sizes[] = { 1, 2, 3, 511, 512, 513, 4096, ROOM };
	static struct bytes kept;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const char *why = unpack(bytes, sizes[i], &kept);

		if (!strstr(why, fault) || (!*fault && *why))
			fail_msg("pieces of %zu: \"%s\", not \"%s\"", sizes[i],
				 why, fault);
		if (!*fault && (kept.n != strlen(content) ||
				memcmp(kept.bytes, content, kept.n) != 0))
			fail_msg("pieces of %zu: %zu bytes came out", sizes[i],
				 kept.n);
	}
}

static char long_text[3000];

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1 < sizeof(long_text); i++)
		long_text[i] = (char)('a' + i * i % 26);
	return 0;
}

static void test_as_it_is(void **state)
{
	static struct bytes bytes;

	(void)state;
	bytes.n = 0;
	expect(&bytes, "is empty", NULL);
	add(&bytes, "x", 1);
	expect(&bytes, "is cut", NULL);
	add(&bytes, "yz", 2);
	expect(&bytes, "", "xyz");
	bytes.n = 0;
	add(&bytes, long_text, strlen(long_text));
	expect(&bytes, "", long_text);
	compress_bytes(&bytes);
	expect(&bytes, "", long_text);
}

static void make_archive(struct bytes *bytes)
{
	bytes->n = 0;
	add_header(bytes, "d/", '5', "00000000000");
	add_member(bytes, "d/COPYRIGHT.txt", '0', "of them");
	add_member(bytes, "pax", 'x', "20 path=d/a.mmdb\n");
	add_member(bytes, "d/empty.txt", '0', "");
	add_member(bytes, "d/a.mmdb", '0', long_text);
	add_member(bytes, "d/.mmdb.txt", '\0', "of them");
	add_end(bytes);
}

static void test_archive(void **state)
{
	static struct bytes bytes;

	(void)state;
	make_archive(&bytes);
	expect(&bytes, "", long_text);
	compress_bytes(&bytes);
	expect(&bytes, "", long_text);
	/* One block of zeros ends it too, and what follows is filling. */
	make_archive(&bytes);
	bytes.n -= BLOCK;
	expect(&bytes, "", long_text);
	add(&bytes, "filling", 7);
	expect(&bytes, "", long_text);
}

/* Wherever it is cut, it is refused. */
static void test_cut(void **state)
{
	static struct bytes bytes, part, kept;

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		make_archive(&bytes);
		bytes.n -= 2 * BLOCK - 1;
		if (packed)
			compress_bytes(&bytes);
		/* Less than a block is no archive yet. */
		for (size_t n = packed ? 1 : BLOCK; n < bytes.n; n++) {
			part = bytes;
			part.n = n;
			assert_string_equal(unpack(&part, ROOM, &kept),
					    "is cut");
		}
	}
}

static void expect_member(const char *name, char kind, const char *size,
			  const char *fault)
{
	static struct bytes bytes;

	bytes.n = 0;
	add_member(&bytes, "first.txt", '0', "of them");
	add_header(&bytes, name, kind, size);
	add_end(&bytes);
	expect(&bytes, fault, "");
}

static void test_hostile_archive(void **state)
{
	static const char *const sizes[] = {
		"",
		"x",
		"-1",
		"8",
		"0000000000x",
		"77777777777",
		"777777777777",
		"\x80\x01",
		"0000 000001",
		"       1x",
	};
	static const char kinds[] = "12346789KASVMZ\x01";
	static struct bytes bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		expect_member("a.mmdb", '0', sizes[i],
			      i == 8 ? "" : "is a damaged archive");
	for (size_t i = 0; kinds[i]; i++)
		expect_member("a.mmdb", kinds[i], "00000000000",
			      "links or devices");
	expect_member("a.mmdb", '0', "00000177777", "is cut");
	expect_member("a.mmdb", '0', "00000200001", "is a damaged archive");
	expect_member("a.mmdb", '5', "00000000000", "without a file *.mmdb");
	expect_member(".mmdb", '0', "00000000000", "without a file *.mmdb");
	expect_member("a.MMDB", '0', "00000000000", "without a file *.mmdb");
	bytes.n = 0;
	add_member(&bytes, "a.mmdb", '0', "of them");
	add_member(&bytes, "b.mmdb", '0', "of them");
	add_end(&bytes);
	expect(&bytes, "more than one file *.mmdb", NULL);
	/* A header that is none, behind one that is. */
	make_archive(&bytes);
	bytes.bytes[BLOCK + 1]++;
	expect(&bytes, "is a damaged archive", NULL);
}

static void test_hostile_gzip(void **state)
{
	static struct bytes bytes;
	size_t n;

	(void)state;
	bytes.n = 0;
	add(&bytes, long_text, strlen(long_text));
	compress_bytes(&bytes);
	n = bytes.n;
	add(&bytes, "x", 1);
	expect(&bytes, "behind the end", NULL);
	bytes.n = n;
	bytes.bytes[n - 1] ^= 1;
	expect(&bytes, "cannot be unpacked", NULL);
	bytes.bytes[n - 1] ^= 1;
	bytes.bytes[2] = 7;
	expect(&bytes, "cannot be unpacked", NULL);
}

static void test_too_much(void **state)
{
	static struct bytes bytes, kept;

	(void)state;
	memset(bytes.bytes, 'x', sizeof(bytes.bytes));
	bytes.n = MAX;
	assert_string_equal(unpack(&bytes, 4096, &kept), "");
	bytes.n = MAX + 1;
	expect(&bytes, "is larger than is taken", NULL);
	/* A bomb: small outside. */
	memset(bytes.bytes, 'x', sizeof(bytes.bytes));
	bytes.n = ROOM;
	compress_bytes(&bytes);
	assert_true(bytes.n < 1024);
	expect(&bytes, "unpacks to more than is taken", NULL);
	assert_string_equal(unpack(&bytes, ROOM, &kept),
			    "unpacks to more than is taken");
	assert_true(kept.n <= MAX);
	/* What was there and was not wanted counts as well. */
	bytes.n = 0;
	add_header(&bytes, "a.txt", '0', "00000177777");
	memset(bytes.bytes + bytes.n, 'x', MAX);
	bytes.n += MAX;
	compress_bytes(&bytes);
	expect(&bytes, "unpacks to more than is taken", NULL);
}

static int refuse(const void *bytes, size_t n, void *userdata)
{
	(void)bytes;
	(void)n;
	(void)userdata;
	return -ENOSPC;
}

static void test_what_each_returns(void **state)
{
	const struct unpacker_args args = { .bytes_max = MAX, .each = refuse };
	static struct bytes bytes;

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		scope(unpacker_freep) struct unpacker *unpacker = NULL;

		make_archive(&bytes);
		if (packed)
			compress_bytes(&bytes);
		assert_int_equal(unpacker_new(&args, &unpacker), 0);
		assert_int_equal(unpacker_put(unpacker, bytes.bytes, bytes.n),
				 -ENOSPC);
	}
}

/* abuse-130: the Nth allocation fails. */
static void test_abuse_130(void **state)
{
	static struct bytes bytes, kept;
	const struct unpacker_args args = { .bytes_max = MAX,
					    .each = keep,
					    .userdata = &kept };

	(void)state;
	make_archive(&bytes);
	compress_bytes(&bytes);
	for (unsigned int n = 1;; n++) {
		struct unpacker *unpacker = NULL;
		bool failed;
		int r;

		kept.n = 0;
		failing_malloc_start(n);
		r = unpacker_new(&args, &unpacker);
		if (r == 0)
			r = unpacker_put(unpacker, bytes.bytes, bytes.n);
		if (r == 0)
			r = unpacker_end(unpacker);
		unpacker_free(unpacker);
		failed = failing_malloc_has_failed();
		assert_int_equal(failing_malloc_stop(), 0);
		assert_int_equal(r, failed ? -ENOMEM : 0);
		if (failed)
			continue;
		assert_true(n > 2);
		return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_is),
		cmocka_unit_test(test_archive),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_hostile_archive),
		cmocka_unit_test(test_hostile_gzip),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_what_each_returns),
		cmocka_unit_test(test_abuse_130),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
