/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Journal: hands ledger records to journald, from a thread of its own, so that
 * a journald that stands still holds no login up. What journald does not take
 * is tried again each second, in order. What cannot be queued is left: it stays
 * unpublished in the ledger and is sent later from there.
 */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/scope.h"
#include "cloxxsd/state/ledger.h"

struct journal;

/*
 * sent is called on the loop with the numbers, from first to last, of records
 * that journald took, all of them in a row.
 */
must_check int journal_new(sd_event *event,
			   void (*sent)(int64_t first_seq, int64_t last_seq,
					void *userdata),
			   void *userdata, struct journal **ret_journal);
/* Gives what is queued a second to go out. Takes NULL, returns NULL. */
struct journal *journal_free(struct journal *journal);

/* Queues a copy of row. -EAGAIN where the queue is full. */
must_check int journal_send(struct journal *journal,
			    const struct ledger_row *row);
