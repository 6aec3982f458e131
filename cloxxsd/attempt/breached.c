/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing that is not in order is searched to its end with "not there":
 * each line that is read must lie between those that bound it.
 *  2. The list is never read whole, and nothing of it is believed that is not a
 *     line of its form.
 *  3. What is made of the password is wiped.
 */
#include "cloxxsd/attempt/breached.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cloxxsd/attempt/sha1.h"
#include "conf/trusted_file.h"

#define DIGITS (2 * SHA1_BYTES)
/* Digits, ':', a count of 20 digits, CR and LF. */
#define LINE_MAX_BYTES (DIGITS + 1 + 20 + 2)

struct list {
	int fd;
	uint64_t size;
	struct stat status;
};

static void list_deinit(struct list *list)
{
	scope_close(&list->fd);
}

struct line {
	uint64_t begin, end; /* end is behind its newline */
	uint8_t digest[SHA1_BYTES];
};

/* The lines before and behind all that is still searched. */
struct bounds {
	uint64_t begin, end;
	uint8_t below[SHA1_BYTES], above[SHA1_BYTES];
	bool has_below, has_above;
};

static int unusable(struct text *why, const char *what)
{
	text_add(why, what);
	return BREACHED_E_UNUSABLE;
}

static int open_list(const char *path, struct list *list, struct text *why)
{
	const struct trusted_file file = {
		.directory_fd = AT_FDCWD,
		.name = path,
		.shown = path,
		.kind = TRUSTED_FILE_REGULAR,
	};
	struct findings findings = { .text = why };
	int r = trusted_file_open(&file, &findings, &list->fd);

	if (r == TRUSTED_FILE_E_MISSING) {
		text_add_format(why, "%s is not there", path);
		return BREACHED_E_UNUSABLE;
	}
	if (r == TRUSTED_FILE_E_REFUSED)
		return BREACHED_E_UNUSABLE;
	if (r < 0)
		return unusable(why, strerrordesc_np(-r));
	if (fstat(list->fd, &list->status) < 0)
		return unusable(why, strerrordesc_np(errno));
	list->size = (uint64_t)list->status.st_size;
	/* What the system reads ahead of a few bytes is of no use here. */
	(void)posix_fadvise(list->fd, 0, 0, POSIX_FADV_RANDOM);
	return list->size > 0 ? 0 : unusable(why, "the list is empty");
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The n bytes of a line, without its newline. */
static bool parse_line(const char *bytes, size_t n,
		       uint8_t ret_digest[SHA1_BYTES])
{
	if (n > 0 && bytes[n - 1] == '\r')
		n--;
	if (n < DIGITS || n == DIGITS + 1 ||
	    (n > DIGITS && bytes[DIGITS] != ':'))
		return false;
	for (size_t i = DIGITS + 1; i < n; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
	for (size_t i = 0; i < SHA1_BYTES; i++) {
		int high = digit(bytes[2 * i]), low = digit(bytes[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int read_at(const struct list *list, uint64_t at, char *bytes, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = pread(list->fd, bytes + done, n - done,
				  (off_t)(at + done));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? -errno : -EIO;
		done += (size_t)k;
	}
	return 0;
}

/* The line in which byte at stands. */
static int read_line(const struct list *list, uint64_t at,
		     struct line *ret_line, struct text *why)
{
	char bytes[2 * LINE_MAX_BYTES];
	uint64_t from = at > LINE_MAX_BYTES ? at - LINE_MAX_BYTES : 0;
	uint64_t until = at + LINE_MAX_BYTES < list->size ? at + LINE_MAX_BYTES
							  : list->size;
	size_t n = (size_t)(until - from), here = (size_t)(at - from);
	size_t begin = here, end = here;
	int r = read_at(list, from, bytes, n);

	if (r < 0)
		return unusable(why, strerrordesc_np(-r));
	while (begin > 0 && bytes[begin - 1] != '\n')
		begin--;
	while (end < n && bytes[end] != '\n')
		end++;
	/* A beginning or an end that is out of reach is of no line of ours. */
	if ((begin == 0 && from > 0) || (end == n && until < list->size) ||
	    !parse_line(bytes + begin, end - begin, ret_line->digest)) {
		text_add_format(why,
				"at byte %llu stands no line of a SHA-1 and a "
				"count",
				(unsigned long long)(from + begin));
		return BREACHED_E_UNUSABLE;
	}
	ret_line->begin = from + begin;
	ret_line->end = from + end + (end < n);
	return 0;
}

static bool is_in_order(const struct bounds *bounds, const struct line *line)
{
	return (!bounds->has_below ||
		memcmp(bounds->below, line->digest, SHA1_BYTES) < 0) &&
	       (!bounds->has_above ||
		memcmp(bounds->above, line->digest, SHA1_BYTES) > 0);
}

/* The line at byte at, which must lie between the bounds. */
static int read_within(const struct list *list, const struct bounds *bounds,
		       uint64_t at, struct line *ret_line, struct text *why)
{
	int r = read_line(list, at, ret_line, why);

	if (r != 0 || is_in_order(bounds, ret_line))
		return r;
	text_add_format(why, "the line at byte %llu is not in order",
			(unsigned long long)ret_line->begin);
	return BREACHED_E_UNUSABLE;
}

static void move_below(struct bounds *bounds, const struct line *line)
{
	bounds->begin = line->end;
	bounds->has_below = true;
	memcpy(bounds->below, line->digest, SHA1_BYTES);
}

static void move_above(struct bounds *bounds, const struct line *line)
{
	bounds->end = line->begin;
	bounds->has_above = true;
	memcpy(bounds->above, line->digest, SHA1_BYTES);
}

/* Looks at the line at byte at: 0 to go on between narrower bounds. */
static int look_at(const struct list *list, struct bounds *bounds, uint64_t at,
		   const uint8_t wanted[SHA1_BYTES], struct text *why)
{
	struct line line;
	int r = read_within(list, bounds, at, &line, why), order;

	if (r != 0)
		return r;
	order = memcmp(line.digest, wanted, SHA1_BYTES);
	if (order == 0)
		return BREACHED_E_FOUND;
	if (order < 0)
		move_below(bounds, &line);
	else
		move_above(bounds, &line);
	return 0;
}

#define LOOKS 16

/* Lines all over the list, which must be in order: what stands in another one
 * is found out before anything is said of it. */
static int look_over(const struct list *list, struct text *why)
{
	struct bounds bounds = { 0 };
	int r = 0;

	for (uint64_t i = 0; r == 0 && i <= LOOKS; i++) {
		uint64_t at = i == LOOKS ? list->size - 1
					 : (list->size - 1) / LOOKS * i;
		struct line line;

		/* In a short list the same line comes again. */
		if (bounds.has_below && at < bounds.begin)
			continue;
		r = read_within(list, &bounds, at, &line, why);
		if (r == 0)
			move_below(&bounds, &line);
	}
	return r;
}

static int search(const struct list *list, const uint8_t wanted[SHA1_BYTES],
		  struct text *why)
{
	struct bounds bounds = { .end = list->size };
	int r = look_over(list, why);

	while (r == 0 && bounds.begin < bounds.end)
		r = look_at(list, &bounds,
			    bounds.begin + (bounds.end - bounds.begin) / 2,
			    wanted, why);
	return r;
}

int breached_search(const char *path, const struct secret *password,
		    struct text *why)
{
	scope(list_deinit) struct list list = { .fd = -1 };
	uint8_t wanted[SHA1_BYTES];
	int r = open_list(path, &list, why);

	if (r != 0)
		return r;
	sha1(password->bytes, password->n, wanted);
	r = search(&list, wanted, why);
	explicit_bzero(wanted, sizeof(wanted));
	return r;
}

int breached_look(const char *path, struct breached_facts *ret_facts,
		  struct text *why)
{
	scope(list_deinit) struct list list = { .fd = -1 };
	int r = open_list(path, &list, why);

	if (r == 0)
		r = look_over(&list, why);
	if (r != 0)
		return r;
	*ret_facts = (struct breached_facts){
		.modified_s = list.status.st_mtime,
		.bytes = list.size,
	};
	return 0;
}
