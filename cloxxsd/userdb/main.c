/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cloxxs-userdb [--map FILE] [--socket PATH] LISTEN
 *
 * What must hold:
 *  1. It has nothing that is worth being taken: no key, no store, no right.
 *  2. Where it does not run there is no socket: whoever looks a name up finds
 *     each of them, and waits for those behind it.
 */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "cloxxsd/userdb/userdb.h"

struct options {
	struct source source;
	const char *listen;
};

static int usage(void)
{
	(void)fputs("usage: cloxxs-userdb [--map FILE] [--socket PATH] "
		    "LISTEN\n"
		    "systemd runs it, as cloxxs-userdb.service\n",
		    stderr);
	return 2;
}

static bool read_arguments(struct options *options, int argc, char **argv)
{
	static const struct option rows[] = {
		{ "map", required_argument, NULL, 'm' },
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	int value;

	while ((value = getopt_long(argc, argv, "", rows, NULL)) != -1)
		if (value == 'm')
			options->source.map_path = optarg;
		else if (value == 's')
			options->source.socket = optarg;
		else
			return false;
	options->listen = argv[optind];
	return optind + 1 == argc;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info,
		   void *userdata)
{
	(void)info;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int take_signals(sd_event *event)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, NULL);
	return r < 0 ? r
		     : sd_event_add_signal(event, NULL, SIGINT, on_stop, NULL);
}

static int serve(sd_event *event, struct options *options,
		 struct varlink_server **ret_server)
{
	static const struct varlink_interface *const interfaces[] = {
		&userdb_interface, NULL
	};
	/* Everybody looks names up, a web server's account very often at once.
	 */
	const struct varlink_server_args args = {
		.event = event,
		.interfaces = interfaces,
		.vendor = "Cloxxs",
		.product = "cloxxs-userdb",
		.version = VERSION,
		.url = "man:cloxxs-userdb(8)",
		.userdata = &options->source,
		.connections_max = 2048,
		.connections_per_uid_max = 256,
		.idle_timeout_ms = 10000,
	};
	int r = varlink_server_new(&args, ret_server);

	return r < 0 ? r
		     : varlink_server_listen_path(*ret_server, options->listen,
						  0666);
}

static int run(sd_event *event, struct options *options)
{
	struct varlink_server *server = NULL;
	int r = take_signals(event);

	if (r >= 0)
		r = serve(event, options, &server);
	if (r >= 0)
		r = sd_event_set_watchdog(event, true);
	if (r >= 0) {
		(void)!sd_notify(0, "READY=1");
		r = sd_event_loop(event);
	}
	varlink_server_free(server);
	source_deinit(&options->source);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {
		.source = { .map_path = CLOXXS_STATEDIR "/identity.map",
			    .socket = CLOXXS_RUNDIR "/cloxxsd.sock" },
	};
	sd_event *event = NULL;
	int r;

	if (!read_arguments(&options, argc, argv))
		return usage();
	umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0);
	r = sd_event_default(&event);
	if (r >= 0)
		r = run(event, &options);
	sd_event_unref(event);
	if (r < 0)
		(void)fprintf(stderr, "cloxxs-userdb: %s: %s\n", options.listen,
			      strerror(-r));
	return r < 0;
}
