/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/attempt.h"

#include <string.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/notice.h"
#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/attempt/password_rules.h"
#include "cloxxsd/attempt/rehearsal.h"
#include "cloxxsd/attempt/replacement.h"
#include "cloxxsd/attempt/reply.h"
#include "cloxxsd/attempt/verification.h"

/* How often somebody who waits is told that the daemon lives. */
#define TICK_US UINT64_C(500000)

static enum login_uid compare_uid(const struct subject *subject, bool known,
				  uint32_t uid)
{
	if (!subject->has_system_uid)
		return LOGIN_UID_UNKNOWN;
	return known && subject->system_uid == (int64_t)uid ? LOGIN_UID_OURS
							    : LOGIN_UID_OTHER;
}

/* What was written and cannot be read lets nobody in. */
static struct hours hours_of(const char *written)
{
	struct hours hours = { 0 };
	char why[64];
	struct text text;

	text_init(&text, why, sizeof(why));
	if (*written && hours_parse(written, &hours, &text) != 0)
		return hours_never();
	return hours;
}

static struct hours_moment wall_at(int64_t now_s)
{
	unsigned int day, minute;

	if (!clock_wall(now_s, &day, &minute))
		return (struct hours_moment){ .day = _HOURS_DAY_N };
	return (struct hours_moment){ (uint8_t)day, (uint16_t)minute };
}

/* When he is valid, and at which hours, here. */
static void gather_validity(struct attempts *attempts, const struct user *user,
			    const char *service, struct login_facts *facts)
{
	const struct settings_service *at =
		settings_service_find(attempts->settings, service);
	struct user_moment moment =
		state_moment(attempts->state, attempts->settings->inactive_s);

	facts->latest_s = moment.latest;
	facts->inactive_s = moment.inactive_s;
	facts->not_before_s = user->not_before;
	facts->not_after_s = user->not_after;
	facts->active_at_s = user->active_at;
	facts->hours = hours_of(user->hours);
	if (at)
		facts->service_hours = at->hours;
	attempt_move(facts, moment.now);
}

void attempt_move(struct login_facts *facts, int64_t at)
{
	facts->now_s = at;
	if (facts->latest_s < at)
		facts->latest_s = at;
	if (facts->hours.n > 0 || facts->service_hours.n > 0)
		facts->wall = wall_at(at);
}

struct throttle_limit attempt_limit(const struct attempts *attempts)
{
	const struct settings *settings = attempts->settings;

	return (struct throttle_limit){
		.failures = settings->throttle_failures,
		.window_s = settings->throttle_window_s,
		.exempt = &settings->throttle_exempt.list,
	};
}

bool attempt_is_throttled(const struct attempts *attempts,
			  const struct subject *subject,
			  char ret_reference[REFERENCE_MAX])
{
	const struct throttle_limit limit = attempt_limit(attempts);

	return throttle_waits(attempts->throttle, &limit, subject->address,
			      clock_monotonic_us(), ret_reference);
}

int attempt_gather(struct attempts *attempts, const struct subject *subject,
		   enum login_purpose purpose, struct user *ret_user,
		   struct login_facts *ret_facts)
{
	struct user user = { 0 };
	struct origin origin;
	char reference[REFERENCE_MAX];
	bool known;
	int r;

	r = user_find(attempts->state->store, subject->name, &user);
	if (r < 0 || r == USER_E_DAMAGED)
		return r < 0 ? r : -EBADMSG;
	known = r == 0;
	r = origin_gather(attempts, subject, &user, &origin);
	if (r < 0)
		return r;
	*ret_facts = (struct login_facts){
		.purpose = purpose,
		.user_known = known,
		.system_uid = compare_uid(subject, known, user.uid),
		.enabled = known && user.enabled,
		.break_glass = user.break_glass,
		.opened_at_s = user.opened_at,
		.open_until_s = user.open_until,
		.service_allowed =
			known && user_may_use(&user, subject->service),
		/* Who asks from afar says who he is there, not here. */
		.by_another = !subject->comes_from_afar &&
			      *subject->requester &&
			      strcmp(subject->requester, subject->name) != 0,
		.by_application = subject->by_application,
		.origin = origin,
		.locked = user_is_locked(&user),
		.failures = user.failures,
		.failures_max = attempts->settings->lockout_failures,
		.throttled = attempt_is_throttled(attempts, subject, reference),
		.has_password =
			known && user.password_kind != USER_PASSWORD_NONE,
		.temporary = user.password_kind == USER_PASSWORD_TEMPORARY,
		.temporary_until_s = user.temporary_until,
		.changed_s = user.password_changed,
		.max_age_s = attempts->settings->password.max_age_s,
		.min_age_s = attempts->settings->password.min_age_s,
		.unattended = subject_is_unattended(subject->service),
	};
	gather_validity(attempts, &user, subject->service, ret_facts);
	r = notice_gather(attempts, subject, &user, ret_facts);
	if (r == 0)
		r = code_gather(attempts, subject, &user, ret_facts);
	if (r < 0)
		return r;
	*ret_user = user;
	return 0;
}

void attempt_tell_proved(const struct attempt *attempt,
			 struct login_facts *facts)
{
	facts->password = LOGIN_PASSWORD_RIGHT;
	facts->code =
		attempt->code.proved ? LOGIN_CODE_RIGHT : LOGIN_CODE_UNPROVED;
}

void attempt_finish(struct attempt *attempt)
{
	attempt->phase = ATTEMPT_DONE;
	if (!attempt->open)
		return;
	attempt->open = false;
	attempt->attempts->n_open--;
	attempt->attempts->n_open_users -= attempt->subject.peer != 0;
}

static struct attempt *attempt_free(struct attempt *attempt)
{
	lane_leave(attempt->attempts->lanes, &attempt->place);
	sd_event_source_disable_unref(attempt->timer);
	varlink_call_unref(attempt->call);
	secret_deinit(&attempt->current);
	secret_deinit(&attempt->wanted);
	secret_deinit(&attempt->code.sent);
	secret_deinit(&attempt->code.typed);
	courier_cancel(&attempt->code.job);
	hash_job_wipe(&attempt->job);
	if (attempt->previous)
		attempt->previous->next = attempt->next;
	else
		attempt->attempts->first = attempt->next;
	if (attempt->next)
		attempt->next->previous = attempt->previous;
	attempt_finish(attempt);
	free(attempt);
	return NULL;
}

static bool is_working(const struct attempt *attempt)
{
	return attempt->phase == ATTEMPT_VERIFYING ||
	       attempt->phase == ATTEMPT_REPLACING ||
	       attempt->phase == ATTEMPT_SENDING ||
	       attempt->phase == ATTEMPT_CHECKING;
}

/* Who proved his password and went before the end, has that recorded. */
static void abandoned(struct attempt *attempt)
{
	switch (attempt->phase) {
	case ATTEMPT_NEW_PASSWORD:
	case ATTEMPT_NEW_AGAIN:
	case ATTEMPT_REPLACING:
		replacement_abandoned(attempt);
		break;
	case ATTEMPT_NOTICE:
		notice_abandoned(attempt);
		break;
	case ATTEMPT_SENDING:
	case ATTEMPT_CODE:
	case ATTEMPT_CHECKING:
		code_abandoned(attempt);
		break;
	case ATTEMPT_DONE:
	case ATTEMPT_PASSWORD:
	case ATTEMPT_VERIFYING:
		break;
	}
}

/* Frees an attempt that nobody listens to, once nothing runs in its name. */
static void end_if_idle(struct attempt *attempt)
{
	if (!attempt->gone || attempt->holds > 0 || attempt->job.userdata)
		return;
	abandoned(attempt);
	attempt_free(attempt);
}

void attempt_abandon(struct attempt *attempt)
{
	attempt->gone = true;
	end_if_idle(attempt);
}

void attempt_hold(struct attempt *attempt)
{
	attempt->holds++;
}

void attempt_release(struct attempt *attempt)
{
	attempt->holds--;
	end_if_idle(attempt);
}

void attempt_worked(struct attempt *attempt)
{
	rehearsal_end(attempt->attempts->rehearsal, attempt,
		      attempt->job.task == HASH_VERIFY ? attempt->job.took_us
						       : 0);
	attempt->job.userdata = NULL;
	hash_job_wipe(&attempt->job);
}

/* Whoever waits hears that we live; whoever is silent too long is ended. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct attempt *attempt = userdata;

	attempt_hold(attempt);
	if (!is_working(attempt)) {
		abandoned(attempt);
		attempt_finish(attempt);
	} else {
		if (attempt->call && varlink_call_wants_more(attempt->call))
			reply_wait(attempt->call);
		(void)!sd_event_source_set_time(source, usec + TICK_US);
		(void)!sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	attempt_release(attempt);
	return 0;
}

/* A code may take its time to arrive: as long as it is valid. */
static uint32_t answer_timeout(const struct attempt *attempt)
{
	const struct settings *settings = attempt->attempts->settings;

	return attempt->phase == ATTEMPT_CODE &&
			       settings->code_lifetime_s >
				       settings->answer_timeout_s
		       ? settings->code_lifetime_s
		       : settings->answer_timeout_s;
}

/* Arms the timer for the phase that begins now. */
int attempt_arm(struct attempt *attempt)
{
	uint64_t after = is_working(attempt)
				 ? TICK_US
				 : (uint64_t)answer_timeout(attempt) * 1000000;
	uint64_t now;
	int r;

	r = sd_event_now(attempt->attempts->event, CLOCK_MONOTONIC, &now);
	if (r < 0)
		return r;
	if (!attempt->timer)
		return sd_event_add_time(attempt->attempts->event,
					 &attempt->timer, CLOCK_MONOTONIC,
					 now + after, 50000, on_timer, attempt);
	r = sd_event_source_set_time(attempt->timer, now + after);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(attempt->timer, SD_EVENT_ONESHOT);
}

static bool is_busy(const struct attempts *attempts,
		    const struct subject *subject)
{
	uint32_t max = attempts->settings->attempts_max, n_service = 0;

	if (attempts->n_open >= max ||
	    (subject->peer != 0 && attempts->n_open_users >= max / 2))
		return true;
	for (const struct attempt *one = attempts->first; one; one = one->next)
		n_service += one->open && strcmp(one->subject.service,
						 subject->service) == 0;
	return n_service >= max - max / 4;
}

int attempt_new(struct attempts *attempts, enum login_purpose purpose,
		const struct subject *subject, struct attempt **ret_attempt)
{
	struct attempt *attempt;

	if (is_busy(attempts, subject))
		return -EBUSY;
	attempt = calloc(1, sizeof(*attempt));
	if (!attempt)
		return -ENOMEM;
	attempt->attempts = attempts;
	attempt->purpose = purpose;
	attempt->subject = *subject;
	attempt->hearer = hearer_stranger(attempts->settings, subject);
	attempt->tries_left = 3;
	attempt->only_repeats = true;
	attempt->open = true;
	attempts->n_open++;
	attempts->n_open_users += subject->peer != 0;
	attempt->next = attempts->first;
	if (attempt->next)
		attempt->next->previous = attempt;
	attempts->first = attempt;
	*ret_attempt = attempt;
	return 0;
}

/* The same for everybody: who has an app is not told apart. */
static const char *first_question(const struct attempt *attempt)
{
	if (attempt->purpose == LOGIN_PURPOSE_CHANGE)
		return N_("Current password: ");
	if (code_is_joined(attempt))
		return N_("Password, and your app's code behind it: ");
	return N_("Password: ");
}

int attempt_start(struct attempt *attempt, struct varlink_call *call,
		  const struct pass_proof *proof)
{
	int r;

	attempt_hold(attempt);
	attempt->call = varlink_call_ref(call);
	if (proof) {
		attempt->code.proved = proof->code;
		r = replacement_begin(attempt);
	} else {
		r = attempt_ask(
			attempt, ATTEMPT_PASSWORD, "password",
			hearer_text(&attempt->hearer, first_question(attempt)));
	}
	attempt_release(attempt);
	return r;
}

/* sshd's stand-in for a user whom it refuses itself (its fake_password()). */
static bool is_sshd_junk(const char *answer)
{
	static const char junk[] = "\b\n\r\177INCORRECT";

	for (size_t i = 0; answer[i]; i++)
		if (answer[i] != junk[i % (sizeof(junk) - 1)])
			return false;
	return true;
}

/* Into ret_password in normal form; why not, where it cannot be a password. */
static int take_answer(const char *answer, struct secret *ret_password,
		       enum reason *ret_reason)
{
	scope(secret_deinit) struct secret typed = { 0 };
	int r;

	*ret_reason = REASON_NONE;
	if (!answer || secret_set(&typed, answer, strlen(answer)) != 0) {
		*ret_reason = REASON_ANSWER_TOO_LONG;
		return 0;
	}
	if (secret_is_empty(&typed))
		*ret_reason = REASON_EMPTY_ANSWER;
	else if (is_sshd_junk(answer))
		*ret_reason = REASON_BLOCKED_BY_SSHD;
	r = password_normalise(&typed, ret_password);
	if (r == PASSWORD_E_TOO_LONG) {
		*ret_reason = REASON_ANSWER_TOO_LONG;
		r = 0;
	}
	return r < 0 ? r : 0;
}

int attempt_answer(struct attempt *attempt, struct varlink_call *call,
		   const char *answer)
{
	scope(secret_deinit) struct secret password = { 0 };
	enum reason reason;
	int r;

	if (attempt->call || is_working(attempt) ||
	    attempt->phase == ATTEMPT_DONE)
		return -EBADE;
	r = take_answer(answer, &password, &reason);
	if (r < 0)
		return r;
	attempt_hold(attempt);
	attempt->call = varlink_call_ref(call);
	if (attempt->phase == ATTEMPT_NOTICE) {
		notice_answer(attempt, answer);
	} else if (attempt->phase == ATTEMPT_CODE) {
		code_answer(attempt, answer, &password);
	} else if (attempt->phase == ATTEMPT_PASSWORD) {
		attempt->answer = reason;
		attempt->current = password;
		r = verification_begin(attempt);
	} else {
		r = replacement_answer(attempt, &password, reason);
	}
	attempt_release(attempt);
	return r;
}

int attempt_cannot_ask(struct attempt *attempt, struct varlink_call *call)
{
	const struct login_decision decision = { .verdict = VERDICT_DENY,
						 .reason = REASON_CANNOT_ASK };
	struct change_set set = { 0 };

	if (attempt->call || is_working(attempt) ||
	    attempt->phase == ATTEMPT_DONE)
		return -EBADE;
	attempt_hold(attempt);
	attempt->call = varlink_call_ref(call);
	attempt_conclude(attempt, &decision, &set, NULL);
	attempt_release(attempt);
	return 0;
}
