/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is recorded of settings: each difference, what weakens a rule, and what
 * was changed while no daemon ran. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cloxxsd/daemon/configuring.h"
#include "cloxxsd/daemon/settings_changes.h"
#include "tests/unit/state_fixture.h"

static struct settings *settings_of(const char *lines)
{
	scope(scope_free) char *copy = strdup(lines);
	struct settings *settings = NULL;
	char why[512] = "";
	struct text text;

	assert_non_null(copy);
	text_init(&text, why, sizeof(why));
	if (settings_parse("x", copy, strlen(copy), &text, &settings) != 0)
		fail_msg("%s: %s", lines, why);
	return settings;
}

/* A preset takes no weaker value. */
#define PASSWORD "preset = custom\n"
#define SECTION(text) "[" text "]\n"

/* From before to after is weaker, and back it is not; nor is it to itself. */
static void weaker_one_way(void **state)
{
	static const struct {
		const char *section, *before, *after;
	} cases[] = {
		{ "lockout", "failures = 3", "failures = 4" },
		{ "lockout", "alarm_locks = 5", "alarm_locks = off" },
		{ "lockout", "alarm_locks = 5", "alarm_locks = 6" },
		{ "lockout", "alarm_window = 1h", "alarm_window = 10m" },
		{ "account", "inactive = 90d", "inactive = off" },
		{ "account", "inactive = 90d", "inactive = 91d" },
		{ "throttle", "exempt = none", "exempt = 10.0.0.0/8" },
		{ "throttle", "exempt = 10.1.0.0/16", "exempt = 10.0.0.0/8" },
		{ "origin", "local_services = login",
		  "local_services = login, cron" },
		{ "geofence", "countries = NL", "countries = NL, BE" },
		{ "geofence", "countries = NL, BE", "countries = any" },
		{ "geofence", "local = deny", "local = private" },
		{ "geofence", "local = private", "local = allow" },
		{ "geofence", "max_age = 45d", "max_age = 46d" },
		{ "administrators", "networks = 10.1.0.0/16",
		  "networks = 10.0.0.0/8" },
		{ "administrators", "networks = 10.1.0.0/16",
		  "networks = none" },
		{ "administrators", "networks = none", "networks = any" },
		{ "unmanaged", "origin = sshd", "origin = none" },
		{ "unmanaged", "deny = sshd, cron", "deny = sshd" },
		{ "password", PASSWORD "minlen = 16", PASSWORD "minlen = 15" },
		{ "password", PASSWORD "minclass_until = 0",
		  PASSWORD "minclass_until = 20" },
		{ "password", PASSWORD "maxrepeat = 3",
		  PASSWORD "maxrepeat = 0" },
		{ "password", PASSWORD "maxrepeat = 3",
		  PASSWORD "maxrepeat = 4" },
		{ "password", PASSWORD "ucredit = -1", PASSWORD "ucredit = 0" },
		{ "password", PASSWORD "badwords = cloxxs, budget",
		  PASSWORD "badwords = cloxxs" },
		{ "password", PASSWORD "breached = /srv/list",
		  PASSWORD "breached = none" },
		{ "password", PASSWORD "max_age = 90d",
		  PASSWORD "max_age = off" },
		{ "password", PASSWORD "min_age = 1d",
		  PASSWORD "min_age = off" },
		{ "password", "trial = no", "trial = yes" },
		{ "password", PASSWORD "hash_memory = 128M",
		  PASSWORD "hash_memory = 64M" },
		{ "notice", "require = yes", "require = ask" },
		{ "service x", "hours = mo-fr 07:00-20:00", "hours = always" },
		{ "service x", "hours = mo-fr 07:00-20:00",
		  "hours = mo-fr 07:00-20:01" },
		{ "service x", "session_lifetime = 24h",
		  "session_lifetime = 25h" },
		{ "backup", "keep = 30d", "keep = 29d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int back = 0; back < 2; back++) {
			scope(settings_freep) struct settings *before = NULL;
			scope(settings_freep) struct settings *after = NULL;
			char lines[2][256], changes[512], weakened[512];
			struct text text[2];

			(void)snprintf(lines[back], sizeof(lines[0]),
				       SECTION("%s") "%s\n", cases[i].section,
				       cases[i].before);
			(void)snprintf(lines[1 - back], sizeof(lines[0]),
				       SECTION("%s") "%s\n", cases[i].section,
				       cases[i].after);
			before = settings_of(lines[0]);
			after = settings_of(lines[1]);
			text_init(&text[0], changes, sizeof(changes));
			text_init(&text[1], weakened, sizeof(weakened));
			settings_changes(before, after, &text[0], &text[1]);
			assert_true(text[0].n > 0);
			if ((text[1].n > 0) == (back == 1))
				fail_msg("%s%s-> %s", lines[0], lines[1],
					 weakened);
			text_init(&text[0], changes, sizeof(changes));
			settings_changes(after, after, &text[0], &text[1]);
			assert_true(text[0].n == 0);
		}
}

static void neither(void **state)
{
	scope(settings_freep) struct settings *before =
		settings_of("[users]\nshell = /bin/sh\n[geofence]\n"
			    "countries = NL\n[workers]\ncount = 2\n");
	scope(settings_freep) struct settings *after =
		settings_of("[users]\nshell = /bin/bash\n[geofence]\n"
			    "countries = NL\n[workers]\ncount = 3\n");
	char changes[512], weakened[512];
	struct text text[2];

	(void)state;
	text_init(&text[0], changes, sizeof(changes));
	text_init(&text[1], weakened, sizeof(weakened));
	settings_changes(before, after, &text[0], &text[1]);
	assert_string_equal(changes, "users.shell: /bin/sh -> /bin/bash; "
				     "workers.count: 2 -> 3");
	assert_true(text[1].n == 0);
}

/* A section that goes takes its hours along. */
static void a_section_goes(void **state)
{
	scope(settings_freep) struct settings *before =
		settings_of("[service x]\nhours = mo-fr 07:00-20:00\n");
	scope(settings_freep) struct settings *after = settings_of("");
	char changes[1024], weakened[512];
	struct text text[2];

	(void)state;
	text_init(&text[0], changes, sizeof(changes));
	text_init(&text[1], weakened, sizeof(weakened));
	settings_changes(before, after, &text[0], &text[1]);
	assert_string_equal(weakened, "weakened=service x.hours: "
				      "mo-fr 07:00-20:00 -> (none)");
}

/* ---- over a stop ---- */

static int64_t n_records(struct state_fixture *f)
{
	return state_number(&f->state, "SELECT count(*) FROM ledger");
}

static void assert_last(struct state_fixture *f, int64_t back,
			const char *event, const char *details)
{
	struct ledger_row row;

	assert_int_equal(ledger_next_unpublished(&f->state.ledger,
						 n_records(f) - back, &row),
			 0);
	assert_string_equal(row.event, event);
	assert_string_equal(row.details, details);
}

static void begin(struct state_fixture *f, const char *lines,
		  const char *notice)
{
	scope(settings_freep) struct settings *settings = settings_of(lines);

	(void)snprintf(settings->notice.version,
		       sizeof(settings->notice.version), "%s", notice);
	assert_int_equal(configuring_begin(&f->state, settings), 0);
}

static void changed_while_stopped(void **state)
{
	struct state_fixture f;

	(void)state;
	state_fixture_init(&f);
	state_fixture_open(&f);
	begin(&f, "", "1");
	assert_int_equal(n_records(&f), 0);
	begin(&f, "", "1");
	assert_int_equal(n_records(&f), 0);
	state_fixture_close(&f);
	state_fixture_open(&f);
	begin(&f, "[lockout]\nfailures = 5\n", "2");
	assert_int_equal(n_records(&f), 2);
	assert_last(&f, 1, "configuration-loaded",
		    "while stopped: lockout.failures: 3 -> 5; notice: 1 -> 2");
	assert_last(&f, 0, "configuration-weakened",
		    "weakened=lockout.failures: 3 -> 5");
	begin(&f, "[lockout]\nfailures = 5\n", "2");
	assert_int_equal(n_records(&f), 2);
	begin(&f, "[lockout]\nfailures = 4\n", "2");
	assert_int_equal(n_records(&f), 3);
	assert_last(&f, 0, "configuration-loaded",
		    "while stopped: lockout.failures: 5 -> 4");
	state_prove(&f.state);
	state_fixture_deinit(&f);
}

/* A reload is kept too, and is not told once more at the next start. */
static void reloaded(void **state)
{
	scope(settings_freep) struct settings *before = settings_of("");
	scope(settings_freep) struct settings *after =
		settings_of("[geofence]\ncountries = any\n");
	struct state_fixture f;

	(void)state;
	state_fixture_init(&f);
	state_fixture_open(&f);
	begin(&f, "", "");
	assert_int_equal(configuring_loaded(&f.state, before, after), 0);
	assert_last(&f, 1, "configuration-loaded",
		    "geofence.countries: NL -> any");
	assert_last(&f, 0, "configuration-weakened",
		    "weakened=geofence.countries: NL -> any");
	assert_int_equal(configuring_loaded(&f.state, after, after), 0);
	assert_last(&f, 0, "configuration-loaded", "nothing changed");
	state_fixture_close(&f);
	state_fixture_open(&f);
	begin(&f, "[geofence]\ncountries = any\n", "");
	assert_int_equal(n_records(&f), 3);
	state_fixture_deinit(&f);
}

static void what_was_kept_is_not_understood(void **state)
{
	struct state_fixture f;

	(void)state;
	state_fixture_init(&f);
	state_fixture_open(&f);
	assert_int_equal(
		store_execute(f.state.store,
			      "INSERT INTO configuration VALUES"
			      " (1, '[later]' || char(10) || 'key = 1', '')"),
		0);
	begin(&f, "", "");
	assert_int_equal(n_records(&f), 1);
	assert_last(&f, 0, "configuration-loaded",
		    "while stopped: what was in force before cannot be read, "
		    "and is not compared");
	begin(&f, "", "");
	assert_int_equal(n_records(&f), 1);
	state_fixture_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weaker_one_way),
		cmocka_unit_test(neither),
		cmocka_unit_test(a_section_goes),
		cmocka_unit_test(changed_while_stopped),
		cmocka_unit_test(reloaded),
		cmocka_unit_test(what_was_kept_is_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
