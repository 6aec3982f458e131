/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin: what the handlers of nl.cloxxs.Admin share: users as JSON, refusals
 * by name, and changes with the record of who made them.
 */

#include "cloxxsd/service/service.h"
#include "cloxxsd/service/user_json.h"

#define ADMIN_UNREADABLE "The store cannot be read."
#define ADMIN_NOT_WRITTEN \
	"The change could not be written; nothing was changed."

#define ADMIN_NAME_RULE                                                   \
	"A name has 1 to 32 of a-z, 0-9, '_' and '-', and begins with a " \
	"letter or '_'."
#define ADMIN_NAME_RESERVED "This name belongs to the system."
#define ADMIN_PATH_RULE                                                     \
	"It must be an absolute path of printable characters without ':', " \
	"blanks or '..'."
#define ADMIN_ROLE_RULE "It must be user or administrator."
#define ADMIN_LANGUAGE_RULE "It must be en or nl."
#define ADMIN_SERVICE_RULE                                                \
	"A service is named by letters, digits, '.', '_' and '-', 64 at " \
	"most."
#define ADMIN_WHICH_SERVICE "Every project of which service? It must be named."
#define ADMIN_OTHER_SERVICE "The project belongs to another service."
#define ADMIN_TIME_RULE \
	"It must be a time in seconds since 1970, 0 for no limit, to 9999."
#define ADMIN_VALIDITY_RULE "It would end before it begins."
#define ADMIN_HOME_RULE \
	"Only root may choose another home than the configured one."
#define ADMIN_UID_USED \
	"The uid is or was another user's; ids are never used again."

/* The value of a string parameter, or NULL. */
const char *admin_string(json_t *parameters, const char *name);

must_check int admin_not_found(struct varlink_call *call, const char *name);
must_check int admin_exists(struct varlink_call *call, const char *name,
			    const char *where);
must_check int admin_invalid(struct varlink_call *call, const char *parameter,
			     const char *message);
must_check int admin_conflict(struct varlink_call *call, const char *message);
must_check int admin_unavailable(struct varlink_call *call,
				 const char *message);

/*
 * The user that parameter "name" names. False where the call was answered
 * already: there is none, or the store could not be read.
 */
bool admin_take_user(struct service *service, struct varlink_call *call,
		     json_t *parameters, struct user *ret_user);
/* The same of a name from another parameter. */
bool admin_take_named(struct service *service, struct varlink_call *call,
		      const char *name, struct user *ret_user);

/*
 * Applies change with its record: event by the caller, and by what application
 * and from where, with details (NULL: none). False, with the call answered,
 * where it could not be written.
 */
struct admin_act {
	enum event event;
	struct change change; /* type _CHANGE_NONE: only the record */
	/* Whom it is about, in a row or by name; of neither may there be one.
	 */
	const struct user *user;
	const char *name;
	const char *service; /* whose projects; NULL: by which it was done */
	const char *details;
	bool ends_sessions; /* all of user's, which is recorded besides */
};
bool admin_do(struct service *service, struct varlink_call *call,
	      const struct admin_act *act);

/*
 * Answers with the user as he is after the act. Where he cannot be read the
 * call stays open, and ends its connection when it is dropped: the act was
 * done, so no error of the interface would be true.
 */
must_check int admin_reply_user(struct service *service,
				struct varlink_call *call, uint32_t uid);

/*
 * Reads the profile parameters into user, whose name is set, in place; false:
 * call answered.
 */
bool admin_read_profile(struct service *service, struct varlink_call *call,
			json_t *parameters, struct user *user);

/* A list before and one after it fit in the details of a record. */
#define ADMIN_SERVICES_MAX 480
/*
 * Writes an array of names of services as a list by comma; what is wrong with
 * it as a sentence, or NULL.
 */
const char *admin_services_fault(json_t *services, struct text *list);
bool admin_is_language(const char *language);
/* Whether it is one of 1970 to 9999; 0 takes a time of validity away. */
bool admin_is_time(int64_t seconds);
bool admin_is_validity(const struct user *user);
/* Reads hours in their one form; "" and "always" are none. False: fault says
 * what is wrong, as a sentence. */
bool admin_read_hours(const char *written, char ret_hours[HOURS_TEXT_MAX],
		      struct text *fault);
/* What a change of the profile changed, old and new; nothing where nothing. */
void admin_tell_changes(const struct user *before, const struct user *after,
			struct text *text);

/* What of user's validity is limited; nothing where nothing is. */
void admin_tell_validity(const struct user *user, struct text *text);

/* The configured home with the name put in for %u; false: too long. */
bool admin_default_home(const struct service *service, const char *name,
			char ret_home[USER_PATH_MAX]);

/* The reason as given, tidied for a record; false: missing or too long. */
bool admin_read_reason(struct varlink_call *call, json_t *parameters,
		       bool required, char ret_reason[USER_REASON_MAX]);

/* Handlers that answer after a hash: a temporary password is made. */
int admin_add_user(struct varlink_call *call, json_t *parameters,
		   void *service);
int admin_set_user(struct varlink_call *call, json_t *parameters,
		   void *service);
int admin_enable_user(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_disable_user(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_delete_user(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_lock_user(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_unlock_user(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_reset_password(struct varlink_call *call, json_t *parameters,
			 void *service);

/* Passwords that are nobody's yet: judged, and made. */
int admin_check_password(struct varlink_call *call, json_t *parameters,
			 void *service);
int admin_generate_password(struct varlink_call *call, json_t *parameters,
			    void *service);

/* Adds to a reply, which may be NULL, the list of breached passwords: which, of
 * when, and what is wrong with it. NULL without memory. */
json_t *admin_add_breached(const struct service *service, json_t *reply);

/* Import: see service/import.h. */
int admin_import_begin(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_import_users(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_import_commit(struct varlink_call *call, json_t *parameters,
			void *service);

/* Accounts for emergencies: the first answers after a hash too. */
int admin_prepare_break_glass(struct varlink_call *call, json_t *parameters,
			      void *service);
int admin_open_break_glass(struct varlink_call *call, json_t *parameters,
			   void *service);
int admin_close_break_glass(struct varlink_call *call, json_t *parameters,
			    void *service);

int admin_accept_clock(struct varlink_call *call, json_t *parameters,
		       void *service);

/* By which keys users come in over SSH. */
int admin_add_ssh_key(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_remove_ssh_key(struct varlink_call *call, json_t *parameters,
			 void *service);
int admin_list_ssh_keys(struct varlink_call *call, json_t *parameters,
			void *service);

/* By which ways users get codes, and when they are asked for one. The first adds
 * to a reply, which may be NULL, how many have what; NULL without memory. */
json_t *admin_add_second_factor(struct service *service, json_t *reply);
int admin_get_second_factor(struct varlink_call *call, json_t *parameters,
			    void *service);
int admin_set_second_factor(struct varlink_call *call, json_t *parameters,
			    void *service);
int admin_make_totp(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_confirm_totp(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_make_recovery_codes(struct varlink_call *call, json_t *parameters,
			      void *service);

/* The notice: what users are shown, and who accepted it. */
int admin_get_notice(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_list_acceptances(struct varlink_call *call, json_t *parameters,
			   void *service);
json_t *admin_acceptance_json(const struct settings *settings,
			      const struct acceptance *one);

/* Handlers that only read. */
int admin_list_users(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_get_user(struct varlink_call *call, json_t *parameters,
		   void *service);
int admin_explain(struct varlink_call *call, json_t *parameters, void *service);
int admin_list_refusals(struct varlink_call *call, json_t *parameters,
			void *service);
int admin_test_login(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_test_answer(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_explain_login(struct varlink_call *call, json_t *parameters,
			void *service);
int admin_status(struct varlink_call *call, json_t *parameters, void *service);
