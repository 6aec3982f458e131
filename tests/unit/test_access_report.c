/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The access report: records made up here go in, and each form in each language
 * is held against what it must say of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cloxxsctl/audit/catalogue.h"
#include "cloxxsctl/audit/report.h"
#include "cloxxsctl/audit/report_days.h"
#include "cloxxsctl/audit/report_words.h"
#include "cloxxsd/audit/event.h"
#include "policy/reason.h"

/* 2026-11-01 and 2026-12-01 of a host in the Netherlands, and a day there. */
#define NOVEMBER INT64_C(1793487600)
#define DECEMBER INT64_C(1796079600)
#define DAY INT64_C(86400)
#define MADE (NOVEMBER + 27 * DAY)

static struct audit_report report;

static int setup(void **state)
{
	(void)state;
	/* Told in full, so that no database of zones is needed. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	audit_report_init(&report);
	report.host = "host.example";
	report.made = MADE;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	audit_report_deinit(&report);
	return 0;
}

static void take(json_t *entry)
{
	assert_non_null(entry);
	assert_int_equal(audit_report_take(&report, entry), 0);
	json_decref(entry);
}

/* At so many hours of November, more members by json_pack(3). */
static json_t *entry(int64_t hours, const char *event, const char *result,
		     const char *reason, const char *user, const char *actor)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s*, s:s*}", "at",
			 (json_int_t)((NOVEMBER + hours * 3600) * 1000000),
			 "event", event, "result", result, "reason", reason,
			 "user", user, "actor", actor);
}

static json_t *with(json_t *one, const char *key, const char *value)
{
	assert_int_equal(json_object_set_new(one, key, json_string(value)), 0);
	return one;
}

static json_t *numbered(json_t *one, int64_t sequence)
{
	assert_int_equal(
		json_object_set_new(one, "sequence", json_integer(sequence)),
		0);
	return one;
}

static void take_login(int64_t hours, const char *user)
{
	take(entry(hours, "login-allowed", "allowed", "password-verified", user,
		   user));
}

static void take_refusal(int64_t hours, const char *user, const char *reason)
{
	take(entry(hours, "login-denied", "denied", reason, user, user));
}

static char *print(enum audit_report_form form, enum language language)
{
	struct output output = { .now = MADE };
	char *bytes = NULL;
	size_t n = 0;

	output.stream = open_memstream(&bytes, &n);
	assert_non_null(output.stream);
	assert_int_equal(audit_report_write(&report, form, language, &output),
			 0);
	assert_int_equal(fclose(output.stream), 0);
	return bytes;
}

static void assert_says(const char *text, const char *piece)
{
	if (!strstr(text, piece))
		fail_msg("\"%s\" is not in:\n%s", piece, text);
}

static void assert_says_not(const char *text, const char *piece)
{
	if (strstr(text, piece))
		fail_msg("\"%s\" is in:\n%s", piece, text);
}

/* A month: logins, refusals, locks, rights, acts and actions. */
static void take_month(void)
{
	report.since_us = NOVEMBER * 1000000;
	report.until_us = DECEMBER * 1000000;
	for (int i = 0; i < 12; i++)
		take_login(24 + i, "anna");
	take_login(49, "bram");
	take(with(entry(50, "account-allowed", "allowed", "rules-passed",
			"bram", "bram"),
		  "details", "method=publickey"));
	/* A job, and whom root became: nobody came in. */
	take(with(entry(51, "account-allowed", "allowed", "rules-passed",
			"bram", "bram"),
		  "details", "method=none"));
	take(with(with(entry(51, "account-allowed", "allowed", "rules-passed",
			     "bram", "root"),
		       "details", "method=none"),
		  "address", "192.0.2.7"));
	take_refusal(52, "anna", "wrong-password");
	take_refusal(53, "hunter2", "unknown-user");
	take(with(entry(54, "login-denied", "denied", "country-not-allowed",
			"anna", "anna"),
		  "details", "country=BR"));
	take(with(entry(55, "refusals-counted", "denied", "throttled", NULL,
			"cloxxsd"),
		  "details", "n=40 first=1 last=2"));
	take(entry(56, "user-locked", "done", "too-many-failures", "anna",
		   "cloxxsd"));
	take(with(with(entry(57, "user-unlocked", "done", "by-administrator",
			     "anna", "petra"),
		       "details", "she <rang> & \"asked\""),
		  "address", "192.0.2.7"));
	take(with(with(entry(58, "grant-set", "done", "by-administrator",
			     "@finance", "petra"),
		       "details", "project=budget right=none->write"),
		  "service", "cloxxs-online"));
	take(with(entry(59, "member-added", "done", "by-administrator", "bram",
			"petra"),
		  "details", "group=@finance"));
	take(with(entry(60, "grant-ended", "done", "none", "bram", "cloxxsd"),
		  "details", "project=budget right=write->none"));
	for (int i = 0; i < 3; i++)
		take(with(with(with(entry(61 + i, "action",
					  i == 2 ? "denied" : "done", "none",
					  "anna", "anna"),
				    "project", "budget"),
			       "service", "cloxxs-online"),
			  "action", "entry-posted"));
}

static void counts_a_month_in_english(void **state)
{
	scope(scope_free) char *text = NULL;

	(void)state;
	take_month();
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_ENGLISH);
	assert_says(text, "Access report\nhost.example, cloxxsctl ");
	assert_says(text, "Period: from 2026-11-01 00:00:00 +0100 to "
			  "2026-12-01 00:00:00 +0100\n");
	assert_says(text, "  Logins                                 14\n"
			  "  No password                             1\n"
			  "  Refusals                               43\n"
			  "  Locks                                   1\n"
			  "  Unlocks                                 1\n"
			  "  Changes of rights                       3\n"
			  "  Administrators' acts                    3\n"
			  "  Actions                                 3\n");
	assert_says(text, "Logins and refusals per day\n"
			  "  Day                Logins       Refusals\n"
			  "  2026-11-01              0              0\n"
			  "  2026-11-02             12              0  "
			  "##############################\n"
			  "  2026-11-03              2             43  #####\n"
			  "  2026-11-04              0              0\n");
	/* No further than today. */
	assert_says(text, "  2026-11-28              0              0\n\n");
	assert_says(text,
		    "  User  Logins  No password  Actions  Last login\n"
		    "  anna      12            0        3  2026-11-02 11:00:00 "
		    "+0100\n"
		    "  bram       2            1        0  2026-11-03 02:00:00 "
		    "+0100\n");
	assert_says(text, "  address had to wait        40  2026-11-03");
	assert_says(text, "  country not allowed         1  ");
	assert_says(text, "  not known        42  ");
	assert_says(text, "  BR                1  ");
	assert_says(text, "  names that nobody has        41  ");
	assert_says(text, "  2026-11-03 08:00:00 +0100  locked    anna  "
			  "cloxxsd             too many wrong answers\n"
			  "  2026-11-03 09:00:00 +0100  unlocked  anna  petra  "
			  "  192.0.2.7  she <rang> & \"asked\"\n");
	assert_says(text, "right given       @finance  budget    none->write "
			  " petra\n");
	assert_says(text, "put into a group  bram      @finance");
	assert_says(text, "right ended       bram      budget    write->none "
			  " cloxxsd\n");
	assert_says(text, "  petra  right given            1  2026-11-03");
	assert_says(text, "  budget   cloxxs-online  entry-posted       3      "
			  " 1  2026-11-03");
}

static void counts_a_month_in_dutch(void **state)
{
	scope(scope_free) char *text = NULL;

	(void)state;
	take_month();
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_DUTCH);
	assert_says(text, "Toegangsverslag\nhost.example, cloxxsctl ");
	assert_says(text, "Periode: van 2026-11-01 00:00:00 +0100 tot "
			  "2026-12-01 00:00:00 +0100\n");
	assert_says(text, "  Aanmeldingen                           14\n"
			  "  Zonder wachtwoord                       1\n"
			  "  Weigeringen                            43\n");
	assert_says(text, "Aanmeldingen en weigeringen per dag\n"
			  "  Dag          Aanmeldingen    Weigeringen\n");
	assert_says(text, "  adres moest wachten            40  ");
	assert_says(text, "  namen die niemand heeft           41  ");
	assert_says(text, "te veel verkeerde antwoorden\n");
	assert_says(text, "  petra  recht gegeven ");
	assert_says_not(text, "Logins");
	assert_says_not(text, "not known");
}

/* A password that was typed in the place of a name is told in no form. */
static void tells_no_name_that_nobody_has(void **state)
{
	(void)state;
	take_month();
	for (enum audit_report_form form = AUDIT_REPORT_TEXT;
	     form <= AUDIT_REPORT_JSON; form++) {
		scope(scope_free) char *said = print(form, LANGUAGE_ENGLISH);

		assert_says_not(said, "hunter2");
	}
}

static int64_t number_at(const json_t *json, const char *section, size_t i,
			 const char *member)
{
	const json_t *row = json_array_get(json_object_get(json, section), i);
	const json_t *number = json_object_get(row, member);

	assert_true(json_is_integer(number));
	return json_integer_value(number);
}

static const char *text_at(const json_t *json, const char *section, size_t i,
			   const char *member)
{
	const json_t *row = json_array_get(json_object_get(json, section), i);
	const char *text = json_string_value(json_object_get(row, member));

	assert_non_null(text);
	return text;
}

static json_t *print_json(void)
{
	scope(scope_free) char *said = print(AUDIT_REPORT_JSON, LANGUAGE_DUTCH);
	json_t *json = json_loads(said, 0, NULL);

	assert_non_null(json);
	return json;
}

static void json_has_names_of_no_language(void **state)
{
	scope(json_decrefp) json_t *json = NULL;

	(void)state;
	take_month();
	json = print_json();
	assert_int_equal(json_integer_value(json_object_get(json, "since")),
			 NOVEMBER * 1000000);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(json, "totals"), "refusals")),
			 43);
	assert_string_equal(text_at(json, "days", 0, "day"), "2026-11-02");
	assert_int_equal(number_at(json, "days", 0, "logins"), 12);
	assert_string_equal(text_at(json, "users", 1, "user"), "bram");
	assert_int_equal(number_at(json, "users", 1, "without_password"), 1);
	assert_string_equal(text_at(json, "reasons", 0, "reason"), "throttled");
	assert_int_equal(number_at(json, "reasons", 0, "refusals"), 40);
	assert_true(json_is_null(json_object_get(
		json_array_get(json_object_get(json, "countries"), 0),
		"country")));
	assert_string_equal(text_at(json, "countries", 1, "country"), "BR");
	assert_string_equal(text_at(json, "locks", 1, "event"),
			    "user-unlocked");
	assert_int_equal(number_at(json, "locks", 1, "at"),
			 (NOVEMBER + 57 * 3600) * 1000000);
	assert_string_equal(text_at(json, "locks", 1, "reason"),
			    "by-administrator");
	assert_string_equal(text_at(json, "rights", 0, "place"), "budget");
	assert_string_equal(text_at(json, "rights", 0, "details"),
			    "project=budget right=none->write");
	assert_string_equal(text_at(json, "acts", 0, "actor"), "petra");
	assert_int_equal(number_at(json, "actions", 0, "failed"), 1);
	assert_int_equal(json_object_size(json_object_get(json, "left_out")),
			 0);
}

/* Reads one tag at "<"; a name, and attributes in quotation marks. */
static const char *read_tag(const char *at, char name[32], bool *ret_ends,
			    bool *ret_empty)
{
	size_t n;

	*ret_ends = at[1] == '/';
	at += 1 + *ret_ends;
	n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789");
	assert_in_range(n, 1, 31);
	memcpy(name, at, n);
	name[n] = '\0';
	for (at += n; *at && *at != '>' && *at != '/'; at++)
		if (*at == '"') {
			at = strchr(at + 1, '"');
			assert_non_null(at);
		} else {
			assert_true(*at != '<' && *at != '&');
		}
	*ret_empty = *at == '/';
	at += *ret_empty;
	assert_int_equal(*at, '>');
	return at + 1;
}

static void assert_is_entity(const char *at)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;",
					     "&#39;" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strncmp(at, known[i], strlen(known[i])) == 0)
			return;
	fail_msg("an entity of nobody's: %.20s", at);
}

/* Each tag has its end, in order, as XML demands it. */
static void assert_well_formed(const char *html)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	char open[16][32], name[32];
	const char *at = html + strlen(doctype);
	size_t depth = 0;
	bool ends, empty;

	assert_int_equal(strncmp(html, doctype, strlen(doctype)), 0);
	while (*at) {
		if (*at == '&')
			assert_is_entity(at);
		if (*at != '<') {
			assert_true(*at == '\n' || (*at >= ' ' && *at < 0x7f));
			at++;
			continue;
		}
		at = read_tag(at, name, &ends, &empty);
		if (ends) {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
		} else if (!empty) {
			assert_true(depth < ARRAY_SIZE(open));
			memcpy(open[depth++], name, sizeof(name));
		}
	}
	assert_int_equal(depth, 0);
}

static void page_is_whole_and_asks_for_nothing(void **state)
{
	static const char *const outside[] = { "src=",    "href=",   "url(",
					       "@import", "<script", "onload" };

	(void)state;
	take_month();
	for (enum language language = LANGUAGE_ENGLISH; language < _LANGUAGE_N;
	     language++) {
		scope(scope_free) char *html =
			print(AUDIT_REPORT_HTML, language);

		assert_well_formed(html);
		for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
			assert_says_not(html, outside[i]);
		assert_says(html, "content=\"default-src 'none'; ");
	}
}

static void page_says_the_same(void **state)
{
	scope(scope_free) char *english = NULL, *dutch = NULL;

	(void)state;
	take_month();
	english = print(AUDIT_REPORT_HTML, LANGUAGE_ENGLISH);
	assert_says(english, "<html lang=\"en\">");
	assert_says(english, "<title id=\"logins-title\">Logins per day</title>"
			     "\n<desc id=\"logins-desc\">2026-11-01 - "
			     "2026-11-28; in all: 14; most: 12 (2026-11-02)"
			     "</desc>");
	assert_says(english, "<title>2026-11-03: 43</title></rect>");
	assert_says(english, "<td class=\"count\">12</td><td class=\"bar\">"
			     "<svg aria-hidden=\"true\" viewBox=\"0 0 1000 "
			     "10\" preserveAspectRatio=\"none\"><rect "
			     "width=\"1000\" height=\"10\"/></svg></td>");
	assert_says(english, "<time datetime=\"2026-11-03T08:00:00Z\">"
			     "2026-11-03 09:00:00</time>");
	assert_says(english, "she &lt;rang&gt; &amp; &quot;asked&quot;");
	dutch = print(AUDIT_REPORT_HTML, LANGUAGE_DUTCH);
	assert_says(dutch, "<html lang=\"nl\">");
	assert_says(dutch, "<h2 id=\"locks\">Blokkeringen en opheffingen</h2>");
	assert_says(dutch, "in totaal: 14; meeste: 12 (2026-11-02)</desc>");
	assert_says(dutch, "<td>blokkering opgeheven</td>");
}

/* What others wrote is text wherever it stands. */
static void abuse_94_101_texts_of_others(void **state)
{
	static const char evil[] = "</td><script>alert('1')</script>\n"
				   "\x1b[2J\xe2\x80\xae\xff&\"";
	scope(scope_free) char *html = NULL, *text = NULL;
	scope(json_decrefp) json_t *json = NULL;
	json_t *one;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		static const char *const events[] = {
			"login-allowed", "login-denied", "account-denied",
			"user-locked",   "grant-set",    "action",
			"user-changed",  "</h1>",
		};

		one = entry((int64_t)i, events[i], "done", "</dl>", "x", "x");
		/* Not UTF-8: as a file of anybody may have it. */
		assert_int_equal(
			json_object_set_new(
				one, "user",
				json_stringn_nocheck(evil, strlen(evil))),
			0);
		for (size_t k = 0; k < 6; k++) {
			static const char *const members[] = {
				"actor",   "service", "address",
				"details", "project", "action",
			};

			assert_int_equal(json_object_set_new(
						 one, members[k],
						 json_stringn_nocheck(
							 evil, strlen(evil))),
					 0);
		}
		take(one);
	}
	html = print(AUDIT_REPORT_HTML, LANGUAGE_ENGLISH);
	assert_well_formed(html);
	assert_says_not(html, "<script");
	assert_says(html, "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)");
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_ENGLISH);
	for (const char *c = text; *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f));
	assert_says(text, "\\x0a\\x1b[2J\\xe2\\x80\\xae\\xff&\"");
	json = print_json();
	assert_non_null(strstr(text_at(json, "users", 0, "user"), "\\x1b[2J"));
}

static void a_flood_of_names_is_counted_and_not_kept(void **state)
{
	scope(scope_free) char *html = NULL, *text = NULL;
	scope(json_decrefp) json_t *json = NULL;
	const json_t *left_out;
	char name[32];

	(void)state;
	for (int i = 0; i < 10007; i++) {
		(void)snprintf(name, sizeof(name), "user%05d", i);
		take_login(1, name);
	}
	take_login(2, "user00003");
	for (int i = 0; i < 5002; i++)
		take(entry(3, "user-locked", "done", "too-many-failures",
			   "user00003", "cloxxsd"));
	json = print_json();
	assert_int_equal(json_array_size(json_object_get(json, "users")),
			 10000);
	assert_string_equal(text_at(json, "users", 0, "user"), "user00003");
	left_out = json_object_get(json, "left_out");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(left_out, "users"), "logins")),
			 7);
	assert_int_equal(json_array_size(json_object_get(json, "locks")), 5000);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(left_out, "locks"), "number")),
			 2);
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_ENGLISH);
	assert_says(text, "\n  others          7            0        0");
	assert_says(text, "\n  2 more in this period, not listed\n");
	html = print(AUDIT_REPORT_HTML, LANGUAGE_DUTCH);
	assert_says(html, "<tr class=\"others\"><th scope=\"row\">overige</th>"
			  "<td class=\"count\">7</td>");
	assert_says(html, "<p class=\"note\">2 meer in deze periode");
	assert_well_formed(html);
}

static void sums_are_taken_only_where_they_can_be(void **state)
{
	static const char *const details[] = {
		"n=3 first=1",
		"n=0",
		"n=-7",
		"n=4x",
		"n=99999999999999999999 a=1",
		"n=2000000000",
		"",
		"xn=9",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(details); i++)
		take(with(entry(1, "refusals-counted", "denied", "throttled",
				"anna", "cloxxsd"),
			  "details", details[i]));
	/* n= of any other record is none of ours. */
	take(with(entry(1, "login-denied", "denied", "locked", "anna", "anna"),
		  "details", "n=50"));
	assert_int_equal(report.totals[REPORT_TOTAL_REFUSALS], 3 + 7 + 1);
}

/* sshd names the key only behind the check. */
static void who_came_from_somewhere_came_in(void **state)
{
	(void)state;
	take(with(with(entry(51, "account-allowed", "allowed", "rules-passed",
			     "bram", "bram"),
		       "details", "method=none"),
		  "address", "192.0.2.7"));
	assert_int_equal(report.totals[REPORT_TOTAL_LOGINS], 1);
	assert_int_equal(report.totals[REPORT_TOTAL_UNASKED], 1);
}

static void what_cloxxsd_does_is_nobodys_act(void **state)
{
	(void)state;
	take(entry(1, "backup-created", "done", "none", NULL, "cloxxsd"));
	take(entry(1, "user-locked", "done", "too-many-failures", "anna",
		   "cloxxsd"));
	take(entry(1, "backup-created", "done", "by-administrator", NULL,
		   NULL));
	assert_int_equal(report.totals[REPORT_TOTAL_ACTS], 0);
	take(entry(1, "backup-created", "done", "by-administrator", NULL,
		   "root"));
	assert_int_equal(report.totals[REPORT_TOTAL_ACTS], 1);
}

static void empty(void **state)
{
	scope(scope_free) char *text = NULL, *html = NULL;

	(void)state;
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_ENGLISH);
	assert_says(text, "Period: all records there are\n");
	assert_says(text, "\nLocks and unlocks\n  None in this period.\n");
	html = print(AUDIT_REPORT_HTML, LANGUAGE_DUTCH);
	assert_well_formed(html);
	assert_says(html, "Geen in deze periode.");
	assert_says_not(html, "<figure");
}

static void says_what_is_missing(void **state)
{
	scope(scope_free) char *text = NULL, *html = NULL;

	(void)state;
	take(numbered(
		entry(1, "daemon-started", "done", "none", NULL, "cloxxsd"),
		812));
	take(json_pack("{s:I, s:i, s:s, s:b}", "at",
		       (json_int_t)(NOVEMBER * 1000000), "sequence", 820,
		       "event", "daemon-stopped", "replaced", 1));
	text = print(AUDIT_REPORT_TEXT, LANGUAGE_ENGLISH);
	assert_says(text, "  Records read                            2 "
			  "(numbers 812 - 820)\n"
			  "  Records with names replaced             1\n");
	assert_says_not(text, "not complete");
	report.totals[REPORT_TOTAL_MISSING] = 7;
	html = print(AUDIT_REPORT_HTML, LANGUAGE_ENGLISH);
	assert_says(html, "Records missing</dt><dd>7</dd>");
	assert_says(html, "<p class=\"fault\">Records are missing between");
	assert_well_formed(html);
}

static void days_of_summer_time_and_months(void **state)
{
	scope(report_days_deinit) struct report_days days = { 0 };
	/* Summer time ended on 2026-10-25 at 03:00. */
	const int64_t sunday = NOVEMBER - 7 * DAY - 3600;

	(void)state;
	for (int64_t hour = -1; hour <= 25; hour++)
		take(json_pack("{s:I, s:s, s:s}", "at",
			       (json_int_t)((sunday + hour * 3600) * 1000000),
			       "event", "login-allowed", "user", "anna"));
	assert_int_equal(report_days_make(&report, &days), 0);
	assert_int_equal(days.step, REPORT_STEP_DAY);
	assert_int_equal(days.n, 3);
	assert_string_equal(days.buckets[1].name, "2026-10-25");
	assert_int_equal(days.buckets[0].counts[REPORT_DAY_LOGINS], 1);
	assert_int_equal(days.buckets[1].counts[REPORT_DAY_LOGINS], 25);
	assert_int_equal(days.buckets[2].counts[REPORT_DAY_LOGINS], 1);

	report_days_deinit(&days);
	report.since_us = (NOVEMBER - 365 * DAY) * 1000000;
	assert_int_equal(report_days_make(&report, &days), 0);
	assert_int_equal(days.step, REPORT_STEP_MONTH);
	assert_int_equal(days.n, 12);
	assert_string_equal(days.buckets[0].name, "2025-11");
	assert_string_equal(days.buckets[11].name, "2026-10");
	assert_int_equal(days.buckets[11].counts[REPORT_DAY_LOGINS], 27);

	/* A clock that was never set is no reason to draw 20,000 bars. */
	report_days_deinit(&days);
	report.since_us = 1000000;
	assert_int_equal(report_days_make(&report, &days), 0);
	assert_int_equal(days.step, REPORT_STEP_YEAR);
	assert_int_equal(days.n, 57);
}

/* The day on which summer time began had 23 hours. */
static void a_short_day_ends_when_it_does(void **state)
{
	scope(report_days_deinit) struct report_days days = { 0 };
	const int64_t sunday = NOVEMBER - 217 * DAY;
	static const int minutes[] = { 0, 60, 22 * 60 + 59, 23 * 60 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++)
		take(json_pack(
			"{s:I, s:s, s:s}", "at",
			(json_int_t)((sunday + minutes[i] * 60) * 1000000),
			"event", "login-allowed", "user", "anna"));
	assert_int_equal(report_days_make(&report, &days), 0);
	assert_int_equal(days.n, 2);
	assert_string_equal(days.buckets[0].name, "2026-03-29");
	assert_int_equal(days.buckets[0].counts[REPORT_DAY_LOGINS], 3);
	assert_int_equal(days.buckets[1].counts[REPORT_DAY_LOGINS], 1);
}

static void entries_of_nothing_known(void **state)
{
	scope(scope_free) char *html = NULL;

	(void)state;
	take(json_object());
	take(json_pack("{s:s, s:s}", "event", "login-allowed", "at", "soon"));
	take(json_pack("{s:I, s:s, s:i}", "at", (json_int_t)INT64_MAX, "event",
		       "login-denied", "reason", 7));
	take(json_pack("{s:I, s:s, s:n}", "at", (json_int_t)INT64_MIN, "event",
		       "action", "user"));
	html = print(AUDIT_REPORT_HTML, LANGUAGE_ENGLISH);
	assert_well_formed(html);
	assert_int_equal(report.totals[REPORT_TOTAL_RECORDS], 4);
	assert_int_equal(report.totals[REPORT_TOTAL_LOGINS], 1);
}

static void assert_ascii(const char *text)
{
	assert_non_null(text);
	for (; *text; text++)
		assert_true(*text >= ' ' && *text < 0x7f);
}

static void knows_every_event_and_reason(void **state)
{
	const struct catalogue_event *row, *before = NULL;

	(void)state;
	for (enum event event = _EVENT_NONE + 1; event < _EVENT_N; event++)
		if (!catalogue_find(event_name(event)))
			fail_msg("%s has no row in catalogue.c",
				 event_name(event));
	for (enum reason reason = 0; reason < REASON_NONE; reason++)
		if (strcmp(catalogue_reason_text(reason_name(reason),
						 LANGUAGE_DUTCH),
			   reason_name(reason)) == 0)
			fail_msg("%s has no row in catalogue.c",
				 reason_name(reason));
	for (size_t i = 0; (row = catalogue_row(i)); i++) {
		assert_true(!before || strcmp(before->name, row->name) < 0);
		before = row;
		assert_ascii(row->english);
		assert_ascii(row->dutch);
	}
}

static void every_word_in_both_languages(void **state)
{
	(void)state;
	for (enum report_word word = 0; word < _N_REPORT_WORDS; word++) {
		assert_ascii(report_word(word, LANGUAGE_ENGLISH));
		assert_ascii(report_word(word, LANGUAGE_DUTCH));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define REPORT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		REPORT(counts_a_month_in_english),
		REPORT(counts_a_month_in_dutch),
		REPORT(tells_no_name_that_nobody_has),
		REPORT(json_has_names_of_no_language),
		REPORT(page_is_whole_and_asks_for_nothing),
		REPORT(page_says_the_same),
		REPORT(abuse_94_101_texts_of_others),
		REPORT(a_flood_of_names_is_counted_and_not_kept),
		REPORT(sums_are_taken_only_where_they_can_be),
		REPORT(who_came_from_somewhere_came_in),
		REPORT(what_cloxxsd_does_is_nobodys_act),
		REPORT(empty),
		REPORT(says_what_is_missing),
		REPORT(days_of_summer_time_and_months),
		REPORT(a_short_day_ends_when_it_does),
		REPORT(entries_of_nothing_known),
		cmocka_unit_test(knows_every_event_and_reason),
		cmocka_unit_test(every_word_in_both_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
