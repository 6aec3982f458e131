/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/references.h"

#include <string.h>

#define BUCKETS 8192u

struct references {
	uint32_t at; /* the next to be written */
	uint32_t buckets[BUCKETS];
	struct reference ring[REFERENCES_MAX];
};

int references_new(struct references **ret_references)
{
	*ret_references = calloc(1, sizeof(**ret_references));
	return *ret_references ? 0 : -ENOMEM;
}

struct references *references_free(struct references *references)
{
	free(references);
	return NULL;
}

/* FNV-1a: callers are our own. */
static uint32_t bucket_of(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % BUCKETS;
}

const struct reference *references_find(const struct references *references,
					const char *name)
{
	uint32_t at = references->buckets[bucket_of(name)];

	while (at > 0) {
		const struct reference *one = &references->ring[at - 1];

		if (strcmp(one->name, name) == 0)
			return one;
		at = one->next;
	}
	return NULL;
}

static void forget(struct references *references, uint32_t at)
{
	const struct reference *one = &references->ring[at - 1];
	uint32_t *link = &references->buckets[bucket_of(one->name)];

	while (*link > 0 && *link != at)
		link = &references->ring[*link - 1].next;
	if (*link == at)
		*link = one->next;
}

static void copy(char *to, size_t size, const char *from)
{
	struct text text;
	size_t n = strlen(from);

	text_init(&text, to, size);
	text_add_bytes(&text, from, n < size ? n : size - 1);
}

void references_add(struct references *references, const char *name,
		    enum result result, const char *route, const char *detail)
{
	uint32_t at = references->at + 1;
	struct reference *one = &references->ring[at - 1];
	uint32_t *bucket = &references->buckets[bucket_of(name)];

	if (one->name[0])
		forget(references, at);
	references->at = at % REFERENCES_MAX;
	copy(one->name, sizeof(one->name), name);
	copy(one->route, sizeof(one->route), route ? route : "");
	copy(one->detail, sizeof(one->detail), detail);
	one->result = result;
	one->next = *bucket;
	*bucket = at;
}
