/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines that are SSH keys, and those that only look like some: each field of
 * the bytes is made too short, too long and other than it must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/state/ssh_key_line.h"

/* Keys that ssh-keygen made, with what ssh-keygen -l says of them. */
#define ED25519        \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIHQAOiRpAv56yrNC+yeOf7Rs/+0QI8w2AN3xvECCXAmW"

/* The bytes of a key, put together by hand. */
struct blob {
	unsigned char bytes[4096];
	size_t n;
};

static void add(struct blob *blob, const void *bytes, size_t n)
{
	const unsigned char length[] = { (unsigned char)(n >> 24),
					 (unsigned char)(n >> 16),
					 (unsigned char)(n >> 8),
					 (unsigned char)n };

	assert_true(blob->n + 4 + n <= sizeof(blob->bytes));
	memcpy(blob->bytes + blob->n, length, 4);
	memcpy(blob->bytes + blob->n + 4, bytes, n);
	blob->n += 4 + n;
}

static void add_text(struct blob *blob, const char *text)
{
	add(blob, text, strlen(text));
}

static struct blob begin(const char *type)
{
	struct blob blob = { .n = 0 };

	add_text(&blob, type);
	return blob;
}

/* n bytes that begin with first and end with last. */
static void add_filled(struct blob *blob, size_t n, unsigned char first,
		       unsigned char last)
{
	unsigned char bytes[2200];

	assert_true(n > 0 && n <= sizeof(bytes));
	memset(bytes, 0xa5, n);
	bytes[0] = first;
	bytes[n - 1] = last;
	add(blob, bytes, n);
}

static int read_text(const char *line, struct ssh_key_line *ret_line)
{
	/* Exactly so large: a byte too far is seen by the sanitizers. */
	size_t n = strlen(line);
	scope(scope_free) char *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	memcpy(copy, line, n);
	return ssh_key_line_read(copy, n, ret_line);
}

static int read_blob(const char *type, const struct blob *blob,
		     struct ssh_key_line *ret_line)
{
	char line[8192];
	size_t n = strlen(type);

	memcpy(line, type, n);
	line[n] = ' ';
	sodium_bin2base64(line + n + 1, sizeof(line) - n - 1, blob->bytes,
			  blob->n, sodium_base64_VARIANT_ORIGINAL);
	return read_text(line, ret_line);
}

static void expect(const char *type, const struct blob *blob, int expected)
{
	struct ssh_key_line line = { .type = _SSH_KEY_TYPE_N };
	int r = read_blob(type, blob, &line);

	if (r != expected)
		fail_msg("%s of %zu bytes: %s", type, blob->n,
			 ssh_key_fault((enum ssh_key_error)r));
	if (expected != 0)
		assert_int_equal(line.type, _SSH_KEY_TYPE_N);
	else
		assert_string_equal(ssh_key_type_name(line.type), type);
}

static void keys_as_ssh_keygen_writes_them(void **state)
{
	static const struct {
		const char *line, *fingerprint, *comment;
		uint32_t bits;
	} rows[] = {
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHQAOiRpAv56yrNC+yeOf7"
		  "Rs/+0QI8w2AN3xvECCXAmW piet@home",
		  "SHA256:8JbK8bP0L5yxZRwOlfnKenjDUnF9b0NF4sZvUJ6dgOs",
		  "piet@home", 256 },
		{ "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbm"
		  "lzdHAyNTYAAABBBJHgs/XOJ6IONcb9caERDbrxGCRxtPKsgz7XynZxYZAO"
		  "sgT7aYxwQjHD0RYu0N92vf0V4gwi5Mpzd+pY2YyyUvg= piet at work",
		  "SHA256:TIJR1AXyFxLGX67eMo/aQza2bGEVApInU2VReLiZ/1I",
		  "piet at work", 256 },
		{ "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbm"
		  "lzdHAzODQAAABhBM1edhjNI2cS3hte5UbuU86zHu37JW6Vl5Nn99c7V6RM"
		  "iWkmB0kgKivpICiWFU50m/PRFtxanrdsHGPLP8g5HAa/CoTzBfubuuGZJT"
		  "FW9AiVojErv8jziZrWWgSXt4ikCg==",
		  "SHA256:0dxawK7FQvQ7+5zsgbsdDYllXE9pMT/Pd6kLK2B4ZCo", "",
		  384 },
		{ "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbm"
		  "lzdHA1MjEAAACFBADjvcwAzRaIKfyyIDnHRI0iN+BOg503a0ZkieRp9CZL"
		  "XJnDTBGOx6gK1ODo3OAtDvTPZFSt/RXQ4HRd+qxaVvRK5QBYOQqN2nzp3Z"
		  "hjv41tAtjoI52q8JMgPweqGncefYsQTcfkbXb2iE5ohh8b5/1Z6d5282pQ"
		  "NM65UCP9hG0aY7WcDQ== x",
		  "SHA256:46qpzS9C8fNfgF92B5/1MT5162Wv/KenjCuu+qKpRek", "x",
		  521 },
		{ "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC8MNfspJ41vxS2fT95qj"
		  "5JT+GAS0JsvQlN/5HkvBKtAN9ZJ7DL3kmsQiNfUYl/6aEW/aWCUSjf+iWV"
		  "w/dnb+UdbSpEzCcan2u/cBC1oWJp86/ytB7CUKUN/hJ4Ngfx9yu5r/ao/z"
		  "2rpNuX2dTAYhpR5etarJMLtWOjRfKVi5hUaNTJ6SmlJYScX1o8XbTUNxqp"
		  "uCGUn1XmAq5Ez+LlMOCX0+E43k/IyZRaX4ChTU5vD/iA5nvQ/sTqY9lFLD"
		  "3KNFuSbW6nJa8ftV3QaIrOKmXn76zCVcpuWNuebril5P0syO3xeRPt7tI8"
		  "e7SUIJaq6iU7zgmlzSn2H5ze1WZWsdpX old one",
		  "SHA256:C2hYthMQOKs6mZOaBjmO7sLCR5vN81evMX4e+mnoNlE",
		  "old one", 2048 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ssh_key_line line;
		size_t n;

		assert_int_equal(read_text(rows[i].line, &line), 0);
		n = strlen(line.key);
		assert_string_equal(line.fingerprint, rows[i].fingerprint);
		assert_string_equal(line.comment, rows[i].comment);
		assert_int_equal(line.bits, rows[i].bits);
		/* The comment and what is around it is no part of the key. */
		assert_memory_equal(line.key, rows[i].line, n);
		assert_true(rows[i].line[n] == ' ' || rows[i].line[n] == '\0');
		assert_int_equal(
			ssh_key_type_find(ssh_key_type_name(line.type)),
			line.type);
	}
}

static void what_is_around_a_key(void **state)
{
	static const char *const good[] = {
		"  " ED25519,
		ED25519 "\n",
		ED25519 "\r\n",
		"\t" ED25519 " \t\n",
		ED25519 "   piet@home  ",
	};
	struct ssh_key_line plain, line;

	(void)state;
	assert_int_equal(read_text(ED25519, &plain), 0);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(read_text(good[i], &line), 0);
		assert_string_equal(line.key, plain.key);
		assert_string_equal(line.fingerprint, plain.fingerprint);
	}
	assert_string_equal(line.comment, "piet@home");
}

static void lines_that_are_refused(void **state)
{
	static const struct {
		const char *line;
		int error;
	} rows[] = {
		{ "", SSH_KEY_E_EMPTY },
		{ " \t\n", SSH_KEY_E_EMPTY },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		  "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n",
		  SSH_KEY_E_PRIVATE },
		{ "-----BEGIN RSA PRIVATE KEY-----", SSH_KEY_E_PRIVATE },
		{ "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ",
		  SSH_KEY_E_PRIVATE },
		{ "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
		  SSH_KEY_E_PRIVATE },
		{ "ssh-ed25519 -----BEGIN PRIVATE KEY-----",
		  SSH_KEY_E_PRIVATE },
		{ ED25519 "\n" ED25519, SSH_KEY_E_LINES },
		{ ED25519 "\rcommand=\"x\"", SSH_KEY_E_LINES },
		{ "ssh-dss AAAAB3NzaC1kc3MAAAA=", SSH_KEY_E_DSA },
		{ "ssh-ed25519-cert-v01@openssh.com AAAA",
		  SSH_KEY_E_CERTIFICATE },
		{ "command=\"/bin/sh\" " ED25519, SSH_KEY_E_TYPE },
		{ "restrict " ED25519, SSH_KEY_E_TYPE },
		{ "cert-authority " ED25519, SSH_KEY_E_TYPE },
		{ "# " ED25519, SSH_KEY_E_TYPE },
		{ "SSH-ED25519 AAAA", SSH_KEY_E_TYPE },
		{ "ssh-ed25519x AAAA", SSH_KEY_E_TYPE },
		{ "AAAAC3NzaC1lZDI1NTE5AAAA", SSH_KEY_E_TYPE },
		{ "ssh-ed25519", SSH_KEY_E_BROKEN },
		{ "ssh-ed25519 !!!!", SSH_KEY_E_BASE64 },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA=", SSH_KEY_E_BASE64 },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", SSH_KEY_E_BASE64 },
		{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", SSH_KEY_E_BROKEN },
		{ ED25519 " a\tb", SSH_KEY_E_COMMENT },
		{ ED25519 " a\033[2Jb", SSH_KEY_E_COMMENT },
		{ ED25519 " gr\303\274n", SSH_KEY_E_COMMENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ssh_key_line line = { .type = _SSH_KEY_TYPE_N };
		int r = read_text(rows[i].line, &line);

		if (r != rows[i].error)
			fail_msg("'%s': %d: %s", rows[i].line, r,
				 ssh_key_fault((enum ssh_key_error)r));
		assert_int_equal(line.type, _SSH_KEY_TYPE_N);
	}
	for (int i = 1; i < _SSH_KEY_E_N; i++)
		assert_true(strlen(ssh_key_fault((enum ssh_key_error)i)) > 10);
}

static void nul_is_no_end(void **state)
{
	struct ssh_key_line line;

	(void)state;
	assert_int_equal(ssh_key_line_read(ED25519 "\0 x",
					   sizeof(ED25519 "\0 x") - 1, &line),
			 SSH_KEY_E_BASE64);
	assert_int_equal(ssh_key_line_read(ED25519 " x\0",
					   sizeof(ED25519 " x\0") - 1, &line),
			 SSH_KEY_E_COMMENT);
}

static void long_lines(void **state)
{
	char line[SSH_KEY_LINE_MAX + 64];
	struct ssh_key_line key;

	(void)state;
	memset(line, 'A', sizeof(line));
	memcpy(line, "ssh-rsa ", 8);
	assert_int_equal(ssh_key_line_read(line, sizeof(line), &key),
			 SSH_KEY_E_TOO_LONG);
	assert_int_equal(ssh_key_line_read(line, 4000, &key),
			 SSH_KEY_E_TOO_LONG);
	for (size_t n = 127; n <= 129; n++) {
		char *end = line + sizeof(ED25519 " ") - 1;

		memcpy(line, ED25519 " ", sizeof(ED25519 " ") - 1);
		memset(end, 'c', n);
		assert_int_equal(ssh_key_line_read(line,
						   sizeof(ED25519 " ") - 1 + n,
						   &key),
				 n <= 128 ? 0 : SSH_KEY_E_COMMENT);
	}
}

static void ed25519(void **state)
{
	static const char *const types[] = { "ssh-ed25519",
					     "sk-ssh-ed25519@openssh.com" };

	(void)state;
	for (size_t n = 31; n <= 33; n++) {
		struct blob blob = begin(types[0]);

		add_filled(&blob, n, 1, 2);
		expect(types[0], &blob, n == 32 ? 0 : SSH_KEY_E_BROKEN);
		expect(types[1], &blob, SSH_KEY_E_OTHER_TYPE);
		blob.bytes[blob.n++] = 0;
		expect(types[0], &blob, SSH_KEY_E_BROKEN);
		blob = begin(types[1]);
		add_filled(&blob, n, 1, 2);
		expect(types[1], &blob, SSH_KEY_E_BROKEN);
		add_text(&blob, "ssh:");
		expect(types[1], &blob, n == 32 ? 0 : SSH_KEY_E_BROKEN);
	}
}

static void applications(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		int error;
	} rows[] = {
		{ "ssh:", 4, 0 },
		{ "ssh:work", 8, 0 },
		{ "", 0, SSH_KEY_E_BROKEN },
		{ "ssh:\n", 5, SSH_KEY_E_BROKEN },
		{ "ssh: x", 6, SSH_KEY_E_BROKEN },
		{ "ssh:\0x", 6, SSH_KEY_E_BROKEN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct blob blob = begin("sk-ssh-ed25519@openssh.com");

		add_filled(&blob, 32, 1, 2);
		add(&blob, rows[i].bytes, rows[i].n);
		expect("sk-ssh-ed25519@openssh.com", &blob, rows[i].error);
	}
	for (size_t n = 255; n <= 256; n++) {
		struct blob blob = begin("sk-ssh-ed25519@openssh.com");
		char application[256];

		memset(application, 's', sizeof(application));
		add_filled(&blob, 32, 1, 2);
		add(&blob, application, n);
		expect("sk-ssh-ed25519@openssh.com", &blob,
		       n == 255 ? 0 : SSH_KEY_E_BROKEN);
	}
}

static void ecdsa(void **state)
{
	static const struct {
		const char *type, *curve;
		size_t n;
		bool security;
	} rows[] = {
		{ "ecdsa-sha2-nistp256", "nistp256", 65, false },
		{ "ecdsa-sha2-nistp384", "nistp384", 97, false },
		{ "ecdsa-sha2-nistp521", "nistp521", 133, false },
		{ "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", 65, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int wrong = 0; wrong < 5; wrong++) {
			struct blob blob = begin(rows[i].type);

			/* 1: another curve; 2: a short form; 3, 4: a length */
			add_text(&blob,
				 wrong == 1 ? "nistp192" : rows[i].curve);
			add_filled(&blob,
				   rows[i].n + (wrong == 3) - (wrong == 4),
				   wrong == 2 ? 0x02 : 0x04, 7);
			if (rows[i].security)
				add_text(&blob, "ssh:");
			expect(rows[i].type, &blob,
			       wrong == 0 ? 0 : SSH_KEY_E_BROKEN);
		}
}

static void rsa(void **state)
{
	static const struct {
		size_t n_modulus;
		unsigned char first, last;
		const char *exponent;
		size_t n_exponent;
		int error;
	} rows[] = {
		{ 256, 0x80, 1, "\1\0\1", 3, SSH_KEY_E_BROKEN }, /* negative */
		{ 257, 0x00, 1, "\1\0\1", 3, 0 },
		{ 256, 0x7f, 1, "\1\0\1", 3, SSH_KEY_E_SHORT }, /* 2047 bits */
		{ 257, 0x01, 1, "\1\0\1", 3, 0 },
		{ 128, 0x7f, 1, "\1\0\1", 3, SSH_KEY_E_SHORT },
		{ 2049, 0x00, 1, "\1\0\1", 3, 0 }, /* 16384 bits */
		{ 2049, 0x01, 1, "\1\0\1", 3, SSH_KEY_E_SHORT },
		{ 2050, 0x00, 1, "\1\0\1", 3, SSH_KEY_E_BROKEN },
		{ 257, 0x00, 2, "\1\0\1", 3, SSH_KEY_E_BROKEN }, /* even */
		{ 257, 0x00, 1, "\3", 1, 0 },
		{ 257, 0x00, 1, "\1", 1, SSH_KEY_E_BROKEN }, /* does nothing */
		{ 257, 0x00, 1, "\4", 1, SSH_KEY_E_BROKEN },
		{ 257, 0x00, 1, "", 0, SSH_KEY_E_BROKEN },
		{ 257, 0x00, 1, "\0", 1, SSH_KEY_E_BROKEN },
		{ 257, 0x00, 1, "\0\3", 2, SSH_KEY_E_BROKEN }, /* not its one
								  form */
		{ 257, 0x00, 1, "\x7f\1\1\1\1\1\1\1", 8, 0 },
		{ 257, 0x00, 1, "\1\1\1\1\1\1\1\1\1", 9, SSH_KEY_E_BROKEN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct blob blob = begin("ssh-rsa");

		add(&blob, rows[i].exponent, rows[i].n_exponent);
		add_filled(&blob, rows[i].n_modulus, rows[i].first,
			   rows[i].last);
		expect("ssh-rsa", &blob, rows[i].error);
	}
}

/* Cut off at each byte, and with each length that points too far. */
static void pieces(void **state)
{
	struct blob whole = begin("ssh-ed25519");
	struct ssh_key_line line;

	(void)state;
	add_filled(&whole, 32, 1, 2);
	for (size_t n = 0; n < whole.n; n++) {
		struct blob blob = whole;

		blob.n = n;
		assert_int_not_equal(read_blob("ssh-ed25519", &blob, &line), 0);
	}
	for (size_t at = 0; at < 4; at++)
		for (size_t from = 0; from <= 15; from += 15) {
			struct blob blob = whole;

			blob.bytes[from + at] = 0xff;
			assert_int_not_equal(
				read_blob("ssh-ed25519", &blob, &line), 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_as_ssh_keygen_writes_them),
		cmocka_unit_test(what_is_around_a_key),
		cmocka_unit_test(lines_that_are_refused),
		cmocka_unit_test(nul_is_no_end),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(ed25519),
		cmocka_unit_test(applications),
		cmocka_unit_test(ecdsa),
		cmocka_unit_test(rsa),
		cmocka_unit_test(pieces),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
