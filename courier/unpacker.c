/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What comes and what it unpacks to have one ceiling each, which is looked
 *     at before a byte is handed on: a bomb ends there.
 *  2. No length that the bytes tell of is believed beyond that ceiling, and no
 *     name of an archive becomes one of a file.
 *  3. Something that is cut, or has more than one database in it, is refused.
 */
#include "courier/unpacker.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BLOCK 512
#define PIECE 16384
/* zlib's own: gzip alone, with its largest window. */
#define GZIP_BITS (16 + MAX_WBITS)

enum wrapping {
	WRAPPING_UNKNOWN,
	WRAPPING_NONE,
	WRAPPING_GZIP,
	WRAPPING_ENDED, /* gzip, to its end */
};

enum place {
	PLACE_UNKNOWN, /* in the first block */
	PLACE_RAW,     /* there is no archive: all is the database */
	PLACE_HEADER,
	PLACE_CONTENT,
	PLACE_END, /* of the archive; what follows is filling */
};

struct unpacker {
	struct unpacker_args args;
	const char *fault;
	uint64_t n_in, n_out;
	enum wrapping wrapping;
	unsigned char head[2];
	size_t n_head;
	z_stream stream;
	bool has_stream;
	enum place place;
	unsigned char block[BLOCK];
	size_t n_block;
	uint64_t left;   /* of a content */
	size_t filling;  /* behind it */
	bool is_wanted;  /* this content */
	bool has_wanted; /* one was there */
	unsigned char piece[PIECE];
};

static int refuse(struct unpacker *unpacker, const char *fault)
{
	unpacker->fault = fault;
	return UNPACKER_E_REFUSED;
}

/* Those of the process, not of the library: what fails is then seen here. */
static voidpf allocate(voidpf opaque, uInt items, uInt size)
{
	(void)opaque;
	return calloc(items, size);
}

static void release(voidpf opaque, voidpf pointer)
{
	(void)opaque;
	free(pointer);
}

int unpacker_new(const struct unpacker_args *args,
		 struct unpacker **ret_unpacker)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return -ENOMEM;
	unpacker->args = *args;
	unpacker->fault = "";
	unpacker->stream.zalloc = allocate;
	unpacker->stream.zfree = release;
	*ret_unpacker = unpacker;
	return 0;
}

struct unpacker *unpacker_free(struct unpacker *unpacker)
{
	if (unpacker && unpacker->has_stream)
		(void)inflateEnd(&unpacker->stream);
	free(unpacker);
	return NULL;
}

const char *unpacker_fault(const struct unpacker *unpacker)
{
	return unpacker->fault;
}

/* The archive. */

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

/* A field of octal figures, ended by a blank or NUL; false: it is none. */
static bool read_octal(const unsigned char *field, size_t n, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < n && field[i] == ' ')
		i++;
	if (i == n || field[i] < '0' || field[i] > '7')
		return false;
	for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(field[i] - '0');
	if (i < n && field[i] != ' ' && field[i] != '\0')
		return false;
	*ret = value;
	return true;
}

/* Where the fields of a header stand. */
#define NAME_SIZE 100
#define SIZE_AT 124
#define SIZE_SIZE 12
#define SUM_AT 148
#define SUM_SIZE 8
#define KIND_AT 156
#define MAGIC_AT 257

static bool is_header(const unsigned char *block)
{
	uint64_t told = 0, sum = 0;

	if (memcmp(block + MAGIC_AT, "ustar", 5) != 0 ||
	    !read_octal(block + SUM_AT, SUM_SIZE, &told))
		return false;
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= SUM_AT && i < SUM_AT + SUM_SIZE ? ' ' : block[i];
	return sum == told;
}

static bool is_database(const unsigned char *block)
{
	static const char end[] = ".mmdb";
	size_t n = strnlen((const char *)block, NAME_SIZE), k = sizeof(end) - 1;

	return (block[KIND_AT] == '0' || block[KIND_AT] == '\0') && n > k &&
	       memcmp(block + n - k, end, k) == 0;
}

static int take_header(struct unpacker *unpacker)
{
	const unsigned char *block = unpacker->block;
	uint64_t size = 0;

	unpacker->n_block = 0;
	if (is_zero(block)) {
		unpacker->place = PLACE_END;
		return 0;
	}
	if (!is_header(block) ||
	    !read_octal(block + SIZE_AT, SIZE_SIZE, &size) ||
	    size > unpacker->args.bytes_max)
		return refuse(unpacker, "is a damaged archive");
	/* Files, directories, and what stands about the next of them. */
	if (block[KIND_AT] != '\0' && !strchr("05xgL", block[KIND_AT]))
		return refuse(unpacker, "is an archive with links or devices "
					"in it");
	unpacker->is_wanted = is_database(block);
	if (unpacker->is_wanted && unpacker->has_wanted)
		return refuse(unpacker, "is an archive with more than one file "
					"*.mmdb in it");
	unpacker->has_wanted = unpacker->has_wanted || unpacker->is_wanted;
	unpacker->left = size;
	unpacker->filling = (BLOCK - size % BLOCK) % BLOCK;
	unpacker->place = size > 0 ? PLACE_CONTENT : PLACE_HEADER;
	return 0;
}

static int hand_on(struct unpacker *unpacker, const unsigned char *bytes,
		   size_t n)
{
	return n > 0 ? unpacker->args.each(bytes, n, unpacker->args.userdata)
		     : 0;
}

/* Bytes up to a whole block; returns how many. */
static size_t fill_block(struct unpacker *unpacker, const unsigned char *bytes,
			 size_t n)
{
	size_t room = BLOCK - unpacker->n_block;

	if (n > room)
		n = room;
	memcpy(unpacker->block + unpacker->n_block, bytes, n);
	unpacker->n_block += n;
	return n;
}

/* The first block says whether it is an archive. */
static int begin(struct unpacker *unpacker)
{
	if (is_header(unpacker->block))
		return take_header(unpacker);
	unpacker->place = PLACE_RAW;
	return hand_on(unpacker, unpacker->block, unpacker->n_block);
}

static int take_content(struct unpacker *unpacker, const unsigned char *bytes,
			size_t n, size_t *ret_taken)
{
	uint64_t room = unpacker->left + unpacker->filling;
	size_t content;

	if (n > room)
		n = (size_t)room;
	content = n > unpacker->left ? (size_t)unpacker->left : n;
	unpacker->left -= content;
	unpacker->filling -= n - content;
	if (unpacker->left == 0 && unpacker->filling == 0)
		unpacker->place = PLACE_HEADER;
	*ret_taken = n;
	return unpacker->is_wanted ? hand_on(unpacker, bytes, content) : 0;
}

static int take_piece(struct unpacker *unpacker, const unsigned char *bytes,
		      size_t n, size_t *ret_taken)
{
	*ret_taken = n;
	switch (unpacker->place) {
	case PLACE_UNKNOWN:
	case PLACE_HEADER:
		*ret_taken = fill_block(unpacker, bytes, n);
		if (unpacker->n_block < BLOCK)
			return 0;
		return unpacker->place == PLACE_HEADER ? take_header(unpacker)
						       : begin(unpacker);
	case PLACE_RAW:
		return hand_on(unpacker, bytes, n);
	case PLACE_CONTENT:
		return take_content(unpacker, bytes, n, ret_taken);
	case PLACE_END:
		break;
	}
	return 0;
}

/* What is not compressed, or is so no more. */
static int take(struct unpacker *unpacker, const unsigned char *bytes, size_t n)
{
	size_t taken = 0;
	int r = 0;

	if (n > unpacker->args.bytes_max - unpacker->n_out)
		return refuse(unpacker, "unpacks to more than is taken");
	unpacker->n_out += n;
	while (n > 0 && r == 0) {
		r = take_piece(unpacker, bytes, n, &taken);
		bytes += taken;
		n -= taken;
	}
	return r;
}

/* The compression. */

static int inflate_some(struct unpacker *unpacker)
{
	z_stream *stream = &unpacker->stream;
	int r;

	stream->next_out = unpacker->piece;
	stream->avail_out = PIECE;
	r = inflate(stream, Z_NO_FLUSH);
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	/* Nothing more can be done before more comes. */
	if (r == Z_BUF_ERROR)
		return 0;
	if (r != Z_OK && r != Z_STREAM_END)
		return refuse(unpacker, "is damaged: its gzip cannot be "
					"unpacked");
	if (r == Z_STREAM_END)
		unpacker->wrapping = WRAPPING_ENDED;
	return take(unpacker, unpacker->piece, PIECE - stream->avail_out);
}

static int unwrap(struct unpacker *unpacker, const unsigned char *bytes,
		  size_t n)
{
	z_stream *stream = &unpacker->stream;
	int r = 0;

	stream->next_in = (unsigned char *)(uintptr_t)bytes;
	stream->avail_in = (uInt)n;
	do
		r = inflate_some(unpacker);
	while (r == 0 && unpacker->wrapping == WRAPPING_GZIP &&
	       (stream->avail_in > 0 || stream->avail_out == 0));
	if (r == 0 && stream->avail_in > 0)
		r = refuse(unpacker, "has something behind the end of its "
				     "gzip");
	return r;
}

static int pass(struct unpacker *unpacker, const unsigned char *bytes, size_t n)
{
	switch (unpacker->wrapping) {
	case WRAPPING_GZIP:
		return n > 0 ? unwrap(unpacker, bytes, n) : 0;
	case WRAPPING_ENDED:
		return n > 0 ? refuse(unpacker, "has something behind the end "
						"of its gzip")
			     : 0;
	case WRAPPING_UNKNOWN:
	case WRAPPING_NONE:
		break;
	}
	return take(unpacker, bytes, n);
}

/* The first two bytes say whether it is compressed: no database of this format
 * begins so, for its root would lead to a node far away. */
static int find_wrapping(struct unpacker *unpacker)
{
	if (unpacker->head[0] != 0x1f || unpacker->head[1] != 0x8b) {
		unpacker->wrapping = WRAPPING_NONE;
		return 0;
	}
	if (inflateInit2(&unpacker->stream, GZIP_BITS) != Z_OK)
		return -ENOMEM;
	unpacker->has_stream = true;
	unpacker->wrapping = WRAPPING_GZIP;
	return 0;
}

int unpacker_put(struct unpacker *unpacker, const void *bytes, size_t n)
{
	const unsigned char *next = bytes;
	int r;

	if (n > unpacker->args.bytes_max - unpacker->n_in)
		return refuse(unpacker, "is larger than is taken");
	unpacker->n_in += n;
	while (unpacker->wrapping == WRAPPING_UNKNOWN && n > 0) {
		unpacker->head[unpacker->n_head++] = *next++;
		n--;
		if (unpacker->n_head < sizeof(unpacker->head))
			continue;
		r = find_wrapping(unpacker);
		if (r == 0)
			r = pass(unpacker, unpacker->head, unpacker->n_head);
		if (r != 0)
			return r;
	}
	return n > 0 ? pass(unpacker, next, n) : 0;
}

int unpacker_end(struct unpacker *unpacker)
{
	if (unpacker->n_in == 0)
		return refuse(unpacker, "is empty");
	switch (unpacker->wrapping) {
	case WRAPPING_UNKNOWN:
	case WRAPPING_GZIP:
		return refuse(unpacker, "is cut");
	case WRAPPING_NONE:
	case WRAPPING_ENDED:
		break;
	}
	switch (unpacker->place) {
	case PLACE_UNKNOWN:
		return hand_on(unpacker, unpacker->block, unpacker->n_block);
	case PLACE_HEADER:
	case PLACE_CONTENT:
		return refuse(unpacker, "is cut");
	case PLACE_END:
		return unpacker->has_wanted
			       ? 0
			       : refuse(unpacker, "is an archive without a "
						  "file *.mmdb in it");
	case PLACE_RAW:
		break;
	}
	return 0;
}
