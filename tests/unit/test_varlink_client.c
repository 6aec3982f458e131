/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client against scripted servers, good and bad, in a child process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/channel.h"
#include "varlink/client.h"

#define TIMEOUT_MS 5000
#define SHORT_MS 60
#define CALL "{\"method\":\"a.b.C\"}"
#define MORE "{\"method\":\"a.b.C\",\"more\":true}"

/* What the server expects, and what it then sends: reply, where newlines stand
 * for NULs, and a NUL unless cut is set. ends: it closes then. */
struct step {
	const char *request;
	const char *reply; /* NULL: nothing */
	bool cut, ends;
};

struct peer {
	char directory[32];
	char path[64];
	pid_t pid;
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* Whether the next message on fd is request. */
static bool got(int fd, const char *request)
{
	char bytes[4096];
	size_t n = 0;

	while (n < sizeof(bytes) && (n == 0 || bytes[n - 1] != '\0')) {
		ssize_t k = read(fd, bytes + n, 1);

		if (k <= 0)
			return false;
		n += (size_t)k;
	}
	return strcmp(bytes, request) == 0;
}

static bool say(int fd, const struct step *step)
{
	size_t n = strlen(step->reply) + !step->cut;
	char *bytes = strdup(step->reply);
	bool sent;

	if (!bytes)
		return false;
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\n')
			bytes[i] = '\0';
	sent = send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n;
	free(bytes);
	return sent;
}

/* In the child: 0 where all went by the script. */
static int serve(int listener, const struct step *step, size_t n_steps)
{
	int fd = -1;
	char byte;

	alarm(20);
	for (size_t i = 0; i < n_steps; i++, step++) {
		if (fd < 0)
			fd = accept(listener, NULL, NULL);
		if (fd < 0 || !got(fd, step->request))
			return 1;
		if (step->reply && !say(fd, step) && !step->ends)
			return 2;
		if (step->ends)
			scope_close(&fd);
	}
	/* Stays until the client has gone. */
	return fd >= 0 && read(fd, &byte, 1) > 0 ? 3 : 0;
}

static void peer_init(struct peer *peer, const struct step *steps, size_t n)
{
	int listener;

	strcpy(peer->directory, "/tmp/varlink-XXXXXX");
	assert_non_null(mkdtemp(peer->directory));
	snprintf(peer->path, sizeof(peer->path), "%s/socket", peer->directory);
	listener = listen_at(peer->path);
	peer->pid = fork();
	assert_true(peer->pid >= 0);
	if (peer->pid == 0)
		_exit(serve(listener, steps, n));
	close(listener);
}

static void peer_deinit(struct peer *peer)
{
	int status;

	assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
	assert_int_equal(status, 0);
	unlink(peer->path);
	assert_int_equal(rmdir(peer->directory), 0);
}

static const struct {
	struct step step;
	uint32_t timeout_ms;
	int result;
	const char *error, *reply;
} cases[] = {
	{ { CALL, "{\"parameters\":{\"x\":[1]}}", false, false },
	  TIMEOUT_MS,
	  0,
	  NULL,
	  "{\"x\": [1]}" },
	{ { CALL, "{}", false, false }, TIMEOUT_MS, 0, NULL, "{}" },
	{ { CALL, "{\"continues\":false,\"parameters\":null}", false, false },
	  TIMEOUT_MS,
	  0,
	  NULL,
	  "{}" },
	{ { CALL, "{\"error\":\"a.b.E\",\"parameters\":{\"x\":1}}", false,
	    false },
	  TIMEOUT_MS,
	  0,
	  "a.b.E",
	  "{\"x\": 1}" },
	{ { CALL, "{\"error\":\"org.varlink.service.PermissionDenied\"}", false,
	    true },
	  TIMEOUT_MS,
	  0,
	  "org.varlink.service.PermissionDenied",
	  "{}" },
	{ { CALL, "{\"continues\":true}", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "[]", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{\"parameters\":[]}", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{\"parameters\":{\"a\":1,\"a\":1}}", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{\"error\":1}", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{\"error\":\"a.b.E\",\"continues\":true}", false, false },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, NULL, false, true },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, "{\"parameters\":{", true, true },
	  TIMEOUT_MS,
	  VARLINK_CLIENT_E_BROKEN,
	  NULL,
	  NULL },
	{ { CALL, NULL, false, false },
	  SHORT_MS,
	  VARLINK_CLIENT_E_UNREACHABLE,
	  NULL,
	  NULL },
	{ { CALL, "{\"parameters\":{}", true, false },
	  SHORT_MS,
	  VARLINK_CLIENT_E_UNREACHABLE,
	  NULL,
	  NULL },
};

static void replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct varlink_client *client;
		json_t *reply = NULL;
		const char *error = "untouched";
		struct peer peer;
		char *text;
		int r;

		peer_init(&peer, &cases[i].step, 1);
		assert_int_equal(varlink_client_new(peer.path,
						    cases[i].timeout_ms,
						    &client),
				 0);
		r = varlink_client_call(client, "a.b.C", NULL, &reply, &error);
		if (r != cases[i].result)
			fail_msg("%s: %d", cases[i].step.reply, r);
		if (r != 0) {
			assert_null(reply);
			assert_string_equal(error, "untouched");
		} else {
			text = json_dumps(reply, 0);
			assert_string_equal(text, cases[i].reply);
			free(text);
			assert_int_equal(!error, !cases[i].error);
			if (error)
				assert_string_equal(error, cases[i].error);
		}
		json_decref(reply);
		varlink_client_free(client);
		peer_deinit(&peer);
	}
}

static void request_and_size(void **state)
{
	const size_t n = 1024 * 1024;
	char *big = malloc(n + 2);
	const struct step steps[] = {
		{ "{\"method\":\"a.b.C\",\"parameters\":{\"x\":\"y\"}}", big,
		  false, false },
		{ CALL, big, false, true },
	};
	struct varlink_client *client;
	json_t *reply = NULL;
	const char *error;
	struct peer peer;

	(void)state;
	assert_non_null(big);
	memset(big, ' ', n);
	big[0] = '{';
	big[n - 1] = '}';
	big[n] = '\0';
	peer_init(&peer, steps, 1);
	assert_int_equal(varlink_client_new(peer.path, TIMEOUT_MS, &client), 0);
	assert_int_equal(varlink_client_call(client, "a.b.C",
					     json_pack("{s:s}", "x", "y"),
					     &reply, &error),
			 0);
	json_decref(reply);
	varlink_client_free(client);
	peer_deinit(&peer);
	/* one byte more */
	big[n - 1] = ' ';
	big[n] = '}';
	big[n + 1] = '\0';
	peer_init(&peer, steps + 1, 1);
	assert_int_equal(varlink_client_new(peer.path, TIMEOUT_MS, &client), 0);
	assert_int_equal(
		varlink_client_call(client, "a.b.C", NULL, &reply, &error),
		VARLINK_CLIENT_E_BROKEN);
	varlink_client_free(client);
	peer_deinit(&peer);
	free(big);
}

static int sum(json_t *reply, void *userdata)
{
	json_int_t *total = userdata;

	*total += json_integer_value(json_object_get(reply, "i"));
	return *total >= 100 ? 77 : 0;
}

#define PART(i) "{\"parameters\":{\"i\":" #i "},\"continues\":true}"

static void streams(void **state)
{
	static const struct {
		const char *replies[3];
		int result;
		json_int_t sum;
		const char *error;
	} flows[] = {
		{ { PART(1), PART(2), "{\"parameters\":{\"i\":3}}" },
		  0,
		  6,
		  NULL },
		{ { "{}" }, 0, 0, NULL },
		{ { PART(5), "{\"error\":\"a.b.E\"}" }, 0, 5, "a.b.E" },
		{ { PART(5), PART(99) }, 77, 104, NULL },
		{ { PART(5), "x" }, VARLINK_CLIENT_E_BROKEN, 5, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		char all[512] = "";
		struct step step = { MORE, all, true, true };
		struct varlink_client *client;
		json_t *reply = NULL;
		const char *error = NULL;
		json_int_t total = 0;
		struct peer peer;

		for (size_t k = 0; k < 3 && flows[i].replies[k]; k++) {
			strcat(all, flows[i].replies[k]);
			strcat(all, "\n");
		}
		peer_init(&peer, &step, 1);
		assert_int_equal(
			varlink_client_new(peer.path, TIMEOUT_MS, &client), 0);
		assert_int_equal(varlink_client_stream(client, "a.b.C", NULL,
						       sum, &total, &reply,
						       &error),
				 flows[i].result);
		assert_int_equal(total, flows[i].sum);
		assert_int_equal(!error, !flows[i].error);
		if (error)
			assert_string_equal(error, flows[i].error);
		json_decref(reply);
		varlink_client_free(client);
		peer_deinit(&peer);
	}
}

/* After a time-out, a break or a refusal the next call is on a connection of
 * its own: what the first one still sends is never taken for its answer. */
static void connections_are_not_reused(void **state)
{
	static const struct step steps[] = {
		{ CALL, "{\"continues\":true}", false, true },
		{ CALL, "{\"parameters\":{\"i\":2}}", false, false },
		{ CALL, "{\"error\":\"org.varlink.service.MethodNotFound\"}",
		  false, true },
		/* and an answer to nothing */
		{ CALL,
		  "{\"parameters\":{\"i\":4}}\n{\"parameters\":{\"i\":9}}",
		  false, true },
		{ CALL, "{\"parameters\":{\"i\":5}}", false, false },
	};
	static const int results[] = { VARLINK_CLIENT_E_BROKEN, 2, 0, 4, 5 };
	struct varlink_client *client;
	struct peer peer;

	(void)state;
	peer_init(&peer, steps, ARRAY_SIZE(steps));
	assert_int_equal(varlink_client_new(peer.path, TIMEOUT_MS, &client), 0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		json_t *reply = NULL;
		const char *error = NULL;
		int r = varlink_client_call(client, "a.b.C", NULL, &reply,
					    &error);

		if (r == 0)
			assert_int_equal(
				json_integer_value(json_object_get(reply, "i")),
				results[i]);
		else
			assert_int_equal(r, results[i]);
		json_decref(reply);
	}
	varlink_client_free(client);
	peer_deinit(&peer);
}

/* Nobody, and somebody who may not be it. */
static void abuse_35_servers(void **state)
{
	static const struct step step = { CALL, NULL, false, true };
	struct varlink_client *client = NULL;
	struct peer peer;

	(void)state;
	assert_int_equal(
		varlink_client_new("/tmp/nothing/is/here", TIMEOUT_MS, &client),
		VARLINK_CLIENT_E_UNREACHABLE);
	peer_init(&peer, &step, 0);
	assert_int_equal(chmod(peer.directory, 0777), 0);
	assert_int_equal(varlink_client_new(peer.path, TIMEOUT_MS, &client),
			 VARLINK_CLIENT_E_IMPOSTOR);
	assert_null(client);
	peer_deinit(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(request_and_size),
		cmocka_unit_test(streams),
		cmocka_unit_test(connections_are_not_reused),
		cmocka_unit_test(abuse_35_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
