/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing is sent in the clear but to this host itself.
 *  2. The host of an URL stands in the file, not in a place that is filled.
 *  3. A body of JSON is JSON, whatever it is filled with.
 */
#include "courier/endpoint.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/trusted_file.h"

/* No code lives longer; a message that comes later is of no use. */
#define LIFE_S 600

static const char webhook_body[] = "{\"title\":\"{subject}\",\"text\":"
				   "\"{text}\",\"reference\":\"{reference}\"}";
/* Of HTTP, and as sysexits.h has them. */
static const struct answer_statuses http_accepted = { 1, { { 200, 299 } } };
static const struct answer_statuses http_retry = {
	2, { { 429, 429 }, { 503, 503 } }
};
static const struct answer_statuses http_refused = { 1, { { 400, 499 } } };
static const struct answer_statuses exit_accepted = { 1, { { 0, 0 } } };
static const struct answer_statuses exit_retry = { 2,
						   { { 69, 69 }, { 75, 75 } } };
static const struct answer_statuses exit_refused = { 1, { { 1, 125 } } };

struct endpoint *endpoint_free(struct endpoint *endpoint)
{
	if (!endpoint)
		return NULL;
	keys_free(endpoint_table(endpoint->kind), endpoint);
	template_deinit(&endpoint->url_template);
	template_deinit(&endpoint->body_template);
	template_deinit(&endpoint->number_template);
	for (size_t i = 0; i < ENDPOINT_HEADERS_MAX; i++)
		template_deinit(&endpoint->header_templates[i]);
	free(endpoint->certificate_key_path);
	free(endpoint->name);
	free(endpoint);
	return NULL;
}

int endpoint_new(enum kind kind, const char *name,
		 struct endpoint **ret_endpoint)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	int r;

	if (!endpoint)
		return -ENOMEM;
	endpoint->kind = kind;
	endpoint->name = strdup(name);
	r = endpoint->name ? keys_set_defaults(endpoint_table(kind), endpoint)
			   : -ENOMEM;
	if (r < 0)
		endpoint_free(endpoint);
	else
		*ret_endpoint = endpoint;
	return r;
}

static const char *or_nothing(const char *string)
{
	return string ? string : "";
}

struct template_values endpoint_values(const struct endpoint *endpoint,
				       const struct message *message,
				       const struct vault *vault)
{
	return (struct template_values){
		.message = message,
		.sender = or_nothing(endpoint->sender),
		.country_code = or_nothing(endpoint->country_code),
		.trunk_prefix = or_nothing(endpoint->trunk_prefix),
		.expires_s = clock_realtime_us() / 1000000 + LIFE_S,
		.vault = vault,
	};
}

static void find_at(const struct endpoint *endpoint,
		    const struct endpoint_context *context, const char *key,
		    const char *what)
{
	struct key_origin origin = keys_origin(endpoint_table(endpoint->kind),
					       context->origins, key);

	findings_add(context->findings, origin.file, origin.line, "%s: %s", key,
		     what);
}

static bool is_set(const struct endpoint *endpoint,
		   const struct endpoint_context *context, const char *key)
{
	return keys_is_set(endpoint_table(endpoint->kind), context->origins,
			   key);
}

/* Reads source as the template of key; what is wrong becomes a finding. */
static int read_template(const struct endpoint *endpoint,
			 const struct endpoint_context *context,
			 const char *key, enum template_use use,
			 const char *source, struct template *ret_template)
{
	char buffer[256];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = template_init(ret_template, use, source, context->vault, &why);
	if (r <= 0)
		return r;
	find_at(endpoint, context, key, buffer);
	return 0;
}

/* Finds a credential; what is wrong becomes a finding. */
static int find_secret(const struct endpoint *endpoint,
		       const struct endpoint_context *context, const char *key,
		       const char *name, size_t *ret_at)
{
	char buffer[256];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = vault_find(context->vault, name, strlen(name), &why, ret_at);
	if (r <= 0)
		return r;
	find_at(endpoint, context, key, buffer);
	return 0;
}

/* The host of an URL and what may stand behind it: a port, a path. */
static const char *skip_scheme(const char *url, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(url, scheme, n) == 0 ? url + n : NULL;
}

bool endpoint_is_loopback(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost",
					     "[::1]" };
	const char *host = skip_scheme(url, "http://");

	if (!host)
		host = skip_scheme(url, "https://");
	for (size_t i = 0; host && i < ARRAY_SIZE(hosts); i++) {
		size_t n = strlen(hosts[i]);

		if (strncmp(host, hosts[i], n) == 0 &&
		    (host[n] == '\0' || strchr(":/?", host[n])))
			return true;
	}
	return false;
}

/* Why no request is sent there, or NULL. */
static const char *url_fault(const char *url)
{
	const char *host = skip_scheme(url, "https://"), *end;

	if (!host && endpoint_is_loopback(url))
		host = skip_scheme(url, "http://");
	if (!host)
		return skip_scheme(url, "http://")
			       ? "http:// goes to 127.0.0.1, [::1] and "
				 "localhost only"
			       : "begins with https://";
	end = host + strcspn(host, "/?");
	if (end == host || memchr(host, '{', (size_t)(end - host)))
		return "its host stands there as it is";
	if (memchr(host, '@', (size_t)(end - host)))
		return "has a user in it; auth and user are keys of their own";
	if (strchr(host, '#'))
		return "has a fragment in it";
	return NULL;
}

static int finish_url(struct endpoint *endpoint,
		      const struct endpoint_context *context)
{
	static const char credential[] = "credential:";
	const char *name = skip_scheme(endpoint->url, credential);
	const char *fault;
	int r;

	if (!name) {
		fault = url_fault(endpoint->url);
		if (!fault && endpoint->body_form == ENDPOINT_BODY_QUERY &&
		    strchr(endpoint->url, '?'))
			fault = "has a query, which body is too";
		if (!fault)
			return read_template(endpoint, context, "url",
					     TEMPLATE_URL, endpoint->url,
					     &endpoint->url_template);
		find_at(endpoint, context, "url", fault);
		return 0;
	}
	endpoint->url_is_secret = true;
	r = find_secret(endpoint, context, "url", name, &endpoint->url_at);
	if (r < 0 || context->findings->n > 0 || !context->vault->directory)
		return r;
	fault = url_fault(vault_at(context->vault, endpoint->url_at)->bytes);
	if (fault)
		find_at(endpoint, context, "url", fault);
	return 0;
}

/* The bytes of body_file, without the newline at its end. */
static int read_body_file(struct endpoint *endpoint,
			  const struct endpoint_context *context)
{
	struct key_origin origin = keys_origin(endpoint_table(endpoint->kind),
					       context->origins, "body_file");
	const struct trusted_file file = { .directory_fd =
						   context->directory_fd,
					   .name = endpoint->body_file,
					   .shown = endpoint->body_file,
					   .kind = TRUSTED_FILE_REGULAR };
	scope(scope_free) char *bytes = malloc(ENDPOINT_BODY_MAX + 1);
	scope(scope_close) int fd = -1;
	ssize_t n;
	int r;

	if (!bytes)
		return -ENOMEM;
	r = trusted_file_open(&file, context->findings, &fd);
	if (r != 0) {
		if (r == TRUSTED_FILE_E_MISSING)
			findings_add(context->findings, origin.file,
				     origin.line, "body_file: is not there");
		return r < 0 ? r : 0;
	}
	n = read(fd, bytes, ENDPOINT_BODY_MAX + 1);
	if (n < 0)
		return -errno;
	if (n > ENDPOINT_BODY_MAX || memchr(bytes, '\0', (size_t)n)) {
		find_at(endpoint, context, "body_file",
			"is longer than 65536 bytes, or no text");
		return 0;
	}
	if (n > 0 && bytes[n - 1] == '\n')
		n--;
	endpoint->body = strndup(bytes, (size_t)n);
	return endpoint->body ? 0 : -ENOMEM;
}

/* Filled with anything, it must be JSON. */
static int check_json(const struct endpoint *endpoint,
		      const struct endpoint_context *context)
{
	struct message message = { .to = "+3120", .subject = "a" };
	const struct template_values values = { .message = &message,
						.sender = "a",
						.country_code = "31",
						.trunk_prefix = "0",
						.vault = context->vault };
	scope(wiped_deinit) struct wiped body = { 0 };
	json_error_t error;
	json_t *json;

	if (template_fill(&endpoint->body_template, &values, &body) != 0)
		return 0;
	if (body.error != 0)
		return body.error;
	json = json_loadb(wiped_string(&body), body.n, JSON_REJECT_DUPLICATES,
			  &error);
	if (!json)
		find_at(endpoint, context,
			endpoint->body_file ? "body_file" : "body",
			"is no JSON");
	json_decref(json);
	return 0;
}

static const enum template_use uses[] = {
	[ENDPOINT_BODY_JSON] = TEMPLATE_JSON,
	[ENDPOINT_BODY_FORM] = TEMPLATE_FORM,
	[ENDPOINT_BODY_XML] = TEMPLATE_XML,
	[ENDPOINT_BODY_TEXT] = TEMPLATE_TEXT,
	[ENDPOINT_BODY_QUERY] = TEMPLATE_QUERY,
};

static int finish_body(struct endpoint *endpoint,
		       const struct endpoint_context *context)
{
	const char *key = endpoint->body_file ? "body_file" : "body";
	const char *body;
	int r = 0;

	if (endpoint->body_form == ENDPOINT_BODY_NONE) {
		if (endpoint->body || endpoint->body_file)
			find_at(endpoint, context, key,
				"stands beside body_form = none");
		return 0;
	}
	if (endpoint->body && endpoint->body_file) {
		find_at(endpoint, context, "body_file", "stands beside body");
		return 0;
	}
	if (endpoint->body_file)
		r = read_body_file(endpoint, context);
	if (r < 0 || context->findings->n > 0)
		return r;
	body = endpoint->body;
	if (!body && endpoint->kind == KIND_WEBHOOK &&
	    endpoint->body_form == ENDPOINT_BODY_JSON)
		body = webhook_body;
	if (!body) {
		find_at(endpoint, context, "body",
			"neither body nor body_file is there");
		return 0;
	}
	r = read_template(endpoint, context, key, uses[endpoint->body_form],
			  body, &endpoint->body_template);
	if (r == 0 && context->findings->n == 0 &&
	    endpoint->body_form == ENDPOINT_BODY_JSON)
		r = check_json(endpoint, context);
	return r;
}

/* "Name: value" (RFC 9110, section 5.1). Others are set by us. */
static const char *header_fault(const char *header)
{
	static const char *const ours[] = {
		"Content-Length:", "Host:",       "Transfer-Encoding:",
		"Expect:",         "Connection:", "Content-Type:"
	};
	size_t n = strspn(header, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	if (n == 0 || header[n] != ':' || header[n + 1] != ' ' ||
	    !header[n + 2])
		return "reads Name: value";
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strncasecmp(header, ours[i], strlen(ours[i])) == 0)
			return "is a header that the courier sets itself";
	return NULL;
}

static int finish_headers(struct endpoint *endpoint,
			  const struct endpoint_context *context)
{
	int r = 0;

	for (size_t i = 0; i < ENDPOINT_HEADERS_MAX && r == 0; i++) {
		const char key[] = { 'h', 'e', 'a', 'd',
				     'e', 'r', '_', (char)('1' + i),
				     '\0' };
		const char *fault;

		if (!endpoint->headers[i])
			continue;
		fault = header_fault(endpoint->headers[i]);
		if (fault)
			find_at(endpoint, context, key, fault);
		else
			r = read_template(endpoint, context, key,
					  TEMPLATE_HEADER, endpoint->headers[i],
					  &endpoint->header_templates[i]);
	}
	return r;
}

static int finish_auth(struct endpoint *endpoint,
		       const struct endpoint_context *context)
{
	bool basic = endpoint->auth == ENDPOINT_AUTH_BASIC;
	bool bearer = endpoint->auth == ENDPOINT_AUTH_BEARER;
	int r = 0;

	if (basic != (endpoint->user != NULL) ||
	    basic != (endpoint->password != NULL))
		find_at(endpoint, context, "auth",
			"user and password stand with basic, and only then");
	else if (bearer != (endpoint->token != NULL))
		find_at(endpoint, context, "auth",
			"token stands with bearer, and only then");
	else if (basic && strchr(endpoint->user, ':'))
		find_at(endpoint, context, "user", "has a colon in it");
	else if (basic)
		r = find_secret(endpoint, context, "password",
				endpoint->password, &endpoint->password_at);
	else if (bearer)
		r = find_secret(endpoint, context, "token", endpoint->token,
				&endpoint->token_at);
	return r;
}

/* Of the certificate that tells the gateway who we are. */
static int finish_certificate(struct endpoint *endpoint,
			      const struct endpoint_context *context)
{
	if ((endpoint->certificate != NULL) !=
	    (endpoint->certificate_key != NULL)) {
		find_at(endpoint, context, "certificate",
			"certificate and certificate_key stand together");
		return 0;
	}
	return endpoint->certificate_key
		       ? vault_path(context->vault, endpoint->certificate_key,
				    &endpoint->certificate_key_path)
		       : 0;
}

static void finish_numbers(const struct endpoint *endpoint,
			   const struct endpoint_context *context)
{
	bool national = template_needs_country(&endpoint->body_template) ||
			template_needs_country(&endpoint->number_template);

	for (size_t i = 0; i < ENDPOINT_HEADERS_MAX; i++)
		national = national || template_needs_country(
					       &endpoint->header_templates[i]);
	if (national && !endpoint->country_code)
		find_at(endpoint, context, "country_code",
			"is needed for numbers in national form");
}

static void set_statuses(const struct endpoint *endpoint,
			 const struct endpoint_context *context,
			 const char *key, struct answer_statuses *statuses,
			 const struct answer_statuses *others)
{
	if (!is_set(endpoint, context, key))
		*statuses = *others;
}

static int finish_http(struct endpoint *endpoint,
		       const struct endpoint_context *context)
{
	int r = finish_url(endpoint, context);

	if (r == 0)
		r = finish_headers(endpoint, context);
	if (r == 0)
		r = finish_auth(endpoint, context);
	if (r == 0)
		r = finish_certificate(endpoint, context);
	if (r == 0 && context->findings->n == 0)
		r = finish_body(endpoint, context);
	set_statuses(endpoint, context, "accepted_status",
		     &endpoint->rules.accepted, &http_accepted);
	set_statuses(endpoint, context, "retry_status", &endpoint->rules.retry,
		     &http_retry);
	set_statuses(endpoint, context, "refused_status",
		     &endpoint->rules.refused, &http_refused);
	return r;
}

/* Only root, or whom the courier runs as, can have written it. */
static int check_program(const struct endpoint *endpoint,
			 const struct endpoint_context *context)
{
	const struct trusted_file file = { .directory_fd = AT_FDCWD,
					   .name = endpoint->program,
					   .shown = endpoint->program,
					   .kind = TRUSTED_FILE_REGULAR };
	scope(scope_close) int fd = -1;
	int r = trusted_file_open(&file, context->findings, &fd);

	if (r == TRUSTED_FILE_E_MISSING)
		find_at(endpoint, context, "program", "is not there");
	return r < 0 ? r : 0;
}

static int finish_program(struct endpoint *endpoint,
			  const struct endpoint_context *context)
{
	static const char *const forms[] = {
		[ENDPOINT_NUMBER_E164] = "{phone_e164}",
		[ENDPOINT_NUMBER_DIGITS] = "{phone_digits}",
		[ENDPOINT_NUMBER_00] = "{phone_00}",
		[ENDPOINT_NUMBER_NATIONAL] = "{phone_national}",
	};
	int r;

	set_statuses(endpoint, context, "accepted_status",
		     &endpoint->rules.accepted, &exit_accepted);
	set_statuses(endpoint, context, "retry_status", &endpoint->rules.retry,
		     &exit_retry);
	set_statuses(endpoint, context, "refused_status",
		     &endpoint->rules.refused, &exit_refused);
	r = check_program(endpoint, context);
	if (r < 0)
		return r;
	return read_template(endpoint, context, "number", TEMPLATE_TEXT,
			     forms[endpoint->number],
			     &endpoint->number_template);
}

int endpoint_finish(struct endpoint *endpoint,
		    const struct endpoint_context *context)
{
	int r;

	keys_check(endpoint_table(endpoint->kind), context->origins,
		   context->findings);
	if ((endpoint->url != NULL) == (endpoint->program != NULL)) {
		find_at(endpoint, context, "url",
			endpoint->kind == KIND_SMS
				? "either url or program must be there"
				: "must be there");
		return 0;
	}
	r = endpoint->program ? finish_program(endpoint, context)
			      : finish_http(endpoint, context);
	if (r == 0 && context->findings->n == 0)
		finish_numbers(endpoint, context);
	return r;
}
