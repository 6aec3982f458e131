/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Setting list: values that are lists by comma, or one word that stands for
 * none of them or for all. Each kind reads what it writes; setting_type.h has
 * the rest of the types. It knows neither files nor keys.
 *
 *     networks   none, any, or 10.0.0.0/8, 2001:db8::/32
 *     countries  any, or NL, BE (ISO 3166-1 alpha-2)
 *     classes    deny, allow, or loopback, link-local, private, carrier
 *     services   none, or sshd, cron
 *     proxies    none, direct, or 10.0.0.5, 2001:db8::/120
 *     prefixes   +31, +32: with what a telephone number begins (E.164)
 *     words      cloxxs, example
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/network.h"
#include "base/scope.h"
#include "base/text.h"

/* All zero: none. */
struct setting_networks {
	bool any; /* whatever list holds */
	struct networks list;
};

/* What stands between users and an application. All zero: none, which is not
 * that nothing does, but that nobody said what. */
struct setting_proxies {
	bool direct; /* nothing: they reach it themselves; list is empty */
	struct networks list;
};

/*
 * The next element of a list by comma, without the blanks around it; two words
 * without a comma between them are one element. False at the end. *next is the
 * list at first, and NULL behind its last element.
 */
bool setting_list_next(const char **next, const char **ret_element,
		       size_t *ret_n);

/* SETTING_TYPE_E_INVALID with why, or -ENOMEM; *at is untouched then. */
must_check int setting_networks_parse(const char *value, bool may_be_any,
				      struct setting_networks *at,
				      struct text *why);
must_check int setting_countries_parse(const char *value, char ***at,
				       struct text *why);
/* Bits 1 << enum address_class. */
must_check int setting_classes_parse(const char *value, uint32_t *at,
				     struct text *why);
must_check int setting_services_parse(const char *value, char ***at,
				      struct text *why);
must_check int setting_proxies_parse(const char *value,
				     struct setting_proxies *at,
				     struct text *why);
must_check int setting_prefixes_parse(const char *value, char ***at,
				      struct text *why);
/* Each of min to max small letters. */
must_check int setting_words_parse(uint64_t min, uint64_t max,
				   const char *value, char ***at,
				   struct text *why);

void setting_networks_format(const struct setting_networks *networks,
			     struct text *value);
void setting_classes_format(uint32_t classes, struct text *value);
/* Of texts as the others keep them; empty is what an empty one is written as.
 */
void setting_texts_format(char *const *texts, const char *empty,
			  struct text *value);

void setting_proxies_format(const struct setting_proxies *proxies,
			    struct text *value);

void setting_proxies_deinit(struct setting_proxies *proxies);
void setting_networks_deinit(struct setting_networks *networks);
/* Takes NULL, returns NULL. */
char **setting_texts_free(char **texts);
