/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/origin.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* A string item of PAM's, "" where it is not set. */
static const char *item(pam_handle_t *pamh, int type)
{
	const void *value = NULL;

	if (pam_get_item(pamh, type, &value) != PAM_SUCCESS || !value)
		return "";
	return value;
}

static const char *variable(pam_handle_t *pamh, const char *name)
{
	const char *value = pam_getenv(pamh, name);

	return value ? value : "";
}

/* The first n bytes as a numeric address in its one spelling. */
static void read_address(const char *text, size_t n,
			 char ret_address[ADDRESS_TEXT_MAX])
{
	/* with the zone of a link-local address */
	char address[ADDRESS_TEXT_MAX + 16];

	if (n >= sizeof(address))
		return;
	memcpy(address, text, n);
	address[n] = '\0';
	if (address_canonical(address, ret_address) != 0)
		ret_address[0] = '\0';
}

/*
 * sshd sets both; with UseDNS PAM_RHOST is a name, which the other end may
 * have chosen. A service without PAM_RHOST is not remote, and then
 * SSH_CONNECTION is not sshd's: pam_env may have read it from a file of the
 * user's.
 */
static void find_address(pam_handle_t *pamh, char ret_address[ADDRESS_TEXT_MAX])
{
	const char *connection = variable(pamh, "SSH_CONNECTION");
	const char *host = item(pamh, PAM_RHOST);

	ret_address[0] = '\0';
	if (host[0] == '\0')
		return;
	if (connection[0] != '\0')
		read_address(connection, strcspn(connection, " "), ret_address);
	else
		read_address(host, strlen(host), ret_address);
	if (ret_address[0] == '\0')
		memcpy(ret_address, ORIGIN_UNREADABLE,
		       sizeof(ORIGIN_UNREADABLE));
}

/* Foreign text made printable; left out whole where it is too long. */
static void copy_text(const char *text, size_t size, char *ret_text)
{
	struct text copy;

	text_init(&copy, ret_text, size);
	text_add_escaped(&copy, text, strnlen(text, size));
	if (text_is_cut(&copy))
		ret_text[0] = '\0';
}

/* The first n bytes, where all are of the letters and there is room. */
static void copy_word(const char *word, size_t n, const char *letters,
		      size_t size, char *ret_word)
{
	ret_word[0] = '\0';
	if (n >= size || strspn(word, letters) < n)
		return;
	memcpy(ret_word, word, n);
	ret_word[n] = '\0';
}

/* PAM falls back to "other" as well where it knows no service. */
static void find_service(pam_handle_t *pamh, struct origin *origin)
{
	const char *service = item(pamh, PAM_SERVICE);

	if (!name_is_service(service, strlen(service)))
		service = "other";
	memcpy(origin->service, service, strlen(service) + 1);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"

/*
 * What PAM's environment says, in POSIX's order; else the locale in which the
 * program itself speaks (su, login and passwd set one, sshd does not).
 */
static const char *find_language(pam_handle_t *pamh)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (*variable(pamh, names[i]))
			return variable(pamh, names[i]);
	return nl_langinfo(NL_LOCALE_NAME(LC_MESSAGES));
}

void origin_read(pam_handle_t *pamh, struct origin *ret_origin)
{
	const char *language = find_language(pamh);
	const char *method = variable(pamh, "SSH_AUTH_INFO_0");

	find_service(pamh, ret_origin);
	find_address(pamh, ret_origin->address);
	copy_text(item(pamh, PAM_TTY), sizeof(ret_origin->terminal),
		  ret_origin->terminal);
	copy_text(item(pamh, PAM_RUSER), sizeof(ret_origin->requester),
		  ret_origin->requester);
	copy_word(language, strcspn(language, "_.@"), LOWER,
		  sizeof(ret_origin->language), ret_origin->language);
	copy_word(method, strcspn(method, " \n"), LOWER "0123456789-/@.",
		  sizeof(ret_origin->method), ret_origin->method);
}
