/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin.h"

#include <string.h>

#include "cloxxsd/state/acceptance.h"

/* Acceptances of one batch of a stream. */
#define BATCH 64

static const char *require_name(const struct settings *settings)
{
	switch ((enum settings_require)settings->notice_require) {
	case SETTINGS_REQUIRE_NO:
		return "no";
	case SETTINGS_REQUIRE_ASK:
		return "ask";
	case SETTINGS_REQUIRE_YES:
		break;
	}
	return "yes";
}

static json_t *languages_json(const struct notice_texts *notice)
{
	json_t *list = json_array();

	for (unsigned int i = LANGUAGE_ENGLISH; i < _LANGUAGE_N; i++)
		if (notice->texts[i])
			(void)!json_array_append_new(
				list,
				json_string(language_tag((enum language)i)));
	return list;
}

int admin_get_notice(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	const char *wanted = admin_string(parameters, "language");
	struct service *service = userdata;
	const struct settings *settings = service->attempts->settings;
	struct acceptance_counts counts;
	enum language language;
	const char *text;

	if (wanted && !admin_is_language(wanted))
		return admin_invalid(call, "language", ADMIN_LANGUAGE_RULE);
	if (acceptance_count(service->state->store, settings->notice.version,
			     &counts) != 0)
		return admin_unavailable(call, ADMIN_UNREADABLE);
	text = notice_text_for(&settings->notice,
			       language_find(wanted ? wanted : ""), &language);
	return varlink_call_reply(
		call, json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:s, s:I, s:I}",
				"version", settings->notice.version, "language",
				language_tag(language), "text", text,
				"languages", languages_json(&settings->notice),
				"source", settings->notice_text, "show",
				(int)settings->notice_show, "require",
				require_name(settings), "accepted",
				(json_int_t)counts.accepted, "users",
				(json_int_t)counts.asked));
}

json_t *admin_acceptance_json(const struct settings *settings,
			      const struct acceptance *one)
{
	return json_pack(
		"{s:s, s:s, s:b, s:s, s:I, s:s, s:o}", "user", one->user,
		"version", one->version, "in_force",
		(int)(strcmp(one->version, settings->notice.version) == 0),
		"language", one->language, "at", (json_int_t)one->at, "service",
		one->service, "address", text_or_null(one->address));
}

/* Where a stream stands: behind last. */
struct listing {
	struct service *service;
	struct acceptance last;
	char only[NAME_USER_MAX + 1]; /* "" for all users */
	bool without;                 /* those who have not accepted */
};

static int next_without(struct listing *listing, struct acceptance *ret_next)
{
	struct service *service = listing->service;
	struct acceptance next = { 0 };
	struct user user;
	int r;

	r = acceptance_next_without(service->state->store, listing->last.user,
				    service->attempts->settings->notice.version,
				    &user);
	if (r != 0)
		return r;
	memcpy(next.user, user.name, sizeof(user.name));
	*ret_next = next;
	return 0;
}

/* USER_E_UNKNOWN at the end. */
static int next(struct listing *listing, struct acceptance *ret_next)
{
	struct acceptance found;
	int r = listing->without
			? next_without(listing, &found)
			: acceptance_next(listing->service->state->store,
					  &listing->last, &found);

	if (r == 0 && *listing->only && strcmp(found.user, listing->only) != 0)
		r = USER_E_UNKNOWN;
	if (r == 0)
		*ret_next = found;
	return r;
}

static json_t *listed_json(const struct listing *listing,
			   const struct acceptance *one)
{
	json_t *json;

	if (!listing->without)
		json = admin_acceptance_json(
			listing->service->attempts->settings, one);
	else
		json = json_pack("{s:s, s:n, s:b, s:n, s:n, s:n, s:n}", "user",
				 one->user, "version", "in_force", 0,
				 "language", "at", "service", "address");
	return json_pack("{s:o}", "acceptance", json);
}

static int next_acceptances(struct varlink_call *call, void *data)
{
	struct listing *listing = data;
	struct acceptance one, after;
	int r = next(listing, &one);

	if (r == USER_E_UNKNOWN)
		return varlink_call_reply_empty(call);
	for (int i = 0; r == 0 && i < BATCH; i++) {
		int next_r;

		listing->last = one;
		next_r = next(listing, &after);
		if (next_r == USER_E_UNKNOWN)
			return varlink_call_reply(call,
						  listed_json(listing, &one));
		r = varlink_call_continue(call, listed_json(listing, &one));
		one = after;
		if (next_r != 0)
			r = -EIO;
	}
	return r;
}

int admin_list_acceptances(struct varlink_call *call, json_t *parameters,
			   void *userdata)
{
	const char *name = admin_string(parameters, "user");
	bool without =
		json_is_true(json_object_get(parameters, "not_accepted"));
	struct service *service = userdata;
	struct listing *listing;
	struct user user;
	int r;

	if (name && without)
		return admin_invalid(call, "not_accepted",
				     "Of user and not_accepted one is enough.");
	if (name) {
		r = user_find(service->state->store, name, &user);
		if (r == USER_E_UNKNOWN)
			return admin_not_found(call, name);
		if (r != 0)
			return admin_unavailable(call, ADMIN_UNREADABLE);
	}
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	listing->service = service;
	listing->without = without;
	if (name) {
		memcpy(listing->only, user.name, sizeof(user.name));
		memcpy(listing->last.user, user.name, sizeof(user.name));
	}
	varlink_call_stream(call, next_acceptances, listing, free);
	return 0;
}
