/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin alarm: what the daemon says of its alarms. It raises none and tells
 * none.
 */

#include "cloxxsd/service/service.h"

/* Handler of nl.cloxxs.Admin.Alarms. */
int admin_alarms(struct varlink_call *call, json_t *parameters, void *userdata);
