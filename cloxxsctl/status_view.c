/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/status_view.h"

#include <string.h>
#include <time.h>

#include "cloxxsctl/geoip_view.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/statement/statement.h"

static long long number(const json_t *reply, const char *key)
{
	int64_t value = 0;

	return output_member_int(reply, key, &value) ? (long long)value : 0;
}

/* A label, and a mark in the tone of what follows until end(). */
static void begin(struct output *output, const char *label, bool good)
{
	output_label(output, label);
	fprintf(output->stream, "%s%s ",
		output_tone(output, good ? TONE_GOOD : TONE_BAD),
		output_mark(output, good ? MARK_YES : MARK_NO));
}

static void end(struct output *output)
{
	fprintf(output->stream, "%s\n", output_plain(output));
}

static void print_health(struct output *output, const json_t *reply)
{
	const json_t *doctor = json_object_get(reply, "doctor");
	long long errors = number(doctor, "errors");
	long long warnings = number(doctor, "warnings");

	if (!doctor)
		return;
	begin(output, "Health", errors == 0);
	if (errors == 0 && warnings == 0)
		fputs("sound", output->stream);
	else
		fprintf(output->stream,
			"%lld error%s, %lld warning%s: see \"cloxxsctl "
			"doctor\"",
			errors, text_plural(errors), warnings,
			text_plural(warnings));
	end(output);
}

static void print_configuration(struct output *output, const json_t *reply)
{
	const char *configuration = output_member(reply, "configuration", "?");
	bool good = strcmp(configuration, "ok") == 0;

	begin(output, "Configuration", good);
	if (!good)
		fputs("the last reload was refused: ", output->stream);
	output_foreign(output, configuration);
	end(output);
}

static bool is_today(const struct output *output, int64_t at)
{
	time_t now = (time_t)output->now, then = (time_t)at;
	struct tm day, other;

	return localtime_r(&now, &day) && localtime_r(&then, &other) &&
	       day.tm_year == other.tm_year && day.tm_yday == other.tm_yday;
}

static void print_lock(struct output *output, const json_t *lock, int64_t at)
{
	const char *service = output_member(lock, "service", "");
	const char *address = output_member(lock, "address", "");

	output_foreign(output, output_member(lock, "user", "?"));
	fputs(", ", output->stream);
	output_time(output, at);
	if (*service) {
		fputs(", ", output->stream);
		output_foreign(output, service);
	}
	if (*address) {
		fputs(" from ", output->stream);
		output_foreign(output, address);
	}
	fputs(": ", output->stream);
	output_foreign(output, output_member(lock, "because", "?"));
}

static void print_locks(struct output *output, const json_t *reply)
{
	const json_t *lock;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(reply, "locks"), i, lock)
	{
		int64_t at;

		if (!output_member_int(lock, "at", &at) ||
		    !is_today(output, at))
			continue;
		output_label(output, any ? "" : "Locked today");
		any = true;
		fputs(output_tone(output, TONE_WARN), output->stream);
		print_lock(output, lock, at);
		end(output);
	}
	if (!any) {
		output_label(output, "Locked today");
		fputs("nobody\n", output->stream);
	}
}

static void print_ledger(struct output *output, const json_t *reply)
{
	long long unpublished = number(reply, "unpublished");
	long long records = number(reply, "ledger_records");
	int64_t since;

	output_label(output, "Ledger");
	fprintf(output->stream, "%lld record%s\n", records,
		text_plural(records));
	output_label(output, "Ledger head");
	output_foreign(output, output_member(reply, "ledger_head", "?"));
	fputc('\n', output->stream);
	begin(output, "Journal", unpublished == 0);
	if (unpublished == 0)
		fputs("has them all", output->stream);
	else
		fprintf(output->stream, "still to come: %lld", unpublished);
	if (output_member_int(reply, "unseen_since", &since)) {
		fputs(", seen there up to ", output->stream);
		output_time(output, since);
	}
	end(output);
}

static void print_backups(struct output *output, const json_t *reply)
{
	int64_t newest;

	if (!json_object_get(reply, "backups"))
		return;
	begin(output, "Backup",
	      output_member_int(reply, "backup_newest", &newest));
	if (output_member_int(reply, "backup_newest", &newest)) {
		output_time(output, newest);
		fprintf(output->stream, ", %lld in all",
			number(reply, "backups"));
	} else {
		fputs("there is none", output->stream);
	}
	end(output);
}

static void print_geoip(struct output *output, const json_t *reply)
{
	const json_t *geoip = json_object_get(reply, "geoip");

	if (!geoip)
		return;
	begin(output, "Countries", geoip_is_fit(geoip));
	geoip_view_line(output, geoip);
	end(output);
}

/* Those that have an account. */
static void print_applications(struct output *output, const json_t *reply)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(reply, "applications"), i, one)
	{
		const char *fault = output_member(one, "fault", "");

		begin(output, i == 0 ? "Applications" : "", !*fault);
		output_foreign(output, output_member(one, "service", "?"));
		fputs(*fault ? ": account " : " by ", output->stream);
		output_foreign(output, output_member(one, "account", "?"));
		fputs(*fault ? " " : "", output->stream);
		output_foreign(output, fault);
		end(output);
	}
}

static void print_not_kept(struct output *output, const json_t *reply)
{
	const json_t *ids = json_object_get(reply, "not_kept");
	const json_t *id;
	size_t i;

	if (json_array_size(ids) == 0)
		return;
	output_label(output, "Not kept");
	json_array_foreach(ids, i, id)
	{
		fputs(i > 0 ? ", " : "", output->stream);
		output_foreign(output, json_string_value(id));
	}
	fputs(": see \"cloxxsctl statement\"\n", output->stream);
}

static void print_daemon(struct output *output, const json_t *reply)
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
}

int status_view(struct output *output, const json_t *reply)
{
	print_health(output, reply);
	print_daemon(output, reply);
	print_configuration(output, reply);
	output_label(output, "Users");
	fprintf(output->stream, "%lld, of them %lld locked and %lld disabled\n",
		number(reply, "users"), number(reply, "users_locked"),
		number(reply, "users_disabled"));
	print_locks(output, reply);
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
	print_backups(output, reply);
	print_geoip(output, reply);
	print_applications(output, reply);
	print_not_kept(output, reply);
	return 0;
}

int status_run(struct ctl *ctl, const struct command *command)
{
	scope(json_decrefp) json_t *reply = NULL;
	scope(json_decrefp) json_t *digest = NULL;
	int r;

	r = request_fetch(ctl, command, &reply);
	if (r != STATUS_OK)
		return r;
	digest = statement_digest(ctl);
	if (!digest || json_object_update(reply, digest) < 0)
		return ctl_fail_errno(ctl, command, "the status", -ENOMEM);
	return request_show(ctl, command, reply);
}
