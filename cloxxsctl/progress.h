/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Progress: how far something long is, on one line of a terminal that is
 * written over and over, by a failure too, and taken away in the end. Where
 * the errors go to no terminal there is nothing of it.
 */

#include <stdint.h>

#include "cloxxsctl/ctl.h"

struct progress {
	FILE *stream; /* NULL: not to be shown */
};

struct progress progress_begin(const struct ctl *ctl);
/* Writes the line: what ("Sealing"), how far, and unit ("%"). */
void progress_show(const struct progress *progress, const char *what, int64_t n,
		   const char *unit);
/* To be called before anything else is shown. */
void progress_end(const struct progress *progress);
