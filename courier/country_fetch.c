/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The key goes to the host of the settings alone, never in an URL, and not
 *     along to where that host sends us.
 *  2. What comes is bounded before it is written, and is no database before all
 *     of it came, its checksum (where there is one) and its format are right.
 *  3. What is told of a failure holds no secret and no URL.
 */
#include "courier/country_fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "courier/unpacker.h"

#define REDIRECTS_MAX 3
#define CHECKSUM_MAX 4096

enum step {
	STEP_CHECKSUM,
	STEP_DATABASE,
	STEP_FORMER_MONTH,
};

struct country_fetch {
	struct country_fetch_args args;
	struct web_transfer transfer;
	struct curl_slist *headers;
	enum step step;
	int64_t deadline_us;
	struct country_state former;
	struct country_report report;
	struct text detail; /* into the report */
	char url[COUNTRY_URL_MAX];
	char checksum[CHECKSUM_MAX]; /* what came of it */
	size_t n_checksum;
	char promised[DIGEST_SIZE];  /* "": nobody told one */
	struct country_store *store; /* since the first byte */
	struct unpacker *unpacker;
	struct digest *digest;
};

const char *country_result_name(enum country_result result)
{
	static const char *const names[_COUNTRY_RESULTS] = {
		[COUNTRY_FAILED] = "failed",
		[COUNTRY_FETCHED] = "fetched",
		[COUNTRY_UNCHANGED] = "unchanged",
	};

	return names[result];
}

static const struct country_settings *settings_of(
	const struct country_fetch *fetch)
{
	return &fetch->args.configuration->countries;
}

static void end_transfer(struct country_fetch *fetch)
{
	if (fetch->transfer.easy)
		web_transfer_deinit(&fetch->transfer);
	curl_slist_free_all(fetch->headers);
	fetch->headers = NULL;
}

struct country_fetch *country_fetch_free(struct country_fetch *fetch)
{
	if (!fetch)
		return NULL;
	end_transfer(fetch);
	country_store_free(fetch->store);
	unpacker_free(fetch->unpacker);
	digest_free(fetch->digest);
	free(fetch);
	return NULL;
}

static void finish(struct country_fetch *fetch, enum country_result result)
{
	struct country_fetch_args args = fetch->args;
	struct country_report report = fetch->report;

	report.result = result;
	if (result == COUNTRY_UNCHANGED)
		report.state = fetch->former;
	country_fetch_free(fetch);
	args.done(&report, args.userdata);
}

static void say_errno(struct country_fetch *fetch, const char *what, int error)
{
	if (fetch->detail.n == 0)
		text_add_format(&fetch->detail, "%s: %s", what,
				strerrordesc_np(-error));
}

/* What comes. */

static int keep_piece(const void *bytes, size_t n, void *userdata)
{
	struct country_fetch *fetch = userdata;

	return country_store_put(fetch->store, bytes, n);
}

static int begin_file(struct country_fetch *fetch)
{
	const struct unpacker_args args = { .bytes_max = COUNTRY_BYTES_MAX,
					    .each = keep_piece,
					    .userdata = fetch };
	int r = country_store_new(fetch->args.directory, &fetch->store);

	if (r == 0)
		r = unpacker_new(&args, &fetch->unpacker);
	if (r == 0)
		r = digest_new(&fetch->digest);
	return r;
}

static int take_database(struct country_fetch *fetch, const char *bytes,
			 size_t n)
{
	int r = fetch->digest ? 0 : begin_file(fetch);

	if (r == 0)
		r = digest_add(fetch->digest, bytes, n);
	if (r == 0)
		r = unpacker_put(fetch->unpacker, bytes, n);
	if (r > 0)
		text_add_format(&fetch->detail, "what came %s",
				unpacker_fault(fetch->unpacker));
	else if (r < 0)
		say_errno(fetch, "the file cannot be written", r);
	return r;
}

static int take_checksum(struct country_fetch *fetch, const char *bytes,
			 size_t n)
{
	/* One is short; what is behind it is not read. */
	if (n > CHECKSUM_MAX - 1 - fetch->n_checksum)
		n = CHECKSUM_MAX - 1 - fetch->n_checksum;
	memcpy(fetch->checksum + fetch->n_checksum, bytes, n);
	fetch->n_checksum += n;
	return 0;
}

static long status_of(const struct country_fetch *fetch)
{
	long status = 0;

	curl_easy_getinfo(fetch->transfer.easy, CURLINFO_RESPONSE_CODE,
			  &status);
	return status;
}

/* Pages that tell of a failure are not read: their status says enough. */
static size_t take(char *bytes, size_t size, size_t n, void *userdata)
{
	struct country_fetch *fetch = userdata;
	int r;

	if (status_of(fetch) != 200)
		return 0;
	r = fetch->step == STEP_CHECKSUM ? take_checksum(fetch, bytes, n)
					 : take_database(fetch, bytes, n);
	return r == 0 ? size * n : 0;
}

/* What is asked. */

static int add_header(struct country_fetch *fetch, const char *name,
		      const char *value)
{
	char line[320];
	struct curl_slist *headers;

	if (!*value)
		return 0;
	(void)snprintf(line, sizeof(line), "%s: %s", name, value);
	headers = curl_slist_append(fetch->headers, line);
	if (!headers)
		return -ENOMEM;
	fetch->headers = headers;
	return 0;
}

/* Only what is newer than the file that came from there. */
static int add_condition(struct country_fetch *fetch)
{
	char url[DIGEST_SIZE];
	int r = digest_of(fetch->url, url);

	if (r < 0)
		return r;
	memcpy(fetch->report.state.url, url, sizeof(url));
	if (fetch->step == STEP_CHECKSUM || strcmp(url, fetch->former.url) != 0)
		return 0;
	r = add_header(fetch, "If-None-Match", fetch->former.etag);
	return r == 0 ? add_header(fetch, "If-Modified-Since",
				   fetch->former.modified)
		      : r;
}

/* Who we are. libcurl keeps both to the host that was asked first. */
static CURLcode set_identity(const struct country_fetch *fetch)
{
	const struct country_settings *settings = settings_of(fetch);
	const struct vault *vault = &fetch->args.configuration->vault;
	CURL *easy = fetch->transfer.easy;
	const char *key;
	CURLcode code;

	if (!settings->key)
		return CURLE_OK;
	key = vault_at(vault, settings->key_at)->bytes;
	code = curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	/* IPinfo has no accounts: its token is the user. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_USERNAME,
					settings->account ? settings->account
							  : key);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_PASSWORD,
					settings->account ? key : "");
	return code;
}

static CURLcode set_request(struct country_fetch *fetch)
{
	CURL *easy = fetch->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_URL, fetch->url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_USERAGENT,
					"cloxxs-courier");
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
					fetch->headers);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
					(curl_off_t)COUNTRY_BYTES_MAX);
	/* It is asked once a week: nothing is kept open for it. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
	return code == CURLE_OK ? set_identity(fetch) : code;
}

static void on_done(struct web_transfer *transfer, CURLcode code);

static int begin_transfer(struct country_fetch *fetch)
{
	const struct country_settings *settings = settings_of(fetch);
	int64_t left_us = fetch->deadline_us - clock_monotonic_us();
	const struct web_limits limits = {
		.protocols = endpoint_is_loopback(fetch->url) ? "http,https"
							      : "https",
		.ca = settings->ca,
		.connect_timeout_ms = settings->connect_timeout_ms,
		/* 0 would be for ever. */
		.timeout_ms = left_us < 1000 ? 1 : (uint32_t)(left_us / 1000),
		.redirects_max =
			country_settings_redirect(settings) ? REDIRECTS_MAX : 0,
	};
	CURLcode code;
	int r = add_condition(fetch);

	if (r == 0)
		r = web_transfer_init(&fetch->transfer, fetch->args.web,
				      &limits);
	if (r < 0)
		return r;
	fetch->transfer.done = on_done;
	code = set_request(fetch);
	if (code != CURLE_OK)
		return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	return web_transfer_start(&fetch->transfer);
}

static int begin_step(struct country_fetch *fetch, enum step step)
{
	const struct country_settings *settings = settings_of(fetch);
	bool fits;

	end_transfer(fetch);
	fetch->step = step;
	fits = step == STEP_CHECKSUM
		       ? country_settings_checksum_url(settings, fetch->url)
		       : country_settings_url(settings, fetch->args.now_s,
					      step == STEP_FORMER_MONTH,
					      fetch->url);
	return fits ? begin_transfer(fetch) : -ENAMETOOLONG;
}

static void go_on(struct country_fetch *fetch, enum step step)
{
	int r = begin_step(fetch, step);

	if (r == 0)
		return;
	say_errno(fetch, "it cannot be asked", r);
	finish(fetch, COUNTRY_FAILED);
}

/* What became of it. */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* What cannot be sent back as it came is not kept. */
static void read_header(const struct country_fetch *fetch, const char *name,
			char *at, size_t size)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(fetch->transfer.easy, name, 0, CURLH_HEADER, -1,
			     &header) == CURLHE_OK &&
	    strlen(header->value) < size && is_printable(header->value))
		memcpy(at, header->value, strlen(header->value) + 1);
}

static int check_whole(struct country_fetch *fetch)
{
	struct country_state *state = &fetch->report.state;
	int r = fetch->digest ? unpacker_end(fetch->unpacker) : 0;

	if (!fetch->digest) {
		text_add(&fetch->detail, "what came is empty");
		return UNPACKER_E_REFUSED;
	}
	if (r > 0)
		text_add_format(&fetch->detail, "what came %s",
				unpacker_fault(fetch->unpacker));
	if (r == 0)
		r = digest_end(fetch->digest, state->archive);
	if (r == 0 && fetch->promised[0] &&
	    strcmp(fetch->promised, state->archive) != 0) {
		text_add(&fetch->detail,
			 "what came is not what its checksum says");
		r = UNPACKER_E_REFUSED;
	}
	return r;
}

static void end_database(struct country_fetch *fetch)
{
	struct country_state *state = &fetch->report.state;
	int r = check_whole(fetch);

	if (r == 0) {
		read_header(fetch, "ETag", state->etag, sizeof(state->etag));
		read_header(fetch, "Last-Modified", state->modified,
			    sizeof(state->modified));
		state->fetched = fetch->args.now_s;
		r = country_store_keep(fetch->store, state);
	}
	if (r > 0 && fetch->detail.n == 0)
		text_add(&fetch->detail, "what came is no country database: "
					 "it is not of the MaxMind DB format");
	else if (r < 0)
		say_errno(fetch, "the file cannot be kept", r);
	finish(fetch, r == 0 ? COUNTRY_FETCHED : COUNTRY_FAILED);
}

/* The file that is there came out of just that. */
static bool is_former(const struct country_fetch *fetch)
{
	const struct country_settings *settings = settings_of(fetch);
	char url[COUNTRY_URL_MAX], of[DIGEST_SIZE];

	return strcmp(fetch->promised, fetch->former.archive) == 0 &&
	       country_settings_url(settings, fetch->args.now_s, 0, url) &&
	       digest_of(url, of) == 0 && strcmp(of, fetch->former.url) == 0;
}

static void end_checksum(struct country_fetch *fetch)
{
	fetch->checksum[fetch->n_checksum] = '\0';
	if (!digest_read(fetch->checksum, fetch->promised)) {
		text_add(&fetch->detail,
			 "its checksum is no SHA-256 in figures of base 16");
		finish(fetch, COUNTRY_FAILED);
	} else if (is_former(fetch)) {
		finish(fetch, COUNTRY_UNCHANGED);
	} else {
		go_on(fetch, STEP_DATABASE);
	}
}

static void fail_status(struct country_fetch *fetch, long status)
{
	text_add_format(&fetch->detail, "%sHTTP %ld",
			fetch->step == STEP_CHECKSUM ? "its checksum: " : "",
			status);
	if (status == 401 || status == 403)
		text_add(&fetch->detail, settings_of(fetch)->key
						 ? ": it does not take our key"
						 : ": it asks for a key");
	else if (status >= 300 && status < 400)
		text_add(&fetch->detail, ", a redirect, which is not followed");
	finish(fetch, COUNTRY_FAILED);
}

static void on_done(struct web_transfer *transfer, CURLcode code)
{
	struct country_fetch *fetch =
		(struct country_fetch *)(void *)((char *)transfer -
						 offsetof(struct country_fetch,
							  transfer));
	long status = status_of(fetch);
	/* A page that was not read (take()) is an answer too. */
	bool is_answered = code == CURLE_OK ||
			   (code == CURLE_WRITE_ERROR && status != 200);

	if (!is_answered) {
		if (fetch->detail.n == 0)
			text_add(&fetch->detail, web_fault(code));
		finish(fetch, COUNTRY_FAILED);
	} else if (status == 200 && fetch->step == STEP_CHECKSUM) {
		end_checksum(fetch);
	} else if (status == 200) {
		end_database(fetch);
	} else if (status == 304 && fetch->headers) {
		finish(fetch, COUNTRY_UNCHANGED);
	} else if (status == 404 && fetch->step == STEP_DATABASE &&
		   country_settings_are_monthly(settings_of(fetch))) {
		go_on(fetch, STEP_FORMER_MONTH);
	} else {
		fail_status(fetch, status);
	}
}

int country_fetch_start(const struct country_fetch_args *args,
			struct country_fetch **ret_fetch)
{
	const struct country_settings *settings =
		&args->configuration->countries;
	struct country_fetch *fetch = calloc(1, sizeof(*fetch));
	char url[COUNTRY_URL_MAX];
	int r;

	if (!fetch)
		return -ENOMEM;
	fetch->args = *args;
	fetch->deadline_us =
		clock_monotonic_us() + (int64_t)settings->timeout_ms * 1000;
	text_init(&fetch->detail, fetch->report.detail,
		  sizeof(fetch->report.detail));
	r = country_state_read(args->directory, &fetch->former);
	if (r == 0)
		r = begin_step(fetch,
			       country_settings_checksum_url(settings, url) &&
					       !*url
				       ? STEP_DATABASE
				       : STEP_CHECKSUM);
	if (r < 0)
		country_fetch_free(fetch);
	else
		*ret_fetch = fetch;
	return r;
}
