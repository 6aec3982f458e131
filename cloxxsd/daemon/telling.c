/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A lock costs no SMS: whoever guesses passwords would spend the money of
 *     others.
 *  2. Nothing in a message helps whoever reads it: no code, no link, no
 * reference.
 */
#include "cloxxsd/daemon/telling.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "policy/contact.h"

#define HOUR_US INT64_C(3600000000)
#define TIMEOUT_MS 60000

/* One message on its way. */
struct told {
	struct told *next, *previous;
	struct telling *telling;
	struct courier_job job;
	char user[NAME_USER_MAX + 1];
	char about[32];
};

static struct told *told_free(struct told *told)
{
	if (!told)
		return NULL;
	courier_cancel(&told->job);
	if (told->previous)
		told->previous->next = told->next;
	else
		told->telling->first = told->next;
	if (told->next)
		told->next->previous = told->previous;
	free(told);
	return NULL;
}

static void record_dropped(struct telling *telling)
{
	struct change_set set = { 0 };
	char details[64];

	(void)snprintf(details, sizeof(details),
		       "about=locked sent=dropped n=%u", telling->n_dropped);
	telling->n_dropped = 0;
	change_set_record(&set, (struct record){ .at_us = clock_realtime_us(),
						 .event = EVENT_USER_TOLD,
						 .result = RECORD_FAILED,
						 .reason = REASON_NONE,
						 .actor = "cloxxsd",
						 .details = details });
	(void)!state_apply(telling->attempts->state, &set);
}

static int on_dropped(sd_event_source *source, void *userdata)
{
	(void)source;
	record_dropped(userdata);
	return 0;
}

int telling_init(struct telling *telling, const struct attempts *attempts)
{
	int r;

	*telling = (struct telling){ .attempts = attempts };
	/* Records that are made within a commit would be made in their own. */
	r = sd_event_add_defer(attempts->event, &telling->dropped, on_dropped,
			       telling);
	if (r >= 0)
		r = sd_event_source_set_enabled(telling->dropped, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

void telling_deinit(struct telling *telling)
{
	telling->dropped = sd_event_source_disable_unref(telling->dropped);
	while (telling->first)
		told_free(telling->first);
}

static void record(const struct told *told, const char *result)
{
	struct state *state = told->telling->attempts->state;
	bool good = strcmp(result, courier_result_name(COURIER_ACCEPTED)) == 0;
	struct change_set set = { 0 };
	char details[128];

	(void)snprintf(details, sizeof(details), "about=%s sent=%s",
		       told->about, result);
	change_set_record(&set, (struct record){ .at_us = clock_realtime_us(),
						 .event = EVENT_USER_TOLD,
						 .result = good ? RECORD_DONE
								: RECORD_FAILED,
						 .reason = REASON_NONE,
						 .user = told->user,
						 .actor = "cloxxsd",
						 .details = details });
	(void)!state_apply(state, &set);
}

static void done(struct courier_job *job, enum courier_result result,
		 const char *route, const char *detail)
{
	struct told *told = job->userdata;

	(void)route;
	(void)detail;
	record(told, courier_result_name(result));
	told_free(told);
}

static bool is_too_many(struct telling *telling)
{
	int64_t now = clock_boottime_us();

	if (telling->n_hour == 0 || now - telling->hour_began_us >= HOUR_US) {
		telling->hour_began_us = now;
		telling->n_hour = 0;
	}
	return ++telling->n_hour > TELLING_LOCKS_PER_HOUR;
}

static struct told *told_new(struct telling *telling, const struct user *user,
			     const char *about)
{
	struct told *told = calloc(1, sizeof(*told));

	if (!told)
		return NULL;
	told->telling = telling;
	told->job = (struct courier_job){ .done = done, .userdata = told };
	memcpy(told->user, user->name, sizeof(told->user));
	(void)snprintf(told->about, sizeof(told->about), "%s", about);
	told->next = telling->first;
	if (told->next)
		told->next->previous = told;
	telling->first = told;
	return told;
}

static void host(char *ret_name, size_t size)
{
	if (gethostname(ret_name, size) != 0)
		ret_name[0] = '\0';
	ret_name[size - 1] = '\0';
}

/* It cannot be told now: soon recorded. */
static void drop(struct telling *telling)
{
	telling->n_dropped++;
	(void)!sd_event_source_set_enabled(telling->dropped, SD_EVENT_ONESHOT);
}

static enum language language_of(const struct telling *telling,
				 const struct user *user)
{
	enum language language = language_find(user->language);

	return language != LANGUAGE_NONE
		       ? language
		       : telling->attempts->settings->login_language;
}

static void tell(struct telling *telling, const struct user *user,
		 enum courier_kind kind, const char *to, const char *about,
		 const char *body)
{
	char at[41], subject[128], reference[2 * 16 + 1];
	struct text text;
	uint8_t random[16];
	struct told *told;

	told = told_new(telling, user, about);
	if (!told) {
		drop(telling);
		return;
	}
	host(at, sizeof(at));
	text_init(&text, subject, sizeof(subject));
	text_add_format(
		&text,
		language_text(language_of(telling, user), "Your account on %s"),
		at);
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(reference, sizeof(reference), random, sizeof(random));
	if (courier_send(
		    telling->attempts->courier,
		    &(struct courier_message){
			    .kind = kind,
			    .to = to,
			    .subject = kind == COURIER_MAIL ? subject : NULL,
			    .text = body,
			    .reference = reference,
			    .timeout_ms = TIMEOUT_MS,
		    },
		    &told->job) == 0)
		return;
	told_free(told);
	drop(telling);
}

void telling_address_changed(struct telling *telling, const struct user *user,
			     enum factor_value value,
			     const struct secret *before)
{
	const struct settings *settings = telling->attempts->settings;
	bool phone = value == FACTOR_PHONE;
	char at[41], body[512];
	struct text text;

	/* A number that may be no longer is told nothing. */
	if (phone &&
	    !contact_phone_may_be(before->bytes, settings->code_prefixes))
		return;
	host(at, sizeof(at));
	text_init(&text, body, sizeof(body));
	text_add_format(&text,
			language_text(language_of(telling, user),
				      "Codes for your account on %s no longer "
				      "come here. If you know nothing of it, "
				      "tell your administrator."),
			at);
	tell(telling, user, phone ? COURIER_SMS : COURIER_MAIL, before->bytes,
	     phone ? "phone-changed" : "mail-changed", body);
}

void telling_factor_changed(struct telling *telling, const struct user *user,
			    const char *about)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	char at[41], body[512];
	struct text text;
	bool mail;

	if (code_ways_find(telling->attempts, user->uid, &ways) != 0)
		return;
	mail = !secret_is_empty(&ways.mail);
	if (!mail && !(ways.ways & (1U << CODE_WAY_SMS)))
		return;
	host(at, sizeof(at));
	text_init(&text, body, sizeof(body));
	text_add_format(
		&text,
		language_text(language_of(telling, user),
			      "How you get codes for %s was changed. If "
			      "you know nothing of it, tell your "
			      "administrator."),
		at);
	tell(telling, user, mail ? COURIER_MAIL : COURIER_SMS,
	     mail ? ways.mail.bytes : ways.phone.bytes, about, body);
}

static void tell_locked(struct telling *telling, uint32_t uid)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	char at[41], body[512];
	struct text text;
	struct user user;

	if (code_ways_find(telling->attempts, uid, &ways) != 0 ||
	    secret_is_empty(&ways.mail) ||
	    user_find_uid(telling->attempts->state->store, uid, &user) != 0)
		return;
	if (is_too_many(telling)) {
		drop(telling);
		return;
	}
	host(at, sizeof(at));
	text_init(&text, body, sizeof(body));
	text_add_format(&text,
			language_text(language_of(telling, &user),
				      "Your account on %s was locked: an "
				      "administrator did it, or a password or "
				      "code was wrong too often. Only an "
				      "administrator unlocks it. If it was not "
				      "you who tried, tell him."),
			at);
	tell(telling, &user, COURIER_MAIL, ways.mail.bytes, "locked", body);
}

void telling_committed(struct telling *telling, const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++)
		if (set->changes[i].type == CHANGE_USER_LOCK)
			tell_locked(telling, set->changes[i].uid);
}
