/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whoever calls is root: for a daemon that an ordinary user's tests run. */
#include <stddef.h>
#include <sys/socket.h>

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	int r = __real_getsockopt(fd, level, name, value, n);

	if (r == 0 && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = 0;
	return r;
}
