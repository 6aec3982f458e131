/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/state/configuration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *copy(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? strdup(text) : NULL;
}

int configuration_read(struct store *store, char **ret_settings,
		       char **ret_notice)
{
	char *settings, *notice;
	sqlite3_stmt *row;
	int r;

	r = store_bind(store,
		       "SELECT settings, notice FROM configuration"
		       " WHERE id = 1",
		       &row, "");
	if (r == 0)
		r = store_step(row);
	if (r != STORE_E_ROW)
		return r == 0 ? -ENOENT : r;
	settings = copy(row, 0);
	notice = copy(row, 1);
	sqlite3_reset(row);
	if (!settings || !notice) {
		free(settings);
		free(notice);
		return -ENOMEM;
	}
	*ret_settings = settings;
	*ret_notice = notice;
	return 0;
}

int configuration_keep(struct store *store,
		       const struct configuration *configuration)
{
	return store_run(store,
			 "INSERT OR REPLACE INTO configuration"
			 " (id, settings, notice) VALUES (1, ?, ?)",
			 "tt", configuration->settings, configuration->notice);
}
