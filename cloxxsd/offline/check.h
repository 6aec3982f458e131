/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Check: what is wrong with the configuration, the key, the store and the map.
 * It looks at a copy of the store, beside it, and changes nothing; what to do
 * about what it finds stands in the findings.
 */

#include "cloxxsd/offline/offline.h"

/* OFFLINE_FAILURE where something was found; the answer holds it. */
enum offline_status recover_check(struct offline *offline);
