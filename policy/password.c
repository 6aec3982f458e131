/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/password.h"

#include <string.h>

#define DAY 86400
/* A clock may be set a little: time servers, a machine that slept. */
#define CLOCK_SLACK_S DAY

#define AT(member) offsetof(struct password_policy, member)
#define FREE                          \
	{                             \
		PASSWORD_HOLD_FREE, 0 \
	}
#define NONE                          \
	{                             \
		PASSWORD_HOLD_SAME, 0 \
	}
#define LEAST(n)                       \
	{                              \
		PASSWORD_HOLD_LEAST, n \
	}

/* clang-format off */
const struct password_preset_row password_preset_rows[] = {
	/*			  modern     bio */
	{ "minlen", AT(minlen), { LEAST(15), LEAST(12) } },
	{ "difok", AT(difok), { LEAST(1), LEAST(1) } },
	{ "minclass", AT(minclass), { NONE, LEAST(3) } },
	{ "minclass_until", AT(minclass_until),
	  { NONE, { PASSWORD_HOLD_LEAST_0, 20 } } },
	{ "dcredit", AT(dcredit), { NONE, FREE } },
	{ "ucredit", AT(ucredit), { NONE, FREE } },
	{ "lcredit", AT(lcredit), { NONE, FREE } },
	{ "ocredit", AT(ocredit), { NONE, FREE } },
	{ "maxrepeat", AT(maxrepeat), { NONE, FREE } },
	{ "maxsequence", AT(maxsequence), { NONE, FREE } },
	{ "maxclassrepeat", AT(maxclassrepeat), { NONE, FREE } },
	{ "usercheck", AT(usercheck), { LEAST(1), LEAST(1) } },
	{ "dictcheck", AT(dictcheck), { LEAST(1), LEAST(1) } },
	{ "history", AT(history), { FREE, LEAST(10) } },
	{ "min_age", AT(min_age_s), { FREE, LEAST(DAY) } },
	{ "max_age", AT(max_age_s),
	  { NONE, { PASSWORD_HOLD_MOST, 180 * DAY } } },
};
/* clang-format on */
const size_t password_preset_rows_n = ARRAY_SIZE(password_preset_rows);

/* Code points beside a second factor (ASVS 5.0 6.2.1). */
#define LENGTH_WITH_TWO 8

static const char *const preset_names[_PASSWORD_PRESET_N] = {
	[PASSWORD_PRESET_MODERN] = "modern",
	[PASSWORD_PRESET_BIO] = "bio",
	[PASSWORD_PRESET_CUSTOM] = "custom",
};

void password_preset_apply(enum password_preset preset,
			   struct password_policy *policy)
{
	policy->preset = preset;
	if (preset >= PASSWORD_PRESET_CUSTOM)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(password_preset_rows); i++) {
		const struct password_preset_row *row =
			&password_preset_rows[i];

		if (row->presets[preset].hold != PASSWORD_HOLD_FREE)
			*(uint32_t *)((char *)policy + row->offset) =
				row->presets[preset].value;
	}
}

bool password_preset_takes(const struct password_preset_row *row,
			   enum password_preset preset, uint32_t value)
{
	uint32_t asked;

	if (preset >= PASSWORD_PRESET_CUSTOM)
		return true;
	asked = row->presets[preset].value;
	switch (row->presets[preset].hold) {
	case PASSWORD_HOLD_FREE:
		return true;
	case PASSWORD_HOLD_SAME:
		return value == asked;
	case PASSWORD_HOLD_LEAST:
		return value >= asked;
	case PASSWORD_HOLD_MOST:
		return value > 0 && value <= asked;
	case PASSWORD_HOLD_LEAST_0:
		return value == 0 || value >= asked;
	}
	return false;
}

const char *password_preset_name(enum password_preset preset)
{
	return preset_names[preset];
}

bool password_preset_find(const char *name, enum password_preset *ret_preset)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(preset_names); i++)
		if (strcmp(preset_names[i], name) == 0) {
			*ret_preset = (enum password_preset)i;
			return true;
		}
	return false;
}

uint32_t password_length_min(const struct password_policy *policy,
			     unsigned int n_factors)
{
	if (policy->preset == PASSWORD_PRESET_CUSTOM || n_factors < 2)
		return policy->minlen;
	return LENGTH_WITH_TWO;
}

bool password_asks_classes(const struct password_policy *policy, size_t length)
{
	return policy->minclass_until == 0 || length < policy->minclass_until;
}

bool password_is_expired(uint32_t max_age_s, int64_t changed_s, int64_t now_s)
{
	if (max_age_s == 0)
		return false;
	return now_s - changed_s >= (int64_t)max_age_s ||
	       changed_s - now_s > CLOCK_SLACK_S;
}

bool password_is_too_young(uint32_t min_age_s, int64_t changed_s, int64_t now_s)
{
	return min_age_s > 0 && now_s - changed_s < (int64_t)min_age_s;
}
