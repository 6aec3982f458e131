/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Endpoint: a gateway for SMS or a web hook, as its file tells it: what is
 * asked of whom, how a message stands in it, and what the answer means; or a
 * program in the place of all that. It says; it asks nobody.
 */

#include <stdbool.h>
#include <stdint.h>

#include "courier/answer.h"
#include "courier/keys.h"
#include "courier/template.h"

#define ENDPOINT_HEADERS_MAX 8
#define ENDPOINT_BODY_MAX 65536

enum endpoint_body {
	ENDPOINT_BODY_JSON,
	ENDPOINT_BODY_FORM,
	ENDPOINT_BODY_XML,
	ENDPOINT_BODY_TEXT,
	ENDPOINT_BODY_QUERY,
	ENDPOINT_BODY_NONE,
};

enum endpoint_auth {
	ENDPOINT_AUTH_NONE,
	ENDPOINT_AUTH_BASIC,
	ENDPOINT_AUTH_BEARER,
};

/* The form in which a program reads a number. */
enum endpoint_number {
	ENDPOINT_NUMBER_E164,
	ENDPOINT_NUMBER_DIGITS,
	ENDPOINT_NUMBER_00,
	ENDPOINT_NUMBER_NATIONAL,
};

struct endpoint {
	enum kind kind;
	char *name; /* the route's */
	/* As they stand in the file; NULL where they do not. */
	char *location, *url, *body, *body_file, *content_type;
	char *headers[ENDPOINT_HEADERS_MAX];
	char *user, *password, *token;
	char *sender, *country_code, *trunk_prefix;
	char *ca, *certificate, *certificate_key, *proxy;
	char *program, **arguments;
	unsigned int method, body_form, auth, number;
	uint32_t connect_timeout_ms, timeout_ms;
	struct answer_rules rules;
	/* What is made of them. */
	struct template url_template, body_template, number_template;
	struct template header_templates[ENDPOINT_HEADERS_MAX];
	size_t password_at, token_at; /* in the vault */
	bool url_is_secret;
	size_t url_at;
	char *certificate_key_path;
};

/* The tables of a gateway's file and of a [webhook NAME]. */
extern const struct key_table endpoint_gateway_table;
extern const struct key_table endpoint_webhook_table;

struct endpoint_context {
	struct vault *vault;
	struct findings *findings;
	const struct key_origins *origins;
	/* Where a body_file lies that is no absolute path. */
	int directory_fd;
};

/* An empty one, on the heap, with the defaults of its table. */
must_check int endpoint_new(enum kind kind, const char *name,
			    struct endpoint **ret_endpoint);
struct endpoint *endpoint_free(struct endpoint *endpoint);
const struct key_table *endpoint_table(enum kind kind);
/*
 * Makes of what was read what can be sent; what cannot be becomes findings, at
 * the line of the key. 0 or -errno.
 */
must_check int endpoint_finish(struct endpoint *endpoint,
			       const struct endpoint_context *context);

/* What its templates are filled with, for message; it lives as long as all. */
struct template_values endpoint_values(const struct endpoint *endpoint,
				       const struct message *message,
				       const struct vault *vault);
const char *endpoint_method(const struct endpoint *endpoint);
/* Whether url goes to this host alone: its host is a loopback address. */
bool endpoint_is_loopback(const char *url);
