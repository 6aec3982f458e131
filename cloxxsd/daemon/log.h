/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Log: lines for whoever looks after the daemon, on standard error, with the
 * severity in front where journald reads it (sd-daemon(3)). Decisions are not
 * logged but recorded. Never a secret.
 */

#include "base/scope.h"

void log_line(int priority, const char *format, ...) printf_like(2, 3);
