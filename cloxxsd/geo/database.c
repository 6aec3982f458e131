/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No byte of the file is believed before all that a look-up can reach was
 *     walked; a look-up then meets nothing that was not.
 *  2. The file may be cut, overwritten, or its disk may die: the copy is sealed
 *     memory.
 *  3. Whatever is odd about an address or a record is no country.
 */
#include "cloxxsd/geo/database.h"

#include <fcntl.h>
#include <inttypes.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "cloxxsd/geo/database_walk.h"

/* The format is of 2013. */
#define BUILT_MIN INT64_C(1356998400)
/* Clocks of builders and ours may differ. */
#define BUILT_AHEAD_MAX INT64_C(86400)

struct geo_database {
	MMDB_s file;
	struct geo_database_facts facts;
};

struct geo_database *geo_database_free(struct geo_database *database)
{
	if (!database)
		return NULL;
	if (database->file.file_content)
		MMDB_close(&database->file);
	free(database);
	return NULL;
}

const struct geo_database_facts *geo_database_facts(
	const struct geo_database *database)
{
	return &database->facts;
}

/* What people give by mistake. */
static const char *mistake(const unsigned char *bytes, size_t n)
{
	static const struct {
		const char *magic;
		const char *sentence;
	} rows[] = {
		{ "\x1f\x8b", "is compressed: unpack it with gunzip first" },
		{ "BZh", "is compressed: unpack it with bunzip2 first" },
		{ "\xfd"
		  "7zXZ",
		  "is compressed: unpack it with unxz first" },
		{ "PK", "is a ZIP archive: give the .mmdb file in it" },
		{ "<!DOCTYPE", "is a web page, not a database" },
		{ "<html", "is a web page, not a database" },
		{ "version https://git-lfs", "is a pointer of git-lfs, not "
					     "the file itself" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (n >= strlen(rows[i].magic) &&
		    memcmp(bytes, rows[i].magic, strlen(rows[i].magic)) == 0)
			return rows[i].sentence;
	return NULL;
}

static int write_whole(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
	return 0;
}

/* As much as from holds, or -EFBIG. */
static int copy(int from, int to, struct text *why,
		crypto_hash_sha256_state *hash)
{
	char bytes[65536];
	uint64_t all = 0;
	const char *sentence;
	ssize_t n;
	int r;

	if (lseek(from, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = read(from, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		sentence = all == 0 ? mistake((unsigned char *)bytes, (size_t)n)
				    : NULL;
		if (sentence) {
			text_add(why, sentence);
			return GEO_DATABASE_E_REFUSED;
		}
		all += (uint64_t)n;
		if (all > GEO_DATABASE_BYTES_MAX) {
			text_add_format(why, "has more than %" PRIu64 " MiB",
					GEO_DATABASE_BYTES_MAX >> 20);
			return GEO_DATABASE_E_REFUSED;
		}
		crypto_hash_sha256_update(hash, (unsigned char *)bytes,
					  (unsigned long long)n);
		r = write_whole(to, bytes, (size_t)n);
		if (r < 0)
			return r;
	}
	if (all > 0)
		return 0;
	text_add(why, "is empty");
	return GEO_DATABASE_E_REFUSED;
}

/* A copy of what fd holds in memory that can be neither cut nor written. */
static int seal_copy(int fd, struct text *why, struct geo_database_facts *facts,
		     int *ret_fd)
{
	unsigned char sha256[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state hash;
	scope(scope_close) int memory =
		memfd_create("cloxxs-country", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (memory < 0)
		return -errno;
	crypto_hash_sha256_init(&hash);
	r = copy(fd, memory, why, &hash);
	if (r != 0)
		return r;
	crypto_hash_sha256_final(&hash, sha256);
	sodium_bin2hex(facts->sha256, sizeof(facts->sha256), sha256,
		       sizeof(sha256));
	if (fcntl(memory, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	*ret_fd = scope_take_fd(&memory);
	return 0;
}

/* The library takes a path only. */
static int open_copy(int fd, struct text *why, MMDB_s *file)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = MMDB_open(path, MMDB_MODE_MMAP, file);
	if (r == MMDB_SUCCESS)
		return 0;
	file->file_content = NULL;
	if (r == MMDB_OUT_OF_MEMORY_ERROR)
		return -ENOMEM;
	if (r == MMDB_FILE_OPEN_ERROR || r == MMDB_IO_ERROR)
		return -EIO;
	text_add(why, "is no country database: it is not of the MaxMind DB "
		      "format, or it is damaged or cut");
	return GEO_DATABASE_E_REFUSED;
}

/* The library counts the bytes of the tree in 32 bits, and then reads beyond
 * them. */
static bool has_whole_tree(const MMDB_s *file)
{
	uint64_t bytes = (uint64_t)file->metadata.node_count *
			 file->full_record_byte_size;

	return file->file_size >= 0 && bytes < (uint64_t)file->file_size;
}

/* Its frame: that of a database of this format, built at a likely time. */
static int judge_frame(const MMDB_s *file, int64_t now_s, struct text *why)
{
	const MMDB_metadata_s *metadata = &file->metadata;

	if (metadata->binary_format_major_version != 2 ||
	    (metadata->ip_version != 4 && metadata->ip_version != 6) ||
	    !metadata->database_type || metadata->node_count == 0)
		text_add(why, "is of a format that is not known here");
	else if (!has_whole_tree(file))
		text_add(why, "is damaged: its tree is larger than the file");
	else if (metadata->build_epoch < (uint64_t)BUILT_MIN)
		text_add(why, "does not say when it was built");
	else if (metadata->build_epoch > (uint64_t)(now_s + BUILT_AHEAD_MAX))
		text_add(why, "was built in the future: is the clock right?");
	else
		return 0;
	return GEO_DATABASE_E_REFUSED;
}

static int judge(struct geo_database *database, int64_t now_s, struct text *why)
{
	struct geo_database_facts *facts = &database->facts;
	const MMDB_metadata_s *metadata = &database->file.metadata;
	struct text type;
	int r;

	r = judge_frame(&database->file, now_s, why);
	if (r != 0)
		return r;
	text_init(&type, facts->type, sizeof(facts->type));
	text_add_escaped(&type, metadata->database_type,
			 strnlen(metadata->database_type, 80));
	facts->built = (int64_t)metadata->build_epoch;
	facts->bytes = (uint64_t)database->file.file_size;
	facts->has_ipv6 = metadata->ip_version == 6;
	r = geo_database_walk(&database->file, facts, why);
	if (r != 0 || facts->countries > 0)
		return r;
	text_add_format(why,
			"holds no countries, it is a database of another kind "
			"(\"%s\")",
			facts->type);
	return GEO_DATABASE_E_REFUSED;
}

int geo_database_read(int fd, int64_t now_s, struct text *why,
		      struct geo_database **ret_database)
{
	scope(geo_database_freep) struct geo_database *database =
		calloc(1, sizeof(*database));
	scope(scope_close) int memory = -1;
	int r;

	if (!database)
		return -ENOMEM;
	r = seal_copy(fd, why, &database->facts, &memory);
	if (r == 0)
		r = open_copy(memory, why, &database->file);
	if (r == 0)
		r = judge(database, now_s, why);
	if (r != 0)
		return r;
	*ret_database = scope_take_ptr(database);
	return 0;
}

/* IPv4 stands in an IPv6 tree at ::/96, which the library sees to. */
static MMDB_lookup_result_s look_up(const MMDB_s *file,
				    const struct address *address, int *ret_r)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	const struct sockaddr *any = (const struct sockaddr *)&six;

	memcpy(&six.sin6_addr, address->bytes, sizeof(six.sin6_addr));
	if (address_is_ipv4(address)) {
		memcpy(&four.sin_addr, address->bytes + 12,
		       sizeof(four.sin_addr));
		any = (const struct sockaddr *)&four;
	}
	return MMDB_lookup_sockaddr(file, any, ret_r);
}

int geo_database_country(const struct geo_database *database,
			 const struct address *address,
			 char ret_country[COUNTRY_SIZE])
{
	MMDB_lookup_result_s result;
	int r = MMDB_SUCCESS;

	/* The library calls it an error. */
	if (!database->facts.has_ipv6 && !address_is_ipv4(address))
		return GEO_DATABASE_E_UNKNOWN;
	result = look_up(&database->file, address, &r);
	if (r != MMDB_SUCCESS || !result.found_entry ||
	    !geo_record_country(&result.entry, ret_country, NULL))
		return GEO_DATABASE_E_UNKNOWN;
	return 0;
}
