/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was measured at an address, and what is made of it: what nobody saw is
 * not good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "courier/probe_report.h"

#define NOW INT64_C(1795400000)
#define DAY_S 86400

#define GREETED                    \
	{                          \
		.is_greeted = true \
	}
#define OURS                                        \
	{                                           \
		.is_greeted = true, .is_ours = true \
	}

static const struct probe_settings settings = {
	.name = (char[]){ "app" },
	.extended_validation = 1,
	.web_application_firewall = 1,
	.days_min = 14,
};

static struct probe_report good(void)
{
	return (struct probe_report){
		.at = NOW,
		.is_reached = true,
		.status = 200,
		.has_certificate = true,
		.certificate = { .ends = NOW + 90 * DAY_S,
				 .has_extended_validation = true },
		.offers = { PROBE_OFFER_REFUSED, PROBE_OFFER_REFUSED,
			    PROBE_OFFER_TAKEN, PROBE_OFFER_TAKEN },
		.hsts_max_age_s = -1,
		.firewall = PROBE_FIREWALL_STOPPED,
	};
}

static void judge(struct probe_report *report, enum probe_result result,
		  const char *detail)
{
	probe_report_judge(report, &settings);
	assert_string_equal(report->detail, detail);
	assert_int_equal(report->result, result);
}

static void each_thing_by_itself(void **state)
{
	struct probe_report report = good();

	(void)state;
	judge(&report, PROBE_GOOD, "");
	report.status = 404;
	judge(&report, PROBE_BAD, "it answers HTTP 404");
	report = good();
	report.status = 399;
	judge(&report, PROBE_GOOD, "");
	report.has_certificate = false;
	judge(&report, PROBE_BAD, "the certificate could not be read");
	report = good();
	report.certificate.ends = NOW + 14 * DAY_S;
	judge(&report, PROBE_GOOD, "");
	report.certificate.ends--;
	judge(&report, PROBE_BAD, "the certificate ends in 13 days");
	report.certificate.ends = NOW + DAY_S;
	judge(&report, PROBE_BAD, "the certificate ends in 1 day");
	report = good();
	report.certificate.has_extended_validation = false;
	judge(&report, PROBE_BAD, "the certificate has no extended validation");
	report = good();
	report.offers[PROBE_TLS_1_1] = PROBE_OFFER_TAKEN;
	judge(&report, PROBE_BAD, "TLS 1.1 is taken");
	report = good();
	report.firewall = PROBE_FIREWALL_PASSED;
	(void)strncpy(report.firewall_detail, "HTTP 200",
		      sizeof(report.firewall_detail) - 1);
	judge(&report, PROBE_BAD,
	      "no web application firewall stopped what it must: HTTP 200");
}

static void what_is_unknown_is_not_good(void **state)
{
	struct probe_report report = good();

	(void)state;
	report.offers[PROBE_TLS_1_0] = PROBE_OFFER_UNKNOWN;
	judge(&report, PROBE_BAD, "TLS 1.0 could not be tried");
	report = good();
	report.firewall = PROBE_FIREWALL_UNKNOWN;
	judge(&report, PROBE_BAD,
	      "whether a web application firewall stops requests could not be "
	      "seen");
	report = (struct probe_report){ .at = NOW, .fault = "why" };
	judge(&report, PROBE_UNREACHABLE, "why");
	report.is_insecure = true;
	judge(&report, PROBE_BAD, "why");
	assert_int_equal(((struct probe_report){ 0 }).result, PROBE_BAD);
}

static void several_things_at_once(void **state)
{
	struct probe_report report = good();

	(void)state;
	report.status = 503;
	report.certificate.has_extended_validation = false;
	report.offers[PROBE_TLS_1_0] = PROBE_OFFER_TAKEN;
	judge(&report, PROBE_BAD,
	      "it answers HTTP 503; the certificate has no extended "
	      "validation; TLS 1.0 is taken");
}

static void ends_of_a_handshake(void **state)
{
	static const struct {
		CURLcode code;
		struct handshake handshake;
		enum probe_offer offer;
	} rows[] = {
		{ CURLE_OK, { 0 }, PROBE_OFFER_TAKEN },
		{ CURLE_PEER_FAILED_VERIFICATION, { 0 }, PROBE_OFFER_TAKEN },
		{ CURLE_SSL_CONNECT_ERROR, GREETED, PROBE_OFFER_REFUSED },
		/* Our own library did not try, or gave up. */
		{ CURLE_SSL_CONNECT_ERROR, { 0 }, PROBE_OFFER_UNKNOWN },
		{ CURLE_SSL_CONNECT_ERROR, OURS, PROBE_OFFER_UNKNOWN },
		{ CURLE_ABORTED_BY_CALLBACK, { 0 }, PROBE_OFFER_UNKNOWN },
		{ CURLE_COULDNT_CONNECT, { 0 }, PROBE_OFFER_UNKNOWN },
		{ CURLE_OPERATION_TIMEDOUT, GREETED, PROBE_OFFER_UNKNOWN },
		{ CURLE_OUT_OF_MEMORY, { 0 }, PROBE_OFFER_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			probe_offer_of(rows[i].code, &rows[i].handshake),
			rows[i].offer);
}

static void hsts(void **state)
{
	static const struct {
		const char *value;
		int64_t seconds;
	} rows[] = {
		{ "max-age=31536000", 31536000 },
		{ "includeSubDomains; Max-Age=\"60\"; preload", 60 },
		{ "max-age=0", 0 },
		{ "max-age=", -1 },
		{ "max-age=-1", -1 },
		{ "max-age", -1 },
		{ "x-max-age=5", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(probe_hsts_max_age(rows[i].value),
				 rows[i].seconds);
	assert_true(probe_hsts_max_age("max-age=99999999999999999999") >=
		    INT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing_by_itself),
		cmocka_unit_test(what_is_unknown_is_not_good),
		cmocka_unit_test(several_things_at_once),
		cmocka_unit_test(ends_of_a_handshake),
		cmocka_unit_test(hsts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
