/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Those who watch the changes of a service. Nothing is kept for who does not
 * read: the server ends his connection, and he asks anew.
 */
#include "cloxxsd/service/access.h"

#include <string.h>

#include "cloxxsd/service/holder.h"
#include "cloxxsd/service/user_json.h"

/* In all; an application needs one. */
#define WATCHERS_MAX 64
/* Of one service. */
#define WATCHERS_OF_ONE 8
/* So that either side finds out that the other has gone. */
#define BEAT_US UINT64_C(60000000)

struct watcher {
	struct varlink_call *call;
	char service[NAME_SERVICE_MAX + 1];
};

struct access_watch {
	struct service *service;
	sd_event_source *timer;
	struct watcher watchers[WATCHERS_MAX];
	size_t n;
	/* Whether the user of a change was one of the watcher's service. */
	bool knew[CHANGES_MAX][WATCHERS_MAX];
};

/* What one change is about. */
struct news {
	const char *change;
	const char *service; /* NULL: any that user may use */
	struct user user;    /* where it is about one */
	bool of_user;
	char holder[HOLDER_TEXT_MAX], project[NAME_PROJECT_MAX + 1];
};

static void drop(struct access_watch *watch, size_t i)
{
	varlink_call_unref(watch->watchers[i].call);
	watch->watchers[i] = watch->watchers[--watch->n];
}

/* Whether he may still hear of it: as of now, not of when he began. */
static bool may_hear(struct access_watch *watch, const struct watcher *one)
{
	const struct varlink_peer *peer = varlink_call_peer(one->call);
	const struct settings_service *own =
		service_of_peer(watch->service, peer);

	if (own)
		return strcmp(own->name, one->service) == 0;
	return (service_classify(peer, watch->service) &
		(PEER_ROOT | PEER_ADMINISTRATOR)) != 0;
}

/* Those who have gone, and those who may not hear it any more. */
static void drop_the_gone(struct access_watch *watch)
{
	for (size_t i = watch->n; i > 0; i--) {
		struct watcher *one = &watch->watchers[i - 1];

		if (varlink_call_is_open(one->call) && may_hear(watch, one))
			continue;
		(void)!varlink_call_denied(one->call);
		drop(watch, i - 1);
	}
}

static size_t count_of(const struct access_watch *watch, const char *service)
{
	size_t n = 0;

	for (size_t i = 0; i < watch->n; i++)
		n += strcmp(watch->watchers[i].service, service) == 0;
	return n;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct access_watch *watch = userdata;

	(void)usec;
	drop_the_gone(watch);
	for (size_t i = 0; i < watch->n; i++)
		(void)!varlink_call_continue(watch->watchers[i].call,
					     json_object());
	if (watch->n == 0)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return sd_event_source_set_time_relative(source, BEAT_US);
}

int access_watch_new(struct service *service, sd_event *event,
		     struct access_watch **ret_watch)
{
	struct access_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->service = service;
	r = sd_event_add_time_relative(event, &watch->timer, CLOCK_MONOTONIC,
				       BEAT_US, 0, on_timer, watch);
	if (r >= 0)
		r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
	if (r < 0) {
		access_watch_free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

struct access_watch *access_watch_free(struct access_watch *watch)
{
	if (!watch)
		return NULL;
	while (watch->n > 0)
		drop(watch, watch->n - 1);
	sd_event_source_disable_unref(watch->timer);
	free(watch);
	return NULL;
}

int access_watch_add(struct varlink_call *call, json_t *parameters,
		     void *userdata)
{
	struct service *service = userdata;
	struct access_watch *watch = service->access_watch;
	const char *of = access_service_of(service, call, parameters);
	struct watcher *one;

	if (!of)
		return 0;
	drop_the_gone(watch);
	if (watch->n == WATCHERS_MAX || count_of(watch, of) == WATCHERS_OF_ONE)
		return varlink_call_error(call, "nl.cloxxs.Access.Busy", NULL);
	one = &watch->watchers[watch->n++];
	one->call = varlink_call_ref(call);
	memcpy(one->service, of, strlen(of) + 1);
	if (watch->n == 1) {
		(void)!sd_event_source_set_time_relative(watch->timer, BEAT_US);
		(void)!sd_event_source_set_enabled(watch->timer, SD_EVENT_ON);
	}
	/* From here on nothing is missed. */
	return varlink_call_continue(call, json_object());
}

/* Of a user who has gone nothing is known any more: who watches looks anew. */
static void read_user(struct access_watch *watch, uint32_t uid,
		      struct news *news)
{
	news->change = "user";
	news->of_user = user_find_uid(watch->service->state->store, uid,
				      &news->user) == 0;
}

static void read_grant(struct access_watch *watch, const struct grant *grant,
		       struct news *news)
{
	struct store *store = watch->service->state->store;
	struct user user;

	news->change = "grant";
	news->service = grant->service;
	/* Who may not use the service is nobody it knows. */
	if (grant->holder == ACCESS_EVERYONE ||
	    (grant->holder & ACCESS_GROUP_BIT) ||
	    (user_find_uid(store, grant->holder, &user) == 0 &&
	     user_may_use(&user, grant->service)))
		(void)!holder_write(store, grant->holder, news->holder);
	(void)!holder_write_project(store, grant->project, news->project);
}

static void read_change(struct access_watch *watch, const struct change *change,
			struct news *news)
{
	*news = (struct news){ 0 };
	if (change->grant) {
		read_grant(watch, change->grant, news);
	} else if (change->project) {
		news->change = "project";
		news->service = change->project->service;
		memcpy(news->project, change->project->name,
		       sizeof(news->project));
	} else if (change->grants) {
		news->change = "grants";
	} else if (change->members) {
		news->change = "group";
	} else {
		read_user(watch, change->uid, news);
	}
}

static bool concerns(const struct news *news, const char *service, bool knew)
{
	if (news->service)
		return strcmp(news->service, service) == 0;
	return !news->of_user || knew || user_may_use(&news->user, service);
}

/* Who may not use the service is not named to it: he may have lost it just
 * now. */
static json_t *user_of(const struct news *news, const char *service)
{
	if (!news->of_user)
		return text_or_null(news->holder);
	return user_may_use(&news->user, service) ? json_string(news->user.name)
						  : json_null();
}

static void tell(struct watcher *one, const struct news *news)
{
	(void)!varlink_call_continue(
		one->call, json_pack("{s:s, s:o, s:o}", "change", news->change,
				     "user", user_of(news, one->service),
				     "project", text_or_null(news->project)));
}

static bool is_known(struct access_watch *watch, const char *service,
		     const struct user *user)
{
	const struct map *map =
		watch->service->access_map(service, watch->service->userdata);
	struct access_user found;

	return map &&
	       access_find_user(map, user->name, strlen(user->name), &found);
}

void access_watch_swinging(struct access_watch *watch,
			   const struct change_set *set)
{
	struct news news;

	if (!watch || watch->n == 0)
		return;
	drop_the_gone(watch);
	for (size_t i = 0; i < set->n_changes; i++) {
		if (!change_is_access(&set->changes[i]))
			continue;
		read_change(watch, &set->changes[i], &news);
		for (size_t j = 0; j < watch->n; j++)
			watch->knew[i][j] =
				news.of_user &&
				is_known(watch, watch->watchers[j].service,
					 &news.user);
	}
}

void access_watch_committed(struct access_watch *watch,
			    const struct change_set *set)
{
	struct news news;

	if (!watch)
		return;
	for (size_t i = 0; i < set->n_changes && watch->n > 0; i++) {
		if (!change_is_access(&set->changes[i]))
			continue;
		read_change(watch, &set->changes[i], &news);
		for (size_t j = 0; j < watch->n; j++)
			if (concerns(&news, watch->watchers[j].service,
				     watch->knew[i][j]))
				tell(&watch->watchers[j], &news);
	}
}
