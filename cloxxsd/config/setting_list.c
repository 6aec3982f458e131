/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/setting_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/country.h"
#include "base/name.h"
#include "cloxxsd/config/setting_type.h"

#define ELEMENTS_MAX 256

bool setting_list_next(const char **next, const char **ret_element,
		       size_t *ret_n)
{
	const char *element, *end, *comma;

	if (!*next)
		return false;
	element = *next + strspn(*next, " \t");
	comma = strchr(element, ',');
	end = comma ? comma : element + strlen(element);
	while (end > element && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*ret_element = element;
	*ret_n = (size_t)(end - element);
	*next = comma ? comma + 1 : NULL;
	return true;
}

char **setting_texts_free(char **texts)
{
	for (char **text = texts; text && *text; text++)
		free(*text);
	free(texts);
	return NULL;
}

static void texts_freep(char ***texts)
{
	*texts = setting_texts_free(*texts);
}

static bool stands_in(char *const *texts, const char *text, size_t n)
{
	for (; *texts; texts++)
		if (strlen(*texts) == n && memcmp(*texts, text, n) == 0)
			return true;
	return false;
}

/* Each element once, as is_good() takes it; what is said of others. */
static int parse_texts(const char *value,
		       bool (*is_good)(const char *text, size_t n),
		       const char *expected, char ***at, struct text *why)
{
	scope(texts_freep) char **texts =
		calloc(ELEMENTS_MAX + 1, sizeof(*texts));
	const char *next = value, *element;
	size_t n, i = 0;

	if (!texts)
		return -ENOMEM;
	while (setting_list_next(&next, &element, &n)) {
		if (!is_good(element, n) || i == ELEMENTS_MAX) {
			text_add(why, expected);
			return SETTING_TYPE_E_INVALID;
		}
		if (stands_in(texts, element, n)) {
			text_add_format(why, "names %.*s twice", (int)n,
					element);
			return SETTING_TYPE_E_INVALID;
		}
		texts[i] = strndup(element, n);
		if (!texts[i])
			return -ENOMEM;
		i++;
	}
	setting_texts_free(*at);
	*at = scope_take_ptr(texts);
	return 0;
}

/* A list with no element, or with the one word. */
static int set_word(const char *word, char ***at)
{
	char **texts = calloc(2, sizeof(*texts));

	if (texts && word)
		texts[0] = strdup(word);
	if (!texts || (word && !texts[0])) {
		free(texts);
		return -ENOMEM;
	}
	setting_texts_free(*at);
	*at = texts;
	return 0;
}

int setting_countries_parse(const char *value, char ***at, struct text *why)
{
	if (strcmp(value, "any") == 0)
		return set_word("any", at);
	return parse_texts(value, country_is_known,
			   "is neither any nor a list by comma of countries "
			   "in capitals, such as NL, BE (ISO 3166-1)",
			   at, why);
}

int setting_services_parse(const char *value, char ***at, struct text *why)
{
	if (strcmp(value, "none") == 0)
		return set_word(NULL, at);
	return parse_texts(value, name_is_service,
			   "is neither none nor a list by comma of services, "
			   "such as sshd, cron",
			   at, why);
}

/* A plus and one to seven digits, none of which is a trunk's 0. */
static bool is_prefix(const char *text, size_t n)
{
	return n >= 2 && n <= 8 && text[0] == '+' && text[1] != '0' &&
	       strspn(text + 1, "0123456789") >= n - 1;
}

int setting_prefixes_parse(const char *value, char ***at, struct text *why)
{
	return parse_texts(value, is_prefix,
			   "is not a list by comma of what telephone numbers "
			   "begin with, such as +31, +32",
			   at, why);
}

static void free_textsp(char ***texts)
{
	*texts = setting_texts_free(*texts);
}

static int add_word(uint64_t min, uint64_t max, const char *word, size_t n,
		    char **ret_word)
{
	size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyz");

	if (letters < n || n < min || n > max)
		return SETTING_TYPE_E_INVALID;
	*ret_word = strndup(word, n);
	return *ret_word ? 0 : -ENOMEM;
}

int setting_words_parse(uint64_t min, uint64_t max, const char *value,
			char ***at, struct text *why)
{
	scope(free_textsp) char **words =
		calloc(SETTING_WORDS_MAX + 1, sizeof(*words));
	const char *next = value, *word;
	size_t n;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; setting_list_next(&next, &word, &n); i++) {
		int r;

		if (i == SETTING_WORDS_MAX) {
			text_add_format(why, "has more than %d words",
					SETTING_WORDS_MAX);
			return SETTING_TYPE_E_INVALID;
		}
		r = add_word(min, max, word, n, &words[i]);
		if (r > 0)
			text_add_format(why,
					"is not a list by comma of lower-case "
					"words of %" PRIu64 " to %" PRIu64
					" letters",
					min, max);
		if (r != 0)
			return r;
	}
	setting_texts_free(*at);
	*at = scope_take_ptr(words);
	return 0;
}

/* words are what else may stand there: ", any". */
static int parse_network_list(const char *value, const char *words,
			      struct networks *ret_list, struct text *why)
{
	struct networks_fault fault;
	int r;

	r = networks_parse(value, ret_list, &fault);
	if (r <= 0)
		return r;
	text_add_format(why,
			"is neither none%s nor a list of networks: ", words);
	networks_fault_write(&fault, why);
	return SETTING_TYPE_E_INVALID;
}

int setting_proxies_parse(const char *value, struct setting_proxies *at,
			  struct text *why)
{
	struct setting_proxies proxies = { .direct = strcmp(value, "direct") ==
						     0 };
	int r = 0;

	if (!proxies.direct && strcmp(value, "none") != 0)
		r = parse_network_list(value, ", direct", &proxies.list, why);
	if (r != 0)
		return r;
	setting_proxies_deinit(at);
	*at = proxies;
	return 0;
}

int setting_networks_parse(const char *value, bool may_be_any,
			   struct setting_networks *at, struct text *why)
{
	struct setting_networks networks = { 0 };
	int r = 0;

	networks.any = may_be_any && strcmp(value, "any") == 0;
	if (!networks.any && strcmp(value, "none") != 0)
		r = parse_network_list(value, may_be_any ? ", any" : "",
				       &networks.list, why);
	if (r != 0)
		return r;
	setting_networks_deinit(at);
	*at = networks;
	return 0;
}

static const enum address_class classes[] = {
	ADDRESS_LOOPBACK,
	ADDRESS_LINK_LOCAL,
	ADDRESS_PRIVATE,
	ADDRESS_CARRIER,
};

static uint32_t all_classes(void)
{
	uint32_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		all |= UINT32_C(1) << classes[i];
	return all;
}

/* The bit of the class of that name, or 0. */
static uint32_t find_class(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const char *known = address_class_name(classes[i]);

		if (strlen(known) == n && memcmp(known, name, n) == 0)
			return UINT32_C(1) << classes[i];
	}
	return 0;
}

static int parse_class_list(const char *value, uint32_t *ret_set,
			    struct text *why)
{
	const char *next = value, *element;
	uint32_t set = 0;
	size_t n;

	while (setting_list_next(&next, &element, &n)) {
		uint32_t bit = find_class(element, n);

		if (bit == 0 || (set & bit)) {
			text_add(why,
				 "is neither deny, allow nor a list by comma "
				 "of loopback, link-local, private and "
				 "carrier, each once");
			return SETTING_TYPE_E_INVALID;
		}
		set |= bit;
	}
	*ret_set = set;
	return 0;
}

int setting_classes_parse(const char *value, uint32_t *at, struct text *why)
{
	if (strcmp(value, "deny") == 0) {
		*at = 0;
		return 0;
	}
	if (strcmp(value, "allow") == 0) {
		*at = all_classes();
		return 0;
	}
	return parse_class_list(value, at, why);
}

void setting_networks_format(const struct setting_networks *networks,
			     struct text *value)
{
	if (networks->any)
		text_add(value, "any");
	else if (networks->list.n == 0)
		text_add(value, "none");
	else
		networks_write(&networks->list, value);
}

void setting_proxies_format(const struct setting_proxies *proxies,
			    struct text *value)
{
	if (proxies->direct)
		text_add(value, "direct");
	else if (proxies->list.n == 0)
		text_add(value, "none");
	else
		networks_write(&proxies->list, value);
}

void setting_classes_format(uint32_t set, struct text *value)
{
	const char *separator = "";

	if (set == 0 || set == all_classes()) {
		text_add(value, set == 0 ? "deny" : "allow");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		if (!(set & UINT32_C(1) << classes[i]))
			continue;
		text_add_format(value, "%s%s", separator,
				address_class_name(classes[i]));
		separator = ", ";
	}
}

void setting_texts_format(char *const *texts, const char *empty,
			  struct text *value)
{
	if (!texts || !texts[0]) {
		text_add(value, empty);
		return;
	}
	for (size_t i = 0; texts[i]; i++)
		text_add_format(value, "%s%s", i > 0 ? ", " : "", texts[i]);
}

void setting_networks_deinit(struct setting_networks *networks)
{
	networks_deinit(&networks->list);
	*networks = (struct setting_networks){ 0 };
}

void setting_proxies_deinit(struct setting_proxies *proxies)
{
	networks_deinit(&proxies->list);
	*proxies = (struct setting_proxies){ 0 };
}
