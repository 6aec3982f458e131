/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/outside.h"

#include <string.h>

#include "cloxxsctl/statement/promise.h"

#define DAY_S INT64_C(86400)

static bool is(const json_t *probe, const char *member, const char *value)
{
	return strcmp(output_member(probe, member, ""), value) == 0;
}

/* Somebody spoke TLS there, with a chain and a name that are right. */
static bool is_seen(const json_t *probe)
{
	return json_is_integer(json_object_get(probe, "ends"));
}

static bool is_modern(const json_t *probe)
{
	return is(probe, "tls_1_0", "refused") &&
	       is(probe, "tls_1_1", "refused") &&
	       (is(probe, "tls_1_2", "taken") || is(probe, "tls_1_3", "taken"));
}

static bool is_extended(const json_t *probe)
{
	return json_is_true(json_object_get(probe, "extended_validation"));
}

static bool is_as_promised(const json_t *probe)
{
	return is_seen(probe) && is_modern(probe) && is_extended(probe);
}

/* Why there is nothing to be told; false: there is. */
static bool say_nobody_looked(const struct evidence *evidence,
			      struct answer *answer)
{
	switch (evidence->courier) {
	case COURIER_ANSWERS:
		break;
	case COURIER_UNASKED:
	case COURIER_ABSENT:
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Nobody looked from outside: there is no courier "
			   "(package cloxxs-courier, and [probe NAME] in "
			   "cloxxs-courier.conf).",
			   "Niemand keek van buiten: er is geen koerier "
			   "(pakket cloxxs-courier, en [probe NAAM] in "
			   "cloxxs-courier.conf).");
		return true;
	case COURIER_SILENT:
		answer_say(answer, ANSWER_NOT_KEPT,
			   "Nobody looked from outside: the courier does not "
			   "answer, or not to this user.",
			   "Niemand keek van buiten: de koerier geeft geen "
			   "antwoord, of niet aan deze gebruiker.");
		return true;
	}
	if (json_array_size(evidence->probes) > 0)
		return false;
	answer_say(answer, ANSWER_NOT_KEPT,
		   "No address of the application is known: name it in [probe "
		   "NAME] of cloxxs-courier.conf.",
		   "Er is geen adres van de toepassing bekend: noem het in "
		   "[probe NAAM] van cloxxs-courier.conf.");
	return true;
}

/* Foreign text, as it can stand in a sentence. */
struct shown {
	char text[160];
};

static struct shown show(const json_t *reply, const char *member)
{
	const char *value = output_member(reply, member, "?");
	struct shown shown;
	struct text text;

	text_init(&text, shown.text, sizeof(shown.text));
	text_add_escaped(&text, value, strnlen(value, 150));
	return shown;
}

static void say_certificate(const struct evidence *evidence,
			    const json_t *probe, struct answer *answer)
{
	struct shown url = show(probe, "url");
	struct shown organization = show(probe, "organization");
	int64_t ends = 0;

	(void)output_member_int(probe, "ends", &ends);
	answer_say(answer, answer->outcome,
		   is_extended(probe)
			   ? "%s: a certificate with extended validation, of "
			     "%s, that ends in %lld days."
			   : "%s: a certificate without extended validation "
			     "(%s), that ends in %lld days.",
		   is_extended(probe)
			   ? "%s: een certificaat met uitgebreide validatie, "
			     "van %s, dat over %lld dagen eindigt."
			   : "%s: een certificaat zonder uitgebreide validatie "
			     "(%s), dat over %lld dagen eindigt.",
		   url.text, organization.text,
		   (long long)((ends - evidence->now) / DAY_S));
}

static void say_address(const struct evidence *evidence, const json_t *probe,
			struct answer *answer)
{
	struct shown url = show(probe, "url"), detail = show(probe, "detail");

	if (!is_seen(probe)) {
		answer_say(
			answer, answer->outcome, "%s could not be proven: %s.",
			"%s was niet aan te tonen: %s.", url.text, detail.text);
		return;
	}
	say_certificate(evidence, probe, answer);
	answer_say(answer, answer->outcome,
		   is_modern(probe) ? "TLS below 1.2 is refused there."
				    : "TLS below 1.2 is not refused there.",
		   is_modern(probe) ? "TLS onder 1.2 wordt daar geweigerd."
				    : "TLS onder 1.2 wordt daar niet "
				      "geweigerd.");
}

void look_tls(struct evidence *evidence, struct answer *answer)
{
	size_t n = json_array_size(evidence->probes), n_good = 0, i;
	const json_t *probe;

	if (say_nobody_looked(evidence, answer))
		return;
	json_array_foreach(evidence->probes, i, probe) n_good +=
		is_as_promised(probe);
	answer_say(answer, n_good == n ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "Addresses looked at from outside: %zu; as promised: %zu.",
		   "Adressen van buiten bekeken: %zu; zoals beloofd: %zu.", n,
		   n_good);
	/* There is no room for all: what is wrong comes first. */
	json_array_foreach(evidence->probes, i,
			   probe) if (!is_as_promised(probe))
		say_address(evidence, probe, answer);
	json_array_foreach(evidence->probes, i,
			   probe) if (is_as_promised(probe))
		say_address(evidence, probe, answer);
}

bool outside_look_firewall(const struct evidence *evidence,
			   struct answer *answer)
{
	size_t n = 0, n_stopped = 0, i;
	const json_t *probe;

	json_array_foreach(evidence->probes, i, probe)
	{
		n += !is(probe, "web_application_firewall", "untried");
		n_stopped += is(probe, "web_application_firewall", "stopped");
	}
	if (n == 0)
		return false;
	answer_say(answer, n_stopped == n ? ANSWER_KEPT : ANSWER_NOT_KEPT,
		   "addresses to which requests were sent that it must stop: "
		   "%zu; all stopped, and a harmless one let through: %zu.",
		   "adressen waarheen verzoeken zijn gestuurd die hij moet "
		   "tegenhouden: %zu; alle tegengehouden, en een onschuldig "
		   "doorgelaten: %zu.",
		   n, n_stopped);
	json_array_foreach(evidence->probes, i, probe)
	{
		struct shown url = show(probe, "url");
		struct shown detail = show(probe, "detail");

		if (!is(probe, "web_application_firewall", "untried") &&
		    !is(probe, "web_application_firewall", "stopped"))
			answer_say(answer, answer->outcome, "%s: %s.",
				   "%s: %s.", url.text, detail.text);
	}
	return true;
}

void outside_say_providers(const struct evidence *evidence,
			   struct answer *answer)
{
	const json_t *route;
	size_t i;

	if (evidence->courier == COURIER_SILENT)
		answer_say(answer, answer->outcome,
			   "Where providers keep messages is not known: the "
			   "courier does not answer, or not to this user.",
			   "Waar aanbieders berichten bewaren is niet bekend: "
			   "de koerier geeft geen antwoord, of niet aan deze "
			   "gebruiker.");
	json_array_foreach(evidence->routes, i, route)
	{
		struct shown name = show(route, "route");
		struct shown location = show(route, "location");

		answer_say(answer, answer->outcome,
			   "(messages by %s are kept, as declared: %s)",
			   "(berichten via %s worden bewaard, zoals verklaard: "
			   "%s)",
			   name.text, location.text);
	}
}
