/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit_confirm/numbers.h"

/* More digits than a number of ours has. */
#define DIGITS_MAX 18

int numbers_init(struct numbers *numbers, int64_t first, int64_t last)
{
	if (last - first >= NUMBERS_MAX)
		last = first + NUMBERS_MAX - 1;
	*numbers = (struct numbers){ .first = first, .last = last };
	numbers->bits = calloc((size_t)(last - first) / 8 + 1, 1);
	return numbers->bits ? 0 : -ENOMEM;
}

void numbers_deinit(struct numbers *numbers)
{
	free(numbers->bits);
	*numbers = (struct numbers){ 0 };
}

static bool read_number(const char *text, size_t n, int64_t *ret_number)
{
	int64_t number = 0;

	if (n == 0 || n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (text[i] - '0');
	}
	*ret_number = number;
	return true;
}

void numbers_add(struct numbers *numbers, const char *text, size_t n)
{
	int64_t number;
	size_t bit;

	if (!read_number(text, n, &number) || number < numbers->first ||
	    number > numbers->last)
		return;
	bit = (size_t)(number - numbers->first);
	numbers->bits[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool has(const struct numbers *numbers, int64_t number)
{
	size_t bit = (size_t)(number - numbers->first);

	return numbers->bits[bit / 8] & 1u << bit % 8;
}

bool numbers_next(const struct numbers *numbers, int64_t from, int64_t n_max,
		  struct numbers_range *ret_range)
{
	int64_t first = from < numbers->first ? numbers->first : from, last;

	while (first <= numbers->last && !has(numbers, first))
		first++;
	if (first > numbers->last)
		return false;
	last = first;
	while (last < numbers->last && last - first + 1 < n_max &&
	       has(numbers, last + 1))
		last++;
	*ret_range = (struct numbers_range){ first, last };
	return true;
}
