/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Key: a new recovery pair, for cloxxsctl, which has no cryptography. It keeps
 * and changes nothing; the identity stands in its answer and nowhere else.
 */

#include "cloxxsd/offline/offline.h"

enum offline_status key_recovery(struct offline *offline);
