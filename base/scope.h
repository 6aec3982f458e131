/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Scope: what is opened at a declaration is closed when the name leaves scope.
 * A pointer or descriptor that outlives its scope is taken out of it by
 * scope_take_ptr() or scope_take_fd(), which leave NULL or -1 behind.
 * Not a garbage collector: every object still has exactly one owner.
 *
 * The doctrine of return values, for every function of this project:
 *     0   done;
 *    <0   -errno, fatal to the operation, only handed up;
 *    >0   a value of the module's own enum, which the caller must handle.
 */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(at, first) __attribute__((format(printf, at, first)))
#define format_like(at) __attribute__((format_arg(at)))
#define scope(function) __attribute__((cleanup(function)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline void scope_free(void *pointer)
{
	void **p = pointer;

	free(*p);
	*p = NULL;
}

/* Closes *fd if it is one; errno is kept, for it is read after cleanup. */
static inline void scope_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void *scope_take_address(void *pointer)
{
	void **p = pointer, *taken = *p;

	*p = NULL;
	return taken;
}
#define scope_take_ptr(pointer) \
	((__typeof__(pointer))scope_take_address(&(pointer)))

static inline int scope_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
