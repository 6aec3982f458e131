/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Notice text: the confidentiality instruction that users are shown, one text a
 * language, and the version by which an acceptance names it. The default ones
 * are compiled in; others stand in files that only root can have written. It
 * decides for nobody whether he is shown it.
 */

#include <stddef.h>

#include "base/language.h"
#include "base/scope.h"
#include "conf/findings.h"

/* Bytes of one text; a prompt and a message have room for it. */
#define NOTICE_TEXT_MAX 4096
#define NOTICE_VERSION_MAX 33

struct notice_texts {
	/* NULL: there is none in this language; English stands for it. UTF-8,
	 * no control character but newline, none at the end. */
	char *texts[_LANGUAGE_N];
	char version[NOTICE_VERSION_MAX];
};

struct notice_text_args {
	/* "default", or a path; %l in it is the language. */
	const char *form;
	/* "auto": a digest of all texts, so that another text is another one */
	const char *version;
	/* Where findings place it. */
	const char *file;
	unsigned int line;
};

/*
 * Reads the texts, in the place of those in *texts. A file that cannot be
 * believed or is no text is a finding, and so is the one for English where it
 * is not there; then *texts is untouched. -errno.
 */
must_check int notice_texts_load(const struct notice_text_args *args,
				 struct findings *findings,
				 struct notice_texts *texts);
void notice_texts_deinit(struct notice_texts *texts);

/* The text for a user of language, and in which language it is. */
const char *notice_text_for(const struct notice_texts *texts,
			    enum language language,
			    enum language *ret_language);
