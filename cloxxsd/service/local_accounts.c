/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/local_accounts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* What is needed of a line NAME:X:ID:... */
struct line {
	const char *name;
	size_t n;
	bool has_id;
	uint32_t id;
};

static struct line read_line(const char *text)
{
	struct line line = { .name = text, .n = strcspn(text, ":") };
	const char *field =
		text[line.n] ? strchr(text + line.n + 1, ':') : NULL;
	unsigned long id;
	char *end;

	if (!field)
		return line;
	id = strtoul(field + 1, &end, 10);
	line.has_id = end != field + 1 && *end == ':' && id <= UINT32_MAX;
	line.id = line.has_id ? (uint32_t)id : 0;
	return line;
}

/* What each returns other than 0 ends it and is handed up. */
static int for_each_line(const char *file,
			 int (*each)(const struct line *line, const char *file,
				     void *userdata),
			 void *userdata)
{
	scope(close_file) FILE *stream = NULL;
	scope(scope_free) char *text = NULL;
	size_t size = 0;
	int r = 0;

	stream = fopen(file, "re");
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && getline(&text, &size, stream) >= 0) {
		struct line line = read_line(text);

		r = each(&line, file, userdata);
	}
	if (r == 0 && ferror(stream))
		return -EIO;
	return r;
}

struct wanted {
	const char *name;
	uint32_t id;
};

static int match(const struct line *line, const char *file, void *userdata)
{
	const struct wanted *wanted = userdata;

	(void)file;
	if (line->n == strlen(wanted->name) &&
	    memcmp(line->name, wanted->name, line->n) == 0)
		return LOCAL_ACCOUNTS_NAME;
	return line->has_id && line->id == wanted->id ? LOCAL_ACCOUNTS_ID : 0;
}

int local_accounts_find(const char *file, const char *name, uint32_t id)
{
	struct wanted wanted = { name, id };

	return for_each_line(file, match, &wanted);
}

struct search {
	const char *name;
	uint32_t id;
	bool found;
};

static int match_name(const struct line *line, const char *file, void *userdata)
{
	struct search *search = userdata;

	(void)file;
	if (line->n != strlen(search->name) ||
	    memcmp(line->name, search->name, line->n) != 0)
		return 0;
	search->found = line->has_id && line->id != UINT32_MAX;
	search->id = line->id;
	return LOCAL_ACCOUNTS_NAME;
}

int local_accounts_uid(const char *file, const char *name, uint32_t *ret_uid)
{
	struct search search = { .name = name };
	int r;

	/* A file that is not there says nothing of who stands in it. */
	if (access(file, F_OK) < 0)
		return -errno;
	r = for_each_line(file, match_name, &search);
	if (r < 0 || !search.found)
		return r < 0 ? r : 0;
	*ret_uid = search.id;
	return LOCAL_ACCOUNTS_NAME;
}

struct account {
	char *name;
	uint32_t id;
	const char *file;
};

struct local_accounts {
	struct account *names; /* in order of name; they own them */
	struct account *ids;   /* in order of id */
	size_t n, n_room;
};

static int add_account(const struct line *line, const char *file,
		       void *userdata)
{
	struct local_accounts *accounts = userdata;
	struct account *account;

	if (accounts->n == accounts->n_room) {
		size_t n_room = accounts->n_room * 2 + 64;

		account =
			reallocarray(accounts->names, n_room, sizeof(*account));
		if (!account)
			return -ENOMEM;
		accounts->names = account;
		accounts->n_room = n_room;
	}
	account = &accounts->names[accounts->n];
	*account = (struct account){ .name = strndup(line->name, line->n),
				     .id = line->id,
				     .file = file };
	if (!account->name)
		return -ENOMEM;
	accounts->n++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct account *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int by_id(const void *a, const void *b)
{
	const struct account *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int sort_accounts(struct local_accounts *accounts)
{
	size_t n = accounts->n;

	accounts->ids = calloc(n + 1, sizeof(*accounts->ids));
	if (!accounts->ids)
		return -ENOMEM;
	if (n == 0)
		return 0;
	memcpy(accounts->ids, accounts->names, n * sizeof(*accounts->ids));
	qsort(accounts->names, n, sizeof(*accounts->names), by_name);
	qsort(accounts->ids, n, sizeof(*accounts->ids), by_id);
	return 0;
}

int local_accounts_load(struct local_accounts **ret_accounts)
{
	scope(local_accounts_freep) struct local_accounts *accounts = NULL;
	int r;

	accounts = calloc(1, sizeof(*accounts));
	if (!accounts)
		return -ENOMEM;
	r = for_each_line("/etc/passwd", add_account, accounts);
	if (r == 0)
		r = for_each_line("/etc/group", add_account, accounts);
	if (r == 0)
		r = sort_accounts(accounts);
	if (r == 0)
		*ret_accounts = scope_take_ptr(accounts);
	return r;
}

struct local_accounts *local_accounts_free(struct local_accounts *accounts)
{
	if (!accounts)
		return NULL;
	for (size_t i = 0; i < accounts->n; i++)
		free(accounts->names[i].name);
	free(accounts->names);
	free(accounts->ids);
	free(accounts);
	return NULL;
}

static const char *search(const struct account *accounts, size_t n,
			  const struct account *wanted,
			  int (*compare)(const void *, const void *))
{
	const struct account *found =
		n > 0 ? bsearch(wanted, accounts, n, sizeof(*accounts), compare)
		      : NULL;

	return found ? found->file : NULL;
}

const char *local_accounts_of_name(const struct local_accounts *accounts,
				   const char *name)
{
	const struct account wanted = { .name = (char *)(uintptr_t)name };

	return search(accounts->names, accounts->n, &wanted, by_name);
}

const char *local_accounts_of_id(const struct local_accounts *accounts,
				 uint32_t id)
{
	const struct account wanted = { .id = id };

	return search(accounts->ids, accounts->n, &wanted, by_id);
}
