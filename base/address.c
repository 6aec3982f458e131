/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int address_canonical(const char *text, char ret_text[ADDRESS_TEXT_MAX])
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1) {
		if (!inet_ntop(AF_INET, &four, ret_text, ADDRESS_TEXT_MAX))
			return -errno;
		return 0;
	}
	if (inet_pton(AF_INET6, text, &six) != 1)
		return ADDRESS_E_INVALID;
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		memcpy(&four, &six.s6_addr[12], sizeof(four));
		if (!inet_ntop(AF_INET, &four, ret_text, ADDRESS_TEXT_MAX))
			return -errno;
		return 0;
	}
	if (!inet_ntop(AF_INET6, &six, ret_text, ADDRESS_TEXT_MAX))
		return -errno;
	return 0;
}
