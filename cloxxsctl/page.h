/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Page: what every document of HTML has that this tool writes: one file that
 * asks for nothing beside itself, forbids scripts and loads, is read on a light
 * and on a dark screen, and is printed on A4. It is well-formed XML too. It
 * knows nothing of what the document tells.
 */

#include <stdio.h>

#include "base/language.h"

/*
 * Up to the begin of the body. title: of ours, translated. style: rules of the
 * document's own, or "". Colours are variables, so that they are right on each
 * ground: --ink, --faint, --line, --rule, --paper, --good, --bad, --warn,
 * --first and --second.
 */
void page_begin(FILE *stream, enum language language, const char *title,
		const char *style);
void page_end(FILE *stream);

/* A text of ours, which is UTF-8, as text or as a value of an attribute. */
void page_text(FILE *stream, const char *text);
/* The same for what others wrote: printable ASCII is all that is left of it. */
void page_foreign(FILE *stream, const char *text);
