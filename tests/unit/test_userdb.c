/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What systemd is told of users, groups and memberships: of a map with more in
 * it than any store gives yet, to somebody who is neither root nor one of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "cloxxsd/userdb/userdb.h"
#include "tests/unit/raw_map.h"
#include "varlink/idl.h"

#define ID 66000
#define N_MANY 100000
#define USERDB "io.systemd.UserDatabase."

static struct rig {
	struct scratch scratch;
	char socket[108];
	sd_event *event;
	struct varlink_server *server;
	struct source source;
	int fd;
} rig;

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);

/* Whoever calls: somebody of this host. */
static uid_t peer;

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	int r = __real_getsockopt(fd, level, name, value, n);

	if (r == 0 && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = peer;
	return r;
}

/* "user0\0user1\0..." */
static char *many_members(size_t *ret_n)
{
	char *members = calloc(N_MANY, 12);
	size_t n = 0;

	assert_non_null(members);
	for (unsigned int i = 0; i < N_MANY; i++)
		n += (size_t)sprintf(members + n, "user%u", i) + 1;
	*ret_n = n;
	return members;
}

static void add_group(struct map_writer *writer, uint32_t gid, const char *name,
		      const char *members, uint32_t n_members, size_t n)
{
	const struct identity_group group = { .gid = gid,
					      .n_members = n_members,
					      .name = name,
					      .n_name = strlen(name),
					      .members = members,
					      .n_members_bytes = n };

	raw_map_group(writer, &group);
}

/* piet and jan are in staf; "daemon" is of every Debian; all is of many. */
static void publish(void)
{
	static const uint32_t gids[] = { ID + 10, ID + 99, 27, ID + 11 };
	struct identity_user users[] = { user_of("piet", ID),
					 user_of("jan", ID + 1),
					 user_of("daemon", ID + 2),
					 /* As a daemon that was broken into
					  * would have it. */
					 user_of("evil", 0) };
	struct map_writer *writer =
		raw_map_new(rig.scratch.path, MAP_KIND_IDENTITY);
	size_t n;
	char *members = many_members(&n);

	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		raw_map_user(writer, &users[i]);
	add_group(writer, ID, "piet", "", 0, 0);
	add_group(writer, ID + 2, "daemon", "piet", 1, 5);
	add_group(writer, ID + 10, "staf", "piet\0jan", 2, 9);
	add_group(writer, ID + 11, "budget-r", "piet", 1, 5);
	add_group(writer, ID + 12, "all", members, N_MANY, n);
	add_group(writer, 27, "doors", "piet", 1, 5);
	/* No writer of ours makes such names. */
	add_group(writer, ID + 13, "odd", "a b\0piet\0\0-x", 4, 13);
	/* abuse_26: one of them is sudo's, and one is of no group. */
	raw_map_groups_of(writer, ID, gids, ARRAY_SIZE(gids));
	raw_map_groups_of(writer, ID + 2, gids, 1);
	raw_map_publish(writer);
	map_writer_free(writer);
	free(members);
}

static void dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	rig.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(rig.fd >= 0);
	memcpy(address.sun_path, rig.socket, strlen(rig.socket) + 1);
	assert_int_equal(
		connect(rig.fd, (struct sockaddr *)&address, sizeof(address)),
		0);
}

static int setup(void **state)
{
	static const struct varlink_interface *const interfaces[] = {
		&userdb_interface, NULL
	};
	struct varlink_server_args args = { .interfaces = interfaces,
					    .vendor = "t",
					    .product = "t",
					    .version = "t",
					    .url = "t",
					    .userdata = &rig.source };

	(void)state;
	peer = 1000;
	scratch_init(&rig.scratch);
	publish();
	rig.source = (struct source){ .map_path = rig.scratch.path,
				      .socket = "/nowhere/s" };
	assert_true(sd_event_new(&rig.event) >= 0);
	args.event = rig.event;
	assert_int_equal(varlink_server_new(&args, &rig.server), 0);
	(void)snprintf(rig.socket, sizeof(rig.socket), "%s/s",
		       rig.scratch.directory);
	assert_int_equal(
		varlink_server_listen_path(rig.server, rig.socket, 0600), 0);
	dial();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scope_close(&rig.fd);
	rig.server = varlink_server_free(rig.server);
	sd_event_unref(rig.event);
	source_deinit(&rig.source);
	scratch_deinit(&rig.scratch);
	return 0;
}

/* The next message; NULL where the connection was ended. */
static json_t *receive(void)
{
	static char bytes[65536];
	size_t n = 0;

	for (;;) {
		ssize_t k = recv(rig.fd, bytes + n, 1, MSG_DONTWAIT);

		if (k == 0)
			return NULL;
		if (k < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_true(sd_event_run(rig.event, 100000) >= 0);
			continue;
		}
		if (bytes[n] == '\0')
			return json_loads(bytes, 0, NULL);
		n++;
		assert_true(n < sizeof(bytes));
	}
}

static void send_call(const char *method, bool more, json_t *parameters)
{
	char name[64], *text;
	json_t *message;

	(void)snprintf(name, sizeof(name), USERDB "%s", method);
	message = json_pack("{s:s, s:b, s:o}", "method", name, "more",
			    (int)more, "parameters", parameters);
	text = json_dumps(message, JSON_COMPACT);
	assert_int_equal(send(rig.fd, text, strlen(text) + 1, 0),
			 strlen(text) + 1);
	free(text);
	json_decref(message);
}

static json_t *by_name(const char *key, const char *name)
{
	return json_pack("{s:s, s:s}", key, name, "service", "nl.cloxxs");
}

static json_t *by_id(const char *key, json_int_t id)
{
	return json_pack("{s:I, s:s}", key, id, "service", "nl.cloxxs");
}

static void expect_reply(const char *method, json_t *parameters,
			 const char *expected)
{
	json_t *reply;
	char *text;

	send_call(method, false, parameters);
	reply = receive();
	assert_non_null(reply);
	text = json_dumps(reply, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, expected);
	free(text);
	json_decref(reply);
}

static void expect_error(const char *method, json_t *parameters,
			 const char *error)
{
	const char *found;
	json_t *reply;

	send_call(method, strcmp(method, "GetMemberships") == 0, parameters);
	reply = receive();
	assert_non_null(reply);
	found = json_string_value(json_object_get(reply, "error"));
	if (!found || strcmp(found, error) != 0)
		fail_msg("%s instead of %s", found, error);
	json_decref(reply);
}

#define PIET                                                              \
	"{\"parameters\":{\"incomplete\":true,\"record\":{"               \
	"\"disposition\":\"regular\",\"gid\":66000,\"homeDirectory\":"    \
	"\"/home/of\",\"service\":\"nl.cloxxs\",\"shell\":\"/bin/bash\"," \
	"\"uid\":66000,\"userName\":\"piet\"}}}"

static void users(void **state)
{
	(void)state;
	expect_reply("GetUserRecord", by_name("userName", "piet"), PIET);
	expect_reply("GetUserRecord", by_id("uid", ID), PIET);
	expect_reply("GetUserRecord",
		     json_pack("{s:s, s:i, s:s}", "userName", "piet", "uid", ID,
			       "service", "nl.cloxxs"),
		     PIET);
	/* Keys are asked for to tell them to root and himself alone. */
	assert_int_equal(rig.source.ask_from_us, 0);
}

static void groups(void **state)
{
	static const char staf[] =
		"{\"parameters\":{\"incomplete\":false,\"record\":{"
		"\"disposition\":\"regular\",\"gid\":66010,"
		"\"groupName\":\"staf\",\"service\":\"nl.cloxxs\"}}}";

	(void)state;
	expect_reply("GetGroupRecord", by_name("groupName", "staf"), staf);
	expect_reply("GetGroupRecord", by_id("gid", ID + 10), staf);
}

static void abuse_26_who_is_not_there(void **state)
{
	static const json_int_t ids[] = {
		0, 1000, 65534, 65535, 4294967295, -1, 4295033296, ID + 50
	};
	static const char *const names[] = { "",        "root",   "nobody",
					     "klaas",   "PIET",   "piet\n",
					     "../piet", "daemon", "evil",
					     "doors" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		expect_error("GetUserRecord", by_id("uid", ids[i]),
			     USERDB "NoRecordFound");
		expect_error("GetGroupRecord", by_id("gid", ids[i]),
			     USERDB "NoRecordFound");
	}
	/* "daemon" stands in /etc/passwd and /etc/group: local users win. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		expect_error("GetUserRecord", by_name("userName", names[i]),
			     USERDB "NoRecordFound");
		expect_error("GetGroupRecord", by_name("groupName", names[i]),
			     USERDB "NoRecordFound");
		expect_error("GetMemberships", by_name("userName", names[i]),
			     USERDB "NoRecordFound");
		expect_error("GetMemberships", by_name("groupName", names[i]),
			     USERDB "NoRecordFound");
	}
	expect_error("GetUserRecord", by_id("uid", ID + 2),
		     USERDB "NoRecordFound");
}

static void questions_that_are_none(void **state)
{
	static const struct {
		const char *method, *name_key, *id_key;
	} rows[] = {
		{ "GetUserRecord", "userName", "uid" },
		{ "GetGroupRecord", "groupName", "gid" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_error(rows[i].method,
			     json_pack("{s:s, s:i, s:s}", rows[i].name_key,
				       "piet", rows[i].id_key, ID + 1,
				       "service", "nl.cloxxs"),
			     USERDB "ConflictingRecordFound");
		expect_error(rows[i].method,
			     json_pack("{s:s, s:s}", rows[i].name_key, "piet",
				       "service", "io.systemd.Multiplexer"),
			     USERDB "BadService");
		expect_error(rows[i].method,
			     json_pack("{s:s}", "service", "nl.cloxxs"),
			     USERDB "EnumerationNotSupported");
	}
	expect_error("GetMemberships",
		     json_pack("{s:s}", "service", "nl.cloxxs"),
		     USERDB "EnumerationNotSupported");
	expect_error(
		"GetMemberships",
		json_pack("{s:s, s:s}", "userName", "piet", "service", "x"),
		USERDB "BadService");
	/* What a later systemd may add, it adds again without. */
	expect_error(
		"GetUserRecord",
		json_pack("{s:i, s:s}", "uidMin", 1, "service", "nl.cloxxs"),
		"org.varlink.service.InvalidParameter");
}

/* "piet:staf piet:budget-r "; so many may be told in one stream. */
static unsigned int expect_memberships(json_t *parameters, const char *expected)
{
	bool continues = true;
	unsigned int n = 0;
	char found[256];
	struct text text;

	text_init(&text, found, sizeof(found));
	send_call("GetMemberships", true, parameters);
	for (; continues; n++) {
		const char *user, *group;
		json_t *reply = receive();

		assert_non_null(reply);
		continues = json_is_true(json_object_get(reply, "continues"));
		assert_int_equal(json_unpack(reply, "{s:{s:s, s:s}}",
					     "parameters", "userName", &user,
					     "groupName", &group),
				 0);
		text_add_format(&text, "%s:%s ", user, group);
		json_decref(reply);
	}
	if (expected)
		assert_string_equal(found, expected);
	return n;
}

static void memberships(void **state)
{
	json_t *both =
		json_pack("{s:s, s:s, s:s}", "userName", "piet", "groupName",
			  "budget-r", "service", "nl.cloxxs");

	(void)state;
	expect_memberships(by_name("userName", "piet"),
			   "piet:staf piet:budget-r ");
	expect_memberships(by_name("groupName", "staf"), "piet:staf jan:staf ");
	expect_memberships(both, "piet:budget-r ");
	/* What is no name is passed over. */
	expect_memberships(by_name("groupName", "odd"), "piet:odd ");
	expect_error("GetMemberships", by_name("userName", "jan"),
		     USERDB "NoRecordFound");
	/* The group that he has for himself is no membership. */
	expect_error("GetMemberships", by_name("groupName", "piet"),
		     USERDB "NoRecordFound");
	expect_error("GetMemberships",
		     json_pack("{s:s, s:s, s:s}", "userName", "jan",
			       "groupName", "budget-r", "service", "nl.cloxxs"),
		     USERDB "NoRecordFound");
}

static void abuse_27_a_group_of_many(void **state)
{
	(void)state;
	assert_int_equal(expect_memberships(by_name("groupName", "all"), NULL),
			 N_MANY);
}

/* The group is another one before the stream is at its end. */
static void abuse_32_changed_on_the_way(void **state)
{
	struct map_writer *writer;
	unsigned int n = 0;
	bool continues = true;

	(void)state;
	send_call("GetMemberships", true, by_name("groupName", "all"));
	while (continues) {
		json_t *reply = receive();

		assert_non_null(reply);
		continues = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
		if (++n != 10)
			continue;
		writer = raw_map_new(rig.scratch.path, MAP_KIND_IDENTITY);
		add_group(writer, ID + 12, "all", "jan", 1, 4);
		raw_map_publish(writer);
		map_writer_free(writer);
		/* As when the old one says that it is retired. */
		rig.source.map = map_free(rig.source.map);
	}
	assert_true(n < N_MANY);
	expect_memberships(by_name("groupName", "all"), "jan:all ");
}

/* Nobody is told of, and nobody is made up. */
static void without_a_map(void **state)
{
	(void)state;
	rig.source.map_path = "/nowhere/identity.map";
	expect_error("GetUserRecord", by_name("userName", "piet"),
		     USERDB "ServiceNotAvailable");
	expect_error("GetGroupRecord", by_id("gid", ID),
		     USERDB "ServiceNotAvailable");
	expect_error("GetMemberships", by_name("userName", "piet"),
		     USERDB "ServiceNotAvailable");
	rig.source.map_path = rig.scratch.path;
	expect_reply("GetUserRecord", by_name("userName", "piet"), PIET);
	/* The one that is read stays in force while its file is not there. */
	rig.source.map_path = "/nowhere/identity.map";
	expect_reply("GetUserRecord", by_name("userName", "piet"), PIET);
}

/* Root is told that something is missing, where nobody can be asked for it. */
static void keys_of_a_daemon_that_is_not_there(void **state)
{
	(void)state;
	peer = 0;
	expect_reply("GetUserRecord", by_name("userName", "piet"), PIET);
	assert_true(rig.source.ask_from_us > 0);
	expect_reply("GetUserRecord", by_name("userName", "piet"), PIET);
}

static void rows_agree_with_the_description(void **state)
{
	char buffer[256] = "";
	struct text why;

	(void)state;
	text_init(&why, buffer, sizeof(buffer));
	if (varlink_interface_check(&userdb_interface, &why) != 0)
		fail_msg("%s", buffer);
	/* Everybody, and so of no class. */
	for (const struct varlink_method *m = userdb_interface.methods; m->name;
	     m++)
		assert_true(m->peers == 0 && (m->flags & VARLINK_PUBLIC));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users),
		TEST(groups),
		TEST(abuse_26_who_is_not_there),
		TEST(questions_that_are_none),
		TEST(memberships),
		TEST(abuse_27_a_group_of_many),
		TEST(abuse_32_changed_on_the_way),
		TEST(without_a_map),
		TEST(keys_of_a_daemon_that_is_not_there),
		cmocka_unit_test(rows_agree_with_the_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
