/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Watched: the backups that other programs make and the operator has named in
 * [watched_backup NAME]: how many there are and how old the newest is. The
 * daemon cannot see them; whoever runs this must be able to. It opens none of
 * them and judges by names and times only; links are not followed.
 */

#include <jansson.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * An array, in the order of the configuration, which the program cloxxsd reads:
 *     { name, path, pattern, count, newest (null: none), max_age, min_count,
 *       state: "good", "missing", "unreadable", "few" or "old", text }
 * Empty where none is named. -errno.
 */
must_check int watched_read(const char *cloxxsd, int64_t now,
			    json_t **ret_list);
