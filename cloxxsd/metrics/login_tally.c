/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/metrics/login_tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"

/* The decisions among events. What an administrator tries is none. */
static const struct {
	enum event event;
	const char *phase, *result;
} phases[] = {
	{ EVENT_LOGIN_ALLOWED, "login", "allowed" },
	{ EVENT_LOGIN_DENIED, "login", "denied" },
	{ EVENT_ACCOUNT_ALLOWED, "account", "allowed" },
	{ EVENT_ACCOUNT_DENIED, "account", "denied" },
	{ EVENT_UNMANAGED_ALLOWED, "unmanaged", "allowed" },
	{ EVENT_UNMANAGED_DENIED, "unmanaged", "denied" },
	{ EVENT_SESSION_OPENED, "session", "allowed" },
	{ EVENT_SESSION_DENIED, "session", "denied" },
	{ EVENT_PASSWORD_CHANGED, "password", "allowed" },
	{ EVENT_PASSWORD_CHANGE_DENIED, "password", "denied" },
};

struct login_tally_service {
	char name[NAME_SERVICE_MAX + 1];
	uint64_t n[ARRAY_SIZE(phases)][_REASON_N];
};

void login_tally_deinit(struct login_tally *tally)
{
	for (size_t i = 0; i < tally->n; i++)
		free(tally->services[i]);
	*tally = (struct login_tally){ 0 };
}

static struct login_tally_service *add(struct login_tally *tally,
				       const char *name)
{
	struct login_tally_service *service;

	if (tally->n > LOGIN_TALLY_SERVICES || strlen(name) > NAME_SERVICE_MAX)
		return NULL;
	service = calloc(1, sizeof(*service));
	if (!service)
		return NULL;
	memcpy(service->name, name, strlen(name) + 1);
	tally->services[tally->n++] = service;
	return service;
}

static struct login_tally_service *find(struct login_tally *tally,
					const char *name, bool named)
{
	struct login_tally_service *service = NULL;

	if (tally->n == 0)
		(void)add(tally, "other");
	if (tally->n == 0)
		return NULL;
	for (size_t i = 1; named && i < tally->n; i++)
		if (strcmp(tally->services[i]->name, name) == 0)
			return tally->services[i];
	if (named)
		service = add(tally, name);
	return service ? service : tally->services[0];
}

void login_tally_count(struct login_tally *tally, enum event event,
		       enum reason reason, const char *service, bool named)
{
	struct login_tally_service *place;

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		if (phases[i].event != event)
			continue;
		place = find(tally, service ? service : "", named && service);
		if (place && reason < _REASON_N)
			place->n[i][reason]++;
		return;
	}
}

void login_tally_for_each(const struct login_tally *tally,
			  void (*each)(const struct login_tally_row *row,
				       void *userdata),
			  void *userdata)
{
	for (size_t i = 0; i < tally->n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(phases); j++)
			for (unsigned int k = 0; k < _REASON_N; k++) {
				const struct login_tally_row row = {
					.phase = phases[j].phase,
					.service = tally->services[i]->name,
					.result = phases[j].result,
					.reason = reason_name((enum reason)k),
					.n = tally->services[i]->n[j][k],
				};

				if (row.n > 0)
					each(&row, userdata);
			}
}
