/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/status_view.h"

#include <string.h>

static long long number(const json_t *reply, const char *key)
{
	int64_t value = 0;

	return output_member_int(reply, key, &value) ? (long long)value : 0;
}

static void print_configuration(struct output *output, const json_t *reply)
{
	const char *configuration = output_member(reply, "configuration", "?");
	bool good = strcmp(configuration, "ok") == 0;

	output_label(output, "Configuration");
	fprintf(output->stream, "%s%s ",
		output_tone(output, good ? TONE_GOOD : TONE_BAD),
		output_mark(output, good ? MARK_YES : MARK_NO));
	if (!good)
		fputs("the last reload was refused: ", output->stream);
	output_foreign(output, configuration);
	fprintf(output->stream, "%s\n", output_plain(output));
}

static void print_ledger(struct output *output, const json_t *reply)
{
	long long unpublished = number(reply, "unpublished");

	output_label(output, "Ledger");
	fprintf(output->stream, "%lld records, head ",
		number(reply, "ledger_records"));
	output_foreign(output, output_member(reply, "ledger_head", "?"));
	fputc('\n', output->stream);
	output_label(output, "Journal");
	if (unpublished == 0)
		fputs("has them all\n", output->stream);
	else
		fprintf(output->stream, "%sstill to come: %lld%s\n",
			output_tone(output, TONE_WARN), unpublished,
			output_plain(output));
}

int status_view(struct output *output, const json_t *reply)
{
	int64_t started;

	output_label(output, "Daemon");
	fputs("cloxxsd ", output->stream);
	output_foreign(output, output_member(reply, "version", "?"));
	if (output_member_int(reply, "started", &started)) {
		fputs(", started ", output->stream);
		output_time(output, started);
	}
	fputc('\n', output->stream);
	print_configuration(output, reply);
	output_label(output, "Users");
	fprintf(output->stream, "%lld, of them %lld locked and %lld disabled\n",
		number(reply, "users"), number(reply, "users_locked"),
		number(reply, "users_disabled"));
	output_label(output, "Logins");
	fprintf(output->stream, "%lld under way, %lld waiting for a worker\n",
		number(reply, "attempts"), number(reply, "queued"));
	output_label(output, "Workers");
	fprintf(output->stream, "%lld, %lld MiB a password hash\n",
		number(reply, "workers"),
		number(reply, "hash_memory") / (1024 * 1024));
	print_ledger(output, reply);
	output_label(output, "Identity map");
	fprintf(output->stream, "generation %lld\n",
		number(reply, "map_generation"));
	return 0;
}
