/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A certificate is always verified, and its name; no key switches that off.
 *  2. No answer sends us elsewhere, where the limits do not say that it may, or
 *     makes us speak another protocol; never by HTTP, and never with a secret.
 *  3. Nothing that libcurl does waits in the loop: not for a name (threads, and
 *     QUICK_EXIT, or it would wait for those of transfers that ended), and not
 *     for a server that was said goodbye to (smtp.c).
 */
#include "courier/web.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* Idle connections that are kept for the next message. */
#define IDLE_MAX 32L
/* One that was idle for longer may be gone by the time it is used. */
#define IDLE_S 4L

struct web {
	sd_event *event;
	sd_event_source *timer;
	CURLM *multi;
};

static const struct {
	CURLcode code;
	const char *words;
} faults[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "its name cannot be found" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name cannot be found" },
	{ CURLE_COULDNT_CONNECT, "cannot be connected to" },
	{ CURLE_OPERATION_TIMEDOUT, "no answer in its time" },
	{ CURLE_SSL_CONNECT_ERROR, "TLS cannot be agreed on" },
	{ CURLE_PEER_FAILED_VERIFICATION, "its certificate is not right" },
	{ CURLE_SSL_CACERT_BADFILE, "the file of ca cannot be read" },
	{ CURLE_SSL_CERTPROBLEM, "our certificate cannot be used" },
	{ CURLE_USE_SSL_FAILED, "it offers no TLS" },
	{ CURLE_LOGIN_DENIED, "it refuses user and password" },
	{ CURLE_GOT_NOTHING, "closed without an answer" },
	{ CURLE_RECV_ERROR, "broke off before it answered" },
	{ CURLE_SEND_ERROR, "broke off" },
	{ CURLE_SEND_FAIL_REWIND, "closed without an answer" },
	{ CURLE_WEIRD_SERVER_REPLY, "its answer cannot be read" },
	{ CURLE_PARTIAL_FILE, "broke off before its end" },
	{ CURLE_FILESIZE_EXCEEDED, "says that it is larger than is taken" },
	{ CURLE_TOO_MANY_REDIRECTS, "points elsewhere too often" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "points to where HTTPS is not spoken" },
};

const char *web_fault(CURLcode code)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (faults[i].code == code)
			return faults[i].words;
	return curl_easy_strerror(code);
}

static void free_wiped(void *pointer)
{
	if (!pointer)
		return;
	explicit_bzero(pointer, malloc_usable_size(pointer));
	free(pointer);
}

/* realloc() would leave a copy. */
static void *realloc_wiped(void *pointer, size_t n)
{
	size_t old = pointer ? malloc_usable_size(pointer) : 0;
	void *copy = malloc(n);

	if (!copy)
		return NULL;
	if (pointer)
		memcpy(copy, pointer, old < n ? old : n);
	free_wiped(pointer);
	return copy;
}

int web_prepare(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free_wiped,
				    realloc_wiped, strdup, calloc) == CURLE_OK
		       ? 0
		       : -ENOMEM;
}

void web_end(void)
{
	curl_global_cleanup();
}

static void collect(struct web *web)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(web->multi, &left))) {
		struct web_transfer *transfer = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &transfer);
		curl_multi_remove_handle(web->multi, transfer->easy);
		transfer->is_running = false;
		transfer->done(transfer, code);
	}
}

static int on_socket(sd_event_source *source, int fd, uint32_t revents,
		     void *userdata)
{
	struct web *web = userdata;
	int running, what = 0;

	(void)source;
	if (revents & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (revents & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (revents & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	curl_multi_socket_action(web->multi, fd, what, &running);
	collect(web);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct web *web = userdata;
	int running;

	(void)source;
	(void)usec;
	curl_multi_socket_action(web->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(web);
	return 0;
}

/* libcurl waits for something else on a socket, or for nothing any more. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *userdata,
		       void *known)
{
	struct web *web = userdata;
	sd_event_source *source = known;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		curl_multi_assign(web->multi, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1
									 : 0;
	if (sd_event_add_io(web->event, &source, fd, events, on_socket, web) <
	    0)
		return -1;
	curl_multi_assign(web->multi, fd, source);
	return 0;
}

static int want_time(CURLM *multi, long timeout_ms, void *userdata)
{
	struct web *web = userdata;
	uint64_t usec = timeout_ms > 0 ? (uint64_t)timeout_ms * 1000 : 0;
	int r;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(web->timer, SD_EVENT_OFF) < 0
			       ? -1
			       : 0;
	r = sd_event_source_set_time_relative(web->timer, usec);
	if (r >= 0)
		r = sd_event_source_set_enabled(web->timer, SD_EVENT_ONESHOT);
	return r < 0 ? -1 : 0;
}

struct web *web_free(struct web *web)
{
	if (!web)
		return NULL;
	if (web->multi)
		curl_multi_cleanup(web->multi);
	sd_event_source_disable_unref(web->timer);
	sd_event_unref(web->event);
	free(web);
	return NULL;
}

static int set_up(struct web *web)
{
	CURLM *multi = web->multi;
	int r = sd_event_add_time(web->event, &web->timer, CLOCK_MONOTONIC, 0,
				  1000, on_timer, web);

	if (r >= 0)
		r = sd_event_source_set_enabled(web->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket) ||
	    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, web) ||
	    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_time) ||
	    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, web) ||
	    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, IDLE_MAX))
		return -EINVAL;
	return 0;
}

int web_new(sd_event *event, struct web **ret_web)
{
	struct web *web = calloc(1, sizeof(*web));
	int r;

	if (!web)
		return -ENOMEM;
	web->event = sd_event_ref(event);
	web->multi = curl_multi_init();
	r = web->multi ? set_up(web) : -ENOMEM;
	if (r < 0)
		web_free(web);
	else
		*ret_web = web;
	return r;
}

static int apply(CURL *easy, const struct web_limits *limits)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_QUICK_EXIT, 1 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_FOLLOWLOCATION, limits->redirects_max > 0 },
		{ CURLOPT_MAXREDIRS, (long)limits->redirects_max },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_MAXAGE_CONN, IDLE_S },
		/* Messages are small, and there are many at once. */
		{ CURLOPT_BUFFERSIZE, 4096 },
		{ CURLOPT_UPLOAD_BUFFERSIZE, 16384 },
		{ CURLOPT_CONNECTTIMEOUT_MS, limits->connect_timeout_ms },
		{ CURLOPT_TIMEOUT_MS, limits->timeout_ms },
	};
	const struct {
		CURLoption option;
		const char *value;
	} strings[] = {
		{ CURLOPT_PROTOCOLS_STR, limits->protocols },
		{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
		/* Not that of the environment. */
		{ CURLOPT_PROXY, limits->proxy ? limits->proxy : "" },
		{ CURLOPT_NOPROXY, "" },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(numbers) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, numbers[i].option,
					numbers[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(strings) && code == CURLE_OK; i++)
		code = curl_easy_setopt(easy, strings[i].option,
					strings[i].value);
	if (code == CURLE_OK && limits->ca)
		code = curl_easy_setopt(easy, CURLOPT_CAINFO, limits->ca);
	if (code == CURLE_OK && limits->ca)
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	return code == CURLE_OK              ? 0
	       : code == CURLE_OUT_OF_MEMORY ? -ENOMEM
					     : -EINVAL;
}

int web_transfer_init(struct web_transfer *transfer, struct web *web,
		      const struct web_limits *limits)
{
	int r;

	transfer->web = web;
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		return -ENOMEM;
	r = apply(transfer->easy, limits);
	if (r == 0 &&
	    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer))
		r = -EINVAL;
	return r;
}

int web_transfer_start(struct web_transfer *transfer)
{
	if (curl_multi_add_handle(transfer->web->multi, transfer->easy) !=
	    CURLM_OK)
		return -ENOMEM;
	transfer->is_running = true;
	return 0;
}

void web_transfer_deinit(struct web_transfer *transfer)
{
	if (transfer->is_running)
		curl_multi_remove_handle(transfer->web->multi, transfer->easy);
	transfer->is_running = false;
	curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
}
