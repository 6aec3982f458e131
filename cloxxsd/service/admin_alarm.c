/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/admin_alarm.h"

#include "base/clock.h"
#include "cloxxsd/service/admin.h"

static json_t *rule_json(const struct settings *settings, enum alarm_rule rule,
			 const struct alarm_state *state)
{
	return json_pack(
		"{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:I, s:b, s:o, s:o}",
		"rule", alarm_rule_name(rule), "text", alarm_rule_text(rule),
		"advice", alarm_rule_advice(rule), "on",
		alarm_rule_is_on(rule, settings), "lasts",
		alarm_rule_lasts(rule), "raised", state->raised, "since",
		time_or_null(state->since), "n", (json_int_t)state->n, "due",
		state->due != ALARM_DUE_NOTHING, "told_at",
		time_or_null(state->told_at), "detail",
		text_or_null(state->detail));
}

/* One that failed before a restart still waits. */
#define WAITS_S 600

static bool is_undelivered(const struct service *service)
{
	int64_t now = clock_realtime_us() / 1000000;

	for (unsigned int i = 0; i < _ALARM_RULE_N; i++) {
		const struct alarm_state *state = &service->alarms->states[i];

		if (state->due != ALARM_DUE_NOTHING &&
		    now - state->due_at > WAITS_S)
			return true;
	}
	return service->alarm_delivery->undelivered;
}

int admin_alarms(struct varlink_call *call, json_t *parameters, void *userdata)
{
	struct service *service = userdata;
	const struct settings *settings = service->attempts->settings;
	const struct alarm_delivery *delivery = service->alarm_delivery;
	json_t *rules = json_array();

	(void)parameters;
	for (unsigned int i = 0; i < _ALARM_RULE_N; i++)
		if (json_array_append_new(
			    rules, rule_json(settings, (enum alarm_rule)i,
					     &service->alarms->states[i])) <
		    0) {
			json_decref(rules);
			return -ENOMEM;
		}
	return varlink_call_reply(
		call,
		json_pack("{s:s?, s:s?, s:b, s:o, s:o, s:I, s:o}", "mail",
			  settings->alarm_mail, "webhook",
			  settings->alarm_webhook, "undelivered",
			  is_undelivered(service), "failed_at",
			  time_or_null(delivery->failed_at), "why",
			  text_or_null(delivery->why), "held",
			  (json_int_t)service->alarms->n_held, "rules", rules));
}
