/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold: an act stands in the log, and the originals beside it, on
 * the disk, before the act is done; a line that was cut by a crash is of an act
 * that was not begun.
 */
#include "cloxxsctl/setup/record.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cloxxsctl/doctor/host.h"
#include "cloxxsctl/doctor/lines.h"

#define LOG "log"
/* What a kill may leave beside a file. */
#define TEMPORARY ".%s.cloxxs-setup"

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int record_read_file(const char *path, char **ret_text)
{
	const struct host host = { .root = "" };

	return host_read(&host, path, ret_text);
}

static int read_at(int directory, const char *name, char **ret_text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory,
		       name);
	return record_read_file(path, ret_text);
}

/* Files. */

static int put_at(int directory, const char *name, const char *text,
		  mode_t mode, uid_t uid, gid_t gid)
{
	scope(scope_close) int fd = -1;
	char temporary[NAME_MAX + 1];
	int r;

	r = snprintf(temporary, sizeof(temporary), TEMPORARY, name);
	if (r < 0 || (size_t)r >= sizeof(temporary))
		return -ENAMETOOLONG;
	if (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(directory, temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0 ? -errno : 0;
	if (r == 0)
		r = write_all(fd, text);
	if (r == 0 && renameat(directory, temporary, directory, name) < 0)
		r = -errno;
	if (r == 0 && fsync(directory) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(directory, temporary, 0);
	return r;
}

/* The place that path names, links followed, cut at its last slash. */
static int open_parent(const char *path, char full[PATH_MAX],
		       const char **ret_name)
{
	char *slash;
	int fd;

	if (!realpath(path, full)) {
		if (errno != ENOENT || strlen(path) >= PATH_MAX)
			return -errno;
		memcpy(full, path, strlen(path) + 1);
	}
	slash = strrchr(full, '/');
	if (!slash || slash == full || !slash[1])
		return -EINVAL;
	*slash = '\0';
	*ret_name = slash + 1;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int record_write_file(const char *path, const char *text, mode_t mode,
		      uid_t uid, gid_t gid)
{
	char full[PATH_MAX];
	const char *name = NULL;
	scope(scope_close) int directory = open_parent(path, full, &name);

	if (directory < 0)
		return directory;
	return put_at(directory, name, text, mode, uid, gid);
}

int record_tidy_file(const char *path)
{
	char full[PATH_MAX], temporary[NAME_MAX + 1];
	const char *name = NULL;
	scope(scope_close) int directory = open_parent(path, full, &name);
	int r;

	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	r = snprintf(temporary, sizeof(temporary), TEMPORARY, name);
	if (r < 0 || (size_t)r >= sizeof(temporary))
		return -ENAMETOOLONG;
	if (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* Reading the log. */

static bool number_of(char **rest, int base, unsigned long *ret_number)
{
	char *word = lines_word(rest), *end;

	if (!word)
		return false;
	errno = 0;
	*ret_number = strtoul(word, &end, base);
	return *end == '\0' && errno == 0;
}

static bool read_act(char *line, struct record_act *ret_act)
{
	struct record_act act = { 0 };
	char *rest = line, *kind = lines_word(&rest);
	unsigned long number = 0, mode = 0, uid = 0, gid = 0;
	struct text text;

	if (!kind)
		return false;
	act.was_there = strcmp(kind, "file") == 0;
	if (act.was_there &&
	    !(number_of(&rest, 10, &number) && number_of(&rest, 8, &mode) &&
	      number_of(&rest, 10, &uid) && number_of(&rest, 10, &gid)))
		return false;
	if (strcmp(kind, "new") == 0 && !number_of(&rest, 10, &number))
		return false;
	text_init(&text, act.kind, sizeof(act.kind));
	text_add(&text,
		 act.was_there || strcmp(kind, "new") == 0 ? "file" : kind);
	act.number = (unsigned int)number;
	act.mode = (mode_t)mode;
	act.uid = (uid_t)uid;
	act.gid = (gid_t)gid;
	act.about = strdup(lines_trim(rest));
	*ret_act = act;
	return act.about != NULL;
}

static int read_log(struct record *record)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line, *end;
	int r = read_at(record->directory, LOG, &text);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	/* The last line may have been cut: that act was never begun. */
	end = strrchr(text, '\n');
	if (end)
		end[1] = '\0';
	else
		*text = '\0';
	lines = lines_of(text);
	while ((line = lines_next(&lines))) {
		if (record->n == RECORD_ACTS_MAX ||
		    !read_act(line, &record->acts[record->n]))
			return RECORD_E_FOREIGN;
		record->n++;
	}
	return 0;
}

/* Opening. */

static int open_directory(const char *path, bool create)
{
	struct stat status;
	int fd;

	if (create && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || status.st_uid != geteuid() ||
	    (status.st_mode & 0077)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* What a crash cut is cut off, so that the next line begins a line. */
static int open_log(struct record *record)
{
	scope(scope_free) char *text = NULL;
	char *end;
	int r, fd;

	fd = openat(record->directory, LOG,
		    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	record->log = fd;
	r = read_at(record->directory, LOG, &text);
	if (r < 0)
		return r;
	end = strrchr(text, '\n');
	if (ftruncate(fd, end ? end + 1 - text : 0) < 0)
		return -errno;
	return fsync(record->directory) < 0 ? -errno : 0;
}

int record_open(const char *directory, bool create, struct record *ret_record)
{
	struct record record = { .directory = -1, .log = -1 };
	int r = 0;

	record.directory = open_directory(directory, create);
	if (record.directory == -ENOENT)
		return RECORD_E_NONE;
	if (record.directory == -EPERM || record.directory == -ELOOP ||
	    record.directory == -ENOTDIR)
		return RECORD_E_FOREIGN;
	if (record.directory < 0)
		return record.directory;
	record.acts = calloc(RECORD_ACTS_MAX, sizeof(*record.acts));
	if (!record.acts)
		r = -ENOMEM;
	if (r == 0 && flock(record.directory, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK ? RECORD_E_BUSY : -errno;
	if (r == 0)
		r = read_log(&record);
	if (r == 0)
		r = open_log(&record);
	if (r != 0) {
		record_close(&record);
		return r;
	}
	*ret_record = record;
	return 0;
}

void record_close(struct record *record)
{
	for (size_t i = 0; record->acts && i < record->n; i++)
		free(record->acts[i].about);
	free(record->acts);
	scope_close(&record->log);
	scope_close(&record->directory);
	record->acts = NULL;
	record->n = 0;
}

/* Writing. */

static int add(struct record *record, char *line)
{
	size_t n = strlen(line);
	int r;

	if (record->n == RECORD_ACTS_MAX)
		return -E2BIG;
	line[n] = '\n';
	line[n + 1] = '\0';
	r = write_all(record->log, line);
	line[n] = '\0';
	if (r < 0)
		return r;
	if (!read_act(line, &record->acts[record->n]))
		return -ENOMEM;
	record->n++;
	return 0;
}

int record_act(struct record *record, const char *kind, const char *about)
{
	char line[PATH_MAX + 128];
	struct text text;

	text_init(&text, line, sizeof(line) - 1);
	text_add_format(&text, "%s %s", kind, about);
	return text_is_cut(&text) ? -ENAMETOOLONG : add(record, line);
}

/* The next number that no file has. */
static unsigned int next_number(const struct record *record)
{
	unsigned int number = 0;

	for (size_t i = 0; i < record->n; i++)
		if (record->acts[i].number > number)
			number = record->acts[i].number;
	return number + 1;
}

static int save(const struct record *record, unsigned int number,
		const char *end, const char *text)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.%s", number, end);
	return put_at(record->directory, name, text, 0600, geteuid(),
		      getegid());
}

int record_file(struct record *record, const char *path, const char *text)
{
	unsigned int number = next_number(record);
	scope(scope_free) char *old = NULL;
	char line[PATH_MAX + 128];
	struct stat status;
	struct text out;
	int r;

	r = record_read_file(path, &old);
	if (r < 0 && r != -ENOENT)
		return r;
	text_init(&out, line, sizeof(line) - 1);
	if (!old)
		text_add_format(&out, "new %u %s", number, path);
	else if (stat(path, &status) < 0)
		return -errno;
	else
		text_add_format(&out, "file %u %o %u %u %s", number,
				status.st_mode & 07777, status.st_uid,
				status.st_gid, path);
	if (text_is_cut(&out))
		return -ENAMETOOLONG;
	r = old ? save(record, number, "old", old) : 0;
	if (r == 0)
		r = save(record, number, "new", text);
	return r < 0 ? r : add(record, line);
}

int record_text(const struct record *record, const struct record_act *act,
		bool old, char **ret_text)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.%s", act->number,
		       old ? "old" : "new");
	return read_at(record->directory, name, ret_text);
}

bool record_has(const struct record *record, const char *kind,
		const char *about)
{
	for (size_t i = 0; i < record->n; i++)
		if (strcmp(record->acts[i].kind, kind) == 0 &&
		    strcmp(record->acts[i].about, about) == 0)
			return true;
	return false;
}

bool record_is_done(const struct record *record)
{
	return record->n > 0 &&
	       strcmp(record->acts[record->n - 1].kind, "done") == 0;
}

/* The log goes first but one: without it the rest is of no meaning. */
int record_remove(struct record *record, const char *directory)
{
	static const char *const ends[] = { "old", "new" };
	unsigned int n = next_number(record);

	if (unlinkat(record->directory, LOG, 0) < 0 && errno != ENOENT)
		return -errno;
	/* One more: what was saved before its line could be written. */
	for (unsigned int i = 1; i <= n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(ends); k++) {
			char name[64];

			(void)snprintf(name, sizeof(name), "%u.%s", i, ends[k]);
			(void)unlinkat(record->directory, name, 0);
			(void)snprintf(name, sizeof(name),
				       ".%u.%s.cloxxs-setup", i, ends[k]);
			(void)unlinkat(record->directory, name, 0);
		}
	return rmdir(directory) < 0 && errno != ENOENT ? -errno : 0;
}
