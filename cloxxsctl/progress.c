/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/progress.h"

#include <unistd.h>

#define CLEAR_LINE "\033[K"

struct progress progress_begin(const struct ctl *ctl)
{
	return (struct progress){
		.stream = isatty(fileno(ctl->errors)) ? ctl->errors : NULL,
	};
}

void progress_show(const struct progress *progress, const char *what, int64_t n,
		   const char *unit)
{
	if (!progress->stream)
		return;
	fprintf(progress->stream, CLEAR_LINE "%s: %lld %s\r", what,
		(long long)n, unit);
	fflush(progress->stream);
}

void progress_end(const struct progress *progress)
{
	if (!progress->stream)
		return;
	fputs(CLEAR_LINE, progress->stream);
	fflush(progress->stream);
}
