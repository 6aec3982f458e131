/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Log: what the journal is told: one line for each message that was tried, with
 * its recipient masked, and what happened to the courier itself. Never a text,
 * a secret, an URL or a whole recipient.
 */

#include "courier/message.h"
#include "courier/result.h"

struct log_delivery {
	const struct message *message;
	enum result result;
	const char *route, *detail;
	int64_t milliseconds;
};

void log_delivery(const struct log_delivery *delivery);
/* priority: of syslog. Each line of text becomes one entry. */
void log_lines(int priority, const char *what, const char *text);
