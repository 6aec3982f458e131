/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. What looks like an attack goes to the address of the settings only, in a
 *     query that changes nothing: a GET of what nobody has a use for.
 *  2. Old versions of TLS are spoken up to the handshake only: nothing is asked
 *     over them.
 *  3. An attack counts as stopped only where a harmless request was answered
 *     before it and is after it, one after the other: what refuses whoever asks
 *     for much is no firewall.
 *  4. No connection and no session of TLS is used again: each handshake is
 *     whole, and shows its certificate.
 */
#include "courier/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define URL_MAX 2048
#define BODY_MAX 65536
#define HARMLESS "q=cloxxs"

enum step_kind {
	STEP_PLAIN,
	STEP_VERSION,
	STEP_ATTACK,
	STEP_AGAIN, /* the plain request, after the attacks */
};

/* A query of the plain request has the form of the others, and no harm in it:
 * what refuses all queries is no firewall. */
static const struct step_row {
	enum step_kind kind;
	long version; /* of TLS; 0: as for everything */
	const char *query;
} rows[] = {
	{ STEP_PLAIN, .query = HARMLESS },
	[1 + PROBE_TLS_1_0] = { STEP_VERSION,
				.version = CURL_SSLVERSION_TLSv1_0 |
					   CURL_SSLVERSION_MAX_TLSv1_0 },
	[1 + PROBE_TLS_1_1] = { STEP_VERSION,
				.version = CURL_SSLVERSION_TLSv1_1 |
					   CURL_SSLVERSION_MAX_TLSv1_1 },
	[1 + PROBE_TLS_1_2] = { STEP_VERSION,
				.version = CURL_SSLVERSION_TLSv1_2 |
					   CURL_SSLVERSION_MAX_TLSv1_2 },
	[1 + PROBE_TLS_1_3] = { STEP_VERSION,
				.version = CURL_SSLVERSION_TLSv1_3 |
					   CURL_SSLVERSION_MAX_TLSv1_3 },
	{ STEP_ATTACK, .query = "q=%3Cscript%3Ealert(1)%3C%2Fscript%3E" },
	{ STEP_ATTACK, .query = "file=..%2F..%2F..%2F..%2Fetc%2Fpasswd" },
	{ STEP_ATTACK, .query = "id=1%27%20OR%20%271%27%3D%271%27%20--%20" },
	{ STEP_AGAIN, .query = HARMLESS },
};
#define N_STEPS ARRAY_SIZE(rows)
#define FIRST_ATTACK (1 + _PROBE_VERSIONS)
#define LAST_STEP (N_STEPS - 1)

struct step {
	struct web_transfer transfer;
	struct probe *probe;
	const struct step_row *row;
	struct handshake handshake; /* of a version */
	char error[CURL_ERROR_SIZE];
	size_t n_body;
	CURLcode code;
	long status;
};

struct probe {
	struct probe_args args;
	struct probe_report report;
	struct step steps[N_STEPS];
	size_t n_running;
	size_t next;         /* of those that wait for one another */
	int64_t deadline_us; /* of all of them; 0: not yet */
};

struct probe *probe_free(struct probe *probe)
{
	if (!probe)
		return NULL;
	for (size_t i = 0; i < N_STEPS; i++)
		if (probe->steps[i].transfer.easy)
			web_transfer_deinit(&probe->steps[i].transfer);
	free(probe);
	return NULL;
}

/* A status is all that is asked for; a page that is long is not read. */
static size_t take_body(char *bytes, size_t size, size_t n, void *userdata)
{
	struct step *step = userdata;

	(void)bytes;
	step->n_body += size * n;
	return step->n_body <= BODY_MAX ? size * n : 0;
}

static CURLcode set_request(struct step *step)
{
	const struct probe_settings *settings = step->probe->args.settings;
	bool has_query = step->row->query && settings->web_application_firewall;
	CURL *easy = step->transfer.easy;
	char url[URL_MAX];
	CURLcode code;
	int n;

	n = snprintf(url, sizeof(url), "%s%s%s", settings->url,
		     has_query ? "?" : "", has_query ? step->row->query : "");
	if (n < 0 || (size_t)n >= sizeof(url))
		return CURLE_URL_MALFORMAT;
	code = curl_easy_setopt(easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_USERAGENT,
					"cloxxs-courier (probe)");
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, step);
	return code;
}

static CURLcode set_handshake(struct step *step)
{
	CURL *easy = step->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, step->error);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (code == CURLE_OK && step->row->kind == STEP_PLAIN)
		code = curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	if (code == CURLE_OK && step->row->kind == STEP_VERSION)
		code = handshake_hold(&step->handshake, easy,
				      step->row->version);
	return code;
}

static void on_done(struct web_transfer *transfer, CURLcode code);

/* 0: none. */
static uint32_t time_left_ms(const struct probe *probe)
{
	int64_t left_us;

	if (probe->deadline_us == 0)
		return probe->args.settings->timeout_ms;
	left_us = probe->deadline_us - clock_monotonic_us();
	return left_us > 0 ? (uint32_t)(left_us / 1000) : 0;
}

static int start_step(struct probe *probe, size_t at)
{
	const struct probe_settings *settings = probe->args.settings;
	struct step *step = &probe->steps[at];
	const struct web_limits limits = {
		.protocols = "https",
		.ca = settings->ca,
		.connect_timeout_ms = settings->connect_timeout_ms,
		.timeout_ms = time_left_ms(probe),
	};
	CURLcode code;
	int r;

	step->probe = probe;
	step->row = &rows[at];
	if (limits.timeout_ms == 0)
		return -ETIME;
	r = web_transfer_init(&step->transfer, probe->args.web, &limits);
	if (r < 0)
		return r;
	step->transfer.done = on_done;
	code = set_request(step);
	if (code == CURLE_OK)
		code = set_handshake(step);
	if (code != CURLE_OK)
		return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	r = web_transfer_start(&step->transfer);
	if (r == 0)
		probe->n_running++;
	return r;
}

/* The first that the server sent is its own. */
static void read_certificate(struct probe *probe)
{
	struct probe_report *report = &probe->report;
	struct curl_certinfo *chain = NULL;

	if (curl_easy_getinfo(probe->steps[0].transfer.easy, CURLINFO_CERTINFO,
			      &chain) != CURLE_OK ||
	    !chain || chain->num_of_certs < 1)
		return;
	for (struct curl_slist *line = chain->certinfo[0]; line;
	     line = line->next)
		if (strncmp(line->data, "Cert:", 5) == 0)
			report->has_certificate =
				certificate_read(line->data + 5,
						 &report->certificate) == 0;
}

static void read_hsts(struct probe *probe)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(probe->steps[0].transfer.easy,
			     "Strict-Transport-Security", 0, CURLH_HEADER, -1,
			     &header) == CURLHE_OK)
		probe->report.hsts_max_age_s =
			probe_hsts_max_age(header->value);
}

/* A status that came is an answer, whatever became of the page behind it. */
static bool is_answered(const struct step *step)
{
	return step->status > 0 &&
	       (step->code == CURLE_OK || step->code == CURLE_WRITE_ERROR);
}

static void read_plain(struct probe *probe)
{
	struct probe_report *report = &probe->report;
	const struct step *step = &probe->steps[0];
	struct text text;

	report->is_reached = is_answered(step);
	report->is_insecure = step->code == CURLE_PEER_FAILED_VERIFICATION ||
			      step->code == CURLE_SSL_CONNECT_ERROR;
	report->status = (int)step->status;
	if (report->is_reached) {
		read_certificate(probe);
		read_hsts(probe);
		return;
	}
	text_init(&text, report->fault, sizeof(report->fault));
	if (!step->error[0])
		text_add(&text, curl_easy_strerror(step->code));
	else
		text_add_escaped(&text, step->error,
				 strnlen(step->error, sizeof(step->error)));
}

static bool is_status_good(int status)
{
	return status >= 200 && status < 400;
}

static void add_answer(const struct step *step, struct text *detail)
{
	switch ((int)step->code) {
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		text_add(detail, "closed");
		break;
	default:
		if (is_answered(step))
			text_add_format(detail, "HTTP %ld", step->status);
		else
			text_add(detail, curl_easy_strerror(step->code));
	}
}

/*
 * What stopped one: one of the statuses, or an end without an answer where the
 * plain request got one. Silence may be a loss.
 */
static enum probe_firewall judge_attack(const struct step *step)
{
	if (is_answered(step))
		return answer_statuses_have(
			       &step->probe->args.settings->stopped_status,
			       (int)step->status)
			       ? PROBE_FIREWALL_STOPPED
			       : PROBE_FIREWALL_PASSED;
	switch ((int)step->code) {
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return PROBE_FIREWALL_STOPPED;
	default:
		return PROBE_FIREWALL_UNKNOWN;
	}
}

static void read_attacks(struct probe *probe)
{
	struct probe_report *report = &probe->report;
	const struct step *again = &probe->steps[LAST_STEP];
	enum probe_firewall all = PROBE_FIREWALL_STOPPED;
	struct text detail;

	text_init(&detail, report->firewall_detail,
		  sizeof(report->firewall_detail));
	for (size_t i = FIRST_ATTACK; i < LAST_STEP; i++) {
		enum probe_firewall one = judge_attack(&probe->steps[i]);

		text_add(&detail, detail.n > 0 ? ", " : "");
		add_answer(&probe->steps[i], &detail);
		if (one == PROBE_FIREWALL_PASSED ||
		    all == PROBE_FIREWALL_STOPPED)
			all = one;
	}
	/* What refuses the plain request too tells nothing. */
	if (!is_status_good(report->status)) {
		all = PROBE_FIREWALL_UNKNOWN;
	} else if (!is_answered(again) || !is_status_good((int)again->status)) {
		text_add(&detail, ", then to the plain one ");
		add_answer(again, &detail);
		if (all == PROBE_FIREWALL_STOPPED)
			all = PROBE_FIREWALL_UNKNOWN;
	}
	report->firewall = all;
}

static void finish(struct probe *probe)
{
	struct probe_args args = probe->args;
	struct probe_report report;

	if (probe->report.is_reached) {
		for (size_t i = 0; i < _PROBE_VERSIONS; i++)
			probe->report.offers[i] =
				probe_offer_of(probe->steps[1 + i].code,
					       &probe->steps[1 + i].handshake);
		if (args.settings->web_application_firewall)
			read_attacks(probe);
	}
	report = probe->report;
	probe_free(probe);
	probe_report_judge(&report, args.settings);
	args.done(&report, args.userdata);
}

static void try_step(struct probe *probe, size_t at)
{
	int r = start_step(probe, at);

	if (r < 0)
		probe->steps[at].code = r == -ETIME ? CURLE_OPERATION_TIMEDOUT
						    : CURLE_OUT_OF_MEMORY;
}

/* Nothing runs: the versions at once, then each request by itself. */
static void go_on(struct probe *probe)
{
	bool tries = probe->args.settings->web_application_firewall;

	if (probe->next == 0) {
		for (size_t i = 1; i < FIRST_ATTACK; i++)
			try_step(probe, i);
		probe->next = FIRST_ATTACK;
	}
	while (tries && probe->n_running == 0 && probe->next < N_STEPS) {
		if (probe->deadline_us == 0)
			probe->deadline_us =
				clock_monotonic_us() +
				INT64_C(1000) *
					probe->args.settings->timeout_ms;
		try_step(probe, probe->next++);
	}
	if (probe->n_running == 0)
		finish(probe);
}

static void on_done(struct web_transfer *transfer, CURLcode code)
{
	struct step *step =
		(struct step *)(void *)((char *)transfer -
					offsetof(struct step, transfer));
	struct probe *probe = step->probe;

	step->code = code;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
			  &step->status);
	probe->n_running--;
	if (probe->n_running > 0)
		return;
	if (step->row->kind == STEP_PLAIN)
		read_plain(probe);
	if (probe->report.is_reached)
		go_on(probe);
	else
		finish(probe);
}

int probe_start(const struct probe_args *args, struct probe **ret_probe)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int r;

	if (!probe)
		return -ENOMEM;
	probe->args = *args;
	probe->report.at = clock_realtime_us() / 1000000;
	probe->report.hsts_max_age_s = -1;
	probe->report.firewall = args->settings->web_application_firewall
					 ? PROBE_FIREWALL_UNKNOWN
					 : PROBE_FIREWALL_UNTRIED;
	r = start_step(probe, 0);
	if (r < 0)
		probe_free(probe);
	else
		*ret_probe = probe;
	return r;
}
