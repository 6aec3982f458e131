/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/contact.h"

#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ATOM LETTERS DIGITS "!#$%&'*+/=?^_`{|}~-"

bool contact_is_phone(const char *text)
{
	size_t n;

	if (text[0] != '+' || text[1] == '0')
		return false;
	n = strspn(text + 1, DIGITS);
	return n >= 8 && n <= 15 && !text[1 + n];
}

/* Parts of these letters with a dot between each two. */
static bool is_dotted(const char *text, size_t n, const char *letters,
		      size_t part_max, size_t *ret_parts)
{
	size_t parts = 0;

	while (n > 0) {
		size_t k = strspn(text, letters);

		k = k > n ? n : k;
		if (k == 0 || k > part_max)
			return false;
		parts++;
		text += k;
		n -= k;
		if (n == 0)
			break;
		if (*text != '.' || n == 1)
			return false;
		text++;
		n--;
	}
	*ret_parts = parts;
	return parts > 0;
}

static bool is_domain(const char *text)
{
	size_t n = strlen(text), parts;

	if (!is_dotted(text, n, LETTERS DIGITS "-", 63, &parts) || parts < 2)
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '-' && (i == 0 || text[i - 1] == '.' ||
				       i + 1 == n || text[i + 1] == '.'))
			return false;
	return true;
}

bool contact_is_mail(const char *text)
{
	const char *at = strchr(text, '@');
	size_t parts, n;

	if (!at || strlen(text) > 254)
		return false;
	n = (size_t)(at - text);
	return n <= 64 && text[0] != '-' &&
	       is_dotted(text, n, ATOM, 64, &parts) && is_domain(at + 1);
}

static size_t prefix_of(const char *phone, char *const *prefixes)
{
	size_t longest = 0;

	for (; prefixes && *prefixes; prefixes++) {
		size_t n = strlen(*prefixes);

		if (n > longest && strncmp(phone, *prefixes, n) == 0)
			longest = n;
	}
	return longest;
}

bool contact_phone_may_be(const char *phone, char *const *prefixes)
{
	return prefix_of(phone, prefixes) > 0;
}

void contact_phone_mask(const char *phone, char *const *prefixes,
			const char *hidden, struct text *text)
{
	size_t n = strlen(phone), n_prefix = prefix_of(phone, prefixes);

	/* However much of a number a prefix has, this is all that is told. */
	if (n_prefix == 0 || n_prefix > 3)
		n_prefix = 3;
	if (n < n_prefix + 4)
		return;
	text_add_bytes(text, phone, n_prefix);
	text_add_format(text, " %c ", phone[n_prefix]);
	for (int i = 0; i < 4; i++)
		text_add(text, hidden);
	text_add_format(text, " %s", phone + n - 2);
}

void contact_mail_mask(const char *mail, const char *hidden, struct text *text)
{
	const char *at = strchr(mail, '@');

	if (!at || at == mail)
		return;
	text_add_bytes(text, mail, 1);
	for (int i = 0; i < 3; i++)
		text_add(text, hidden);
	text_add(text, at);
}
