/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_visible: how long after the daemon has answered a change do readers
 * have it: changes a user's home directory and looks him up through the NSS
 * module, as glibc would ask it, until it shows. Two lines: from the answer
 * on, and from the call on.
 */
#include <dlfcn.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/sample.h"
#include "varlink/client.h"

#define N_CHANGES 200
#define LATE_US 5e6

typedef enum nss_status (*by_name_function)(const char *name, struct passwd *pw,
					    char *buffer, size_t n,
					    int *errnop);

static by_name_function load(const char *file)
{
	void *module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	by_name_function by_name = NULL;

	if (module)
		by_name = (by_name_function)dlsym(module,
						  "_nss_cloxxs_getpwnam_r");
	if (!by_name)
		sample_fail(file, dlerror());
	return by_name;
}

static void change(struct varlink_client *client, const char *name,
		   const char *home)
{
	const char *error = NULL;
	json_t *reply = NULL;

	if (varlink_client_call(
		    client, "nl.cloxxs.Admin.SetUser",
		    json_pack("{s:s, s:s}", "name", name, "home", home), &reply,
		    &error) != 0)
		sample_fail("SetUser", "no answer");
	if (error)
		sample_fail("SetUser", error);
	json_decref(reply);
}

static bool shows(by_name_function by_name, const char *name, const char *home)
{
	struct passwd pw;
	char buffer[1024];
	int error;

	return by_name(name, &pw, buffer, sizeof(buffer), &error) ==
		       NSS_STATUS_SUCCESS &&
	       strcmp(pw.pw_dir, home) == 0;
}

int main(int argc, char **argv)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	struct sample after = { 0 }, whole = { 0 };
	by_name_function by_name;
	char home[64];

	if (argc != 4)
		sample_fail("usage", "SOCKET MODULE USER");
	by_name = load(argv[2]);
	if (varlink_client_new(argv[1], 5000, &client) != 0)
		sample_fail(argv[1], "cannot be reached");
	for (int i = 0; i < N_CHANGES; i++) {
		double called, answered, seen;

		(void)snprintf(home, sizeof(home), "/home/%d", i);
		called = sample_now_us();
		change(client, argv[3], home);
		answered = sample_now_us();
		while (!shows(by_name, argv[3], home))
			if (sample_now_us() - answered > LATE_US)
				sample_fail(home, "never seen");
		seen = sample_now_us();
		sample_add(&after, seen - answered);
		sample_add(&whole, seen - called);
	}
	sample_print(&after, "answer");
	sample_print(&whole, "call");
	sample_deinit(&after);
	sample_deinit(&whole);
	return EXIT_SUCCESS;
}
