/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/duration.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

bool duration_read(const char *text, uint32_t *ret_seconds)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t n = strspn(text, "0123456789");
	uint64_t number = strtoull(text, NULL, 10);

	if (n == 0 || n > 9 || !text[n] || text[n + 1])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].unit != text[n])
			continue;
		number *= units[i].seconds;
		if (number > UINT32_MAX)
			return false;
		*ret_seconds = (uint32_t)number;
		return true;
	}
	return false;
}
