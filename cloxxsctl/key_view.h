/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key view: keys by their ids, for eyes. A key itself never comes here.
 */

#include <jansson.h>

#include "cloxxsctl/output.h"

/* The reply of ListKeys, of RotateKey, and of SetRecoveryKey. */
must_check int key_view_list(struct output *output, const json_t *reply);
must_check int key_view_rotated(struct output *output, const json_t *reply);
must_check int key_view_recovery(struct output *output, const json_t *reply);
