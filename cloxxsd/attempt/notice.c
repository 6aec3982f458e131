/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing but the word itself accepts, and only the text that was shown.
 *  2. The acceptance, its record and the login are one commit, or none of it.
 *  3. While the question waits nothing is claimed, and no password is kept;
 * what changed meanwhile is asked of every gate again.
 *  4. What is only shown makes no login fail.
 */
#include "cloxxsd/attempt/notice.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "cloxxsd/attempt/reply.h"

/* The words that accept, in every language; each prompt names its own. */
static const char *const words[] = { "yes", "ja" };

_Static_assert(ACCEPTANCE_VERSION_MAX >= NOTICE_VERSION_MAX, "versions fit");

/* Who acts from within a session of his own was asked when it began. */
static bool is_within(const struct subject *subject)
{
	return !subject->comes_from_afar &&
	       strcmp(subject->requester, subject->name) == 0;
}

int notice_gather(struct attempts *attempts, const struct subject *subject,
		  const struct user *user, struct login_facts *facts)
{
	const struct settings *settings = attempts->settings;
	struct acceptance acceptance;
	int r;

	if (is_within(subject) ||
	    settings->notice_require == SETTINGS_REQUIRE_NO)
		return 0;
	/* Asked of who is unknown as well, which takes as long. */
	r = acceptance_find(attempts->state->store, user->uid,
			    settings->notice.version, &acceptance);
	if (r < 0)
		return r;
	if (!facts->user_known || user->break_glass)
		return 0;
	/* A row that cannot be true is none. */
	facts->notice_due = r != 0;
	facts->notice_may_wait =
		settings->notice_require == SETTINGS_REQUIRE_ASK;
	return 0;
}

const char *notice_shown(struct attempts *attempts,
			 const struct subject *subject, const struct user *user)
{
	const struct settings *settings = attempts->settings;
	struct acceptance acceptance;
	struct hearer hearer = hearer_user(settings, subject, user);
	enum language language;

	if (!settings->notice_show || *subject->requester)
		return NULL;
	if (settings->notice_require != SETTINGS_REQUIRE_NO &&
	    acceptance_find(attempts->state->store, user->uid,
			    settings->notice.version, &acceptance) == 0)
		return NULL;
	return notice_text_for(&settings->notice, hearer.language, &language);
}

static void conclude(struct attempt *attempt, enum reason reason)
{
	struct login_decision decision = { .verdict = VERDICT_DENY,
					   .reason = reason };
	struct change_set set = { 0 };

	attempt_conclude(attempt, &decision, &set, NULL);
}

void notice_abandoned(struct attempt *attempt)
{
	conclude(attempt, REASON_ABANDONED);
}

int notice_begin(struct attempt *attempt)
{
	const struct notice_texts *notice =
		&attempt->attempts->settings->notice;
	char prompt[NOTICE_TEXT_MAX + 64];
	struct text text;
	struct user user;
	int r;

	secret_deinit(&attempt->current);
	secret_deinit(&attempt->wanted);
	r = user_find_uid(attempt->attempts->state->store, attempt->uid, &user);
	if (r != 0)
		return r < 0 ? r : -ESRCH;
	attempt->credential = user.credential;
	memcpy(attempt->notice_version, notice->version,
	       sizeof(attempt->notice_version));
	text_init(&text, prompt, sizeof(prompt));
	text_add(&text, notice_text_for(notice, attempt->hearer.language,
					&attempt->notice_language));
	text_add_format(&text, "\n\n%s",
			hearer_text(&attempt->hearer, "Type yes to accept: "));
	return attempt_ask(attempt, ATTEMPT_NOTICE, "notice", prompt);
}

static bool is_accepted(const char *answer)
{
	size_t n;

	if (!answer)
		return false;
	answer += strspn(answer, " \t");
	n = strlen(answer);
	while (n > 0 && strchr(" \t", answer[n - 1]))
		n--;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n &&
		    strncasecmp(words[i], answer, n) == 0)
			return true;
	return false;
}

static void let_in(struct attempt *attempt,
		   const struct login_decision *decision)
{
	const struct subject *subject = &attempt->subject;
	int64_t now_us = clock_realtime_us();
	struct record record = subject_record(subject, now_us);
	struct acceptance acceptance = { .at = now_us / 1000000 };
	struct change_set set = { 0 };
	char details[96];

	memcpy(acceptance.version, attempt->notice_version,
	       sizeof(attempt->notice_version));
	(void)snprintf(acceptance.language, sizeof(acceptance.language), "%s",
		       language_tag(attempt->notice_language));
	memcpy(acceptance.service, subject->service, sizeof(subject->service));
	memcpy(acceptance.address, subject->address, sizeof(subject->address));
	(void)snprintf(details, sizeof(details), "version=%s language=%s",
		       acceptance.version, acceptance.language);
	record.event = EVENT_NOTICE_ACCEPTED;
	record.result = RECORD_DONE;
	record.reason = REASON_NONE;
	record.details = details;
	change_set_add(&set, (struct change){ .type = CHANGE_SUCCESS,
					      .uid = attempt->uid,
					      .code = attempt->code.proved,
					      .at = acceptance.at,
					      .service = subject->service,
					      .address = subject->address });
	change_set_add(&set, (struct change){ .type = CHANGE_ACCEPTANCE,
					      .uid = attempt->uid,
					      .acceptance = &acceptance });
	change_set_record(&set, record);
	attempt_conclude(attempt, decision, &set, NULL);
}

void notice_answer(struct attempt *attempt, const char *answer)
{
	const struct settings *settings = attempt->attempts->settings;
	bool accepted = is_accepted(answer);
	struct login_decision decision;
	struct login_facts facts;
	struct user user;

	if (attempt_gather(attempt->attempts, &attempt->subject,
			   attempt->purpose, &user, &facts) != 0) {
		conclude(attempt, REASON_NOT_WRITTEN);
		return;
	}
	/* Another text is in force since: what was read is not it. */
	if (accepted &&
	    strcmp(attempt->notice_version, settings->notice.version) != 0) {
		if (notice_begin(attempt) != 0)
			conclude(attempt, REASON_NOT_WRITTEN);
		return;
	}
	attempt_tell_proved(attempt, &facts);
	facts.notice = accepted ? LOGIN_NOTICE_ACCEPTED : LOGIN_NOTICE_DECLINED;
	decision = login_decide(&facts);
	if (decision.verdict == VERDICT_DENY) {
		struct change_set set = { 0 };

		attempt_conclude(attempt, &decision, &set, NULL);
	} else if (decision.verdict != VERDICT_ALLOW ||
		   user.uid != attempt->uid ||
		   user.credential != attempt->credential) {
		conclude(attempt, REASON_SUPERSEDED);
	} else {
		let_in(attempt, &decision);
	}
}
