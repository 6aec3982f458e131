/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Duration: a time as settings have it, "36h", in the form in which cloxxsd
 * --dump-config prints it. It checks no bounds: cloxxsd has.
 */

#include <stdint.h>

/* Seconds; 0 for what is no duration. */
int64_t duration_seconds(const char *text);
