/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>

#include "cloxxsd/daemon/daemon.h"
#include "cloxxsd/daemon/log.h"

enum action {
	ACTION_RUN,
	ACTION_CHECK,
	ACTION_DUMP,
	ACTION_VERSION,
	ACTION_HELP,
	ACTION_USAGE,
};

enum option_value {
	OPTION_CONFIG = 256,
	OPTION_SOCKET,
	OPTION_STATE,
	OPTION_KEY,
	OPTION_COURIER,
	OPTION_CHECK,
	OPTION_DUMP,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct {
	const char *name;
	enum option_value value;
	const char *argument;
	const char *help;
} rows[] = {
	{ "config", OPTION_CONFIG, "FILE", "read FILE and FILE.d/*.conf" },
	{ "socket", OPTION_SOCKET, "PATH", "listen there, unless activated" },
	{ "state-directory", OPTION_STATE, "DIR", "keep the state there" },
	{ "key", OPTION_KEY, "FILE", "the key of the state" },
	{ "courier", OPTION_COURIER, "PATH", "the socket of cloxxs-courier" },
	{ "check-config", OPTION_CHECK, NULL, "check the settings and exit" },
	{ "dump-config", OPTION_DUMP, NULL, "print the settings and exit" },
	{ "json", OPTION_JSON, NULL, "with --dump-config: as JSON" },
	{ "version", OPTION_VERSION, NULL, "print the version and exit" },
	{ "help", OPTION_HELP, NULL, "print this and exit" },
};

struct command {
	enum action action;
	bool json;
	char credential[512];
	struct daemon_options options;
};

static void help(FILE *stream)
{
	(void)fputs("usage: cloxxsd [OPTION]...\n", stream);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			       rows[i].argument ? " " : "",
			       rows[i].argument ? rows[i].argument : "");
		(void)fprintf(stream, "  %-24s %s\n", left, rows[i].help);
	}
}

static void take_option(struct command *command, int value,
			const char *argument)
{
	switch (value) {
	case OPTION_CONFIG:
		command->options.configuration = argument;
		break;
	case OPTION_SOCKET:
		command->options.socket = argument;
		break;
	case OPTION_STATE:
		command->options.state_directory = argument;
		break;
	case OPTION_KEY:
		command->options.key = argument;
		break;
	case OPTION_COURIER:
		command->options.courier = argument;
		break;
	case OPTION_CHECK:
		command->action = ACTION_CHECK;
		break;
	case OPTION_DUMP:
		command->action = ACTION_DUMP;
		break;
	case OPTION_JSON:
		command->json = true;
		break;
	case OPTION_VERSION:
		command->action = ACTION_VERSION;
		break;
	case OPTION_HELP:
		command->action = ACTION_HELP;
		break;
	default:
		command->action = ACTION_USAGE;
	}
}

/* The credential that systemd passed, else the key file of the installation. */
static const char *default_key(struct command *command)
{
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");
	struct text text;

	if (!directory)
		return CLOXXS_CONFDIR "/cloxxs.key";
	text_init(&text, command->credential, sizeof(command->credential));
	text_add_format(&text, "%s/cloxxs.key", directory);
	return command->credential;
}

static void read_arguments(struct command *command, int argc, char **argv)
{
	struct option options[ARRAY_SIZE(rows) + 1] = { 0 };
	int value;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		options[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument
						    : no_argument,
			.val = (int)rows[i].value,
		};
	command->options = (struct daemon_options){
		.configuration = CLOXXS_CONFDIR "/cloxxsd.conf",
		.socket = CLOXXS_RUNDIR "/cloxxsd.sock",
		.state_directory = CLOXXS_STATEDIR,
		.key = default_key(command),
	};
	while ((value = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(command, value, optarg);
	if (optind < argc) {
		log_line(LOG_ERR, "%s: not an option", argv[optind]);
		command->action = ACTION_USAGE;
	}
}

static int load(const struct command *command, struct settings **ret_settings)
{
	char findings[8192];
	struct text error;
	int r;

	text_init(&error, findings, sizeof(findings));
	r = daemon_load_settings(&command->options, &error, ret_settings);
	if (r > 0)
		(void)fprintf(stderr, "%s\n", findings);
	else if (r < 0)
		(void)fprintf(stderr, "%s: %s\n",
			      command->options.configuration, strerror(-r));
	return r;
}

static int add_json(const struct setting *setting, void *userdata)
{
	return json_array_append_new(
		userdata,
		json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:s}", "section",
			  setting->section, "name", setting->name, "key",
			  setting->key, "value", setting->value, "default",
			  setting->default_value, "help", setting->help));
}

static int dump_json(const struct settings *settings)
{
	json_t *list = json_array();
	int r;

	r = settings_for_each(settings, add_json, list);
	if (r == 0)
		r = json_dumpf(list, stdout, JSON_INDENT(2));
	(void)fputc('\n', stdout);
	json_decref(list);
	return r;
}

static int check_or_dump(const struct command *command)
{
	scope(settings_freep) struct settings *settings = NULL;
	int r = load(command, &settings);

	if (r != 0 || command->action == ACTION_CHECK)
		return r != 0;
	r = command->json ? dump_json(settings)
			  : settings_dump(settings, stdout);
	return r != 0 || fflush(stdout) != 0;
}

/* No core, no debugger, nothing readable by others. */
static int close_doors(void)
{
	const struct rlimit none = { 0 };

	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	return 0;
}

static int run(const struct command *command)
{
	int r;

	if (geteuid() == 0) {
		log_line(LOG_ERR, "must not run as root; cloxxsd.service runs "
				  "it as " CLOXXS_USER);
		return 1;
	}
	r = close_doors();
	if (r == 0 && sodium_init() < 0)
		r = -EIO;
	if (r < 0) {
		log_line(LOG_ERR, "cannot begin: %s", strerror(-r));
		return 1;
	}
	varlink_wipe_json();
	return daemon_run(&command->options) != 0;
}

int main(int argc, char **argv)
{
	struct command command = { .action = ACTION_RUN };

	read_arguments(&command, argc, argv);
	switch (command.action) {
	case ACTION_RUN:
		return run(&command);
	case ACTION_CHECK:
	case ACTION_DUMP:
		return check_or_dump(&command);
	case ACTION_VERSION:
		return puts("cloxxsd " VERSION) < 0;
	case ACTION_HELP:
		help(stdout);
		return 0;
	case ACTION_USAGE:
		break;
	}
	help(stderr);
	return 2;
}
