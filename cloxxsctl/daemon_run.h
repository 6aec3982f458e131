/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Daemon run: starts cloxxsd to read its own configuration, so that there is
 * one reader of it only. A fixed path, a clean environment, no shell.
 */

#include "base/scope.h"

/*
 * Runs program with argv (argv[0] its name, ended by NULL) on our stdout and
 * stderr and waits for it. Its exit status, or -errno; -EINTR if a signal
 * ended it.
 */
must_check int daemon_run(const char *program, const char *const *argv);
