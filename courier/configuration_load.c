/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/configuration.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "conf/dropins.h"
#include "conf/ini.h"
#include "conf/trusted_file.h"
#include "courier/configuration_table.h"

#define ENDPOINTS_MAX 64
#define PROBES_MAX 16

struct loader {
	struct configuration *configuration;
	struct findings findings;
	struct key_origins origins[_TABLES];
	/* Of the endpoints, in their order in the configuration. */
	struct key_origins endpoints[ENDPOINTS_MAX];
	struct key_origins probes[PROBES_MAX];
	int gateways_fd;
	char *paths[2 * DROPINS_MAX + 2];
	size_t n_paths;
};

static void loader_deinit(struct loader *loader)
{
	for (size_t i = 0; i < loader->n_paths; i++)
		free(loader->paths[i]);
	configuration_unref(loader->configuration);
	scope_close(&loader->gateways_fd);
}

static const char *keep_path(struct loader *loader, const char *path)
{
	char *copy = strdup(path);

	if (copy)
		loader->paths[loader->n_paths++] = copy;
	return copy;
}

static struct endpoint *find_endpoint(const struct loader *loader,
				      enum kind kind, const char *name,
				      size_t *ret_at)
{
	const struct configuration *configuration = loader->configuration;

	for (size_t i = 0; i < configuration->n_endpoints; i++) {
		struct endpoint *endpoint = configuration->endpoints[i];

		*ret_at = i;
		if (endpoint->kind == kind && strcmp(endpoint->name, name) == 0)
			return endpoint;
	}
	return NULL;
}

/* Makes one that begins at entry. */
static int add_endpoint(struct loader *loader, const struct ini_entry *entry,
			enum kind kind, const char *name)
{
	struct configuration *configuration = loader->configuration;
	struct endpoint **endpoints;
	int r;

	if (!vault_is_name(name, strlen(name)) ||
	    configuration->n_endpoints == ENDPOINTS_MAX) {
		findings_add(&loader->findings, entry->file, entry->line,
			     "a route is named by letters, digits, '.', '_' "
			     "and '-', and there are 64 at most");
		return 0;
	}
	endpoints = reallocarray(configuration->endpoints,
				 configuration->n_endpoints + 1,
				 sizeof(endpoints[0]));
	if (!endpoints)
		return -ENOMEM;
	configuration->endpoints = endpoints;
	r = endpoint_new(kind, name, &endpoints[configuration->n_endpoints]);
	if (r < 0)
		return r;
	loader->endpoints[configuration->n_endpoints++].section =
		(struct key_origin){ entry->file, entry->line };
	return 0;
}

static int take_webhook(struct loader *loader, const struct ini_entry *entry)
{
	struct endpoint *endpoint;
	size_t at = 0;

	if (!entry->name) {
		if (!entry->key)
			findings_add(&loader->findings, entry->file,
				     entry->line,
				     "[webhook] needs a name: [webhook NAME]");
		return 0;
	}
	endpoint = find_endpoint(loader, KIND_WEBHOOK, entry->name, &at);
	if (!entry->key)
		return endpoint ? 0
				: add_endpoint(loader, entry, KIND_WEBHOOK,
					       entry->name);
	/* Its own line was refused. */
	if (!endpoint)
		return 0;
	return keys_take(&endpoint_webhook_table, entry, endpoint,
			 &loader->endpoints[at], &loader->findings);
}

static size_t find_probe(const struct configuration *configuration,
			 const char *name)
{
	size_t i = 0;

	while (i < configuration->n_probes &&
	       strcmp(configuration->probes[i]->name, name) != 0)
		i++;
	return i;
}

/* Makes the one that begins at entry. */
static int add_probe(struct loader *loader, const struct ini_entry *entry)
{
	struct configuration *configuration = loader->configuration;
	size_t at = configuration->n_probes;
	struct probe_settings **probes;
	int r;

	if (!entry->name || !vault_is_name(entry->name, strlen(entry->name)) ||
	    at == PROBES_MAX) {
		findings_add(&loader->findings, entry->file, entry->line,
			     "a probe is named by letters, digits, '.', '_' "
			     "and '-', and there are 16 at most: [probe NAME]");
		return 0;
	}
	probes = reallocarray(configuration->probes, at + 1, sizeof(probes[0]));
	if (!probes)
		return -ENOMEM;
	configuration->probes = probes;
	r = probe_settings_new(entry->name, &probes[at]);
	if (r < 0)
		return r;
	loader->probes[at].section =
		(struct key_origin){ entry->file, entry->line };
	configuration->n_probes++;
	return 0;
}

static int take_probe(struct loader *loader, const struct ini_entry *entry)
{
	const struct configuration *configuration = loader->configuration;
	size_t at = find_probe(configuration, entry->name ? entry->name : "");
	bool known = at < configuration->n_probes;

	if (!entry->key)
		return known ? 0 : add_probe(loader, entry);
	/* Where it is not known, its own line was refused. */
	return known ? keys_take(&probe_table, entry, configuration->probes[at],
				 &loader->probes[at], &loader->findings)
		     : 0;
}

static int take_section(struct loader *loader, const struct ini_entry *entry,
			size_t table)
{
	struct key_origins *origins = &loader->origins[table];

	if (entry->name)
		findings_add(&loader->findings, entry->file, entry->line,
			     "[%s] takes no name", entry->section);
	if (!origins->section.file)
		origins->section =
			(struct key_origin){ entry->file, entry->line };
	if (strcmp(entry->section, "mail") == 0)
		loader->configuration->mail.is_set = true;
	return 0;
}

static void find_section(struct loader *loader, const struct ini_entry *entry)
{
	struct findings_quote quote =
		findings_quote(entry->section, strlen(entry->section));

	if (!entry->key)
		findings_add(&loader->findings, entry->file, entry->line,
			     "unknown section %s", quote.text);
}

static int take_entry(const struct ini_entry *entry, void *userdata)
{
	struct loader *loader = userdata;

	if (strcmp(entry->section, "webhook") == 0)
		return take_webhook(loader, entry);
	if (strcmp(entry->section, "probe") == 0)
		return take_probe(loader, entry);
	for (size_t i = 0; i < configuration_tables_n; i++) {
		const struct key_table *table = &configuration_tables[i];

		if (strcmp(entry->section, table->section) != 0)
			continue;
		return entry->key
			       ? keys_take(table, entry, loader->configuration,
					   &loader->origins[i],
					   &loader->findings)
			       : take_section(loader, entry, i);
	}
	find_section(loader, entry);
	return 0;
}

/* Of a file of sms.d/: one section, [gateway]. */
static int take_gateway_entry(const struct ini_entry *entry, void *userdata)
{
	struct loader *loader = userdata;
	size_t at = loader->configuration->n_endpoints - 1;

	if (strcmp(entry->section, "gateway") != 0) {
		find_section(loader, entry);
		return 0;
	}
	if (entry->key)
		return keys_take(&endpoint_gateway_table, entry,
				 loader->configuration->endpoints[at],
				 &loader->endpoints[at], &loader->findings);
	if (entry->name)
		findings_add(&loader->findings, entry->file, entry->line,
			     "[gateway] takes no name; that is the file's");
	loader->endpoints[at].section =
		(struct key_origin){ entry->file, entry->line };
	return 0;
}

static int read_file(struct loader *loader, int directory_fd, const char *name,
		     const char *path,
		     int (*each)(const struct ini_entry *entry, void *userdata))
{
	struct trusted_file file = { .directory_fd = directory_fd,
				     .name = name,
				     .shown = path,
				     .kind = TRUSTED_FILE_REGULAR };
	struct ini_reader reader = { .findings = &loader->findings,
				     .each = each,
				     .userdata = loader };
	scope(scope_close) int fd = -1;
	int r;

	if (!path)
		return -ENOMEM;
	r = trusted_file_open(&file, &loader->findings, &fd);
	if (r != 0)
		return r < 0 ? r : 0;
	return ini_read(&reader, path, fd);
}

static int load_dropin(const struct dropin *dropin, void *userdata)
{
	struct loader *loader = userdata;

	return read_file(loader, dropin->directory_fd, dropin->name,
			 keep_path(loader, dropin->path), take_entry);
}

static int load_gateway(const struct dropin *dropin, void *userdata)
{
	struct loader *loader = userdata;
	const struct ini_entry begin = { .file = keep_path(loader,
							   dropin->path) };
	size_t n = loader->configuration->n_endpoints;
	scope(scope_free) char *name =
		strndup(dropin->name, strlen(dropin->name) - strlen(".conf"));
	int r;

	if (!begin.file || !name)
		return -ENOMEM;
	if (loader->gateways_fd < 0)
		loader->gateways_fd =
			fcntl(dropin->directory_fd, F_DUPFD_CLOEXEC, 3);
	r = add_endpoint(loader, &begin, KIND_SMS, name);
	if (r < 0 || n == loader->configuration->n_endpoints)
		return r;
	return read_file(loader, dropin->directory_fd, dropin->name, begin.file,
			 take_gateway_entry);
}

static int finish_endpoints(struct loader *loader)
{
	struct configuration *configuration = loader->configuration;
	int r = 0;

	for (size_t i = 0; i < configuration->n_endpoints && r == 0; i++) {
		const struct endpoint_context context = {
			.vault = &configuration->vault,
			.findings = &loader->findings,
			.origins = &loader->endpoints[i],
			.directory_fd = loader->gateways_fd,
		};

		r = endpoint_finish(configuration->endpoints[i], &context);
	}
	return r;
}

static void check_probes(struct loader *loader)
{
	const struct configuration *configuration = loader->configuration;

	for (size_t i = 0; i < configuration->n_probes; i++)
		probe_settings_check(configuration->probes[i],
				     &loader->probes[i], &loader->findings);
}

static void find_mail(struct loader *loader, const char *key, const char *what)
{
	struct key_origin origin =
		keys_origin(&configuration_tables[TABLE_MAIL],
			    &loader->origins[TABLE_MAIL], key);

	findings_add(&loader->findings, origin.file, origin.line, "%s: %s", key,
		     what);
}

/* Letters, digits, hyphens, dots, and colons of an address of IPv6. */
static bool is_host(const char *host)
{
	return host[0] != '-' &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:")] ==
		       '\0';
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
	       strcmp(host, "localhost") == 0;
}

static int finish_mail(struct loader *loader)
{
	struct mail_server *mail = &loader->configuration->mail;
	struct vault *vault = &loader->configuration->vault;
	char buffer[256];
	struct text why;
	int r = 0;

	if (!mail->is_set)
		return 0;
	keys_check(&configuration_tables[TABLE_MAIL],
		   &loader->origins[TABLE_MAIL], &loader->findings);
	if (loader->findings.n > 0)
		return 0;
	if (!is_host(mail->host))
		find_mail(loader, "host", "is no name or address of a host");
	else if (mail->tls == MAIL_TLS_NONE && !is_loopback(mail->host))
		find_mail(loader, "tls",
			  "none is for 127.0.0.1, ::1 and localhost only");
	if (!message_is_mail_address(mail->from))
		find_mail(loader, "from", "is no address of mail");
	if (mail->from_name && strlen(mail->from_name) > MESSAGE_SUBJECT_MAX)
		find_mail(loader, "from_name", "is longer than 200 bytes");
	if ((mail->user != NULL) != (mail->password != NULL))
		find_mail(loader, "user", "user and password stand together");
	text_init(&why, buffer, sizeof(buffer));
	if (mail->password && loader->findings.n == 0)
		r = vault_find(vault, mail->password, strlen(mail->password),
			       &why, &mail->password_at);
	if (r > 0)
		find_mail(loader, "password", buffer);
	return r < 0 ? r : 0;
}

static int finish_countries(struct loader *loader)
{
	const struct country_settings_context context = {
		.table = &configuration_tables[TABLE_COUNTRIES],
		.origins = &loader->origins[TABLE_COUNTRIES],
		.vault = &loader->configuration->vault,
		.findings = &loader->findings,
	};

	return country_settings_finish(&loader->configuration->countries,
				       &context);
}

static void add_route(struct configuration *configuration,
		      const struct endpoint *endpoint)
{
	configuration->routes[configuration->n_routes++] =
		(struct route){ .kind = endpoint->kind,
				.name = endpoint->name,
				.location = endpoint->location,
				.endpoint = endpoint };
}

static void add_routes_of(struct configuration *configuration, enum kind kind)
{
	for (size_t i = 0; i < configuration->n_endpoints; i++)
		if (configuration->endpoints[i]->kind == kind)
			add_route(configuration, configuration->endpoints[i]);
}

/* The gateways that [sms] names, in its order. */
static void add_gateways(struct loader *loader)
{
	struct configuration *configuration = loader->configuration;
	struct key_origin origin =
		keys_origin(&configuration_tables[TABLE_SMS],
			    &loader->origins[TABLE_SMS], "gateways");

	for (size_t i = 0; configuration->gateways[i]; i++) {
		const struct endpoint *endpoint;
		size_t at = 0;

		endpoint = find_endpoint(loader, KIND_SMS,
					 configuration->gateways[i], &at);
		if (endpoint)
			add_route(configuration, endpoint);
		else
			findings_add(&loader->findings, origin.file,
				     origin.line,
				     "gateways: %s has no file in sms.d",
				     configuration->gateways[i]);
	}
}

static int make_routes(struct loader *loader)
{
	struct configuration *configuration = loader->configuration;

	configuration->routes = calloc(configuration->n_endpoints + 1,
				       sizeof(configuration->routes[0]));
	if (!configuration->routes)
		return -ENOMEM;
	if (configuration->gateways)
		add_gateways(loader);
	else
		add_routes_of(configuration, KIND_SMS);
	if (configuration->mail.is_set)
		configuration->routes[configuration->n_routes++] =
			(struct route){ .kind = KIND_MAIL,
					.name = "mail",
					.location =
						configuration->mail.location };
	add_routes_of(configuration, KIND_WEBHOOK);
	return 0;
}

static int make(struct loader *loader, const struct configuration_args *args)
{
	struct configuration *configuration = calloc(1, sizeof(*configuration));
	int r = 0;

	if (!configuration)
		return -ENOMEM;
	configuration->n_ref = 1;
	configuration->vault.directory = args->credentials;
	loader->configuration = configuration;
	for (size_t i = 0; i < configuration_tables_n && r == 0; i++)
		r = keys_set_defaults(&configuration_tables[i], configuration);
	return r;
}

int configuration_load(const struct configuration_args *args, struct text *why,
		       struct configuration **ret_configuration)
{
	scope(loader_deinit) struct loader loader = { .gateways_fd = -1 };
	int r;

	loader.findings.text = why;
	r = make(&loader, args);
	if (r == 0)
		r = read_file(&loader, AT_FDCWD, args->file,
			      keep_path(&loader, args->file), take_entry);
	if (r == 0)
		r = dropins_for_each(args->directory, &loader.findings,
				     load_dropin, &loader);
	if (r == 0)
		r = dropins_for_each(args->gateways, &loader.findings,
				     load_gateway, &loader);
	if (r == 0 && loader.findings.n == 0)
		check_probes(&loader);
	if (r == 0 && loader.findings.n == 0)
		r = finish_mail(&loader);
	if (r == 0 && loader.findings.n == 0)
		r = finish_countries(&loader);
	if (r == 0 && loader.findings.n == 0)
		r = finish_endpoints(&loader);
	if (r == 0 && loader.findings.n == 0)
		r = make_routes(&loader);
	if (r < 0)
		return r;
	if (loader.findings.n > 0)
		return CONFIGURATION_E_INVALID;
	*ret_configuration = scope_take_ptr(loader.configuration);
	return 0;
}
