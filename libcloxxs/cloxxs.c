/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold:
 *  1. The verdict is "deny" unless the last call to the daemon said otherwise.
 *  2. What held a secret is wiped: the answer here, the rest by cleanup.
 *  3. No value of an application's is trusted: enums are looked up in tables.
 */
#include "libcloxxs/cloxxs.h"

#include <string.h>

#include "base/utf8.h"
#include "libcloxxs/flat.h"
#include "libcloxxs/login.h"

#define TOTAL_MS 30000
#define ITEM_MAX 255
#define N_ITEMS (CLOXXS_ITEM_SESSION + 1)

struct cloxxs_login {
	char *user, *service;
	char *items[N_ITEMS];
	uint32_t total_ms, silence_ms;
	bool connected; /* the connection is set up; the socket is fixed */
	struct login login;
	struct login_step step;
	struct login_reply reply;
	struct secret pass; /* of a conversation that was allowed */
	const char *text, *reference;
	enum cloxxs_verdict verdict;
};

static const struct {
	enum login_error from;
	const char *name;
} errors[] = {
	[CLOXXS_OK] = { _LOGIN_E_OK, "ok" },
	[CLOXXS_E_UNREACHABLE] = { LOGIN_E_UNREACHABLE, "unreachable" },
	[CLOXXS_E_IMPOSTOR] = { LOGIN_E_IMPOSTOR, "impostor" },
	[CLOXXS_E_TIMEOUT] = { LOGIN_E_TIMEOUT, "timeout" },
	[CLOXXS_E_BROKEN] = { LOGIN_E_BROKEN, "broken" },
	[CLOXXS_E_REFUSED] = { LOGIN_E_REFUSED, "refused" },
	[CLOXXS_E_BUSY] = { LOGIN_E_BUSY, "busy" },
	[CLOXXS_E_UNFIT] = { LOGIN_E_UNFIT, "unfit" },
	[CLOXXS_E_MISUSE] = { _LOGIN_E_OK, "misuse" },
	[CLOXXS_E_DENIED] = { _LOGIN_E_OK, "denied" },
	[CLOXXS_E_UNAVAILABLE] = { _LOGIN_E_OK, "unavailable" },
};

static const enum cloxxs_verdict verdicts[] = {
	[LOGIN_DENY] = CLOXXS_DENY,
	[LOGIN_ALLOW] = CLOXXS_ALLOW,
	[LOGIN_CHANGE] = CLOXXS_CHANGE,
	[LOGIN_UNAVAILABLE] = CLOXXS_UNAVAILABLE,
};

static const enum cloxxs_step steps[] = {
	[_LOGIN_STEP_NONE] = CLOXXS_STEP_NONE,
	[LOGIN_STEP_PASSWORD] = CLOXXS_STEP_PASSWORD,
	[LOGIN_STEP_NEW_PASSWORD] = CLOXXS_STEP_NEW_PASSWORD,
	[LOGIN_STEP_CODE] = CLOXXS_STEP_CODE,
	[LOGIN_STEP_NOTICE] = CLOXXS_STEP_NOTICE,
	[LOGIN_STEP_DONE] = CLOXXS_STEP_DONE,
};

const char *cloxxs_error_name(int error)
{
	if (error < 0)
		return "system";
	if ((size_t)error >= ARRAY_SIZE(errors))
		return "unknown";
	return errors[error].name;
}

static int from_login(int r)
{
	for (int i = CLOXXS_E_UNREACHABLE; i < CLOXXS_E_MISUSE; i++)
		if (r == (int)errors[i].from)
			return i;
	return r <= 0 ? r : CLOXXS_E_BROKEN;
}

/* A copy of text, or NULL for NULL. */
static int copy(const char *text, char **ret_copy)
{
	size_t n = text ? strnlen(text, ITEM_MAX + 1) : 0;
	char *copied;

	if (n > ITEM_MAX || (text && !utf8_is_text(text, n)))
		return CLOXXS_E_UNFIT;
	copied = text ? strdup(text) : NULL;
	if (text && !copied)
		return -ENOMEM;
	*ret_copy = copied;
	return 0;
}

struct cloxxs_login *cloxxs_login_free(struct cloxxs_login *login)
{
	if (!login)
		return NULL;
	login_deinit(&login->login);
	for (int i = 0; i < N_ITEMS; i++)
		free(login->items[i]);
	free(login->user);
	free(login->service);
	explicit_bzero(login, sizeof(*login));
	free(login);
	return NULL;
}

static void scope_login(struct cloxxs_login **login)
{
	*login = cloxxs_login_free(*login);
}

/* What was decided before says nothing about what is asked now. */
static void forget(struct cloxxs_login *login)
{
	login_step_deinit(&login->step);
	login->reply = (struct login_reply){ 0 };
	login->verdict = CLOXXS_DENY;
	login->text = login->reference = "";
}

int cloxxs_login_new(const char *user, const char *service,
		     struct cloxxs_login **ret_login)
{
	scope(scope_login) struct cloxxs_login *login = NULL;
	int r;

	if (!user || !service)
		return CLOXXS_E_UNFIT;
	login = calloc(1, sizeof(*login));
	if (!login)
		return -ENOMEM;
	login->login = LOGIN_INIT;
	login->total_ms = TOTAL_MS;
	login->silence_ms = LOGIN_SILENCE_MS;
	forget(login);
	r = copy(user, &login->user);
	if (r == 0)
		r = copy(service, &login->service);
	if (r == 0)
		*ret_login = scope_take_ptr(login);
	return r;
}

static bool is_item(enum cloxxs_item item)
{
	return item >= CLOXXS_ITEM_ADDRESS && item <= CLOXXS_ITEM_SESSION;
}

int cloxxs_login_set(struct cloxxs_login *login, enum cloxxs_item item,
		     const char *value)
{
	char *copied;
	int r;

	if (!is_item(item) || (item == CLOXXS_ITEM_SOCKET && login->connected))
		return CLOXXS_E_MISUSE;
	r = copy(value, &copied);
	if (r != 0)
		return r;
	free(login->items[item]);
	login->items[item] = copied;
	return 0;
}

const char *cloxxs_login_get(const struct cloxxs_login *login,
			     enum cloxxs_item item)
{
	return is_item(item) ? login->items[item] : NULL;
}

/* login_init() forgets the connection; what was set stays to be used. */
static void connect_anew(struct cloxxs_login *login)
{
	const char *socket = login->items[CLOXXS_ITEM_SOCKET];
	const struct login_args args = {
		.socket = socket ? socket : CLOXXS_RUNDIR "/cloxxsd.sock",
		.timeout_ms = login->total_ms,
		.silence_ms = login->silence_ms,
	};

	login_deinit(&login->login);
	login_init(&login->login, &args);
	login->connected = true;
}

void cloxxs_login_set_deadlines(struct cloxxs_login *login, uint32_t total_ms,
				uint32_t silence_ms)
{
	if (total_ms > 0)
		login->total_ms = total_ms;
	if (silence_ms > 0)
		login->silence_ms = silence_ms;
	if (total_ms > 0)
		login->login.left_us = (int64_t)total_ms * 1000;
	if (silence_ms > 0)
		login->login.silence_us = (int64_t)silence_ms * 1000;
}

static struct login_who who(const struct cloxxs_login *login)
{
	return (struct login_who){
		.user = login->user,
		.service = login->service,
		.address = login->items[CLOXXS_ITEM_ADDRESS],
		.terminal = login->items[CLOXXS_ITEM_TERMINAL],
		.requester = login->items[CLOXXS_ITEM_REQUESTER],
		.language = login->items[CLOXXS_ITEM_LANGUAGE],
		.pass = &login->pass,
	};
}

/* Takes over the step that a call to the daemon ended with. */
static int take_step(struct cloxxs_login *login, int r)
{
	login->text = login->step.text;
	login->reference = login->step.reference;
	if (r != 0 || login->step.kind != LOGIN_STEP_DONE)
		return from_login(r);
	login->verdict = verdicts[login->step.verdict];
	if (login->step.verdict == LOGIN_ALLOW)
		login->pass = login->step.pass;
	return 0;
}

int cloxxs_login_start(struct cloxxs_login *login, enum cloxxs_purpose purpose)
{
	struct login_who asked;

	if (purpose != CLOXXS_LOGIN && purpose != CLOXXS_CHANGE_PASSWORD)
		return CLOXXS_E_MISUSE;
	forget(login);
	connect_anew(login);
	if (purpose == CLOXXS_LOGIN)
		secret_deinit(&login->pass);
	asked = who(login);
	return take_step(login, login_start(&login->login,
					    purpose == CLOXXS_LOGIN
						    ? LOGIN_INTENT_LOGIN
						    : LOGIN_INTENT_CHANGE,
					    &asked, &login->step));
}

int cloxxs_login_answer(struct cloxxs_login *login, const char *answer,
			size_t n)
{
	scope(secret_deinit) struct secret secret = { 0 };

	if (login->step.kind == _LOGIN_STEP_NONE ||
	    login->step.kind == LOGIN_STEP_DONE)
		return CLOXXS_E_MISUSE;
	if (secret_set(&secret, answer, n) != 0 || !utf8_is_text(answer, n))
		return CLOXXS_E_UNFIT;
	forget(login);
	return take_step(login,
			 login_answer(&login->login, &secret, &login->step));
}

enum cloxxs_step cloxxs_login_step(const struct cloxxs_login *login)
{
	return steps[login->step.kind];
}

enum cloxxs_verdict cloxxs_login_verdict(const struct cloxxs_login *login)
{
	return login->verdict;
}

const char *cloxxs_login_text(const struct cloxxs_login *login)
{
	return login->text;
}

const char *cloxxs_login_reference(const struct cloxxs_login *login)
{
	return login->reference;
}

static int take_reply(struct cloxxs_login *login, int r)
{
	login->text = login->reply.text;
	login->reference = login->reply.reference;
	if (r == 0)
		login->verdict = verdicts[login->reply.verdict];
	return from_login(r);
}

static void ask(struct cloxxs_login *login)
{
	forget(login);
	if (!login->connected)
		connect_anew(login);
}

int cloxxs_login_account(struct cloxxs_login *login)
{
	struct login_who asked;

	ask(login);
	asked = who(login);
	return take_reply(login, login_account(&login->login, &asked,
					       login->items[CLOXXS_ITEM_METHOD],
					       &login->reply));
}

int cloxxs_login_open_session(struct cloxxs_login *login)
{
	struct login_who asked;
	int r;

	ask(login);
	asked = who(login);
	r = take_reply(login, login_open_session(&login->login, &asked,
						 &login->reply));
	/* A pass serves one session. */
	secret_deinit(&login->pass);
	if (r != 0 || login->verdict != CLOXXS_ALLOW)
		return r;
	r = cloxxs_login_set(login, CLOXXS_ITEM_SESSION, login->reply.session);
	if (r != 0)
		login->verdict = CLOXXS_DENY;
	return r;
}

int cloxxs_login_close_session(struct cloxxs_login *login)
{
	const char *session = login->items[CLOXXS_ITEM_SESSION];
	int r;

	if (!session || session[0] == '\0')
		return CLOXXS_E_MISUSE;
	ask(login);
	r = from_login(login_close_session(&login->login, session));
	if (r != 0)
		return r;
	return cloxxs_login_set(login, CLOXXS_ITEM_SESSION, NULL);
}

int cloxxs_login_check_session(struct cloxxs_login *login)
{
	const char *session = login->items[CLOXXS_ITEM_SESSION];

	if (!session || session[0] == '\0')
		return CLOXXS_E_MISUSE;
	ask(login);
	return take_reply(
		login, login_check_session(&login->login, login->user, session,
					   login->items[CLOXXS_ITEM_ADDRESS],
					   &login->reply));
}
