/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/page.h"

#include <string.h>

#include "base/text.h"
#include "cloxxsctl/output.h"

/* Nothing is loaded and nothing runs, whatever a text within might say. */
#define POLICY                                            \
	"default-src 'none'; style-src 'unsafe-inline'; " \
	"base-uri 'none'; form-action 'none'"

static const char common[] =
	"@page{size:A4;margin:18mm}"
	":root{color-scheme:light dark;--ink:#1a1a1a;--faint:#555;"
	"--line:#ccc;--rule:#1a1a1a;--paper:#fff;--good:#17692c;"
	"--bad:#a4121c;--warn:#7a5200;--first:#1f5fa8;--second:#a8481a}"
	"@media screen and (prefers-color-scheme:dark){:root{--ink:#e8e8e8;"
	"--faint:#a9a9a9;--line:#444;--rule:#999;--paper:#161616;"
	"--good:#74d08b;--bad:#ff8f8f;--warn:#e3b45a;--first:#7fb4f0;"
	"--second:#f0a37a}}"
	"@media print{:root{color-scheme:light}}"
	"body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);"
	"background:var(--paper);max-width:60rem;margin:2rem auto;"
	"padding:0 1rem}"
	"h1{font-size:1.6rem;margin:0 0 .2rem}"
	"p.made{color:var(--faint);margin:0 0 1.4rem}"
	"table{border-collapse:collapse;width:100%}"
	"th{text-align:left;border-bottom:2px solid var(--rule);"
	"padding:.4rem}"
	"td{vertical-align:top;border-bottom:1px solid var(--line);"
	"padding:.5rem .4rem}"
	"tr{break-inside:avoid}thead{display:table-header-group}"
	"small{color:var(--faint)}"
	"@media print{body{font-size:10.5pt;margin:0;max-width:none;"
	"padding:0}}";

void page_text(FILE *stream, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		case '\'':
			fputs("&#39;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

void page_foreign(FILE *stream, const char *foreign)
{
	size_t left = strlen(foreign);

	while (left > 0) {
		size_t n = left < 64 ? left : 64;
		char piece[4 * 64 + 1];
		struct text text;

		text_init(&text, piece, sizeof(piece));
		output_add_foreign(&text, foreign, n);
		page_text(stream, piece);
		foreign += n;
		left -= n;
	}
}

void page_begin(FILE *stream, enum language language, const char *title,
		const char *style)
{
	fprintf(stream,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY
		"\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width\"/>\n"
		"<title>",
		language == LANGUAGE_NONE ? "en" : language_tag(language));
	page_text(stream, title);
	fprintf(stream, "</title>\n<style>%s%s</style>\n</head>\n<body>\n",
		common, style);
}

void page_end(FILE *stream)
{
	fputs("</body>\n</html>\n", stream);
}
