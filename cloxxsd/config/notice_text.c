/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/config/notice_text.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"
#include "conf/trusted_file.h"

/* Bytes of a digest that a version shows: enough for what one hand writes. */
#define VERSION_BYTES 6

/* Each line fits a screen; without diacritics, as terminals are. */
static const char *const defaults[_LANGUAGE_N] = {
	[LANGUAGE_ENGLISH] =
		"Confidentiality\n"
		"- What you find here is confidential: share it only with "
		"whoever may see it.\n"
		"- Your account and password are yours alone: let nobody else "
		"use them.\n"
		"- All actions are logged, with your user name and address.\n"
		"- Free text is your own responsibility: write no personal "
		"data in it.\n"
		"- Report an incident, or what may be one, to your "
		"administrator at once.",
	[LANGUAGE_DUTCH] =
		"Vertrouwelijkheid\n"
		"- Wat u hier vindt is vertrouwelijk: deel het alleen met wie "
		"het mag zien.\n"
		"- Uw account en wachtwoord zijn persoonlijk: laat niemand "
		"anders ze gebruiken.\n"
		"- Alle handelingen worden vastgelegd, met uw gebruikersnaam "
		"en adres.\n"
		"- Vrije tekst is uw eigen verantwoordelijkheid: geen "
		"persoonsgegevens daarin.\n"
		"- Meld een incident, of een vermoeden ervan, meteen aan uw "
		"beheerder.",
};

void notice_texts_deinit(struct notice_texts *texts)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts->texts); i++) {
		free(texts->texts[i]);
		texts->texts[i] = NULL;
	}
}

const char *notice_text_for(const struct notice_texts *texts,
			    enum language language, enum language *ret_language)
{
	*ret_language = texts->texts[language] ? language : LANGUAGE_ENGLISH;
	return texts->texts[*ret_language];
}

/* Why a line of n bytes cannot be shown to anybody, or NULL. */
static const char *line_fault(const char *line, size_t n)
{
	const unsigned char *bytes = (const unsigned char *)line;

	for (size_t i = 0; i < n;) {
		size_t length = utf8_length(line + i, n - i);

		if (length == 0)
			return "the line is not UTF-8";
		if (bytes[i] < 0x20 || bytes[i] == 0x7f ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return "the line has a control character in it";
		i += length;
	}
	return NULL;
}

/* True where all of it can be shown, else a finding says which line not. */
static bool is_showable(const char *shown, const char *text,
			struct findings *findings)
{
	unsigned int line = 1;

	for (const char *at = text; *at; line++) {
		size_t n = strcspn(at, "\n");
		const char *why = line_fault(at, n);

		if (why) {
			findings_add(findings, shown, line, "%s", why);
			return false;
		}
		at += n + (at[n] == '\n');
	}
	return true;
}

/* Fills buffer from fd, to its end or so far that there is too much. */
static int fill(int fd, char *buffer, size_t size, size_t *ret_n)
{
	size_t n = 0;

	while (n < size) {
		ssize_t k = read(fd, buffer + n, size - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		n += (size_t)k;
	}
	*ret_n = n;
	return 0;
}

/* The text in fd, a copy; NULL where a finding says why not. */
static int read_text(int fd, const char *shown, struct findings *findings,
		     char **ret_text)
{
	char buffer[NOTICE_TEXT_MAX + 2];
	size_t n = 0;
	int r = fill(fd, buffer, sizeof(buffer) - 1, &n);

	if (r < 0)
		return r;
	if (n > NOTICE_TEXT_MAX) {
		findings_add(findings, shown, 0, "is larger than %d bytes",
			     NOTICE_TEXT_MAX);
		return 0;
	}
	if (memchr(buffer, '\0', n)) {
		findings_add(findings, shown, 0, "has a NUL byte in it");
		return 0;
	}
	while (n > 0 && buffer[n - 1] == '\n')
		n--;
	buffer[n] = '\0';
	if (n == 0)
		findings_add(findings, shown, 0, "is empty");
	if (n == 0 || !is_showable(shown, buffer, findings))
		return 0;
	*ret_text = strdup(buffer);
	return *ret_text ? 0 : -ENOMEM;
}

static void expand(const char *form, const char *tag, struct text *path)
{
	const char *place = strstr(form, "%l");

	text_add_bytes(path, form,
		       place ? (size_t)(place - form) : strlen(form));
	if (place)
		text_add_format(path, "%s%s", tag, place + 2);
}

/* The text of one file; NULL where there is none, or a finding. */
static int read_file(const struct notice_text_args *args,
		     enum language language, struct findings *findings,
		     char **ret_text)
{
	char path[512], shown[1024];
	struct trusted_file file = { .directory_fd = AT_FDCWD,
				     .name = path,
				     .shown = shown,
				     .kind = TRUSTED_FILE_REGULAR };
	scope(scope_close) int fd = -1;
	struct text text;
	int r;

	text_init(&text, path, sizeof(path));
	expand(args->form, language_tag(language), &text);
	text_init(&text, shown, sizeof(shown));
	text_add_format(&text, "%s:%u: %s", args->file, args->line, path);
	r = trusted_file_open(&file, findings, &fd);
	if (r == TRUSTED_FILE_E_MISSING && language == LANGUAGE_ENGLISH)
		findings_add(findings, shown, 0, "is not there");
	if (r != 0)
		return r < 0 ? r : 0;
	return read_text(fd, shown, findings, ret_text);
}

static int copy_defaults(struct notice_texts *texts)
{
	for (size_t i = LANGUAGE_ENGLISH; i < ARRAY_SIZE(defaults); i++) {
		texts->texts[i] = strdup(defaults[i]);
		if (!texts->texts[i])
			return -ENOMEM;
	}
	return 0;
}

static int read_files(const struct notice_text_args *args,
		      struct findings *findings, struct notice_texts *texts)
{
	bool is_one = !strstr(args->form, "%l");
	int r = 0;

	for (unsigned int i = LANGUAGE_ENGLISH; i < _LANGUAGE_N && r == 0; i++)
		if (i == LANGUAGE_ENGLISH || !is_one)
			r = read_file(args, (enum language)i, findings,
				      &texts->texts[i]);
	return r;
}

/* Each text with its language, so that none can stand for another. */
static void digest(const struct notice_texts *texts, struct text *version)
{
	unsigned char bytes[crypto_generichash_BYTES_MIN];
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(bytes));
	for (unsigned int i = LANGUAGE_ENGLISH; i < _LANGUAGE_N; i++) {
		const char *tag = language_tag((enum language)i);
		const char *text = texts->texts[i];

		if (!text)
			continue;
		(void)crypto_generichash_update(
			&state, (const unsigned char *)tag, strlen(tag) + 1);
		(void)crypto_generichash_update(
			&state, (const unsigned char *)text, strlen(text) + 1);
	}
	(void)crypto_generichash_final(&state, bytes, sizeof(bytes));
	for (size_t i = 0; i < VERSION_BYTES; i++)
		text_add_format(version, "%02x", bytes[i]);
}

int notice_texts_load(const struct notice_text_args *args,
		      struct findings *findings, struct notice_texts *texts)
{
	scope(notice_texts_deinit) struct notice_texts made = { 0 };
	unsigned int n = findings->n;
	struct text version;
	int r;

	r = strcmp(args->form, "default") == 0
		    ? copy_defaults(&made)
		    : read_files(args, findings, &made);
	if (r < 0 || findings->n > n)
		return r;
	text_init(&version, made.version, sizeof(made.version));
	if (strcmp(args->version, "auto") == 0)
		digest(&made, &version);
	else
		text_add(&version, args->version);
	notice_texts_deinit(texts);
	*texts = made;
	made = (struct notice_texts){ 0 };
	return 0;
}
