/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Attempt: one conversation, from its start to its one decision. It moves
 * between few phases; whatever is asked of it out of its phase is refused.
 * What was gathered about the caller and the user comes from the kernel and
 * the store; rules are asked of policy/, never written here.
 *
 *   START -> PASSWORD -> VERIFYING -+-> SENDING -> CODE <-> CHECKING
 *                                   |                          |
 *                                   +-> NEW <-> REPLACING <----+
 *                                   |     |                    |
 *                                   +-> NOTICE -> DONE <-------+
 *
 * An attempt outlives its connection while a verification runs: what was
 * claimed is settled, whoever still listens.
 */

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/address.h"
#include "base/scope.h"
#include "base/secret.h"
#include "cloxxsd/attempt/hasher.h"
#include "cloxxsd/attempt/hearer.h"
#include "cloxxsd/attempt/lane.h"
#include "cloxxsd/attempt/pass.h"
#include "cloxxsd/attempt/password_fault.h"
#include "cloxxsd/attempt/reference.h"
#include "cloxxsd/attempt/subject.h"
#include "cloxxsd/attempt/throttle.h"
#include "cloxxsd/config/settings.h"
#include "cloxxsd/courier/courier.h"
#include "cloxxsd/geo/geo.h"
#include "cloxxsd/state/state.h"
#include "policy/login.h"
#include "varlink/server.h"

/* What all attempts share; borrowed parts belong to the daemon. */
struct attempts {
	sd_event *event;
	struct state *state;
	struct hasher *hasher;
	struct rehearsal *rehearsal;
	struct passes *passes;
	struct lanes *lanes;
	struct geo *geo;
	struct throttle *throttle;
	struct courier *courier;
	const struct settings *settings; /* exchanged at a reload */
	struct attempt *first;
	uint32_t n_open;
	uint32_t n_open_users; /* of these, for peers other than root */
};

enum attempt_phase {
	ATTEMPT_DONE,
	ATTEMPT_PASSWORD,     /* waits for the current password */
	ATTEMPT_VERIFYING,    /* waits for its turn, or for the hash */
	ATTEMPT_NEW_PASSWORD, /* waits for a new password */
	ATTEMPT_NEW_AGAIN,    /* waits for it once more */
	ATTEMPT_REPLACING,    /* the same for the hash of the new one */
	ATTEMPT_NOTICE,       /* waits for the notice to be accepted */
	ATTEMPT_SENDING,      /* waits for the courier to have sent a code */
	ATTEMPT_CODE,         /* waits for a code */
	ATTEMPT_CHECKING,     /* waits for its turn with one */
};

/* By which a code comes, in the order in which they are offered. */
enum code_way {
	CODE_WAY_NONE,
	CODE_WAY_APP,
	CODE_WAY_SMS,
	CODE_WAY_MAIL,
	CODE_WAY_RECOVERY,
	_CODE_WAY_N,
};

/* The second factor in an attempt. */
struct attempt_code {
	enum code_way way;  /* that is asked for */
	struct secret sent; /* what was sent; bound to this attempt */
	int64_t until_us;   /* on the boot clock: typed before it */
	struct secret typed;
	enum code_way sent_by; /* by which it went */
	int64_t sent_at;       /* as it was counted */
	unsigned int n_asked;
	bool joined; /* it came in one string with the password */
	/* Of a trial: one would be asked for. It proves nothing. */
	bool supposed;
	bool proved; /* by proved_by; NONE: in the login before, by its pass */
	enum code_way proved_by;
	struct courier_job job;
};

struct attempt;

/*
 * A trial is an attempt by which nobody gets in, made to hear how a login would
 * end. It goes the way of a login, and leaves nothing of one: no count, lock,
 * last login, pass or new password. Its own wrong answers are counted, and
 * bounded as those of logins are: see verification.c.
 */
struct trial {
	const char *actor; /* who makes it, for the record */
	/* Answers call at the end. decision NULL: it could not be recorded, and
	 * is not told. */
	void (*answer)(struct attempt *attempt, struct varlink_call *call,
		       const struct login_decision *decision,
		       const char *reference);
};

struct attempt {
	struct attempts *attempts;
	struct attempt *previous, *next;
	struct subject subject;
	struct hearer hearer; /* who is spoken to */
	enum login_purpose purpose;
	const struct trial *trial; /* NULL: a real one */
	enum attempt_phase phase;
	enum reason answer; /* why an answer was not verified */
	enum reason change; /* why another password must be chosen */
	/* Of the new password: what was wrong last, and what is only reported.
	 */
	enum password_error fault, reported;
	bool open;      /* counts among the open ones */
	bool gone;      /* the connection ended */
	uint32_t holds; /* callbacks that run in its name */
	bool claimed;
	bool break_glass;  /* whom it is about is for emergencies */
	bool proved;       /* the current password, in this attempt */
	bool only_repeats; /* each new password was the current one */
	bool guessed;      /* its answer counts for the source */
	/* Where its source waited as it began: under which its refusal is
	 * counted, else "". */
	char counted_under[REFERENCE_MAX];
	uint32_t tries_left;
	uint32_t uid;       /* of a known user, else 0 */
	int64_t credential; /* as it was when the hash began */
	struct secret current, wanted;
	/* The notice that was shown, to be accepted. */
	char notice_version[NOTICE_VERSION_MAX];
	enum language notice_language;
	struct attempt_code code;
	struct login_decision decision; /* of a decoy */
	/* What was gathered just now, for a turn that comes at once. */
	const struct gathered *gathered;
	struct hash_job job;
	struct lane_place place;
	struct varlink_call *call; /* to be answered */
	sd_event_source *timer;
};

/*
 * -EBUSY where too many are open. Half of them is kept for root, and a quarter
 * from each service: whoever may run su opens as many prompts as he likes.
 */
must_check int attempt_new(struct attempts *attempts,
			   enum login_purpose purpose,
			   const struct subject *subject,
			   struct attempt **ret_attempt);
/* The connection has gone: ends the attempt, at once or when settled. */
void attempt_abandon(struct attempt *attempt);

/* Asks the first question, answering call. proof: of a pass, which spares the
 * password, and the code where one was proved; NULL: none. */
must_check int attempt_start(struct attempt *attempt, struct varlink_call *call,
			     const struct pass_proof *proof);
/*
 * Takes an answer, answering call with the next step at once or later.
 * answer NULL: it was too long. -EBADE where none is waited for.
 */
must_check int attempt_answer(struct attempt *attempt,
			      struct varlink_call *call, const char *answer);

/* As the settings have it now; borrows from them. */
struct throttle_limit attempt_limit(const struct attempts *attempts);
/* Whether the source of subject must wait; *ret_reference as in throttle.h. */
bool attempt_is_throttled(const struct attempts *attempts,
			  const struct subject *subject,
			  char ret_reference[REFERENCE_MAX]);
/*
 * The question that is waited for could not be asked of anybody: the end of the
 * attempt, uncounted. -EBADE where none is waited for.
 */
must_check int attempt_cannot_ask(struct attempt *attempt,
				  struct varlink_call *call);

/*
 * The facts about subject as they are now, and his row where he is known.
 * -errno where the store cannot be read.
 */
must_check int attempt_gather(struct attempts *attempts,
			      const struct subject *subject,
			      enum login_purpose purpose, struct user *ret_user,
			      struct login_facts *ret_facts);
/* What was proved in attempt, into facts about its subject. */
void attempt_tell_proved(const struct attempt *attempt,
			 struct login_facts *facts);
/* The same facts when the clock shows at. */
void attempt_move(struct login_facts *facts, int64_t at);
