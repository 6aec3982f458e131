/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nothing is served before claims are settled and the map is whole.
 *  2. What was committed but cannot be published ends the daemon: a restart
 *     publishes it, going on would hide it.
 */
#include "config.h"

#include "cloxxsd/daemon/daemon.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "cloxxsd/attempt/rehearsal.h"
#include "cloxxsd/attempt/verification.h"
#include "cloxxsd/daemon/boot.h"
#include "cloxxsd/daemon/configuring.h"
#include "cloxxsd/daemon/log.h"
#include "cloxxsd/service/access.h"
#include "cloxxsd/service/audit_batch.h"
#include "cloxxsd/service/import.h"

#define PASSES_MAX 4096
/* Of the disk, for logins: actions in applications are refused below. */
#define ROOM_KEPT (UINT64_C(64) << 20)

void daemon_record(struct daemon *daemon, enum event event,
		   enum record_result result, const char *details)
{
	struct change_set set = { 0 };

	change_set_record(&set, (struct record){ .at_us = clock_realtime_us(),
						 .event = event,
						 .result = result,
						 .reason = REASON_NONE,
						 .actor = "cloxxsd",
						 .details = details });
	if (state_apply(&daemon->state, &set) != 0)
		log_line(LOG_ERR, "%s could not be recorded",
			 event_name(event));
}

/* Each that is named and not bound is told of: its application stands before a
 * closed door. */
void daemon_bind_accounts(struct daemon *daemon)
{
	const char *file = daemon->options.passwd;

	accounts_bind(&daemon->accounts, daemon->settings,
		      file ? file : "/etc/passwd");
	for (size_t i = 0; i < daemon->accounts.n; i++) {
		const struct account *account = &daemon->accounts.accounts[i];
		const char *fault = account_fault(account);

		if (fault)
			log_line(LOG_ERR,
				 "nobody speaks for service %s: account %s %s",
				 account->service->name,
				 account->service->account, fault);
	}
}

static void revoke_passes(struct daemon *daemon, const struct change_set *set)
{
	for (size_t i = 0; i < set->n_changes; i++)
		switch (set->changes[i].type) {
		case CHANGE_PASSWORD:
		case CHANGE_USER_LOCK:
		case CHANGE_USER_DISABLE:
		case CHANGE_USER_DELETE:
		case CHANGE_SESSIONS_OVER:
		case CHANGE_BREAK_GLASS_CLOSE:
		case CHANGE_SECOND_FACTOR:
		case CHANGE_RECOVERY_CODES:
			pass_revoke(daemon->attempts.passes,
				    set->changes[i].uid);
			break;
		case _CHANGE_NONE:
		case CHANGE_USER_ADD:
		case CHANGE_USER_SET:
		case CHANGE_USER_ENABLE:
		case CHANGE_USER_UNLOCK:
		case CHANGE_REHASH:
		case CHANGE_CLAIM:
		case CHANGE_RELEASE:
		case CHANGE_FAILURE:
		case CHANGE_SUCCESS:
		case CHANGE_RESET:
		case CHANGE_TEST_CLAIM:
		case CHANGE_TEST_RELEASE:
		case CHANGE_DECOY:
		case CHANGE_SESSION_OPEN:
		case CHANGE_SESSION_CLOSE:
		case CHANGE_SESSIONS_GONE:
		case CHANGE_CLOCK:
		case CHANGE_BREAK_GLASS_OPEN:
		case CHANGE_BACKUP_MADE:
		case CHANGE_BACKUP_GONE:
		case CHANGE_KEYS:
		case CHANGE_RECOVERY:
		case CHANGE_RESEAL:
		case CHANGE_REFUSAL:
		case CHANGE_REFUSAL_TOLD:
		case CHANGE_ACCEPTANCE:
		case CHANGE_VISIT:
		case CHANGE_VISIT_REFUSED:
		case CHANGE_PROJECT_ADD:
		case CHANGE_PROJECT_SET:
		case CHANGE_PROJECT_DELETE:
		case CHANGE_GROUP_ADD:
		case CHANGE_GROUP_DELETE:
		case CHANGE_MEMBER_ADD:
		case CHANGE_MEMBER_REMOVE:
		case CHANGE_GRANT_SET:
		case CHANGE_GRANT_REMOVE:
		case CHANGE_GRANTS:
		case CHANGE_SSH_KEY_ADD:
		case CHANGE_SSH_KEY_REMOVE:
		case CHANGE_CONFIGURATION:
		case CHANGE_TOTP_USED:
		case CHANGE_RECOVERY_USED:
		case CHANGE_CODE_SENT:
		case CHANGE_CODE_UNSENT:
		case CHANGE_ALARMS:
		case _CHANGE_N:
			break;
		}
}

static void on_committed(const struct change_set *set, int64_t first_seq,
			 void *userdata)
{
	struct daemon *daemon = userdata;
	int r;

	revoke_passes(daemon, set);
	counters_committed(&daemon->counters, daemon->settings, set);
	closing_committed(&daemon->closing, set);
	lock_spike_committed(&daemon->lock_spike, set);
	alarm_watch_committed(&daemon->alarm_watch, set, first_seq);
	summing_committed(&daemon->summing, set);
	telling_committed(&daemon->telling, set);
	access_watch_swinging(daemon->service.access_watch, set);
	access_maps_committed(&daemon->access_maps, set);
	r = publication_committed(&daemon->publication, set);
	if (r == 0)
		r = unix_groups_committed(&daemon->unix_groups, set);
	access_watch_committed(daemon->service.access_watch, set);
	grant_ends_committed(&daemon->grant_ends, set);
	validity_edges_committed(&daemon->validity_edges, set);
	late_records_committed(&daemon->late_records, set);
	if (r < 0) {
		log_line(LOG_CRIT,
			 "%s cannot be written: %s; ending, to be restarted",
			 daemon->publication.map_path, strerror(-r));
		(void)!sd_event_exit(daemon->event, r);
	}
}

/* Records a call that was refused for its peer, not more than one a minute and
 * uid. */
static void on_refused(const struct varlink_peer *peer, const char *method,
		       void *userdata)
{
	struct service *service = userdata;
	struct daemon *daemon = service->userdata;
	struct change_set set = { 0 };
	const struct settings_service *of = service_of_peer(service, peer);
	struct record record = { .at_us = clock_realtime_us(),
				 .event = EVENT_CALL_REFUSED,
				 .result = RECORD_DENIED,
				 .reason = REASON_NOT_PERMITTED };
	struct actor actor;
	char details[160];
	uint64_t n_before;

	if (!refused_note(&daemon->refused, peer->uid, clock_monotonic_us(),
			  &n_before))
		return;
	service_find_actor(service, peer, &actor);
	(void)snprintf(details, sizeof(details), "method=%.120s before=%llu",
		       method, (unsigned long long)n_before);
	actor_sign(&actor, &record);
	if (of)
		record.service = of->name;
	record.details = details;
	change_set_record(&set, record);
	if (state_apply(service->state, &set) != 0)
		log_line(LOG_WARNING, "a call of %s by %s was refused", method,
			 actor.name);
}

static uint64_t map_generation(void *userdata)
{
	struct daemon *daemon = userdata;

	return publication_generation(&daemon->publication);
}

static const struct map *access_map(const char *service, void *userdata)
{
	struct daemon *daemon = userdata;

	return access_maps_find(&daemon->access_maps, service);
}

static size_t n_access_maps(void *userdata, size_t *ret_n_withdrawn)
{
	struct daemon *daemon = userdata;

	return access_maps_count(&daemon->access_maps, ret_n_withdrawn);
}

static uint32_t n_connections(void *userdata)
{
	struct daemon *daemon = userdata;

	return varlink_server_n_connections(daemon->server);
}

static void keys_changed(void *userdata)
{
	struct daemon *daemon = userdata;

	resealing_begin(&daemon->resealing);
}

static void send_again(void *userdata)
{
	struct daemon *daemon = userdata;

	publication_send_again(&daemon->publication);
	log_line(LOG_NOTICE, "records that the journal has not are sent again");
}

static const char *key_source(const struct daemon_options *options)
{
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");

	return directory && strncmp(options->key, directory,
				    strlen(directory)) == 0
		       ? "credential"
		       : "file";
}

int daemon_load_settings(const struct daemon_options *options,
			 struct text *error, struct settings **ret_settings)
{
	char directory[512];
	struct text text;

	text_init(&text, directory, sizeof(directory));
	text_add_format(&text, "%s.d", options->configuration);
	if (text_is_cut(&text))
		return -ENAMETOOLONG;
	return settings_load(options->configuration, directory, error,
			     ret_settings);
}

static uint32_t count_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

/* As many as asked for, and as their memory allows. */
static uint32_t count_workers(const struct settings *settings)
{
	uint64_t by_memory = settings->workers_memory / settings->hash_memory;
	uint32_t n = settings->workers ? settings->workers : count_processors();

	if (n > by_memory)
		n = (uint32_t)by_memory;
	return n > 0 ? n : 1;
}

static int start_server(struct daemon *daemon)
{
	static const struct varlink_interface *const interfaces[] = {
		&service_login, &service_access, &service_audit, &service_admin,
		NULL
	};
	const struct varlink_server_args args = {
		.event = daemon->event,
		.interfaces = interfaces,
		.vendor = "Cloxxs",
		.product = "cloxxsd",
		.version = VERSION,
		.url = "man:cloxxs(7)",
		.classify = service_classify,
		.refused = on_refused,
		.connections_of = service_connections_of,
		.userdata = &daemon->service,
	};
	int n, r;

	r = varlink_server_new(&args, &daemon->server);
	if (r < 0)
		return r;
	n = sd_listen_fds(1);
	for (int i = 0; r >= 0 && i < n; i++)
		r = varlink_server_listen(daemon->server,
					  SD_LISTEN_FDS_START + i);
	if (n <= 0)
		r = varlink_server_listen_path(daemon->server,
					       daemon->options.socket, 0666);
	if (r < 0)
		log_line(LOG_ERR, "%s: cannot listen: %s",
			 daemon->options.socket, strerror(-r));
	return r;
}

/* What an import still had to record when the daemon ended. */
static int settle_import(struct state *state)
{
	int64_t n = 0;
	int r;

	do
		r = import_record(state, 10000, &n);
	while (r == 0 && n > 0);
	return r;
}

/* What ran before the host was started ended with it. */
static int forget_sessions(struct daemon *daemon)
{
	struct change_set set = { 0 };

	boot_id(daemon->boot);
	if (!*daemon->boot)
		return 0;
	change_set_add(&set, (struct change){ .type = CHANGE_SESSIONS_GONE,
					      .text = daemon->boot });
	return state_apply(&daemon->state, &set);
}

static int start_state(struct daemon *daemon)
{
	char why[1024];
	struct text text;
	int r;

	text_init(&text, why, sizeof(why));
	r = state_init(&daemon->state, daemon->options.state_directory,
		       daemon->options.key, clock_realtime_us(), &text);
	if (r != 0) {
		log_line(LOG_ERR, "the state cannot be opened: %s: %s", why,
			 strerror(r < 0 ? -r : EIO));
		return r < 0 ? r : -EIO;
	}
	r = store_reserve_log(daemon->state.store);
	if (r < 0)
		log_line(LOG_WARNING,
			 "no room is reserved for the store's log: %s",
			 strerror(-r));
	r = state_settle_claims(&daemon->state,
				daemon->settings->lockout_failures,
				clock_realtime_us());
	if (r != 0) {
		log_line(LOG_ERR, "open verifications cannot be settled: %s",
			 strerror(r < 0 ? -r : EIO));
		return r < 0 ? r : -EIO;
	}
	r = forget_sessions(daemon);
	if (r == 0)
		r = settle_import(&daemon->state);
	if (r == 0)
		r = configuring_begin(&daemon->state, daemon->settings);
	if (r != 0) {
		log_line(LOG_ERR, "what was left open cannot be settled: %s",
			 strerror(r < 0 ? -r : EIO));
		return r < 0 ? r : -EIO;
	}
	r = publication_init(&daemon->publication, daemon->event,
			     &daemon->state, daemon->options.state_directory);
	if (r < 0) {
		log_line(LOG_ERR, "%s: cannot be written: %s",
			 daemon->publication.map_path, strerror(-r));
		return r;
	}
	if (daemon->publication.n_unfit > 0)
		log_line(LOG_ERR,
			 "users who do not fit the identity map and are "
			 "denied: %u; look for reserved names with cloxxsctl "
			 "user list",
			 daemon->publication.n_unfit);
	r = resealing_init(&daemon->resealing, daemon->event, &daemon->state);
	if (r < 0)
		return r;
	daemon->state.committed = on_committed;
	daemon->state.userdata = daemon;
	return 0;
}

static void address_changed(const struct user *user, enum factor_value value,
			    const struct secret *before, void *userdata)
{
	struct daemon *daemon = userdata;

	telling_address_changed(&daemon->telling, user, value, before);
}

static void factor_changed(const struct user *user, const char *about,
			   void *userdata)
{
	struct daemon *daemon = userdata;

	telling_factor_changed(&daemon->telling, user, about);
}

static int start_courier(struct daemon *daemon)
{
	const char *path = daemon->options.courier;

	return courier_init(&daemon->courier, daemon->event,
			    path ? path
				 : CLOXXS_RUNDIR "-courier/courier.sock");
}

static int start_attempts(struct daemon *daemon)
{
	struct attempts *attempts = &daemon->attempts;
	int r;

	attempts->event = daemon->event;
	attempts->state = &daemon->state;
	attempts->settings = daemon->settings;
	attempts->courier = &daemon->courier;
	r = passes_new(PASSES_MAX, &attempts->passes);
	if (r == 0)
		r = lanes_new(&attempts->lanes);
	if (r == 0)
		r = rehearsal_new(daemon->event, verification_rehearse,
				  &attempts->rehearsal);
	if (r == 0)
		r = throttle_new(THROTTLE_PLACES, &attempts->throttle);
	if (r == 0)
		r = hasher_new(daemon->event, count_workers(daemon->settings),
			       daemon->settings->workers_memory,
			       &attempts->hasher);
	if (r >= 0)
		r = telling_init(&daemon->telling, attempts);
	if (r >= 0)
		r = errands_new(daemon->event, &daemon->errands);
	if (r < 0)
		return r;
	daemon_bind_accounts(daemon);
	daemon->service = (struct service){
		.errands = daemon->errands,
		.state_directory = daemon->options.state_directory,
		.room_kept = ROOM_KEPT,
		.boot = daemon->boot,
		.state = &daemon->state,
		.attempts = attempts,
		.accounts = &daemon->accounts,
		.started = clock_realtime_us() / 1000000,
		.configuration = daemon->configuration_state,
		.counters = &daemon->counters,
		.courier = &daemon->courier,
		.alarms = &daemon->alarm_watch.engine,
		.alarm_delivery = &daemon->alarm_watch.delivery,
		.n_connections = n_connections,
		.refused = on_refused,
		.map_generation = map_generation,
		.access_map = access_map,
		.n_access_maps = n_access_maps,
		.key_source = key_source(&daemon->options),
		.keys_changed = keys_changed,
		.address_changed = address_changed,
		.factor_changed = factor_changed,
		.send_again = send_again,
		.userdata = daemon,
	};
	return 0;
}

static int start_access(struct daemon *daemon)
{
	int r = access_maps_init(&daemon->access_maps, &daemon->state,
				 &daemon->accounts,
				 daemon->options.state_directory);

	if (r < 0)
		log_line(LOG_ERR, "%s: access maps cannot stand there: %s",
			 daemon->access_maps.directory, strerror(-r));
	if (r >= 0)
		r = unix_groups_init(&daemon->unix_groups, &daemon->state,
				     &daemon->access_maps,
				     &daemon->publication);
	if (r >= 0)
		r = validity_edges_init(&daemon->validity_edges, daemon->event,
					&daemon->state, &daemon->access_maps,
					&daemon->unix_groups);
	if (r >= 0)
		r = grant_ends_init(&daemon->grant_ends, daemon->event,
				    &daemon->state);
	if (r >= 0)
		r = late_records_init(&daemon->late_records, daemon->event,
				      &daemon->state);
	if (r >= 0)
		r = access_watch_new(&daemon->service, daemon->event,
				     &daemon->service.access_watch);
	if (r >= 0)
		r = audit_batch_new(&daemon->service, daemon->event,
				    &daemon->service.audit_batch);
	return r;
}

/* Without one that can be asked the daemon starts all the same: the rules say
 * what follows. */
static void start_geo(struct daemon *daemon)
{
	struct geo *geo = &daemon->geo;

	daemon->attempts.geo = geo;
	if (geo_init(geo, daemon->options.state_directory,
		     clock_realtime_us() / 1000000) == 0 ||
	    !*geo->fault)
		return;
	log_line(LOG_ERR, "%s %s; it is not used", geo->path, geo->fault);
	daemon_record(daemon, EVENT_GEO_DATABASE_REFUSED, RECORD_FAILED,
		      geo->fault);
}

static int load_first_settings(struct daemon *daemon)
{
	char findings[4096];
	struct text error;
	int r;

	text_init(&error, findings, sizeof(findings));
	r = daemon_load_settings(&daemon->options, &error, &daemon->settings);
	if (r == 0) {
		(void)snprintf(daemon->configuration_state,
			       sizeof(daemon->configuration_state), "ok");
		return 0;
	}
	log_line(LOG_ERR, "the configuration is refused:\n%s",
		 r < 0 ? strerror(-r) : findings);
	return r < 0 ? r : -EINVAL;
}

int daemon_start(struct daemon *daemon)
{
	int r;

	r = load_first_settings(daemon);
	if (r == 0)
		r = start_courier(daemon);
	if (r == 0)
		r = start_state(daemon);
	if (r >= 0)
		r = start_attempts(daemon);
	if (r >= 0)
		r = start_access(daemon);
	if (r >= 0)
		r = closing_init(&daemon->closing, daemon->event,
				 &daemon->state);
	if (r >= 0) {
		start_geo(daemon);
		r = geo_watch_init(&daemon->geo_watch, daemon->event,
				   &daemon->service);
	}
	if (r >= 0)
		r = lock_spike_init(&daemon->lock_spike, &daemon->attempts);
	if (r >= 0)
		r = alarm_watch_init(&daemon->alarm_watch, daemon->event,
				     &daemon->service);
	if (r >= 0)
		r = summing_init(&daemon->summing, &daemon->attempts);
	if (r >= 0)
		r = purging_init(&daemon->purging, &daemon->attempts);
	if (r >= 0)
		r = anchors_init(&daemon->anchors, daemon->event,
				 &daemon->state,
				 daemon->options.state_directory);
	if (r >= 0)
		r = start_server(daemon);
	if (r >= 0)
		r = metrics_file_init(&daemon->metrics_file, daemon->event,
				      &daemon->service);
	return r < 0 ? r : 0;
}

/* In the order in which nobody is left with what has gone. */
void daemon_stop(struct daemon *daemon)
{
	daemon->attempts.hasher = hasher_free(daemon->attempts.hasher);
	daemon->service.access_watch =
		access_watch_free(daemon->service.access_watch);
	daemon->service.audit_batch =
		audit_batch_free(daemon->service.audit_batch);
	daemon->server = varlink_server_free(daemon->server);
	daemon->service.import = import_free(daemon->service.import);
	daemon->attempts.lanes = lanes_free(daemon->attempts.lanes);
	daemon->attempts.rehearsal = rehearsal_free(daemon->attempts.rehearsal);
	resealing_deinit(&daemon->resealing);
	if (daemon->service.backup_job)
		job_abandon(daemon->service.backup_job);
	daemon->errands = errands_free(daemon->errands);
	geo_watch_deinit(&daemon->geo_watch);
	geo_deinit(&daemon->geo);
	closing_deinit(&daemon->closing);
	lock_spike_deinit(&daemon->lock_spike);
	alarm_watch_deinit(&daemon->alarm_watch);
	summing_deinit(&daemon->summing);
	anchors_deinit(&daemon->anchors);
	purging_deinit(&daemon->purging);
	telling_deinit(&daemon->telling);
	metrics_file_deinit(&daemon->metrics_file);
	counters_deinit(&daemon->counters);
	courier_deinit(&daemon->courier);
	late_records_deinit(&daemon->late_records);
	validity_edges_deinit(&daemon->validity_edges);
	grant_ends_deinit(&daemon->grant_ends);
	unix_groups_deinit(&daemon->unix_groups);
	access_maps_deinit(&daemon->access_maps);
	publication_deinit(&daemon->publication);
	daemon->attempts.throttle = throttle_free(daemon->attempts.throttle);
	daemon->attempts.passes = passes_free(daemon->attempts.passes);
	state_deinit(&daemon->state);
	sd_event_source_disable_unref(daemon->stop_timer);
	daemon->settings = settings_free(daemon->settings);
}
