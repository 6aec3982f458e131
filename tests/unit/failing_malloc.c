/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/failing_malloc.h"

#include <errno.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *pointer, size_t size);
char *__real_strdup(const char *string);
char *__real_strndup(const char *string, size_t n);
void __real_free(void *pointer);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t n);
void __wrap_free(void *pointer);

static bool is_on, has_failed;
static unsigned int left;
static int balance;

static bool fails(void)
{
	if (!is_on || left == 0 || --left > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

static void *count(void *pointer)
{
	if (is_on && pointer)
		balance++;
	return pointer;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *pointer, size_t size)
{
	void *moved;

	if (fails())
		return NULL;
	moved = __real_realloc(pointer, size);
	return pointer ? moved : count(moved);
}

char *__wrap_strdup(const char *string)
{
	return fails() ? NULL : count(__real_strdup(string));
}

char *__wrap_strndup(const char *string, size_t n)
{
	return fails() ? NULL : count(__real_strndup(string, n));
}

void __wrap_free(void *pointer)
{
	if (is_on && pointer)
		balance--;
	__real_free(pointer);
}

void failing_malloc_start(unsigned int nth)
{
	is_on = true;
	has_failed = false;
	left = nth;
	balance = 0;
}

int failing_malloc_stop(void)
{
	is_on = false;
	return balance;
}

bool failing_malloc_has_failed(void)
{
	return has_failed;
}

void failing_malloc_pause(bool paused)
{
	is_on = !paused;
}

bool failing_malloc_strikes(void)
{
	return fails();
}
