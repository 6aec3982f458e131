/* SPDX-License-Identifier: GPL-3.0-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "courier/log.h"

#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

static int priority_of(enum result result)
{
	return result == RESULT_ACCEPTED ? LOG_INFO : LOG_WARNING;
}

void log_delivery(const struct log_delivery *delivery)
{
	struct message_masked to = message_mask(delivery->message);
	const char *kind = kind_name(delivery->message->kind);
	const char *result = result_name(delivery->result);

	(void)sd_journal_send(
		"MESSAGE=%s to %s: %s by %s in %lld ms (%s), reference %s",
		kind, to.to, result, delivery->route,
		(long long)delivery->milliseconds, delivery->detail,
		delivery->message->reference, "PRIORITY=%d",
		priority_of(delivery->result), "CLOXXS_COURIER_KIND=%s", kind,
		"CLOXXS_COURIER_ROUTE=%s", delivery->route,
		"CLOXXS_COURIER_RESULT=%s", result, "CLOXXS_COURIER_TO=%s",
		to.to, "CLOXXS_COURIER_REFERENCE=%s",
		delivery->message->reference, "CLOXXS_COURIER_DETAIL=%s",
		delivery->detail, NULL);
}

void log_lines(int priority, const char *what, const char *text)
{
	while (*text) {
		int n = (int)strcspn(text, "\n");

		(void)sd_journal_send("MESSAGE=%s: %.*s", what, n, text,
				      "PRIORITY=%d", priority, NULL);
		text += n + (text[n] ? 1 : 0);
	}
}
