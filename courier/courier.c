/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/courier.h"

#include "courier/delivery.h"

int courier_init(struct courier *courier, sd_event *event,
		 const struct configuration_args *files, struct text *why)
{
	int r;

	*courier = (struct courier){ .event = sd_event_ref(event),
				     .files = *files };
	r = configuration_load(files, why, &courier->configuration);
	if (r == 0)
		r = references_new(&courier->references);
	if (r == 0)
		r = web_new(event, &courier->web);
	return r;
}

void courier_deinit(struct courier *courier)
{
	while (courier->deliveries)
		delivery_end(courier->deliveries);
	web_free(courier->web);
	tally_free_all(&courier->tallies);
	references_free(courier->references);
	configuration_unref(courier->configuration);
	sd_event_unref(courier->event);
}

int courier_reload(struct courier *courier, struct text *why)
{
	struct configuration *configuration = NULL;
	int r = configuration_load(&courier->files, why, &configuration);

	if (r != 0)
		return r;
	configuration_unref(courier->configuration);
	courier->configuration = configuration;
	return 0;
}
