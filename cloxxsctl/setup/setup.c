/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/setup/setup.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cloxxsctl/doctor/report.h"
#include "cloxxsctl/program.h"
#include "cloxxsctl/setup/diff.h"
#include "cloxxsctl/setup/origin.h"

#define COMMAND_MAX_MS 60000
#define ASKED_MAX 3

int setup_fail(struct setup *setup, const char *what, int error)
{
	return ctl_fail_errno(setup->ctl, setup->command, what, error);
}

static int refuse(struct setup *setup, enum failure_status status,
		  const char *sentence)
{
	return ctl_fail(setup->ctl, setup->command, status, sentence);
}

int setup_record(struct setup *setup, const char *kind, const char *about)
{
	int r;

	if (setup->dry || record_has(&setup->record, kind, about))
		return STATUS_OK;
	r = record_act(&setup->record, kind, about);
	return r < 0 ? setup_fail(setup, RECORD_DIRECTORY, r) : STATUS_OK;
}

int setup_change_file(struct setup *setup, const char *path, const char *text,
		      mode_t mode)
{
	scope(scope_free) char *now = NULL;
	struct stat status = { .st_mode = mode };
	int r = record_read_file(path, &now);

	if (r < 0 && r != -ENOENT)
		return setup_fail(setup, path, r);
	if (now && strcmp(now, text) == 0)
		return STATUS_OK;
	if (setup->dry) {
		r = diff_print(setup->stream, path, now, text);
		return r < 0 ? setup_fail(setup, path, r) : STATUS_OK;
	}
	if (now && stat(path, &status) < 0)
		return setup_fail(setup, path, -errno);
	r = record_file(&setup->record, path, text);
	if (r < 0)
		return setup_fail(setup, RECORD_DIRECTORY, r);
	r = record_write_file(path, text, status.st_mode & 07777, status.st_uid,
			      status.st_gid);
	return r < 0 ? setup_fail(setup, path, r) : STATUS_OK;
}

bool setup_has_program(const char *program)
{
	return access(program, X_OK) == 0;
}

bool setup_has_systemd(const struct setup *setup)
{
	return host_has(&setup->host, "/run/systemd/system") &&
	       setup_has_program(SETUP_SYSTEMCTL);
}

static void print_command(FILE *stream, const char *const *argv)
{
	const char *name = strrchr(argv[0], '/');

	fprintf(stream, "would run: %s", name ? name + 1 : argv[0]);
	for (argv++; *argv; argv++)
		fprintf(stream, " %s", *argv);
	fputc('\n', stream);
}

int setup_command(struct setup *setup, const char *const *argv)
{
	char said[2000], sentence[FAILURE_LINE_MAX];
	struct text text;
	int r;

	if (setup->dry) {
		print_command(setup->stream, argv);
		return STATUS_OK;
	}
	text_init(&text, said, sizeof(said));
	r = program_capture(argv[0], argv, COMMAND_MAX_MS, &text);
	if (r == 0)
		return STATUS_OK;
	if (r < 0)
		return setup_fail(setup, argv[0], r);
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text, "%s: exit status %d: ", argv[0], r);
	text_add_escaped(&text, said, strnlen(said, 600));
	return refuse(setup, STATUS_FAILURE, sentence);
}

bool setup_daemon_answers(const struct setup *setup, uint32_t timeout_ms)
{
	int64_t end_us = clock_monotonic_us() + (int64_t)timeout_ms * 1000;
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (;;) {
		scope(varlink_client_freep) struct varlink_client *client =
			NULL;
		json_t *reply = NULL;
		const char *error = NULL;
		int r;

		r = varlink_client_new(setup->ctl->socket, 2000, &client);
		if (r == 0)
			r = varlink_client_call(client,
						"nl.cloxxs.Admin.Status", NULL,
						&reply, &error);
		if (r == 0)
			json_decref(reply);
		if (r == 0 && !error)
			return true;
		if (clock_monotonic_us() >= end_us)
			return false;
		(void)nanosleep(&pause, NULL);
	}
}

/* Questions. */

bool setup_ask(const struct setup *setup, const char *question,
	       const char *otherwise, char *answer, size_t size)
{
	size_t n;

	fprintf(setup->ctl->errors, "%s", question);
	if (otherwise)
		fprintf(setup->ctl->errors, " [%s]", otherwise);
	fputs(": ", setup->ctl->errors);
	fflush(setup->ctl->errors);
	if (!fgets(answer, (int)size, setup->ctl->questions))
		return false;
	n = strcspn(answer, "\n");
	answer[n] = '\0';
	if (n == 0 && otherwise) {
		struct text text;

		text_init(&text, answer, size);
		text_add(&text, otherwise);
	}
	return true;
}

/* What is wrong with a name for an administrator, or NULL. */
static const char *name_fault(const char *name)
{
	if (!name_is_user(name, strlen(name)))
		return "a name is made of a-z, 0-9, _ and -, and begins with "
		       "a letter";
	if (name_is_reserved(name, strlen(name)))
		return "this name is root's or opens doors; choose another";
	return NULL;
}

static const char *services_fault(const char *services)
{
	while (*services) {
		size_t n = strcspn(services, ",");

		if (!name_is_service(services, n))
			return "services are names of files in /etc/pam.d, by "
			       "comma";
		services += n;
		if (*services == ',' && *++services == '\0')
			return "there is no service behind the last comma";
	}
	return NULL;
}

static int take_name(struct setup *setup, const char *name)
{
	const char *fault = name_fault(name);
	struct text text;

	if (fault)
		return refuse(setup, STATUS_USAGE, fault);
	text_init(&text, setup->administrator, sizeof(setup->administrator));
	text_add(&text, name);
	return STATUS_OK;
}

static int ask_name(struct setup *setup)
{
	char answer[128];

	for (int i = 0; i < ASKED_MAX; i++) {
		if (!setup_ask(setup,
			       "Name of the first administrator, a new user of "
			       "Cloxxs",
			       NULL, answer, sizeof(answer)))
			break;
		if (take_name(setup, answer) == STATUS_OK)
			return STATUS_OK;
	}
	return refuse(setup, STATUS_USAGE,
		      "there is no name for an administrator; nothing was "
		      "changed");
}

/* Is the daemon's store still without users? Then an administrator is due. */
static bool has_users(const struct setup *setup)
{
	scope(map_freep) struct map *map = NULL;
	struct identity_user user;
	uint32_t position = 0;

	(void)setup;
	return identity_open(CLOXXS_STATEDIR "/identity.map", &map) == 0 &&
	       identity_next_user(map, &position, &user);
}

static int gather_administrator(struct setup *setup)
{
	const struct command *command = setup->command;

	if (command_has(command, OPTION_ADMINISTRATOR))
		return take_name(setup, command->values[OPTION_ADMINISTRATOR]);
	if (has_users(setup) || setup->dry)
		return STATUS_OK;
	if (command_has(command, OPTION_YES))
		return refuse(setup, STATUS_USAGE,
			      "--administrator NAME is missing: there is no "
			      "user yet");
	return ask_name(setup);
}

/* Its identity must be seen by somebody: without a question it is made only
 * where there is a place for that. */
static void gather_recovery(struct setup *setup)
{
	char answer[16];

	if (host_has(&setup->host, SETUP_RECOVERY))
		return;
	setup->recovery =
		command_has(setup->command, OPTION_IDENTITY) || setup->dry;
	if (setup->recovery || command_has(setup->command, OPTION_YES))
		return;
	setup->recovery =
		setup_ask(setup,
			  "Make a recovery key, which opens the store and "
			  "its backups where this host is lost; its "
			  "identity is shown once",
			  "yes", answer, sizeof(answer)) &&
		strcmp(answer, "yes") == 0;
}

/* A file that can be read; what is in it the daemon says. */
static int take_countries(struct setup *setup, const char *path)
{
	struct text text;

	if (access(path, R_OK) < 0)
		return setup_fail(setup, path, -errno);
	text_init(&text, setup->countries, sizeof(setup->countries));
	text_add(&text, path);
	return text_is_cut(&text) ? setup_fail(setup, path, -ENAMETOOLONG)
				  : STATUS_OK;
}

static int gather_countries(struct setup *setup)
{
	const struct command *command = setup->command;
	char answer[PATH_MAX];

	if (command_has(command, OPTION_COUNTRY_DATABASE))
		return take_countries(setup,
				      command->values[OPTION_COUNTRY_DATABASE]);
	if (command_has(command, OPTION_YES) || setup->dry ||
	    host_has(&setup->host, SETUP_COUNTRIES))
		return STATUS_OK;
	for (int i = 0; i < ASKED_MAX; i++) {
		if (!setup_ask(
			    setup,
			    "Country database, the path of an .mmdb file, for "
			    "rules about countries",
			    "none", answer, sizeof(answer)) ||
		    strcmp(answer, "none") == 0)
			return STATUS_OK;
		if (take_countries(setup, answer) == STATUS_OK)
			return STATUS_OK;
	}
	return refuse(setup, STATUS_USAGE,
		      "there is no such file; nothing was changed");
}

static int gather(struct setup *setup)
{
	const struct command *command = setup->command;
	const char *fault;
	int status;

	setup->services = command_has(command, OPTION_SERVICES)
				  ? command->values[OPTION_SERVICES]
				  : "sshd,sudo";
	fault = services_fault(setup->services);
	if (fault)
		return refuse(setup, STATUS_USAGE, fault);
	status = gather_administrator(setup);
	if (status == STATUS_OK)
		status = origin_gather(setup);
	if (status != STATUS_OK)
		return status;
	gather_recovery(setup);
	return gather_countries(setup);
}

/* Looking, before and after. */

/* With these nothing is begun. */
static const enum check blockers[] = {
	CHECK_ROOT,     CHECK_PAM_MODULE, CHECK_PAM_FILE, CHECK_NSS_MODULE,
	CHECK_PACKAGES, CHECK_SPACE,      CHECK_SSHD,     CHECK_CONFIGURATION,
};

static int check_before(struct setup *setup)
{
	struct doctor doctor;
	size_t n = 0;

	doctor_init(&doctor, "", setup->ctl->socket);
	doctor_look(&doctor);
	for (size_t i = 0; i < doctor.findings.n; i++) {
		const struct finding *finding = &doctor.findings.rows[i];

		for (size_t k = 0; k < ARRAY_SIZE(blockers); k++) {
			if (finding->check != blockers[k] ||
			    finding->severity != SEVERITY_ERROR)
				continue;
			n++;
			fprintf(setup->ctl->errors,
				"cloxxsctl: setup: %s: %s\n    mend  %s\n",
				check_rows[finding->check].name, finding->seen,
				finding->mend);
		}
	}
	doctor_deinit(&doctor);
	if (n == 0 || setup->dry)
		return STATUS_OK;
	return refuse(setup, STATUS_CONFLICT,
		      "the doctor found what must be mended first; nothing was "
		      "changed");
}

static int check_after(struct setup *setup)
{
	struct report report = { .began_us = clock_monotonic_us() };
	struct doctor doctor;
	int status;

	fputs("\nThe doctor:\n", setup->stream);
	doctor_init(&doctor, "", setup->ctl->socket);
	doctor_look(&doctor);
	status = report_table(setup->ctl->output, &doctor, &report);
	doctor_deinit(&doctor);
	return status == STATUS_WARNINGS ? STATUS_OK : status;
}

static void tell_how_to_try(const struct setup *setup)
{
	char host[256] = "HOST";

	(void)gethostname(host, sizeof(host) - 1);
	fprintf(setup->stream,
		"\nKeep this shell open, and try from elsewhere:\n"
		"    ssh %s@%s\n"
		"What a refusal says:  cloxxsctl explain CODE\n"
		"All of it back:       cloxxsctl setup undo\n",
		*setup->administrator ? setup->administrator : "NAME", host);
}

/* The steps. */

static bool print_plan(struct setup *setup)
{
	size_t n = 0;

	for (size_t i = 0; i < setup_n_steps; i++) {
		if (!setup_steps[i].is_needed(setup))
			continue;
		if (n++ == 0)
			fputs("To be done:\n", setup->stream);
		fprintf(setup->stream, "  %-14s %s\n", setup_steps[i].name,
			setup_steps[i].title);
	}
	if (n == 0)
		fputs("There is nothing left to do.\n", setup->stream);
	fflush(setup->stream);
	return n > 0;
}

static int confirm(struct setup *setup)
{
	char answer[16];

	if (command_has(setup->command, OPTION_YES) || setup->dry)
		return STATUS_OK;
	if (setup_ask(setup, "Go on? Type yes", NULL, answer, sizeof(answer)) &&
	    strcmp(answer, "yes") == 0)
		return STATUS_OK;
	return refuse(setup, STATUS_FAILURE,
		      "not confirmed; nothing was changed");
}

static int run_steps(struct setup *setup)
{
	struct output *output = setup->ctl->output;

	for (size_t i = 0; i < setup_n_steps; i++) {
		const struct setup_step *step = &setup_steps[i];
		int status;

		if (!step->is_needed(setup))
			continue;
		status = step->run(setup);
		if (status != STATUS_OK) {
			fprintf(setup->ctl->errors,
				"cloxxsctl: setup: stopped at \"%s\"; finish "
				"it with \"cloxxsctl setup\", or take it back "
				"with \"cloxxsctl setup undo\"\n",
				step->name);
			return status;
		}
		if (!setup->dry)
			fprintf(setup->stream, "%s %s\n",
				output_mark(output, MARK_YES), step->title);
		fflush(setup->stream);
	}
	return STATUS_OK;
}

static int open_record(struct setup *setup, bool create)
{
	switch (record_open(RECORD_DIRECTORY, create, &setup->record)) {
	case 0:
		return STATUS_OK;
	case RECORD_E_NONE:
		return refuse(setup, STATUS_NOT_FOUND,
			      "there is nothing to undo: no " RECORD_DIRECTORY);
	case RECORD_E_BUSY:
		return refuse(setup, STATUS_CONFLICT,
			      "another setup is under way");
	case RECORD_E_FOREIGN:
		return refuse(setup, STATUS_CONFLICT,
			      RECORD_DIRECTORY " is not root's alone, or holds "
					       "what no setup wrote; look at "
					       "it, and move it away");
	default:
		return refuse(setup, STATUS_FAILURE,
			      RECORD_DIRECTORY " cannot be written");
	}
}

static int finish_record(struct setup *setup)
{
	int r = 0;

	if (!record_is_done(&setup->record))
		r = record_act(&setup->record, "done", "");
	return r < 0 ? setup_fail(setup, RECORD_DIRECTORY, r) : STATUS_OK;
}

static int run_recorded(struct setup *setup)
{
	int status = open_record(setup, true);

	if (status != STATUS_OK)
		return status;
	if (setup->record.n > 0 && !record_is_done(&setup->record))
		fputs("An earlier setup was interrupted; it is finished now.\n",
		      setup->stream);
	status = run_steps(setup);
	if (status == STATUS_OK)
		status = finish_record(setup);
	record_close(&setup->record);
	return status;
}

static int make(struct setup *setup)
{
	int status;

	status = gather(setup);
	if (status == STATUS_OK)
		status = check_before(setup);
	if (status != STATUS_OK)
		return status;
	if (print_plan(setup)) {
		status = confirm(setup);
		if (status == STATUS_OK)
			status = setup->dry ? run_steps(setup)
					    : run_recorded(setup);
	} else if (!setup->dry && access(RECORD_DIRECTORY, F_OK) == 0) {
		status = run_recorded(setup);
	}
	if (status == STATUS_OK && !setup->dry)
		status = check_after(setup);
	if (status == STATUS_OK && !setup->dry)
		tell_how_to_try(setup);
	return status;
}

static int take_back(struct setup *setup)
{
	int status = open_record(setup, false);

	if (status == STATUS_OK)
		status = confirm(setup);
	if (status == STATUS_OK)
		status = setup_undo(setup);
	record_close(&setup->record);
	return status;
}

int setup_run(struct ctl *ctl, const struct command *command)
{
	struct setup setup = {
		.ctl = ctl,
		.command = command,
		.stream = ctl->output->stream,
		.dry = command_has(command, OPTION_DRY_RUN),
		.host = { .root = "",
			  .uid = geteuid(),
			  .capture = program_capture },
		.record = { .directory = -1, .log = -1 },
	};
	const char *what = command->operands[0];

	if (what && strcmp(what, "undo") != 0)
		return refuse(&setup, STATUS_USAGE,
			      "goes alone, or with the word undo");
	if (setup.host.uid != 0 && !setup.dry)
		return refuse(&setup, STATUS_DENIED, "be root");
	if (!setup.dry && !command_has(command, OPTION_YES) &&
	    !isatty(fileno(ctl->questions)))
		return refuse(&setup, STATUS_USAGE,
			      "there is no terminal to ask on; say --yes");
	/* A reader that has gone must not end us half-way. */
	(void)signal(SIGPIPE, SIG_IGN);
	return what ? take_back(&setup) : make(&setup);
}
