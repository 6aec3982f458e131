/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/audit/meaning.h"

#define SERVICE FIELD_BIT(FIELD_SERVICE)
#define ADDRESS FIELD_BIT(FIELD_ADDRESS)
#define TERMINAL FIELD_BIT(FIELD_TERMINAL)
#define REFERENCE FIELD_BIT(FIELD_REFERENCE)
#define RULES FIELD_BIT(FIELD_RULES)
#define DETAILS FIELD_BIT(FIELD_DETAILS)
#define PROJECT FIELD_BIT(FIELD_PROJECT)
#define ACTION FIELD_BIT(FIELD_ACTION)
#define OBJECT FIELD_BIT(FIELD_OBJECT)
#define ACTOR FIELD_BIT(FIELD_ACTOR)
#define WHO (ACTOR | FIELD_BIT(FIELD_USER))
#define WHENCE (SERVICE | ADDRESS | TERMINAL)
/* Of a decision, of what an administrator does, of what the daemon does. */
#define DECISION (WHO | WHENCE | REFERENCE | RULES | DETAILS)
#define ACT (WHO | SERVICE | ADDRESS | DETAILS)
#define OWN (ACTOR | DETAILS)

/* In the order of enum event. */
static const struct {
	uint32_t fields;
	const char *meaning;
} rows[_EVENT_N] = {
	[_EVENT_NONE] = { 0, "" },
	[EVENT_DAEMON_STARTED] = { OWN, "The daemon decides from now on. "
					"Between the last daemon-stopped and "
					"this record nobody but root on the "
					"console was let in." },
	[EVENT_DAEMON_STOPPED] = { OWN, "The daemon was told to end. Until it "
					"starts again nobody of Cloxxs is let "
					"in; a start without such a record "
					"before it means that it was killed." },
	[EVENT_CONFIGURATION_LOADED] = { OWN,
					 "Root had the files in /etc/cloxxs "
					 "read again, or the daemon found at "
					 "its start that they had changed "
					 "while it was stopped. The details "
					 "tell each setting that differs, old "
					 "and new; compare them with what was "
					 "agreed." },
	[EVENT_CONFIGURATION_WEAKENED] = { OWN,
					   "A change of the configuration asks "
					   "less than before. The details name "
					   "each such setting as "
					   "weakened=SECTION.KEY, old and new: "
					   "ask who changed it, and why." },
	[EVENT_CONFIGURATION_REFUSED] = { OWN,
					  "The files in /etc/cloxxs cannot be "
					  "used. The details tell file and "
					  "line; mend them and reload." },
	[EVENT_CALL_REFUSED] = { ACTOR | SERVICE | ADDRESS | DETAILS,
				 "The details name the method. A program of "
				 "that user was set up wrongly, or somebody "
				 "tries what he can reach." },
	[EVENT_LOGIN_ALLOWED] = { DECISION, "Every rule of a login passed, and "
					    "what had to be proved was proved. "
					    "A session-opened follows where "
					    "the program opens a session." },
	[EVENT_LOGIN_DENIED] = { DECISION,
				 "Somebody was not let in; the reason tells "
				 "the rule that refused him. cloxxsctl explain "
				 "with the reference shows the whole decision "
				 "and what would allow it." },
	[EVENT_ACCOUNT_ALLOWED] = { DECISION,
				    "Somebody came in without a password of "
				    "Cloxxs, as by an SSH key or a job of "
				    "cron. The details tell how." },
	[EVENT_ACCOUNT_DENIED] = { DECISION,
				   "Somebody who proved who he is otherwise, "
				   "as by an SSH key, was not let in. "
				   "cloxxsctl explain with the reference shows "
				   "the whole decision." },
	[EVENT_UNMANAGED_ALLOWED] = { DECISION,
				      "Root or another account of this host "
				      "may come from that address. Who he is "
				      "others decide, and record." },
	[EVENT_UNMANAGED_DENIED] = { DECISION,
				     "Root or another account of this host "
				     "came from where such users may not come "
				     "from. Where it goes on, an address tries "
				     "accounts of the system." },
	[EVENT_SESSION_OPENED] = { DECISION,
				   "A user is in. The details name the "
				   "session; where somebody else acts as him, "
				   "the actor tells who." },
	[EVENT_SESSION_DENIED] = { DECISION,
				   "A program that had authenticated a user "
				   "was refused the session. The rules that "
				   "hold now refused him." },
	[EVENT_SESSION_CLOSED] = { WHO | WHENCE | DETAILS,
				   "The program that opened the session said "
				   "that it is over." },
	[EVENT_PASSWORD_CHANGED] = { DECISION,
				     "A user replaced his password, which the "
				     "rules took. If it was not he, lock the "
				     "account." },
	[EVENT_PASSWORD_CHANGE_DENIED] = { DECISION,
					   "A user did not get to a new "
					   "password. The reason tells whether "
					   "the present one was wrong, or no "
					   "acceptable one was chosen." },
	[EVENT_PASSWORD_TRIAL] = { WHO | WHENCE | DETAILS,
				   "It is a rehearsal of stricter rules for "
				   "passwords. Count these before trial is "
				   "taken out of the configuration." },
	[EVENT_NOTICE_ACCEPTED] = { WHO | WHENCE | RULES | DETAILS,
				    "It is the proof that the user was "
				    "instructed. The details name the version "
				    "and the language of the text." },
	[EVENT_CODE_SENT] = { WHO | WHENCE | DETAILS,
			      "The password was right, and a code was asked "
			      "for. The details say by which way, with little "
			      "of the address, and what became of it: only "
			      "accepted is taken by a gateway. Many of one "
			      "user "
			      "mean that somebody has his password." },
	[EVENT_CODE_REFUSED] = { WHO | WHENCE | REFERENCE,
				 "The password was right before. It counts as "
				 "a "
				 "wrong password does, and he was asked once "
				 "more." },
	[EVENT_SECOND_FACTOR_CHANGED] = { ACT,
					  "The details say what, with little "
					  "of an address. Ask the user "
					  "whether it is his." },
	[EVENT_RECOVERY_CODES_MADE] = { ACT,
					"Those that were there before are good "
					"for nothing any more." },
	[EVENT_USER_TOLD] = { WHO | DETAILS,
			      "By mail or SMS. The details say of what, and "
			      "what became of the message; where it was not "
			      "sent, tell him yourself." },
	[EVENT_FAILURE_COUNTED] = { WHO | WHENCE | DETAILS,
				    "The daemon or the host ended while a "
				    "password was being verified, or just "
				    "after. It counts as wrong, so that a "
				    "crash gives nobody another guess; where "
				    "the host lost power he may have been let "
				    "in a moment before. The details say when "
				    "the answer came, and who asked for him." },
	[EVENT_USER_LOCKED] = { ACT,
				"Wrong answers reached the limit, or an "
				"administrator locked the account. It stays so "
				"until an administrator unlocks it: find out "
				"first whether the user himself was at it." },
	[EVENT_MANY_LOCKS] = { ACTOR | ADDRESS | DETAILS,
			       "Somebody tries passwords of many users. Look "
			       "at the address that met most of them, and "
			       "block it before the host." },
	[EVENT_ADDRESS_THROTTLED] = { ACTOR | SERVICE | ADDRESS | REFERENCE |
					      RULES | DETAILS,
				      "Too many wrong answers came from there. "
				      "The wait ends by itself; an address of "
				      "your own, as of a proxy, belongs into "
				      "exempt of [throttle]." },
	[EVENT_REFUSALS_COUNTED] = { WHO | SERVICE | ADDRESS | REFERENCE |
					     DETAILS,
				     "It stands for many refusals that have no "
				     "records of their own. The details count "
				     "them." },
	[EVENT_USER_UNLOCKED] = { ACT, "An administrator lifted a lock, and "
				       "said why in the details. Wrong answers "
				       "are counted anew." },
	[EVENT_USER_ADDED] = { ACT, "An account came into being. The details "
				    "tell its role and limits." },
	[EVENT_USER_CHANGED] = { ACT, "The details tell each attribute that "
				      "changed, old and new. A role of "
				      "administrator is a reason to ask." },
	[EVENT_USER_ENABLED] = { ACT, "An account that had been switched off "
				      "can log in again." },
	[EVENT_USER_DISABLED] = { ACT, "The account cannot log in, and has no "
				       "rights any more, until it is enabled. "
				       "Sessions that run go on unless they "
				       "were ended too." },
	[EVENT_USER_DELETED] = { ACT,
				 "The account and its rights are gone. Its id "
				 "is never given to anybody else." },
	[EVENT_PASSWORD_RESET] = { ACT,
				   "The user must choose a password of his own "
				   "with it, before its time is over. No "
				   "administrator knows that one." },
	[EVENT_SSH_KEY_ADDED] = { ACT, "By this key the user comes in over SSH "
				       "without a password. Ask him whether it "
				       "is his." },
	[EVENT_SSH_KEY_REMOVED] = { ACT, "By this key nobody comes in as the "
					 "user any more." },
	[EVENT_BACKUP_CREATED] = { ACT, "The backup was written and read back. "
					"The details name the file and its "
					"digest; keep a copy elsewhere." },
	[EVENT_BACKUP_FAILED] = { ACT, "The details say why. Mend it today: "
				       "the last good backup grows old." },
	[EVENT_BACKUP_PRUNED] = { ACT, "It was older than backups are kept, "
				       "and enough younger ones were there." },
	[EVENT_BACKUP_RESTORED] = { ACT, "What was changed after that backup "
					 "is gone, but for what must be "
					 "stricter of the two. The details "
					 "tell what was let in by name." },
	[EVENT_ADMINISTRATOR_RECOVERED] = { ACT, "Root gave himself a way back "
						 "in with cloxxs-offline. It "
						 "must have been agreed on." },
	[EVENT_MAPS_REBUILT] = { ACT, "The file that names are looked up in "
				      "was damaged or lost, and was made from "
				      "the store. Ask why it was." },
	[EVENT_KEY_ROTATED] = { ACT,
				"Secrets are sealed with new keys from now on. "
				"Keep the new key file, or its credential, "
				"where the old one was kept." },
	[EVENT_KEY_RETIRED] = { ACT, "The old key opens nothing of the store "
				     "any more. Keep it as long as backups of "
				     "before are kept." },
	[EVENT_RECOVERY_KEY_SET] = { ACT, "Whoever holds this key can open the "
					  "store without the host. It must "
					  "have been agreed on." },
	[EVENT_USERS_IMPORTED] = { ACT,
				   "Many accounts came at once, out of one "
				   "file. A record for each of them follows." },
	[EVENT_BREAK_GLASS_PREPARED] = { ACT,
					 "An account for emergencies exists, "
					 "and is closed. Its password belongs "
					 "into an envelope." },
	[EVENT_BREAK_GLASS_OPENED] = { ACT, "An emergency was declared: the "
					    "account can log in for a time. If "
					    "there is none, close it." },
	[EVENT_BREAK_GLASS_USED] = { DECISION, "Somebody is in with an account "
					       "for emergencies. Find out who, "
					       "and look at what he does." },
	[EVENT_BREAK_GLASS_CLOSED] = { ACT, "The emergency is over, or its "
					    "time is. Prepare the account anew "
					    "if its password was used." },
	[EVENT_GEO_DATABASE_IMPORTED] = { ACT,
					  "From now on the countries of "
					  "addresses are looked up in it." },
	[EVENT_GEO_DATABASE_REFUSED] = { ACT, "The file is damaged, foreign or "
					      "older. The details say why; the "
					      "former one is asked as long as "
					      "it is not too old." },
	[EVENT_GEO_DATABASE_OLD] = { OWN,
				     "Who would be let in by his country is "
				     "refused. Import a new database." },
	[EVENT_CLOCK_ACCEPTED] = { ACT,
				   "The clock was set back behind a time that "
				   "the daemon had seen. Root said that it is "
				   "right now; the details tell why." },
	[EVENT_SESSION_ENDED] = { ACT | TERMINAL,
				  "An administrator threw a user out. The "
				  "details tell which session, and why." },
	[EVENT_LOGIN_TESTED] = { DECISION,
				 "Root rehearsed a login with cloxxsctl. The "
				 "actor is who did, the result what a login "
				 "would have come to." },
	[EVENT_PROJECT_ADDED] = { ACT, "A project can be given rights in." },
	[EVENT_PROJECT_CHANGED] = { ACT, "The details tell what changed, old "
					 "and new." },
	[EVENT_PROJECT_ARCHIVED] = { ACT, "Rights to read in it stay." },
	[EVENT_PROJECT_REOPENED] = { ACT, "The rights to write that it had are "
					  "in force again." },
	[EVENT_PROJECT_DELETED] = { ACT,
				    "Nobody has a right in it any more. A new "
				    "one of that name inherits nothing." },
	[EVENT_GROUP_ADDED] = { ACT,
				"The group can be given rights, and members." },
	[EVENT_GROUP_DELETED] = { ACT, "What its members could do by it they "
				       "can do no more." },
	[EVENT_MEMBER_ADDED] = { ACT, "The user has the rights of the group "
				      "from now on." },
	[EVENT_MEMBER_REMOVED] = { ACT, "The user has the rights of the group "
					"no more." },
	[EVENT_GRANT_SET] = { ACT, "A user or a group may do in that project "
				   "what the details tell. It holds from the "
				   "next question of the application on." },
	[EVENT_GRANT_REMOVED] = { ACT, "It holds from the next question of the "
				       "application on." },
	[EVENT_GRANT_ENDED] = { ACT, "The end that it was given has come. "
				     "Nobody has to do anything." },
	[EVENT_GRANTS_IMPORTED] = { ACT, "Many rights came at once, out of one "
					 "file. A grant-set for each of them "
					 "follows." },
	[EVENT_ACTION] = { WHO | SERVICE | ADDRESS | DETAILS | PROJECT |
				   ACTION | OBJECT,
			   "The application tells who did what to what in "
			   "which project. That he did so is the application's "
			   "word." },
	[EVENT_AUDIT_READ] = { ACT, "The details tell where it was read, and "
				    "what was looked for." },
	[EVENT_AUDIT_PROVED] = { ACT, "Each record from the first to the last "
				      "that the details name is as it was "
				      "written." },
	[EVENT_AUDIT_PURGED] = { OWN, "Records of that class and from before "
				      "that time have lost their texts. Their "
				      "places can still be proved." },
	[EVENT_AUDIT_HELD] = { ACT, "What the details name stays as it is, "
				    "whatever its keep time, until the hold is "
				    "released." },
	[EVENT_AUDIT_RELEASED] = { ACT, "What is older than its keep time is "
					"purged now." },
	[EVENT_AUDIT_ERASED] = { ACT, "Records have the pseudonym in the place "
				      "of the name, and of him no address, but "
				      "for those on hold and those not as they "
				      "were written. The journal and backups "
				      "have the name until they are gone." },
	[EVENT_AUDIT_BROKEN] = { ACT, "Somebody changed the store, or the disk "
				      "did. The details name the first such "
				      "record. Keep a copy of the state before "
				      "anything is done, and hold it against "
				      "an anchor." },
	[EVENT_ALARM_RAISED] = { OWN, "The details name the rule and what was "
				      "seen; cloxxsctl alarm list tells what to "
				      "do. Who is to be told is said in "
				      "[alarms] of the configuration." },
	[EVENT_ALARM_OVER] = { OWN, "The details name the rule, and since when "
				    "it lasted." },
	[EVENT_ALARM_UNDELIVERED] = { OWN,
				      "Neither the address nor the web hook of "
				      "[alarms] took it. This is recorded once, "
				      "until one is delivered again. See "
				      "cloxxsctl alarm list and the log of "
				      "cloxxs-courier." },
};

uint32_t event_fields(enum event event)
{
	return FIELDS_ALWAYS | rows[event].fields;
}

const char *event_meaning(enum event event)
{
	return rows[event].meaning;
}
