/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Handshake: a transfer that speaks one version of TLS and nothing else,
 * whatever the settings of OpenSSL on this host leave out, and what was seen of
 * it. It judges no certificate. Where libcurl is not made with OpenSSL it can
 * do neither, and says so.
 */

#include <curl/curl.h>
#include <stdbool.h>

#include "base/scope.h"

struct handshake {
	bool is_greeted; /* our greeting went out */
	bool is_ours;    /* we gave up, for a reason that is not the version */
};

/*
 * Holds easy to version, a CURL_SSLVERSION_… and its CURL_SSLVERSION_MAX_…, up
 * to the handshake. handshake outlives easy. What libcurl cannot do is an error
 * here, or makes the transfer end by CURLE_ABORTED_BY_CALLBACK.
 */
must_check CURLcode handshake_hold(struct handshake *handshake, CURL *easy,
				   long version);
/* Whether it was the server that ended a handshake that failed: by an alert,
 * by another version, or by a connection that it closed upon our greeting. */
bool handshake_is_refused(const struct handshake *handshake);
