/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/vault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LENGTH_MAX 64
/* What is shorter stands in many a text by chance. */
#define TELLING 4

struct vault_entry {
	char name[NAME_LENGTH_MAX + 1];
	struct secret secret;
};

void vault_deinit(struct vault *vault)
{
	for (size_t i = 0; i < vault->n; i++) {
		secret_deinit(&vault->entries[i]->secret);
		free(vault->entries[i]);
	}
	free(vault->entries);
	*vault = (struct vault){ .directory = vault->directory };
}

bool vault_is_name(const char *name, size_t n)
{
	if (n == 0 || n > NAME_LENGTH_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

static int refuse(struct text *why, const char *name, const char *fault)
{
	text_add_format(why, "credential %s %s", name, fault);
	return VAULT_E_REFUSED;
}

static void wipe(void *bytes)
{
	explicit_bzero(bytes, SECRET_MAX + 2);
}

static int read_secret(const char *directory, struct vault_entry *entry,
		       struct text *why)
{
	scope(scope_close) int directory_fd =
		open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scope(scope_close) int fd = -1;
	scope(wipe) char bytes[SECRET_MAX + 2];
	size_t n = 0;
	ssize_t k;

	if (directory_fd >= 0)
		fd = openat(directory_fd, entry->name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return refuse(why, entry->name, strerrordesc_np(errno));
	do {
		k = read(fd, bytes + n, sizeof(bytes) - n);
		if (k < 0)
			return refuse(why, entry->name, strerrordesc_np(errno));
		n += (size_t)k;
	} while (k > 0 && n < sizeof(bytes));
	if (n > 0 && bytes[n - 1] == '\n')
		n--;
	if (n == 0)
		return refuse(why, entry->name, "is empty");
	if (secret_set(&entry->secret, bytes, n) != 0)
		return refuse(why, entry->name,
			      "is longer than 1024 bytes, or has a NUL byte");
	return 0;
}

static int add(struct vault *vault, struct vault_entry *entry)
{
	struct vault_entry **entries = reallocarray(
		vault->entries, vault->n + 1, sizeof(vault->entries[0]));

	if (!entries)
		return -ENOMEM;
	vault->entries = entries;
	entries[vault->n++] = entry;
	return 0;
}

int vault_find(struct vault *vault, const char *name, size_t n,
	       struct text *why, size_t *ret_at)
{
	struct vault_entry *entry;
	int r;

	for (size_t i = 0; i < vault->n; i++)
		if (strlen(vault->entries[i]->name) == n &&
		    memcmp(vault->entries[i]->name, name, n) == 0) {
			*ret_at = i;
			return 0;
		}
	if (!vault_is_name(name, n)) {
		text_add(why, "a credential is named by letters, digits, '.', "
			      "'_' and '-'");
		return VAULT_E_REFUSED;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	memcpy(entry->name, name, n);
	r = vault->directory ? read_secret(vault->directory, entry, why) : 0;
	if (r == 0)
		r = add(vault, entry);
	if (r != 0) {
		secret_deinit(&entry->secret);
		free(entry);
		return r;
	}
	*ret_at = vault->n - 1;
	return 0;
}

const struct secret *vault_at(const struct vault *vault, size_t at)
{
	return &vault->entries[at]->secret;
}

int vault_path(const struct vault *vault, const char *name, char **ret_path)
{
	const char *directory = vault->directory ? vault->directory : "";
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = malloc(size);

	if (!path)
		return -ENOMEM;
	(void)snprintf(path, size, "%s/%s", directory, name);
	*ret_path = path;
	return 0;
}

bool vault_is_within(const struct vault *vault, const char *bytes, size_t n)
{
	for (size_t i = 0; i < vault->n; i++) {
		const struct secret *secret = &vault->entries[i]->secret;

		if (secret->n >= TELLING &&
		    memmem(bytes, n, secret->bytes, secret->n))
			return true;
	}
	return false;
}
