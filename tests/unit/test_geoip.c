/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Country databases through the daemon's socket: by whom, and what replaces
 * what; and the alarm about an old one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sodium.h>

#include "base/clock.h"
#include "tests/unit/core_fixture.h"
#include "tests/unit/country_file.h"

#define ADMIN "nl.cloxxs.Admin."
#define DAY INT64_C(86400)
#define PIECE 1200

static const struct country_row german_rows[] = {
	{ "145.97.0.0/16", COUNTRY_RECORD_FLAT, "DE" },
	{ NULL, 0, NULL },
};

static int64_t now_s(void)
{
	return clock_realtime_us() / 1000000;
}

/* The parameters of the reply; with its error as "error". */
static json_t *call(struct core *core, struct talk *talk, const char *method,
		    json_t *parameters)
{
	char name[64];
	json_t *reply, *inner;

	(void)snprintf(name, sizeof(name), ADMIN "%s", method);
	reply = talk_call(core, talk, name, parameters);
	assert_non_null(reply);
	inner = json_incref(json_object_get(reply, "parameters"));
	if (!inner)
		inner = json_object();
	if (json_object_get(reply, "error"))
		(void)!json_object_set(inner, "error",
				       json_object_get(reply, "error"));
	json_decref(reply);
	return inner;
}

static const char *member(const json_t *reply, const char *name)
{
	const char *value = json_string_value(json_object_get(reply, name));

	return value ? value : "";
}

static void expect_error(json_t *reply, const char *error, const char *words)
{
	if (strcmp(member(reply, "error"), error) != 0 ||
	    !strstr(member(reply, "message"), words))
		fail_msg("%s: %s", member(reply, "error"),
			 member(reply, "message"));
	json_decref(reply);
}

static void expect_done(json_t *reply)
{
	assert_string_equal(member(reply, "error"), "");
	json_decref(reply);
}

static json_t *put(struct core *core, struct talk *talk,
		   const unsigned char *bytes, size_t n)
{
	char base64[PIECE * 2];

	sodium_bin2base64(base64, sizeof(base64), bytes, n,
			  sodium_base64_VARIANT_ORIGINAL);
	return call(core, talk, "GeoipPut", json_pack("{s:s}", "data", base64));
}

static void bring(struct core *core, struct talk *talk,
		  const unsigned char *bytes, size_t n)
{
	expect_done(call(core, talk, "GeoipBegin",
			 json_pack("{s:I}", "bytes", (json_int_t)n)));
	for (size_t at = 0; at < n; at += PIECE)
		expect_done(put(core, talk, bytes + at,
				n - at < PIECE ? n - at : PIECE));
}

/* The reply to the commit of rows, built so many days ago; source: where the
 * courier fetched it from, or NULL. */
static json_t *take(struct core *core, struct talk *talk,
		    const struct country_row *rows, int64_t days,
		    const char *source)
{
	const struct country_file file = { .rows = rows,
					   .type = "Test-Country",
					   .built = now_s() - days * DAY,
					   .ip_version = 6 };
	scope(scope_free) unsigned char *bytes = NULL;
	size_t n = 0;

	bytes = country_file_make(&file, &n);
	bring(core, talk, bytes, n);
	return call(core, talk, "GeoipCommit",
		    json_pack("{s:s?}", "source", source));
}

static json_t *import(struct core *core, struct talk *talk,
		      const struct country_row *rows, int64_t days)
{
	return take(core, talk, rows, days, NULL);
}

static void expect_country(struct core *core, struct talk *talk,
			   const char *address, const char *state,
			   const char *country)
{
	json_t *reply = call(core, talk, "GeoipLookup",
			     json_pack("{s:s}", "address", address));

	if (strcmp(member(reply, "state"), state) != 0 ||
	    strcmp(member(reply, "country"), country) != 0)
		fail_msg("%s: %s %s", address, member(reply, "state"),
			 member(reply, "country"));
	json_decref(reply);
}

static void expect_state(struct core *core, struct talk *talk,
			 const char *state)
{
	json_t *reply = call(core, talk, "GeoipStatus", NULL);

	assert_string_equal(member(json_object_get(reply, "geoip"), "state"),
			    state);
	json_decref(reply);
}

static void taken_and_replaced(void **state)
{
	struct core core;
	struct talk talk;
	json_t *reply, *geoip;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	expect_state(&core, &talk, "missing");
	expect_country(&core, &talk, "145.97.20.1", "missing", "");
	reply = import(&core, &talk, country_rows, 1);
	geoip = json_object_get(reply, "geoip");
	assert_string_equal(member(geoip, "state"), "ok");
	assert_string_equal(member(json_object_get(geoip, "database"), "type"),
			    "Test-Country");
	json_decref(reply);
	expect_country(&core, &talk, "145.97.20.1", "ok", "NL");
	expect_country(&core, &talk, "::ffff:145.97.20.1", "ok", "NL");
	expect_country(&core, &talk, "192.0.2.1", "unknown", "");
	expect_country(&core, &talk, "10.0.0.1", "unknown", "");
	expect_done(import(&core, &talk, german_rows, 2));
	expect_country(&core, &talk, "145.97.20.1", "ok", "DE");
	assert_int_equal(core_count(&core, "geo-database-imported"), 2);
	talk_close(&core, &talk);
	core_stop(&core);
	core_start(&core);
	talk_open(&core, &talk, 0);
	expect_country(&core, &talk, "145.97.20.1", "ok", "DE");
	talk_close(&core, &talk);
	core_deinit(&core);
}

static void abuse_43_refused(void **state)
{
	struct core core;
	struct talk talk;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	expect_done(import(&core, &talk, country_rows, 1));
	expect_error(import(&core, &talk, german_rows, 90), ADMIN "Invalid",
		     "was built 90 days ago");
	expect_error(import(&core, &talk, german_rows, -3), ADMIN "Invalid",
		     "in the future");
	bring(&core, &talk, (const unsigned char *)"garbage", 7);
	expect_error(call(&core, &talk, "GeoipCommit", NULL), ADMIN "Invalid",
		     "is no country database");
	assert_int_equal(core_count(&core, "geo-database-refused"), 3);
	assert_int_equal(core_count(&core, "geo-database-imported"), 1);
	expect_country(&core, &talk, "145.97.20.1", "ok", "NL");
	assert_null(core.daemon.service.geoip_taking);
	talk_close(&core, &talk);
	core_deinit(&core);
}

static void expect_changed(json_t *reply, bool changed)
{
	assert_string_equal(member(reply, "error"), "");
	assert_int_equal(json_is_true(json_object_get(reply, "changed")),
			 changed);
	json_decref(reply);
}

/* Nobody has looked at what was fetched: it is held against the one in force.
 */
static void abuse_43_fetched(void **state)
{
	static const char *const odd[] = { "", "DB-IP", "a b", "a=b",
					   "abcdefghijklmnop" };
	struct core core;
	struct talk talk;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	/* Of the first one nothing can be said. */
	expect_changed(take(&core, &talk, german_rows, 9, "dbip"), true);
	expect_changed(take(&core, &talk, german_rows, 8, "dbip"), true);
	expect_error(take(&core, &talk, german_rows, 9, "dbip"),
		     ADMIN "Invalid", "is older than the one in force");
	expect_error(take(&core, &talk, german_rows, 90, "dbip"),
		     ADMIN "Invalid", "was built 90 days ago");
	assert_int_equal(core_count(&core, "geo-database-imported"), 2);
	assert_int_equal(core_count(&core, "geo-database-refused"), 2);
	/* An administrator may. */
	expect_changed(import(&core, &talk, german_rows, 9), true);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(odd); i++)
		expect_error(take(&core, &talk, german_rows, 1, odd[i]),
			     ADMIN "Invalid", "small letters");
	expect_changed(
		take(&core, &talk, german_rows, 1, odd[ARRAY_SIZE(odd) - 1]),
		true);
	talk_close(&core, &talk);
	core_deinit(&core);
}

/* The one in force once more: nothing happens, and nothing is recorded. */
static void fetched_again(void **state)
{
	const struct country_file file = { .rows = country_rows,
					   .type = "Test-Country",
					   .built = now_s() - DAY,
					   .ip_version = 6 };
	scope(scope_free) unsigned char *bytes = NULL;
	struct core core;
	struct talk talk;
	size_t n = 0;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	bytes = country_file_make(&file, &n);
	for (int i = 0; i < 3; i++) {
		bring(&core, &talk, bytes, n);
		expect_changed(call(&core, &talk, "GeoipCommit",
				    json_pack("{s:s}", "source", "ipinfo")),
			       i == 0);
	}
	assert_int_equal(core_count(&core, "geo-database-imported"), 1);
	assert_null(core.daemon.service.geoip_taking);
	/* Brought by hand it is put in force once more. */
	bring(&core, &talk, bytes, n);
	expect_changed(call(&core, &talk, "GeoipCommit", NULL), true);
	assert_int_equal(core_count(&core, "geo-database-imported"), 2);
	talk_close(&core, &talk);
	core_deinit(&core);
}

static void out_of_order(void **state)
{
	struct core core;
	struct talk talk, other;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	expect_error(call(&core, &talk, "GeoipCommit", NULL), ADMIN "Conflict",
		     "No database");
	expect_error(put(&core, &talk, (const unsigned char *)"x", 1),
		     ADMIN "Conflict", "No database");
	expect_error(call(&core, &talk, "GeoipBegin",
			  json_pack("{s:i}", "bytes", 0)),
		     ADMIN "Invalid", "1 byte");
	expect_error(call(&core, &talk, "GeoipBegin",
			  json_pack("{s:I}", "bytes",
				    (json_int_t)(INT64_C(129) << 20))),
		     ADMIN "Invalid", "128 MiB");
	bring(&core, &talk, (const unsigned char *)"12", 2);
	talk_open(&core, &other, 0);
	expect_error(call(&core, &other, "GeoipBegin",
			  json_pack("{s:i}", "bytes", 5)),
		     ADMIN "Conflict", "Another");
	expect_error(put(&core, &talk, (const unsigned char *)"x", 1),
		     ADMIN "Invalid", "More bytes");
	/* It is forgotten then, and whoever comes next may begin. */
	bring(&core, &other, (const unsigned char *)"12", 2);
	expect_error(call(&core, &other, "GeoipPut",
			  json_pack("{s:s}", "data", "no base64!")),
		     ADMIN "Invalid", "base64");
	talk_close(&core, &other);
	assert_null(core.daemon.service.geoip_taking);
	talk_close(&core, &talk);
	core_deinit(&core);
}

static void only_root(void **state)
{
	static const char *const methods[] = { "GeoipBegin", "GeoipPut",
					       "GeoipCommit", "GeoipStatus",
					       "GeoipLookup" };
	struct core core;
	struct talk talk;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 70000, "anna", "a good password");
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		talk_open(&core, &talk, 70000);
		expect_error(call(&core, &talk, methods[i], NULL),
			     "org.varlink.service.PermissionDenied", "");
		talk_close(&core, &talk);
	}
	core_deinit(&core);
}

/* The caller goes while it is proven: it is brought to its end. */
static void gone_meanwhile(void **state)
{
	const struct country_file file = { .rows = country_rows,
					   .type = "Test-Country",
					   .built = now_s(),
					   .ip_version = 6 };
	scope(scope_free) unsigned char *bytes = NULL;
	struct core core;
	struct talk talk;
	size_t n = 0;

	(void)state;
	core_init(&core, NULL);
	talk_open(&core, &talk, 0);
	bytes = country_file_make(&file, &n);
	bring(&core, &talk, bytes, n);
	talk_send(&talk, ADMIN "GeoipCommit", NULL);
	while (!core.daemon.geo.database && core.daemon.service.geoip_taking) {
		if (talk.fd >= 0)
			scope_close(&talk.fd);
		assert_true(core_turn(&core, 1000) >= 0);
	}
	free(talk.bytes);
	core_settle(&core);
	assert_null(core.daemon.service.geoip_taking);
	core_deinit(&core);
}

/* One that cannot be used stops no start, and is told of. */
static void damaged_at_start(void **state)
{
	struct core core;
	struct talk talk;
	json_t *reply;

	(void)state;
	core_init(&core, NULL);
	core_stop(&core);
	scratch_write(&core.scratch, "state/" GEO_FILE, "garbage", 7, 0600);
	core_start(&core);
	assert_int_equal(core_count(&core, "geo-database-refused"), 1);
	talk_open(&core, &talk, 0);
	reply = call(&core, &talk, "GeoipStatus", NULL);
	assert_non_null(strstr(member(json_object_get(reply, "geoip"), "fault"),
			       "is no country database"));
	json_decref(reply);
	expect_state(&core, &talk, "missing");
	talk_close(&core, &talk);
	core_deinit(&core);
}

static void look(struct core *core, int64_t days, int64_t steady_us)
{
	geo_watch_look(&core->daemon.geo_watch, now_s() + days * DAY,
		       steady_us);
}

/* Once a day at most, and again when it was fit meanwhile. */
static void once_a_day(void **state)
{
	const int64_t hour = INT64_C(3600000000);
	struct core core;
	struct talk talk;

	(void)state;
	core_init(&core, NULL);
	look(&core, 100, hour);
	talk_open(&core, &talk, 0);
	expect_done(import(&core, &talk, country_rows, 1));
	look(&core, 43, hour);
	assert_int_equal(core_count(&core, "geo-database-old"), 0);
	look(&core, 45, hour);
	assert_int_equal(core_count(&core, "geo-database-old"), 1);
	look(&core, 45, 2 * hour);
	look(&core, 46, 24 * hour);
	assert_int_equal(core_count(&core, "geo-database-old"), 1);
	look(&core, 46, 25 * hour);
	assert_int_equal(core_count(&core, "geo-database-old"), 2);
	look(&core, 10, 26 * hour);
	look(&core, 50, 27 * hour);
	assert_int_equal(core_count(&core, "geo-database-old"), 3);
	talk_close(&core, &talk);
	core_stop(&core);
	core_world.clock_s = 60 * DAY;
	core_start(&core);
	assert_int_equal(core_count(&core, "geo-database-old"), 4);
	core_deinit(&core);
}

/* Why anna, who comes from address with her password, is refused; "": she is
 * let in. */
static void expect_reason(struct core *core, const char *address,
			  const char *reason)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = start(core, &talk,
			(struct about){ .purpose = "login",
					.user = "anna",
					.service = "sshd",
					.address = address });
	assert_string_equal(outcome.step, "password");
	outcome = answer(core, &talk, "a good password");
	talk_close(core, &talk);
	assert_string_equal(outcome.verdict, *reason ? "deny" : "allow");
	if (*reason)
		assert_string_equal(core_row(core, outcome.reference).reason,
				    reason);
}

static void import_one(struct core *core, const struct country_row *rows,
		       int64_t days)
{
	struct talk talk;

	talk_open(core, &talk, 0);
	expect_done(import(core, &talk, rows, days));
	talk_close(core, &talk);
}

/* Records of event with these details, NULL for none. */
static int64_t count_details(struct core *core, const char *event,
			     const char *details)
{
	sqlite3_stmt *row;
	int64_t n = 0;

	assert_int_equal(store_bind(core->daemon.state.store,
				    "SELECT count(*) FROM ledger"
				    " WHERE event = ? AND details IS ?",
				    &row, "tt", event, details),
			 0);
	assert_int_equal(store_step_number(row, &n), 0);
	return n;
}

/* Each login goes by the database of its moment. */
static void logins_by_country(void **state)
{
	struct core core;

	(void)state;
	core_init(&core, NULL);
	core_stop(&core);
	core_configure_all(&core, "");
	core_start(&core);
	core_add(&core, 66000, "anna", "a good password");
	expect_reason(&core, "145.97.20.1", "geoip-missing");
	expect_reason(&core, "10.0.0.1", "local-address");
	import_one(&core, country_rows, 1);
	expect_reason(&core, "145.97.20.1", "");
	expect_reason(&core, "::ffff:145.97.20.1", "");
	expect_reason(&core, "64:ff9b::145.97.20.1", "");
	expect_reason(&core, "198.51.100.1", "country-not-allowed");
	expect_reason(&core, "192.0.2.1", "country-unknown");
	expect_reason(&core, "62.0.0.1", "country-unknown");
	expect_reason(&core, "31.13.0.1", "country-unknown");
	expect_reason(&core, "10.0.0.1", "local-address");
	expect_reason(&core, "2002:9161:1401::1", "local-address");
	/* Where it came from is recorded as far as it was known then. */
	assert_int_equal(count_details(&core, "login-allowed", "country=NL"),
			 3);
	assert_int_equal(count_details(&core, "login-denied", "country=NL"), 0);
	assert_int_equal(count_details(&core, "login-denied", NULL), 7);
	import_one(&core, german_rows, 1);
	expect_reason(&core, "145.97.20.1", "country-not-allowed");
	assert_int_equal(count_details(&core, "login-denied", "country=DE"), 2);
	import_one(&core, country_rows, 40);
	core_world.clock_s = 6 * DAY;
	expect_reason(&core, "145.97.20.1", "geoip-old");
	core_world.clock_s = 0;
	expect_reason(&core, "145.97.20.1", "");
	core_deinit(&core);
}

/* So many networks of 10.0.0.0/8 for anna; what answers it. */
static json_t *set_networks(struct core *core, int n)
{
	json_t *networks = json_array(), *reply;
	struct talk talk;
	char text[32];

	for (int i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "10.%d.%d.0/24", i / 100,
			       i % 100 * 2);
		assert_int_equal(
			json_array_append_new(networks, json_string(text)), 0);
	}
	talk_open(core, &talk, 0);
	reply = call(
		core, &talk, "SetUser",
		json_pack("{s:s, s:o}", "name", "anna", "networks", networks));
	talk_close(core, &talk);
	return reply;
}

/* Who was given a hundred, in two goes, comes from the last one as from the
 * first. */
static void a_hundred_fixed_networks(void **state)
{
	struct core core;

	(void)state;
	core_init(&core, NULL);
	core_add(&core, 66000, "anna", "a good password");
	expect_done(set_networks(&core, 50));
	expect_done(set_networks(&core, 100));
	expect_reason(&core, "10.0.0.7", "");
	expect_reason(&core, "10.0.198.7", "");
	expect_reason(&core, "10.0.199.7", "outside-fixed-networks");
	/* What one record cannot tell is refused, and changes nothing. */
	expect_error(set_networks(&core, 256), ADMIN "Conflict",
		     "more than one record");
	expect_reason(&core, "10.0.198.7", "");
	expect_reason(&core, "10.1.0.7", "outside-fixed-networks");
	core_deinit(&core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_and_replaced),
		cmocka_unit_test(abuse_43_refused),
		cmocka_unit_test(abuse_43_fetched),
		cmocka_unit_test(fetched_again),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(only_root),
		cmocka_unit_test(gone_meanwhile),
		cmocka_unit_test(damaged_at_start),
		cmocka_unit_test(once_a_day),
		cmocka_unit_test(logins_by_country),
		cmocka_unit_test(a_hundred_fixed_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
