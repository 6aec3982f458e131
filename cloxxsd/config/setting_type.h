/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Setting type: how the value of a setting is written, and what it becomes.
 * Each type reads what it writes. It knows neither files nor keys.
 *
 *     number    3                 uint32_t
 *     auto      auto, or 3        uint32_t, 0 for auto
 *     count     off, or 10        uint32_t, 0 for off
 *     size      64M (K, M, G)     uint64_t bytes
 *     duration  24h (s, m, h, d)  uint32_t seconds
 *     uids      66000-99999       uint32_t[2]
 *     path      /bin/bash         char *
 *     home      /home/%u          char *
 *     pattern   *.dump            char *
 *     words     cloxxs, example   char **, ended by NULL
 *     language  nl, or auto       enum language, LANGUAGE_NONE for auto
 *     networks, countries, classes, services   see setting_list.h
 *     declaration none, or 2026-05-01 and a sentence   char *
 *     limit     off, or 90d       uint32_t seconds, 0 for off
 *     hours     mo-fr 07:00-20:00 struct hours
 *     preset    modern            enum password_preset
 *     credit    0, or -1          uint32_t, 1 for -1: so many at least
 *     file      none, or a path   char *, NULL for none
 *     yes_no    yes               uint32_t, 1 for yes
 *     require   no, ask or yes    uint32_t, 0, 1 or 2
 *     label     auto, or 2026-11  char *
 *     texts     default, or /etc/cloxxs/notice.%l.txt   char *
 *     account   none, or www-data char *, NULL for none
 *     proxies   see setting_list.h
 *     code      see policy/code.h
 *     prefixes  see setting_list.h
 *     mail      none, or one address of mail   char *, NULL for none
 *     route     none, or a name   char *, NULL for none
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

enum setting_type {
	SETTING_NUMBER,
	SETTING_AUTO,
	SETTING_COUNT,
	SETTING_SIZE,
	SETTING_DURATION,
	SETTING_UIDS,
	SETTING_PATH,
	SETTING_HOME,
	SETTING_WORDS,
	SETTING_PATTERN,
	SETTING_LANGUAGE,
	SETTING_DECLARATION,
	SETTING_NETWORKS,  /* struct setting_networks */
	SETTING_COUNTRIES, /* char **, ended by NULL */
	SETTING_CLASSES,   /* uint32_t */
	SETTING_SERVICES,  /* char **, ended by NULL */
	SETTING_LIMIT,
	SETTING_HOURS,
	SETTING_PRESET,
	SETTING_CREDIT,
	SETTING_FILE,
	SETTING_YES_NO,
	SETTING_REQUIRE,
	SETTING_LABEL,
	SETTING_TEXTS,
	SETTING_ACCOUNT,
	SETTING_PROXIES,  /* struct setting_proxies */
	SETTING_CODE,     /* struct code_demand */
	SETTING_PREFIXES, /* char **, ended by NULL */
	SETTING_MAIL,
	SETTING_ROUTE,
};

/* Both may be; for words: how many letters; for networks max 1: may be any; for
 * a language min is the first that may be. Unused for paths. */
struct setting_bounds {
	uint64_t min, max;
};

enum setting_type_error {
	_SETTING_TYPE_E_OK,
	SETTING_TYPE_E_INVALID, /* why says what was expected */
};

/* So that what is written can be read again: see INI_LINE_MAX. */
#define SETTING_WORDS_MAX 64
#define SETTING_VALUE_MAX 4096

/*
 * Reads value into the object at, which is untouched on failure; what stood
 * there is freed on success. SETTING_TYPE_E_* or -ENOMEM.
 */
must_check int setting_parse(enum setting_type type,
			     const struct setting_bounds *bounds,
			     const char *value, void *at, struct text *why);
/* Writes the object in the form that is read; SETTING_VALUE_MAX is enough. */
void setting_format(enum setting_type type, const void *at, struct text *value);
/* Frees what the object owns; all-zero objects own nothing. */
void setting_deinit(enum setting_type type, void *at);
