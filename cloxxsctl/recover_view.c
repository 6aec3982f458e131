/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/recover_view.h"

int recover_view_maps(struct output *output, const json_t *answer)
{
	int64_t users = 0, left_out = 0;

	(void)output_member_int(answer, "users", &users);
	(void)output_member_int(answer, "left_out", &left_out);
	fprintf(output->stream, "Written: %lld user%s.\n", (long long)users,
		text_plural(users));
	if (left_out > 0)
		fprintf(output->stream,
			"%sUsers who cannot stand in a map and are denied: "
			"%lld; look for reserved names.%s\n",
			output_tone(output, TONE_WARN), (long long)left_out,
			output_plain(output));
	return 0;
}

int recover_view_check(struct output *output, const json_t *answer)
{
	const json_t *one, *findings = json_object_get(answer, "findings");
	int64_t users = 0, records = 0;
	size_t i;

	json_array_foreach((json_t *)findings, i, one)
	{
		fprintf(output->stream, "%s%s ", output_tone(output, TONE_BAD),
			output_mark(output, MARK_NO));
		output_foreign(output, output_member(one, "part", "?"));
		fprintf(output->stream, "%s: ", output_plain(output));
		output_foreign(output, output_member(one, "message", "?"));
		fputc('\n', output->stream);
	}
	(void)output_member_int(answer, "users", &users);
	(void)output_member_int(answer, "records", &records);
	if (json_is_true(json_object_get(answer, "sound")))
		fprintf(output->stream,
			"%s%s%s Sound: %lld user%s, %lld record%s.\n",
			output_tone(output, TONE_GOOD),
			output_mark(output, MARK_YES), output_plain(output),
			(long long)users, text_plural(users),
			(long long)records, text_plural(records));
	return 0;
}
