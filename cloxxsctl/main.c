/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cloxxsctl: the administrator's tool. It holds no authority: the daemon
 * decides by the uid that the kernel names, so nothing here needs hiding from
 * the one who runs it. What must hold: no secret on the command line, in the
 * environment or left in memory; what others wrote reaches a terminal escaped.
 */
#include <locale.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "cloxxsctl/completion.h"
#include "cloxxsctl/ctl.h"
#include "cloxxsctl/key_credential.h"
#include "cloxxsctl/verbs.h"
#include "varlink/server.h"

#define ANSWER_TIMEOUT_MS 30000

/* What a shell asks while somebody types; the words are not yet a command. */
static int complete(const char *const *words, size_t n_words)
{
	struct output output;
	int r;

	output_init(&output, &output_table_form, stdout, 0);
	completion_print(
		&(struct ctl){ .verbs = verbs,
			       .output = &output,
			       .socket = CLOXXS_RUNDIR "/cloxxsd.sock" },
		words, n_words);
	r = output_finish(&output);
	output_deinit(&output);
	return r < 0 ? STATUS_FAILURE : STATUS_OK;
}

static int run(int argc, char **argv)
{
	char sentence[FAILURE_LINE_MAX];
	struct command command;
	struct output output;
	struct text error;
	int status;

	if (argc > 3 && strcmp(argv[1], COMPLETION_WORD) == 0 &&
	    strcmp(argv[2], "--") == 0)
		return complete((const char *const *)argv + 3,
				(size_t)argc - 3);
	text_init(&error, sentence, sizeof(sentence));
	if (grammar_parse(verbs, argc, argv, &error, &command) != 0) {
		failure_print(stderr, NULL, sentence);
		return STATUS_USAGE;
	}
	output_init(&output,
		    command_has(&command, OPTION_JSON) ? &output_json_form
						       : &output_table_form,
		    stdout, (int64_t)time(NULL));
	status = ctl_run(
		&(struct ctl){
			.verbs = verbs,
			.output = &output,
			.questions = stdin,
			.errors = stderr,
			.socket = command_has(&command, OPTION_SOCKET)
					  ? command.values[OPTION_SOCKET]
					  : CLOXXS_RUNDIR "/cloxxsd.sock",
			.cloxxsd = CLOXXS_SBINDIR "/cloxxsd",
			.offline = CLOXXS_LIBEXECDIR "/cloxxs-offline",
			.creds = SYSTEMD_CREDS,
			.timeout_ms = ANSWER_TIMEOUT_MS,
		},
		&command);
	output_deinit(&output);
	return status;
}

int main(int argc, char **argv)
{
	/* Ours, to be wiped: a temporary password passes through it. */
	char buffer[BUFSIZ];
	int status;

	/* Keys, identities and passwords pass through it: none goes to a core.
	 */
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	(void)setlocale(LC_CTYPE, "");
	varlink_wipe_json();
	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	status = run(argc, argv);
	/* Nothing is left in it: output_finish() has told of every error. */
	(void)fclose(stdout);
	explicit_bzero(buffer, sizeof(buffer));
	return status;
}
