/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Configuration: which settings were in force last, as text, so that a start
 * knows what was changed while no daemon ran. The store does not read it: the
 * settings are those of the files, always.
 */

#include "base/scope.h"
#include "cloxxsd/state/store.h"

struct configuration {
	const char *settings; /* as settings_dump() writes them */
	const char *notice;   /* the version of its text */
};

/* What was kept last: both to be freed.
 * -ENOENT: nothing was. */
must_check int configuration_read(struct store *store, char **ret_settings,
				  char **ret_notice);
/* Within the caller's transaction: by CHANGE_CONFIGURATION alone. */
must_check int configuration_keep(struct store *store,
				  const struct configuration *configuration);
