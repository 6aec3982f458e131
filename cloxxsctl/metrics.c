/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/metrics.h"

#include "cloxxsctl/request.h"

static int print_piece(json_t *reply, void *userdata)
{
	const char *text = output_member(reply, "text", "");
	FILE *stream = userdata;

	/* All of it is printable ASCII. */
	for (; *text; text++)
		(void)fputc((*text < ' ' && *text != '\n') || *text > '~'
				    ? '?'
				    : *text,
			    stream);
	return 0;
}

int metrics_run(struct ctl *ctl, const struct command *command)
{
	return request_stream(ctl, command, NULL, print_piece,
			      ctl->output->stream);
}
