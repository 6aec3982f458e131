/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Configuration: all that the courier was told, read as a whole or not at all:
 * cloxxs-courier.conf with its drop-ins, the gateways of sms.d/, and the
 * secrets that they name. It never changes; a reload makes another one, and
 * who still works by the old one keeps a reference to it.
 */

#include "conf/findings.h"
#include "courier/country_settings.h"
#include "courier/endpoint.h"
#include "courier/message.h"
#include "courier/probe_settings.h"
#include "courier/vault.h"

enum mail_tls {
	MAIL_TLS_STARTTLS,
	MAIL_TLS_TLS,
	MAIL_TLS_NONE, /* to this host only */
};

/* [mail] */
struct mail_server {
	char *host, *user, *password, *from, *from_name, *hello, *ca, *location;
	uint32_t port;
	uint32_t connect_timeout_ms, timeout_ms;
	unsigned int tls; /* enum mail_tls */
	size_t password_at;
	bool is_set; /* the section stands there */
};

struct route {
	enum kind kind;
	const char *name;
	const char *location;
	const struct endpoint *endpoint; /* NULL: the mail server */
};

struct configuration {
	unsigned int n_ref;
	struct vault vault;
	uint32_t messages_max; /* at once */
	uint32_t per_minute;   /* of SMS */
	char **gateways;       /* the order, or NULL */
	struct mail_server mail;
	struct country_settings countries;
	size_t n_endpoints; /* gateways in their order, then web hooks */
	struct endpoint **endpoints;
	size_t n_routes; /* all, in order */
	struct route *routes;
	size_t n_probes; /* in their order */
	struct probe_settings **probes;
};

struct configuration_args {
	const char *file;        /* cloxxs-courier.conf; may be missing */
	const char *directory;   /* its drop-ins */
	const char *gateways;    /* sms.d */
	const char *credentials; /* NULL: secrets are not looked at */
};

enum configuration_error {
	_CONFIGURATION_E_OK,
	CONFIGURATION_E_INVALID, /* why holds the findings */
};

/* CONFIGURATION_E_INVALID, -errno. One reference. */
must_check int configuration_load(const struct configuration_args *args,
				  struct text *why,
				  struct configuration **ret_configuration);
struct configuration *configuration_ref(struct configuration *configuration);
/* Takes NULL, returns NULL. */
struct configuration *configuration_unref(struct configuration *configuration);
static inline void configuration_unrefp(struct configuration **configuration)
{
	*configuration = configuration_unref(*configuration);
}

/* The next route of a kind from at on, of that name where one is given; or
 * NULL. at is behind it then. */
const struct route *configuration_route(
	const struct configuration *configuration, enum kind kind,
	const char *name, size_t *at);
