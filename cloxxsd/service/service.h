/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Service: what the handlers of the interfaces share: who is calling, the
 * parts of the daemon they may use, and how they refuse. Handlers check and
 * translate; attempts, rules and changes are elsewhere.
 */

#include "cloxxsd/alarm/engine.h"
#include "cloxxsd/attempt/attempt.h"
#include "cloxxsd/attempt/pass.h"
#include "cloxxsd/backup/job.h"
#include "cloxxsd/courier/courier.h"
#include "cloxxsd/metrics/counters.h"
#include "cloxxsd/service/accounts.h"
#include "cloxxsd/service/allowance.h"
#include "cloxxsd/state/audit_session.h"
#include "cloxxsd/state/state.h"
#include "varlink/server.h"

/* Classes of peers, as the columns of the method tables name them. */
enum peer_class {
	PEER_ROOT = 1 << 0,
	PEER_ADMINISTRATOR = 1 << 1, /* a Cloxxs user of that role, in force */
	PEER_USER = 1 << 2,          /* a Cloxxs user, enabled: for himself */
	PEER_SERVICE = 1 << 3,       /* an application: for its own service */
	PEER_KEYS = 1 << 4,    /* the account that sshd asks for keys as */
	PEER_JOURNAL = 1 << 5, /* the one that looks into the journal */
};

/* Borrowed from the daemon, and handed to each handler as its userdata. */
struct service {
	struct state *state;
	struct attempts *attempts;
	const struct accounts *accounts;
	struct varlink_server *server;
	struct allowance allowance;
	struct import *import;               /* the one under way, or NULL */
	struct grant_staging *grant_staging; /* the same */
	struct geoip_taking *geoip_taking;   /* the one under way, or NULL */
	struct errands *errands;
	struct job *backup_job; /* the one under way, or NULL */
	const char *state_directory;
	uint64_t room_kept; /* bytes that applications may not fill */
	const char *boot;   /* which one runs; "" where nobody says */
	/* Told of a call that was refused for its peer, as the server tells. */
	void (*refused)(const struct varlink_peer *peer, const char *method,
			void *service);
	const struct counters *counters;
	struct courier *courier;
	const struct alarm_engine *alarms;
	const struct alarm_delivery *alarm_delivery;
	uint32_t (*n_connections)(void *userdata);
	/* What Status tells. */
	int64_t started;
	const char *configuration; /* "ok", or what a reload refused */
	uint64_t (*map_generation)(void *userdata);
	/* The access map of a service, or NULL; until the next change. */
	const struct map *(*access_map)(const char *service, void *userdata);
	/* How many there are, and how many of them are withdrawn. */
	size_t (*n_access_maps)(void *userdata, size_t *ret_n_withdrawn);
	struct access_watch *access_watch; /* of nl.cloxxs.Access.Watch */
	struct audit_batch *audit_batch;   /* of nl.cloxxs.Audit.Record */
	/* Told that records are to go to the journal once more. */
	void (*send_again)(void *userdata);
	const char *key_source; /* "credential" or "file" */
	/* Told that a rotation began. */
	void (*keys_changed)(void *userdata);
	/* A user's number or address was changed; before is the former one, and
	 * is for the call. NULL: nobody is told. */
	void (*factor_changed)(const struct user *user, const char *about,
			       void *userdata);
	void (*address_changed)(const struct user *user,
				enum factor_value value,
				const struct secret *before, void *userdata);
	void *userdata;
};

/* The classes of peer as of now, from the kernel's uid and our own store. */
uint32_t service_classify(const struct varlink_peer *peer, void *service);

/* The service for which the peer's account speaks, or NULL; lives until the
 * settings are loaded again. */
const struct settings_service *service_of_peer(const struct service *service,
					       const struct varlink_peer *peer);

/* How many connections uid may have open: an application many, for it holds the
 * conversations of many users; else 0, as everybody. */
uint32_t service_connections_of(uid_t uid, void *service);
/*
 * Each SSH key of who subject is about, the oldest first, where no gate of his
 * service refuses him: else of nobody. Without an address that was told it is
 * not asked from where he comes. Nothing is recorded. -errno, or what each
 * returned.
 */
must_check int service_authorized_keys(
	struct service *service, const struct subject *subject,
	int (*each)(const struct ssh_key *key, void *userdata), void *userdata);

/* Handlers of nl.cloxxs.Login that stand in a file of their own. */
int login_authorized_keys(struct varlink_call *call, json_t *parameters,
			  void *service);

/* Now, as validity is measured by the settings in force. */
struct user_moment service_moment(const struct service *service);

/* Whether user is an administrator in force, wherever he is. */
bool service_administers(const struct service *service,
			 const struct user *user);

/* Who acts: "root", a user's name, his through an application too, or "uid:N".
 */
#define ACTOR_MAX 40
void service_actor(struct service *service, const struct varlink_peer *peer,
		   char ret_actor[ACTOR_MAX]);

/*
 * The same, and by what application and from where; "" where by none. From
 * where who calls himself does: root by the login that he said he is in
 * (Introduce); a user by the sessions that he has open, where all are from one
 * address.
 */
struct actor {
	char name[ACTOR_MAX];
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	char within[WITHIN_MAX]; /* his login, for records */
};
void service_find_actor(const struct service *service,
			const struct varlink_peer *peer,
			struct actor *ret_actor);
/* Signs a record that is about nobody's login with what actor says of him; it
 * borrows from actor. */
void actor_sign(const struct actor *actor, struct record *record);

/* How old, in seconds, a country database may be; and whether any rule goes by
 * countries, so that it must be there. */
int64_t service_geo_max_age(const struct service *service);
bool service_geo_is_needed(const struct service *service);

extern const struct varlink_interface service_access;
extern const struct varlink_interface service_audit;
extern const struct varlink_interface service_login;
extern const struct varlink_interface service_admin;
extern const struct varlink_interface service_access;
