/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Claim: what a caller of nl.cloxxs.Login says of whom his call is about, and
 * how much of it is believed, by who he is. It asks no rule.
 */

#include "cloxxsd/service/service.h"

/*
 * The subject of a call; false where it was answered already, because it
 * cannot be or may not be spoken for, or too often.
 */
bool claim_take(struct service *service, struct varlink_call *call,
		json_t *parameters, struct subject *ret_subject);
