/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Program: runs another program and waits for it: cloxxsd, which reads its own
 * configuration, so that there is one reader of it only. A clean environment,
 * no shell, no search of a path.
 */

#include "base/scope.h"

/*
 * Runs program with argv (argv[0] its name, ended by NULL) on our stdout and
 * stderr and waits for it. Its exit status, or -errno; -EINTR if a signal
 * ended it.
 */
must_check int program_run(const char *program, const char *const *argv);
