/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Settings changes: what a reload changed, for the record of it.
 */

#include "base/text.h"
#include "cloxxsd/config/settings.h"

/* "section.key: old -> new", joined by "; "; nothing where all is the same. */
void settings_changes(const struct settings *before,
		      const struct settings *after, struct text *text);
