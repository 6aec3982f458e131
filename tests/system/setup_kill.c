/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loaded into cloxxsctl: kills it as kill -9 does, before the Nth of its calls
 * of fsync() and rename(): SETUP_KILL=N. All that it changes passes by these.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int fd);
int renameat(int old_directory, const char *old, int new_directory,
	     const char *new);

static void count(void)
{
	static int n;
	const char *text = getenv("SETUP_KILL");

	if (text && ++n == atoi(text))
		raise(SIGKILL);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	count();
	return real(fd);
}

int renameat(int old_directory, const char *old, int new_directory,
	     const char *new)
{
	int (*real)(int, const char *, int, const char *) =
		(int (*)(int, const char *, int, const char *))dlsym(
			RTLD_NEXT, "renameat");

	count();
	return real(old_directory, old, new_directory, new);
}
