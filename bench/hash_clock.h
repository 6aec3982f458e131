/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Hash clock: how long the daemon's last argon2 took, told through a file that
 * both sides map. A library put before libsodium (hash_clock.c) writes it, so
 * that a login can be compared to the very hash that was in it: on a machine
 * that does other things too, no two hashes take the same time.
 */

#include <stdatomic.h>
#include <stdint.h>

/* Names the file; eight zero bytes and more are in it. */
#define HASH_CLOCK_VARIABLE "CLOXXS_BENCH_HASH_CLOCK"

struct hash_clock {
	_Atomic int64_t ns; /* of all hashes so far */
};
