/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Core fixture: the whole daemon but for its process, on a scratch directory,
 * and callers who speak to its socket, in one thread: the loop runs only when
 * a test waits. The test says which uid the kernel sees and what time it is.
 * Fails the test itself where something goes wrong that no test is about.
 */

#include <jansson.h>

#include "cloxxsd/daemon/daemon.h"
#include "tests/unit/state_fixture.h"

/* Good passwords, by every rule; the last three differ in form alone. */
#define CORE_OLD "zwavel-tjilp-honing-7"
#define CORE_NEW "brommer-kiwi-ladder-3"
#define CORE_WRONG "not-this-one-at-all"

/* Local accounts, for account of [service NAME]. */
#define CORE_PASSWD                                      \
	"root:x:0:0::/root:/bin/sh\n"                    \
	"www-data:x:33:33::/var/www:/usr/sbin/nologin\n" \
	"reports:x:34:34::/nonexistent:/usr/sbin/nologin\n"
#define CORE_WWW_DATA 33
#define CORE_REPORTS 34

struct core {
	struct scratch scratch;
	char state[128], key[128], configuration[128], socket[128];
	char passwd[128];  /* CORE_PASSWD */
	char courier[128]; /* where a test may listen as the courier */
	struct daemon daemon;
	bool is_running;
};

/* What stands between the daemon and the kernel; reset by core_init(). */
struct core_world {
	uid_t peer;                /* of the next connection */
	int64_t clock_s;           /* added to the time of day */
	int64_t steady_s;          /* added to the time since the boot */
	unsigned int n_verified;   /* hashes compared */
	unsigned int n_wrong;      /* of these, other passwords */
	unsigned int n_hashed;     /* hashes made, decoys included */
	unsigned int n_journalled; /* records that "journald" took */
	bool quick;                /* hashes cost nothing, and hide nothing */
	bool alarms; /* are looked for, from the next start on: records of
			1970, which are the fixture's, are some */
	/* Before each comparison, on the hasher's threads; NULL: nothing. */
	void (*before_hash)(void);
	/* Around each turn of the loop; NULL: nothing. */
	void (*before_turn)(void);
	void (*after_turn)(void);
};
extern struct core_world core_world;

/* lines: what stands in the configuration beside a cheap hash; NULL: nothing */
void core_init(struct core *core, const char *lines);
void core_deinit(struct core *core);
/* The end of a test: nothing is left open, the state proves, then deinit. */
void core_finish(struct core *core);
/* What daemon_start() answers. */
int core_try(struct core *core);
void core_start(struct core *core);
/* Waits for open hashes, as a stop does. */
void core_stop(struct core *core);
static inline void core_restart(struct core *core)
{
	core_stop(core);
	core_start(core);
}
/* Writes the configuration anew, for the next start: who comes may come from
 * anywhere. */
void core_configure(struct core *core, const char *lines);
/* The same without that: from where is up to lines. */
void core_configure_all(struct core *core, const char *lines);

/* Added straight to the store; uid 66000 and on. services "sshd,sudo". */
void core_add(struct core *core, uint32_t uid, const char *name,
	      const char *password);
/* As core_add(), with a temporary password for an hour. */
void core_add_temporary(struct core *core, uint32_t uid, const char *name,
			const char *password);
struct user core_user(struct core *core, const char *name);
/* Applies one change, with a record. */
void core_apply(struct core *core, struct change change);
/* Brings user, who is there, to what it says. */
void core_set(struct core *core, const struct user *user);
void core_set_role(struct core *core, const char *name, enum user_role role);
/* services by comma. */
void core_set_services(struct core *core, const char *name,
		       const char *services);
/* Only root changes him from now on. */
void core_protect(struct core *core, const char *name);
/* A closed account for emergencies, without a password. */
void core_add_break_glass(struct core *core, uint32_t uid, const char *name);
/* The row of a refusal. */
struct ledger_row core_row(struct core *core, const char *reference);
/* Rows of the ledger with that event. */
int64_t core_count(struct core *core, const char *event);

/* One connection. */
struct talk {
	int fd;
	char *bytes;
	size_t n;
};

/* Connects as uid; the daemon knows of it when this returns. */
void talk_open(struct core *core, struct talk *talk, uid_t uid);
/* Closes it; the daemon knows when this returns. */
void talk_close(struct core *core, struct talk *talk);
/* Takes parameters. */
void talk_send(struct talk *talk, const char *method, json_t *parameters);
/* The same with "more". */
void talk_send_more(struct talk *talk, const char *method, json_t *parameters);
/* Runs the loop until a reply is there; NULL: the connection was ended. */
json_t *talk_next(struct core *core, struct talk *talk);
/* The same for the last of a call's. */
json_t *talk_wait(struct core *core, struct talk *talk);
/* Both. */
json_t *talk_call(struct core *core, struct talk *talk, const char *method,
		  json_t *parameters);
/* One call by uid on a connection of its own; the last reply, which is the
 * caller's. Takes parameters. */
json_t *core_call(struct core *core, uid_t uid, const char *method,
		  json_t *parameters);
/* Runs the loop once, for so long at most; what sd_event_run() gives. */
int core_turn(struct core *core, uint64_t usec);
/* Runs the loop for as long as there is something to do. */
void core_settle(struct core *core);

/* A reply of nl.cloxxs.Login or Admin; "" for what was not in it. */
struct outcome {
	char error[64], step[16], verdict[16], prompt[4608], message[4608];
	char reference[16], pass[40], session[40], temporary[40];
	bool ended; /* the connection, without a reply */
};

/* Takes reply. */
struct outcome outcome_of(json_t *reply);
/* Whom a conversation is about; what is NULL is not sent. */
struct about {
	const char *purpose, *user, *service, *address, *pass, *method;
	const char *language, *requester, *terminal;
	int64_t audit_session; /* 0: not sent */
};
struct outcome start(struct core *core, struct talk *talk, struct about about);
struct outcome answer(struct core *core, struct talk *talk, const char *text);
void send_answer(struct talk *talk, const char *text);
struct outcome wait_outcome(struct core *core, struct talk *talk);
struct outcome account(struct core *core, uid_t uid, struct about about);
struct outcome open_session(struct core *core, uid_t uid, struct about about);
/* An administrator's verb, as root: parameters are taken. */
struct outcome administer(struct core *core, const char *method,
			  json_t *parameters);
/* A whole login at sshd from 192.0.2.1, by root: start, one answer. */
struct outcome log_in(struct core *core, const char *user,
		      const char *password);
/* log_in() that must end so; reason may be NULL. */
void expect_login(struct core *core, const char *user, const char *password,
		  const char *verdict, const char *reason);
