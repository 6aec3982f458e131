/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/setting_type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/name.h"
#include "cloxxsd/config/setting_list.h"
#include "policy/code.h"
#include "policy/contact.h"
#include "policy/hours.h"
#include "policy/password.h"

struct unit {
	char letter;
	uint64_t factor;
};

/* The largest first: the first that divides a number is the one written. */
static const struct unit size_units[] = {
	{ 'G', UINT64_C(1) << 30 },
	{ 'M', UINT64_C(1) << 20 },
	{ 'K', UINT64_C(1) << 10 },
	{ 0, 0 },
};
static const struct unit duration_units[] = {
	{ 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 }, { 0, 0 },
};

/* Digits without a sign or a leading zero, and what stands behind them. */
static bool parse_digits(const char *string, uint64_t *ret_number,
			 const char **ret_rest)
{
	uint64_t number = 0;
	size_t n = strspn(string, "0123456789");

	if (n == 0 || (n > 1 && string[0] == '0'))
		return false;
	/* 18 digits cannot overflow; with more it is out of every range. */
	for (size_t i = 0; i < n && n <= 18; i++)
		number = number * 10 + (uint64_t)(string[i] - '0');
	if (n > 18)
		number = UINT64_MAX;
	*ret_number = number;
	*ret_rest = string + n;
	return true;
}

static bool parse_number(const char *string, uint64_t *ret_number)
{
	const char *rest;
	uint64_t number;

	if (!parse_digits(string, &number, &rest) || *rest)
		return false;
	*ret_number = number;
	return true;
}

static bool parse_with_unit(const char *string, const struct unit *units,
			    uint64_t *ret_number)
{
	const char *rest;
	uint64_t number;

	if (!parse_digits(string, &number, &rest) || !*rest || rest[1])
		return false;
	for (const struct unit *u = units; u->letter; u++) {
		if (u->letter != *rest)
			continue;
		if (__builtin_mul_overflow(number, u->factor, &number))
			number = UINT64_MAX;
		*ret_number = number;
		return true;
	}
	return false;
}

static void format_with_unit(uint64_t number, const struct unit *units,
			     struct text *value)
{
	const struct unit *u = units;

	/* One day is better known as 24h. */
	while (u[1].letter && (number % u->factor != 0 ||
			       (u->letter == 'd' && number == u->factor)))
		u++;
	text_add_format(value, "%" PRIu64 "%c", number / u->factor, u->letter);
}

static void format_bound(enum setting_type type, uint64_t bound,
			 struct text *text)
{
	if (type == SETTING_SIZE)
		format_with_unit(bound, size_units, text);
	else if (type == SETTING_DURATION || type == SETTING_LIMIT)
		format_with_unit(bound, duration_units, text);
	else
		text_add_format(text, "%" PRIu64, bound);
}

static int check_bounds(enum setting_type type,
			const struct setting_bounds *bounds, uint64_t number,
			struct text *why)
{
	if (number >= bounds->min && number <= bounds->max)
		return 0;
	text_add(why, "is out of range, ");
	format_bound(type, bounds->min, why);
	text_add(why, " to ");
	format_bound(type, bounds->max, why);
	return SETTING_TYPE_E_INVALID;
}

/* What stands where there is no number. */
static const char *word_for_zero(enum setting_type type)
{
	return type == SETTING_AUTO ? "auto" : "off";
}

static int parse_quantity(enum setting_type type,
			  const struct setting_bounds *bounds,
			  const char *value, void *at, struct text *why)
{
	uint64_t number = 0;
	int r;

	if (type == SETTING_SIZE) {
		if (!parse_with_unit(value, size_units, &number)) {
			text_add(why, "is not a size such as 64M (K, M, G)");
			return SETTING_TYPE_E_INVALID;
		}
	} else if (type == SETTING_DURATION || type == SETTING_LIMIT) {
		if (!parse_with_unit(value, duration_units, &number)) {
			text_add(why, type == SETTING_LIMIT
					      ? "is neither off nor a duration "
						"such as 90d (s, m, h, d)"
					      : "is not a duration such as 24h "
						"(s, m, h, d)");
			return SETTING_TYPE_E_INVALID;
		}
	} else if (!parse_number(value, &number)) {
		text_add(why,
			 type == SETTING_AUTO ? "is neither auto nor a number"
			 : type == SETTING_COUNT ? "is neither off nor a number"
						 : "is not a number");
		return SETTING_TYPE_E_INVALID;
	}
	r = check_bounds(type, bounds, number, why);
	if (r != 0)
		return r;
	if (type == SETTING_SIZE)
		*(uint64_t *)at = number;
	else
		*(uint32_t *)at = (uint32_t)number;
	return 0;
}

static int parse_uids(const struct setting_bounds *bounds, const char *value,
		      uint32_t *pair, struct text *why)
{
	uint64_t min, max;
	const char *rest;
	int r;

	if (!parse_digits(value, &min, &rest) || *rest != '-' ||
	    !parse_number(rest + 1, &max)) {
		text_add(why, "is not a range such as 66000-99999");
		return SETTING_TYPE_E_INVALID;
	}
	r = check_bounds(SETTING_UIDS, bounds, min, why);
	if (r == 0)
		r = check_bounds(SETTING_UIDS, bounds, max, why);
	if (r != 0)
		return r;
	if (min >= max) {
		text_add(why, "does not begin below its end");
		return SETTING_TYPE_E_INVALID;
	}
	pair[0] = (uint32_t)min;
	pair[1] = (uint32_t)max;
	return 0;
}

/* %u is the only thing that may follow a '%', and what it becomes must fit. */
static bool is_home(const char *value, size_t n)
{
	char longest[256 + NAME_USER_MAX];
	struct text text;

	if (!name_is_path(value, n))
		return false;
	text_init(&text, longest, sizeof(longest));
	for (size_t i = 0; i < n; i++) {
		if (value[i] != '%') {
			text_add_bytes(&text, &value[i], 1);
			continue;
		}
		if (value[++i] != 'u')
			return false;
		text_add_format(&text, "%0*d", NAME_USER_MAX, 0);
	}
	return !text_is_cut(&text) && name_is_path(longest, text.n);
}

static int parse_path(enum setting_type type, const char *value, char **path,
		      struct text *why)
{
	size_t n = strlen(value);
	bool good = type == SETTING_HOME ? is_home(value, n)
					 : name_is_path(value, n);
	char *copy;

	if (!good) {
		text_add(why, "is not an absolute path without '..', ':' and "
			      "blanks");
		if (type == SETTING_HOME)
			text_add(why, ", with %u for the name");
		return SETTING_TYPE_E_INVALID;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

/* A pattern of one name: printable, and in one directory. */
static int parse_pattern(const struct setting_bounds *bounds, const char *value,
			 char **pattern, struct text *why)
{
	size_t n = strlen(value);
	char *copy;

	for (const char *c = value; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '/')
			n = 0;
	if (n < bounds->min || n > bounds->max) {
		text_add_format(why,
				"is not a pattern of file names of %" PRIu64
				" to %" PRIu64 " bytes, such as *.dump",
				bounds->min, bounds->max);
		return SETTING_TYPE_E_INVALID;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*pattern);
	*pattern = copy;
	return 0;
}

/* "2026-05-01": a day that there is. */
static bool is_day(const char *value)
{
	static const unsigned int days[] = { 31, 29, 31, 30, 31, 30,
					     31, 31, 30, 31, 30, 31 };
	unsigned int year, month, day;

	for (size_t i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? value[i] != '-'
				     : value[i] < '0' || value[i] > '9')
			return false;
	year = (unsigned int)strtoul(value, NULL, 10);
	month = (unsigned int)strtoul(value + 5, NULL, 10);
	day = (unsigned int)strtoul(value + 8, NULL, 10);
	if (year < 2000 || month < 1 || month > 12 || day < 1 ||
	    day > days[month - 1])
		return false;
	return month != 2 || day < 29 ||
	       (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool is_declaration(const struct setting_bounds *bounds,
			   const char *value)
{
	size_t n;

	if (strcmp(value, "none") == 0)
		return true;
	if (!is_day(value) || value[10] != ' ' || value[11] == ' ')
		return false;
	n = strlen(value + 11);
	return n >= bounds->min && n <= bounds->max;
}

static const char *const requires[] = { "no", "ask", "yes" };

static int parse_require(const char *value, uint32_t *at, struct text *why)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(requires); i++)
		if (strcmp(requires[i], value) == 0) {
			*at = i;
			return 0;
		}
	text_add(why, "is none of no, ask and yes");
	return SETTING_TYPE_E_INVALID;
}

static int copy_value(const char *value, char **at)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

#define WORD_BYTES                   \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static int parse_label(const struct setting_bounds *bounds, const char *value,
		       char **at, struct text *why)
{
	size_t n = strspn(value, WORD_BYTES);

	if (!value[n] && n >= bounds->min && n <= bounds->max)
		return copy_value(value, at);
	text_add_format(why,
			"is neither auto nor a word of letters, digits, '.', "
			"'_' and '-', %" PRIu64 " at most",
			bounds->max);
	return SETTING_TYPE_E_INVALID;
}

/* One file, or one a language: then %l is the language, once. */
static int parse_texts(const char *value, char **at, struct text *why)
{
	const char *place = strchr(value, '%');
	bool good = strcmp(value, "default") == 0;

	if (name_is_path(value, strlen(value)))
		good = !place || (place[1] == 'l' && !strchr(place + 2, '%'));
	if (good)
		return copy_value(value, at);
	text_add(why, "is neither default nor an absolute path without '..', "
		      "':' and blanks, with %l for the language");
	return SETTING_TYPE_E_INVALID;
}

static int parse_declaration(const struct setting_bounds *bounds,
			     const char *value, char **at, struct text *why)
{
	char *copy;

	if (!is_declaration(bounds, value)) {
		text_add_format(why,
				"is neither none nor a day and a sentence of "
				"%" PRIu64 " to %" PRIu64 " bytes, such as "
				"2026-05-01 Report of the auditor",
				bounds->min, bounds->max);
		return SETTING_TYPE_E_INVALID;
	}
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*at);
	*at = copy;
	return 0;
}

static const char *language_word(enum language language)
{
	return language == LANGUAGE_NONE ? "auto" : language_tag(language);
}

/* The tag alone: a locale's name would say more than is meant. */
static int parse_language(const struct setting_bounds *bounds,
			  const char *value, enum language *at,
			  struct text *why)
{
	for (uint64_t i = bounds->min; i < _LANGUAGE_N; i++)
		if (strcmp(language_word((enum language)i), value) == 0) {
			*at = (enum language)i;
			return 0;
		}
	text_add(why, "is not one of");
	for (uint64_t i = bounds->min; i < _LANGUAGE_N; i++)
		text_add_format(why, "%s %s", i > bounds->min ? "," : "",
				language_word((enum language)i));
	return SETTING_TYPE_E_INVALID;
}

static int parse_preset(const char *value, enum password_preset *preset,
			struct text *why)
{
	if (password_preset_find(value, preset))
		return 0;
	text_add(why, "is none of modern, bio and custom");
	return SETTING_TYPE_E_INVALID;
}

/* A bonus for a class, which libpwquality writes without a minus, makes
 * passwords shorter: there is none. */
static int parse_credit(const struct setting_bounds *bounds, const char *value,
			uint32_t *credit, struct text *why)
{
	uint64_t number;

	if (!parse_number(value + (*value == '-'), &number) ||
	    (*value == '-') != (number > 0) || number > bounds->max) {
		text_add_format(why,
				"is neither 0 nor -1 to -%" PRIu64
				", so many at least",
				bounds->max);
		return SETTING_TYPE_E_INVALID;
	}
	*credit = (uint32_t)number;
	return 0;
}

static int parse_yes_no(const char *value, uint32_t *yes, struct text *why)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
		text_add(why, "is neither yes nor no");
		return SETTING_TYPE_E_INVALID;
	}
	*yes = *value == 'y';
	return 0;
}

static int parse_file(const char *value, char **at, struct text *why)
{
	if (strcmp(value, "none") != 0)
		return parse_path(SETTING_FILE, value, at, why);
	free(*at);
	*at = NULL;
	return 0;
}

/* None, or value where it is good. */
static int parse_or_none(const char *value, bool is_good, const char *expected,
			 char **at, struct text *why)
{
	if (strcmp(value, "none") == 0)
		return parse_file(value, at, why);
	if (is_good)
		return copy_value(value, at);
	text_add_format(why, "is neither none nor %s", expected);
	return SETTING_TYPE_E_INVALID;
}

static bool is_word(const char *value, size_t max)
{
	size_t n = strspn(value, WORD_BYTES);

	return !value[n] && n >= 1 && n <= max && value[0] != '-';
}

/* Root speaks for everybody as it is, and the daemon for nobody. */
static int parse_account(const char *value, char **at, struct text *why)
{
	return parse_or_none(value,
			     is_word(value, NAME_USER_MAX) &&
				     strcmp(value, "root") != 0 &&
				     strcmp(value, CLOXXS_USER) != 0,
			     "the name of a local account other than root's "
			     "and the daemon's",
			     at, why);
}

static int parse_code(const char *value, struct code_demand *at,
		      struct text *why)
{
	struct code_demand demand;
	int r = code_demand_parse(value, &demand, why);

	if (r != 0)
		return r < 0 ? r : SETTING_TYPE_E_INVALID;
	code_demand_deinit(at);
	*at = demand;
	return 0;
}

int setting_parse(enum setting_type type, const struct setting_bounds *bounds,
		  const char *value, void *at, struct text *why)
{
	switch (type) {
	case SETTING_AUTO:
	case SETTING_COUNT:
		if (strcmp(value, word_for_zero(type)) == 0) {
			*(uint32_t *)at = 0;
			return 0;
		}
		return parse_quantity(type, bounds, value, at, why);
	case SETTING_LIMIT:
		if (strcmp(value, "off") == 0) {
			*(uint32_t *)at = 0;
			return 0;
		}
		return parse_quantity(type, bounds, value, at, why);
	case SETTING_HOURS:
		return hours_parse(value, at, why) == 0
			       ? 0
			       : SETTING_TYPE_E_INVALID;
	case SETTING_NUMBER:
	case SETTING_SIZE:
	case SETTING_DURATION:
		return parse_quantity(type, bounds, value, at, why);
	case SETTING_UIDS:
		return parse_uids(bounds, value, at, why);
	case SETTING_PATH:
	case SETTING_HOME:
		return parse_path(type, value, at, why);
	case SETTING_WORDS:
		return setting_words_parse(bounds->min, bounds->max, value, at,
					   why);
	case SETTING_PATTERN:
		return parse_pattern(bounds, value, at, why);
	case SETTING_LANGUAGE:
		return parse_language(bounds, value, at, why);
	case SETTING_DECLARATION:
		return parse_declaration(bounds, value, at, why);
	case SETTING_NETWORKS:
		return setting_networks_parse(value, bounds->max > 0, at, why);
	case SETTING_COUNTRIES:
		return setting_countries_parse(value, at, why);
	case SETTING_CLASSES:
		return setting_classes_parse(value, at, why);
	case SETTING_SERVICES:
		return setting_services_parse(value, at, why);
	case SETTING_PRESET:
		return parse_preset(value, at, why);
	case SETTING_CREDIT:
		return parse_credit(bounds, value, at, why);
	case SETTING_FILE:
		return parse_file(value, at, why);
	case SETTING_YES_NO:
		return parse_yes_no(value, at, why);
	case SETTING_REQUIRE:
		return parse_require(value, at, why);
	case SETTING_LABEL:
		return parse_label(bounds, value, at, why);
	case SETTING_TEXTS:
		return parse_texts(value, at, why);
	case SETTING_ACCOUNT:
		return parse_account(value, at, why);
	case SETTING_PROXIES:
		return setting_proxies_parse(value, at, why);
	case SETTING_CODE:
		return parse_code(value, at, why);
	case SETTING_PREFIXES:
		return setting_prefixes_parse(value, at, why);
	case SETTING_MAIL:
		return parse_or_none(value, contact_is_mail(value),
				     "one address such as alarms@example.org",
				     at, why);
	case SETTING_ROUTE:
		return parse_or_none(value, is_word(value, 32),
				     "the name that cloxxs-courier.conf gives "
				     "a web hook",
				     at, why);
	}
	return -EINVAL;
}

void setting_format(enum setting_type type, const void *at, struct text *value)
{
	const uint32_t *numbers = at;

	switch (type) {
	case SETTING_AUTO:
	case SETTING_COUNT:
		if (*numbers == 0) {
			text_add(value, word_for_zero(type));
			break;
		}
		text_add_format(value, "%" PRIu32, *numbers);
		break;
	case SETTING_LIMIT:
		if (*numbers == 0)
			text_add(value, "off");
		else
			format_with_unit(*numbers, duration_units, value);
		break;
	case SETTING_HOURS:
		hours_write(at, value);
		break;
	case SETTING_NUMBER:
		text_add_format(value, "%" PRIu32, *numbers);
		break;
	case SETTING_SIZE:
		format_with_unit(*(const uint64_t *)at, size_units, value);
		break;
	case SETTING_DURATION:
		format_with_unit(*numbers, duration_units, value);
		break;
	case SETTING_UIDS:
		text_add_format(value, "%" PRIu32 "-%" PRIu32, numbers[0],
				numbers[1]);
		break;
	case SETTING_PATH:
	case SETTING_HOME:
	case SETTING_PATTERN:
	case SETTING_DECLARATION:
	case SETTING_LABEL:
	case SETTING_TEXTS:
		/* What must be set and is not yet. */
		if (*(char *const *)at)
			text_add(value, *(char *const *)at);
		break;
	case SETTING_LANGUAGE:
		text_add(value, language_word(*(const enum language *)at));
		break;
	case SETTING_WORDS:
	case SETTING_PREFIXES:
		setting_texts_format(*(char *const *const *)at, "", value);
		break;
	case SETTING_COUNTRIES:
		setting_texts_format(*(char *const *const *)at, "any", value);
		break;
	case SETTING_SERVICES:
		setting_texts_format(*(char *const *const *)at, "none", value);
		break;
	case SETTING_CLASSES:
		setting_classes_format(*numbers, value);
		break;
	case SETTING_NETWORKS:
		setting_networks_format(at, value);
		break;
	case SETTING_PRESET:
		text_add(value, password_preset_name(
					*(const enum password_preset *)at));
		break;
	case SETTING_CREDIT:
		text_add_format(value, "%s%" PRIu32, *numbers > 0 ? "-" : "",
				*numbers);
		break;
	case SETTING_FILE:
	case SETTING_ACCOUNT:
	case SETTING_MAIL:
	case SETTING_ROUTE:
		text_add(value,
			 *(char *const *)at ? *(char *const *)at : "none");
		break;
	case SETTING_YES_NO:
		text_add(value, *numbers ? "yes" : "no");
		break;
	case SETTING_REQUIRE:
		text_add(value, requires[*numbers]);
		break;
	case SETTING_PROXIES:
		setting_proxies_format(at, value);
		break;
	case SETTING_CODE:
		code_demand_write(at, value);
		break;
	}
}

void setting_deinit(enum setting_type type, void *at)
{
	switch (type) {
	case SETTING_NUMBER:
	case SETTING_AUTO:
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_DURATION:
	case SETTING_UIDS:
	case SETTING_CLASSES:
	case SETTING_LIMIT:
	case SETTING_HOURS:
	case SETTING_LANGUAGE:
	case SETTING_PRESET:
	case SETTING_CREDIT:
	case SETTING_YES_NO:
	case SETTING_REQUIRE:
		break;
	case SETTING_NETWORKS:
		setting_networks_deinit(at);
		break;
	case SETTING_PROXIES:
		setting_proxies_deinit(at);
		break;
	case SETTING_CODE:
		code_demand_deinit(at);
		break;
	case SETTING_PATH:
	case SETTING_HOME:
	case SETTING_PATTERN:
	case SETTING_DECLARATION:
	case SETTING_FILE:
	case SETTING_LABEL:
	case SETTING_TEXTS:
	case SETTING_ACCOUNT:
	case SETTING_MAIL:
	case SETTING_ROUTE:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case SETTING_WORDS:
	case SETTING_COUNTRIES:
	case SETTING_SERVICES:
	case SETTING_PREFIXES:
		*(char ***)at = setting_texts_free(*(char ***)at);
		break;
	}
}
