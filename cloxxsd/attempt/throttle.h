/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Throttle: how many wrong answers came from each source lately, and which
 * sources must wait. It stands beside the lock, which counts for each user: who
 * tries one password on many users meets no lock, but comes from somewhere. It
 * locks nobody, and knows no users.
 *
 * A source is an IPv4 address, or the first 64 bits of an IPv6 one: who has one
 * of these has all. What has no address is on this host and never waits.
 *
 * What counts is an answer that was denied after the work of a verification,
 * done or pretended: a wrong password, an unknown, locked or disabled user, a
 * service that he may not use, what sshd makes up. An empty answer does not,
 * nor a right one; nor does a right one make good for the others, or an account
 * of his own would give a guesser any number of them.
 *
 * Each source has a bucket of as many answers as the limit has, which leaks one
 * in each of that many parts of the window. Full, the source waits a sixteenth
 * of the window, and the bucket stands still; then each further wrong answer
 * fills it again, and the wait is twice the last one, up to the window. A
 * window without a wrong answer behind the last wait, and all is forgotten.
 * Attempts while it waits count for nothing and make it no longer.
 *
 * Memory is fixed. Places are in sets, chosen by a hash with a secret; of a
 * full set goes whichever source would be forgotten first, so one that waits
 * goes last, and a source cannot choose whom it meets. Whoever has more sources
 * than there are places has as many answers as he has sources in any case: what
 * holds against him is the lock, and the alarm (daemon/lock_spike.h).
 *
 * A restart forgets all of it, and no lock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/network.h"
#include "base/scope.h"
#include "cloxxsd/attempt/reference.h"

/* About a MiB. */
#define THROTTLE_PLACES 16384

struct throttle;

/* From the settings, with each question: they may change meanwhile. */
struct throttle_limit {
	uint32_t failures; /* 0: nobody waits */
	uint32_t window_s;
	const struct networks *exempt; /* never wait; NULL: none */
};

/* n_places: a multiple of 8. */
must_check int throttle_new(uint32_t n_places, struct throttle **ret_throttle);
struct throttle *throttle_free(struct throttle *throttle);

/*
 * Whether the source of address (canonical; "" for none) waits at now_us of the
 * monotonic clock. *ret_reference: as throttle_name() set it, or "".
 */
bool throttle_waits(const struct throttle *throttle,
		    const struct throttle_limit *limit, const char *address,
		    int64_t now_us, char ret_reference[REFERENCE_MAX]);
/* The source of address: "2001:db8:1:2::/64"; "" for none. */
void throttle_source(const char *address, char ret_source[NETWORK_TEXT_MAX]);
/* Counts a wrong answer; true where the source waits from now on, *ret_wait_us
 * long. */
bool throttle_count(struct throttle *throttle,
		    const struct throttle_limit *limit, const char *address,
		    int64_t now_us, int64_t *ret_wait_us);
/*
 * The reference under which refusals are counted as long as the source waits:
 * only once a record that has it is on the disk.
 */
void throttle_name(struct throttle *throttle, const char *address,
		   const char *reference);
