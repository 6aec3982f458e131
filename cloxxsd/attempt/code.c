/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing of this is reached before the password was right: neither a
 *     message nor a word tells who has which second factor.
 *  2. While the question waits nothing is claimed; what changed meanwhile, the
 *     number or the seed too, ends the attempt (credential).
 *  3. An answer that is no code is never counted; the password typed once more
 *     is the client's own doing, which cannot ask twice.
 */
#include "cloxxsd/attempt/code.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code_check.h"
#include "cloxxsd/attempt/code_sending.h"
#include "cloxxsd/attempt/origin_facts.h"
#include "cloxxsd/attempt/reply.h"
#include "policy/contact.h"

/* Questions of one attempt: whoever goes on choosing chooses nothing. */
#define ASKED_MAX 12

static const char *const names[_CODE_WAY_N] = {
	[CODE_WAY_NONE] = "none",         [CODE_WAY_APP] = "app",
	[CODE_WAY_SMS] = "sms",           [CODE_WAY_MAIL] = "mail",
	[CODE_WAY_RECOVERY] = "recovery",
};

const char *code_way_name(enum code_way way)
{
	return names[way];
}

static bool asks(const struct code_demand *demand,
		 const struct subject *subject)
{
	struct address address;
	bool has = *subject->address &&
		   address_parse(subject->address, &address) == 0;

	return code_demand_asks(demand, has ? &address : NULL);
}

/* What was written and cannot be read asks everywhere. */
static bool asks_written(const char *written, const struct subject *subject)
{
	struct code_demand demand = { 0 };
	char why[64];
	struct text text;
	bool yes;

	if (!*written)
		return false;
	text_init(&text, why, sizeof(why));
	if (code_demand_parse(written, &demand, &text) != 0)
		return true;
	yes = asks(&demand, subject);
	code_demand_deinit(&demand);
	return yes;
}

int code_gather(struct attempts *attempts, const struct subject *subject,
		const struct user *user, struct login_facts *facts)
{
	const struct settings_service *service =
		settings_service_find(attempts->settings, subject->service);
	struct second_factor factor;
	int r;

	/* Asked of who is unknown as well, which takes as long. */
	r = second_factor_find(attempts->state->store, user->uid, &factor);
	if (r != 0)
		return r;
	if (!facts->user_known)
		return 0;
	facts->code_due = asks_written(factor.code, subject) ||
			  (service && !user->break_glass &&
			   asks(&service->code, subject));
	facts->code_possible = factor.values[FACTOR_TOTP].n > 0 ||
			       factor.values[FACTOR_PHONE].n > 0 ||
			       (factor.values[FACTOR_MAIL].n > 0 &&
				attempts->settings->code_mail) ||
			       factor.n_recovery > 0;
	return 0;
}

void code_ways_deinit(struct code_ways *ways)
{
	secret_deinit(&ways->phone);
	secret_deinit(&ways->mail);
}

static int open_value(const struct attempts *attempts, uint32_t uid,
		      enum factor_value value, const struct sealed *sealed,
		      struct secret *ret_text, bool *ret_lost)
{
	struct seal_place place = factor_place(value, uid);
	int r;

	*ret_lost = false;
	if (sealed->n == 0)
		return 0;
	r = state_unseal(attempts->state, &place, sealed, ret_text);
	*ret_lost = r > 0;
	return r > 0 ? 0 : r;
}

int code_ways_find(const struct attempts *attempts, uint32_t uid,
		   struct code_ways *ret_ways)
{
	const struct settings *settings = attempts->settings;
	struct code_ways *ways = ret_ways;
	const struct sealed *values;
	int r;

	memset(ways, 0, sizeof(*ways));
	r = second_factor_find(attempts->state->store, uid, &ways->factor);
	values = ways->factor.values;
	if (r == 0)
		r = open_value(attempts, uid, FACTOR_PHONE,
			       &values[FACTOR_PHONE], &ways->phone,
			       &ways->phone_lost);
	if (r == 0)
		r = open_value(attempts, uid, FACTOR_MAIL, &values[FACTOR_MAIL],
			       &ways->mail, &ways->mail_lost);
	if (r != 0) {
		code_ways_deinit(ways);
		return r;
	}
	if (values[FACTOR_TOTP].n > 0)
		ways->ways |= 1U << CODE_WAY_APP;
	if (contact_phone_may_be(ways->phone.bytes, settings->code_prefixes))
		ways->ways |= 1U << CODE_WAY_SMS;
	if (!secret_is_empty(&ways->mail) && settings->code_mail)
		ways->ways |= 1U << CODE_WAY_MAIL;
	if (ways->factor.n_recovery > 0)
		ways->ways |= 1U << CODE_WAY_RECOVERY;
	return 0;
}

/* Somewhere, by his own setting or by a service that he may use. */
static bool is_asked_somewhere(const struct settings *settings,
			       const struct user *user, const char *written)
{
	struct code_demand demand = { 0 };
	char why[64];
	struct text text;
	bool yes = false;

	text_init(&text, why, sizeof(why));
	if (*written && code_demand_parse(written, &demand, &text) != 0)
		return true;
	yes = demand.when != CODE_WHEN_NEVER;
	code_demand_deinit(&demand);
	for (size_t i = 0; !yes && i < settings->n_services; i++)
		yes = !user->break_glass &&
		      settings->services[i].code.when != CODE_WHEN_NEVER &&
		      user_may_use(user, settings->services[i].name);
	return yes;
}

int code_is_missing(const struct attempts *attempts, const struct user *user,
		    bool *ret_missing)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	int r = code_ways_find(attempts, user->uid, &ways);

	*ret_missing = r == 0 && user->enabled && ways.ways == 0 &&
		       is_asked_somewhere(attempts->settings, user,
					  ways.factor.code);
	return r;
}

bool code_suppose(const struct attempts *attempts, uint32_t uid,
		  struct login_facts *facts)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };

	if (facts->code_due && facts->code_possible)
		facts->code_possible =
			code_ways_find(attempts, uid, &ways) == 0 &&
			ways.ways != 0;
	if (login_decide(facts).verdict != VERDICT_CODE)
		return false;
	facts->code = LOGIN_CODE_RIGHT;
	return true;
}

bool code_is_joined(const struct attempt *attempt)
{
	const struct settings_service *service = settings_service_find(
		attempt->attempts->settings, attempt->subject.service);

	return attempt->purpose == LOGIN_PURPOSE_LOGIN && !attempt->trial &&
	       service && service->code_in_password &&
	       asks(&service->code, &attempt->subject);
}

void code_refuse(struct attempt *attempt, enum reason reason)
{
	struct login_decision decision = { .verdict = VERDICT_DENY,
					   .reason = reason };
	struct change_set set = { 0 };

	attempt_conclude(attempt, &decision, &set, NULL);
}

void code_abandoned(struct attempt *attempt)
{
	code_refuse(attempt, REASON_ABANDONED);
}

/* The words that choose, in every language; each prompt names its own. */
static const struct {
	const char *word;
	enum code_way way; /* CODE_WAY_NONE: the same once more */
} words[] = {
	{ "again", CODE_WAY_NONE }, { "opnieuw", CODE_WAY_NONE },
	{ "app", CODE_WAY_APP },    { "sms", CODE_WAY_SMS },
	{ "mail", CODE_WAY_MAIL },  { "e-mail", CODE_WAY_MAIL },
};

static bool is_sent(enum code_way way)
{
	return way == CODE_WAY_SMS || way == CODE_WAY_MAIL;
}

static void add_word(const char *word, struct text *list)
{
	text_add_format(list, "%s%s", list->n > 0 ? ", " : "", word);
}

static void list_words(const struct attempt *attempt, unsigned int ways,
		       struct text *list)
{
	if (is_sent(attempt->code.way))
		add_word(hearer_text(&attempt->hearer, "again"), list);
	for (enum code_way way = CODE_WAY_APP; way <= CODE_WAY_MAIL; way++)
		if (way != attempt->code.way && (ways & (1U << way)))
			add_word(names[way], list);
}

static void ask_for(const struct attempt *attempt, unsigned int ways,
		    struct text *prompt)
{
	const struct hearer *hearer = &attempt->hearer;
	char words_text[64];
	struct text list;

	switch (attempt->code.way) {
	case CODE_WAY_APP:
		text_add(prompt, hearer_text(hearer, "Code of your app"));
		break;
	case CODE_WAY_SMS:
	case CODE_WAY_MAIL:
		text_add(prompt, hearer_text(hearer, "Code"));
		break;
	case CODE_WAY_RECOVERY:
	case CODE_WAY_NONE:
	case _CODE_WAY_N:
		text_add(prompt, hearer_text(hearer, "Recovery code"));
		break;
	}
	text_init(&list, words_text, sizeof(words_text));
	list_words(attempt, ways, &list);
	if (list.n > 0)
		text_add_format(prompt, hearer_text(hearer, " (or: %s)"),
				words_text);
	text_add(prompt, ": ");
}

int code_ask(struct attempt *attempt, const char *before)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	char prompt[512];
	struct text text;
	int r;

	if (attempt->code.n_asked++ >= ASKED_MAX) {
		code_refuse(attempt, REASON_ABANDONED);
		return 0;
	}
	r = code_ways_find(attempt->attempts, attempt->uid, &ways);
	if (r != 0)
		return r;
	text_init(&text, prompt, sizeof(prompt));
	if (before)
		text_add_format(&text, "%s\n", before);
	ask_for(attempt, ways.ways, &text);
	return attempt_ask(attempt, ATTEMPT_CODE, "code", prompt);
}

/* Of what he has, what asks least of him. */
static enum code_way first_of(unsigned int ways)
{
	for (enum code_way way = CODE_WAY_APP; way < _CODE_WAY_N; way++)
		if (ways & (1U << way))
			return way;
	return CODE_WAY_NONE;
}

int code_begin(struct attempt *attempt)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	struct user user;
	int r;

	r = user_find_uid(attempt->attempts->state->store, attempt->uid, &user);
	if (r != 0)
		return r < 0 ? r : -ESRCH;
	r = code_ways_find(attempt->attempts, attempt->uid, &ways);
	if (r != 0)
		return r;
	attempt->credential = user.credential;
	attempt->code.way = first_of(ways.ways);
	if (attempt->code.way == CODE_WAY_NONE) {
		code_refuse(attempt, REASON_NO_SECOND_FACTOR);
		return 0;
	}
	if (is_sent(attempt->code.way))
		return code_send(attempt);
	return code_ask(attempt, NULL);
}

static int choose(struct attempt *attempt, enum code_way way)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	int r = code_ways_find(attempt->attempts, attempt->uid, &ways);

	if (r != 0)
		return r;
	if (way == CODE_WAY_NONE)
		way = attempt->code.way;
	if (!(ways.ways & (1U << way)))
		return code_ask(attempt, hearer_text(&attempt->hearer,
						     "You have no such way to "
						     "get a code."));
	attempt->code.way = way;
	return is_sent(way) ? code_send(attempt) : code_ask(attempt, NULL);
}

/* Whether what was typed is one of the words, and which way it means. */
static bool is_word(const char *typed, enum code_way *ret_way)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i].word, typed) == 0) {
			*ret_way = words[i].way;
			return true;
		}
	return false;
}

/* Without the blanks in it, as codes are grouped. */
static bool take(const char *answer, struct secret *ret_typed)
{
	char typed[64];
	size_t n = 0;
	bool good;

	for (; *answer; answer++) {
		if (*answer == ' ' || *answer == '\t')
			continue;
		if (n == sizeof(typed) - 1)
			return false;
		typed[n++] = *answer;
	}
	good = secret_set(ret_typed, typed, n) == 0;
	explicit_bzero(typed, sizeof(typed));
	return good;
}

/* -errno where the next question could not be asked. */
static int take_answer(struct attempt *attempt, const char *answer,
		       const struct secret *password)
{
	struct secret *typed = &attempt->code.typed;
	enum code_way way;

	if (answer && !secret_is_empty(password) &&
	    secret_equal(password, &attempt->current)) {
		code_refuse(attempt, REASON_CANNOT_ASK);
		return 0;
	}
	if (!answer || !take(answer, typed) || secret_is_empty(typed))
		return code_ask(attempt, NULL);
	if (is_word(typed->bytes, &way))
		return choose(attempt, way);
	return code_check(attempt);
}

void code_answer(struct attempt *attempt, const char *answer,
		 const struct secret *password)
{
	if (take_answer(attempt, answer, password) != 0)
		code_refuse(attempt, REASON_NOT_WRITTEN);
}
