/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/core_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <cmocka.h>
#include <sodium.h>
#include <systemd/sd-journal.h>

#include "base/clock.h"
#include "cloxxsd/audit/meaning.h"

/* Nothing here takes as long, whatever the machine. */
#define PATIENCE_S 60

struct core_world core_world;

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_sd_journal_sendv(const struct iovec *fields, int n);
int __real_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum);
int __wrap_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum);
int __real_argon2_hash(const struct secret *normal,
		       const struct argon2_cost *cost,
		       char ret_stored[ARGON2_STORED_SIZE]);
int __wrap_argon2_hash(const struct secret *normal,
		       const struct argon2_cost *cost,
		       char ret_stored[ARGON2_STORED_SIZE]);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	int r = __real_getsockopt(fd, level, name, value, n);

	if (r == 0 && level == SOL_SOCKET && name == SO_PEERCRED)
		((struct ucred *)value)->uid = core_world.peer;
	return r;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int r = __real_clock_gettime(clock, now);

	if (r == 0 && clock == CLOCK_REALTIME)
		now->tv_sec += core_world.clock_s;
	if (r == 0 && clock == CLOCK_BOOTTIME)
		now->tv_sec += core_world.steady_s;
	return r;
}

/* Called on the journal's thread. */
int __wrap_sd_journal_sendv(const struct iovec *fields, int n)
{
	(void)fields;
	(void)n;
	(void)__atomic_add_fetch(&core_world.n_journalled, 1, __ATOMIC_SEQ_CST);
	return 0;
}

/* Called on the hasher's threads. */
int __wrap_argon2_verify(const char *stored, const struct secret *normal,
			 const struct argon2_cost *maximum)
{
	int r;

	if (core_world.before_hash)
		core_world.before_hash();
	if (core_world.quick)
		r = strcmp(stored, normal->bytes) == 0 ? 0 : ARGON2_E_WRONG;
	else
		r = __real_argon2_verify(stored, normal, maximum);
	(void)__atomic_add_fetch(&core_world.n_verified, 1, __ATOMIC_SEQ_CST);
	if (r == ARGON2_E_WRONG)
		(void)__atomic_add_fetch(&core_world.n_wrong, 1,
					 __ATOMIC_SEQ_CST);
	return r;
}

int __wrap_argon2_hash(const struct secret *normal,
		       const struct argon2_cost *cost,
		       char ret_stored[ARGON2_STORED_SIZE])
{
	(void)__atomic_add_fetch(&core_world.n_hashed, 1, __ATOMIC_SEQ_CST);
	if (!core_world.quick)
		return __real_argon2_hash(normal, cost, ret_stored);
	assert_true(normal->n < ARGON2_STORED_SIZE);
	memcpy(ret_stored, normal->bytes, normal->n + 1);
	return 0;
}

/* From wherever, and by whatever service without an address. */
#define ANYWHERE                                                   \
	"[origin]\nlocal_services = sshd, login, sudo, su, cron, " \
	"passwd, dovecot\n"                                        \
	"[geofence]\ncountries = any\nlocal = allow\n"             \
	"[administrators]\nnetworks = any\n"

void core_configure_all(struct core *core, const char *lines)
{
	char text[2048];
	int n = snprintf(text, sizeof(text),
			 "[password]\nhash_memory = 19M\n"
			 "[workers]\ncount = 2\nmemory = 64M\n%s",
			 lines);

	scratch_write(&core->scratch, "cloxxsd.conf", text, (size_t)n, 0600);
}

void core_configure(struct core *core, const char *lines)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), ANYWHERE "%s", lines ? lines : "");
	core_configure_all(core, text);
}

void core_init(struct core *core, const char *lines)
{
	uint8_t key[KEY_BYTES];

	assert_true(sodium_init() >= 0);
	*core = (struct core){ 0 };
	core_world = (struct core_world){ 0 };
	scratch_init(&core->scratch);
	scratch_path(&core->scratch, "state", core->state);
	scratch_path(&core->scratch, "key", core->key);
	scratch_path(&core->scratch, "cloxxsd.conf", core->configuration);
	scratch_path(&core->scratch, "socket", core->socket);
	scratch_path(&core->scratch, "courier", core->courier);
	scratch_path(&core->scratch, "passwd", core->passwd);
	scratch_write(&core->scratch, "passwd", CORE_PASSWD,
		      strlen(CORE_PASSWD), 0644);
	assert_int_equal(mkdir(core->state, 0755), 0);
	randombytes_buf(key, sizeof(key));
	scratch_write(&core->scratch, "key", key, sizeof(key), 0600);
	core_configure(core, lines);
	core_start(core);
}

void core_deinit(struct core *core)
{
	core_stop(core);
	scratch_deinit(&core->scratch);
}

int core_try(struct core *core)
{
	int r;

	assert_false(core->is_running);
	core->daemon = (struct daemon){
		.options = { .configuration = core->configuration,
			     .socket = core->socket,
			     .courier = core->courier,
			     .state_directory = core->state,
			     .key = core->key,
			     .passwd = core->passwd },
	};
	assert_true(sd_event_new(&core->daemon.event) >= 0);
	core->is_running = true;
	r = daemon_start(&core->daemon);
	if (r == 0 && !core_world.alarms)
		core->daemon.alarm_watch.timer = sd_event_source_disable_unref(
			core->daemon.alarm_watch.timer);
	if (r != 0)
		core_stop(core);
	return r;
}

void core_start(struct core *core)
{
	assert_int_equal(core_try(core), 0);
}

void core_stop(struct core *core)
{
	struct daemon *daemon = &core->daemon;

	if (!core->is_running)
		return;
	while (daemon->attempts.hasher &&
	       hasher_n_open(daemon->attempts.hasher) > 0)
		assert_true(core_turn(core, 100000) >= 0);
	daemon_stop(daemon);
	sd_event_unref(daemon->event);
	core->is_running = false;
}

int core_turn(struct core *core, uint64_t usec)
{
	int r;

	if (core_world.before_turn)
		core_world.before_turn();
	r = sd_event_run(core->daemon.event, usec);
	if (core_world.after_turn)
		core_world.after_turn();
	return r;
}

void core_settle(struct core *core)
{
	int r;

	while ((r = core_turn(core, 0)) > 0)
		;
	assert_int_equal(r, 0);
}

static void add(struct core *core, struct user *user, const char *password)
{
	const struct argon2_cost cost = { .memory = 19 << 20, .operations = 2 };
	struct secret secret = { 0 };
	char hash[ARGON2_STORED_SIZE];

	assert_int_equal(secret_set(&secret, password, strlen(password)), 0);
	assert_int_equal(argon2_hash(&secret, &cost, hash), 0);
	assert_int_equal(state_seal_password(&core->daemon.state, user->uid,
					     hash, &user->password),
			 0);
	core_apply(core, (struct change){ .type = CHANGE_USER_ADD,
					  .uid = user->uid,
					  .user = user });
}

void core_add(struct core *core, uint32_t uid, const char *name,
	      const char *password)
{
	struct user user = user_of(uid, name);

	user.password_kind = USER_PASSWORD_CHOSEN;
	user.temporary_until = 0;
	add(core, &user, password);
}

void core_add_temporary(struct core *core, uint32_t uid, const char *name,
			const char *password)
{
	struct user user = user_of(uid, name);

	user.temporary_until = clock_realtime_us() / 1000000 + 3600;
	add(core, &user, password);
}

struct user core_user(struct core *core, const char *name)
{
	struct user user;

	assert_int_equal(user_find(core->daemon.state.store, name, &user), 0);
	return user;
}

void core_apply(struct core *core, struct change change)
{
	struct change_set set = { 0 };

	change_set_add(&set, change);
	change_set_record(&set, record_of(EVENT_USER_CHANGED, "somebody"));
	assert_int_equal(state_apply(&core->daemon.state, &set), 0);
}

void core_set(struct core *core, const struct user *user)
{
	core_apply(core, (struct change){ .type = CHANGE_USER_SET,
					  .uid = user->uid,
					  .user = user });
}

void core_set_role(struct core *core, const char *name, enum user_role role)
{
	struct user user = core_user(core, name);

	user.role = role;
	core_set(core, &user);
}

void core_set_services(struct core *core, const char *name,
		       const char *services)
{
	struct user user = core_user(core, name);

	(void)snprintf(user.services, sizeof(user.services), "%s", services);
	core_set(core, &user);
}

void core_protect(struct core *core, const char *name)
{
	struct user user = core_user(core, name);

	user.protected = true;
	core_set(core, &user);
}

void core_add_break_glass(struct core *core, uint32_t uid, const char *name)
{
	struct user user = user_of(uid, name);

	user.break_glass = true;
	core_apply(core, (struct change){ .type = CHANGE_USER_ADD,
					  .uid = uid,
					  .user = &user });
}

struct ledger_row core_row(struct core *core, const char *reference)
{
	struct ledger_row row;

	assert_int_equal(
		ledger_find(&core->daemon.state.ledger, reference, &row), 0);
	return row;
}

int64_t core_count(struct core *core, const char *event)
{
	sqlite3_stmt *row;
	int64_t n;

	assert_int_equal(store_bind(core->daemon.state.store,
				    "SELECT count(*) FROM ledger WHERE"
				    " event = ?",
				    &row, "t", event),
			 0);
	assert_int_equal(store_step(row), STORE_E_ROW);
	n = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return n;
}

static uint32_t n_connections(const struct core *core)
{
	return varlink_server_n_connections(core->daemon.server);
}

static bool was_ended(const struct talk *talk)
{
	char byte;

	return recv(talk->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void talk_open(struct core *core, struct talk *talk, uid_t uid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint32_t n = n_connections(core);

	*talk = (struct talk){ 0 };
	core_world.peer = uid;
	talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(talk->fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.100s",
		       core->socket);
	assert_int_equal(
		connect(talk->fd, (struct sockaddr *)&address, sizeof(address)),
		0);
	/* Without memory it is let in and shown out again. */
	while (n_connections(core) == n && !was_ended(talk))
		assert_true(core_turn(core, 1000) >= 0);
}

void talk_close(struct core *core, struct talk *talk)
{
	uint32_t n;

	core_settle(core);
	n = n_connections(core);
	if (talk->fd < 0)
		return;
	scope_close(&talk->fd);
	free(talk->bytes);
	talk->bytes = NULL;
	if (n > 0)
		for (int i = 0; i < 20 && n_connections(core) == n; i++)
			assert_true(core_turn(core, 1000) >= 0);
}

static void say(struct talk *talk, const char *method, json_t *parameters,
		bool more)
{
	json_t *call = json_pack("{s:s, s:o*, s:b}", "method", method,
				 "parameters", parameters, "more", (int)more);
	char *text = json_dumps(call, JSON_COMPACT);

	assert_non_null(text);
	if (send(talk->fd, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
		assert_true(errno == EPIPE || errno == ECONNRESET);
	json_decref(call);
	free(text);
}

void talk_send(struct talk *talk, const char *method, json_t *parameters)
{
	say(talk, method, parameters, false);
}

void talk_send_more(struct talk *talk, const char *method, json_t *parameters)
{
	say(talk, method, parameters, true);
}

/* The first whole message of those that came; false: none yet. */
static bool take_message(struct talk *talk, json_t **ret_message)
{
	char *end = talk->n > 0 ? memchr(talk->bytes, '\0', talk->n) : NULL;
	size_t n;

	if (!end)
		return false;
	n = (size_t)(end - talk->bytes) + 1;
	*ret_message = json_loads(talk->bytes, 0, NULL);
	assert_non_null(*ret_message);
	memmove(talk->bytes, end + 1, talk->n - n);
	talk->n -= n;
	return true;
}

/* False at the end of the connection. */
static bool receive(struct talk *talk)
{
	char bytes[4096];
	ssize_t n = recv(talk->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	if (n > 0) {
		talk->bytes = realloc(talk->bytes, talk->n + (size_t)n);
		assert_non_null(talk->bytes);
		memcpy(talk->bytes + talk->n, bytes, (size_t)n);
		talk->n += (size_t)n;
	}
	return true;
}

json_t *talk_next(struct core *core, struct talk *talk)
{
	for (int i = 0; i < PATIENCE_S * 1000; i++) {
		bool alive = receive(talk);
		json_t *message;

		if (take_message(talk, &message))
			return message;
		if (!alive)
			return NULL;
		assert_true(core_turn(core, 100000) >= 0);
	}
	fail_msg("no answer came");
	return NULL;
}

json_t *talk_wait(struct core *core, struct talk *talk)
{
	json_t *message = talk_next(core, talk);

	while (json_is_true(json_object_get(message, "continues"))) {
		json_decref(message);
		message = talk_next(core, talk);
	}
	return message;
}

json_t *talk_call(struct core *core, struct talk *talk, const char *method,
		  json_t *parameters)
{
	talk_send(talk, method, parameters);
	return talk_wait(core, talk);
}

json_t *core_call(struct core *core, uid_t uid, const char *method,
		  json_t *parameters)
{
	struct talk talk;
	json_t *reply;

	talk_open(core, &talk, uid);
	reply = talk_call(core, &talk, method, parameters);
	talk_close(core, &talk);
	assert_non_null(reply);
	return reply;
}

static void take_text(json_t *object, const char *name, char *buffer,
		      size_t size)
{
	const char *value = json_string_value(json_object_get(object, name));
	int n = snprintf(buffer, size, "%s", value ? value : "");

	assert_true(n >= 0 && (size_t)n < size);
}

struct outcome outcome_of(json_t *reply)
{
	json_t *parameters = json_object_get(reply, "parameters");
	struct outcome o = { .ended = !reply };
	const struct {
		const char *name;
		char *buffer;
		size_t size;
	} texts[] = {
		{ "step", o.step, sizeof(o.step) },
		{ "verdict", o.verdict, sizeof(o.verdict) },
		{ "prompt", o.prompt, sizeof(o.prompt) },
		{ "message", o.message, sizeof(o.message) },
		{ "reference", o.reference, sizeof(o.reference) },
		{ "pass", o.pass, sizeof(o.pass) },
		{ "session", o.session, sizeof(o.session) },
		{ "temporary_password", o.temporary, sizeof(o.temporary) },
	};

	take_text(reply, "error", o.error, sizeof(o.error));
	for (size_t i = 0; i < ARRAY_SIZE(texts) && !*o.error; i++)
		take_text(parameters, texts[i].name, texts[i].buffer,
			  texts[i].size);
	json_decref(reply);
	return o;
}

struct outcome wait_outcome(struct core *core, struct talk *talk)
{
	return outcome_of(talk_wait(core, talk));
}

static json_t *pack_about(const struct about *about)
{
	return json_pack(
		"{s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, "
		"s:s*, s:o*}",
		"purpose", about->purpose, "user", about->user, "service",
		about->service ? about->service : "sshd", "address",
		about->address, "pass", about->pass, "method", about->method,
		"language", about->language, "requester", about->requester,
		"terminal", about->terminal, "audit_session",
		about->audit_session ? json_integer(about->audit_session)
				     : NULL);
}

struct outcome start(struct core *core, struct talk *talk, struct about about)
{
	if (!about.purpose)
		about.purpose = "login";
	return outcome_of(talk_call(core, talk, "nl.cloxxs.Login.Start",
				    pack_about(&about)));
}

void send_answer(struct talk *talk, const char *text)
{
	talk_send(talk, "nl.cloxxs.Login.Answer",
		  json_pack("{s:s}", "answer", text));
}

struct outcome answer(struct core *core, struct talk *talk, const char *text)
{
	send_answer(talk, text);
	return wait_outcome(core, talk);
}

static struct outcome call_once(struct core *core, uid_t uid,
				const char *method, json_t *parameters)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, uid);
	outcome = outcome_of(talk_call(core, &talk, method, parameters));
	talk_close(core, &talk);
	return outcome;
}

struct outcome account(struct core *core, uid_t uid, struct about about)
{
	return call_once(core, uid, "nl.cloxxs.Login.Account",
			 pack_about(&about));
}

struct outcome open_session(struct core *core, uid_t uid, struct about about)
{
	return call_once(core, uid, "nl.cloxxs.Login.OpenSession",
			 pack_about(&about));
}

struct outcome administer(struct core *core, const char *method,
			  json_t *parameters)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "nl.cloxxs.Admin.%s", method);
	return call_once(core, 0, name, parameters);
}

struct outcome log_in(struct core *core, const char *user, const char *password)
{
	struct outcome outcome;
	struct talk talk;

	talk_open(core, &talk, 0);
	outcome = start(core, &talk,
			(struct about){ .user = user, .address = "192.0.2.1" });
	assert_string_equal(outcome.step, "password");
	outcome = answer(core, &talk, password);
	talk_close(core, &talk);
	return outcome;
}

void expect_login(struct core *core, const char *user, const char *password,
		  const char *verdict, const char *reason)
{
	struct outcome outcome = log_in(core, user, password);

	if (strcmp(outcome.verdict, verdict) != 0)
		fail_msg("%s instead of %s (%s)", outcome.verdict, verdict,
			 reason ? reason : "");
	if (reason)
		assert_string_equal(core_row(core, outcome.reference).reason,
				    reason);
}

/* No record has what the schema says that one of its event has not. */
static void prove_fields(struct state *state)
{
	sqlite3_stmt *row;
	int r;

	assert_int_equal(store_bind(state->store,
				    "SELECT event, user, actor, service,"
				    " address, terminal, reference, rules,"
				    " details, project, action, object"
				    " FROM ledger",
				    &row, ""),
			 0);
	while ((r = store_step(row)) == STORE_E_ROW) {
		const char *name = (const char *)sqlite3_column_text(row, 0);
		uint32_t fields = event_fields(event_find(name));

		for (int i = FIELD_USER; i < _FIELD_N; i++)
			if (sqlite3_column_text(row, i - FIELD_USER + 1) &&
			    !(fields & FIELD_BIT(i)))
				fail_msg("%s has %s", name,
					 field_key((enum field)i));
	}
	assert_int_equal(r, 0);
	sqlite3_reset(row);
}

void core_finish(struct core *core)
{
	core_settle(core);
	assert_int_equal(core->daemon.attempts.n_open, 0);
	state_prove(&core->daemon.state);
	prove_fields(&core->daemon.state);
	core_deinit(core);
}
