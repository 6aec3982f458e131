/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/duration.h"

#include <stdlib.h>

int64_t duration_seconds(const char *text)
{
	char *unit = NULL;
	long long n = strtoll(text, &unit, 10);

	switch (*unit) {
	case 'd':
		return n * 86400;
	case 'h':
		return n * 3600;
	case 'm':
		return n * 60;
	case 's':
		return n;
	}
	return 0;
}
