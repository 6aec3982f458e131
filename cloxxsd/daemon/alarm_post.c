/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/alarm_post.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define TIMEOUT_MS 45000
/* After the first failure; then twice as long each time. */
#define AGAIN_S 60
#define AGAIN_MAX_S 3600

static uint32_t bit(enum alarm_rule rule)
{
	return UINT32_C(1) << rule;
}

static enum alarm_rule rule_of(const struct alarm_post_slot *slot)
{
	return (enum alarm_rule)(slot - slot->post->slots);
}

void alarm_post_init(struct alarm_post *post, struct courier *courier,
		     void (*done)(struct alarm_post *post, enum alarm_rule rule,
				  bool took, const char *detail))
{
	*post = (struct alarm_post){ .courier = courier, .done = done };
	for (size_t i = 0; i < ARRAY_SIZE(post->slots); i++)
		post->slots[i].post = post;
}

void alarm_post_deinit(struct alarm_post *post)
{
	for (size_t i = 0; i < ARRAY_SIZE(post->slots); i++)
		alarm_post_drop(post, (enum alarm_rule)i);
}

void alarm_post_drop(struct alarm_post *post, enum alarm_rule rule)
{
	struct alarm_post_slot *slot = &post->slots[rule];

	for (size_t i = 0; i < ARRAY_SIZE(slot->jobs); i++)
		courier_cancel(&slot->jobs[i]);
	*slot = (struct alarm_post_slot){ .post = post };
	post->busy &= ~bit(rule);
}

static int64_t pause_s(unsigned int n_failed)
{
	int64_t pause = AGAIN_S;

	for (unsigned int i = 1; i < n_failed && pause < AGAIN_MAX_S; i++)
		pause *= 2;
	return pause < AGAIN_MAX_S ? pause : AGAIN_MAX_S;
}

static void finish(struct alarm_post_slot *slot)
{
	struct alarm_post *post = slot->post;
	enum alarm_rule rule = rule_of(slot);

	if (slot->took) {
		post->busy &= ~bit(rule);
		slot->n_failed = 0;
	} else {
		slot->n_failed++;
		slot->again_s =
			clock_boottime_us() / 1000000 + pause_s(slot->n_failed);
	}
	post->done(post, rule, slot->took, slot->detail);
}

/* It may have left: then it is not sent again, by another way neither. */
static void on_done(struct courier_job *job, enum courier_result result,
		    const char *route, const char *detail)
{
	struct alarm_post_slot *slot = job->userdata;

	(void)route;
	switch (result) {
	case COURIER_ACCEPTED:
	case COURIER_UNCERTAIN:
		slot->took = true;
		break;
	case COURIER_REFUSED:
	case COURIER_UNREACHABLE:
	case _COURIER_RESULTS:
		(void)snprintf(slot->detail, sizeof(slot->detail), "%s",
			       detail);
		break;
	}
	if (--slot->n_open == 0)
		finish(slot);
}

/* The first try has the same after a restart, so that the courier knows what it
 * has sent. What failed has not left: each further one has another, by its time,
 * for the courier keeps to what it answered, longer than this process lives. */
static void write_reference(const struct alarm_post_slot *slot,
			    enum alarm_way way, struct text *text)
{
	int64_t again = slot->n_failed > 0 ? clock_realtime_us() / 1000000 : 0;

	text_add_format(text, "alarm-%s-%" PRId64 "-%" PRId64 "-%" PRId64 "-%c",
			alarm_rule_name(rule_of(slot)), slot->sent.since,
			slot->sent.number, again,
			way == ALARM_WAY_MAIL ? 'm' : 'w');
}

static void send_by(struct alarm_post_slot *slot, enum alarm_way way,
		    const char *to, const struct letter *letter)
{
	struct courier_job *job = &slot->jobs[way];
	char reference[120];
	struct text text;
	const struct courier_message message = {
		.kind = way == ALARM_WAY_MAIL ? COURIER_MAIL : COURIER_WEBHOOK,
		.to = to,
		.subject = letter->subject,
		.text = letter->text,
		.reference = reference,
		.timeout_ms = TIMEOUT_MS,
	};

	text_init(&text, reference, sizeof(reference));
	write_reference(slot, way, &text);
	*job = (struct courier_job){ .done = on_done, .userdata = slot };
	if (courier_send(slot->post->courier, &message, job) == 0)
		slot->n_open++;
	else
		(void)snprintf(slot->detail, sizeof(slot->detail),
			       "too much waits for the courier");
}

void alarm_post_send(struct alarm_post *post, enum alarm_rule rule,
		     const struct alarm_state *state,
		     const struct letter *letter,
		     const struct settings *settings)
{
	struct alarm_post_slot *slot = &post->slots[rule];

	post->busy |= bit(rule);
	slot->sent = *state;
	slot->took = false;
	slot->again_s = 0;
	if (settings->alarm_mail)
		send_by(slot, ALARM_WAY_MAIL, settings->alarm_mail, letter);
	if (settings->alarm_webhook)
		send_by(slot, ALARM_WAY_WEBHOOK, settings->alarm_webhook,
			letter);
	if (slot->n_open == 0)
		finish(slot);
}

bool alarm_post_next_again(const struct alarm_post *post, int64_t now_s,
			   enum alarm_rule *ret_rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(post->slots); i++)
		if (post->slots[i].again_s > 0 &&
		    post->slots[i].again_s <= now_s) {
			*ret_rule = (enum alarm_rule)i;
			return true;
		}
	return false;
}
