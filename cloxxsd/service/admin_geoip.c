/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. The database in force is left as it is until the new one is proven as a
 *     whole, on the disk, and recorded.
 *  2. Nobody's login waits for the proof: a thread makes it.
 *  3. There is one intake at a time. It ends with its connection, unless it is
 *     being proven: then it is brought to its end.
 *  4. What the courier fetched, which nobody has looked at, is held against the
 *     one in force before it takes its place.
 */
#include "cloxxsd/service/admin_geoip.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "cloxxsd/geo/comparison.h"
#include "cloxxsd/geo/intake.h"
#include "cloxxsd/service/admin.h"

#define TOO_LARGE "It must be 1 byte to 128 MiB."
#define FETCHED_MAX 16
#define DETAILS_SIZE 512
#define BY_HAND \
	" Who has looked at it may bring it: cloxxsctl geoip import FILE."

struct geoip_taking {
	struct service *service;
	struct geo_intake *intake;
	struct actor actor;
	struct varlink_call *call; /* of the commit, or NULL */
	bool gone;
	/* The proof, the thread's until it is done. */
	int64_t now_s, max_age_s;
	struct geo_database *database;
	/* Where it was fetched from; "": an administrator brings it. */
	char fetched[FETCHED_MAX + 1];
	struct geo_listed listed;
	/* What it is held against, or NULL. Nothing but this puts another one
	 * in force, so that it stays while the thread runs. */
	const struct geo_database *in_force;
	bool is_same;    /* as the one in force, to the last byte */
	bool is_strange; /* proven, and not like the one in force */
	char why[256];
	int r;
};

static int64_t now_s(void)
{
	return clock_realtime_us() / 1000000;
}

static void forget(struct geoip_taking *taking)
{
	taking->service->geoip_taking = NULL;
	geo_intake_free(taking->intake);
	geo_database_free(taking->database);
	varlink_call_unref(taking->call);
	free(taking);
}

static void abandon(void *data)
{
	struct geoip_taking *taking = data;

	taking->gone = true;
	if (!taking->call)
		forget(taking);
}

/* That of the caller's connection, at rest; answers where there is none. */
static struct geoip_taking *take_taking(struct varlink_call *call)
{
	struct geoip_taking *taking =
		varlink_connection_data(varlink_call_connection(call), abandon);

	if (taking && !taking->call)
		return taking;
	(void)!admin_conflict(call, "No database is being taken in here.");
	return NULL;
}

/* What is known of the connection's goes, and so does what it brought. */
static void end(struct varlink_call *call)
{
	varlink_connection_set_data(varlink_call_connection(call), NULL, NULL);
}

static int begin(struct service *service, struct varlink_call *call,
		 uint64_t bytes)
{
	struct geoip_taking *taking = calloc(1, sizeof(*taking));
	int r;

	if (!taking)
		return -ENOMEM;
	taking->service = service;
	service_find_actor(service, varlink_call_peer(call), &taking->actor);
	r = geo_intake_new(service->state_directory, bytes, &taking->intake);
	if (r < 0) {
		free(taking);
		return r;
	}
	service->geoip_taking = taking;
	varlink_connection_set_data(varlink_call_connection(call), taking,
				    abandon);
	return 0;
}

int admin_geoip_begin(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	json_int_t bytes =
		json_integer_value(json_object_get(parameters, "bytes"));
	struct service *service = userdata;
	int r;

	if (bytes < 1 || (uint64_t)bytes > GEO_DATABASE_BYTES_MAX)
		return admin_invalid(call, "bytes", TOO_LARGE);
	/* What this connection brought before is forgotten. */
	end(call);
	if (service->geoip_taking)
		return admin_conflict(call, "Another database is being taken "
					    "in: wait for its end.");
	r = begin(service, call, (uint64_t)bytes);
	if (r < 0)
		return admin_unavailable(call, "The file cannot be written.");
	return varlink_call_reply_empty(call);
}

/* base64, of one message. */
#define PIECE_MAX (48 * 1024)

int admin_geoip_put(struct varlink_call *call, json_t *parameters,
		    void *userdata)
{
	const char *base64 = admin_string(parameters, "data");
	struct geoip_taking *taking = take_taking(call);
	unsigned char bytes[PIECE_MAX];
	size_t n = 0;
	int r;

	(void)userdata;
	if (!taking)
		return 0;
	if (sodium_base642bin(bytes, sizeof(bytes), base64, strlen(base64),
			      NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return admin_invalid(call, "data",
				     "It must be base64 of 48 KiB at most.");
	r = geo_intake_put(taking->intake, bytes, n);
	if (r == 0)
		return varlink_call_reply_empty(call);
	end(call);
	if (r == GEO_INTAKE_E_TOO_MUCH)
		return admin_invalid(call, "data",
				     "More bytes came than were told of.");
	return admin_unavailable(call,
				 r == -ENOSPC ? "There is no room for the file."
					      : "The file cannot be written.");
}

/* Commit. */

static json_t *database_json(const struct geo *geo)
{
	const struct geo_database_facts *facts;

	if (!geo->database)
		return json_null();
	facts = geo_database_facts(geo->database);
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:i, s:b}",
			 "type", facts->type, "schema", facts->schema, "built",
			 (json_int_t)facts->built, "taken",
			 (json_int_t)geo->taken, "bytes",
			 (json_int_t)facts->bytes, "sha256", facts->sha256,
			 "networks", (json_int_t)facts->networks, "countries",
			 (int)facts->countries, "ipv6", (int)facts->has_ipv6);
}

static json_t *geoip_json(const struct service *service)
{
	const struct geo *geo = service->attempts->geo;
	int64_t max_age_s = service_geo_max_age(service);

	return json_pack("{s:s, s:b, s:s, s:o, s:I, s:o}", "state",
			 geo_error_name(geo_check(geo, now_s(), max_age_s)),
			 "needed", (int)service_geo_is_needed(service), "path",
			 geo->path, "fault", text_or_null(geo->fault),
			 "max_age", (json_int_t)max_age_s, "database",
			 database_json(geo));
}

static int compare(struct geoip_taking *taking, struct text *why)
{
	int r;

	taking->is_same =
		strcmp(geo_database_facts(taking->database)->sha256,
		       geo_database_facts(taking->in_force)->sha256) == 0;
	if (taking->is_same)
		return 0;
	r = geo_compare(taking->in_force, taking->database, &taking->listed,
			why);
	taking->is_strange = r == GEO_DATABASE_E_REFUSED;
	return r;
}

static void prove(struct errand *errand, void *data)
{
	struct geoip_taking *taking = data;
	struct text why;

	(void)errand;
	text_init(&why, taking->why, sizeof(taking->why));
	taking->r =
		geo_intake_prove(taking->intake, taking->now_s,
				 taking->max_age_s, &why, &taking->database);
	if (taking->r == 0 && taking->in_force)
		taking->r = compare(taking, &why);
	if (taking->r < 0)
		text_add_format(&why, "cannot be proven: %s",
				strerrordesc_np(-taking->r));
}

static int record(struct geoip_taking *taking, enum event event,
		  const char *details)
{
	struct change_set set = { 0 };
	struct record record = { .at_us = clock_realtime_us(),
				 .event = event,
				 .result = event == EVENT_GEO_DATABASE_REFUSED
						   ? RECORD_FAILED
						   : RECORD_DONE,
				 .reason = REASON_BY_ADMINISTRATOR,
				 .details = details };

	actor_sign(&taking->actor, &record);
	change_set_record(&set, record);
	return state_apply(taking->service->state, &set);
}

/* Which one it was that nobody brought by hand. */
static void add_fetched(const struct geoip_taking *taking, struct text *text)
{
	if (taking->fetched[0])
		text_add_format(text, " fetched=%s", taking->fetched);
	if (taking->fetched[0] && taking->database)
		text_add_format(text, " sha256=%s",
				geo_database_facts(taking->database)->sha256);
}

static int record_imported(struct geoip_taking *taking)
{
	const struct geo_database_facts *facts =
		geo_database_facts(taking->database);
	char details[DETAILS_SIZE];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add_format(&text,
			"built=%" PRId64 " bytes=%" PRIu64 " networks=%" PRIu64
			" countries=%" PRIu32 " type=%s",
			facts->built, facts->bytes, facts->networks,
			facts->countries, facts->type);
	add_fetched(taking, &text);
	return record(taking, EVENT_GEO_DATABASE_IMPORTED, details);
}

static int record_refused(struct geoip_taking *taking, const char *why)
{
	char details[DETAILS_SIZE];
	struct text text;

	text_init(&text, details, sizeof(details));
	text_add(&text, why);
	add_fetched(taking, &text);
	return record(taking, EVENT_GEO_DATABASE_REFUSED, details);
}

static void answer_refused(struct geoip_taking *taking)
{
	char message[DETAILS_SIZE];
	struct text text;

	text_init(&text, message, sizeof(message));
	text_add_format(&text, "The file %s.", taking->why);
	if (taking->is_strange)
		text_add(&text, BY_HAND);
	if (record_refused(taking, taking->why) != 0 || taking->r < 0)
		(void)!admin_unavailable(taking->call, message);
	else
		(void)!admin_invalid(taking->call, "file", message);
}

/* Recorded, in its place, in force: in this order. */
static bool put_in_force(struct geoip_taking *taking)
{
	struct service *service = taking->service;

	if (record_imported(taking) != 0) {
		(void)!admin_unavailable(taking->call, ADMIN_NOT_WRITTEN);
		return false;
	}
	if (geo_intake_install(taking->intake) < 0) {
		(void)!record_refused(taking,
				      "it could not be put in its place");
		(void)!admin_unavailable(taking->call,
					 "The file cannot be put in its "
					 "place.");
		return false;
	}
	geo_take(service->attempts->geo, scope_take_ptr(taking->database),
		 now_s());
	return true;
}

static void answer_taken(struct geoip_taking *taking)
{
	(void)!varlink_call_reply(taking->call,
				  json_pack("{s:o, s:b}", "geoip",
					    geoip_json(taking->service),
					    "changed", (int)!taking->is_same));
}

static void on_proven(void *data)
{
	struct geoip_taking *taking = data;
	struct varlink_call *call = taking->call;

	if (taking->r != 0)
		answer_refused(taking);
	else if (taking->is_same || put_in_force(taking))
		answer_taken(taking);
	taking->call = NULL;
	if (taking->gone)
		forget(taking);
	else
		end(call);
	varlink_call_unref(call);
}

/* A word, for it goes into a record. */
static bool is_source(const char *source)
{
	size_t n = strspn(source, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= FETCHED_MAX && source[n] == '\0';
}

static void hold_against(struct geoip_taking *taking,
			 const struct service *service, const char *source)
{
	const struct settings *settings = service->attempts->settings;

	memcpy(taking->fetched, source, strlen(source) + 1);
	taking->in_force = service->attempts->geo->database;
	geo_listed_set(&taking->listed,
		       (const char *const *)settings->countries);
}

int admin_geoip_commit(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	const char *source = admin_string(parameters, "source");
	struct geoip_taking *taking = take_taking(call);
	struct service *service = userdata;
	int r;

	if (!taking)
		return 0;
	if (source && !is_source(source))
		return admin_invalid(call, "source",
				     "It must be small letters, figures and "
				     "hyphens, 16 at most.");
	if (source)
		hold_against(taking, service, source);
	taking->now_s = now_s();
	taking->max_age_s = service_geo_max_age(service);
	r = errands_start(service->errands,
			  &(struct errand_args){ .run = prove,
						 .done = on_proven,
						 .data = taking });
	if (r < 0)
		return admin_unavailable(call,
					 "The file cannot be proven now.");
	taking->call = varlink_call_ref(call);
	return 0;
}

/* What only reads. */

int admin_geoip_status(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	(void)parameters;
	return varlink_call_reply(
		call, json_pack("{s:o}", "geoip", geoip_json(userdata)));
}

int admin_geoip_lookup(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	char canonical[ADDRESS_TEXT_MAX], country[COUNTRY_SIZE] = "";
	struct service *service = userdata;
	struct address address;
	int r;

	if (address_parse(admin_string(parameters, "address"), &address) != 0)
		return admin_invalid(call, "address",
				     "It must be a numeric address, as in "
				     "203.0.113.5 or 2001:db8::1.");
	address_write(&address, canonical);
	r = geo_country(service->attempts->geo, &address, now_s(),
			service_geo_max_age(service), country);
	return varlink_call_reply(
		call,
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "address", canonical,
			  "class", address_class_name(address_class(&address)),
			  "kind", address_kind(&address), "state",
			  geo_error_name(r), "country", text_or_null(country)));
}

json_t *admin_add_geoip(struct service *service, json_t *reply)
{
	if (reply &&
	    json_object_set_new(reply, "geoip", geoip_json(service)) < 0) {
		json_decref(reply);
		return NULL;
	}
	return reply;
}
