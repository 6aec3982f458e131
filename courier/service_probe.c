/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/service_probe.h"

#include <jansson.h>
#include <string.h>

#include "courier/probe.h"

/* More calls at once are told to come back. */
#define PROBINGS_MAX 4

struct probing {
	struct probing *next;
	struct courier *courier;
	struct varlink_call *call;
	struct configuration *configuration;
	const char *name; /* of the configuration; NULL: all */
	size_t at;        /* the one that is being looked at */
	struct probe *probe;
};

static struct probing *probing_free(struct probing *probing)
{
	struct probing **link = &probing->courier->probings;

	while (*link && *link != probing)
		link = &(*link)->next;
	if (*link)
		*link = probing->next;
	probe_free(probing->probe);
	configuration_unref(probing->configuration);
	varlink_call_unref(probing->call);
	free(probing);
	return NULL;
}

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *number_or_null(bool known, int64_t number)
{
	return known ? json_integer((json_int_t)number) : json_null();
}

static json_t *describe_certificate(const struct probe_report *report)
{
	const struct certificate *certificate = &report->certificate;
	bool known = report->has_certificate;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "subject",
			 text_or_null(certificate->subject), "organization",
			 text_or_null(certificate->organization), "issuer",
			 text_or_null(certificate->issuer), "policies",
			 text_or_null(certificate->policies), "begins",
			 number_or_null(known, certificate->begins), "ends",
			 number_or_null(known, certificate->ends),
			 "extended_validation",
			 (int)certificate->has_extended_validation);
}

static json_t *describe(const struct probe_settings *settings,
			const struct probe_report *report)
{
	json_t *reply = json_pack(
		"{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:s, s:o}", "probe",
		settings->name, "url", settings->url, "result",
		probe_result_name(report->result), "detail",
		text_or_null(report->detail), "probed_at",
		(json_int_t)report->at, "status",
		number_or_null(report->status > 0, report->status),
		"hsts_max_age",
		number_or_null(report->hsts_max_age_s >= 0,
			       report->hsts_max_age_s),
		"web_application_firewall",
		probe_firewall_name(report->firewall), "firewall_detail",
		text_or_null(report->firewall_detail));

	for (size_t i = 0; i < _PROBE_VERSIONS && reply; i++)
		(void)json_object_set_new(
			reply, probe_version_member((enum probe_version)i),
			json_string(probe_offer_name(report->offers[i])));
	if (reply)
		(void)json_object_update_new(reply,
					     describe_certificate(report));
	return reply;
}

/* The next one from at on that is asked for; false: none. */
static bool find(const struct configuration *configuration, const char *name,
		 size_t *at)
{
	while (*at < configuration->n_probes && name &&
	       strcmp(configuration->probes[*at]->name, name) != 0)
		(*at)++;
	return *at < configuration->n_probes;
}

static void on_done(const struct probe_report *report, void *userdata);

static int start(struct probing *probing)
{
	const struct probe_args args = {
		.web = probing->courier->web,
		.settings = probing->configuration->probes[probing->at],
		.done = on_done,
		.userdata = probing,
	};

	return probe_start(&args, &probing->probe);
}

static void on_done(const struct probe_report *report, void *userdata)
{
	struct probing *probing = userdata;
	struct varlink_call *call = probing->call;
	const struct configuration *configuration = probing->configuration;
	json_t *reply = describe(configuration->probes[probing->at], report);
	size_t next = probing->at + 1;
	int r;

	probing->probe = NULL;
	if (!find(configuration, probing->name, &next)) {
		(void)!varlink_call_reply(call, reply);
		probing_free(probing);
		return;
	}
	r = varlink_call_continue(call, reply);
	probing->at = next;
	/* Nobody listens any more, or nothing can be asked: the connection
	 * ends with its call. */
	if (r < 0 || !varlink_call_is_open(call) || start(probing) < 0)
		probing_free(probing);
}

static bool is_busy(const struct courier *courier)
{
	size_t n = 0;

	for (const struct probing *one = courier->probings; one;
	     one = one->next)
		n++;
	return n >= PROBINGS_MAX;
}

int service_probe(struct varlink_call *call, json_t *parameters, void *userdata)
{
	const char *name =
		json_string_value(json_object_get(parameters, "name"));
	struct courier *courier = userdata;
	struct probing *probing;
	size_t at = 0;
	int r;

	if (!find(courier->configuration, name, &at))
		return name ? varlink_call_invalid(call, "name")
			    : varlink_call_reply_empty(call);
	if (is_busy(courier))
		return -EBUSY;
	probing = calloc(1, sizeof(*probing));
	if (!probing)
		return -ENOMEM;
	*probing = (struct probing){
		.next = courier->probings,
		.courier = courier,
		.call = varlink_call_ref(call),
		.configuration = configuration_ref(courier->configuration),
		.name = name ? courier->configuration->probes[at]->name : NULL,
		.at = at,
	};
	courier->probings = probing;
	r = start(probing);
	if (r < 0)
		probing_free(probing);
	return r;
}

void service_probe_end(struct courier *courier)
{
	while (courier->probings)
		probing_free(courier->probings);
}
