/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Probe report: what was measured at one address, and whether that is what was
 * asked for. It measures nothing. What could not be seen is unknown, and is
 * never taken for good.
 */

#include <curl/curl.h>

#include "base/text.h"
#include "courier/certificate.h"
#include "courier/handshake.h"
#include "courier/probe_settings.h"

enum probe_result {
	PROBE_BAD,
	PROBE_GOOD,
	PROBE_UNREACHABLE,
	_PROBE_RESULT_N,
};

/* A version of TLS that was offered to the server, and it alone. */
enum probe_version {
	PROBE_TLS_1_0,
	PROBE_TLS_1_1,
	PROBE_TLS_1_2,
	PROBE_TLS_1_3,
	_PROBE_VERSIONS,
};

enum probe_offer {
	PROBE_OFFER_UNKNOWN,
	PROBE_OFFER_REFUSED,
	PROBE_OFFER_TAKEN,
	_PROBE_OFFERS,
};

/* What became of requests that a web application firewall stops. */
enum probe_firewall {
	PROBE_FIREWALL_UNKNOWN,
	PROBE_FIREWALL_STOPPED, /* all of them */
	PROBE_FIREWALL_PASSED,  /* one at least */
	PROBE_FIREWALL_UNTRIED,
	_PROBE_FIREWALLS,
};

#define PROBE_TEXT_SIZE 256

struct probe_report {
	int64_t at;       /* seconds since 1970 */
	bool is_reached;  /* somebody spoke TLS with us, of a good chain */
	bool is_insecure; /* he spoke, and chain, name or version are not right
			   */
	int status;       /* of HTTP; 0: none */
	bool has_certificate; /* certificate was read */
	struct certificate certificate;
	enum probe_offer offers[_PROBE_VERSIONS];
	int64_t hsts_max_age_s; /* RFC 6797; -1: no such header */
	enum probe_firewall firewall;
	char firewall_detail[PROBE_TEXT_SIZE]; /* each answer, by comma */
	char fault[PROBE_TEXT_SIZE]; /* why it was not reached, or "" */
	/* What probe_report_judge() makes of it. */
	enum probe_result result;
	char detail[PROBE_TEXT_SIZE]; /* what is not as asked for, or "" */
};

void probe_report_judge(struct probe_report *report,
			const struct probe_settings *settings);

/* What the end of a transfer says about the version that it was held to. */
enum probe_offer probe_offer_of(CURLcode code,
				const struct handshake *handshake);
/* The max-age of a Strict-Transport-Security header, or -1. */
int64_t probe_hsts_max_age(const char *value);

/* As varlink/nl.cloxxs.Courier.varlink tells them. */
const char *probe_result_name(enum probe_result result);
const char *probe_offer_name(enum probe_offer offer);
const char *probe_firewall_name(enum probe_firewall firewall);
const char *probe_version_member(enum probe_version version);
