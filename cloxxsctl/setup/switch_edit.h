/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Switch edit: nsswitch.conf(5) with cloxxs put behind local users, and
 * nothing else of it changed.
 */

#include "base/scope.h"

/*
 * In the lines passwd and group, and in initgroups where it stands (without
 * one, the C library asks all services of group). A line that is missing is
 * added; one that has cloxxs stays. *ret_text is the caller's to free; equal to
 * text where nothing is missing. -errno.
 */
must_check int switch_edit(const char *text, char **ret_text);
