/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Nsswitch: one line of nsswitch.conf(5): which services are asked for a
 * database, in which order, and what ends the asking before ours.
 */

#include <stdbool.h>
#include <stddef.h>

#define NSSWITCH_SERVICES_MAX 16

struct nsswitch_line {
	unsigned int number; /* of the line; 0: there is none */
	unsigned int again;  /* of a second line for it, or 0 */
	const char *services[NSSWITCH_SERVICES_MAX]; /* in the text */
	size_t n;
	size_t local, ours; /* places of "files" (or "compat") and "cloxxs", n
			       where they do not stand */
	bool broken;        /* an action without its end, too many services */
	/* A service before ours ends the asking where it did not know the
	 * name; where it did. */
	bool ends_unknown, ends_known;
};

/* Finds database in text, which is cut up. */
void nsswitch_find(char *text, const char *database,
		   struct nsswitch_line *ret_line);
