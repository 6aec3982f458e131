/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <liboath/oath.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cloxxsd/attempt/totp.h"
#include "tests/unit/courier_fixture.h"
#include "varlink/server.h"

struct fake_courier courier;

static void copy(char *to, size_t size, json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	(void)snprintf(to, size, "%s", text ? text : "");
}

static int deliver(struct varlink_call *call, json_t *parameters,
		   void *userdata)
{
	(void)userdata;
	copy(courier.kind, sizeof(courier.kind), parameters, "kind");
	courier.n_sms += strcmp(courier.kind, "sms") == 0;
	courier.n_mail += strcmp(courier.kind, "mail") == 0;
	copy(courier.to, sizeof(courier.to), parameters, "to");
	copy(courier.text, sizeof(courier.text), parameters, "text");
	copy(courier.subject, sizeof(courier.subject), parameters, "subject");
	(void)snprintf(courier.code, sizeof(courier.code), "%.*s",
		       (int)strspn(courier.text, "0123456789"), courier.text);
	if (courier.holds) {
		courier.waiting = varlink_call_ref(call);
		return 0;
	}
	return varlink_call_reply(call,
				  json_pack("{s:s, s:s}", "result",
					    courier.result, "route", "one"));
}

static const struct varlink_parameter deliver_parameters[] = {
	{ "kind", VARLINK_STRING, false, 16 },
	{ "to", VARLINK_STRING, false, 256 },
	{ "subject", VARLINK_STRING, true, 256 },
	{ "text", VARLINK_STRING, false, 1024 },
	{ "reference", VARLINK_STRING, false, 64 },
	{ "timeout_ms", VARLINK_INT, false, 0 },
	{ "route", VARLINK_STRING, true, 64 },
	{ 0 },
};
static const struct varlink_method methods[] = {
	{ "nl.cloxxs.Courier.Deliver", 1, VARLINK_SENSITIVE, 0, 0,
	  deliver_parameters, deliver },
	{ 0 },
};
static const struct varlink_interface interface = {
	"nl.cloxxs.Courier", "interface nl.cloxxs.Courier\n", methods
};

static uint32_t everybody(const struct varlink_peer *peer, void *userdata)
{
	(void)peer;
	(void)userdata;
	return 1;
}

void courier_listen(struct core *core)
{
	static const struct varlink_interface *const interfaces[] = {
		&interface, NULL
	};
	const struct varlink_server_args args = {
		.event = core->daemon.event,
		.interfaces = interfaces,
		.vendor = "test",
		.product = "test",
		.version = "1",
		.url = "test",
		.classify = everybody,
	};

	if (!courier.result)
		courier.result = "accepted";
	assert_int_equal(varlink_server_new(&args, &courier.server), 0);
	assert_int_equal(
		varlink_server_listen_path(courier.server, core->courier, 0600),
		0);
}

void courier_end(void)
{
	courier.waiting = varlink_call_unref(courier.waiting);
	courier.server = varlink_server_free(courier.server);
}

void courier_reconfigure(struct core *core, const char *lines)
{
	courier_end();
	core_configure(core, lines);
	core_restart(core);
	courier_listen(core);
}

void have_factor(struct core *core, uint32_t uid, const char *phone,
		 const char *mail, const char *seed)
{
	const char *const texts[_FACTOR_VALUE_N] = { phone, mail, seed, NULL };
	struct second_factor factor = { 0 };

	for (enum factor_value i = 0; i < _FACTOR_VALUE_N; i++) {
		struct seal_place place = factor_place(i, uid);

		if (texts[i])
			assert_int_equal(state_seal(&core->daemon.state, &place,
						    texts[i],
						    &factor.values[i]),
					 0);
	}
	core_apply(core, (struct change){ .type = CHANGE_SECOND_FACTOR,
					  .uid = uid,
					  .second_factor = &factor });
}

const char *app_code(const char *seed, int steps)
{
	static char code[TOTP_DIGITS + 1];
	char *bytes;
	size_t n;

	assert_int_equal(oath_base32_decode(seed, strlen(seed), &bytes, &n),
			 OATH_OK);
	assert_int_equal(
		oath_totp_generate(
			bytes, n,
			(time_t)(clock_realtime_us() / 1000000 + 30 * steps),
			30, 0, TOTP_DIGITS, code),
		OATH_OK);
	free(bytes);
	return code;
}
