/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/configuration.h"

#include <stdlib.h>
#include <string.h>

#include "courier/configuration_table.h"

struct configuration *configuration_ref(struct configuration *configuration)
{
	configuration->n_ref++;
	return configuration;
}

struct configuration *configuration_unref(struct configuration *configuration)
{
	if (!configuration || --configuration->n_ref > 0)
		return NULL;
	for (size_t i = 0; i < configuration->n_endpoints; i++)
		endpoint_free(configuration->endpoints[i]);
	free(configuration->endpoints);
	free(configuration->routes);
	for (size_t i = 0; i < configuration->n_probes; i++)
		probe_settings_free(configuration->probes[i]);
	free(configuration->probes);
	for (size_t i = 0; i < configuration_tables_n; i++)
		keys_free(&configuration_tables[i], configuration);
	vault_deinit(&configuration->vault);
	free(configuration);
	return NULL;
}

const struct route *configuration_route(
	const struct configuration *configuration, enum kind kind,
	const char *name, size_t *at)
{
	while (*at < configuration->n_routes) {
		const struct route *route = &configuration->routes[(*at)++];

		if (route->kind == kind &&
		    (!name || strcmp(route->name, name) == 0))
			return route;
	}
	return NULL;
}
