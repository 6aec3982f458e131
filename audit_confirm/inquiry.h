/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Inquiry: what the daemon is asked and told of its records, over its socket:
 * nl.cloxxs.Audit.Unseen and Seen. It is told in portions, because it marks
 * each of them while others wait for it.
 */

#include "audit_confirm/numbers.h"
#include "varlink/client.h"

/* Of one call: ranges, and numbers in all of them. */
#define INQUIRY_RANGES_MAX 512
#define INQUIRY_NUMBERS_MAX 8192

struct unseen {
	int64_t first, last; /* 0: the journal has them all */
	int64_t since_us;
};

enum inquiry_error {
	_INQUIRY_E_OK,
	INQUIRY_E_UNREACHABLE,
	INQUIRY_E_IMPOSTOR, /* somebody else's socket */
	INQUIRY_E_DENIED,
	INQUIRY_E_FAILED, /* it cannot read or write its store */
	INQUIRY_E_BROKEN, /* what it said is no answer */
};

/* The error in words, or -errno in those of the system. */
const char *inquiry_error_text(int error);

must_check int inquiry_connect(const char *path, uint32_t timeout_ms,
			       struct varlink_client **ret_client);
must_check int inquiry_ask(struct varlink_client *client,
			   struct unseen *ret_unseen);
/* Tells what was found by who began to read at until_us; *ret_lost of them are
 * sent again. What was told before an error stays told. */
must_check int inquiry_tell(struct varlink_client *client,
			    const struct numbers *numbers, int64_t until_us,
			    int64_t *ret_lost);
