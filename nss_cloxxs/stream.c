/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss_cloxxs/lookup.h"

#include <pthread.h>

#include "nss_cloxxs/pack.h"

static bool claim(struct nss_stream *stream)
{
	return !atomic_flag_test_and_set_explicit(&stream->busy,
						  memory_order_acquire);
}

static void release(struct nss_stream *stream)
{
	atomic_flag_clear_explicit(&stream->busy, memory_order_release);
}

enum nss_status nss_stream_reset(struct nss_stream *stream)
{
	int saved = errno;

	if (!claim(stream))
		return NSS_STATUS_TRYAGAIN;
	stream->map = map_free(stream->map);
	stream->position = 0;
	release(stream);
	errno = saved;
	return NSS_STATUS_SUCCESS;
}

/* Cancelled in open(2), a thread would leave the stream busy for ever. */
static int open_once(struct nss_stream *stream)
{
	int r = 0, state;

	if (stream->map)
		return 0;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	r = identity_open(stream->path, &stream->map);
	pthread_setcancelstate(state, NULL);
	return r;
}

/* Packs the next that may be served; one that did not fit comes again. */
static enum nss_status next(struct nss_stream *stream, struct passwd *pw,
			    struct group *gr, const struct nss_buffer *buffer)
{
	struct identity_user user;
	struct identity_group group;
	uint32_t before = stream->position;
	int r;

	while (pw ? identity_next_user(stream->map, &stream->position, &user)
		  : identity_next_group(stream->map, &stream->position,
					&group)) {
		r = pw ? pack_user(&user, pw, buffer->bytes, buffer->n)
		       : pack_group(&group, gr, buffer->bytes, buffer->n);
		if (r == 0)
			return NSS_STATUS_SUCCESS;
		if (r == PACK_E_SHORT) {
			stream->position = before;
			*buffer->errnop = ERANGE;
			return NSS_STATUS_TRYAGAIN;
		}
		before = stream->position;
	}
	return NSS_STATUS_NOTFOUND;
}

static enum nss_status stream_next(struct nss_stream *stream, struct passwd *pw,
				   struct group *gr,
				   const struct nss_buffer *buffer)
{
	enum nss_status status;
	int r, saved = errno;

	if (!claim(stream))
		return nss_status_from(-EAGAIN, buffer->errnop);
	r = open_once(stream);
	errno = saved;
	status = r == 0 ? next(stream, pw, gr, buffer)
			: nss_status_from(r, buffer->errnop);
	release(stream);
	return status;
}

enum nss_status nss_stream_user(struct nss_stream *stream, struct passwd *pw,
				const struct nss_buffer *buffer)
{
	return stream_next(stream, pw, NULL, buffer);
}

enum nss_status nss_stream_group(struct nss_stream *stream, struct group *gr,
				 const struct nss_buffer *buffer)
{
	return stream_next(stream, NULL, gr, buffer);
}
