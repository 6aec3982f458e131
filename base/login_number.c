/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/login_number.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What a digit more makes of a number: 0 where that is none any more. */
static int64_t more(int64_t number, char digit)
{
	number = number * 10 + (digit - '0');
	return number < (int64_t)UINT32_MAX ? number : 0;
}

int64_t login_number_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int64_t number = 0;
	char text[16];
	ssize_t n;

	if (fd < 0)
		return 0;
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	close(fd);
	for (ssize_t i = 0; i < n && text[i] != '\n'; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 10)
			return 0;
		number = more(number, text[i]);
		/* None of it begins with 0, and no part of it is too large. */
		if (number == 0)
			return 0;
	}
	return number;
}

int64_t login_number(void)
{
	return login_number_read(LOGIN_NUMBER_FILE);
}
