/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judging a password, and making one, for whoever chooses it elsewhere.
 *
 * What must hold:
 *  1. Nothing that is stored is compared with it, neither the present password
 *     nor a former one: an administrator could guess them here, uncounted.
 *  2. Nothing is counted or recorded, and nothing changes.
 */
#include "cloxxsd/service/admin.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/attempt/breached.h"
#include "cloxxsd/attempt/password_demand.h"

struct checking {
	struct service *service;
	struct varlink_call *call;
	struct password_demand demand;
	struct secret wanted;
	char user[NAME_USER_MAX + 1];
	json_t *rules;
	bool denied;
	struct hash_job job;
};

static struct checking *checking_free(struct checking *checking)
{
	if (!checking)
		return NULL;
	varlink_call_unref(checking->call);
	secret_deinit(&checking->wanted);
	hash_job_wipe(&checking->job);
	json_decref(checking->rules);
	free(checking);
	return NULL;
}

static void checking_freep(struct checking **checking)
{
	*checking = checking_free(*checking);
}

/* A rule's row; fault's error 0: it has none. */
static int add_rule(struct checking *checking, enum password_rule rule,
		    const char *outcome, const struct password_fault *fault)
{
	bool has_fault = fault && fault->error != _PASSWORD_E_OK;
	char sentence[256] = "";
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	if (has_fault)
		password_fault_write(fault, LANGUAGE_ENGLISH, &text);
	return json_array_append_new(
		       checking->rules,
		       json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "rule",
				 password_rule_name(rule), "outcome", outcome,
				 "text", password_rule_text(rule), "fault",
				 has_fault ? password_error_name(
						     (int)fault->error)
					   : NULL,
				 "message", has_fault ? sentence : NULL)) < 0
		       ? -ENOMEM
		       : 0;
}

static bool is_skipped(const struct checking *checking, enum password_rule rule)
{
	return rule == PASSWORD_RULE_PRESENT || rule == PASSWORD_RULE_HISTORY ||
	       (rule == PASSWORD_RULE_NAME && !*checking->user);
}

static int ask_rule(struct checking *checking, enum password_rule rule)
{
	const struct password_candidate candidate = {
		.user = *checking->user ? checking->user : NULL,
		.wanted = &checking->wanted,
	};
	struct password_fault fault = { 0 }, held = { 0 };
	bool trial = false;
	int r;

	if (is_skipped(checking, rule))
		return add_rule(checking, rule, "skipped", NULL);
	r = password_ask(rule, &checking->demand.all, &candidate, &fault);
	if (r > 0 && checking->demand.settings->trial) {
		r = password_ask(rule, &checking->demand.held, &candidate,
				 &held);
		trial = r == 0;
		r = trial ? (int)fault.error : r;
	}
	if (r < 0)
		return r;
	checking->denied |= r > 0 && !trial;
	return add_rule(checking, rule,
			r == 0  ? "pass"
			: trial ? "trial"
				: "deny",
			&fault);
}

static int reply(struct checking *checking)
{
	return varlink_call_reply(checking->call,
				  json_pack("{s:s, s:O}", "verdict",
					    checking->denied ? "deny" : "allow",
					    "rules", checking->rules));
}

static int add_search(struct checking *checking, int found)
{
	const struct password_fault fault = {
		.error = found == 0 ? _PASSWORD_E_OK
			 : found == BREACHED_E_FOUND
				 ? PASSWORD_E_BREACHED
				 : PASSWORD_E_NO_BREACHED_LIST,
	};
	bool trial = checking->demand.settings->trial != 0;

	checking->denied |= found != 0 && !trial;
	return add_rule(checking, PASSWORD_RULE_BREACHED,
			found == 0 ? "pass"
			: trial    ? "trial"
				   : "deny",
			&fault);
}

static int finish(struct checking *checking)
{
	int r = ask_rule(checking, PASSWORD_RULE_HISTORY);

	return r < 0 ? r : reply(checking);
}

static void searched(struct hash_job *job, void *userdata)
{
	scope(checking_freep) struct checking *checking = userdata;

	if (job->result != HASH_FOUND)
		(void)!admin_unavailable(checking->call,
					 "The daemon is ending.");
	else if (add_search(checking, job->search.found) == 0)
		(void)!finish(checking);
}

/* Takes checking, where the list must be searched first. */
static int search(struct checking *taken)
{
	scope(checking_freep) struct checking *checking = taken;
	const char *list = checking->demand.settings->breached;
	int r;

	if (!list) {
		r = add_rule(checking, PASSWORD_RULE_BREACHED, "skipped", NULL);
		return r < 0 ? r : finish(checking);
	}
	checking->job.task = HASH_SEARCH;
	checking->job.password = checking->wanted;
	(void)snprintf(checking->job.search.breached,
		       sizeof(checking->job.search.breached), "%s", list);
	checking->job.done = searched;
	checking->job.userdata = checking;
	if (hasher_submit(checking->service->attempts->hasher,
			  &checking->job) != 0)
		return admin_unavailable(checking->call,
					 "Too many passwords are waiting.");
	(void)scope_take_ptr(checking);
	return 0;
}

/* What cannot even be one: too long, or empty and so no rule's to judge. */
static int refuse_whole(struct checking *checking, enum password_error error)
{
	const struct password_fault fault = { .error = error };
	int r = add_rule(checking, PASSWORD_RULE_TEXT, "deny", &fault);

	checking->denied = true;
	return r < 0 ? r : reply(checking);
}

static int take_wanted(struct checking *checking, const char *typed)
{
	scope(secret_deinit) struct secret secret = { 0 };

	if (secret_set(&secret, typed, strlen(typed)) != 0)
		return PASSWORD_E_TOO_LONG;
	return password_normalise(&secret, &checking->wanted);
}

/* False where the call was answered: there is no such user. */
static bool take_user(struct checking *checking, json_t *parameters)
{
	const char *name = admin_string(parameters, "user");
	struct user user = { 0 };

	if (name) {
		if (!admin_take_named(checking->service, checking->call, name,
				      &user))
			return false;
		memcpy(checking->user, user.name, sizeof(checking->user));
	}
	password_demand_init(&checking->demand,
			     checking->service->attempts->settings, user.name,
			     user.services);
	return true;
}

int admin_check_password(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	scope(checking_freep) struct checking *checking =
		calloc(1, sizeof(*checking));
	int r;

	if (!checking)
		return -ENOMEM;
	checking->service = userdata;
	checking->call = varlink_call_ref(call);
	checking->rules = json_array();
	if (!take_user(checking, parameters))
		return 0;
	r = take_wanted(checking, admin_string(parameters, "password"));
	if (r > 0)
		return refuse_whole(checking, (enum password_error)r);
	for (unsigned int i = 0; r == 0 && i < PASSWORD_RULE_BREACHED; i++) {
		r = ask_rule(checking, i);
		/* What is no text the others cannot read. */
		if (r == 0 && i == PASSWORD_RULE_TEXT && checking->denied)
			return reply(checking);
	}
	return r < 0 ? r : search(scope_take_ptr(checking));
}

/* So many are drawn until one passes: chance makes words, and a policy may ask
 * for what most of them lack. */
#define DRAWS 200

int admin_generate_password(struct varlink_call *call, json_t *parameters,
			    void *userdata)
{
	const struct service *service = userdata;
	struct password_demand demand;

	(void)parameters;
	password_demand_init(&demand, service->attempts->settings, "", "");
	for (unsigned int i = 0; i < DRAWS; i++) {
		scope(secret_deinit) struct secret password = { 0 };
		const struct password_candidate candidate = {
			.wanted = &password
		};
		struct password_fault fault;
		int r = password_generate(&password);

		if (r == 0 && i > 0)
			password_capitalise(&password);
		if (r == 0)
			r = password_check(&demand.all, &candidate, &fault);
		if (r < 0)
			return r;
		if (r == 0)
			return varlink_call_reply(
				call,
				json_pack("{s:s}", "password", password.bytes));
	}
	return admin_unavailable(call, "No password that is made here keeps "
				       "the rules of [password].");
}

json_t *admin_add_breached(const struct service *service, json_t *reply)
{
	const struct settings *settings = service->attempts->settings;
	struct breached_facts facts = { 0 };
	char why[512] = "";
	struct text text;
	int r = 0;

	text_init(&text, why, sizeof(why));
	if (settings->breached)
		r = breached_look(settings->breached, &facts, &text);
	if (json_object_set_new(reply, "breached",
				text_or_null(settings->breached
						     ? settings->breached
						     : "")) < 0 ||
	    json_object_set_new(reply, "breached_modified",
				facts.modified_s > 0
					? json_integer(facts.modified_s)
					: json_null()) < 0 ||
	    json_object_set_new(reply, "breached_fault",
				r != 0 ? json_string(why) : json_null()) < 0) {
		json_decref(reply);
		return NULL;
	}
	return reply;
}
