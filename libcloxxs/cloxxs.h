/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CLOXXS_H
#define CLOXXS_H

/*
 * libcloxxs: what an application links to log its users in through cloxxsd(8),
 * to ask for their rights, and to have recorded what they do. It carries
 * questions and answers and keeps time. It decides nothing, asks no terminal,
 * writes no log, reads no configuration and no environment, and needs nothing
 * but libc. The manuals are cloxxs_login(3), cloxxs_access(3) and
 * cloxxs_audit(3).
 *
 * Threads: objects know nothing of each other, and each thread may use its own.
 * One object is for one thread at a time, and after a fork one side only goes
 * on with it; but a struct cloxxs_access and a struct cloxxs_audit are for all
 * threads, on both sides.
 *
 * What is promised, as long as the library is called libcloxxs.so.0: a function
 * keeps its name, its arguments and its meaning; a constant keeps its value.
 * Functions, and constants at the end of an enum, are added, and nothing is
 * taken away; so a program must treat a value that it does not know as the one
 * that is 0, which is always the safe one. No structure's inside is part of it,
 * but that of struct cloxxs_action, which grows at its end.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CLOXXS_API __attribute__((visibility("default")))
#define CLOXXS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define CLOXXS_API
#define CLOXXS_MUST_CHECK
#endif

/*
 * What a call comes to: 0, one of these, or -errno (-ENOMEM and the like).
 * Whatever is not 0 is a refusal: nobody was let in.
 */
enum cloxxs_error {
	CLOXXS_OK,
	CLOXXS_E_UNREACHABLE, /* no daemon, or it closed the connection */
	CLOXXS_E_IMPOSTOR,    /* somebody else's socket: never answered to */
	CLOXXS_E_TIMEOUT,     /* silent too long, or out of time */
	CLOXXS_E_BROKEN,      /* an answer that is none */
	CLOXXS_E_REFUSED,     /* the daemon does not take this call from us */
	CLOXXS_E_BUSY,        /* too many attempts are open: try again later */
	CLOXXS_E_UNFIT,       /* not UTF-8, a NUL within, or too long; nothing
				 was sent */
	CLOXXS_E_MISUSE,      /* a call that does not fit what went before */
	CLOXXS_E_DENIED,      /* he has no such right */
	CLOXXS_E_UNAVAILABLE, /* nobody can say whether he has it; or it could
				 not be written down */
};

enum cloxxs_verdict {
	CLOXXS_DENY,
	CLOXXS_ALLOW,
	CLOXXS_CHANGE,      /* only after choosing a new password */
	CLOXXS_UNAVAILABLE, /* refused, because nobody could decide */
};

/* What the daemon wants next. */
enum cloxxs_step {
	CLOXXS_STEP_NONE,
	CLOXXS_STEP_PASSWORD,     /* the current password, without echo */
	CLOXXS_STEP_NEW_PASSWORD, /* a new one, without echo */
	CLOXXS_STEP_CODE,         /* a one-time code, with echo */
	CLOXXS_STEP_NOTICE,       /* a text to be answered, with echo */
	CLOXXS_STEP_DONE,         /* nothing: there is a verdict */
};

enum cloxxs_purpose {
	CLOXXS_LOGIN,
	CLOXXS_CHANGE_PASSWORD,
};

/* What surrounds a login. Strings are UTF-8. */
enum cloxxs_item {
	CLOXXS_ITEM_ADDRESS = 1, /* where the user comes from, numeric */
	CLOXXS_ITEM_TERMINAL,
	CLOXXS_ITEM_REQUESTER, /* on whose behalf */
	CLOXXS_ITEM_LANGUAGE,  /* of prompts and messages: "nl", "en" */
	CLOXXS_ITEM_METHOD,    /* how he came in, if not by a conversation */
	CLOXXS_ITEM_SOCKET,    /* of the daemon, if not the built-in one */
	CLOXXS_ITEM_SESSION,   /* of cloxxs_login_open_session() */
};

/* One login of one user: opaque. */
struct cloxxs_login;

/* "timeout", "impostor" …; of a negative one "system"; never NULL. */
CLOXXS_API const char *cloxxs_error_name(int error);

/*
 * A login of user at service (both are copied), not begun yet. It is to be
 * freed. CLOXXS_E_UNFIT, -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_new(
	const char *user, const char *service, struct cloxxs_login **ret_login);
/*
 * Wipes and frees; NULL is taken. An attempt that is not done ends. An open
 * session stays open. Returns NULL.
 */
CLOXXS_API struct cloxxs_login *cloxxs_login_free(struct cloxxs_login *login);

/*
 * Sets an item, with NULL takes it away. The value is copied, and read by the
 * next call; the socket before the first only. CLOXXS_E_UNFIT (over 255 bytes),
 * CLOXXS_E_MISUSE (no such item, or too late), -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_set(struct cloxxs_login *login,
						  enum cloxxs_item item,
						  const char *value);
/* The value, NULL where there is none. Lives until the item is set again. */
CLOXXS_API const char *cloxxs_login_get(const struct cloxxs_login *login,
					enum cloxxs_item item);
/*
 * How long the daemon may take: in all, over all calls from now on (30,000);
 * and until its next sign of life (1,900). Time between two calls, in which a
 * person thinks, does not count. 0 leaves one as it is.
 */
CLOXXS_API void cloxxs_login_set_deadlines(struct cloxxs_login *login,
					   uint32_t total_ms,
					   uint32_t silence_ms);

/*
 * Begins an attempt, in place of one that was; blocks until the first step.
 * cloxxs_error.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_start(
	struct cloxxs_login *login, enum cloxxs_purpose purpose);
/*
 * Answers the step that stands with n bytes (at most 1,024, no NUL within);
 * blocks until the next. The caller wipes what is his. cloxxs_error; after
 * CLOXXS_E_UNFIT the step stands, and may be answered again.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_answer(struct cloxxs_login *login,
						     const char *answer,
						     size_t n);

/* What stands after the last call. Strings live until the next. */
CLOXXS_API enum cloxxs_step cloxxs_login_step(const struct cloxxs_login *login);
/* CLOXXS_DENY until an attempt is done, and after every error. */
CLOXXS_API enum cloxxs_verdict cloxxs_login_verdict(
	const struct cloxxs_login *login);
/*
 * The prompt of a step, or the message of a verdict: never NULL, without
 * control characters but newline. To be shown as it is.
 */
CLOXXS_API const char *cloxxs_login_text(const struct cloxxs_login *login);
/* The code that cloxxsctl explain takes; "" where there is none. */
CLOXXS_API const char *cloxxs_login_reference(const struct cloxxs_login *login);

/*
 * Every gate once more; for a user who came in without a conversation (item
 * METHOD) the only ones. A login that was allowed in this object is made use
 * of. cloxxs_error; else see cloxxs_login_verdict().
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_account(
	struct cloxxs_login *login);
/*
 * A session begins, where the verdict is CLOXXS_ALLOW: then the item SESSION
 * names it, and may be kept, and set in another object to close it there.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_open_session(
	struct cloxxs_login *login);
/* Ends the item SESSION; CLOXXS_E_MISUSE where there is none. */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_close_session(
	struct cloxxs_login *login);
/*
 * Whether the item SESSION, which this application opened for this user, goes
 * on: CLOXXS_ALLOW; with the item ADDRESS, from there too. cloxxs_error; else
 * see cloxxs_login_verdict(). CLOXXS_E_MISUSE where there is none.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_login_check_session(
	struct cloxxs_login *login);

/* Where an application has recorded what its users do: opaque. */
struct cloxxs_audit;

/* What a user did, or asked for. */
enum cloxxs_result {
	CLOXXS_RESULT_NONE, /* not said: refused */
	CLOXXS_RESULT_DONE,
	CLOXXS_RESULT_FAILED,
	CLOXXS_RESULT_ALLOWED,
	CLOXXS_RESULT_DENIED,
};

/*
 * An action. Members are added at the end, and size says which there are:
 * sizeof(struct cloxxs_action), as the caller was compiled. Strings are UTF-8;
 * NULL, where it may be, is none. What fits says cloxxs_audit(3).
 */
struct cloxxs_action {
	size_t size;
	const char *user;
	const char *address; /* where he is, numeric; may be NULL */
	const char *project; /* may be NULL */
	const char *action;  /* the application's own name for it */
	const char *object;  /* to what; may be NULL */
	enum cloxxs_result result;
	/* Names and values in turn, NULL at the end; may be NULL. */
	const char *const *details;
};

/*
 * For the users of service (copied). Nothing is sent yet. To be freed.
 * CLOXXS_E_UNFIT, -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_audit_new(
	const char *service, struct cloxxs_audit **ret_audit);
/* No thread may be using it. NULL is taken; returns NULL. */
CLOXXS_API struct cloxxs_audit *cloxxs_audit_free(struct cloxxs_audit *audit);
/*
 * The daemon's socket (copied), if not the built-in one; with NULL that again.
 * Before any other thread uses the object. CLOXXS_E_UNFIT, -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_audit_set_socket(
	struct cloxxs_audit *audit, const char *path);
/* How long one record may take, in all (10,000); 0 leaves it as it is. */
CLOXXS_API void cloxxs_audit_set_deadline(struct cloxxs_audit *audit,
					  uint32_t total_ms);
/*
 * Blocks until action is recorded, on the disk: 0, and *ret_sequence, which may
 * be NULL, is its number in the ledger. Else it is not, or, with
 * CLOXXS_E_TIMEOUT, CLOXXS_E_UNREACHABLE, CLOXXS_E_BROKEN and -errno, nobody
 * knows; untouched is *ret_sequence. CLOXXS_E_UNFIT (something in it is not
 * good), CLOXXS_E_REFUSED (not from us, or not of that user),
 * CLOXXS_E_UNAVAILABLE. One object is for all threads; each waits for its turn,
 * within its deadline.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_audit_record(
	struct cloxxs_audit *audit, const struct cloxxs_action *action,
	int64_t *ret_sequence);
/*
 * The same for n actions, 1 to 256, as one: all of them are recorded, one
 * behind the other from *ret_first on, or none is. What is more than 64 KiB in
 * all, as it is sent, is CLOXXS_E_UNFIT.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_audit_record_many(
	struct cloxxs_audit *audit, const struct cloxxs_action *const *actions,
	size_t n, int64_t *ret_first);

/*
 * Who may read or write which project of a service: read out of a file that
 * cloxxsd keeps, in the caller's process and without a system call. It goes on
 * while cloxxsd is away. What is revoked is gone at the next call.
 */
struct cloxxs_access;

enum cloxxs_right {
	CLOXXS_READ = 1,
	CLOXXS_WRITE = 2,
};

/*
 * For the projects of service (copied). Nothing is opened yet. To be freed.
 * CLOXXS_E_UNFIT (not the name of a service), -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_access_new(
	const char *service, struct cloxxs_access **ret_access);
/* No thread may be using it. NULL is taken; returns NULL. */
CLOXXS_API struct cloxxs_access *cloxxs_access_free(
	struct cloxxs_access *access);
/*
 * Where the files are, an absolute path (copied), if not in the built-in place;
 * with NULL that again. Before any other thread uses the object.
 * CLOXXS_E_UNFIT, -ENOMEM.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_access_set_directory(
	struct cloxxs_access *access, const char *directory);

/*
 * 0: user has all of rights (of enum cloxxs_right, one or both) in project.
 * CLOXXS_E_DENIED: he has not; nor has one who is not known, in a project that
 * is not. CLOXXS_E_UNAVAILABLE: there is no file, or no sound one. -errno:
 * it cannot be opened (-EACCES: by this account). CLOXXS_E_UNFIT (NULL),
 * CLOXXS_E_MISUSE (rights that are none).
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_access_check(
	struct cloxxs_access *access, const char *user, const char *project,
	unsigned int rights);
/* The same, 0 where he has one at least; *ret_rights are those he has, and 0
 * whenever 0 is not returned. */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_access_rights(
	struct cloxxs_access *access, const char *user, const char *project,
	unsigned int *ret_rights);
/*
 * Calls each with every project in which user has a right, in no order, until
 * it returns something else than 0, which is then returned. It may call this
 * library. 0 also where there is none; errors as above, and -ENOMEM; then each
 * was not called.
 */
CLOXXS_API CLOXXS_MUST_CHECK int cloxxs_access_projects(
	struct cloxxs_access *access, const char *user,
	int (*each)(const char *project, unsigned int rights, void *userdata),
	void *userdata);

#ifdef __cplusplus
}
#endif

#endif
