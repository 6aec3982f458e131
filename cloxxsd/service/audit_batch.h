/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Audit batch: records of actions that come at once, written in one
 * transaction: the disk is asked once for all of them. Whoever sent one is
 * answered when it is there, or told that it is not.
 */

#include "cloxxsd/service/action.h"

struct audit_batch;

must_check int audit_batch_new(struct service *service, sd_event *event,
			       struct audit_batch **ret_batch);
/* Answers those that wait that nothing was written. NULL in, NULL out. */
struct audit_batch *audit_batch_free(struct audit_batch *batch);

/*
 * Takes n actions of one call, which point into its message, and answers the
 * call later with what answer makes of the numbers of the first and the last.
 * -ENOMEM: it took nothing.
 */
must_check int audit_batch_add(struct audit_batch *batch,
			       struct varlink_call *call,
			       const struct action *actions, size_t n,
			       json_t *(*answer)(int64_t first, int64_t last));
int audit_unavailable(struct varlink_call *call);
