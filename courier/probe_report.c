/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/probe_report.h"

#include <inttypes.h>
#include <string.h>

#define DAY_S INT64_C(86400)

static const struct {
	const char *member, *shown;
	enum probe_offer wanted; /* UNKNOWN: whatever */
} versions[_PROBE_VERSIONS] = {
	[PROBE_TLS_1_0] = { "tls_1_0", "TLS 1.0", PROBE_OFFER_REFUSED },
	[PROBE_TLS_1_1] = { "tls_1_1", "TLS 1.1", PROBE_OFFER_REFUSED },
	[PROBE_TLS_1_2] = { "tls_1_2", "TLS 1.2", PROBE_OFFER_UNKNOWN },
	[PROBE_TLS_1_3] = { "tls_1_3", "TLS 1.3", PROBE_OFFER_UNKNOWN },
};

const char *probe_result_name(enum probe_result result)
{
	static const char *const names[_PROBE_RESULT_N] = {
		[PROBE_BAD] = "bad",
		[PROBE_GOOD] = "good",
		[PROBE_UNREACHABLE] = "unreachable",
	};

	return names[result];
}

const char *probe_offer_name(enum probe_offer offer)
{
	static const char *const names[_PROBE_OFFERS] = {
		[PROBE_OFFER_UNKNOWN] = "unknown",
		[PROBE_OFFER_REFUSED] = "refused",
		[PROBE_OFFER_TAKEN] = "taken",
	};

	return names[offer];
}

const char *probe_firewall_name(enum probe_firewall firewall)
{
	static const char *const names[_PROBE_FIREWALLS] = {
		[PROBE_FIREWALL_UNKNOWN] = "unknown",
		[PROBE_FIREWALL_STOPPED] = "stopped",
		[PROBE_FIREWALL_PASSED] = "passed",
		[PROBE_FIREWALL_UNTRIED] = "untried",
	};

	return names[firewall];
}

const char *probe_version_member(enum probe_version version)
{
	return versions[version].member;
}

enum probe_offer probe_offer_of(CURLcode code,
				const struct handshake *handshake)
{
	switch ((int)code) {
	case CURLE_OK:
	/* The handshake had come to the certificate. */
	case CURLE_PEER_FAILED_VERIFICATION:
		return PROBE_OFFER_TAKEN;
	/* Also what our own library would not offer, or not go on with. */
	case CURLE_SSL_CONNECT_ERROR:
		return handshake_is_refused(handshake) ? PROBE_OFFER_REFUSED
						       : PROBE_OFFER_UNKNOWN;
	default:
		return PROBE_OFFER_UNKNOWN;
	}
}

int64_t probe_hsts_max_age(const char *value)
{
	static const char name[] = "max-age=";
	const char *at = strcasestr(value, name);
	int64_t seconds = 0;

	if (!at || (at > value && !strchr("; \t", at[-1])))
		return -1;
	at += strlen(name);
	at += *at == '"';
	if (*at < '0' || *at > '9')
		return -1;
	while (*at >= '0' && *at <= '9' && seconds < INT32_MAX)
		seconds = seconds * 10 + (*at++ - '0');
	return seconds;
}

static void say(struct text *text, const char *what)
{
	if (text->n > 0)
		text_add(text, "; ");
	text_add(text, what);
}

static void judge_certificate(const struct probe_report *report,
			      const struct probe_settings *settings,
			      struct text *text)
{
	int64_t days = (report->certificate.ends - report->at) / DAY_S;
	char sentence[80];
	struct text part;

	if (!report->has_certificate) {
		say(text, "the certificate could not be read");
		return;
	}
	text_init(&part, sentence, sizeof(sentence));
	if (days < (int64_t)settings->days_min) {
		text_add_format(&part,
				"the certificate ends in %" PRId64 " day%s",
				days, text_plural(days));
		say(text, sentence);
	}
	if (settings->extended_validation &&
	    !report->certificate.has_extended_validation)
		say(text, "the certificate has no extended validation");
}

static void judge_versions(const struct probe_report *report, struct text *text)
{
	for (size_t i = 0; i < _PROBE_VERSIONS; i++) {
		if (versions[i].wanted == PROBE_OFFER_UNKNOWN ||
		    report->offers[i] == versions[i].wanted)
			continue;
		say(text, versions[i].shown);
		text_add(text, report->offers[i] == PROBE_OFFER_TAKEN
				       ? " is taken"
				       : " could not be tried");
	}
}

static void judge_firewall(const struct probe_report *report, struct text *text)
{
	switch (report->firewall) {
	case PROBE_FIREWALL_STOPPED:
	case PROBE_FIREWALL_UNTRIED:
	case _PROBE_FIREWALLS:
		return;
	case PROBE_FIREWALL_PASSED:
		say(text, "no web application firewall stopped what it must");
		break;
	case PROBE_FIREWALL_UNKNOWN:
		say(text, "whether a web application firewall stops requests "
			  "could not be seen");
		break;
	}
	if (report->firewall_detail[0]) {
		text_add(text, ": ");
		text_add(text, report->firewall_detail);
	}
}

void probe_report_judge(struct probe_report *report,
			const struct probe_settings *settings)
{
	char status[40];
	struct text text, part;

	text_init(&text, report->detail, sizeof(report->detail));
	if (!report->is_reached) {
		text_add(&text, report->fault);
		report->result =
			report->is_insecure ? PROBE_BAD : PROBE_UNREACHABLE;
		return;
	}
	if (report->status < 200 || report->status > 399) {
		text_init(&part, status, sizeof(status));
		text_add_format(&part, "it answers HTTP %d", report->status);
		say(&text, status);
	}
	judge_certificate(report, settings, &text);
	judge_versions(report, &text);
	judge_firewall(report, &text);
	report->result =
		text.n == 0 && !text_is_cut(&text) ? PROBE_GOOD : PROBE_BAD;
}
