/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/setup/origin.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/network.h"

#define ASKED_MAX 3
#define PARENTS_MAX 16

/* Where ssh says that we came from. */

/* The value of a variable in what /proc/PID/environ holds, or NULL. */
static const char *find_variable(const char *environment, size_t n,
				 const char *name)
{
	size_t n_name = strlen(name);

	for (size_t i = 0; i < n; i += strlen(environment + i) + 1)
		if (strncmp(environment + i, name, n_name) == 0 &&
		    environment[i + n_name] == '=')
			return environment + i + n_name + 1;
	return NULL;
}

/* Up to size bytes, ended by NUL; how many were read. */
static size_t read_some(pid_t pid, const char *name, char *buffer, size_t size)
{
	scope(scope_close) int fd = -1;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buffer, size - 1);
	buffer[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static pid_t parent_of(pid_t pid)
{
	char line[1024];
	const char *behind;
	int parent = 0;

	(void)read_some(pid, "stat", line, sizeof(line));
	/* Behind the name, which may hold anything but is in parentheses. */
	behind = strrchr(line, ')');
	if (!behind || sscanf(behind, ") %*c %d", &parent) != 1)
		return 0;
	return (pid_t)parent;
}

/*
 * The address from which ssh brought us here, "" where it did not. sudo and su
 * take the variable away, so the processes above are asked too.
 */
static void find_client(char ret_address[ADDRESS_TEXT_MAX])
{
	scope(scope_free) char *environment = malloc(1 << 17);
	pid_t pid = getpid();

	ret_address[0] = '\0';
	for (int i = 0; environment && i < PARENTS_MAX && pid > 1; i++) {
		size_t n = read_some(pid, "environ", environment, 1 << 17);
		const char *value =
			find_variable(environment, n, "SSH_CONNECTION");
		char address[ADDRESS_TEXT_MAX + 16];

		if (value && sscanf(value, "%61[^ ]", address) == 1 &&
		    address_canonical(address, ret_address) == 0)
			return;
		pid = parent_of(pid);
	}
}

/* What is wanted. */

/* The canonical form of networks; false, having said so, where they are none.
 */
static bool take_networks(struct setup *setup, const char *list)
{
	scope(networks_deinit) struct networks networks = { 0 };
	struct networks_fault fault;
	char sentence[256];
	struct text text;
	int r = networks_parse(list, &networks, &fault);

	text_init(&text, setup->networks, sizeof(setup->networks));
	if (r == 0) {
		networks_write(&networks, &text);
		if (!text_is_cut(&text))
			return true;
	}
	setup->networks[0] = '\0';
	text_init(&text, sentence, sizeof(sentence));
	if (r > 0)
		networks_fault_write(&fault, &text);
	else
		text_add(&text, "these are too many networks");
	fprintf(setup->ctl->errors, "cloxxsctl: setup: networks: %s\n",
		sentence);
	return false;
}

static bool contains(const char *list, const char *address)
{
	scope(networks_deinit) struct networks networks = { 0 };
	struct networks_fault fault;
	struct address one;

	return networks_parse(list, &networks, &fault) == 0 &&
	       address_parse(address, &one) == 0 &&
	       networks_contain(&networks, &one);
}

/* The networks of the settings as they stand, "none" where they cannot be had.
 */
static void find_configured(const struct setup *setup, char *ret, size_t size)
{
	static const char *const argv[] = { CLOXXS_SBINDIR "/cloxxsd",
					    "--dump-config", NULL };
	static const char key[] = "\n[administrators]\nnetworks = ";
	const size_t size_said = 32768;
	scope(scope_free) char *said = malloc(size_said);
	const char *found = NULL;
	struct text text;

	if (said) {
		text_init(&text, said, size_said);
		if (host_ask(&setup->host, argv, &text) == 0)
			found = strstr(said, key);
	}
	found = found ? found + strlen(key) : "none";
	text_init(&text, ret, size);
	text_add_bytes(&text, found, strcspn(found, "\n"));
}

/* Would the next login of whoever calls now be refused? */
static int check_way_in(struct setup *setup, const char *client)
{
	char configured[2048];

	if (client[0] == '\0' || setup->dry)
		return STATUS_OK;
	find_configured(setup, configured, sizeof(configured));
	if (*setup->networks ? contains(setup->networks, client)
			     : strcmp(configured, "any") == 0 ||
				       contains(configured, client))
		return STATUS_OK;
	fprintf(setup->ctl->errors,
		"cloxxsctl: setup: you came by ssh from %s, which would be "
		"no administrator network: root and local accounts could not "
		"come from there any more; nothing was changed\n"
		"    mend  cloxxsctl setup --administrator-networks %s\n",
		client, client);
	return STATUS_CONFLICT;
}

static int ask_networks(struct setup *setup, const char *client)
{
	char answer[1024];

	for (int i = 0; i < ASKED_MAX; i++) {
		if (!setup_ask(setup,
			       "Networks that administrators, root and local "
			       "accounts come from, by comma; none is from "
			       "this host only",
			       client[0] ? client : "none", answer,
			       sizeof(answer)))
			break;
		if (strcmp(answer, "none") == 0 || take_networks(setup, answer))
			return check_way_in(setup, client);
	}
	fputs("cloxxsctl: setup: there are no networks for administrators; "
	      "nothing was changed\n",
	      setup->ctl->errors);
	return STATUS_USAGE;
}

int origin_gather(struct setup *setup)
{
	const struct command *command = setup->command;
	const char *given = command->values[OPTION_ADMINISTRATOR_NETWORKS];
	char client[ADDRESS_TEXT_MAX], configured[2048];

	find_client(client);
	find_configured(setup, configured, sizeof(configured));
	if (given && !take_networks(setup, given))
		return STATUS_USAGE;
	if (given || command_has(command, OPTION_YES) || setup->dry ||
	    strcmp(configured, "none") != 0)
		return check_way_in(setup, client);
	return ask_networks(setup, client);
}

/* The step. */

bool origin_is_needed(struct setup *setup)
{
	return *setup->networks != '\0';
}

/* A daemon that runs reads them now; one that does not, when it starts. */
static int reload(struct setup *setup)
{
	static const char *const argv[] = { SETUP_SYSTEMCTL,
					    "try-reload-or-"
					    "restart",
					    "cloxxsd.service", NULL };

	return setup_has_systemd(setup) ? setup_command(setup, argv)
					: STATUS_OK;
}

int origin_run(struct setup *setup)
{
	char file[2048];
	struct text text;
	int status;

	text_init(&text, file, sizeof(file));
	text_add_format(&text,
			"# Written by \"cloxxsctl setup\".\n"
			"[administrators]\n"
			"networks = %s\n",
			setup->networks);
	status = setup_change_file(setup, SETUP_ORIGIN, file, 0644);
	return status == STATUS_OK ? reload(setup) : status;
}
