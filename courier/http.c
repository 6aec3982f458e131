/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No request is sent twice. libcurl sends one again where a connection that
 *     it kept was closed under it: a body cannot be read from its begin again
 *     (refuse_seek), and a request without one gets a connection of its own.
 *  2. What cannot be known is uncertain: once a byte of the message was handed
 *     to libcurl it may have left.
 */
#include "courier/attempt.h"

#include <string.h>

#define RESPONSE_MAX 65536

struct http {
	struct attempt attempt;
	struct web_transfer transfer;
	struct wiped url, body, response;
	struct curl_slist *headers;
	size_t n_read; /* of the body, by libcurl */
	bool has_body;
	bool cut; /* the response */
};

static struct http *http_free(struct http *http)
{
	web_transfer_deinit(&http->transfer);
	curl_slist_free_all(http->headers);
	wiped_deinit(&http->url);
	wiped_deinit(&http->body);
	wiped_deinit(&http->response);
	free(http);
	return NULL;
}

static void http_freep(struct http **http)
{
	if (*http)
		*http = http_free(*http);
}

static size_t read_body(char *buffer, size_t size, size_t n, void *userdata)
{
	struct http *http = userdata;
	size_t left = http->body.n - http->n_read, room = size * n;

	if (left > room)
		left = room;
	if (left > 0)
		memcpy(buffer, http->body.bytes + http->n_read, left);
	http->n_read += left;
	return left;
}

static int refuse_seek(void *userdata, curl_off_t offset, int origin)
{
	(void)userdata;
	(void)offset;
	(void)origin;
	return CURL_SEEKFUNC_FAIL;
}

/* What is too long is read and forgotten; the deadline ends what never does. */
static size_t take_response(char *bytes, size_t size, size_t n, void *userdata)
{
	struct http *http = userdata;

	if (n > RESPONSE_MAX - http->response.n || memchr(bytes, '\0', n))
		http->cut = true;
	if (!http->cut)
		wiped_add_bytes(&http->response, bytes, n);
	return size * n;
}

static bool may_have_left(const struct http *http)
{
	long n_sent = 0;

	if (http->has_body)
		return http->n_read > 0;
	curl_easy_getinfo(http->transfer.easy, CURLINFO_REQUEST_SIZE, &n_sent);
	return n_sent > 0;
}

static enum result judge(struct http *http, long status, struct text *detail)
{
	const struct answer answer = {
		.status = (int)status,
		.body = wiped_string(&http->response),
		.n = http->response.n,
		.cut = http->cut || http->response.error != 0,
	};
	const struct answer_rules *rules =
		&http->attempt.args.route->endpoint->rules;
	char buffer[DETAIL_SIZE];
	struct text said;
	enum result result;

	text_init(&said, buffer, sizeof(buffer));
	text_add_format(detail, "HTTP %ld", status);
	if (status >= 300 && status < 400 &&
	    !answer_statuses_have(&rules->accepted, answer.status)) {
		text_add(detail, ", a redirect, which is not followed");
		return RESULT_REFUSED;
	}
	result = answer_judge(rules, &answer, &said);
	if (said.n > 0) {
		text_add(detail, ": ");
		detail_add(detail, buffer, said.n, http->attempt.args.message,
			   &http->attempt.args.configuration->vault);
	}
	return result;
}

static void on_done(struct web_transfer *transfer, CURLcode code)
{
	struct http *http =
		(struct http *)(void *)((char *)transfer -
					offsetof(struct http, transfer));
	struct attempt_args args = http->attempt.args;
	char buffer[2 * DETAIL_SIZE];
	enum result result;
	struct text detail;
	long status = 0;

	text_init(&detail, buffer, sizeof(buffer));
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK) {
		result = judge(http, status, &detail);
	} else {
		result = may_have_left(http) ? RESULT_UNCERTAIN
					     : RESULT_UNREACHABLE;
		text_add(&detail, web_fault(code));
	}
	http_free(http);
	args.done(result, buffer, args.userdata);
}

static int add_header(struct http *http, const char *header)
{
	struct curl_slist *headers = curl_slist_append(http->headers, header);

	if (!headers)
		return -ENOMEM;
	http->headers = headers;
	return 0;
}

static const char *const content_types[] = {
	[ENDPOINT_BODY_JSON] = "application/json",
	[ENDPOINT_BODY_FORM] = "application/x-www-form-urlencoded",
	[ENDPOINT_BODY_XML] = "text/xml; charset=UTF-8",
	[ENDPOINT_BODY_TEXT] = "text/plain; charset=UTF-8",
};

static int add_content_type(struct http *http, const struct endpoint *endpoint)
{
	scope(wiped_deinit) struct wiped header = { 0 };

	if (!http->has_body)
		return 0;
	wiped_add(&header, "Content-Type: ");
	wiped_add(&header, endpoint->content_type
				   ? endpoint->content_type
				   : content_types[endpoint->body_form]);
	return header.error != 0 ? header.error
				 : add_header(http, wiped_string(&header));
}

static int add_token(struct http *http, const struct endpoint *endpoint,
		     const struct vault *vault)
{
	scope(wiped_deinit) struct wiped header = { 0 };
	const struct secret *token;

	if (endpoint->auth != ENDPOINT_AUTH_BEARER)
		return 0;
	token = vault_at(vault, endpoint->token_at);
	wiped_add(&header, "Authorization: Bearer ");
	if (escape_add(&header, ESCAPE_HEADER, token->bytes, token->n) != 0)
		return ATTEMPT_E_MESSAGE;
	return header.error != 0 ? header.error
				 : add_header(http, wiped_string(&header));
}

static int add_headers(struct http *http, const struct endpoint *endpoint,
		       const struct template_values *values)
{
	int r = add_content_type(http, endpoint);

	/* No "100-continue" first. */
	if (r == 0)
		r = add_header(http, "Expect:");
	if (r == 0)
		r = add_token(http, endpoint, values->vault);
	for (size_t i = 0; i < ENDPOINT_HEADERS_MAX && r == 0; i++) {
		scope(wiped_deinit) struct wiped header = { 0 };

		if (!endpoint->headers[i])
			continue;
		if (template_fill(&endpoint->header_templates[i], values,
				  &header) != 0)
			return ATTEMPT_E_MESSAGE;
		r = header.error != 0 ? header.error
				      : add_header(http, wiped_string(&header));
	}
	return r;
}

static int fill_url(struct http *http, const struct endpoint *endpoint,
		    const struct template_values *values)
{
	int r = 0;

	if (endpoint->url_is_secret)
		wiped_add(&http->url,
			  vault_at(values->vault, endpoint->url_at)->bytes);
	else
		r = template_fill(&endpoint->url_template, values, &http->url);
	if (r == 0 && endpoint->body_form == ENDPOINT_BODY_QUERY) {
		wiped_add(&http->url, "?");
		r = template_fill(&endpoint->body_template, values, &http->url);
	} else if (r == 0 && http->has_body) {
		r = template_fill(&endpoint->body_template, values,
				  &http->body);
	}
	if (r != 0)
		return ATTEMPT_E_MESSAGE;
	return http->url.error != 0 ? http->url.error : http->body.error;
}

static int fill(struct http *http)
{
	const struct attempt_args *args = &http->attempt.args;
	const struct endpoint *endpoint = args->route->endpoint;
	const struct template_values values = endpoint_values(
		endpoint, args->message, &args->configuration->vault);
	int r;

	http->has_body = endpoint->body_form != ENDPOINT_BODY_QUERY &&
			 endpoint->body_form != ENDPOINT_BODY_NONE;
	r = fill_url(http, endpoint, &values);
	return r == 0 ? add_headers(http, endpoint, &values) : r;
}

static CURLcode set_request(struct http *http, const char *method)
{
	CURL *easy = http->transfer.easy;
	CURLcode code;

	if (!http->has_body) {
		code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		if (code == CURLE_OK)
			code = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	} else {
		code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
	}
	if (code == CURLE_OK && !http->has_body && strcmp(method, "GET") != 0)
		code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
	if (code == CURLE_OK && http->has_body)
		code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)http->body.n);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	return code;
}

static CURLcode set_callbacks(struct http *http)
{
	CURL *easy = http->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_READDATA, http);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION,
					refuse_seek);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
					take_response);
	if (code == CURLE_OK)
		code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
	return code;
}

/* Who we are to the gateway. */
static CURLcode set_identity(struct http *http, const struct endpoint *endpoint)
{
	const struct vault *vault = &http->attempt.args.configuration->vault;
	CURL *easy = http->transfer.easy;
	CURLcode code;

	code = curl_easy_setopt(easy, CURLOPT_USERAGENT, "cloxxs-courier");
	if (code == CURLE_OK && endpoint->auth == ENDPOINT_AUTH_BASIC) {
		code = curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
					(long)CURLAUTH_BASIC);
		if (code == CURLE_OK)
			code = curl_easy_setopt(easy, CURLOPT_USERNAME,
						endpoint->user);
		if (code == CURLE_OK)
			code = curl_easy_setopt(
				easy, CURLOPT_PASSWORD,
				vault_at(vault, endpoint->password_at)->bytes);
	}
	if (code == CURLE_OK && endpoint->certificate)
		code = curl_easy_setopt(easy, CURLOPT_SSLCERT,
					endpoint->certificate);
	if (code == CURLE_OK && endpoint->certificate)
		code = curl_easy_setopt(easy, CURLOPT_SSLKEY,
					endpoint->certificate_key_path);
	return code;
}

static int set_up(struct http *http)
{
	const struct attempt_args *args = &http->attempt.args;
	const struct endpoint *endpoint = args->route->endpoint;
	const char *url = wiped_string(&http->url);
	const struct web_limits limits = {
		.protocols = endpoint_is_loopback(url) ? "http,https" : "https",
		.ca = endpoint->ca,
		.proxy = endpoint->proxy,
		.connect_timeout_ms = endpoint->connect_timeout_ms,
		.timeout_ms = attempt_timeout_ms(args, endpoint->timeout_ms),
	};
	CURLcode code;
	int r = web_transfer_init(&http->transfer, args->web, &limits);

	if (r < 0)
		return r;
	http->transfer.done = on_done;
	code = curl_easy_setopt(http->transfer.easy, CURLOPT_URL, url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(http->transfer.easy, CURLOPT_HTTPHEADER,
					http->headers);
	if (code == CURLE_OK)
		code = set_request(http, endpoint_method(endpoint));
	if (code == CURLE_OK)
		code = set_callbacks(http);
	if (code == CURLE_OK)
		code = set_identity(http, endpoint);
	return code == CURLE_OK              ? 0
	       : code == CURLE_OUT_OF_MEMORY ? -ENOMEM
					     : -EINVAL;
}

static int http_start(const struct attempt_args *args,
		      struct attempt **ret_attempt)
{
	scope(http_freep) struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	http->attempt = (struct attempt){ .way = &http_way, .args = *args };
	r = fill(http);
	if (r == 0)
		r = set_up(http);
	if (r == 0)
		r = web_transfer_start(&http->transfer);
	if (r == 0) {
		*ret_attempt = &http->attempt;
		http = NULL;
	}
	return r;
}

static bool http_cancel(struct attempt *attempt)
{
	struct http *http = (struct http *)(void *)attempt;
	bool left = may_have_left(http);

	http_free(http);
	return left;
}

const struct attempt_way http_way = { http_start, http_cancel };
