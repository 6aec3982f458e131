/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cloxxs-courier [--check] [--config FILE] [--gateways DIRECTORY]
 *                [--listen PATH]
 *
 * What must hold:
 *  1. It is the one process of ours with a network, and has nothing of users
 *     but the message that it carries just now.
 *  2. What it was told is right, or it does not start; a reload that is not
 *     right changes nothing.
 */
#include "config.h"

#include <getopt.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>

#include "courier/courier.h"
#include "courier/delivery.h"
#include "courier/log.h"
#include "courier/service.h"
#include "courier/service_countries.h"
#include "courier/service_probe.h"

#define WHY_SIZE 8192

struct options {
	struct configuration_args files;
	const char *listen; /* NULL: as the service manager says */
	bool check;
};

static int usage(void)
{
	(void)fputs("usage: cloxxs-courier [--check] [--config FILE] "
		    "[--gateways DIRECTORY]\n"
		    "                      [--listen PATH]\n"
		    "systemd runs it, as cloxxs-courier.service\n",
		    stderr);
	return 2;
}

static bool read_arguments(struct options *options, int argc, char **argv)
{
	static const struct option rows[] = {
		{ "check", no_argument, NULL, 'k' },
		{ "config", required_argument, NULL, 'c' },
		{ "gateways", required_argument, NULL, 'g' },
		{ "listen", required_argument, NULL, 'l' },
		{ 0 },
	};
	int value;

	while ((value = getopt_long(argc, argv, "", rows, NULL)) != -1)
		if (value == 'k')
			options->check = true;
		else if (value == 'c')
			options->files.file = optarg;
		else if (value == 'g')
			options->files.gateways = optarg;
		else if (value == 'l')
			options->listen = optarg;
		else
			return false;
	return optind == argc;
}

/* Its drop-ins lie beside it. */
static char *directory_of(const char *file)
{
	size_t size = strlen(file) + sizeof(".d");
	char *directory = malloc(size);

	if (directory)
		(void)snprintf(directory, size, "%s.d", file);
	return directory;
}

static int check(const struct options *options)
{
	scope(configuration_unrefp) struct configuration *configuration = NULL;
	char buffer[WHY_SIZE];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = configuration_load(&options->files, &why, &configuration);
	if (r != 0) {
		(void)fprintf(stderr, "%s\n", r < 0 ? strerror(-r) : buffer);
		return 1;
	}
	for (size_t i = 0; i < configuration->n_routes; i++) {
		const struct route *route = &configuration->routes[i];

		(void)printf("%s %s (%s)\n", kind_name(route->kind),
			     route->name, route->location);
	}
	if (configuration->countries.source != COUNTRY_SOURCE_NONE)
		(void)printf(
			"countries %s (%s)\n",
			country_source_names[configuration->countries.source],
			configuration->countries.location);
	return ferror(stdout) != 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info,
		   void *userdata)
{
	(void)info;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_reload(sd_event_source *source,
		     const struct signalfd_siginfo *info, void *userdata)
{
	struct courier *courier = userdata;
	char buffer[WHY_SIZE];
	struct text why;
	int r;

	(void)source;
	(void)info;
	text_init(&why, buffer, sizeof(buffer));
	(void)!sd_notify(0, "RELOADING=1");
	r = courier_reload(courier, &why);
	if (r != 0)
		log_lines(LOG_ERR, "not reloaded",
			  r < 0 ? strerrordesc_np(-r) : buffer);
	(void)!sd_notify(0, r == 0 ? "READY=1\nSTATUS="
				   : "READY=1\nSTATUS=The configuration is "
				     "not right; the one before is in force.");
	return 0;
}

static int take_signals(sd_event *event, struct courier *courier)
{
	sigset_t set;
	int r;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* For sd_event_add_child(). */
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_stop, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGHUP, on_reload,
					courier);
	return r;
}

static int listen_at(struct varlink_server *server, const char *path)
{
	int n;

	/* Who may call is found by his uid; the mode only keeps out the rest.
	 */
	if (path)
		return varlink_server_listen_path(server, path, 0666);
	n = sd_listen_fds(true);
	if (n != 1)
		return n < 0 ? n : -EBADFD;
	return varlink_server_listen(server, SD_LISTEN_FDS_START);
}

static int serve(struct courier *courier, const char *path,
		 struct varlink_server **ret_server)
{
	static const struct varlink_interface *const interfaces[] = {
		&service_interface, NULL
	};
	const struct varlink_server_args args = {
		.event = courier->event,
		.interfaces = interfaces,
		.vendor = "Cloxxs",
		.product = "cloxxs-courier",
		.version = VERSION,
		.url = "man:cloxxs-courier(8)",
		.classify = service_classify,
		.userdata = courier,
		.connections_max = 1280,
		.connections_per_uid_max = 1024,
		.connections_reserved = 128,
		.idle_timeout_ms = 60000,
	};
	int r = varlink_server_new(&args, ret_server);

	return r < 0 ? r : listen_at(*ret_server, path);
}

static int run(struct courier *courier, const char *path)
{
	struct varlink_server *server = NULL;
	int r = take_signals(courier->event, courier);

	if (r >= 0)
		r = serve(courier, path, &server);
	if (r >= 0)
		r = sd_event_set_watchdog(courier->event, true);
	if (r >= 0) {
		(void)!sd_notify(0, "READY=1");
		r = sd_event_loop(courier->event);
	}
	while (courier->deliveries)
		delivery_end(courier->deliveries);
	service_countries_end(courier);
	service_probe_end(courier);
	varlink_server_free(server);
	return r;
}

/* The uid of cloxxsd; where there is no such account, root alone may call. */
static uid_t find_daemon(void)
{
	const struct passwd *account = getpwnam(CLOXXS_USER);

	return account ? account->pw_uid : 0;
}

static int start(const struct options *options)
{
	struct courier courier = { 0 };
	sd_event *event = NULL;
	char buffer[WHY_SIZE];
	struct text why;
	int r;

	text_init(&why, buffer, sizeof(buffer));
	r = sd_event_default(&event);
	if (r >= 0)
		r = courier_init(&courier, event, &options->files, &why);
	if (r == 0) {
		courier.daemon_uid = find_daemon();
		courier.state_directory = getenv("STATE_DIRECTORY");
		r = run(&courier, options->listen);
	}
	if (r != 0)
		(void)fprintf(stderr, "cloxxs-courier: %s\n",
			      r < 0 ? strerror(-r) : buffer);
	courier_deinit(&courier);
	sd_event_unref(event);
	return r != 0;
}

int main(int argc, char **argv)
{
	struct options options = {
		.files = { .file = CLOXXS_CONFDIR "/cloxxs-courier.conf",
			   .gateways = CLOXXS_CONFDIR "/sms.d",
			   .credentials = getenv("CREDENTIALS_DIRECTORY") },
	};
	scope(scope_free) char *directory = NULL;
	int status;

	if (!read_arguments(&options, argc, argv))
		return usage();
	directory = directory_of(options.files.file);
	if (!directory)
		return 1;
	options.files.directory = directory;
	umask(077);
	/* Threads that look up names keep no heaps of their own. */
	(void)mallopt(M_ARENA_MAX, 2);
	(void)prctl(PR_SET_DUMPABLE, 0);
	varlink_wipe_json();
	if (web_prepare() < 0)
		return 1;
	/* Outside of the service there are no credentials: nothing could be
	 * sent. */
	if (!options.check && !options.files.credentials)
		options.files.credentials = "";
	status = options.check ? check(&options) : start(&options);
	web_end();
	return status;
}
