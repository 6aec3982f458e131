/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Map writer: writes the files of base/map.h: lays them out, appends records,
 * swings slots, and moves to a larger file when one is full. It knows no keys:
 * a schema tells it in which tables a record stands and how its key hashes.
 * One writer a path, one thread. Not a store: after a crash the file is made
 * anew from what the store holds, so nothing here is flushed to the disk.
 */

#include <stdint.h>

#include "base/map.h"
#include "base/scope.h"

struct map_writer;

struct map_schema {
	enum map_kind kind;
	uint32_t n_tables;
	/* For each type of record the set of its tables: bit n is table n. */
	const uint32_t *tables_of;
	uint32_t n_types;
	/* Of the key that record has in table. */
	uint64_t (*hash)(uint32_t table, const struct map_record *record);
	/* Of what there is, in percent: how much more a new file made for
	 * growth has room for. The less, the smaller and the more often. */
	uint32_t spare;
	/* Lets the readers read the file, which is 0600 of the caller; -errno.
	 * NULL: everybody may. */
	int (*permit)(int fd, const struct map_schema *schema);
};

/* How much is to be added: keys for each table, bytes of records, each size
 * rounded up by map_room_of(). */
struct map_room {
	uint32_t n_keys[MAP_TABLES_MAX];
	uint64_t arena;
};

static inline uint64_t map_room_of(uint64_t size)
{
	return (size + MAP_ALIGN - 1) / MAP_ALIGN * MAP_ALIGN;
}

/*
 * Makes a file with room beside path (PATH.new, whatever stood there before is
 * replaced), its mode whatever the umask, all its blocks reserved. Readers see
 * it
 * after map_writer_publish(). The schema must live as long as the writer.
 * -errno.
 */
must_check int map_writer_new(const char *path, const struct map_schema *schema,
			      const struct map_room *room,
			      struct map_writer **ret_writer);
/* An unpublished file is removed. Takes NULL, returns NULL. */
struct map_writer *map_writer_free(struct map_writer *writer);

static inline void map_writer_freep(struct map_writer **writer)
{
	*writer = map_writer_free(*writer);
}

/*
 * Flags the map at path, if there is one, as retired and takes its place. On
 * -errno the former map stands there as before. A second time it does nothing.
 */
must_check int map_writer_publish(struct map_writer *writer);

/*
 * Makes sure that room is there; after 0 drafts and swings within it cannot
 * fail. May move to a new file: records found before are gone then. On -errno
 * (ENOSPC …) nothing has changed for anybody.
 */
must_check int map_writer_reserve(struct map_writer *writer,
				  const struct map_room *room);

/*
 * The next record, zeroed but for its size and type, to be filled and then
 * swung to before another is drafted; NULL where no room was reserved.
 */
struct map_record *map_writer_draft(struct map_writer *writer, uint32_t type,
				    uint32_t size);
/*
 * Puts the drafted record in the place of the old one, in all tables of their
 * type. Either may be NULL: a record comes, or goes. Where the key stays the
 * same, readers find the one or the other at every moment.
 */
void map_writer_swing(struct map_writer *writer, const struct map_record *old,
		      const struct map_record *record);

/*
 * Takes the map at path away from its readers: flags it as retired, so that
 * they look for another, and removes it. 0 also where there is none; -errno.
 */
must_check int map_writer_withdraw(const char *path);

/* What readers will see; valid until the next reserve. */
const struct map *map_writer_map(const struct map_writer *writer);
uint64_t map_writer_generation(const struct map_writer *writer);
