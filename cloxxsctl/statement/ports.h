/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Ports: on which TCP ports the host listens for others, from the kernel's own
 * tables; not those that only the host itself reaches.
 */

#include "base/text.h"
#include "cloxxsctl/doctor/host.h"

#define PORTS_MAX 256

/*
 * Appends them to text in ascending order with blanks between, and returns how
 * many there are, or -errno.
 */
must_check int ports_listening(const struct host *host, struct text *text);
