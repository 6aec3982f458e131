/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold: whatever is not understood is a refusal, and ACCESS_ALLOWED
 * is concluded in one place.
 */
#include "base/access.h"

#define RIGHTS ((uint32_t)(ACCESS_READ | ACCESS_WRITE))

static const char *const reason_names[] = {
	[ACCESS_NO_GRANT] = "no-grant",
	[ACCESS_UNAVAILABLE] = "unavailable",
	[ACCESS_UNKNOWN_USER] = "unknown-user",
	[ACCESS_UNKNOWN_PROJECT] = "unknown-project",
	[ACCESS_NOT_YET_VALID] = "not-yet-valid",
	[ACCESS_NO_LONGER_VALID] = "no-longer-valid",
	[ACCESS_DENIED] = "denied",
	[ACCESS_ENDED] = "ended",
	[ACCESS_ARCHIVED] = "archived",
	[ACCESS_ALLOWED] = "allowed",
};
_Static_assert(ARRAY_SIZE(reason_names) == _ACCESS_N_REASONS,
	       "a name for each reason");

const char *access_reason_name(enum access_reason reason)
{
	return reason_names[(unsigned int)reason < _ACCESS_N_REASONS ? reason
								     : 0];
}

void access_sum_add(struct access_sum *sum, const struct access_grant *grant,
		    int64_t now)
{
	if (grant->until == 0 || now < grant->until)
		sum->rights |= grant->rights;
	else
		sum->ended |= grant->rights & RIGHTS;
}

enum access_reason access_sum_conclude(const struct access_sum *sum,
				       const struct access_project *project,
				       uint32_t right, uint32_t *ret_rights)
{
	bool denied = sum->rights & ACCESS_DENY;
	uint32_t granted = sum->rights & RIGHTS;
	uint32_t rights =
		project->archived ? granted & ~(uint32_t)ACCESS_WRITE : granted;

	if (denied)
		rights = 0;
	if (ret_rights)
		*ret_rights = rights;
	if (right == 0 || (right & ~RIGHTS))
		return ACCESS_NO_GRANT;
	if (denied)
		return ACCESS_DENIED;
	if ((right & ~rights) == 0)
		return ACCESS_ALLOWED;
	if ((right & ~granted) == 0)
		return ACCESS_ARCHIVED;
	return (right & ~(granted | sum->ended)) == 0 ? ACCESS_ENDED
						      : ACCESS_NO_GRANT;
}

enum access_reason access_validity(const struct access_user *user, int64_t now)
{
	if (user->not_before != 0 && now < user->not_before)
		return ACCESS_NOT_YET_VALID;
	if (user->not_after != 0 && now > user->not_after)
		return ACCESS_NO_LONGER_VALID;
	return ACCESS_ALLOWED;
}
