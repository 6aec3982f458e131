/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Web: transfers of libcurl on the event loop, as many at once as there are. It
 * never blocks: names are resolved in threads of libcurl's own. What holds for
 * each transfer is set here: certificates are verified, nothing is followed
 * unless the limits say so, and neither .netrc, environment nor cookies are
 * looked at.
 */

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/scope.h"

struct web;

struct web_limits {
	const char *protocols; /* "https", "http,https", "smtp", "smtps" */
	const char *ca;        /* file, or NULL: the host's */
	const char *proxy;     /* NULL: none */
	uint32_t connect_timeout_ms, timeout_ms;
	/* That are followed, by HTTPS alone; a name and a password stay with
	 * the host that was asked first. */
	unsigned int redirects_max;
};

/* One transfer, within an object of the caller's. */
struct web_transfer {
	struct web *web;
	CURL *easy;
	bool is_running;
	/* Called once, from the loop; the transfer does not run any more. */
	void (*done)(struct web_transfer *transfer, CURLcode code);
};

/* What went wrong, in words that stay the same from one libcurl to the next. */
const char *web_fault(CURLcode code);

/* Once, before any thread is there: libcurl's memory is wiped when it is given
 * back, for it holds what is sent. -ENOMEM. */
must_check int web_prepare(void);
void web_end(void);

must_check int web_new(sd_event *event, struct web **ret_web);
/* All transfers must have ended. Takes NULL, returns NULL. */
struct web *web_free(struct web *web);

/* An empty transfer under these limits; easy is for the caller to fill.
 * -ENOMEM, or -EINVAL where libcurl does not know what it is told. */
must_check int web_transfer_init(struct web_transfer *transfer, struct web *web,
				 const struct web_limits *limits);
must_check int web_transfer_start(struct web_transfer *transfer);
/* Ends it if it runs, without calling done. */
void web_transfer_deinit(struct web_transfer *transfer);
