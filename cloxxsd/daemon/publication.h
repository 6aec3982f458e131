/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Publication: what leaves the daemon after a commit: the identity map is
 * swung, and the ledger's records go to the journal, marked there once taken.
 * It only ever tells what the store holds already, on the disk: what was
 * committed ahead of it is brought there first, and where that fails the daemon
 * ends.
 */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cloxxsd/publish/identity_writer.h"
#include "cloxxsd/publish/journal.h"
#include "cloxxsd/state/state.h"

struct publication {
	struct state *state;
	char map_path[512];
	struct identity_writer *writer;
	uint32_t n_unfit; /* users whom the map cannot hold: left out */
	struct journal *journal;
	int64_t next_seq;                /* of the next record to hand over */
	int64_t taken_first, taken_last; /* to be marked; 0: none */
	sd_event_source *timer, *hand_over;
	bool ended; /* the daemon was told to */
};

/* Writes the whole map anew and begins with the records that wait. */
must_check int publication_init(struct publication *publication,
				sd_event *event, struct state *state,
				const char *directory);
void publication_deinit(struct publication *publication);

/*
 * After a commit. -errno: readers of the map may not have seen it, and the
 * daemon must not go on as if they had.
 */
must_check int publication_committed(struct publication *publication,
				     const struct change_set *set);
/* Some records are to be sent once more. */
void publication_send_again(struct publication *publication);
uint64_t publication_generation(const struct publication *publication);
