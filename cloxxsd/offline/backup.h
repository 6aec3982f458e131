/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Backup, offline: a sealed backup looked at, and put in the place of the
 * store. The whole backup is opened and proven before anything of the present
 * is touched, and what of the present is stricter stays (backup/merge.h). It
 * makes no backup.
 */

#include "cloxxsd/offline/offline.h"

enum offline_status backup_verify(struct offline *offline);
enum offline_status backup_restore(struct offline *offline);
