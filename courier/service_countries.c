/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/service_countries.h"

#include <jansson.h>
#include <string.h>
#include <syslog.h>

#include "base/clock.h"
#include "courier/country_fetch.h"
#include "courier/log.h"

struct country_fetching {
	struct courier *courier;
	struct varlink_call *call;
	struct configuration *configuration;
	struct country_fetch *fetch;
};

static void forget(struct country_fetching *fetching)
{
	fetching->courier->country_fetching = NULL;
	country_fetch_free(fetching->fetch);
	configuration_unref(fetching->configuration);
	varlink_call_unref(fetching->call);
	free(fetching);
}

/* Of the file where there is one to tell of. */
static json_t *describe(const struct courier *courier,
			const struct country_settings *settings,
			const struct country_report *report)
{
	const struct country_state *state = &report->state;
	bool known = report->result != COUNTRY_FAILED;
	json_t *path = known ? json_sprintf("%s/" COUNTRY_FILE,
					    courier->state_directory)
			     : json_null();

	return json_pack(
		"{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "result",
		country_result_name(report->result), "detail",
		report->detail[0] ? json_string(report->detail) : json_null(),
		"source", country_source_names[settings->source], "location",
		settings->location, "path", path, "bytes",
		known ? json_integer((json_int_t)state->bytes) : json_null(),
		"sha256", known ? json_string(state->sha256) : json_null(),
		"fetched_at",
		known ? json_integer((json_int_t)state->fetched) : json_null());
}

static void log_report(const struct country_settings *settings,
		       const struct country_report *report)
{
	bool failed = report->result == COUNTRY_FAILED;
	char line[512];
	struct text text;

	text_init(&text, line, sizeof(line));
	text_add_format(&text, "of %s: %s%s%s",
			country_source_names[settings->source],
			country_result_name(report->result),
			failed ? ": " : ", sha256 ",
			failed ? report->detail : report->state.sha256);
	log_lines(failed ? LOG_ERR : LOG_INFO, "country database", line);
}

static void on_done(const struct country_report *report, void *userdata)
{
	struct country_fetching *fetching = userdata;
	const struct country_settings *settings =
		&fetching->configuration->countries;

	fetching->fetch = NULL;
	log_report(settings, report);
	(void)!varlink_call_reply(
		fetching->call, describe(fetching->courier, settings, report));
	forget(fetching);
}

/* Nobody is asked; why. */
static int answer_at_once(struct varlink_call *call, const char *detail)
{
	return varlink_call_reply(call, json_pack("{s:s, s:s}", "result",
						  "failed", "detail", detail));
}

int service_countries(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	struct courier *courier = userdata;
	struct country_fetching *fetching;
	int r;

	(void)parameters;
	if (courier->configuration->countries.source == COUNTRY_SOURCE_NONE)
		return varlink_call_reply(
			call, json_pack("{s:s}", "result", "unset"));
	if (!courier->state_directory)
		return answer_at_once(call, "there is no state directory");
	if (courier->country_fetching)
		return answer_at_once(call, "it is being fetched already");
	fetching = calloc(1, sizeof(*fetching));
	if (!fetching)
		return -ENOMEM;
	*fetching = (struct country_fetching){
		.courier = courier,
		.call = varlink_call_ref(call),
		.configuration = configuration_ref(courier->configuration),
	};
	courier->country_fetching = fetching;
	r = country_fetch_start(
		&(struct country_fetch_args){
			.web = courier->web,
			.configuration = fetching->configuration,
			.directory = courier->state_directory,
			.now_s = clock_realtime_us() / 1000000,
			.done = on_done,
			.userdata = fetching },
		&fetching->fetch);
	if (r < 0)
		forget(fetching);
	return r;
}

void service_countries_end(struct courier *courier)
{
	if (courier->country_fetching)
		forget(courier->country_fetching);
}
