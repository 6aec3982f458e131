/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Map: a file that one writer changes in place and many readers map read-only.
 *
 *     header | hash tables of slots | arena of records
 *
 * A record is written into free arena, then one slot is swung to it with a
 * release store; a record that a slot has named never changes again. So a
 * reader needs no lock and no system call, and sees each record whole. When
 * the arena or a table is full, the writer makes a new file with all that is
 * current, flags the old one `retired`, and renames the new one over it, in
 * that order: a reader that finds the flag opens the path again, and where it
 * still finds a retired file (the writer died between the two) it uses that
 * for this look-up only. The file is never truncated and never rewritten.
 *
 * Readers trust nothing in the file: each offset and length is checked against
 * the mapping; a record that cannot be true reads as "not there".
 * All numbers are in the byte order of the machine, which the header states.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

#define MAP_MAGIC "CLOXXSMP"
#define MAP_VERSION 1
#define MAP_BYTE_ORDER UINT32_C(0x01020304)
#define MAP_TABLES_MAX 7

enum map_kind {
	_MAP_KIND_NONE,
	MAP_KIND_IDENTITY,
	MAP_KIND_ACCESS,
};

/* Records stand at multiples of this; slots count offsets in it. */
#define MAP_ALIGN 8

struct map_table {
	/* bytes from the start of the file to the first slot */
	uint64_t offset;
	/* a power of two */
	uint32_t n_slots;
	uint32_t reserved;
};

struct map_header {
	char magic[8];
	uint32_t byte_order;
	uint16_t version;
	uint16_t kind;
	/* one higher with each new file */
	uint64_t generation;
	_Atomic uint32_t retired;
	uint32_t n_tables;
	/* of the file */
	uint64_t size;
	/* where records begin */
	uint64_t arena_offset;
	/* where the next record goes; the writer's own */
	_Atomic uint64_t arena_end;
	struct map_table tables[MAP_TABLES_MAX];
	/* one higher before each change of slots: see map_changes() */
	_Atomic uint64_t n_changes;
	/* map_header_check() */
	uint64_t check;
};

/*
 * A slot is 64 bits: the record's offset in MAP_ALIGN units below, the upper
 * half of the key's hash above, so that a miss rarely touches the arena.
 */
#define MAP_SLOT_EMPTY UINT64_C(0)
#define MAP_SLOT_DELETED UINT64_C(1)

struct map_record {
	uint32_t size; /* bytes, this header included */
	uint32_t type; /* the kind's own enum */
};

/* One mapping of one file. Owned by its opener; read by any thread. */
struct map {
	const struct map_header *header;
	/* of the mapping */
	uint64_t size;
	/* Copied at opening: a writer gone wrong cannot move them later. */
	struct map_table tables[MAP_TABLES_MAX];
	uint64_t arena_offset;
	uint32_t n_tables;
};

enum map_error {
	_MAP_E_OK,
	MAP_E_MISSING, /* no file at the path */
	MAP_E_FOREIGN, /* not a regular file, or others may write it, or not a
			  map of this kind */
	MAP_E_DAMAGED, /* a map, with a header that cannot be true */
};

/*
 * Maps the file at path, which must be of kind with at least n_tables tables.
 * MAP_E_* or -errno; *ret_map is untouched on failure. Keeps no descriptor.
 */
must_check int map_open(const char *path, enum map_kind kind, uint32_t n_tables,
			struct map **ret_map);
/* Unmaps; takes NULL, returns NULL. */
struct map *map_free(struct map *map);

static inline void map_freep(struct map **map)
{
	*map = map_free(*map);
}

static inline bool map_is_retired(const struct map *map)
{
	return atomic_load_explicit(&map->header->retired,
				    memory_order_acquire) != 0;
}

/*
 * For answers that are made of more than one record. Where it is the same
 * before the first and after the last of them was looked up, no more than one
 * change was under way meanwhile: what was read is the state before that change
 * or after it, where the writer makes its changes so that halves of one are
 * either, too.
 */
static inline uint64_t map_changes(const struct map *map)
{
	return atomic_load_explicit(&map->header->n_changes,
				    memory_order_acquire);
}

/* Of what never changes in a header. For kinds whose readers must know damage
 * from absence. */
uint64_t map_header_check(const struct map_header *header);

/* FNV-1a with a final mix; the same for readers and writers. Not for hostile
 * keys: administrators name users. */
uint64_t map_hash_bytes(const void *bytes, size_t n);
uint64_t map_hash_u32(uint32_t number);

/* Walks the records whose slot carries the tag of hash. */
struct map_probe {
	const struct map *map;
	const _Atomic uint64_t *slots;
	uint32_t mask;
	uint32_t next;
	uint32_t left; /* slots still to look at: a full table ends too */
	uint32_t tag;
	/* A slot that may have been the one names what is no record: for
	 * readers to whom "not there" is an answer like others. */
	bool damaged;
};

void map_probe_init(struct map_probe *probe, const struct map *map,
		    uint32_t table, uint64_t hash);
/*
 * Memory is slow, and two look-ups wait as long as one: map_probe_init() asks
 * for the first slot; this, before the first map_probe_next(), for its record.
 */
void map_probe_prefetch(const struct map_probe *probe);
/* The next candidate (its key is still to be compared), or NULL at the end. */
const struct map_record *map_probe_next(struct map_probe *probe);

uint32_t map_n_slots(const struct map *map, uint32_t table);
/* The record that slot index of table names, or NULL. For enumeration. */
const struct map_record *map_at(const struct map *map, uint32_t table,
				uint32_t index);
