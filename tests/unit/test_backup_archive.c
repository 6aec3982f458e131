/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * abuse_106: a backup that was crafted, cut, lengthened, changed anywhere or
 * sealed for others is refused; abuse_108: nothing of the store is in it to be
 * read; abuse_105: a disk that fails is told of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/backup/archive.h"
#include "tests/unit/faulty_disk.h"
#include "tests/unit/scratch.h"

#define STORE_BYTES (3 * ARCHIVE_FRAME_BYTES + 4096)
#define NEEDLE "the hash that nobody may read"

static struct scratch scratch;
static struct archive_identity identity;
static const uint8_t mac_key[32] = { 7 };

static int open_file(const char *name, int flags)
{
	char path[128];
	int fd = open(scratch_path(&scratch, name, path), flags | O_CLOEXEC,
		      0600);

	assert_true(fd >= 0);
	return fd;
}

static void make_store(size_t n)
{
	uint8_t *bytes = malloc(n);

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i / 7);
	memcpy(bytes + n / 2, NEEDLE, sizeof(NEEDLE));
	scratch_write(&scratch, "store", bytes, n, 0600);
	free(bytes);
}

static struct archive_header facts(void)
{
	struct archive_header header = { .created = 1700000000,
					 .installation = { 1, 2, 3 },
					 .sequence = 4,
					 .schema = 1,
					 .users = 10,
					 .locked = 2,
					 .disabled = 3,
					 .ledger_seq = 99,
					 .ledger_head = { 9 },
					 .host = "host.example" };

	memcpy(header.recipient, identity.recipient, sizeof(header.recipient));
	return header;
}

static void count(uint64_t done, uint64_t all, void *userdata)
{
	unsigned int *n = userdata;

	assert_true(done <= all);
	(*n)++;
}

static int try_to_write(struct archive_header *header, uint8_t *ret_digest)
{
	int from = open_file("store", O_RDONLY);
	int to = open_file("backup", O_RDWR | O_CREAT | O_TRUNC);
	unsigned int n = 0;
	int r = archive_write(&(struct archive_write_args){ .from_fd = from,
							    .to_fd = to,
							    .mac_key = mac_key,
							    .progress = count,
							    .userdata = &n },
			      header, ret_digest);

	close(from);
	close(to);
	return r;
}

static int try_to_open(const struct archive_identity *with)
{
	struct archive_header header;
	int from = open_file("backup", O_RDONLY);
	int to = open_file("opened", O_RDWR | O_CREAT | O_TRUNC);
	int r = archive_open(from, with, to, &header);

	close(from);
	close(to);
	return r;
}

static int setup(void **state)
{
	struct archive_header header;
	uint8_t digest[ARCHIVE_DIGEST_BYTES];

	(void)state;
	assert_true(sodium_init() >= 0);
	scratch_init(&scratch);
	crypto_box_keypair(identity.recipient, identity.secret);
	make_store(STORE_BYTES);
	header = facts();
	assert_int_equal(try_to_write(&header, digest), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_deinit(&scratch);
	return 0;
}

static void read_all(const char *name, uint8_t *bytes, size_t n)
{
	int fd = open_file(name, O_RDONLY);

	assert_int_equal(read(fd, bytes, n), n);
	close(fd);
}

static void there_and_back(void **state)
{
	static const size_t sizes[] = { 512, ARCHIVE_FRAME_BYTES - 1,
					ARCHIVE_FRAME_BYTES,
					ARCHIVE_FRAME_BYTES + 1, STORE_BYTES };
	static uint8_t before[STORE_BYTES], after[STORE_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct archive_header header = facts(), read_back;
		uint8_t digest[ARCHIVE_DIGEST_BYTES];
		uint8_t again[ARCHIVE_DIGEST_BYTES];
		int fd;

		make_store(sizes[i]);
		assert_int_equal(try_to_write(&header, digest), 0);
		assert_int_equal(try_to_open(&identity), 0);
		assert_int_equal(scratch_size(&scratch, "opened"), sizes[i]);
		assert_int_equal(scratch_size(&scratch, "backup"),
				 archive_header_file_bytes(&header));
		read_all("store", before, sizes[i]);
		read_all("opened", after, sizes[i]);
		assert_memory_equal(before, after, sizes[i]);
		fd = open_file("backup", O_RDONLY);
		assert_int_equal(archive_inspect(fd, &read_back), 0);
		assert_int_equal(archive_digest(fd, again), 0);
		close(fd);
		assert_memory_equal(&read_back, &header, sizeof(header));
		assert_memory_equal(digest, again, sizeof(digest));
		assert_true(archive_header_is_ours(&read_back, mac_key));
		read_back.users++;
		assert_false(archive_header_is_ours(&read_back, mac_key));
	}
}

static void abuse_108_nothing_can_be_read(void **state)
{
	static uint8_t bytes[STORE_BYTES];
	off_t n = scratch_size(&scratch, "backup");

	(void)state;
	assert_true(n > STORE_BYTES);
	read_all("backup", bytes, sizeof(bytes));
	assert_null(memmem(bytes, sizeof(bytes), NEEDLE, sizeof(NEEDLE)));
	/* Two archives of one store share nothing but the facts. */
	make_store(STORE_BYTES);
}

static void abuse_106_bit_flips(void **state)
{
	off_t n = scratch_size(&scratch, "backup");

	(void)state;
	/* The whole header, then one in each 4 KiB, and the last byte. */
	for (off_t at = 0; at < n; at = at < ARCHIVE_HEADER_BYTES ? at + 1
					: at + 4096 < n || at == n - 1
						? at + 4096
						: n - 1) {
		uint8_t byte, flipped;
		int fd = open_file("backup", O_RDONLY);

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		close(fd);
		flipped = byte ^ 0x10;
		scratch_patch(&scratch, "backup", at, &flipped, 1);
		if (try_to_open(&identity) <= 0)
			fail_msg("a flip at %lld is not found", (long long)at);
		scratch_patch(&scratch, "backup", at, &byte, 1);
	}
	assert_int_equal(try_to_open(&identity), 0);
}

static void set_size(off_t n)
{
	char path[128];

	assert_int_equal(truncate(scratch_path(&scratch, "backup", path), n),
			 0);
}

static void abuse_106_truncated(void **state)
{
	off_t n = scratch_size(&scratch, "backup");

	(void)state;
	set_size(n + 1);
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_TRUNCATED);
	for (off_t size = n - 1; size > 0; size -= 4099) {
		set_size(size);
		assert_int_equal(try_to_open(&identity),
				 size < ARCHIVE_HEADER_BYTES
					 ? ARCHIVE_E_FOREIGN
					 : ARCHIVE_E_TRUNCATED);
	}
	set_size(0);
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_FOREIGN);
}

/* The number of bytes that a header tells, 64 bits. */
static void claim_bytes(uint64_t n)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	scratch_patch(&scratch, "backup", 104, bytes, sizeof(bytes));
}

static void abuse_106_sparse(void **state)
{
	(void)state;
	/* Cut at the border of a frame, with a header that agrees. */
	claim_bytes(2 * ARCHIVE_FRAME_BYTES);
	set_size(ARCHIVE_HEADER_BYTES +
		 2 * (ARCHIVE_FRAME_BYTES +
		      (off_t)crypto_secretstream_xchacha20poly1305_ABYTES));
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_DAMAGED);
	assert_int_equal(scratch_size(&scratch, "opened"), 0);
	/* A TiB of holes: not a byte of it is read beyond the first frame. */
	claim_bytes(UINT64_C(1) << 36);
	set_size((off_t)(ARCHIVE_HEADER_BYTES + (UINT64_C(1) << 36) +
			 (UINT64_C(1) << 20) * 17));
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_DAMAGED);
	assert_int_equal(scratch_size(&scratch, "opened"), 0);
	claim_bytes(UINT64_MAX);
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_DAMAGED);
}

static void abuse_106_frames_that_moved(void **state)
{
	static uint8_t one[ARCHIVE_FRAME_BYTES + 17], other[sizeof(one)];
	off_t second = ARCHIVE_HEADER_BYTES + (off_t)sizeof(one);
	int fd = open_file("backup", O_RDWR);

	(void)state;
	assert_int_equal(pread(fd, one, sizeof(one), ARCHIVE_HEADER_BYTES),
			 sizeof(one));
	assert_int_equal(pread(fd, other, sizeof(other), second),
			 sizeof(other));
	assert_int_equal(pwrite(fd, other, sizeof(other), ARCHIVE_HEADER_BYTES),
			 sizeof(other));
	assert_int_equal(pwrite(fd, one, sizeof(one), second), sizeof(one));
	close(fd);
	assert_int_equal(try_to_open(&identity), ARCHIVE_E_DAMAGED);
}

static void abuse_106_other_recipient(void **state)
{
	struct archive_identity other;
	struct archive_header header;
	uint8_t digest[ARCHIVE_DIGEST_BYTES];

	(void)state;
	crypto_box_keypair(other.recipient, other.secret);
	assert_int_equal(try_to_open(&other), ARCHIVE_E_OTHER_KEY);
	/* The right name, another secret. */
	memcpy(other.recipient, identity.recipient, sizeof(other.recipient));
	assert_int_equal(try_to_open(&other), ARCHIVE_E_DAMAGED);
	header = facts();
	memset(header.recipient, 0, sizeof(header.recipient));
	assert_int_equal(try_to_write(&header, digest), -EKEYREJECTED);
}

static void abuse_105_disk_fails(void **state)
{
	static const enum disk_fault faults[] = { DISK_FULL, DISK_BROKEN };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		unsigned int nth = 0;
		bool came = true;

		while (came) {
			struct archive_header header = facts();
			uint8_t digest[ARCHIVE_DIGEST_BYTES];
			int r;

			faulty_disk_start(faults[i], ++nth);
			r = try_to_write(&header, digest);
			came = faulty_disk_stop();
			/* A full disk that is only synced is no fault. */
			if (came && r == 0)
				assert_int_equal(try_to_open(&identity), 0);
			else
				assert_true(came == (r < 0));
		}
		assert_true(nth > 5);
	}
}

static void headers_that_cannot_be(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		int expected;
	} cases[] = {
		{ 0, 'C', ARCHIVE_HEADER_E_FOREIGN },
		{ 8, 2, ARCHIVE_HEADER_E_NEWER },
		{ 9, 1, ARCHIVE_HEADER_E_NEWER },
		{ 10, 1, ARCHIVE_HEADER_E_DAMAGED },    /* zero by its place */
		{ 23, 0x80, ARCHIVE_HEADER_E_DAMAGED }, /* before 1970 */
		{ 48, 0, ARCHIVE_HEADER_E_DAMAGED },    /* schema 0 */
		{ 56, 11, ARCHIVE_HEADER_E_DAMAGED },   /* locked of 10 */
		{ 60, 11, ARCHIVE_HEADER_E_DAMAGED },   /* disabled of 10 */
		{ 71, 0x80, ARCHIVE_HEADER_E_DAMAGED },
		{ 111, 1, ARCHIVE_HEADER_E_DAMAGED }, /* bytes */
		{ 280, 0x1b, ARCHIVE_HEADER_E_DAMAGED },
		{ 284, 0, ARCHIVE_HEADER_E_DAMAGED }, /* goes on behind */
		{ 343, 'x', ARCHIVE_HEADER_E_DAMAGED },
		{ 400, 1, ARCHIVE_HEADER_E_DAMAGED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bytes[ARCHIVE_HEADER_BYTES];
		struct archive_header header = facts();

		header.store_bytes = 4096;
		archive_header_write(&header, bytes);
		assert_int_equal(
			archive_header_read(bytes, sizeof(bytes), &header), 0);
		bytes[cases[i].at] = cases[i].byte;
		assert_int_equal(
			archive_header_read(bytes, sizeof(bytes), &header),
			cases[i].expected);
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(there_and_back),
		TEST(headers_that_cannot_be),
		TEST(abuse_105_disk_fails),
		TEST(abuse_106_bit_flips),
		TEST(abuse_106_truncated),
		TEST(abuse_106_sparse),
		TEST(abuse_106_frames_that_moved),
		TEST(abuse_106_other_recipient),
		TEST(abuse_108_nothing_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
