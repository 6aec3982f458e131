/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/key_credential.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"
#include "cloxxsctl/program.h"

#define LOADS "LoadCredentialEncrypted=" KEY_CREDENTIAL_NAME ":"

/* Its first 16 bytes say how it was encrypted: 15 of them in base64. */
static const struct {
	const char *begins, *kind;
} kinds[] = {
	{ "Whxqht+dQJax1aZeCGLx", "host" },
	{ "DHzAexF2RZGcSwvqCLwg", "tpm2" },
	{ "k6iUCUh0RJCQyvL8k8q1", "host+tpm2" },
};

/* A key of 32 random bytes never looks so. */
static bool is_base64(const char *bytes, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/"
				      "=\n";

	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\0' || !strchr(letters, bytes[i]))
			return false;
	return n > 0;
}

int key_credential_read(const char *path, struct key_credential *credential)
{
	scope(scope_close) int fd = -1;
	struct stat status;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    status.st_size > KEY_CREDENTIAL_MAX)
		return -EBADMSG;
	do {
		n = read(fd, credential->bytes, (size_t)status.st_size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != status.st_size || !is_base64(credential->bytes, (size_t)n)) {
		/* It may have been a key. */
		explicit_bzero(credential, sizeof(*credential));
		return -EBADMSG;
	}
	credential->n = (size_t)n;
	return 0;
}

const char *key_credential_kind(const struct key_credential *credential)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].begins);

		if (credential->n > n &&
		    memcmp(credential->bytes, kinds[i].begins, n) == 0)
			return kinds[i].kind;
	}
	return NULL;
}

/* Bytes through systemd-creds; argv ends in "- -". */
static int filter(const char *const *argv, int in,
		  struct program_answer **ret_answer)
{
	int r = program_ask_with(
		argv[0], argv, &(struct program_inputs){ in, -1 }, ret_answer);

	return r > 0 ? KEY_CREDENTIAL_E_REFUSED : r;
}

int key_credential_decrypt(const char *creds,
			   const struct key_credential *credential,
			   struct key_file *file)
{
	const char *const argv[] = {
		creds, "decrypt", "--name=" KEY_CREDENTIAL_NAME, "-", "-", NULL
	};
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(scope_close) int in = -1;
	int r;

	r = program_pipe(credential->bytes, credential->n, &in);
	if (r == 0)
		r = filter(argv, in, &answer);
	if (r != 0)
		return r;
	if (answer->n == 0 || answer->n > KEY_FILE_MAX ||
	    answer->n % KEY_FILE_BYTES != 0)
		return KEY_CREDENTIAL_E_KEYS;
	memcpy(file->bytes, answer->bytes, answer->n);
	file->n = answer->n;
	return 0;
}

/* It is all that there will be of the keys. */
static int prove(const char *creds, const struct key_file *file,
		 const struct key_credential *credential)
{
	struct key_file back = { 0 };
	int r = key_credential_decrypt(creds, credential, &back);

	if (r == 0 && (back.n != file->n ||
		       memcmp(back.bytes, file->bytes, file->n) != 0))
		r = KEY_CREDENTIAL_E_KEYS;
	explicit_bzero(&back, sizeof(back));
	return r;
}

static int encrypt(const char *const *argv, const struct key_file *file,
		   struct key_credential *credential)
{
	scope(program_answer_freep) struct program_answer *answer = NULL;
	scope(scope_close) int in = -1;
	int r;

	r = program_pipe(file->bytes, file->n, &in);
	if (r == 0)
		r = filter(argv, in, &answer);
	if (r != 0)
		return r;
	if (answer->n > KEY_CREDENTIAL_MAX ||
	    !is_base64(answer->bytes, answer->n))
		return KEY_CREDENTIAL_E_KEYS;
	memcpy(credential->bytes, answer->bytes, answer->n);
	credential->n = answer->n;
	return 0;
}

int key_credential_encrypt(const char *creds, const char *kind,
			   const struct key_file *file,
			   struct key_credential *credential)
{
	char option[64];
	const char *const argv[] = {
		creds, "encrypt", "--name=" KEY_CREDENTIAL_NAME, option, "-",
		"-",   NULL
	};
	struct text text;
	int r;

	text_init(&text, option, sizeof(option));
	text_add_format(&text, "--with-key=%s", kind);
	r = encrypt(argv, file, credential);
	return r == 0 ? prove(creds, file, credential) : r;
}

static bool names_it(char *text)
{
	struct lines lines = lines_of(text);
	const char *line;

	while ((line = lines_next(&lines)))
		if (strncmp(line, LOADS, strlen(LOADS)) == 0)
			return true;
	return false;
}

bool key_credential_is_loaded(const struct host *host)
{
	struct host_names names = { 0 };
	bool is = false;

	if (host_list(host, KEY_CREDENTIAL_DROPINS, &names) < 0)
		return false;
	for (size_t i = 0; i < names.n && !is; i++) {
		scope(scope_free) char *text = NULL;
		size_t n = strlen(names.names[i]);
		char path[PATH_MAX];
		struct text place;

		if (n < 5 || strcmp(names.names[i] + n - 5, ".conf") != 0)
			continue;
		text_init(&place, path, sizeof(path));
		text_add_format(&place, KEY_CREDENTIAL_DROPINS "/%s",
				names.names[i]);
		is = host_read(host, path, &text) == 0 && names_it(text);
	}
	host_names_deinit(&names);
	return is;
}

const char *key_credential_place(const struct host *host)
{
	bool has_plain = host_has(host, KEY_PLAIN_FILE);

	if (host_has(host, KEY_CREDENTIAL_FILE) &&
	    (!has_plain || key_credential_is_loaded(host)))
		return KEY_CREDENTIAL_FILE;
	if (!has_plain && host_has(host, KEY_CREDENTIAL_STORE))
		return KEY_CREDENTIAL_STORE;
	return KEY_PLAIN_FILE;
}
