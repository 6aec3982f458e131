/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/recover_view.h"

int recover_view_maps(struct output *output, const json_t *answer)
{
	int64_t users = 0, left_out = 0;

	(void)output_member_int(answer, "users", &users);
	(void)output_member_int(answer, "left_out", &left_out);
	fprintf(output->stream, "Written: %lld users.\n", (long long)users);
	if (left_out > 0)
		fprintf(output->stream,
			"%s%lld users cannot stand in a map and are denied: "
			"look for reserved names.%s\n",
			output_tone(output, TONE_WARN), (long long)left_out,
			output_plain(output));
	return 0;
}
