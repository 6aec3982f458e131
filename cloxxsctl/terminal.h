/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Terminal: which terminal this process belongs to, as the kernel says, so
 * that what must be done at the console can be asked for there. A hint to
 * whoever may do it anyway, no authority.
 */

#include <stdbool.h>
#include <stddef.h>

#define TERMINAL_NAME_MAX 32

/* "tty1", "ttyS0", "pts/3"; false where there is none, or it is not known. */
bool terminal_name(char ret_name[TERMINAL_NAME_MAX]);
/* The name of a terminal's device, major and minor. */
void terminal_name_of(unsigned int major, unsigned int minor,
		      char ret_name[TERMINAL_NAME_MAX]);
