/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Decision JSON: a decision as the types Decision and Rule of nl.cloxxs.Admin
 * tell it: every rule in its order, the reason, and what would allow it. It
 * decides nothing, and knows no rule by name.
 */

#include <jansson.h>

#include "policy/login.h"

/* Each gives NULL without memory. */
json_t *decision_json(const struct login_decision *decision, const char *user);
json_t *decision_rules_json(const enum login_outcome outcomes[_LOGIN_RULE_N]);
/* The advice with NAME replaced by user; null where there is none. */
json_t *decision_advice_json(enum reason reason, const char *user);
