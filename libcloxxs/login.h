/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Login: the client of nl.cloxxs.Login (varlink/nl.cloxxs.Login.varlink). It
 * carries questions and answers and keeps time; it decides nothing, shows
 * nothing and logs nothing. One struct login is one connection, opened by the
 * first call and closed by deinit, which ends an attempt that is not done.
 * Not for two threads at once.
 *
 * Time: timeout_ms is what the daemon may take in all, over all calls; what
 * passes between two calls (a person thinking at a prompt) does not count.
 * Within a call each whole message must come within silence_ms of the request
 * or of the message before it ("wait" steps count), so that a daemon that is
 * silent, slow or gone is found soon, and one that is busy is waited for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/channel.h"
#include "base/scope.h"
#include "base/secret.h"

#define LOGIN_TEXT_MAX 8192 /* bytes of a prompt or message */
#define LOGIN_REFERENCE_MAX 63
#define LOGIN_SESSION_MAX 64
#define LOGIN_PASS_MAX 64

/* Below the 2 s in which a refusal is promised, by what a host adds to it. */
#define LOGIN_SILENCE_MS 1900

enum login_step_kind {
	_LOGIN_STEP_NONE,
	LOGIN_STEP_PASSWORD,
	LOGIN_STEP_NEW_PASSWORD,
	LOGIN_STEP_CODE,
	LOGIN_STEP_NOTICE,
	LOGIN_STEP_DONE,
};

enum login_verdict {
	LOGIN_DENY,
	LOGIN_ALLOW,
	LOGIN_CHANGE,
	LOGIN_UNAVAILABLE, /* a denial too */
};

enum login_error {
	_LOGIN_E_OK,
	LOGIN_E_UNREACHABLE, /* no daemon, or it closed the connection */
	LOGIN_E_IMPOSTOR,    /* somebody else's socket: CHANNEL_E_IMPOSTOR */
	LOGIN_E_TIMEOUT,     /* silent too long, or out of time */
	LOGIN_E_BROKEN,      /* an answer that is not one of the interface */
	LOGIN_E_REFUSED,     /* a Varlink error: the call was not taken */
	LOGIN_E_BUSY,        /* nl.cloxxs.Login.Busy */
	LOGIN_E_UNFIT,       /* what was to be sent is not UTF-8, or too large;
				nothing was sent */
};

enum login_intent {
	LOGIN_INTENT_LOGIN,
	LOGIN_INTENT_CHANGE,
};

/* Who asks for what. Strings are UTF-8; NULL where there is none. */
struct login_who {
	const char *user, *service;
	const char *address, *terminal, *requester, *language;
	const int64_t *system_uid;
	const int64_t *audit_session; /* the kernel's number of the login */
	const struct secret *pass;
};

/* Texts hold no control character but newline. */
struct login_step {
	enum login_step_kind kind;
	enum login_verdict verdict; /* of LOGIN_STEP_DONE */
	/* The prompt, or the message of LOGIN_STEP_DONE. */
	char text[LOGIN_TEXT_MAX + 1];
	char reference[LOGIN_REFERENCE_MAX + 1];
	struct secret pass; /* printable ASCII, or empty */
};

/* What Account and OpenSession answer. */
struct login_reply {
	enum login_verdict verdict;
	char text[LOGIN_TEXT_MAX + 1];
	char reference[LOGIN_REFERENCE_MAX + 1];
	char session[LOGIN_SESSION_MAX + 1]; /* of OpenSession */
};

struct login {
	const char *socket;
	struct channel channel;
	int64_t left_us; /* of timeout_ms */
	int64_t silence_us;
};

struct login_args {
	const char *socket; /* outlives the struct login */
	uint32_t timeout_ms;
	uint32_t silence_ms;
};

/* For a declaration: deinit of one that was never set up does nothing. */
#define LOGIN_INIT ((struct login){ .channel = { .fd = -1 } })

void login_init(struct login *login, const struct login_args *args);
void login_deinit(struct login *login);
void login_step_deinit(struct login_step *step);

/* What channel_*() returned, as one of ours: LOGIN_E_* or -errno. */
int login_error_of(int r);

/* Only connects, and makes sure of the server. LOGIN_E_* or -errno. */
must_check int login_probe(struct login *login);

/*
 * Begin an attempt, and go on with it. LOGIN_E_* or -errno, upon which
 * *ret_step is empty, which reads as a denial; and so *ret_reply below.
 * answer NULL: the question could not be put to anybody, and it ends.
 */
must_check int login_start(struct login *login, enum login_intent intent,
			   const struct login_who *who,
			   struct login_step *ret_step);
must_check int login_answer(struct login *login, const struct secret *answer,
			    struct login_step *ret_step);

/* method: how the user came in, or NULL (SSH_AUTH_INFO_0's first word). */
must_check int login_account(struct login *login, const struct login_who *who,
			     const char *method, struct login_reply *ret_reply);
/* The same of a user who is not of Cloxxs: may he come from there? A pass is
 * not sent. */
must_check int login_unmanaged(struct login *login, const struct login_who *who,
			       const char *method,
			       struct login_reply *ret_reply);
must_check int login_open_session(struct login *login,
				  const struct login_who *who,
				  struct login_reply *ret_reply);
must_check int login_close_session(struct login *login, const char *session);
/* Whether it goes on, from address where that is not NULL. What is another
 * user's is LOGIN_DENY. */
must_check int login_check_session(struct login *login, const char *user,
				   const char *session, const char *address,
				   struct login_reply *ret_reply);
