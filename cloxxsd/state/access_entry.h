/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access entry: rows of the store as base/access.h knows them, for the maps and
 * for whoever explains what their readers saw. Each points into its row.
 */

#include "base/access.h"
#include "cloxxsd/state/grant.h"
#include "cloxxsd/state/project.h"
#include "cloxxsd/state/user.h"

/*
 * The user as the map of service shows him, but for his groups. False: he does
 * not stand there: disabled, not of this service, or an account for emergencies
 * that is not open.
 */
bool access_entry_user(const struct user *user, const char *service,
		       struct access_user *ret_entry);
struct access_project access_entry_project(const struct project *project);
struct access_grant access_entry_grant(const struct grant *grant);
