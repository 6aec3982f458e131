/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Leftover: what a run that was killed left in private/ of the state: copies of
 * the store that were being looked at, restored or backed up. It knows each by
 * its name, and touches nothing else.
 */

/*
 * Removes all of it below directory, the state's. For who holds the lock: then
 * nobody is at work with any of it. What cannot be removed stays.
 */
void leftover_clear(const char *directory);
