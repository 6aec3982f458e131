/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the promises about where users come from are looked at. */
#include <string.h>

#include "cloxxsctl/statement/evidence.h"
#include "cloxxsctl/statement/promise.h"

/* Of a setting, or "". */
static const char *setting(const struct evidence *evidence, const char *section,
			   const char *key)
{
	const char *value = evidence_setting(evidence, section, key);

	return value ? value : "";
}

static void say_classes(const struct evidence *evidence, struct answer *answer)
{
	const char *local = setting(evidence, "geofence", "local");

	if (strcmp(local, "deny") == 0)
		return;
	answer_say(answer, answer->outcome,
		   "Addresses that are in no country are allowed too:",
		   "Ook adressen die in geen land liggen zijn toegestaan:");
	answer_say_foreign(answer, local);
}

void look_geofence(struct evidence *evidence, struct answer *answer)
{
	const char *countries = setting(evidence, "geofence", "countries");
	bool only_here = strcmp(countries, "NL") == 0;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	if (!look_country_database(evidence, answer))
		only_here = false;
	answer_say(answer, only_here ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "Allowed countries:", "Toegestane landen:");
	answer_say_foreign(answer, countries);
	say_classes(evidence, answer);
}

void look_fixed_networks(struct evidence *evidence, struct answer *answer)
{
	long long fixed = (long long)evidence->users.fixed;

	if (!evidence_can_be_asked(evidence, answer))
		return;
	answer_say(answer, fixed > 0 ? ANSWER_KEPT : ANSWER_OFF,
		   "%lld of %lld users have fixed networks, and get in from "
		   "nowhere else.",
		   "%lld van de %lld gebruikers hebben vaste adressen, en "
		   "komen nergens anders vandaan binnen.",
		   fixed, (long long)evidence->users.all);
}

void look_administration(struct evidence *evidence, struct answer *answer)
{
	const char *networks = setting(evidence, "administrators", "networks");
	const char *origin = setting(evidence, "unmanaged", "origin");
	bool kept = *networks && strcmp(networks, "any") != 0 &&
		    strstr(origin, "sshd");

	if (!evidence_can_be_asked(evidence, answer))
		return;
	answer_say(answer, kept ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "%lld administrators. They come from these networks, or "
		   "from this host itself:",
		   "%lld beheerders. Zij komen uit deze netwerken, of van deze "
		   "machine zelf:",
		   (long long)evidence->users.administrators);
	answer_say_foreign(answer, *networks ? networks : "?");
	answer_say(answer, answer->outcome,
		   "Root and local accounts must at these services:",
		   "Root en lokale accounts moeten dat bij deze diensten:");
	answer_say_foreign(answer, *origin ? origin : "?");
}
