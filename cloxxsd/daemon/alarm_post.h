/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Alarm post: brings letters to the courier: each to the address and to the web
 * hook that the settings name, at once. It is delivered when one of them took
 * it, or may have; else it is tried again, ever later. It keeps nothing over a
 * restart: who sends does.
 */

#include <stdbool.h>
#include <stdint.h>

#include "cloxxsd/alarm/letter.h"
#include "cloxxsd/courier/courier.h"

enum alarm_way {
	ALARM_WAY_MAIL,
	ALARM_WAY_WEBHOOK,
	_ALARM_WAY_N,
};

struct alarm_post;

struct alarm_post_slot {
	struct alarm_post *post;
	struct alarm_state sent; /* what it was made from */
	struct courier_job jobs[_ALARM_WAY_N];
	unsigned int n_open;
	bool took;
	unsigned int n_failed; /* times in a row */
	int64_t again_s;       /* since the boot; 0: not waiting */
	char detail[COURIER_DETAIL_MAX];
};

struct alarm_post {
	struct courier *courier;
	/* What became of the letter about rule: taken, or with the reason why
	 * not, upon which it waits. It may be sent again from here. */
	void (*done)(struct alarm_post *post, enum alarm_rule rule, bool took,
		     const char *detail);
	uint32_t busy; /* a bit each: on its way, or waiting */
	struct alarm_post_slot slots[_ALARM_RULE_N];
};

void alarm_post_init(struct alarm_post *post, struct courier *courier,
		     void (*done)(struct alarm_post *post, enum alarm_rule rule,
				  bool took, const char *detail));
void alarm_post_deinit(struct alarm_post *post);
/* Sends what is about rule, which is not busy or has waited long enough. done()
 * may be called before this returns, where nothing of it could be begun. */
void alarm_post_send(struct alarm_post *post, enum alarm_rule rule,
		     const struct alarm_state *state,
		     const struct letter *letter,
		     const struct settings *settings);
/* A rule that waited long enough at now_s, since the boot; false: none. */
bool alarm_post_next_again(const struct alarm_post *post, int64_t now_s,
			   enum alarm_rule *ret_rule);
/* Nothing about rule is to be sent any more. */
void alarm_post_drop(struct alarm_post *post, enum alarm_rule rule);
