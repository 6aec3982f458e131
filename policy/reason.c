/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/reason.h"

#include <string.h>

#include "base/language.h"
#include "base/scope.h"

static const struct {
	const char *name;
	const char *text;
	const char *advice;
} rows[_REASON_N] = {
	[REASON_UNDECIDED] = { "undecided",
			       "No rule decided, so it was denied.",
			       "Report this: every path must name its "
			       "reason." },
	[REASON_UNKNOWN_USER] = { "unknown-user", "There is no such user.",
				  "cloxxsctl user add NAME --services "
				  "SERVICE" },
	[REASON_NAME_COLLISION] = { "name-collision",
				    "The system knows another account by this "
				    "name.",
				    "Rename or remove the other account; see "
				    "cloxxs(7)." },
	[REASON_DISABLED] = { "disabled", "The account is disabled.",
			      "cloxxsctl user enable NAME" },
	[REASON_NOT_YET_VALID] = { "not-yet-valid",
				   "The account is not valid yet.",
				   "cloxxsctl user set NAME --not-before "
				   "never" },
	[REASON_NO_LONGER_VALID] = { "no-longer-valid",
				     "The account is no longer valid.",
				     "cloxxsctl user set NAME --not-after "
				     "never" },
	[REASON_INACTIVE] = { "inactive",
			      "The account was not used for too long.",
			      "cloxxsctl user enable NAME" },
	[REASON_OUTSIDE_HOURS] = { "outside-hours",
				   "The user may not log in at this hour.",
				   "cloxxsctl user set NAME --hours always" },
	[REASON_OUTSIDE_SERVICE_HOURS] = { "outside-service-hours",
					   "Nobody may use the service at this "
					   "hour.",
					   "Look at hours of [service NAME] in "
					   "cloxxsd.conf(5)." },
	[REASON_CLOCK_SET_BACK] = { "clock-set-back",
				    "The clock was set back: by the latest "
				    "time that is known, it had ended.",
				    "Set the clock, or where the earlier time "
				    "was wrong: cloxxsctl clock accept "
				    "--reason TEXT" },
	[REASON_BREAK_GLASS_CLOSED] = { "break-glass-closed",
					"The break-glass account is not open.",
					"cloxxsctl break-glass open NAME "
					"--reason TEXT --ttl 2h" },
	[REASON_SERVICE_NOT_ALLOWED] = { "service-not-allowed",
					 "The user may not use this service.",
					 "cloxxsctl user set NAME --services "
					 "LIST" },
	[REASON_UNMANAGED_DENIED] = { "unmanaged-denied",
				      "The service is closed to users who are "
				      "not of Cloxxs.",
				      "deny of [unmanaged] in "
				      "cloxxsd.conf(5)." },
	[REASON_ORIGIN_UNKNOWN] = { "origin-unknown",
				    "No address was told that can be read, "
				    "and the service is not one of this host "
				    "itself.",
				    "Have the service give the address as a "
				    "number, or name it in local_services of "
				    "[origin]; see cloxxsd.conf(5)." },
	[REASON_OUTSIDE_FIXED_NETWORKS] = { "outside-fixed-networks",
					    "The address is outside the user's "
					    "fixed networks.",
					    "cloxxsctl user set NAME "
					    "--networks LIST" },
	[REASON_OUTSIDE_ADMINISTRATOR_NETWORKS] = { "outside-administrator-"
						    "networks",
						    "Who administers came from "
						    "outside the administrator "
						    "networks.",
						    "networks of "
						    "[administrators] in "
						    "cloxxsd.conf(5), or from "
						    "the "
						    "console." },
	[REASON_COUNTRY_NOT_ALLOWED] = { "country-not-allowed",
					 "The address is in a country that is "
					 "not allowed.",
					 "countries of [geofence] in "
					 "cloxxsd.conf(5), or cloxxsctl user "
					 "set NAME --networks LIST" },
	[REASON_COUNTRY_UNKNOWN] = { "country-unknown",
				     "The country database knows no country "
				     "for the address.",
				     "cloxxsctl geoip lookup ADDRESS, or "
				     "cloxxsctl user set NAME --networks "
				     "LIST" },
	[REASON_GEOIP_MISSING] = { "geoip-missing",
				   "There is no country database.",
				   "cloxxsctl geoip import FILE" },
	[REASON_GEOIP_OLD] = { "geoip-old",
			       "The country database is older than max_age.",
			       "cloxxsctl geoip import FILE" },
	[REASON_LOCAL_ADDRESS] = { "local-address",
				   "The address is of a kind that is in no "
				   "country, and not allowed.",
				   "local of [geofence] in cloxxsd.conf(5), or "
				   "cloxxsctl user set NAME --networks "
				   "LIST" },
	[REASON_LOCKED] = { "locked", "The account is locked.",
			    "cloxxsctl user unlock NAME --reason TEXT" },
	[REASON_THROTTLED] = { "throttled",
			       "Too many wrong answers came from this address "
			       "lately; not counted for the user.",
			       "Wait a while, or log in from another address; "
			       "see [throttle] in cloxxsd.conf(5)." },
	[REASON_NO_PASSWORD] = { "no-password", "The user has no password.",
				 "cloxxsctl user reset-password NAME" },
	[REASON_WRONG_PASSWORD] = { "wrong-password",
				    "The password was wrong; a login counts "
				    "that.",
				    "The right password, or cloxxsctl user "
				    "reset-password NAME" },
	[REASON_BLOCKED_BY_SSHD] = { "blocked-by-sshd",
				     "sshd itself refused the user and sent a "
				     "made-up password; not counted.",
				     "Look at AllowUsers, DenyUsers and "
				     "PermitRootLogin in sshd_config." },
	[REASON_EMPTY_ANSWER] = { "empty-answer",
				  "No password was given; not counted.", NULL },
	[REASON_ANSWER_TOO_LONG] = { "answer-too-long",
				     "The answer was longer than 1,024 bytes; "
				     "not counted.",
				     NULL },
	[REASON_TEMPORARY_EXPIRED] = { "temporary-password-expired",
				       "The temporary password is no longer "
				       "valid.",
				       "cloxxsctl user reset-password NAME" },
	[REASON_PASSWORD_TOO_YOUNG] = { "password-too-young",
					"The password was changed too short a "
					"time ago to be changed again.",
					"Wait as long as min_age of [password] "
					"says, or cloxxsctl user "
					"reset-password NAME" },
	[REASON_NO_SECOND_FACTOR] = { "no-second-factor",
				      "A code is asked for, and the user has "
				      "no way to get one.",
				      "cloxxsctl factor set NAME --phone -, "
				      "or cloxxsctl factor totp NAME" },
	[REASON_WRONG_CODE] = { "wrong-code",
				"The password was right and the code wrong; "
				"counted as a wrong password is.",
				"The right code; see cloxxsctl factor show "
				"NAME" },
	[REASON_CODE_NOT_PROVED] = { "code-not-proved",
				     "A code is asked for, and the login came "
				     "without one, as by key.",
				     "A login with password and code: "
				     "AuthenticationMethods publickey,"
				     "keyboard-interactive in sshd_config." },
	[REASON_CODE_NOT_SENT] = { "code-not-sent",
				   "No code could be handed to a gateway; not "
				   "counted.",
				   "cloxxsctl courier status, or cloxxsctl "
				   "factor recovery-codes NAME" },
	[REASON_CODE_EXPIRED] = { "code-expired",
				  "The code came later than it is valid; not "
				  "counted.",
				  "Log in again; see lifetime of [code] in "
				  "cloxxsd.conf(5)." },
	[REASON_CODES_SPENT] = { "codes-spent",
				 "As many codes were sent in an hour as may "
				 "be; not counted.",
				 "Wait, or look at per_user and per_hour of "
				 "[code] in cloxxsd.conf(5)." },
	[REASON_CANNOT_ASK] = { "cannot-ask",
				"A code had to be typed, a new password "
				"chosen or the notice accepted, but the "
				"program could not ask.",
				"Log in where questions can be asked: sshd "
				"with keyboard-interactive." },
	[REASON_NEW_PASSWORD_REFUSED] = { "new-password-refused",
					  "No acceptable new password was "
					  "chosen.",
					  "Log in again and choose another "
					  "one." },
	[REASON_NOTICE_DECLINED] = { "notice-declined",
				     "The notice was not accepted; not "
				     "counted.",
				     "Log in again and accept the notice." },
	[REASON_NOTICE_NOT_ACCEPTED] = { "notice-not-accepted",
					 "The user has not accepted the "
					 "notice, and could not be asked.",
					 "A login with the password, which "
					 "asks; or require = ask in "
					 "cloxxsd.conf(5)." },
	[REASON_NOT_LOGGED_IN] = { "not-logged-in",
				   "An application wanted a session for a user "
				   "who had not just logged in to it.",
				   "A login of his there; its pass is good for "
				   "pass_lifetime, and once." },
	[REASON_SUPERSEDED] = { "superseded",
				"The account changed while the password was "
				"being verified.",
				"Log in again." },
	[REASON_ABANDONED] = { "abandoned",
			       "The conversation ended before a new password "
			       "was chosen or the notice accepted.",
			       "Log in again and answer what is asked." },
	[REASON_HASH_REFUSED] = { "hash-refused",
				  "The stored password cannot be used: its "
				  "form or cost is not ours.",
				  "cloxxsctl user reset-password NAME" },
	[REASON_NOT_WRITTEN] = { "not-written",
				 "The state could not be written, so it was "
				 "denied.",
				 "Look at the disk and at the daemon's log." },
	[REASON_BUSY] = { "busy", "Too many logins were waiting.",
			  "Try again; see [workers] in cloxxsd.conf(5)." },
	[REASON_NOT_PERMITTED] = { "not-permitted",
				   "The caller may not do this.", NULL },
	[REASON_TESTS_SPENT] = { "tests-spent",
				 "Tests of this user's login were answered "
				 "wrongly too often, so none is verified.",
				 "A good login of the user, or cloxxsctl user "
				 "unlock NAME --reason TEXT" },
	[REASON_CODE_DUE] = { "code-due", "A code must be typed first.",
			      "Log in and type the code." },
	[REASON_MUST_CHANGE] = { "must-change",
				 "The temporary password must be changed "
				 "first.",
				 "Log in and choose a new password." },
	[REASON_PASSWORD_EXPIRED] = { "password-expired",
				      "The password is older than it may be, "
				      "and must be changed first.",
				      "Log in and choose a new password." },
	[REASON_NOTICE_DUE] = { "notice-due",
				"The notice must be accepted first.",
				"Log in and accept the notice." },
	[REASON_PASSWORD_VERIFIED] = { "password-verified",
				       "The password was right.", NULL },
	[REASON_RULES_PASSED] = { "rules-passed", "Every rule allows it.",
				  NULL },
	[REASON_BY_ADMINISTRATOR] = { "by-administrator",
				      "An administrator did it.", NULL },
	[REASON_TOO_MANY_FAILURES] = { "too-many-failures",
				       "Wrong answers reached the limit.",
				       "cloxxsctl user unlock NAME --reason "
				       "TEXT" },
	[REASON_INTERRUPTED] = { "interrupted",
				 "The daemon or the host ended while a "
				 "password was being verified, or just after; "
				 "counted as wrong, though it may have been "
				 "right.",
				 NULL },
	[REASON_NONE] = { "none", "", NULL },
};

/* For users who have proved their passwords; not for reasons of gates. */
static const char *const told[_REASON_N] = {
	[REASON_TEMPORARY_EXPIRED] =
		N_("Your temporary password has expired. Ask your "
		   "administrator for a new one."),
	[REASON_NO_SECOND_FACTOR] =
		N_("A code is asked for, and there is no way to send you one. "
		   "Tell your administrator."),
	[REASON_WRONG_CODE] = N_("That code was not right."),
	[REASON_CODE_NOT_PROVED] =
		N_("A code is asked for here. Log in where you are asked for "
		   "your password."),
	[REASON_CODE_NOT_SENT] =
		N_("No code can be sent at the moment. Try again later, or "
		   "tell your administrator."),
	[REASON_CODE_EXPIRED] =
		N_("The code was typed too late. Log in again for another "
		   "one."),
	[REASON_CODES_SPENT] =
		N_("Too many codes were sent. Try again in an hour, or tell "
		   "your administrator."),
	[REASON_PASSWORD_TOO_YOUNG] =
		N_("Your password was changed a short time ago. Wait before "
		   "you change it again."),
	[REASON_CANNOT_ASK] =
		N_("Something must be asked of you first, which this program "
		   "cannot do. Log in by another one, or tell your "
		   "administrator."),
	[REASON_NEW_PASSWORD_REFUSED] =
		N_("You have chosen no acceptable new password. Log in again, "
		   "and choose another one."),
	[REASON_NOTICE_DECLINED] =
		N_("You have not accepted the notice. Log in again, and accept "
		   "it."),
	[REASON_NOTICE_NOT_ACCEPTED] =
		N_("You have not accepted the notice yet. Log in where you are "
		   "asked for your password."),
	[REASON_SUPERSEDED] =
		N_("Your account was changed in the meantime. Try again."),
	[REASON_NOT_WRITTEN] =
		N_("It cannot be recorded at the moment. Try again later, or "
		   "tell your administrator."),
	[REASON_BUSY] =
		N_("Too many users log in at the moment. Try again later."),
};

const char *reason_name(enum reason reason)
{
	return rows[reason].name;
}

const char *reason_text(enum reason reason)
{
	return rows[reason].text;
}

const char *reason_advice(enum reason reason)
{
	return rows[reason].advice;
}

const char *reason_told(enum reason reason)
{
	return told[reason];
}

bool reason_find(const char *name, enum reason *ret_reason)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0) {
			*ret_reason = (enum reason)i;
			return true;
		}
	return false;
}
