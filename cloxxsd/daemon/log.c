/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_line(int priority, const char *format, ...)
{
	va_list arguments;

	if (secure_getenv("JOURNAL_STREAM"))
		(void)fprintf(stderr, "<%d>", priority);
	else
		(void)fputs("cloxxsd: ", stderr);
	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
}
