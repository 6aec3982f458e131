/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key file under faults, and cloxxsd as a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloxxsctl/program.h"
#include "cloxxsctl/key_file.h"

static char directory[] = "/tmp/test_ctl_local.XXXXXX";

/* Faults: the Nth call from now fails (0: none does). */
static int fail_write, fail_fsync, fail_random, n_synced;

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
ssize_t __real_getrandom(void *buffer, size_t n, unsigned int flags);
ssize_t __wrap_getrandom(void *buffer, size_t n, unsigned int flags);

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
	if (fail_write > 0 && --fail_write == 0) {
		errno = ENOSPC;
		return -1;
	}
	/* In pieces, as a full pipe or a signal would. */
	return __real_write(fd, bytes, n > 7 ? 7 : n);
}

int __wrap_fsync(int fd)
{
	if (fail_fsync > 0 && --fail_fsync == 0) {
		errno = EIO;
		return -1;
	}
	n_synced++;
	return __real_fsync(fd);
}

ssize_t __wrap_getrandom(void *buffer, size_t n, unsigned int flags)
{
	if (fail_random > 0 && --fail_random == 0) {
		errno = ENOSYS;
		return -1;
	}
	return __real_getrandom(buffer, n, flags);
}

static const char *place(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static size_t read_key(const char *path, unsigned char *key, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n;

	assert_non_null(file);
	n = fread(key, 1, size, file);
	fclose(file);
	return n;
}

static void test_key(void **state)
{
	unsigned char a[KEY_FILE_BYTES + 1], b[KEY_FILE_BYTES + 1];
	mode_t umask_before = umask(0277);
	struct stat st;

	(void)state;
	n_synced = 0;
	assert_int_equal(key_file_create(place("a")), 0);
	umask(umask_before);
	assert_int_equal(n_synced, 2); /* the file, and its directory */
	assert_int_equal(stat(place("a"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(read_key(place("a"), a, sizeof(a)), KEY_FILE_BYTES);
	assert_int_equal(key_file_create(place("b")), 0);
	assert_int_equal(read_key(place("b"), b, sizeof(b)), KEY_FILE_BYTES);
	assert_memory_not_equal(a, b, KEY_FILE_BYTES);
	/* Never over one that is there. */
	assert_int_equal(key_file_create(place("a")), -EEXIST);
	assert_int_equal(read_key(place("a"), b, sizeof(b)), KEY_FILE_BYTES);
	assert_memory_equal(a, b, KEY_FILE_BYTES);
	unlink(place("a"));
	unlink(place("b"));
}

static void test_key_places(void **state)
{
	char target[128];

	(void)state;
	snprintf(target, sizeof(target), "%s", place("target"));
	assert_int_equal(symlink(target, place("link")), 0);
	assert_int_equal(key_file_create(place("link")), -EEXIST);
	assert_int_not_equal(access(target, F_OK), 0);
	unlink(place("link"));
	assert_int_equal(key_file_create(place("none/key")), -ENOENT);
	assert_int_equal(key_file_create(place("")), -EISDIR);
	assert_int_equal(key_file_create(directory), -EEXIST);
	assert_true(key_file_create("") < 0);
	/* abuse_124: a name is a name */
	assert_int_equal(key_file_create(place("-rf $(id) %n")), 0);
	assert_int_equal(unlink(place("-rf $(id) %n")), 0);
}

/* Whatever fails, no half of a key is left behind. */
static void test_key_faults(void **state)
{
	static const struct {
		int *fault;
		int nth, error;
	} rows[] = {
		{ &fail_random, 1, -ENOSYS }, { &fail_write, 1, -ENOSPC },
		{ &fail_write, 3, -ENOSPC },  { &fail_fsync, 1, -EIO },
		{ &fail_fsync, 2, -EIO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		*rows[i].fault = rows[i].nth;
		assert_int_equal(key_file_create(place("k")), rows[i].error);
		assert_int_equal(*rows[i].fault, 0);
		assert_int_not_equal(access(place("k"), F_OK), 0);
	}
}

static void write_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fchmod(fileno(file), 0700), 0);
	fclose(file);
}

/* abuse_125: nothing of our surroundings reaches the child */
static void test_child(void **state)
{
	static const char *const argv[] = { "cloxxsd", "--config", "$(id) %n;",
					    NULL };
	const char *path = place("child");
	int open_one = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(open_one > 2);
	setenv("LD_PRELOAD_CANARY", "1", 1);
	write_script(path, "#!/bin/sh\n"
			   "[ $# = 2 ] && [ \"$1\" = --config ] || exit 11\n"
			   "[ \"$2\" = '$(id) %n;' ] || exit 12\n"
			   "[ -z \"$LD_PRELOAD_CANARY\" ] || exit 13\n"
			   "[ ! -e /proc/self/fd/9 ] || exit 14\n"
			   "read line && exit 15\n"
			   "exit 42\n");
	assert_int_equal(dup2(open_one, 9), 9);
	assert_int_equal(program_run(path, argv), 42);
	close(9);
	close(open_one);
	write_script(path, "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(program_run(path, argv), -EINTR);
	unlink(path);
	assert_int_equal(program_run(path, argv), -ENOENT);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_key_places),
		cmocka_unit_test(test_key_faults),
		cmocka_unit_test(test_child),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
