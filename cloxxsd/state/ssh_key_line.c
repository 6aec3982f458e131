/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What is taken is written again from its bytes: nothing of the line but
 *     the comment comes out as it went in.
 *  2. Each length in the bytes is held against what is left, and nothing is
 *     left at the end.
 *  3. No byte of a line that is refused is kept: it may be a private key.
 */
#include "cloxxsd/state/ssh_key_line.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define BLOB_MAX 2112
#define APPLICATION_MAX 255

/* Bytes that are still to be read. */
struct rest {
	const unsigned char *at;
	size_t n;
};

struct row {
	const char *name;
	const char *curve; /* the second string of ECDSA, or NULL */
	size_t n_point;    /* bytes of the public point */
	bool application;  /* a security key's, behind the point */
	uint32_t bits;
};

static const struct row rows[_SSH_KEY_TYPE_N] = {
	[SSH_KEY_ED25519] = { "ssh-ed25519", NULL, 32, false, 256 },
	[SSH_KEY_ECDSA_256] = { "ecdsa-sha2-nistp256", "nistp256", 65, false,
				256 },
	[SSH_KEY_ECDSA_384] = { "ecdsa-sha2-nistp384", "nistp384", 97, false,
				384 },
	[SSH_KEY_ECDSA_521] = { "ecdsa-sha2-nistp521", "nistp521", 133, false,
				521 },
	[SSH_KEY_RSA] = { "ssh-rsa", NULL, 0, false, 0 },
	[SSH_KEY_SK_ED25519] = { "sk-ssh-ed25519@openssh.com", NULL, 32, true,
				 256 },
	[SSH_KEY_SK_ECDSA] = { "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256",
			       65, true, 256 },
};

static const char *const faults[_SSH_KEY_E_N] = {
	[_SSH_KEY_E_OK] = "",
	[SSH_KEY_E_EMPTY] = "There is no key in it.",
	[SSH_KEY_E_PRIVATE] =
		"This is a PRIVATE key, which nobody but its owner may see. "
		"It was not kept; give the line of the file that ends in .pub.",
	[SSH_KEY_E_LINES] = "It has more than one line: give one key at a "
			    "time, as the file that ends in .pub has it.",
	[SSH_KEY_E_TOO_LONG] = "It is too long for a key.",
	[SSH_KEY_E_CERTIFICATE] = "It is a certificate; only plain keys are "
				  "taken.",
	[SSH_KEY_E_DSA] = "DSA is too weak; make a key with ssh-keygen -t "
			  "ed25519.",
	[SSH_KEY_E_TYPE] =
		"It does not begin with a type that is taken (ssh-ed25519, "
		"ecdsa-sha2-nistp256 to 521, ssh-rsa, sk-...@openssh.com); "
		"options in front are not taken.",
	[SSH_KEY_E_BASE64] = "What stands behind the type is not base64; it "
			     "was cut or changed on its way.",
	[SSH_KEY_E_OTHER_TYPE] = "Inside it is of another type than it says.",
	[SSH_KEY_E_BROKEN] = "It is not a whole key of its type; it was cut or "
			     "changed on its way.",
	[SSH_KEY_E_SHORT] = "An RSA key must have 2048 bits at least, and "
			    "16384 at most.",
	[SSH_KEY_E_COMMENT] = "The comment behind it must be printable ASCII, "
			      "128 bytes at most.",
};

const char *ssh_key_fault(enum ssh_key_error error)
{
	return faults[error];
}

const char *ssh_key_type_name(enum ssh_key_type type)
{
	return rows[type].name ? rows[type].name : "";
}

static enum ssh_key_type find_type(const char *name, size_t n)
{
	for (unsigned int i = 1; i < _SSH_KEY_TYPE_N; i++)
		if (strlen(rows[i].name) == n &&
		    memcmp(rows[i].name, name, n) == 0)
			return (enum ssh_key_type)i;
	return _SSH_KEY_TYPE_NONE;
}

enum ssh_key_type ssh_key_type_find(const char *name)
{
	return find_type(name, strlen(name));
}

/* A string of RFC 4251 (5): its length in four bytes, and so many. */
static bool take_string(struct rest *rest, struct rest *ret_string)
{
	uint32_t n;

	if (rest->n < 4)
		return false;
	n = (uint32_t)rest->at[0] << 24 | (uint32_t)rest->at[1] << 16 |
	    (uint32_t)rest->at[2] << 8 | rest->at[3];
	if (n > rest->n - 4)
		return false;
	*ret_string = (struct rest){ rest->at + 4, n };
	rest->at += 4 + (size_t)n;
	rest->n -= 4 + (size_t)n;
	return true;
}

static bool is_text(const struct rest *string, const char *text)
{
	return string->n == strlen(text) &&
	       memcmp(string->at, text, string->n) == 0;
}

/* A positive number, in its one form: no more leading zeros than its sign
 * needs. Its bits, or 0 where it is none. */
static uint32_t take_number(struct rest *rest, struct rest *ret_number)
{
	struct rest number;
	uint32_t bits = 0;

	if (!take_string(rest, &number) || number.n == 0 ||
	    number.n > SSH_KEY_RSA_BITS_MAX / 8 + 1 || (number.at[0] & 0x80))
		return 0;
	if (number.at[0] == 0) {
		if (number.n == 1 || !(number.at[1] & 0x80))
			return 0;
		number.at++;
		number.n--;
	}
	for (unsigned int top = number.at[0]; top; top >>= 1)
		bits++;
	*ret_number = number;
	return (uint32_t)(number.n - 1) * 8 + bits;
}

static bool is_odd(const struct rest *number)
{
	return number->at[number->n - 1] & 1;
}

/* The exponent first: odd, more than one, and no longer than any library
 * takes. */
static int read_rsa(struct rest *rest, struct ssh_key_line *line)
{
	struct rest exponent, modulus;
	uint32_t bits = take_number(rest, &exponent);

	if (bits < 2 || bits > 64 || !is_odd(&exponent))
		return SSH_KEY_E_BROKEN;
	line->bits = take_number(rest, &modulus);
	if (line->bits == 0 || !is_odd(&modulus))
		return SSH_KEY_E_BROKEN;
	return line->bits < SSH_KEY_RSA_BITS_MIN ||
			       line->bits > SSH_KEY_RSA_BITS_MAX
		       ? SSH_KEY_E_SHORT
		       : 0;
}

static bool is_printable(const struct rest *string)
{
	for (size_t i = 0; i < string->n; i++)
		if (string->at[i] <= ' ' || string->at[i] > '~')
			return false;
	return string->n > 0;
}

static int read_point(struct rest *rest, const struct row *row,
		      struct ssh_key_line *line)
{
	struct rest curve, point, application;

	if (row->curve &&
	    (!take_string(rest, &curve) || !is_text(&curve, row->curve)))
		return SSH_KEY_E_BROKEN;
	/* Of a curve with a name the whole point, not its short form. */
	if (!take_string(rest, &point) || point.n != row->n_point ||
	    (row->curve && point.at[0] != 0x04))
		return SSH_KEY_E_BROKEN;
	if (row->application &&
	    (!take_string(rest, &application) ||
	     application.n > APPLICATION_MAX || !is_printable(&application)))
		return SSH_KEY_E_BROKEN;
	line->bits = row->bits;
	return 0;
}

static int read_blob(const unsigned char *blob, size_t n,
		     struct ssh_key_line *line)
{
	const struct row *row = &rows[line->type];
	struct rest rest = { blob, n }, type;
	int r;

	if (!take_string(&rest, &type))
		return SSH_KEY_E_BROKEN;
	if (!is_text(&type, row->name))
		return SSH_KEY_E_OTHER_TYPE;
	r = line->type == SSH_KEY_RSA ? read_rsa(&rest, line)
				      : read_point(&rest, row, line);
	return r == 0 && rest.n > 0 ? SSH_KEY_E_BROKEN : r;
}

static void write_key(const unsigned char *blob, size_t n,
		      struct ssh_key_line *line)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	size_t n_name = strlen(rows[line->type].name);

	memcpy(line->key, rows[line->type].name, n_name);
	line->key[n_name] = ' ';
	sodium_bin2base64(line->key + n_name + 1,
			  sizeof(line->key) - n_name - 1, blob, n,
			  sodium_base64_VARIANT_ORIGINAL);
	crypto_hash_sha256(digest, blob, n);
	memcpy(line->fingerprint, "SHA256:", 7);
	sodium_bin2base64(line->fingerprint + 7, sizeof(line->fingerprint) - 7,
			  digest, sizeof(digest),
			  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

static int read_base64(const char *base64, size_t n, struct ssh_key_line *line)
{
	unsigned char blob[BLOB_MAX];
	const char *end = NULL;
	size_t n_blob = 0;
	int r;

	if (sodium_base642bin(blob, sizeof(blob), base64, n, NULL, &n_blob,
			      &end, sodium_base64_VARIANT_ORIGINAL) < 0 ||
	    end != base64 + n)
		return n > sodium_base64_ENCODED_LEN(
				   BLOB_MAX, sodium_base64_VARIANT_ORIGINAL)
			       ? SSH_KEY_E_TOO_LONG
			       : SSH_KEY_E_BASE64;
	r = read_blob(blob, n_blob, line);
	if (r == 0)
		write_key(blob, n_blob, line);
	return r;
}

static int read_comment(const char *comment, size_t n,
			struct ssh_key_line *line)
{
	if (n >= sizeof(line->comment))
		return SSH_KEY_E_COMMENT;
	for (size_t i = 0; i < n; i++)
		if (comment[i] < ' ' || comment[i] > '~')
			return SSH_KEY_E_COMMENT;
	memcpy(line->comment, comment, n);
	line->comment[n] = '\0';
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool begins(const char *text, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* PEM, OpenSSH's own form and PuTTY's; also where only a piece was pasted. */
static bool is_private(const char *text, size_t n)
{
	return memmem(text, n, "PRIVATE KEY", 11) ||
	       begins(text, n, "PuTTY-User-Key-File") ||
	       memmem(text, n, "Private-Lines", 13) ||
	       memmem(text, n, "b3BlbnNzaC1rZXktdjE", 19);
}

static bool ends(const char *word, size_t n, const char *with)
{
	return n >= strlen(with) &&
	       begins(word + n - strlen(with), strlen(with), with);
}

/* Why word is no type that is taken. */
static int type_fault(const char *word, size_t n)
{
	if (ends(word, n, "-cert-v01@openssh.com"))
		return SSH_KEY_E_CERTIFICATE;
	return n == 7 && begins(word, n, "ssh-dss") ? SSH_KEY_E_DSA
						    : SSH_KEY_E_TYPE;
}

/* Cuts off the first word; both are within line. */
static struct rest cut_word(const char **text, size_t *n)
{
	struct rest word = { (const unsigned char *)*text, 0 };

	while (word.n < *n && !is_blank((*text)[word.n]))
		word.n++;
	*text += word.n;
	*n -= word.n;
	while (*n > 0 && is_blank(**text)) {
		++*text;
		--*n;
	}
	return word;
}

static int read_words(const char *text, size_t n, struct ssh_key_line *line)
{
	struct rest type = cut_word(&text, &n), base64;
	int r;

	line->type = find_type((const char *)type.at, type.n);
	if (line->type == _SSH_KEY_TYPE_NONE)
		return type_fault((const char *)type.at, type.n);
	base64 = cut_word(&text, &n);
	r = read_base64((const char *)base64.at, base64.n, line);
	return r != 0 ? r : read_comment(text, n, line);
}

int ssh_key_line_read(const char *text, size_t n, struct ssh_key_line *ret_line)
{
	struct ssh_key_line line = { 0 };
	int r;

	while (n > 0 && (is_blank(text[n - 1]) || text[n - 1] == '\n' ||
			 text[n - 1] == '\r'))
		n--;
	while (n > 0 && is_blank(*text)) {
		text++;
		n--;
	}
	if (n == 0)
		return SSH_KEY_E_EMPTY;
	if (is_private(text, n))
		return SSH_KEY_E_PRIVATE;
	if (n > SSH_KEY_LINE_MAX)
		return SSH_KEY_E_TOO_LONG;
	if (memchr(text, '\n', n) || memchr(text, '\r', n))
		return SSH_KEY_E_LINES;
	r = read_words(text, n, &line);
	if (r == 0)
		*ret_line = line;
	return r;
}
