/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Recover: the verbs by which root gets a user, an administrator or the maps
 * back while no daemon runs. Each is a change as the daemon makes them, with
 * its record, told to the journal when the daemon starts.
 */

#include "cloxxsd/offline/offline.h"

enum offline_status recover_unlock(struct offline *offline);
enum offline_status recover_reset_password(struct offline *offline);
enum offline_status recover_administrator(struct offline *offline);
enum offline_status recover_maps(struct offline *offline);
