/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A number or an address leaves the store for the courier alone: replies
 * and records have little of it.
 *  2. A seed is told once, to who makes it, and asked for from then on only
 * when a code of it was typed. Recovery codes are told once.
 *  3. Whoever had the former number or address is told that it changed.
 */
#include "cloxxsd/service/admin.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cloxxsd/attempt/code.h"
#include "cloxxsd/attempt/totp.h"
#include "cloxxsd/service/guard.h"
#include "cloxxsd/state/second_factor.h"
#include "policy/contact.h"

#define PHONE_RULE                                                         \
	"A number is written with its plus and country, as +31612345678, " \
	"and begins as prefixes of [code] has it in cloxxsd.conf(5)."
#define MAIL_RULE \
	"An address is one name, @ and a domain, in ASCII: anna@example.nl."
#define HIDDEN "\xe2\x80\xa2" /* a bullet */

static json_t *masked(const struct settings *settings,
		      const struct secret *phone, const struct secret *mail,
		      bool lost)
{
	char buffer[FACTOR_MAIL_MAX + 32];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	if (phone)
		contact_phone_mask(phone->bytes, settings->code_prefixes,
				   HIDDEN, &text);
	else
		contact_mail_mask(mail->bytes, HIDDEN, &text);
	if (lost)
		return json_string("unreadable");
	return text.n > 0 ? json_string(buffer) : json_null();
}

static json_t *factor_json(struct service *service, const struct user *user,
			   const struct code_ways *ways)
{
	const struct settings *settings = service->attempts->settings;
	const struct second_factor *factor = &ways->factor;
	uint32_t n_user = 0, n_all = 0;
	int64_t now = state_moment(service->state, 0).latest;

	if (second_factor_sent(service->state->store, user->uid, now - 3600,
			       &n_user, &n_all) != 0)
		return NULL;
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:b, s:b, s:i, s:i}", "name", user->name,
		"code", *factor->code ? factor->code : "never", "phone",
		masked(settings, &ways->phone, NULL, ways->phone_lost), "mail",
		masked(settings, NULL, &ways->mail, ways->mail_lost), "totp",
		(int)(factor->values[FACTOR_TOTP].n > 0), "totp_pending",
		(int)(factor->values[FACTOR_TOTP_PENDING].n > 0),
		"recovery_codes", (int)factor->n_recovery, "sent", (int)n_user);
}

/* Takes more, which may be NULL: what else the reply has. */
static int reply_factor(struct service *service, struct varlink_call *call,
			const struct user *user, json_t *more)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	json_t *reply = more ? more : json_object();

	/* It was done: see admin_reply_user(). */
	if (code_ways_find(service->attempts, user->uid, &ways) != 0 ||
	    json_object_set_new(reply, "second_factor",
				factor_json(service, user, &ways)) != 0) {
		json_decref(reply);
		return 0;
	}
	return varlink_call_reply(call, reply);
}

/* Who has got hold of an administrator's session is not to make it his own:
 * false: answered. */
static bool is_another(struct service *service, struct varlink_call *call,
		       const struct user *user)
{
	struct actor actor;

	service_find_actor(service, varlink_call_peer(call), &actor);
	if (strcmp(actor.name, user->name) != 0)
		return true;
	(void)!admin_conflict(call, "One's own second factor is changed by "
				    "another administrator, or by root.");
	return false;
}

static void tell(struct service *service, const struct user *user,
		 const char *about)
{
	if (service->factor_changed)
		service->factor_changed(user, about, service->userdata);
}

/* What he has, to be changed; false: answered. */
static bool take(struct service *service, struct varlink_call *call,
		 json_t *parameters, struct user *ret_user,
		 struct code_ways *ret_ways)
{
	if (!admin_take_user(service, call, parameters, ret_user) ||
	    !guard_may_change(service, call, ret_user) ||
	    !is_another(service, call, ret_user))
		return false;
	if (code_ways_find(service->attempts, ret_user->uid, ret_ways) == 0)
		return true;
	(void)!admin_unavailable(call, ADMIN_UNREADABLE);
	return false;
}

static bool seal_value(struct service *service, uint32_t uid,
		       enum factor_value value, const char *text,
		       struct second_factor *factor)
{
	struct seal_place place = factor_place(value, uid);

	if (*text)
		return state_seal(service->state, &place, text,
				  &factor->values[value]) == 0;
	factor->values[value] = (struct sealed){ 0 };
	return true;
}

static bool write_factor(struct service *service, struct varlink_call *call,
			 const struct user *user,
			 const struct second_factor *factor,
			 const char *details)
{
	return admin_do(
		service, call,
		&(struct admin_act){ .event = EVENT_SECOND_FACTOR_CHANGED,
				     .change = { .type = CHANGE_SECOND_FACTOR,
						 .uid = user->uid,
						 .second_factor = factor },
				     .user = user,
				     .details = details });
}

static json_t *asking_json(const struct settings *settings)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < settings->n_services; i++)
		if (settings->services[i].code.when != CODE_WHEN_NEVER)
			(void)!json_array_append_new(
				list, json_string(settings->services[i].name));
	return list;
}

json_t *admin_add_second_factor(struct service *service, json_t *reply)
{
	const struct settings *settings = service->attempts->settings;
	struct second_factor_counts counts;

	if (second_factor_count(service->state->store, &counts) == 0 &&
	    json_object_set_new(
		    reply, "second_factor",
		    json_pack("{s:o, s:b, s:i, s:i, s:i, s:i, s:i}", "services",
			      asking_json(settings), "mail_codes",
			      (int)settings->code_mail, "asked",
			      (int)counts.asked, "app", (int)counts.app,
			      "phone", (int)counts.phone, "mail",
			      (int)counts.mail, "recovery",
			      (int)counts.recovery)) == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

static bool can_be_read(struct service *service, const struct user *user)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };

	return code_ways_find(service->attempts, user->uid, &ways) == 0;
}

int admin_get_second_factor(struct varlink_call *call, json_t *parameters,
			    void *userdata)
{
	struct service *service = userdata;
	struct user user;

	if (!admin_take_user(service, call, parameters, &user))
		return 0;
	if (!can_be_read(service, &user))
		return admin_unavailable(call, ADMIN_UNREADABLE);
	return reply_factor(service, call, &user, NULL);
}

/* One address that is to be another: what of it is told, and to whom. */
struct address_change {
	enum factor_value value;
	const char *parameter, *rule;
	const struct secret *before;
	const char *after; /* NULL: as it is; "": none */
	bool lost;         /* there is one that does not open */
};

static bool may_be(const struct settings *settings,
		   const struct address_change *change)
{
	if (!change->after || !*change->after)
		return true;
	if (change->value == FACTOR_MAIL)
		return contact_is_mail(change->after);
	return contact_is_phone(change->after) &&
	       contact_phone_may_be(change->after, settings->code_prefixes);
}

static bool is_other(const struct address_change *change)
{
	return change->after &&
	       (change->lost || strlen(change->after) != change->before->n ||
		strcmp(change->after, change->before->bytes) != 0);
}

static void tell_masked(const struct settings *settings,
			const struct address_change *change,
			const char *address, struct text *text)
{
	if (!*address)
		text_add(text, "none");
	else if (change->value == FACTOR_PHONE)
		contact_phone_mask(address, settings->code_prefixes, "*", text);
	else
		contact_mail_mask(address, "*", text);
}

static void tell_address(const struct settings *settings,
			 const struct address_change *change, struct text *text)
{
	text_add_format(text, "%s%s=\"", text->n > 0 ? " " : "",
			change->parameter);
	tell_masked(settings, change, change->before->bytes, text);
	text_add(text, "\" to \"");
	tell_masked(settings, change, change->after, text);
	text_add(text, "\"");
}

/* "none" takes it away, as an empty text does. */
static const char *wanted(json_t *parameters, const char *name)
{
	const char *text = admin_string(parameters, name);

	return text && strcmp(text, "none") == 0 ? "" : text;
}

/* When he is asked, in its one form; false: answered. */
static bool read_code(struct varlink_call *call, json_t *parameters,
		      struct second_factor *factor, struct text *details)
{
	const char *written = admin_string(parameters, "code");
	struct code_demand demand = { 0 };
	char buffer[FACTOR_CODE_MAX], why[256] = "It ";
	struct text text;
	int r;

	if (!written)
		return true;
	text_init(&text, why, sizeof(why));
	text_add(&text, "It ");
	r = code_demand_parse(written, &demand, &text);
	if (r != 0) {
		text_add(&text, ".");
		(void)!admin_invalid(call, "code", why);
		return false;
	}
	text_init(&text, buffer, sizeof(buffer));
	if (demand.when != CODE_WHEN_NEVER)
		code_demand_write(&demand, &text);
	code_demand_deinit(&demand);
	if (text_is_cut(&text)) {
		(void)!admin_invalid(call, "code", "It has too many networks.");
		return false;
	}
	if (strcmp(buffer, factor->code) == 0)
		return true;
	text_add_format(details, "%scode=\"%s\" to \"%s\"",
			details->n > 0 ? " " : "",
			*factor->code ? factor->code : "never",
			*buffer ? buffer : "never");
	memcpy(factor->code, buffer, text.n + 1);
	return true;
}

/* Only taken away here: made by MakeTotp. */
static void read_totp(json_t *parameters, struct second_factor *factor,
		      struct text *details)
{
	if (!json_is_false(json_object_get(parameters, "totp")) ||
	    (factor->values[FACTOR_TOTP].n == 0 &&
	     factor->values[FACTOR_TOTP_PENDING].n == 0))
		return;
	factor->values[FACTOR_TOTP] = (struct sealed){ 0 };
	factor->values[FACTOR_TOTP_PENDING] = (struct sealed){ 0 };
	text_add_format(details, "%stotp=removed", details->n > 0 ? " " : "");
}

static bool read_addresses(struct service *service, struct varlink_call *call,
			   const struct user *user,
			   const struct address_change *changes, size_t n,
			   struct second_factor *factor, struct text *details)
{
	const struct settings *settings = service->attempts->settings;

	for (size_t i = 0; i < n; i++) {
		const struct address_change *one = &changes[i];

		if (!may_be(settings, one)) {
			(void)!admin_invalid(call, one->parameter, one->rule);
			return false;
		}
		if (!is_other(one))
			continue;
		tell_address(settings, one, details);
		if (!seal_value(service, user->uid, one->value, one->after,
				factor)) {
			(void)!admin_unavailable(call, ADMIN_NOT_WRITTEN);
			return false;
		}
	}
	return true;
}

/* An app that is gone, or a demand that asks less. */
static bool is_weaker(const struct second_factor *before,
		      const struct second_factor *after)
{
	if (before->values[FACTOR_TOTP].n > 0 &&
	    after->values[FACTOR_TOTP].n == 0)
		return true;
	return *before->code && strcmp(before->code, after->code) != 0 &&
	       strcmp(after->code, "always") != 0;
}

static bool had_a_way(const struct second_factor *before)
{
	return before->values[FACTOR_TOTP].n > 0 ||
	       before->values[FACTOR_PHONE].n > 0 ||
	       before->values[FACTOR_MAIL].n > 0 || before->n_recovery > 0;
}

/* Whoever had a way gets another: it is looked at by a second administrator
 * (alarm/rule.c), for it may be the first one's own. */
static bool is_another_way(const struct second_factor *before,
			   const struct address_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_other(&changes[i]))
			return had_a_way(before);
	return false;
}

int admin_set_second_factor(struct varlink_call *call, json_t *parameters,
			    void *userdata)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	struct service *service = userdata;
	char details[1024];
	struct second_factor factor;
	struct text text;
	struct user user;

	if (!take(service, call, parameters, &user, &ways))
		return 0;
	const struct address_change changes[] = {
		{ FACTOR_PHONE, "phone", PHONE_RULE, &ways.phone,
		  wanted(parameters, "phone"), ways.phone_lost },
		{ FACTOR_MAIL, "mail", MAIL_RULE, &ways.mail,
		  wanted(parameters, "mail"), ways.mail_lost },
	};

	factor = ways.factor;
	text_init(&text, details, sizeof(details));
	if (!read_addresses(service, call, &user, changes, ARRAY_SIZE(changes),
			    &factor, &text) ||
	    !read_code(call, parameters, &factor, &text))
		return 0;
	read_totp(parameters, &factor, &text);
	if (is_weaker(&ways.factor, &factor))
		text_add(&text, " weaker=yes");
	if (is_another_way(&ways.factor, changes, ARRAY_SIZE(changes)))
		text_add(&text, " other=yes");
	if (text_is_cut(&text))
		return admin_conflict(call, "This is more than one record can "
					    "tell: change less at once.");
	if (text.n > 0 && !write_factor(service, call, &user, &factor, details))
		return 0;
	for (size_t i = 0; text.n > 0 && i < ARRAY_SIZE(changes); i++)
		if (is_other(&changes[i]) && changes[i].before->n > 0 &&
		    service->address_changed)
			service->address_changed(&user, changes[i].value,
						 changes[i].before,
						 service->userdata);
	if (is_weaker(&ways.factor, &factor))
		tell(service, &user, "weaker");
	return reply_factor(service, call, &user, NULL);
}

/* The form that apps read (github.com/google/google-authenticator, Key Uri
 * Format); names of users and hosts have no letter that must be escaped. */
static void write_uri(const struct user *user, const char *seed,
		      struct text *text)
{
	char host[65];

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	text_add_format(text,
			"otpauth://totp/%s:%s?secret=%s&issuer=%s"
			"&algorithm=SHA1&digits=6&period=30",
			host, user->name, seed, host);
}

int admin_make_totp(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	struct service *service = userdata;
	char seed[FACTOR_SEED_TEXT], uri[512];
	struct second_factor factor;
	struct text text;
	struct user user;
	json_t *reply;

	if (!take(service, call, parameters, &user, &ways))
		return 0;
	factor = ways.factor;
	totp_seed_make(seed);
	if (!seal_value(service, user.uid, FACTOR_TOTP_PENDING, seed,
			&factor)) {
		sodium_memzero(seed, sizeof(seed));
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	}
	if (!write_factor(service, call, &user, &factor, "totp=made")) {
		sodium_memzero(seed, sizeof(seed));
		return 0;
	}
	text_init(&text, uri, sizeof(uri));
	write_uri(&user, seed, &text);
	reply = json_pack("{s:s, s:s}", "seed", seed, "uri", uri);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(uri, sizeof(uri));
	return reply ? reply_factor(service, call, &user, reply) : -ENOMEM;
}

/* Whether typed is of the pending seed, and its step. */
static int check_pending(struct service *service, const struct user *user,
			 const struct second_factor *factor, const char *typed,
			 int64_t *ret_step)
{
	struct seal_place place = factor_place(FACTOR_TOTP_PENDING, user->uid);
	scope(secret_deinit) struct secret seed = { 0 };
	int r;

	r = state_unseal(service->state, &place,
			 &factor->values[FACTOR_TOTP_PENDING], &seed);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	return totp_check(seed.bytes, typed, clock_realtime_us() / 1000000, 0,
			  ret_step);
}

static bool adopt(struct service *service, const struct user *user,
		  struct second_factor *factor)
{
	struct seal_place place = factor_place(FACTOR_TOTP_PENDING, user->uid);
	scope(secret_deinit) struct secret seed = { 0 };

	if (state_unseal(service->state, &place,
			 &factor->values[FACTOR_TOTP_PENDING], &seed) != 0)
		return false;
	factor->values[FACTOR_TOTP_PENDING] = (struct sealed){ 0 };
	return seal_value(service, user->uid, FACTOR_TOTP, seed.bytes, factor);
}

int admin_confirm_totp(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	const char *typed = admin_string(parameters, "code");
	struct service *service = userdata;
	struct second_factor factor;
	struct user user;
	int64_t step = 0;
	int r;

	if (!take(service, call, parameters, &user, &ways))
		return 0;
	factor = ways.factor;
	if (factor.values[FACTOR_TOTP_PENDING].n == 0)
		return admin_conflict(call, "No seed waits for a code of it.");
	r = check_pending(service, &user, &factor, typed, &step);
	if (r < 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	if (r != 0)
		return admin_invalid(call, "code",
				     "It is not the code that the app shows "
				     "now; is its clock right?");
	factor.totp_step = step;
	if (!adopt(service, &user, &factor))
		return admin_unavailable(call, ADMIN_NOT_WRITTEN);
	if (!write_factor(service, call, &user, &factor,
			  had_a_way(&ways.factor) ? "totp=in-force other=yes"
						  : "totp=in-force"))
		return 0;
	tell(service, &user, "app");
	return reply_factor(service, call, &user, NULL);
}

static json_t *make_codes(const struct user *user,
			  struct recovery_codes *ret_codes)
{
	char text[RECOVERY_CODE_TEXT];
	json_t *list = json_array();

	ret_codes->n = 0;
	while (list && ret_codes->n < RECOVERY_CODES) {
		recovery_code_make(text);
		if (!recovery_code_digest(user->uid, text,
					  ret_codes->digests[ret_codes->n]) ||
		    json_array_append_new(list, json_string(text)) != 0) {
			json_decref(list);
			list = NULL;
		}
		ret_codes->n++;
	}
	sodium_memzero(text, sizeof(text));
	return list;
}

int admin_make_recovery_codes(struct varlink_call *call, json_t *parameters,
			      void *userdata)
{
	scope(code_ways_deinit) struct code_ways ways = { 0 };
	scope(json_decrefp) json_t *list = NULL;
	struct service *service = userdata;
	struct recovery_codes codes;
	struct user user;

	if (!take(service, call, parameters, &user, &ways))
		return 0;
	list = make_codes(&user, &codes);
	if (!list)
		return -ENOMEM;
	if (!admin_do(service, call,
		      &(struct admin_act){
			      .event = EVENT_RECOVERY_CODES_MADE,
			      .change = { .type = CHANGE_RECOVERY_CODES,
					  .uid = user.uid,
					  .recovery_codes = &codes },
			      .user = &user }))
		return 0;
	tell(service, &user, "recovery-codes");
	return reply_factor(service, call, &user,
			    json_pack("{s:O}", "recovery_codes", list));
}
