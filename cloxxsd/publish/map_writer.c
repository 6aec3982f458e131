/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A record is complete before a slot names it (release store), and is not
 *     touched afterwards.
 *  2. A file at the path is never made shorter nor written anew.
 *  3. A replaced file is flagged before the rename: a reader that sees no flag
 *     may go on, a reader that sees it finds the new file or looks again.
 *  4. All blocks are reserved before the mapping is written: a full disk is an
 *     error here, never a SIGBUS.
 *  5. Each table keeps an empty slot, at which a search ends.
 *  6. n_changes is raised before the first slot of a change is touched, and the
 *     slots of the change before were touched by then.
 */
#include "cloxxsd/publish/map_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define N_SLOTS_MIN UINT32_C(8)
#define N_SLOTS_MAX (UINT32_C(1) << 30)
/* A new file made for growth starts no smaller: few changes, few files. */
#define GROWTH_MIN UINT64_C(65536)

/* One file, and what is in it. */
struct body {
	struct map map;
	struct map_header *header;       /* the same mapping, to be written */
	uint32_t n_used[MAP_TABLES_MAX]; /* slots that are not empty */
	uint32_t n_live[MAP_TABLES_MAX]; /* slots that name a record */
	uint64_t end;                    /* where the next record goes */
	uint64_t live;                   /* bytes of records that slots name */
};

struct map_writer {
	const struct map_schema *schema;
	char *path;
	char *new_path;  /* where it stands until it is published */
	char *grow_path; /* where a larger one is filled */
	bool published;
	struct body body;
};

static uint32_t slots_limit(uint32_t n_slots)
{
	return n_slots / 10 * 7 + n_slots % 10 * 7 / 10;
}

static _Atomic uint64_t *body_slots(struct body *body, uint32_t table)
{
	return (_Atomic uint64_t *)(void *)((char *)body->header +
					    body->map.tables[table].offset);
}

static void body_deinit(struct body *body)
{
	if (body->header)
		munmap(body->header, (size_t)body->map.size);
	*body = (struct body){ 0 };
}

/* Fills in where the tables and the arena stand, and the size of all. */
static int body_lay_out(struct body *body, uint32_t n_tables,
			const struct map_room *room)
{
	uint64_t offset = map_room_of(sizeof(struct map_header));

	body->map.n_tables = n_tables;
	for (uint32_t i = 0; i < n_tables; i++) {
		uint32_t n_slots = N_SLOTS_MIN;

		while (n_slots < N_SLOTS_MAX &&
		       slots_limit(n_slots) < room->n_keys[i])
			n_slots *= 2;
		if (slots_limit(n_slots) < room->n_keys[i])
			return -EFBIG;
		body->map.tables[i].offset = offset;
		body->map.tables[i].n_slots = n_slots;
		offset += (uint64_t)n_slots * sizeof(uint64_t);
	}
	body->map.arena_offset = offset;
	body->end = offset;
	if (__builtin_add_overflow(offset, map_room_of(room->arena),
				   &body->map.size) ||
	    body->map.size / MAP_ALIGN > UINT32_MAX ||
	    body->map.size > SIZE_MAX / 2)
		return -EFBIG;
	return 0;
}

static int reserve_blocks(int fd, uint64_t size)
{
	int r;

	do
		r = posix_fallocate(fd, 0, (off_t)size);
	while (r == EINTR);
	return -r;
}

/* Not left to the umask: whoever is to read it must be able to. */
static int permit(int fd, const struct map_schema *schema)
{
	if (fchmod(fd, schema->permit ? 0600 : 0644) < 0)
		return -errno;
	return schema->permit ? schema->permit(fd, schema) : 0;
}

static int body_map(struct body *body, int fd)
{
	void *mapping;
	int r;

	r = reserve_blocks(fd, body->map.size);
	if (r < 0)
		return r;
	/* Filled in one go: thousands of page faults would cost more. */
	mapping = mmap(NULL, (size_t)body->map.size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	body->header = mapping;
	body->map.header = mapping;
	return 0;
}

/* Makes an empty map in a new file at path. */
static int body_init(struct body *body, const char *path,
		     const struct map_schema *schema,
		     const struct map_room *room, uint64_t generation)
{
	scope(scope_close) int fd = -1;
	int r;

	*body = (struct body){ 0 };
	r = body_lay_out(body, schema->n_tables, room);
	if (r < 0)
		return r;
	/* Left by a writer that was killed; nobody reads under this name. */
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	r = permit(fd, schema);
	if (r == 0)
		r = body_map(body, fd);
	if (r < 0) {
		unlink(path);
		return r;
	}
	memcpy(body->header->magic, MAP_MAGIC, sizeof(body->header->magic));
	body->header->byte_order = MAP_BYTE_ORDER;
	body->header->version = MAP_VERSION;
	body->header->kind = (uint16_t)schema->kind;
	body->header->generation = generation;
	body->header->n_tables = schema->n_tables;
	body->header->size = body->map.size;
	body->header->arena_offset = body->map.arena_offset;
	atomic_store_explicit(&body->header->arena_end, body->end,
			      memory_order_relaxed);
	memcpy(body->header->tables, body->map.tables,
	       sizeof(body->header->tables));
	body->header->check = map_header_check(body->header);
	return 0;
}

static uint64_t slot_for(const struct body *body, uint64_t hash,
			 const struct map_record *record)
{
	uint64_t offset = (uint64_t)((const char *)record -
				     (const char *)body->map.header);

	return (hash & ~(uint64_t)UINT32_MAX) | offset / MAP_ALIGN;
}

static void body_insert(struct body *body, uint32_t table, uint64_t hash,
			const struct map_record *record)
{
	_Atomic uint64_t *slots = body_slots(body, table);
	uint32_t mask = body->map.tables[table].n_slots - 1;
	uint32_t i = (uint32_t)hash & mask;
	uint64_t slot;

	while ((slot = atomic_load_explicit(&slots[i], memory_order_relaxed)) !=
		       MAP_SLOT_EMPTY &&
	       slot != MAP_SLOT_DELETED)
		i = (i + 1) & mask;
	if (slot == MAP_SLOT_EMPTY)
		body->n_used[table]++;
	body->n_live[table]++;
	atomic_store_explicit(&slots[i], slot_for(body, hash, record),
			      memory_order_release);
}

/* Puts value in the slot that names record; false where none does. */
static bool body_exchange(struct body *body, uint32_t table, uint64_t hash,
			  const struct map_record *record, uint64_t value)
{
	_Atomic uint64_t *slots = body_slots(body, table);
	uint32_t mask = body->map.tables[table].n_slots - 1;
	uint64_t wanted = slot_for(body, hash, record);
	uint32_t i = (uint32_t)hash & mask;
	uint64_t slot;

	while ((slot = atomic_load_explicit(&slots[i], memory_order_relaxed)) !=
	       MAP_SLOT_EMPTY) {
		if (slot == wanted) {
			atomic_store_explicit(&slots[i], value,
					      memory_order_release);
			return true;
		}
		i = (i + 1) & mask;
	}
	return false;
}

static struct map_record *body_draft(struct body *body, uint32_t type,
				     uint32_t size)
{
	struct map_record *record;

	if (size < sizeof(*record) ||
	    map_room_of(size) > body->map.size - body->end)
		return NULL;
	record = (void *)((char *)body->header + body->end);
	memset(record, 0, map_room_of(size));
	record->size = size;
	record->type = type;
	return record;
}

/* What was drafted is there to stay. */
static void body_take(struct body *body, const struct map_record *record)
{
	body->end += map_room_of(record->size);
	body->live += map_room_of(record->size);
	atomic_store_explicit(&body->header->arena_end, body->end,
			      memory_order_relaxed);
}

static uint32_t tables_of(const struct map_schema *schema,
			  const struct map_record *record)
{
	return record->type < schema->n_types ? schema->tables_of[record->type]
					      : 0;
}

static void body_swing(struct body *body, const struct map_schema *schema,
		       const struct map_record *old,
		       const struct map_record *record)
{
	uint32_t tables = tables_of(schema, record ? record : old);

	if (record)
		body_take(body, record);
	atomic_store_explicit(&body->header->n_changes,
			      map_changes(&body->map) + 1,
			      memory_order_release);
	for (uint32_t i = 0; i < schema->n_tables; i++) {
		uint64_t hash = 0, old_hash = 0;

		if (!(tables & UINT32_C(1) << i))
			continue;
		if (record)
			hash = schema->hash(i, record);
		if (old)
			old_hash = schema->hash(i, old);
		if (record && old && hash == old_hash &&
		    body_exchange(body, i, hash, old,
				  slot_for(body, hash, record)))
			continue;
		/* Come before go: a renamed one has two names for a moment,
		 * never none. */
		if (record)
			body_insert(body, i, hash, record);
		if (old &&
		    body_exchange(body, i, old_hash, old, MAP_SLOT_DELETED))
			body->n_live[i]--;
	}
	if (old)
		body->live -= map_room_of(old->size);
}

/* Copies what is current. A record is met in the first of its tables. */
static int body_copy(struct body *to, const struct map_schema *schema,
		     const struct body *from)
{
	for (uint32_t table = 0; table < schema->n_tables; table++)
		for (uint32_t i = 0; i < from->map.tables[table].n_slots; i++) {
			const struct map_record *old =
				map_at(&from->map, table, i);
			struct map_record *record;

			if (!old ||
			    __builtin_ffs((int)tables_of(schema, old)) - 1 !=
				    (int)table)
				continue;
			record = body_draft(to, old->type, old->size);
			if (!record)
				return -ENOSPC;
			memcpy(record, old, old->size);
			body_swing(to, schema, NULL, record);
		}
	return 0;
}

/*
 * The header of the map at path, to be flagged; NULL where there is nothing
 * that a reader could have mapped. A map that cannot be flagged is an error:
 * its readers would never look for the new one.
 */
static int header_open(const char *path, struct map_header **ret_header)
{
	scope(scope_close) int fd = -1;
	struct map_header *header;
	struct stat status;

	fd = open(path,
		  O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != ELOOP)
		return -errno;
	if (fd >= 0 && fstat(fd, &status) < 0)
		return -errno;
	if (fd < 0 || !S_ISREG(status.st_mode) ||
	    (uint64_t)status.st_size < sizeof(*header)) {
		*ret_header = NULL;
		return 0;
	}
	header = mmap(NULL, sizeof(*header), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (header == MAP_FAILED)
		return -errno;
	if (memcmp(header->magic, MAP_MAGIC, sizeof(header->magic)) != 0 ||
	    header->byte_order != MAP_BYTE_ORDER) {
		munmap(header, sizeof(*header));
		header = NULL;
	}
	*ret_header = header;
	return 0;
}

static void header_closep(struct map_header **header)
{
	if (*header)
		munmap(*header, sizeof(**header));
	*header = NULL;
}

static int generation_at(const char *path, uint64_t *ret_generation)
{
	scope(header_closep) struct map_header *header = NULL;
	int r = header_open(path, &header);

	if (r < 0)
		return r;
	*ret_generation = header ? header->generation : 0;
	return 0;
}

/* Renames from over to, with the header of the map at to (or NULL) flagged. */
static int replace(const char *from, const char *to, struct map_header *header)
{
	uint32_t before = 0;
	int r;

	if (header)
		before = atomic_exchange_explicit(&header->retired, 1,
						  memory_order_release);
	if (rename(from, to) == 0)
		return 0;
	r = -errno;
	/* Those who saw the flag meanwhile looked again and found this one. */
	if (header)
		atomic_store_explicit(&header->retired, before,
				      memory_order_release);
	return r;
}

/* With what schema has to spare for so much. */
static uint64_t with_spare(uint64_t n, const struct map_schema *schema)
{
	return n + n / 100 * schema->spare + n % 100 * schema->spare / 100;
}

static int grow(struct map_writer *writer, const struct map_room *more)
{
	const struct map_schema *schema = writer->schema;
	const char *to = writer->published ? writer->path : writer->new_path;
	struct map_room room = { 0 };
	struct body body;
	int r;

	for (uint32_t i = 0; i < schema->n_tables; i++) {
		uint64_t n = with_spare((uint64_t)writer->body.n_live[i] +
						more->n_keys[i],
					schema);

		room.n_keys[i] = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	}
	room.arena = with_spare(writer->body.live + more->arena, schema);
	if (room.arena < GROWTH_MIN)
		room.arena = GROWTH_MIN;
	r = body_init(&body, writer->grow_path, schema, &room,
		      writer->body.header->generation +
			      (writer->published ? 1 : 0));
	if (r < 0)
		return r;
	r = body_copy(&body, schema, &writer->body);
	if (r == 0)
		r = replace(writer->grow_path, to, writer->body.header);
	if (r < 0) {
		unlink(writer->grow_path);
		body_deinit(&body);
		return r;
	}
	body_deinit(&writer->body);
	writer->body = body;
	return 0;
}

int map_writer_reserve(struct map_writer *writer, const struct map_room *room)
{
	const struct body *body = &writer->body;
	bool enough = room->arena <= body->map.size - body->end;

	for (uint32_t i = 0; i < writer->schema->n_tables; i++) {
		uint32_t limit = slots_limit(body->map.tables[i].n_slots);

		if (room->n_keys[i] > 0 &&
		    (body->n_used[i] >= limit ||
		     room->n_keys[i] > limit - body->n_used[i]))
			enough = false;
	}
	return enough ? 0 : grow(writer, room);
}

struct map_record *map_writer_draft(struct map_writer *writer, uint32_t type,
				    uint32_t size)
{
	return body_draft(&writer->body, type, size);
}

void map_writer_swing(struct map_writer *writer, const struct map_record *old,
		      const struct map_record *record)
{
	if (old || record)
		body_swing(&writer->body, writer->schema, old, record);
}

const struct map *map_writer_map(const struct map_writer *writer)
{
	return &writer->body.map;
}

uint64_t map_writer_generation(const struct map_writer *writer)
{
	return writer->body.header->generation;
}

int map_writer_new(const char *path, const struct map_schema *schema,
		   const struct map_room *room, struct map_writer **ret_writer)
{
	scope(map_writer_freep) struct map_writer *writer = NULL;
	uint64_t generation;
	int r;

	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	writer->schema = schema;
	writer->path = strdup(path);
	if (asprintf(&writer->new_path, "%s.new", path) < 0)
		writer->new_path = NULL;
	if (asprintf(&writer->grow_path, "%s.grow", path) < 0)
		writer->grow_path = NULL;
	if (!writer->path || !writer->new_path || !writer->grow_path)
		return -ENOMEM;
	r = generation_at(path, &generation);
	if (r < 0)
		return r;
	if (unlink(writer->grow_path) < 0 && errno != ENOENT)
		return -errno;
	r = body_init(&writer->body, writer->new_path, schema, room,
		      generation + 1);
	if (r < 0)
		return r;
	*ret_writer = scope_take_ptr(writer);
	return 0;
}

struct map_writer *map_writer_free(struct map_writer *writer)
{
	if (!writer)
		return NULL;
	if (writer->body.header && !writer->published)
		unlink(writer->new_path);
	body_deinit(&writer->body);
	free(writer->path);
	free(writer->new_path);
	free(writer->grow_path);
	free(writer);
	return NULL;
}

int map_writer_publish(struct map_writer *writer)
{
	scope(header_closep) struct map_header *header = NULL;
	int r;

	if (writer->published)
		return 0;
	r = header_open(writer->path, &header);
	if (r < 0)
		return r;
	r = replace(writer->new_path, writer->path, header);
	if (r < 0)
		return r;
	writer->published = true;
	return 0;
}

int map_writer_withdraw(const char *path)
{
	scope(header_closep) struct map_header *header = NULL;
	uint32_t before = 0;
	int r;

	r = header_open(path, &header);
	if (r < 0)
		return r;
	if (header)
		before = atomic_exchange_explicit(&header->retired, 1,
						  memory_order_release);
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	r = -errno;
	if (header)
		atomic_store_explicit(&header->retired, before,
				      memory_order_release);
	return r;
}
