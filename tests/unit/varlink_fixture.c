/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <cmocka.h>

#include "tests/unit/varlink_fixture.h"

/* Turns of the loop after which it is taken to spin. */
#define TURNS_MAX 20000

static int handle_echo(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	json_t *reply =
		json_pack("{s:O}", "s", json_object_get(parameters, "s"));
	struct fixture *f = userdata;

	f->n_handled++;
	return reply ? varlink_call_reply(call, reply) : -ENOMEM;
}

static int handle_nothing(struct varlink_call *call, json_t *parameters,
			  void *userdata)
{
	struct fixture *f = userdata;

	(void)parameters;
	f->n_handled++;
	return varlink_call_reply_empty(call);
}

static int handle_later(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	struct fixture *f = userdata;

	(void)parameters;
	f->n_handled++;
	assert_null(f->kept);
	f->kept = varlink_call_ref(call);
	return 0;
}

static int handle_fail(struct varlink_call *call, json_t *parameters,
		       void *userdata)
{
	(void)call;
	(void)parameters;
	(void)userdata;
	return -EIO;
}

static int handle_forget(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	(void)call;
	(void)parameters;
	(void)userdata;
	return 0;
}

static void count_free(void *data)
{
	struct fixture *f = data;

	f->n_freed++;
}

static int handle_keep_data(struct varlink_call *call, json_t *parameters,
			    void *userdata)
{
	struct varlink_connection *c = varlink_call_connection(call);

	(void)parameters;
	varlink_connection_set_data(c, userdata, count_free);
	return varlink_call_reply(
		call,
		json_pack("{s:b}", "kept",
			  varlink_connection_data(c, count_free) == userdata &&
				  !varlink_connection_data(c, free)));
}

static int handle_big(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	size_t n = (size_t)json_integer_value(json_object_get(parameters, "n"));
	struct fixture *f = userdata;
	char *bytes = malloc(n);
	json_t *reply;

	f->n_handled++;
	assert_non_null(bytes);
	memset(bytes, 'x', n);
	reply = json_pack("{s:s%}", "s", bytes, n);
	free(bytes);
	(void)!varlink_call_reply(call, reply);
	return 0;
}

struct countdown {
	json_int_t left;
	json_int_t n_looks; /* so often it finds nothing before each */
	json_int_t n_looked;
	struct fixture *f;
};

static int fill_countdown(struct varlink_call *call, void *data)
{
	struct countdown *countdown = data;

	if (countdown->n_looked++ < countdown->n_looks)
		return VARLINK_LOOKING;
	countdown->n_looked = 0;
	for (unsigned i = 0; i < 100 && countdown->left > 1; i++) {
		int r = varlink_call_continue(
			call, json_pack("{s:I}", "i", countdown->left--));

		if (r < 0)
			return r;
	}
	if (countdown->left > 1)
		return 0;
	return varlink_call_reply(call,
				  json_pack("{s:I}", "i", countdown->left));
}

static void free_countdown(void *data)
{
	struct countdown *countdown = data;

	countdown->f->n_freed++;
	free(countdown);
}

static int handle_stream(struct varlink_call *call, json_t *parameters,
			 void *userdata)
{
	struct countdown *countdown = calloc(1, sizeof(*countdown));

	assert_non_null(countdown);
	assert_true(varlink_call_wants_more(call));
	countdown->f = userdata;
	countdown->left = json_integer_value(json_object_get(parameters, "n"));
	countdown->n_looks =
		json_integer_value(json_object_get(parameters, "looks"));
	varlink_call_stream(call, fill_countdown, countdown, free_countdown);
	return 0;
}

static int handle_two(struct varlink_call *call, json_t *parameters,
		      void *userdata)
{
	(void)parameters;
	(void)userdata;
	if (varlink_call_wants_more(call))
		(void)!varlink_call_continue(call, json_object());
	return varlink_call_reply_empty(call);
}

/* Answers twice, and in between without having been asked for more. */
static int handle_wrong(struct varlink_call *call, json_t *parameters,
			void *userdata)
{
	(void)parameters;
	(void)userdata;
	assert_true(varlink_call_continue(call, json_object()) < 0);
	assert_false(varlink_call_is_open(call));
	assert_int_equal(varlink_call_reply_empty(call), 0);
	return 0;
}

static const struct varlink_parameter p_s[] = {
	{ .name = "s", .type = VARLINK_STRING, .max = 60000 },
	{ 0 },
};
static const struct varlink_parameter p_n[] = {
	{ .name = "n", .type = VARLINK_INT },
	{ 0 },
};
static const struct varlink_parameter p_stream[] = {
	{ .name = "n", .type = VARLINK_INT },
	{ .name = "looks", .type = VARLINK_INT, .optional = true },
	{ 0 },
};
static const struct varlink_parameter p_all[] = {
	{ .name = "s", .type = VARLINK_STRING, .max = 4 },
	{ .name = "i", .type = VARLINK_INT, .optional = true },
	{ .name = "b", .type = VARLINK_BOOL, .optional = true },
	{ .name = "l", .type = VARLINK_STRINGS, .optional = true, .max = 2 },
	{ .name = "o", .type = VARLINK_OBJECTS, .optional = true, .max = 2 },
	{ .name = "m", .type = VARLINK_MAP, .optional = true, .max = 2 },
	{ 0 },
};

static const struct varlink_method methods[] = {
	{ .name = "t.x.Echo",
	  .peers = 1,
	  .parameters = p_s,
	  .handle = handle_echo },
	{ .name = "t.x.Types",
	  .peers = 1,
	  .parameters = p_all,
	  .handle = handle_nothing },
	{ .name = "t.x.Small",
	  .peers = 1,
	  .max_bytes = 64,
	  .parameters = p_s,
	  .handle = handle_echo },
	{ .name = "t.x.Admin",
	  .peers = 2,
	  .flags = VARLINK_SENSITIVE,
	  .parameters = p_s,
	  .handle = handle_echo },
	{ .name = "t.x.Nobody", .handle = handle_nothing },
	{ .name = "t.x.Later",
	  .peers = 1,
	  .deadline_ms = 50,
	  .handle = handle_later },
	{ .name = "t.x.Fail", .peers = 1, .handle = handle_fail },
	{ .name = "t.x.Forget", .peers = 1, .handle = handle_forget },
	{ .name = "t.x.KeepData", .peers = 1, .handle = handle_keep_data },
	{ .name = "t.x.Big",
	  .peers = 1,
	  .parameters = p_n,
	  .handle = handle_big },
	{ .name = "t.x.Stream",
	  .peers = 1,
	  .flags = VARLINK_MORE_ONLY,
	  .parameters = p_stream,
	  .handle = handle_stream },
	{ .name = "t.x.Two",
	  .peers = 1,
	  .flags = VARLINK_MORE,
	  .handle = handle_two },
	{ .name = "t.x.Wrong", .peers = 1, .handle = handle_wrong },
	{ 0 },
};

static const struct varlink_interface interface = {
	.name = "t.x",
	.description = "interface t.x\n",
	.methods = methods,
};

static const struct varlink_interface *const interfaces[] = { &interface,
							      NULL };

static uint32_t classify(const struct varlink_peer *peer, void *userdata)
{
	const struct fixture *f = userdata;

	assert_int_equal(peer->pid, getpid());
	return f->classes;
}

static void refused(const struct varlink_peer *peer, const char *method,
		    void *userdata)
{
	struct fixture *f = userdata;

	(void)peer;
	f->n_refused++;
	snprintf(f->refused, sizeof(f->refused), "%s", method);
}

void fixture_init(struct fixture *f, const struct varlink_server_args *args)
{
	struct varlink_server_args mine =
		args ? *args : (struct varlink_server_args){ 0 };

	*f = (struct fixture){ .classes = 1 };
	strcpy(f->directory, "/tmp/varlink-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	assert_int_equal(chmod(f->directory, 0755), 0);
	snprintf(f->path, sizeof(f->path), "%s/socket", f->directory);
	assert_true(sd_event_new(&f->event) >= 0);
	mine.event = f->event;
	mine.interfaces = interfaces;
	mine.vendor = "V";
	mine.product = "P";
	mine.version = "1";
	mine.url = "U";
	mine.classify = classify;
	mine.refused = refused;
	mine.userdata = f;
	assert_int_equal(varlink_server_new(&mine, &f->server), 0);
	assert_int_equal(varlink_server_listen_path(f->server, f->path, 0666),
			 0);
}

void fixture_deinit(struct fixture *f)
{
	f->server = varlink_server_free(f->server);
	f->kept = varlink_call_unref(f->kept);
	sd_event_unref(f->event);
	unlink(f->path);
	assert_int_equal(rmdir(f->directory), 0);
}

void fixture_settle(struct fixture *f)
{
	for (unsigned n = 0; n < TURNS_MAX; n++) {
		int r = sd_event_run(f->event, 0);

		assert_true(r >= 0);
		if (r == 0)
			return;
	}
	fail_msg("the loop spins");
}

void fixture_wait_connections(struct fixture *f, uint32_t n)
{
	time_t end = time(NULL) + 5;

	while (varlink_server_n_connections(f->server) != n) {
		assert_true(sd_event_run(f->event, 100000) >= 0);
		assert_true(time(NULL) <= end);
	}
}

int fixture_connect(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	assert_true(fd >= 0);
	strncpy(address.sun_path, f->path, sizeof(address.sun_path) - 1);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	if (r == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int fixture_connect_as(struct fixture *f, uid_t uid)
{
	int fd;

	assert_int_equal(seteuid(uid), 0);
	fd = fixture_connect(f);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);
	return fd;
}

void fixture_send(int fd, const char *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

void answer_deinit(struct answer *answer)
{
	free(answer->bytes);
}

void fixture_receive(struct fixture *f, int fd, struct answer *ret_answer)
{
	struct answer answer = { .bytes = malloc(FIXTURE_OUTPUT_MAX) };

	assert_non_null(answer.bytes);
	for (bool idle = false;;) {
		ssize_t k;

		fixture_settle(f);
		k = recv(fd, answer.bytes + answer.n,
			 FIXTURE_OUTPUT_MAX - 1 - answer.n, MSG_DONTWAIT);
		if (k > 0) {
			answer.n += (size_t)k;
			idle = false;
			continue;
		}
		answer.closed = k == 0 || errno == ECONNRESET;
		if (answer.closed || idle)
			break;
		idle = true;
	}
	for (size_t i = 0; i < answer.n; i++)
		if (answer.bytes[i] == '\0')
			answer.bytes[i] = '\n';
	answer.bytes[answer.n] = '\0';
	*ret_answer = answer;
}

void fixture_expect(struct fixture *f, int fd, const char *message,
		    const char *expected, bool closed)
{
	struct answer answer;

	fixture_send(fd, message, strlen(message) + 1);
	fixture_receive(f, fd, &answer);
	if (strcmp(answer.bytes, expected) != 0 || answer.closed != closed)
		fail_msg("%s: '%.200s'%s instead of '%s'", message,
			 answer.bytes, answer.closed ? " and closed" : "",
			 expected);
	answer_deinit(&answer);
}

unsigned count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}
