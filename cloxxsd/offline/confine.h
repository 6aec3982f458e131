/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Confine: what root gives up before it touches the state: the network, new
 * privileges, core dumps, debuggers, and being root. It knows nothing of what
 * is done afterwards.
 */

#include "base/scope.h"
#include "base/text.h"

/*
 * Becomes the owner of directory, for good. -EPERM where that is root, or
 * others may write there: why tells. Who is not root stays who he is.
 */
must_check int confine(const char *directory, struct text *why);
