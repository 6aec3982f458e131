/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/audit/incident.h"

#include <string.h>

#include "cloxxsctl/output.h"

void incidents_deinit(struct incidents *incidents)
{
	for (size_t i = 0; i < incidents->n_rows; i++)
		free(incidents->rows[i]);
	free(incidents->rows);
	*incidents = (struct incidents){ 0 };
}

static struct incident *incident_new(int64_t at_us,
				     const char *const texts[_N_INCIDENT_TEXTS])
{
	char escaped[_N_INCIDENT_TEXTS][INCIDENT_TEXT_MAX];
	size_t sizes[_N_INCIDENT_TEXTS], size = 0;
	struct incident *incident;
	char *next;

	for (size_t i = 0; i < _N_INCIDENT_TEXTS; i++) {
		const char *one = texts[i] ? texts[i] : "";
		struct text text;

		text_init(&text, escaped[i], sizeof(escaped[i]));
		output_add_foreign(&text, one, strnlen(one, INCIDENT_TEXT_MAX));
		sizes[i] = text.n + 1;
		size += sizes[i];
	}
	incident = calloc(1, sizeof(*incident) + size);
	if (!incident)
		return NULL;
	incident->at_us = at_us;
	next = (char *)(incident + 1);
	for (size_t i = 0; i < _N_INCIDENT_TEXTS; i++) {
		incident->texts[i] = memcpy(next, escaped[i], sizes[i]);
		next += sizes[i];
	}
	return incident;
}

int incidents_add(struct incidents *incidents, int64_t at_us,
		  const char *const texts[_N_INCIDENT_TEXTS])
{
	struct incident *incident;

	if (incidents->n_rows == incidents->cap) {
		incidents->n_more++;
		return 0;
	}
	if (incidents->n_rows == incidents->n_room) {
		size_t n = incidents->n_room ? 2 * incidents->n_room : 64;
		struct incident **rows =
			reallocarray(incidents->rows, n, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		incidents->rows = rows;
		incidents->n_room = n;
	}
	incident = incident_new(at_us, texts);
	if (!incident)
		return -ENOMEM;
	incidents->rows[incidents->n_rows++] = incident;
	return 0;
}
