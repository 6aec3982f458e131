/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* Of the library's own, which this only names. */
struct digest {
	EVP_MD_CTX *context;
};

int digest_new(struct digest **ret_digest)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return -ENOMEM;
	digest->context = EVP_MD_CTX_new();
	if (!digest->context ||
	    EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1) {
		digest_free(digest);
		return -ENOMEM;
	}
	*ret_digest = digest;
	return 0;
}

struct digest *digest_free(struct digest *digest)
{
	if (!digest)
		return NULL;
	EVP_MD_CTX_free(digest->context);
	free(digest);
	return NULL;
}

int digest_add(struct digest *digest, const void *bytes, size_t n)
{
	return EVP_DigestUpdate(digest->context, bytes, n) == 1 ? 0 : -EIO;
}

int digest_end(struct digest *digest, char ret_text[DIGEST_SIZE])
{
	static const char figures[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_DigestFinal_ex(digest->context, bytes, &n) != 1 ||
	    2 * n != DIGEST_SIZE - 1)
		return -EIO;
	for (size_t i = 0; i < n; i++) {
		ret_text[2 * i] = figures[bytes[i] >> 4];
		ret_text[2 * i + 1] = figures[bytes[i] & 15];
	}
	ret_text[DIGEST_SIZE - 1] = '\0';
	return 0;
}

int digest_of(const char *string, char ret_text[DIGEST_SIZE])
{
	scope(digest_freep) struct digest *digest = NULL;
	int r = digest_new(&digest);

	if (r == 0)
		r = digest_add(digest, string, strlen(string));
	return r == 0 ? digest_end(digest, ret_text) : r;
}

bool digest_read(const char *text, char ret_text[DIGEST_SIZE])
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	if (n != DIGEST_SIZE - 1 ||
	    (text[n] != '\0' && !strchr(" \t\r\n", text[n])))
		return false;
	for (size_t i = 0; i < n; i++)
		ret_text[i] = (char)(text[i] >= 'A' && text[i] <= 'F'
					     ? text[i] - 'A' + 'a'
					     : text[i]);
	ret_text[n] = '\0';
	return true;
}
