/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm facts: what the rules of alarms are asked about, as it is now: from the
 * store, the country database, the courier and the daemon itself.
 */

#include "cloxxsd/alarm/rule.h"
#include "cloxxsd/alarm/window.h"
#include "cloxxsd/service/service.h"

/* What cannot be read is said to be unknown. steady_s: a clock that nobody
 * sets.
 */
void alarm_facts_gather(struct service *service, struct window *abroad,
			int64_t now_s, int64_t steady_s,
			struct alarm_facts *ret_facts);
