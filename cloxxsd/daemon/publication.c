/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/publication.h"

#include <string.h>
#include <syslog.h>

#include "base/text.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/publish/identity_users.h"

/* Marks are gathered this long, and what journald refused is tried again. */
#define MARK_US UINT64_C(1000000)
/* Records of one login go to the disk and to journald together, and out of its
 * way. */
#define HAND_OVER_US UINT64_C(5000)

static int write_map(struct publication *publication)
{
	struct identity_writer *writer;
	int r;

	r = identity_users_write(publication->state->store,
				 publication->map_path, &writer,
				 &publication->n_unfit);
	if (r < 0)
		return r;
	publication->writer = identity_writer_free(publication->writer);
	publication->writer = writer;
	return 0;
}

static int swing(struct publication *publication, const struct change *change)
{
	struct user user;
	int r;

	if (change->type == CHANGE_USER_DELETE)
		return identity_writer_remove(publication->writer, change->uid);
	r = user_find_uid(publication->state->store, change->uid, &user);
	if (r == 0)
		r = identity_users_set(publication->writer, &user);
	return r > 0 ? -EBADMSG : r;
}

/* Where it is not armed already. */
static int arm_timer(sd_event_source *timer, uint64_t after)
{
	uint64_t now;
	int r, on;

	r = sd_event_source_get_enabled(timer, &on);
	if (r < 0 || on != SD_EVENT_OFF)
		return r;
	r = sd_event_now(sd_event_source_get_event(timer), CLOCK_MONOTONIC,
			 &now);
	if (r >= 0)
		r = sd_event_source_set_time(timer, now + after);
	if (r >= 0)
		r = sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
	return r;
}

static int arm(struct publication *publication)
{
	return arm_timer(publication->timer, MARK_US);
}

static void end_daemon(struct publication *publication)
{
	if (publication->ended)
		return;
	publication->ended = true;
	log_line(LOG_CRIT, "the disk does not take what was committed; ending, "
			   "to be restarted when it does");
	(void)!sd_event_exit(sd_event_source_get_event(publication->timer),
			     -EIO);
}

/* Hands over what waits, until the queue is full; the rest comes later. */
static void hand_over(struct publication *publication)
{
	struct ledger *ledger = &publication->state->ledger;
	struct ledger_row row;

	if (state_flush(publication->state) != 0) {
		end_daemon(publication);
		return;
	}
	while (publication->next_seq <= ledger->seq) {
		if (ledger_next_unpublished(ledger, publication->next_seq,
					    &row) != 0)
			break;
		if (journal_send(publication->journal, &row) != 0)
			break;
		publication->next_seq = row.seq + 1;
	}
	(void)!arm(publication);
}

static void on_taken(int64_t first_seq, int64_t last_seq, void *userdata)
{
	struct publication *publication = userdata;

	if (publication->taken_first == 0)
		publication->taken_first = first_seq;
	publication->taken_last = last_seq;
	(void)!arm(publication);
	/* There is room for those that did not fit. */
	if (publication->next_seq <= publication->state->ledger.seq)
		(void)!arm_timer(publication->hand_over, HAND_OVER_US);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct publication *publication = userdata;
	struct ledger *ledger = &publication->state->ledger;

	(void)source;
	(void)usec;
	if (publication->taken_first != 0 &&
	    ledger_mark_published(ledger, publication->taken_first,
				  publication->taken_last) == 0)
		publication->taken_first = publication->taken_last = 0;
	if (publication->next_seq <= ledger->seq)
		hand_over(publication);
	else if (publication->taken_first != 0)
		(void)!arm(publication);
	return 0;
}

static int on_committed(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	hand_over(userdata);
	return 0;
}

/* Behind the answers that wait to be sent: they wait for neither disk nor
 * journal. */
static int add_hand_over(struct publication *publication, sd_event *event)
{
	int r = sd_event_add_time(event, &publication->hand_over,
				  CLOCK_MONOTONIC, 0, HAND_OVER_US,
				  on_committed, publication);

	if (r >= 0)
		r = sd_event_source_set_priority(publication->hand_over,
						 SD_EVENT_PRIORITY_NORMAL + 1);
	if (r >= 0)
		r = sd_event_source_set_enabled(publication->hand_over,
						SD_EVENT_OFF);
	return r;
}

int publication_init(struct publication *publication, sd_event *event,
		     struct state *state, const char *directory)
{
	struct text text;
	int r;

	*publication = (struct publication){ .state = state, .next_seq = 1 };
	text_init(&text, publication->map_path, sizeof(publication->map_path));
	text_add_format(&text, "%s/identity.map", directory);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	r = write_map(publication);
	if (r < 0)
		return r;
	r = sd_event_add_time(event, &publication->timer, CLOCK_MONOTONIC, 0,
			      100000, on_timer, publication);
	if (r >= 0)
		r = sd_event_source_set_enabled(publication->timer,
						SD_EVENT_OFF);
	if (r >= 0)
		r = add_hand_over(publication, event);
	if (r >= 0)
		r = journal_new(event, on_taken, publication,
				&publication->journal);
	if (r < 0)
		return r;
	hand_over(publication);
	return 0;
}

void publication_deinit(struct publication *publication)
{
	if (!publication->state)
		return;
	/* The last records, which no loop hands over any more. */
	if (publication->journal)
		hand_over(publication);
	publication->journal = journal_free(publication->journal);
	if (publication->taken_first != 0)
		(void)!ledger_mark_published(&publication->state->ledger,
					     publication->taken_first,
					     publication->taken_last);
	sd_event_source_disable_unref(publication->hand_over);
	sd_event_source_disable_unref(publication->timer);
	publication->writer = identity_writer_free(publication->writer);
	publication->state = NULL;
}

int publication_committed(struct publication *publication,
			  const struct change_set *set)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->n_changes; i++)
		if (change_is_identity(&set->changes[i]))
			r = swing(publication, &set->changes[i]);
	if (r != 0)
		r = write_map(publication);
	if (set->n_records > 0) {
		(void)!arm_timer(publication->hand_over, HAND_OVER_US);
		/* Where answers never end, no later than the timer does it. */
		(void)!arm(publication);
	}
	return r;
}

void publication_send_again(struct publication *publication)
{
	/* What is on its way goes twice, and is known by its number. */
	publication->next_seq = 1;
	(void)!arm(publication);
}

uint64_t publication_generation(const struct publication *publication)
{
	return identity_writer_generation(publication->writer);
}
