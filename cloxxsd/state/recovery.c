/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Texts of an identity and its bytes are wiped wherever they stood here.
 *  2. A mistyped line is told, never guessed at.
 *  3. Root keys that were opened are proved by what they wrap before they are
 *     given to anybody.
 */
#include "cloxxsd/state/recovery.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "cloxxsd/state/data_key.h"

#define PUBLIC_WORD "cloxxs-recovery-1 "
#define N_BASE64                                                     \
	(sodium_base64_ENCODED_LEN(RECOVERY_BYTES,                   \
				   sodium_base64_VARIANT_ORIGINAL) - \
	 1)
#define IDENTITY_WORD "cloxxs-identity-1 "
#define N_LINES 4
#define LINE_BYTES (RECOVERY_BYTES / N_LINES)
#define SUM_BYTES 2
#define LINE_LETTERS ((LINE_BYTES + SUM_BYTES) * 8 / 5)
/* More than anybody types; a file that is another thing is not read whole. */
#define INPUT_MAX 4096

_Static_assert(RECOVERY_SEAL_OVERHEAD == crypto_box_SEALBYTES, "sodium's");
_Static_assert(RECOVERY_BYTES == crypto_box_SECRETKEYBYTES, "sodium's");
_Static_assert(RECOVERY_BYTES == crypto_box_PUBLICKEYBYTES, "sodium's");
_Static_assert((LINE_BYTES + SUM_BYTES) * 8 % 5 == 0, "whole letters");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void recovery_identity_make(struct recovery_identity *ret_identity)
{
	(void)!crypto_box_keypair(ret_identity->public_key,
				  ret_identity->secret_key);
}

void recovery_identity_wipe(struct recovery_identity *identity)
{
	sodium_memzero(identity, sizeof(*identity));
}

void recovery_id(const uint8_t public_key[RECOVERY_BYTES],
		 char ret_id[KEY_ID_TEXT])
{
	uint8_t id[crypto_generichash_BYTES_MIN];

	crypto_generichash(id, sizeof(id), public_key, RECOVERY_BYTES,
			   (const uint8_t *)PUBLIC_WORD, strlen(PUBLIC_WORD));
	key_id_text(id, ret_id);
}

void recovery_write_public(const uint8_t public_key[RECOVERY_BYTES],
			   char ret_text[RECOVERY_PUBLIC_TEXT])
{
	char base64[N_BASE64 + 1];
	char id[KEY_ID_TEXT];
	struct text text;

	recovery_id(public_key, id);
	sodium_bin2base64(base64, sizeof(base64), public_key, RECOVERY_BYTES,
			  sodium_base64_VARIANT_ORIGINAL);
	text_init(&text, ret_text, RECOVERY_PUBLIC_TEXT);
	text_add_format(&text, PUBLIC_WORD "%s %s\n", base64, id);
}

int recovery_read_public(const char *text, size_t n,
			 uint8_t ret_public_key[RECOVERY_BYTES])
{
	char copy[RECOVERY_PUBLIC_TEXT] = "", again[RECOVERY_PUBLIC_TEXT];
	uint8_t public_key[RECOVERY_BYTES];
	size_t n_bytes = 0;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n >= sizeof(copy) - 1 || n < strlen(PUBLIC_WORD) + N_BASE64)
		return RECOVERY_E_FORM;
	memcpy(copy, text, n);
	copy[n] = '\n';
	if (sodium_base642bin(public_key, sizeof(public_key),
			      copy + strlen(PUBLIC_WORD), N_BASE64, NULL,
			      &n_bytes, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n_bytes != sizeof(public_key))
		return RECOVERY_E_FORM;
	/* One key has one text: word, id and all. */
	recovery_write_public(public_key, again);
	if (strcmp(copy, again) != 0)
		return RECOVERY_E_FORM;
	memcpy(ret_public_key, public_key, RECOVERY_BYTES);
	return 0;
}

static void sum_line(unsigned int line, const uint8_t bytes[LINE_BYTES],
		     uint8_t ret_sum[SUM_BYTES])
{
	uint8_t hash[crypto_generichash_BYTES_MIN], input[LINE_BYTES + 1];

	input[0] = (uint8_t)line;
	memcpy(input + 1, bytes, LINE_BYTES);
	crypto_generichash(hash, sizeof(hash), input, sizeof(input),
			   (const uint8_t *)IDENTITY_WORD,
			   strlen(IDENTITY_WORD));
	memcpy(ret_sum, hash, SUM_BYTES);
	sodium_memzero(input, sizeof(input));
}

/* A line as letters: 5 bits each, from the highest on. */
static void write_line(unsigned int line, const uint8_t bytes[LINE_BYTES],
		       struct text *text)
{
	uint8_t whole[LINE_BYTES + SUM_BYTES];
	char letters[LINE_LETTERS];

	memcpy(whole, bytes, LINE_BYTES);
	sum_line(line, bytes, whole + LINE_BYTES);
	for (unsigned int i = 0; i < LINE_LETTERS; i++) {
		unsigned int at = i * 5 / 8, bit = i * 5 % 8;
		unsigned int pair = (unsigned int)whole[at] << 8;

		if (at + 1 < sizeof(whole))
			pair |= whole[at + 1];
		letters[i] = alphabet[pair >> (11 - bit) & 31];
	}
	text_add_format(text, "%u: %.4s-%.4s-%.4s-%.4s\n", line, letters,
			letters + 4, letters + 8, letters + 12);
	sodium_memzero(whole, sizeof(whole));
	sodium_memzero(letters, sizeof(letters));
}

void recovery_write_identity(const struct recovery_identity *identity,
			     char ret_text[RECOVERY_IDENTITY_TEXT])
{
	char id[KEY_ID_TEXT];
	struct text text;

	recovery_id(identity->public_key, id);
	text_init(&text, ret_text, RECOVERY_IDENTITY_TEXT);
	text_add_format(&text, IDENTITY_WORD "%s\n", id);
	for (unsigned int i = 0; i < N_LINES; i++)
		write_line(i + 1, identity->secret_key + i * LINE_BYTES, &text);
}

/* The five bits of a letter as a person may have written it; -1: none. */
static int letter_bits(char letter)
{
	const char *at;

	if (letter >= 'a' && letter <= 'z')
		letter = (char)(letter - 'a' + 'A');
	if (letter == 'O')
		letter = '0';
	if (letter == 'I' || letter == 'L')
		letter = '1';
	at = letter ? strchr(alphabet, letter) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static bool read_line(unsigned int line, const char *text, size_t n,
		      uint8_t ret_bytes[LINE_BYTES])
{
	uint8_t whole[LINE_BYTES + SUM_BYTES] = { 0 }, sum[SUM_BYTES];
	unsigned int n_letters = 0;
	bool good = true;

	if (n > 2 && text[0] == (char)('0' + line) && text[1] == ':') {
		text += 2;
		n -= 2;
	}
	for (size_t i = 0; good && i < n; i++) {
		unsigned int at = n_letters * 5 / 8, bit = n_letters * 5 % 8;
		int bits = letter_bits(text[i]);

		if (strchr(" -\t\r", text[i]))
			continue;
		good = bits >= 0 && n_letters < LINE_LETTERS;
		if (!good)
			break;
		whole[at] |= (uint8_t)((unsigned int)bits << 3 >> bit);
		if (bit > 3)
			whole[at + 1] |=
				(uint8_t)((unsigned int)bits << (11 - bit));
		n_letters++;
	}
	sum_line(line, whole, sum);
	good = good && n_letters == LINE_LETTERS &&
	       sodium_memcmp(sum, whole + LINE_BYTES, SUM_BYTES) == 0;
	if (good)
		memcpy(ret_bytes, whole, LINE_BYTES);
	sodium_memzero(whole, sizeof(whole));
	return good;
}

struct reader {
	struct recovery_identity identity;
	unsigned int n_lines;
	char id[KEY_ID_TEXT]; /* "": no first line */
};

static int take_line(struct reader *reader, const char *line, size_t n)
{
	size_t n_word = strlen(IDENTITY_WORD);

	while (n > 0 && strchr(" \t\r", line[n - 1]))
		n--;
	if (n == 0 || *line == '#')
		return 0;
	if (reader->n_lines == 0 && n == n_word + KEY_ID_TEXT - 1 &&
	    memcmp(line, IDENTITY_WORD, n_word) == 0) {
		memcpy(reader->id, line + n_word, KEY_ID_TEXT - 1);
		return 0;
	}
	if (reader->n_lines == N_LINES)
		return RECOVERY_E_FORM;
	if (!read_line(reader->n_lines + 1, line, n,
		       reader->identity.secret_key +
			       (size_t)reader->n_lines * LINE_BYTES))
		return RECOVERY_E_LINE;
	reader->n_lines++;
	return 0;
}

static int finish(struct reader *reader)
{
	char id[KEY_ID_TEXT];

	if (reader->n_lines != N_LINES)
		return RECOVERY_E_FORM;
	(void)!crypto_scalarmult_base(reader->identity.public_key,
				      reader->identity.secret_key);
	recovery_id(reader->identity.public_key, id);
	if (*reader->id && strcmp(reader->id, id) != 0)
		return RECOVERY_E_OTHER;
	return 0;
}

int recovery_read_identity(const char *text, size_t n, unsigned int *ret_line,
			   struct recovery_identity *ret_identity)
{
	struct reader reader = { 0 };
	const char *line = text;
	int r = 0;

	while (r == 0 && line < text + n) {
		size_t left = (size_t)(text + n - line);
		const char *end = memchr(line, '\n', left);
		size_t n_line = end ? (size_t)(end - line) : left;

		r = take_line(&reader, line, n_line);
		line += n_line + 1;
	}
	if (r == RECOVERY_E_LINE)
		*ret_line = reader.n_lines + 1;
	if (r == 0)
		r = finish(&reader);
	if (r == 0)
		*ret_identity = reader.identity;
	sodium_memzero(&reader, sizeof(reader));
	return r;
}

int recovery_read_identity_fd(int fd, unsigned int *ret_line,
			      struct recovery_identity *ret_identity)
{
	char input[INPUT_MAX];
	size_t n = 0;
	int r = 0;

	for (;;) {
		ssize_t k = n < sizeof(input)
				    ? read(fd, input + n, sizeof(input) - n)
				    : 0;

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			r = -errno;
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	if (r == 0)
		r = n == sizeof(input)
			    ? RECOVERY_E_FORM
			    : recovery_read_identity(input, n, ret_line,
						     ret_identity);
	sodium_memzero(input, sizeof(input));
	return r;
}

int recovery_seal(const uint8_t public_key[RECOVERY_BYTES], const void *plain,
		  size_t n, uint8_t *ret_sealed)
{
	if (n > RECOVERY_PLAIN_MAX ||
	    crypto_box_seal(ret_sealed, plain, n, public_key) != 0)
		return -EINVAL;
	return 0;
}

int recovery_open(const struct recovery_identity *identity,
		  const uint8_t *sealed, size_t n, void *ret_plain)
{
	if (n < RECOVERY_SEAL_OVERHEAD || n > RECOVERY_SEALED_MAX)
		return RECOVERY_E_FORM;
	if (crypto_box_seal_open(ret_plain, sealed, n, identity->public_key,
				 identity->secret_key) != 0)
		return RECOVERY_E_DAMAGED;
	return 0;
}

static int open_row(struct store *store,
		    const struct recovery_identity *identity, struct text *why,
		    struct key **ret_key)
{
	char wanted[KEY_ID_TEXT], given[KEY_ID_TEXT];
	uint8_t roots[RECOVERY_PLAIN_MAX];
	struct recovery_row row;
	int r;

	r = recovery_row_find(store, &row);
	if (r == RECOVERY_E_NONE) {
		text_add(why, "no recovery key was made before it was written; "
			      "only the key file opens it");
		return r;
	}
	if (r != 0)
		return r;
	if (memcmp(row.public_key, identity->public_key, RECOVERY_BYTES) != 0) {
		recovery_id(row.public_key, wanted);
		recovery_id(identity->public_key, given);
		text_add_format(why,
				"it needs recovery key %s, and this is %s; "
				"look for the other one",
				wanted, given);
		return RECOVERY_E_OTHER;
	}
	r = recovery_open(identity, row.roots, row.n_roots, roots);
	if (r == 0)
		r = key_read(roots, row.n_roots - RECOVERY_SEAL_OVERHEAD,
			     ret_key);
	sodium_memzero(roots, sizeof(roots));
	if (r <= 0)
		return r;
	text_add(why, "its copy of the root keys is damaged; take another "
		      "backup");
	return RECOVERY_E_DAMAGED;
}

int recovery_open_roots(struct store *store,
			const struct recovery_identity *identity,
			struct text *why, struct key **ret_key)
{
	scope(key_freep) struct key *key = NULL;
	size_t root;
	int r;

	r = open_row(store, identity, why, &key);
	if (r != 0)
		return r;
	r = data_keys_load(store, key, why, &root);
	if (r < 0)
		return r;
	if (r == DATA_KEY_E_NONE)
		text_add(why, "it holds no keys; take another backup");
	if (r != 0)
		return RECOVERY_E_DAMAGED;
	*ret_key = scope_take_ptr(key);
	return 0;
}
