/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Break-glass: opening and closing an account for emergencies. Root alone may;
 * the place from where is root's word, asked for and recorded so that nobody
 * opens one from afar without meaning to.
 */
#include "cloxxsd/service/admin.h"

#include "base/clock.h"
#include <string.h>

#include "cloxxsd/service/guard.h"

#define TTL_MIN 60
#define TTL_MAX (24 * 60 * 60)

/* "tty1", "ttyS0", "hvc0", "console": where somebody sits at the machine. */
static bool is_console(const char *terminal)
{
	static const char *const kinds[] = { "tty", "ttyS", "ttyAMA", "hvc" };

	if (strcmp(terminal, "console") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i]);
		const char *digits = terminal + n;

		if (strncmp(terminal, kinds[i], n) == 0 && *digits &&
		    strspn(digits, "0123456789") == strlen(digits))
			return true;
	}
	return false;
}

/* The account named; false where the call was answered. */
static bool take_account(struct service *service, struct varlink_call *call,
			 json_t *parameters, struct user *ret_user)
{
	if (!admin_take_user(service, call, parameters, ret_user))
		return false;
	if (ret_user->break_glass)
		return true;
	(void)!admin_conflict(call, "The user is no break-glass account; "
				    "break-glass prepare makes one.");
	return false;
}

/* Where it is opened from; false where that must not be, and was answered. */
static bool read_place(struct varlink_call *call, json_t *parameters,
		       const char **ret_terminal, bool *ret_remote)
{
	const char *terminal = admin_string(parameters, "terminal");
	bool remote = json_is_true(json_object_get(parameters, "remote"));

	if (terminal && !is_console(terminal) && !remote) {
		(void)!admin_conflict(call,
				      "This terminal is not the console: go "
				      "there, or say --remote, which is "
				      "recorded.");
		return false;
	}
	*ret_terminal = terminal ? terminal : "none";
	*ret_remote = remote;
	return true;
}

int admin_open_break_glass(struct varlink_call *call, json_t *parameters,
			   void *userdata)
{
	int64_t ttl = json_integer_value(json_object_get(parameters, "ttl"));
	int64_t now = clock_realtime_us() / 1000000;
	char reason[USER_REASON_MAX], details[USER_REASON_MAX + 160];
	const char *terminal;
	struct text text;
	struct user user;
	bool remote;

	if (ttl < TTL_MIN || ttl > TTL_MAX)
		return admin_invalid(call, "ttl",
				     "It must lie between 1m and 24h.");
	if (!admin_read_reason(call, parameters, true, reason) ||
	    !read_place(call, parameters, &terminal, &remote) ||
	    !take_account(userdata, call, parameters, &user))
		return 0;
	if (user_is_open(&user, now))
		return admin_conflict(call, "It is open already.");
	text_init(&text, details, sizeof(details));
	text_add_format(&text, "ttl=%llds terminal=%.64s remote=%s: %s",
			(long long)ttl, terminal, remote ? "yes" : "no",
			reason);
	if (!admin_do(userdata, call,
		      &(struct admin_act){
			      .event = EVENT_BREAK_GLASS_OPENED,
			      .change = { .type = CHANGE_BREAK_GLASS_OPEN,
					  .uid = user.uid,
					  .at = now,
					  .until = now + ttl },
			      .user = &user,
			      .details = details }))
		return 0;
	return admin_reply_user(userdata, call, user.uid);
}

int admin_close_break_glass(struct varlink_call *call, json_t *parameters,
			    void *userdata)
{
	struct user user;

	if (!take_account(userdata, call, parameters, &user))
		return 0;
	if (user.open_until == 0)
		return admin_conflict(call, "It is closed already.");
	if (!admin_do(userdata, call,
		      &(struct admin_act){
			      .event = EVENT_BREAK_GLASS_CLOSED,
			      .change = { .type = CHANGE_BREAK_GLASS_CLOSE,
					  .uid = user.uid },
			      .user = &user,
			      .details = "by root" }))
		return 0;
	return admin_reply_user(userdata, call, user.uid);
}
