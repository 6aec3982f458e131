/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf/findings.h"

#include <stdarg.h>
#include <stdio.h>

void findings_add(struct findings *findings, const char *file,
		  unsigned int line, const char *format, ...)
{
	char buffer[1024];
	va_list arguments;

	if (findings_is_full(findings))
		return;
	if (findings->n > 0)
		text_add(findings->text, "\n");
	if (++findings->n > FINDINGS_MAX) {
		text_add_format(findings->text,
				"%s: there is more; mend these first", file);
		return;
	}
	va_start(arguments, format);
	vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	if (line > 0)
		text_add_format(findings->text, "%s:%u: %s", file, line,
				buffer);
	else
		text_add_format(findings->text, "%s: %s", file, buffer);
}

struct findings_quote findings_quote(const char *bytes, size_t n)
{
	struct findings_quote quote;
	struct text text;
	size_t shown = n > 64 ? 64 : n;

	text_init(&text, quote.text, sizeof(quote.text));
	text_add(&text, "'");
	text_add_escaped(&text, bytes, shown);
	text_add(&text, shown < n ? "...'" : "'");
	return quote;
}
