/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery key's texts, what it opens, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <sodium.h>

#include "cloxxsd/state/data_key.h"
#include "cloxxsd/state/rotation.h"
#include "tests/unit/state_fixture.h"

/* Of a secret key of 0, 1, ... 31. What was printed once must be read for ever:
 * these may never change. */
static const char identity_text[] = "cloxxs-identity-1 37936109cc351809\n"
				    "1: 000G-40R4-0M30-F1AP\n"
				    "2: 104G-M2RC-1M70-YDK1\n"
				    "3: 208H-44RM-2MB1-EEY5\n"
				    "4: 30CH-M6RW-3MF1-ZRDR\n";
static const char public_text[] =
	"cloxxs-recovery-1 j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8= "
	"37936109cc351809\n";

static struct state_fixture fixture;
static struct state_fixture *const f = &fixture;

static struct recovery_identity counted(void)
{
	struct recovery_identity identity;

	for (unsigned int i = 0; i < RECOVERY_BYTES; i++)
		identity.secret_key[i] = (uint8_t)i;
	assert_int_equal(crypto_scalarmult_base(identity.public_key,
						identity.secret_key),
			 0);
	return identity;
}

static void forms(void **state)
{
	struct recovery_identity identity = counted();
	char text[RECOVERY_IDENTITY_TEXT], line[RECOVERY_PUBLIC_TEXT];

	(void)state;
	recovery_write_identity(&identity, text);
	assert_string_equal(text, identity_text);
	recovery_write_public(identity.public_key, line);
	assert_string_equal(line, public_text);
}

static void expect_identity(const char *text, int result, unsigned int line)
{
	struct recovery_identity wanted = counted(), read;
	unsigned int found = 0;
	int r = recovery_read_identity(text, strlen(text), &found, &read);

	if (r != result || found != line)
		fail_msg("%d, line %u instead of %d, %u: %s", r, found, result,
			 line, text);
	if (r == 0)
		assert_memory_equal(&read, &wanted, sizeof(read));
}

#define ONE "000G-40R4-0M30-F1AP\n"
#define TWO "104G-M2RC-1M70-YDK1\n"
#define THREE "208H-44RM-2MB1-EEY5\n"
#define FOUR "30CH-M6RW-3MF1-ZRDR\n"

static const struct {
	const char *text;
	int result;
	unsigned int line;
} identities[] = {
	{ identity_text, 0, 0 },
	{ ONE TWO THREE FOUR, 0, 0 },
	{ "# from the safe\n\n" ONE "\n" TWO THREE FOUR "\n# end", 0, 0 },
	{ "000g40r40m30f1ap\n" TWO THREE "30ch m6rw 3mf1 zrdr", 0, 0 },
	{ "ooog-4or4-om3o-flap\r\n" TWO THREE FOUR, 0, 0 },
	{ "OOOG-4OR4-OM3O-FIAP\n 2" TWO THREE FOUR, RECOVERY_E_LINE, 2 },
	/* One letter, two that changed places, one too many, one too few. */
	{ ONE "104G-M2RC-1M70-YDK2\n" THREE FOUR, RECOVERY_E_LINE, 2 },
	{ ONE TWO "28H0-44RM-2MB1-EEY5\n" FOUR, RECOVERY_E_LINE, 3 },
	{ "000G-40R4-0M30-F1AP0\n" TWO THREE FOUR, RECOVERY_E_LINE, 1 },
	{ "000G-40R4-0M30-F1A\n" TWO THREE FOUR, RECOVERY_E_LINE, 1 },
	{ "000G-40R4-0M30-F1A*\n" TWO THREE FOUR, RECOVERY_E_LINE, 1 },
	{ ONE "U04G-M2RC-1M70-YDK1\n" THREE FOUR, RECOVERY_E_LINE, 2 },
	/* Lines in another order. */
	{ ONE THREE TWO FOUR, RECOVERY_E_LINE, 2 },
	{ ONE ONE THREE FOUR, RECOVERY_E_LINE, 2 },
	{ "2: " ONE TWO THREE FOUR, RECOVERY_E_LINE, 1 },
	/* Not whole, or more than that. */
	{ "", RECOVERY_E_FORM, 0 },
	{ "# nothing\n", RECOVERY_E_FORM, 0 },
	{ ONE TWO THREE, RECOVERY_E_FORM, 0 },
	{ ONE TWO THREE FOUR FOUR, RECOVERY_E_FORM, 0 },
	{ public_text, RECOVERY_E_LINE, 1 },
	/* The first line of another one. */
	{ "cloxxs-identity-1 37936109cc351808\n" ONE TWO THREE FOUR,
	  RECOVERY_E_OTHER, 0 },
	{ "cloxxs-identity-2 37936109cc351809\n" ONE TWO THREE FOUR,
	  RECOVERY_E_LINE, 1 },
};

static void reads_what_was_typed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(identities); i++)
		expect_identity(identities[i].text, identities[i].result,
				identities[i].line);
}

/* Any one letter that is typed wrong is told, with its line. */
static void every_letter_matters(void **state)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char text[RECOVERY_IDENTITY_TEXT];
	const char *first = strchr(identity_text, '\n') + 1;
	struct recovery_identity read;
	unsigned int line = 0, n = 0;

	(void)state;
	for (const char *at = first; *at; at++) {
		unsigned int here = (unsigned int)(at - first) / 23 + 1;

		if (!strchr(letters, *at) || (at - first) % 23 == 0)
			continue;
		for (const char *letter = letters; *letter; letter++) {
			memcpy(text, identity_text, sizeof(identity_text));
			text[at - identity_text] = *letter;
			if (*letter == *at)
				continue;
			n++;
			if (recovery_read_identity(text, strlen(text), &line,
						   &read) != RECOVERY_E_LINE ||
			    line != here)
				fail_msg("taken: %s", text);
		}
	}
	assert_int_equal(n, 4 * 16 * 31);
}

static int file_of(const char *text, size_t n)
{
	int fd = memfd_create("typed", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void reads_a_file(void **state)
{
	static char zeros[1 << 16];
	struct recovery_identity wanted = counted(), read;
	unsigned int line = 0;
	int fd;

	(void)state;
	fd = file_of(identity_text, strlen(identity_text));
	assert_int_equal(recovery_read_identity_fd(fd, &line, &read), 0);
	assert_memory_equal(&read, &wanted, sizeof(read));
	scope_close(&fd);
	/* Another thing: no more of it is read than a text can have. */
	memset(zeros, '#', sizeof(zeros));
	fd = file_of(zeros, sizeof(zeros));
	assert_int_equal(recovery_read_identity_fd(fd, &line, &read),
			 RECOVERY_E_FORM);
	assert_true(lseek(fd, 0, SEEK_CUR) <= 4096);
	scope_close(&fd);
	assert_int_equal(recovery_read_identity_fd(-1, &line, &read), -EBADF);
}

static void reads_public_halves(void **state)
{
	static const char *const bad[] = {
		"",
		"cloxxs-recovery-1 ",
		"cloxxs-recovery-1 "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8=",
		"cloxxs-recovery-1 "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8= "
		"37936109cc351808",
		"cloxxs-recovery-2 "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8= "
		"37936109cc351809",
		"cloxxs-recovery-1 "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF9= "
		"37936109cc351809",
		"cloxxs-recovery-1 "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8= "
		"37936109cc351809 x",
		"cloxxs-recovery-1  "
		"j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8="
		" 37936109cc351809",
		identity_text,
	};
	struct recovery_identity wanted = counted();
	uint8_t read[RECOVERY_BYTES];

	(void)state;
	assert_int_equal(
		recovery_read_public(public_text, strlen(public_text), read),
		0);
	assert_memory_equal(read, wanted.public_key, sizeof(read));
	assert_int_equal(recovery_read_public(public_text,
					      strlen(public_text) - 1, read),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (recovery_read_public(bad[i], strlen(bad[i]), read) !=
		    RECOVERY_E_FORM)
			fail_msg("taken: %s", bad[i]);
}

static void sealed_to_it(void **state)
{
	uint8_t plain[RECOVERY_PLAIN_MAX] = { 1, 2, 3 };
	uint8_t sealed[RECOVERY_SEALED_MAX], opened[RECOVERY_PLAIN_MAX];
	struct recovery_identity one, other;

	(void)state;
	recovery_identity_make(&one);
	recovery_identity_make(&other);
	assert_int_equal(
		recovery_seal(one.public_key, plain, sizeof(plain), sealed), 0);
	assert_int_equal(recovery_open(&one, sealed, sizeof(sealed), opened),
			 0);
	assert_memory_equal(opened, plain, sizeof(plain));
	assert_int_equal(recovery_open(&other, sealed, sizeof(sealed), opened),
			 RECOVERY_E_DAMAGED);
	assert_int_equal(recovery_open(&one, sealed, 47, opened),
			 RECOVERY_E_FORM);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_int_equal(
			recovery_open(&one, sealed, sizeof(sealed), opened),
			RECOVERY_E_DAMAGED);
		sealed[i] ^= 1;
	}
	/* A point of small order would give a seal that anybody opens. */
	memset(one.public_key, 0, sizeof(one.public_key));
	assert_int_equal(recovery_seal(one.public_key, plain, 32, sealed),
			 -EINVAL);
}

static const struct rotation_act act = { .actor = "root",
					 .reason = REASON_BY_ADMINISTRATOR,
					 .now_us = 1000000 };

static int open_roots(const struct recovery_identity *identity, char *why,
		      struct key **ret_key)
{
	struct text text;

	text_init(&text, why, 512);
	return recovery_open_roots(f->state.store, identity, &text, ret_key);
}

/* abuse_109: with a store and the identity a new host has its key file. */
static void abuse_109_a_new_host(void **state)
{
	struct recovery_identity one, other;
	struct key *key = NULL;
	char why[512] = "";
	const uint8_t *roots;
	uint8_t again[2 * KEY_BYTES];
	size_t n;

	(void)state;
	recovery_identity_make(&one);
	recovery_identity_make(&other);
	state_fixture_init(f);
	state_fixture_open(f);
	apply(f, (struct change){ 0 }, 0);
	assert_int_equal(open_roots(&one, why, &key), RECOVERY_E_NONE);
	assert_non_null(strstr(why, "no recovery key"));
	assert_int_equal(rotation_set_recovery(&f->state, one.public_key, &act),
			 0);
	assert_int_equal(open_roots(&other, why, &key), RECOVERY_E_OTHER);
	assert_non_null(strstr(why, "it needs recovery key"));
	assert_null(key);
	assert_int_equal(open_roots(&one, why, &key), 0);
	roots = key_roots(key, &n);
	assert_int_equal(n, KEY_BYTES);
	memcpy(again, roots, n);
	state_fixture_close(f);
	/* The host's own key file is gone; the new one opens the store. */
	randombytes_buf(again + KEY_BYTES, KEY_BYTES);
	scratch_write(&f->scratch, "key", again + KEY_BYTES, KEY_BYTES, 0600);
	assert_int_equal(state_fixture_try(f, NULL), -EKEYREJECTED);
	scratch_write(&f->scratch, "key", again, n, 0600);
	state_fixture_open(f);
	state_prove(&f->state);
	key_free(key);
	state_fixture_deinit(f);
}

/* Roots that do not unwrap the store's keys are no roots of it. */
static void a_planted_copy(void **state)
{
	struct recovery_identity identity;
	struct recovery_row row;
	struct key *key = NULL;
	char why[512] = "";
	uint8_t root[KEY_BYTES];

	(void)state;
	recovery_identity_make(&identity);
	state_fixture_init(f);
	state_fixture_open(f);
	assert_int_equal(
		rotation_set_recovery(&f->state, identity.public_key, &act), 0);
	assert_int_equal(recovery_row_find(f->state.store, &row), 0);
	randombytes_buf(root, sizeof(root));
	assert_int_equal(recovery_seal(identity.public_key, root, sizeof(root),
				       row.roots),
			 0);
	assert_int_equal(recovery_row_write(f->state.store, &row), 0);
	assert_int_equal(open_roots(&identity, why, &key), RECOVERY_E_DAMAGED);
	row.roots[40] ^= 1;
	assert_int_equal(recovery_row_write(f->state.store, &row), 0);
	assert_int_equal(open_roots(&identity, why, &key), RECOVERY_E_DAMAGED);
	assert_non_null(strstr(why, "another backup"));
	assert_null(key);
	state_fixture_deinit(f);
}

static int setup(void **state)
{
	(void)state;
	return sodium_init() < 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(reads_what_was_typed),
		cmocka_unit_test(every_letter_matters),
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(reads_public_halves),
		cmocka_unit_test(sealed_to_it),
		cmocka_unit_test(abuse_109_a_new_host),
		cmocka_unit_test(a_planted_copy),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
