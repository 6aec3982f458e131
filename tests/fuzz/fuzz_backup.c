/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any file as a backup: its header, and all of it with some identity. */
#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cloxxsd/backup/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int memory_file(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (n > 0 && write(fd, bytes, n) != (ssize_t)n))
		abort();
	return fd;
}

/* What is read gives the same bytes when written. */
static void read_header(const uint8_t *bytes, size_t n)
{
	uint8_t again[ARCHIVE_HEADER_BYTES];
	struct archive_header header;

	if (archive_header_read(bytes, n, &header) != 0)
		return;
	archive_header_write(&header, again);
	if (memcmp(bytes, again, sizeof(again)) != 0 ||
	    header.host[ARCHIVE_HOST_MAX] != '\0' ||
	    archive_header_file_bytes(&header) <= header.store_bytes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint8_t seed[crypto_box_SEEDBYTES] = { 1 };
	struct archive_identity identity;
	struct archive_header header;
	int fd, to_fd;

	if (sodium_init() < 0)
		abort();
	read_header(bytes, n);
	crypto_box_seed_keypair(identity.recipient, identity.secret, seed);
	fd = memory_file(bytes, n);
	to_fd = memory_file(NULL, 0);
	(void)!archive_inspect(fd, &header);
	(void)!archive_open(fd, &identity, to_fd, &header);
	close(fd);
	close(to_fd);
	return 0;
}
