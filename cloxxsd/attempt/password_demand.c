/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/password_demand.h"

#include <limits.h>
#include <unistd.h>

/* The password alone: there is no second factor yet. */
#define N_FACTORS 1

/* The default of badwords, which a trial leaves in force. */
static const char *const held_words[] = { "cloxxs", NULL };

void password_demand_init(struct password_demand *demand,
			  const struct settings *settings, const char *name,
			  const char *services)
{
	char host[HOST_NAME_MAX + 1] = "";

	if (gethostname(host, sizeof(host)) < 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	demand->settings = settings;
	password_context_init(&demand->context, name, services, host);
	demand->all = (struct password_rules){
		.policy = settings->password,
		.n_factors = N_FACTORS,
		.words = (const char *const *)settings->badwords,
		.context = &demand->context,
	};
	demand->held = demand->all;
	if (!settings->trial)
		return;
	demand->held.policy = (struct password_policy){ 0 };
	password_preset_apply(settings->password.preset, &demand->held.policy);
	demand->held.words = held_words;
}

int password_demand_check(const struct password_demand *demand,
			  const struct password_candidate *candidate,
			  struct password_fault *ret_fault,
			  struct password_fault *ret_trial)
{
	int r = password_check(&demand->held, candidate, ret_fault);

	ret_trial->error = _PASSWORD_E_OK;
	if (r != 0 || !demand->settings->trial)
		return r;
	r = password_check(&demand->all, candidate, ret_trial);
	return r < 0 ? r : 0;
}
