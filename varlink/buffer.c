/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "varlink/buffer.h"

#include <string.h>

#define BUFFER_SIZE_MIN 1024

void buffer_deinit(struct buffer *buffer)
{
	if (buffer->bytes) {
		explicit_bzero(buffer->bytes, buffer->size);
		free(buffer->bytes);
	}
	*buffer = (struct buffer){ 0 };
}

/* Not realloc(): it would leave a copy behind unwiped. */
int buffer_reserve(struct buffer *buffer, size_t n_more, size_t max)
{
	struct buffer larger = { .n = buffer->n };

	if (buffer->n > max || n_more > max - buffer->n)
		return -ENOBUFS;
	if (n_more <= buffer->size - buffer->n)
		return 0;
	larger.size = buffer->size ? buffer->size : BUFFER_SIZE_MIN;
	while (larger.size - larger.n < n_more)
		larger.size *= 2;
	larger.bytes = malloc(larger.size);
	if (!larger.bytes)
		return -ENOMEM;
	if (buffer->n > 0)
		memcpy(larger.bytes, buffer->bytes, buffer->n);
	buffer_deinit(buffer);
	*buffer = larger;
	return 0;
}

void buffer_drop(struct buffer *buffer, size_t n)
{
	if (n == 0)
		return;
	memmove(buffer->bytes, buffer->bytes + n, buffer->n - n);
	explicit_bzero(buffer->bytes + buffer->n - n, n);
	buffer->n -= n;
	/* An idle connection costs no memory. */
	if (buffer->n == 0)
		buffer_deinit(buffer);
}
