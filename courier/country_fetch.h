/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Country fetch: fetches the country database once, as [countries] says: asks
 * for its checksum, where there is one, then for itself, and for the former
 * month's where this month's is not there yet; unpacks it as it comes, and puts
 * it in the place of the former one when it is whole. What goes wrong leaves
 * that one.
 */

#include "courier/configuration.h"
#include "courier/country_store.h"
#include "courier/web.h"

struct country_fetch;

/* As varlink/nl.cloxxs.Courier.varlink tells them. */
enum country_result {
	COUNTRY_FAILED,    /* detail says why */
	COUNTRY_FETCHED,   /* another one is there */
	COUNTRY_UNCHANGED, /* it is there already */
	_COUNTRY_RESULTS,
};

const char *country_result_name(enum country_result result);

struct country_report {
	enum country_result result;
	char detail[256];
	struct country_state state; /* of the file, unless it failed */
};

struct country_fetch_args {
	struct web *web;
	/* Outlives the fetch; it has a source. */
	const struct configuration *configuration;
	const char *directory;
	int64_t now_s; /* since 1970 */
	/* Called once, from the loop, never from country_fetch_start(); the
	 * fetch is gone then. report lives for the call. */
	void (*done)(const struct country_report *report, void *userdata);
	void *userdata;
};

/* -errno. It ends within the timeout of its settings. */
must_check int country_fetch_start(const struct country_fetch_args *args,
				   struct country_fetch **ret_fetch);
/* Ends it, without done. Takes NULL, returns NULL. */
struct country_fetch *country_fetch_free(struct country_fetch *fetch);
