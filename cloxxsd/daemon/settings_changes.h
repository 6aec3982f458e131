/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Settings changes: what differs between two settings, and what of it weakens a
 * rule, for the record of it.
 */

#include "base/text.h"
#include "cloxxsd/config/settings.h"

/*
 * "section.key: old -> new", joined by "; "; nothing where all is the same.
 * Those that weaken stand in weakened once more, each behind "weakened=": what
 * changed.
 */
void settings_changes(const struct settings *before,
		      const struct settings *after, struct text *changes,
		      struct text *weakened);
