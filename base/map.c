/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No byte is read outside the mapping, whatever the file says.
 *  2. Every loop is bounded by a number checked at opening.
 *  3. A slot is read once, with acquire, before its record.
 */
#include "base/map.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

uint64_t map_hash_bytes(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

uint64_t map_hash_u32(uint32_t number)
{
	uint64_t hash = (number + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

	hash ^= hash >> 32;
	hash *= UINT64_C(0xd6e8feb86659fd93);
	return hash ^ (hash >> 29);
}

uint64_t map_header_check(const struct map_header *header)
{
	/* What lies before, between and behind what changes. */
	const uint64_t parts[] = {
		map_hash_bytes(header, offsetof(struct map_header, retired)),
		header->n_tables,
		header->size,
		header->arena_offset,
		map_hash_bytes(header->tables, sizeof(header->tables)),
	};

	return map_hash_bytes(parts, sizeof(parts));
}

static bool table_is_sound(const struct map_table *table, uint64_t size)
{
	uint64_t bytes = (uint64_t)table->n_slots * sizeof(uint64_t);

	return table->n_slots > 0 &&
	       (table->n_slots & (table->n_slots - 1)) == 0 &&
	       table->offset >= sizeof(struct map_header) &&
	       table->offset % sizeof(uint64_t) == 0 && table->offset <= size &&
	       bytes <= size - table->offset;
}

static int map_check(struct map *map, enum map_kind kind, uint32_t n_tables)
{
	const struct map_header *header = map->header;

	if (memcmp(header->magic, MAP_MAGIC, sizeof(header->magic)) != 0 ||
	    header->byte_order != MAP_BYTE_ORDER ||
	    header->version != MAP_VERSION || header->kind != kind)
		return MAP_E_FOREIGN;
	if (header->size != map->size || header->n_tables < n_tables ||
	    header->n_tables > MAP_TABLES_MAX ||
	    header->arena_offset > map->size ||
	    header->arena_offset < sizeof(*header))
		return MAP_E_DAMAGED;
	map->arena_offset = header->arena_offset;
	map->n_tables = header->n_tables;
	memcpy(map->tables, header->tables, sizeof(map->tables));
	for (uint32_t i = 0; i < map->n_tables; i++)
		if (!table_is_sound(&map->tables[i], map->size))
			return MAP_E_DAMAGED;
	return 0;
}

int map_open(const char *path, enum map_kind kind, uint32_t n_tables,
	     struct map **ret_map)
{
	scope(map_freep) struct map *map = NULL;
	scope(scope_close) int fd = -1;
	struct stat status;
	void *mapping;
	int r;

	/* NONBLOCK: a FIFO put in the file's place must not hold the caller. */
	fd = open(path,
		  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? MAP_E_MISSING
		       : errno == ELOOP                    ? MAP_E_FOREIGN
							   : -errno;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return MAP_E_FOREIGN;
	if ((uint64_t)status.st_size < sizeof(struct map_header))
		return MAP_E_FOREIGN;
	map = calloc(1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd,
		       0);
	if (mapping == MAP_FAILED)
		return -errno;
	map->header = mapping;
	map->size = (uint64_t)status.st_size;
	r = map_check(map, kind, n_tables);
	if (r != 0)
		return r;
	*ret_map = scope_take_ptr(map);
	return 0;
}

struct map *map_free(struct map *map)
{
	if (!map)
		return NULL;
	if (map->header)
		munmap((void *)(uintptr_t)map->header, (size_t)map->size);
	free(map);
	return NULL;
}

static const _Atomic uint64_t *map_slots(const struct map *map, uint32_t table)
{
	const char *base = (const char *)map->header;

	return (const _Atomic uint64_t
			*)(const void *)(base + map->tables[table].offset);
}

static const struct map_record *map_record(const struct map *map, uint64_t slot)
{
	uint64_t offset = (slot & UINT32_MAX) * MAP_ALIGN;
	const struct map_record *record;

	if (offset < map->arena_offset || offset > map->size - sizeof(*record))
		return NULL;
	record = (const void *)((const char *)map->header + offset);
	if (record->size < sizeof(*record) || record->size > map->size - offset)
		return NULL;
	return record;
}

void map_probe_init(struct map_probe *probe, const struct map *map,
		    uint32_t table, uint64_t hash)
{
	*probe = (struct map_probe){
		.map = map,
		.slots = map_slots(map, table),
		.mask = map->tables[table].n_slots - 1,
		.next = (uint32_t)hash & (map->tables[table].n_slots - 1),
		.left = map->tables[table].n_slots,
		.tag = (uint32_t)(hash >> 32),
	};
	__builtin_prefetch((const void *)(uintptr_t)&probe->slots[probe->next]);
}

void map_probe_prefetch(const struct map_probe *probe)
{
	uint64_t slot = atomic_load_explicit(&probe->slots[probe->next],
					     memory_order_relaxed);
	const char *record = (const char *)probe->map->header +
			     (slot & UINT32_MAX) * MAP_ALIGN;

	if (slot >> 32 != probe->tag)
		return;
	/* A record mostly stands across two lines. */
	__builtin_prefetch(record);
	__builtin_prefetch(record + 64);
}

const struct map_record *map_probe_next(struct map_probe *probe)
{
	while (probe->left > 0) {
		uint64_t slot = atomic_load_explicit(&probe->slots[probe->next],
						     memory_order_acquire);

		probe->left--;
		probe->next = (probe->next + 1) & probe->mask;
		if (slot == MAP_SLOT_EMPTY)
			break;
		if (slot != MAP_SLOT_DELETED && slot >> 32 == probe->tag) {
			const struct map_record *record =
				map_record(probe->map, slot);

			if (record)
				return record;
			probe->damaged = true;
		}
	}
	probe->left = 0;
	return NULL;
}

uint32_t map_n_slots(const struct map *map, uint32_t table)
{
	return map->tables[table].n_slots;
}

const struct map_record *map_at(const struct map *map, uint32_t table,
				uint32_t index)
{
	uint64_t slot;

	if (index >= map->tables[table].n_slots)
		return NULL;
	slot = atomic_load_explicit(&map_slots(map, table)[index],
				    memory_order_acquire);
	if (slot == MAP_SLOT_EMPTY || slot == MAP_SLOT_DELETED)
		return NULL;
	return map_record(map, slot);
}
