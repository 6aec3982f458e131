/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Of two who ask, one gets it, and a holder that is killed holds nothing.
 *  2. The file is never removed or replaced: two could hold two of them.
 */
#include "cloxxsd/state/lock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cloxxsd/state/store.h"

struct lock {
	int fd;
};

static int make_private(const char *directory, struct text *why)
{
	char path[512];
	struct text text;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/private", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	return store_make_directory(path, why);
}

static int open_file(const char *directory, int *ret_fd)
{
	scope(scope_close) int fd = -1;
	struct stat status;
	char path[512];
	struct text text;

	text_init(&text, path, sizeof(path));
	text_add_format(&text, "%s/private/lock", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  0600);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	*ret_fd = scope_take_fd(&fd);
	return 0;
}

/* "cloxxsd, process 123": what the holder wrote, if it did already. */
static void tell_holder(int fd, struct text *why)
{
	char holder[64];
	ssize_t n = pread(fd, holder, sizeof(holder), 0);

	text_add(why, "it is held by ");
	if (n > 0)
		text_add_escaped(why, holder, (size_t)n);
	else
		text_add(why, "another program");
}

static int write_holder(int fd, const char *who)
{
	char holder[64];
	struct text text;

	text_init(&text, holder, sizeof(holder));
	text_add_format(&text, "%s, process %ld", who, (long)getpid());
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, text.buffer, text.n, 0) != (ssize_t)text.n)
		return -EIO;
	return 0;
}

int lock_take(const char *directory, const char *who, struct text *why,
	      struct lock **ret_lock)
{
	scope(scope_close) int fd = -1;
	struct lock *lock;
	int r;

	r = make_private(directory, why);
	if (r < 0)
		return r;
	text_add_format(why, "%s/private/lock: ", directory);
	r = open_file(directory, &fd);
	if (r == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (r == -EBUSY)
		tell_holder(fd, why);
	else if (r < 0)
		text_add(why, strerror(-r));
	if (r < 0)
		return r;
	/* Where the disk is full nobody is told who; held it is. */
	(void)!write_holder(fd, who);
	lock = calloc(1, sizeof(*lock));
	if (!lock)
		return -ENOMEM;
	lock->fd = scope_take_fd(&fd);
	text_init(why, why->buffer, why->size);
	*ret_lock = lock;
	return 0;
}

struct lock *lock_free(struct lock *lock)
{
	if (!lock)
		return NULL;
	/* Emptied first: whoever comes next must not read of us. */
	(void)!ftruncate(lock->fd, 0);
	scope_close(&lock->fd);
	free(lock);
	return NULL;
}
