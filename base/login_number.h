/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Login number: by which number the kernel knows the login that this process is
 * in: its audit session (proc_pid_sessionid(5)), which all that is started in a
 * login keeps, and which only who may begin a login can set.
 */

#include <stdint.h>

#define LOGIN_NUMBER_FILE "/proc/self/sessionid"

/* 0: none, or the kernel does not say. */
int64_t login_number(void);
/* The same out of a file of that form. */
int64_t login_number_read(const char *path);
