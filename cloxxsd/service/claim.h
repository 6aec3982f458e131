/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Claim: what a caller of nl.cloxxs.Login says of whom his call is about, and
 * how much of it is believed, by who he is. It asks no rule.
 */

#include "cloxxsd/service/service.h"

/*
 * What an application of that service says of where a user comes from: false
 * where it is not believed, because the settings say nothing of how users reach
 * it, or it is no numeric address, or that of a proxy, which is no user's.
 */
bool claim_address(const struct settings_service *of, const char *address,
		   char ret_address[ADDRESS_TEXT_MAX]);
/*
 * The subject of a call; false where it was answered already, because it
 * cannot be or may not be spoken for, or too often.
 */
bool claim_take(struct service *service, struct varlink_call *call,
		json_t *parameters, struct subject *ret_subject);
