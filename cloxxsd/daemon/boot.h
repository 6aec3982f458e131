/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Boot: which start of the host this is, to tell sessions of before. The unit
 * names it, for /proc/sys is not there for the daemon; else the kernel does.
 */

#include "cloxxsd/state/session.h"

/* "" where nobody says. */
void boot_id(char ret_id[SESSION_BOOT_MAX]);
