/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. No call outlives the silence limit after the last whole message, nor the
 *     rest of the total time.
 *  2. An unknown word, a missing verdict or a broken reply is never "allow".
 *  3. What held a secret is wiped: messages here, the channel by its deinit.
 */
#include "libcloxxs/login.h"

#include <string.h>

#include "base/clock.h"
#include "libcloxxs/flat.h"
#include "libcloxxs/flat_writer.h"

/* An answer of SECRET_MAX bytes, each escaped, and the rest of a request. */
#define REQUEST_MAX 16384
/* Two texts of LOGIN_TEXT_MAX, escaped in the worst way, fit. */
#define REPLY_MAX (128 * 1024)

/* Of what an answer says of one. */
#define LOGIN_USER_MAX 255

#define INTERFACE "nl.cloxxs.Login."

struct request {
	struct flat_writer writer;
	bool more;
	char message[REQUEST_MAX];
};

struct word {
	const char *word;
	int value;
};

static const struct word steps[] = {
	{ "password", LOGIN_STEP_PASSWORD },
	{ "new_password", LOGIN_STEP_NEW_PASSWORD },
	{ "code", LOGIN_STEP_CODE },
	{ "notice", LOGIN_STEP_NOTICE },
	{ "done", LOGIN_STEP_DONE },
	{ NULL, _LOGIN_STEP_NONE },
};

static const struct word verdicts[] = {
	{ "allow", LOGIN_ALLOW },
	{ "change", LOGIN_CHANGE },
	{ "unavailable", LOGIN_UNAVAILABLE },
	{ NULL, LOGIN_DENY },
};

static const struct word errors[] = {
	{ INTERFACE "Busy", LOGIN_E_BUSY },
	{ NULL, LOGIN_E_REFUSED },
};

/* The last row serves what is not in the table. */
static int find_word(const struct word *words, const char *word)
{
	while (words->word && strcmp(words->word, word) != 0)
		words++;
	return words->value;
}

int login_error_of(int r)
{
	switch ((enum channel_error)r) {
	case _CHANNEL_E_OK:
		return 0;
	case CHANNEL_E_MISSING:
	case CHANNEL_E_CLOSED:
		return LOGIN_E_UNREACHABLE;
	case CHANNEL_E_IMPOSTOR:
		return LOGIN_E_IMPOSTOR;
	case CHANNEL_E_TIMEOUT:
		return LOGIN_E_TIMEOUT;
	case CHANNEL_E_TOO_LARGE:
		return LOGIN_E_BROKEN;
	}
	return r < 0 ? r : LOGIN_E_BROKEN;
}

void login_init(struct login *login, const struct login_args *args)
{
	*login = (struct login){
		.socket = args->socket,
		.channel = CHANNEL_INIT,
		.left_us = (int64_t)args->timeout_ms * 1000,
		.silence_us = (int64_t)args->silence_ms * 1000,
	};
}

void login_deinit(struct login *login)
{
	channel_deinit(&login->channel);
}

void login_step_deinit(struct login_step *step)
{
	explicit_bzero(step, sizeof(*step));
}

static void request_deinit(struct request *request)
{
	explicit_bzero(request, sizeof(*request));
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int connect_until(struct login *login, int64_t deadline_us)
{
	if (login->channel.fd >= 0)
		return 0;
	return login_error_of(channel_connect(&login->channel, login->socket,
					      REPLY_MAX, deadline_us));
}

int login_probe(struct login *login)
{
	return connect_until(login,
			     clock_monotonic_us() + earlier(login->left_us,
							    login->silence_us));
}

static void request_init(struct request *request, const char *method, bool more)
{
	request->more = more;
	flat_writer_init(&request->writer, request->message,
			 sizeof(request->message));
	flat_open(&request->writer, NULL);
	flat_add_string(&request->writer, "method", method);
	if (more)
		flat_add_bool(&request->writer, "more", true);
	flat_open(&request->writer, "parameters");
}

/*
 * Reads the next reply, which has until deadline_us. A continued one is taken
 * only where more was asked for.
 */
static int receive(struct login *login, const struct request *request,
		   const struct flat_field *fields, size_t n_fields,
		   int64_t deadline_us, bool *ret_continues)
{
	struct flat_reply reply;
	const char *message;
	size_t n;
	int r;

	r = channel_receive(&login->channel, deadline_us, &message, &n);
	if (r != 0)
		return login_error_of(r);
	if (flat_read_reply(message, n, fields, n_fields, &reply) != 0)
		return LOGIN_E_BROKEN;
	if (reply.error[0] != '\0')
		return find_word(errors, reply.error);
	if (reply.continues && !request->more)
		return LOGIN_E_BROKEN;
	*ret_continues = reply.continues;
	return 0;
}

/* What stands in front of the step proper: continued, and "wait". */
static bool is_wait(const struct flat_field *fields)
{
	return strcmp(fields[0].to, "wait") == 0;
}

static int exchange(struct login *login, struct request *request,
		    const struct flat_field *fields, size_t n_fields,
		    int64_t end_us)
{
	int64_t deadline =
		earlier(end_us, clock_monotonic_us() + login->silence_us);
	bool continues = true;
	int r;

	r = connect_until(login, deadline);
	if (r != 0)
		return r;
	r = login_error_of(channel_send(&login->channel, request->message,
					request->writer.n, deadline));
	while (r == 0 && continues) {
		r = receive(login, request, fields, n_fields, deadline,
			    &continues);
		if (r == 0 && continues && !is_wait(fields))
			return LOGIN_E_BROKEN;
		deadline = earlier(end_us,
				   clock_monotonic_us() + login->silence_us);
	}
	return r;
}

/*
 * Sends the request and reads its final reply. fields[0] is the step where
 * continued replies are taken. After a failure the connection is closed: no
 * late reply may answer the next question.
 */
static int call(struct login *login, struct request *request,
		const struct flat_field *fields, size_t n_fields)
{
	int64_t begun = clock_monotonic_us();
	int r;

	flat_close(&request->writer);
	flat_close(&request->writer);
	if (flat_writer_is_bad(&request->writer))
		return LOGIN_E_UNFIT;
	r = exchange(login, request, fields, n_fields, begun + login->left_us);
	login->left_us -= clock_monotonic_us() - begun;
	if (r != 0)
		channel_deinit(&login->channel);
	return r;
}

static void add_who(struct flat_writer *writer, const struct login_who *who)
{
	flat_add_string(writer, "user", who->user);
	flat_add_string(writer, "service", who->service);
	flat_add_string(writer, "address", who->address);
	flat_add_string(writer, "terminal", who->terminal);
	flat_add_string(writer, "requester", who->requester);
	flat_add_string(writer, "language", who->language);
	if (who->system_uid)
		flat_add_int(writer, "system_uid", *who->system_uid);
	if (who->audit_session)
		flat_add_int(writer, "audit_session", *who->audit_session);
	if (who->pass && !secret_is_empty(who->pass))
		flat_add_secret(writer, "pass", who->pass);
}

/* No control character but newline: C0, DEL, and C1 as UTF-8 spells it. */
static bool is_clean_text(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		if ((*at < 0x20 && *at != '\n') || *at == 0x7f ||
		    (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
			return false;
	return true;
}

static bool is_printable(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return false;
	return true;
}

static bool is_token(const char *token)
{
	return is_printable(token, strlen(token));
}

static int call_step(struct login *login, struct request *request,
		     struct login_step *ret_step)
{
	char kind[32], verdict[32], prompt[LOGIN_TEXT_MAX + 1];
	bool echo;
	const struct flat_field fields[] = {
		{ "step", FLAT_STRING, true, kind, sizeof(kind), NULL },
		{ "prompt", FLAT_STRING, false, prompt, sizeof(prompt), NULL },
		{ "echo", FLAT_BOOL, false, &echo, 0, NULL },
		{ "verdict", FLAT_STRING, false, verdict, sizeof(verdict),
		  NULL },
		{ "message", FLAT_STRING, false, ret_step->text,
		  sizeof(ret_step->text), NULL },
		{ "reference", FLAT_STRING, false, ret_step->reference,
		  sizeof(ret_step->reference), NULL },
		{ "pass", FLAT_SECRET, false, &ret_step->pass, 0, NULL },
	};
	int r;

	login_step_deinit(ret_step);
	r = call(login, request, fields, ARRAY_SIZE(fields));
	if (r == 0) {
		ret_step->kind = (enum login_step_kind)find_word(steps, kind);
		ret_step->verdict =
			(enum login_verdict)find_word(verdicts, verdict);
		if (ret_step->kind != LOGIN_STEP_DONE)
			memcpy(ret_step->text, prompt, sizeof(prompt));
		if (ret_step->kind == _LOGIN_STEP_NONE ||
		    !is_clean_text(ret_step->text) ||
		    !is_token(ret_step->reference) ||
		    ret_step->pass.n > LOGIN_PASS_MAX ||
		    !is_printable(ret_step->pass.bytes, ret_step->pass.n))
			r = LOGIN_E_BROKEN;
	}
	if (r != 0) {
		channel_deinit(&login->channel);
		login_step_deinit(ret_step);
	}
	return r;
}

int login_start(struct login *login, enum login_intent intent,
		const struct login_who *who, struct login_step *ret_step)
{
	scope(request_deinit) struct request request;

	request_init(&request, INTERFACE "Start", true);
	flat_add_string(&request.writer, "purpose",
			intent == LOGIN_INTENT_CHANGE ? "change" : "login");
	add_who(&request.writer, who);
	return call_step(login, &request, ret_step);
}

int login_answer(struct login *login, const struct secret *answer,
		 struct login_step *ret_step)
{
	scope(request_deinit) struct request request;

	if (login->channel.fd < 0)
		return LOGIN_E_UNREACHABLE;
	request_init(&request, INTERFACE "Answer", true);
	if (answer)
		flat_add_secret(&request.writer, "answer", answer);
	return call_step(login, &request, ret_step);
}

/* What the answer says of a user goes into user, of LOGIN_USER_MAX + 1 bytes.
 */
static int call_reply(struct login *login, struct request *request,
		      struct login_reply *ret_reply, char *user)
{
	char verdict[32];
	const struct flat_field fields[] = {
		{ "user", FLAT_STRING, false, user, LOGIN_USER_MAX + 1, NULL },
		{ "verdict", FLAT_STRING, true, verdict, sizeof(verdict),
		  NULL },
		{ "message", FLAT_STRING, false, ret_reply->text,
		  sizeof(ret_reply->text), NULL },
		{ "reference", FLAT_STRING, false, ret_reply->reference,
		  sizeof(ret_reply->reference), NULL },
		{ "session", FLAT_STRING, false, ret_reply->session,
		  sizeof(ret_reply->session), NULL },
	};
	int r;

	*ret_reply = (struct login_reply){ 0 };
	r = call(login, request, fields, ARRAY_SIZE(fields));
	if (r == 0 &&
	    (!is_clean_text(ret_reply->text) ||
	     !is_token(ret_reply->reference) || !is_token(ret_reply->session)))
		r = LOGIN_E_BROKEN;
	if (r != 0) {
		channel_deinit(&login->channel);
		*ret_reply = (struct login_reply){ 0 };
		return r;
	}
	ret_reply->verdict = (enum login_verdict)find_word(verdicts, verdict);
	return 0;
}

/* How somebody came in goes with who it is. */
static int ask_about(struct login *login, const char *name,
		     const struct login_who *who, const char *method,
		     struct login_reply *ret_reply)
{
	scope(request_deinit) struct request request;
	char user[LOGIN_USER_MAX + 1];

	request_init(&request, name, false);
	add_who(&request.writer, who);
	flat_add_string(&request.writer, "method", method);
	return call_reply(login, &request, ret_reply, user);
}

int login_account(struct login *login, const struct login_who *who,
		  const char *method, struct login_reply *ret_reply)
{
	return ask_about(login, INTERFACE "Account", who, method, ret_reply);
}

int login_unmanaged(struct login *login, const struct login_who *who,
		    const char *method, struct login_reply *ret_reply)
{
	struct login_who unproved = *who;

	unproved.pass = NULL;
	return ask_about(login, INTERFACE "Unmanaged", &unproved, method,
			 ret_reply);
}

int login_open_session(struct login *login, const struct login_who *who,
		       struct login_reply *ret_reply)
{
	scope(request_deinit) struct request request;
	char user[LOGIN_USER_MAX + 1];

	request_init(&request, INTERFACE "OpenSession", false);
	add_who(&request.writer, who);
	return call_reply(login, &request, ret_reply, user);
}

int login_close_session(struct login *login, const char *session)
{
	scope(request_deinit) struct request request;

	request_init(&request, INTERFACE "CloseSession", false);
	flat_add_string(&request.writer, "session", session);
	return call(login, &request, NULL, 0);
}

int login_check_session(struct login *login, const char *user,
			const char *session, const char *address,
			struct login_reply *ret_reply)
{
	scope(request_deinit) struct request request;
	char whose[LOGIN_USER_MAX + 1];
	int r;

	request_init(&request, INTERFACE "CheckSession", false);
	flat_add_string(&request.writer, "session", session);
	flat_add_string(&request.writer, "address", address);
	r = call_reply(login, &request, ret_reply, whose);
	if (r == 0 && ret_reply->verdict == LOGIN_ALLOW &&
	    strcmp(whose, user) != 0)
		ret_reply->verdict = LOGIN_DENY;
	return r;
}
