/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Measuring: every metric as it is now, gathered from the parts of the daemon
 * and the store, and written out. Who reads it, and where it goes, others say.
 */

#include <stdio.h>

#include "cloxxsd/metrics/exposition.h"
#include "cloxxsd/service/service.h"

/* What cannot be read from the store has no sample. -EIO: not all of it was
 * written. */
must_check int measuring_write(struct service *service,
			       enum exposition_form form, FILE *stream);

/* Handler of nl.cloxxs.Admin.Metrics. */
int admin_metrics(struct varlink_call *call, json_t *parameters,
		  void *userdata);
