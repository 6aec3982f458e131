/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_grants: rights by the daemon. visible: how long after its answer a
 * grant, or the end of one, is seen by a reader of the access map. check and
 * pingpong: a right check over the socket, as bytes on it, and beside it a bare
 * exchange of as many bytes between two processes, in turns of one run; ratio
 * compares the two of each turn.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/access.h"
#include "bench/sample.h"
#include "varlink/client.h"

#define SERVICE "bench"
#define N_CHANGES 200
#define LATE_US 5e6
#define N_TURNS 50
#define N_EXCHANGES 200

static void change(struct varlink_client *client, const char *method,
		   json_t *parameters)
{
	const char *error = NULL;
	json_t *reply = NULL;

	if (varlink_client_call(client, method, parameters, &reply, &error) !=
	    0)
		sample_fail(method, "no answer");
	if (error)
		sample_fail(method, error);
	json_decref(reply);
}

/* As a reader does: what is retired is opened anew. */
static bool may(struct map **map, const char *path,
		const struct access_question *question)
{
	if (*map && map_is_retired(*map))
		*map = map_free(*map);
	if (!*map && access_open(path, map) != 0)
		sample_fail(path, "cannot be read");
	return access_check(*map, question, NULL) == ACCESS_ALLOWED;
}

static void measure_visible(const char *socket, const char *path,
			    const char *user, const char *project)
{
	scope(varlink_client_freep) struct varlink_client *client = NULL;
	struct access_question question = {
		.user = user,
		.n_user = strlen(user),
		.project = project,
		.n_project = strlen(project),
		.right = ACCESS_WRITE,
		.now = ACCESS_NOW,
	};
	struct sample after = { 0 }, whole = { 0 };
	struct map *map = NULL;

	if (varlink_client_new(socket, 10000, &client) != 0)
		sample_fail(socket, "cannot be reached");
	for (int i = 0; i < N_CHANGES; i++) {
		bool gives = i % 2 == 0;
		double called = sample_now_us(), answered, seen;

		change(client,
		       gives ? "nl.cloxxs.Admin.AddGrant"
			     : "nl.cloxxs.Admin.RemoveGrant",
		       gives ? json_pack("{s:s, s:s, s:s}", "holder", user,
					 "project", project, "right", "write")
			     : json_pack("{s:s, s:s}", "holder", user,
					 "project", project));
		answered = sample_now_us();
		while (may(&map, path, &question) != gives)
			if (sample_now_us() - answered > LATE_US)
				sample_fail(project, "never seen");
		seen = sample_now_us();
		sample_add(&after, seen - answered);
		sample_add(&whole, seen - called);
	}
	sample_print(&after, "visible");
	sample_print(&whole, "changed");
	sample_deinit(&after);
	sample_deinit(&whole);
	map_free(map);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		sample_fail(path, "cannot be reached");
	return fd;
}

/* Sends n bytes and reads to the NUL of the answer: how long it was. */
static size_t exchange(int fd, const char *bytes, size_t n)
{
	char answer[1024];
	size_t got = 0;

	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		sample_fail("send", "not all of it");
	do {
		ssize_t r = recv(fd, answer + got, sizeof(answer) - got, 0);

		if (r <= 0)
			sample_fail("recv", "the connection ended");
		got += (size_t)r;
	} while (answer[got - 1] != '\0');
	return got;
}

/* Answers each message with n bytes, until the other end has gone. */
static void answer_all(int fd, size_t n)
{
	char bytes[1024], answer[1024] = "";
	ssize_t r;

	memset(answer, 'x', n - 1);
	answer[n - 1] = '\0';
	while ((r = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		if (bytes[r - 1] == '\0' &&
		    send(fd, answer, n, MSG_NOSIGNAL) != (ssize_t)n)
			break;
	_exit(0);
}

static int start_peer(size_t n, pid_t *ret_pid)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		sample_fail("socketpair", "failed");
	*ret_pid = fork();
	if (*ret_pid < 0)
		sample_fail("fork", "failed");
	if (*ret_pid == 0) {
		close(fds[0]);
		answer_all(fds[1], n);
	}
	close(fds[1]);
	return fds[0];
}

static double time_exchanges(int fd, const char *bytes, size_t n)
{
	double began = sample_now_us();

	for (int i = 0; i < N_EXCHANGES; i++)
		(void)exchange(fd, bytes, n);
	return (sample_now_us() - began) / N_EXCHANGES;
}

static void measure_socket(const char *socket, const char *user,
			   const char *project)
{
	struct sample check = { 0 }, pingpong = { 0 }, ratio = { 0 };
	int daemon = connect_to(socket), peer;
	char message[512];
	size_t n_answer;
	size_t n;
	pid_t pid;

	n = (size_t)snprintf(message, sizeof(message),
			     "{\"method\":\"nl.cloxxs.Access.Check\","
			     "\"parameters\":{\"service\":\"" SERVICE "\","
			     "\"user\":\"%s\",\"project\":\"%s\","
			     "\"right\":\"read\"}}",
			     user, project) +
	    1;
	n_answer = exchange(daemon, message, n);
	peer = start_peer(n_answer, &pid);
	for (int i = 0; i < N_TURNS; i++) {
		double ours = time_exchanges(daemon, message, n);
		double bare = time_exchanges(peer, message, n);

		sample_add(&check, ours);
		sample_add(&pingpong, bare);
		sample_add(&ratio, ours / bare);
	}
	close(peer);
	close(daemon);
	(void)waitpid(pid, NULL, 0);
	sample_print(&check, "check");
	sample_print(&pingpong, "pingpong");
	sample_print(&ratio, "ratio");
	sample_deinit(&check);
	sample_deinit(&pingpong);
	sample_deinit(&ratio);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		sample_fail("usage", "SOCKET MAP USER PROJECT");
	measure_visible(argv[1], argv[2], argv[3], argv[4]);
	measure_socket(argv[1], argv[3], argv[4]);
	return EXIT_SUCCESS;
}
