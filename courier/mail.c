/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

/* RFC 2047, section 2: a line with an encoded word has 76 characters at most;
 * this many bytes fit between "Subject: =?UTF-8?B?" and "?=". */
#define WORD_MAX 39
/* RFC 2045, section 6.8: a line of base64 has 76 characters at most. */
#define LINE_BYTES 57
/* RFC 5322, section 2.1.1; with room for a dot that SMTP doubles. */
#define LINE_MAX 900

static void add_base64(struct wiped *wiped, const char *bytes, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = (const unsigned char *)bytes;

	for (size_t i = 0; i < n; i += 3) {
		unsigned int one = b[i], two = i + 1 < n ? b[i + 1] : 0,
			     three = i + 2 < n ? b[i + 2] : 0;
		const char group[4] = {
			letters[one >> 2],
			letters[(one & 3) << 4 | two >> 4],
			i + 1 < n ? letters[(two & 15) << 2 | three >> 6] : '=',
			i + 2 < n ? letters[three & 63] : '=',
		};

		wiped_add_bytes(wiped, group, sizeof(group));
	}
}

static bool is_ascii(const char *string)
{
	for (; *string; string++)
		if ((unsigned char)*string >= 0x80)
			return false;
	return true;
}

/* Words of whole characters, on lines of their own but for the first. */
static void add_words(struct wiped *wiped, const char *string)
{
	size_t left = strlen(string);
	const char *separator = "";

	while (left > 0) {
		size_t n = 0;

		while (n < left) {
			size_t k = utf8_length(string + n, left - n);

			if (k == 0 || n + k > WORD_MAX)
				break;
			n += k;
		}
		if (n == 0)
			return;
		wiped_add(wiped, separator);
		wiped_add(wiped, "=?UTF-8?B?");
		add_base64(wiped, string, n);
		wiped_add(wiped, "?=");
		separator = "\r\n ";
		string += n;
		left -= n;
	}
}

/* As it stands, where that is short and no encoded word by its looks. */
static void add_unstructured(struct wiped *wiped, const char *string)
{
	if (is_ascii(string) && strlen(string) <= 60 && !strstr(string, "=?"))
		wiped_add(wiped, string);
	else
		add_words(wiped, string);
}

/* A name before an address: quoted, or encoded. */
static void add_name(struct wiped *wiped, const char *name)
{
	if (is_ascii(name) && !strpbrk(name, "\"\\") && strlen(name) <= 60) {
		wiped_add(wiped, "\"");
		wiped_add(wiped, name);
		wiped_add(wiped, "\" ");
	} else {
		add_words(wiped, name);
		wiped_add(wiped, "\r\n ");
	}
}

/* RFC 5322, section 3.3; in English, whatever the locale. */
static void add_date(struct wiped *wiped, int64_t seconds)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed",
					"Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec" };
	time_t time = (time_t)seconds;
	struct tm tm = { .tm_mday = 1, .tm_year = 70 };
	char buffer[64];

	(void)!gmtime_r(&time, &tm);
	(void)snprintf(buffer, sizeof(buffer),
		       "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday],
		       tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		       tm.tm_hour, tm.tm_min, tm.tm_sec);
	wiped_add(wiped, buffer);
}

static bool has_long_line(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n > LINE_MAX)
			return true;
		text += n + (text[n] ? 1 : 0);
	}
	return false;
}

static void add_lines(struct wiped *wiped, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		wiped_add_bytes(wiped, text, n);
		wiped_add(wiped, "\r\n");
		text += n + (text[n] ? 1 : 0);
	}
}

/* Lines end by CRLF before they are encoded (RFC 2045, section 6.8). */
static void add_encoded(struct wiped *wiped, const char *text)
{
	scope(wiped_deinit) struct wiped lines = { 0 };

	add_lines(&lines, text);
	if (lines.error != 0)
		wiped->error = lines.error;
	for (size_t i = 0; i < lines.n; i += LINE_BYTES) {
		size_t n = lines.n - i > LINE_BYTES ? LINE_BYTES : lines.n - i;

		add_base64(wiped, lines.bytes + i, n);
		wiped_add(wiped, "\r\n");
	}
}

static void add_message_id(const struct mail_args *args, struct wiped *wiped)
{
	const char *at = strchr(args->from, '@');
	char buffer[64];

	(void)snprintf(buffer, sizeof(buffer), "<%016llx%016llx",
		       (unsigned long long)args->unique[0],
		       (unsigned long long)args->unique[1]);
	wiped_add(wiped, buffer);
	wiped_add(wiped, at ? at : "@localhost");
	wiped_add(wiped, ">");
}

void mail_compose(const struct mail_args *args, struct wiped *wiped)
{
	const char *text = wiped_string(&args->message->text);
	bool plain = is_ascii(text) && !has_long_line(text);

	wiped_add(wiped, "Date: ");
	add_date(wiped, args->seconds);
	wiped_add(wiped, "\r\nFrom: ");
	if (args->from_name)
		add_name(wiped, args->from_name);
	wiped_add(wiped, "<");
	wiped_add(wiped, args->from);
	wiped_add(wiped, ">\r\nTo: <");
	wiped_add(wiped, args->message->to);
	wiped_add(wiped, ">\r\nMessage-ID: ");
	add_message_id(args, wiped);
	wiped_add(wiped, "\r\nSubject: ");
	add_unstructured(wiped, args->message->subject);
	wiped_add(wiped, "\r\nMIME-Version: 1.0"
			 "\r\nContent-Type: text/plain; charset=UTF-8"
			 "\r\nContent-Transfer-Encoding: ");
	wiped_add(wiped, plain ? "7bit" : "base64");
	wiped_add(wiped, "\r\nAuto-Submitted: auto-generated\r\n\r\n");
	if (plain)
		add_lines(wiped, text);
	else
		add_encoded(wiped, text);
}
