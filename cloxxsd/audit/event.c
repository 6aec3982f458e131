/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/audit/event.h"

#include <string.h>
#include <syslog.h>

static const char *const classes[_EVENT_CLASS_N] = {
	[EVENT_CLASS_LOGIN] = "logins",
	[EVENT_CLASS_ADMINISTRATION] = "administration",
	[EVENT_CLASS_APPLICATION] = "application",
};

static const struct {
	const char *name;
	const char *message_id;
	int priority;
	enum event_class class;
	const char *text;
} rows[_EVENT_N] = {
	[_EVENT_NONE] = { "none", "", LOG_INFO, EVENT_CLASS_ADMINISTRATION,
			  "" },
	[EVENT_DAEMON_STARTED] = { "daemon-started",
				   "9d0531b69fb741749ec056b67f8d6feb", LOG_INFO,
				   EVENT_CLASS_ADMINISTRATION,
				   "cloxxsd started" },
	[EVENT_DAEMON_STOPPED] = { "daemon-stopped",
				   "399632d804024b7c84e32ec3bcdc9154", LOG_INFO,
				   EVENT_CLASS_ADMINISTRATION,
				   "cloxxsd stopped" },
	[EVENT_CONFIGURATION_LOADED] = { "configuration-loaded",
					 "f454905a09a54a8a84bbf44a475eb7d8",
					 LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
					 "The configuration was loaded" },
	[EVENT_CONFIGURATION_WEAKENED] = { "configuration-weakened",
					   "23f066493b5e41078d999768e74d3356",
					   LOG_WARNING,
					   EVENT_CLASS_ADMINISTRATION,
					   "A rule of the configuration was "
					   "weakened" },
	[EVENT_CONFIGURATION_REFUSED] = { "configuration-refused",
					  "ff657b98f6564598983c071b0d58e8cf",
					  LOG_ERR, EVENT_CLASS_ADMINISTRATION,
					  "The configuration was refused; the "
					  "former one stays in force" },
	[EVENT_CALL_REFUSED] = { "call-refused",
				 "c61807f01a8f42c2aeb8d837861acb4a",
				 LOG_WARNING, EVENT_CLASS_ADMINISTRATION,
				 "A caller asked for what he may not do" },
	[EVENT_LOGIN_ALLOWED] = { "login-allowed",
				  "465cb9d88df3462996eb1033b1142df4", LOG_INFO,
				  EVENT_CLASS_LOGIN, "A login was allowed" },
	[EVENT_LOGIN_DENIED] = { "login-denied",
				 "9d0214be164749309dd244805603b994",
				 LOG_WARNING, EVENT_CLASS_LOGIN,
				 "A login was denied" },
	[EVENT_ACCOUNT_ALLOWED] = { "account-allowed",
				    "6e72b296255d4a0b8ac4dc7971cc0fb6",
				    LOG_INFO, EVENT_CLASS_LOGIN,
				    "The account check passed" },
	[EVENT_ACCOUNT_DENIED] = { "account-denied",
				   "382c3fa7d6c942aba3159e835d68cdef",
				   LOG_WARNING, EVENT_CLASS_LOGIN,
				   "The account check refused" },
	[EVENT_UNMANAGED_ALLOWED] = { "unmanaged-allowed",
				      "8f9bfcf093e147ceb0acd79d282911bd",
				      LOG_INFO, EVENT_CLASS_LOGIN,
				      "A user who is not of Cloxxs may come "
				      "from there" },
	[EVENT_UNMANAGED_DENIED] = { "unmanaged-denied",
				     "9655e7cad3044ddea4e8eb3de4d790b1",
				     LOG_WARNING, EVENT_CLASS_LOGIN,
				     "A user who is not of Cloxxs was "
				     "refused" },
	[EVENT_SESSION_OPENED] = { "session-opened",
				   "882cb30982a242e5af972fd9f7872df4", LOG_INFO,
				   EVENT_CLASS_LOGIN, "A session was opened" },
	[EVENT_SESSION_DENIED] = { "session-denied",
				   "d84bb76e5d7a4e97a4af4267c0ce2e8c",
				   LOG_WARNING, EVENT_CLASS_LOGIN,
				   "A session was refused" },
	[EVENT_SESSION_CLOSED] = { "session-closed",
				   "f096413f359841578988e8e5519fcacb", LOG_INFO,
				   EVENT_CLASS_LOGIN, "A session was closed" },
	[EVENT_PASSWORD_CHANGED] = { "password-changed",
				     "d2d286b2e5244afd82237a1a7250c843",
				     LOG_NOTICE, EVENT_CLASS_LOGIN,
				     "A user chose a new password" },
	[EVENT_PASSWORD_CHANGE_DENIED] = { "password-change-denied",
					   "95c9dc0bf9654ad29589e0d90b9c8000",
					   LOG_WARNING, EVENT_CLASS_LOGIN,
					   "A change of a password was "
					   "denied" },
	[EVENT_PASSWORD_TRIAL] = { "password-trial",
				   "b52fccc2483c40519e113123ddd0a74c",
				   LOG_NOTICE, EVENT_CLASS_LOGIN,
				   "A new password was taken that a rule on "
				   "trial would refuse" },
	[EVENT_NOTICE_ACCEPTED] = { "notice-accepted",
				    "d7a4d12dc6b94341b11516f125f2b024",
				    LOG_NOTICE, EVENT_CLASS_LOGIN,
				    "A user accepted the notice" },
	[EVENT_CODE_SENT] = { "code-sent", "a95e8cdec70c45359e2a974c02223973",
			      LOG_INFO, EVENT_CLASS_LOGIN,
			      "A code was handed to the courier" },
	[EVENT_CODE_REFUSED] = { "code-refused",
				 "342c5bad46b44c198229d669f571c3db",
				 LOG_WARNING, EVENT_CLASS_LOGIN,
				 "A wrong code was typed" },
	[EVENT_SECOND_FACTOR_CHANGED] = { "second-factor-changed",
					  "cb3bf4cac7304d7c9a721db3c2a1196b",
					  LOG_NOTICE,
					  EVENT_CLASS_ADMINISTRATION,
					  "By which ways a user gets a code, "
					  "or when, was changed" },
	[EVENT_RECOVERY_CODES_MADE] = { "recovery-codes-made",
					"fdb131a401974491b8442ba48df99c99",
					LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
					"Recovery codes were made for a user" },
	[EVENT_USER_TOLD] = { "user-told", "6745010c902944c6b780c1ad4b953f29",
			      LOG_INFO, EVENT_CLASS_ADMINISTRATION,
			      "A user was told of a change of his account" },
	[EVENT_FAILURE_COUNTED] = { "failure-counted",
				    "c996941bf1174b71b890812c0ec66a38",
				    LOG_WARNING, EVENT_CLASS_LOGIN,
				    "A verification that never ended was "
				    "counted as a failure" },
	[EVENT_USER_LOCKED] = { "user-locked",
				"2f0bb82a26d94c34a0d969f2380d97f7", LOG_WARNING,
				EVENT_CLASS_LOGIN, "A user was locked" },
	[EVENT_MANY_LOCKS] = { "many-locks", "b6cbb4ec242747269018b0e75685014e",
			       LOG_ALERT, EVENT_CLASS_LOGIN,
			       "Many users were locked within a short time" },
	[EVENT_ADDRESS_THROTTLED] = { "address-throttled",
				      "feaa3247f9bc40b4a915986969a5125a",
				      LOG_WARNING, EVENT_CLASS_LOGIN,
				      "An address must wait after too many "
				      "wrong answers" },
	[EVENT_REFUSALS_COUNTED] = { "refusals-counted",
				     "53c16ee8ae9f469a9e9acdb534f86e3b",
				     LOG_WARNING, EVENT_CLASS_LOGIN,
				     "Refusals from an address that had to "
				     "wait" },
	[EVENT_USER_UNLOCKED] = { "user-unlocked",
				  "8a4e36183ec941dc8f283fcf9edd9e8f",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A user was unlocked" },
	[EVENT_USER_ADDED] = { "user-added", "3db517ecf7f2472e84965fceb0c11c85",
			       LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
			       "A user was added" },
	[EVENT_USER_CHANGED] = { "user-changed",
				 "dcfb837662a946e79fe4547135398c55", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A user was changed" },
	[EVENT_USER_ENABLED] = { "user-enabled",
				 "7cc5e27384db4887b558952686f923bf", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A user was enabled" },
	[EVENT_USER_DISABLED] = { "user-disabled",
				  "f3d7293e13724d3c82afdfb156122d0c",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A user was disabled" },
	[EVENT_USER_DELETED] = { "user-deleted",
				 "dfdc3ec89b074b70b5e2062f7a41416c", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A user was deleted" },
	[EVENT_PASSWORD_RESET] = { "password-reset",
				   "1388136e0115443f8402690c129e0c29",
				   LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				   "A temporary password was made" },
	[EVENT_SSH_KEY_ADDED] = { "ssh-key-added",
				  "e3fc620cd17a46608f3136f4733f54d8",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A user was given an SSH key" },
	[EVENT_SSH_KEY_REMOVED] = { "ssh-key-removed",
				    "b8e36d9d8f3745b19c80ce962f3923c5",
				    LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				    "An SSH key was taken from a user" },
	[EVENT_BACKUP_CREATED] = { "backup-created",
				   "fd6bab90b7e4465ea623eaf906c03cdb",
				   LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				   "A backup was made" },
	[EVENT_BACKUP_FAILED] = { "backup-failed",
				  "40f0cc7afe284a20b60d82865a90ee58", LOG_ERR,
				  EVENT_CLASS_ADMINISTRATION,
				  "A backup could not be made" },
	[EVENT_BACKUP_PRUNED] = { "backup-pruned",
				  "7ef27b01356d4a459e4166e261d6bbc4",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "An old backup was removed" },
	[EVENT_BACKUP_RESTORED] = { "backup-restored",
				    "6035f5083c66471e82287a71db4006bc",
				    LOG_WARNING, EVENT_CLASS_ADMINISTRATION,
				    "The store was put back from a backup" },
	[EVENT_ADMINISTRATOR_RECOVERED] = { "administrator-recovered",
					    "dc3f8f02c6bc4ae7b1472a524b38d71a",
					    LOG_CRIT,
					    EVENT_CLASS_ADMINISTRATION,
					    "Root made an administrator while "
					    "the daemon was stopped" },
	[EVENT_MAPS_REBUILT] = { "maps-rebuilt",
				 "b6acbf21390547cf86f775494b4550a9", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "Root had the identity map written anew" },
	[EVENT_KEY_ROTATED] = { "key-rotated",
				"5058b3d6a9234e06b9aa8669a4bf05f3", LOG_NOTICE,
				EVENT_CLASS_ADMINISTRATION,
				"New keys are in force" },
	[EVENT_KEY_RETIRED] = { "key-retired",
				"aa8c96d1090248328ded32bf38f236b7", LOG_NOTICE,
				EVENT_CLASS_ADMINISTRATION,
				"Nothing is sealed with the old key any "
				"more" },
	[EVENT_RECOVERY_KEY_SET] = { "recovery-key-set",
				     "f86b7bb50c024617b29dbc628f4d2bb8",
				     LOG_WARNING, EVENT_CLASS_ADMINISTRATION,
				     "A recovery key was set" },
	[EVENT_USERS_IMPORTED] = { "users-imported",
				   "5317de994cc74555ab1fe5846d6da41b",
				   LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				   "Users were imported" },
	[EVENT_BREAK_GLASS_PREPARED] = { "break-glass-prepared",
					 "8ada8b7a03be4a8386632eda6910efef",
					 LOG_CRIT, EVENT_CLASS_ADMINISTRATION,
					 "A break-glass account was prepared" },
	[EVENT_BREAK_GLASS_OPENED] = { "break-glass-opened",
				       "3044ac463e8940c6831b400b2d545551",
				       LOG_ALERT, EVENT_CLASS_ADMINISTRATION,
				       "A break-glass account was opened" },
	[EVENT_BREAK_GLASS_USED] = { "break-glass-used",
				     "c72a421a20ea44bbb05e201c662f5759",
				     LOG_ALERT, EVENT_CLASS_LOGIN,
				     "A break-glass account was let in" },
	[EVENT_BREAK_GLASS_CLOSED] = { "break-glass-closed",
				       "62d80971cd814526814bcad1d808771a",
				       LOG_CRIT, EVENT_CLASS_ADMINISTRATION,
				       "A break-glass account was closed" },
	[EVENT_GEO_DATABASE_IMPORTED] = { "geo-database-imported",
					  "b8202f08ad454f62a8ed52af24506097",
					  LOG_NOTICE,
					  EVENT_CLASS_ADMINISTRATION,
					  "A country database was put in "
					  "force" },
	[EVENT_GEO_DATABASE_REFUSED] = { "geo-database-refused",
					 "858c9feed77d4b75bc16c3a6e84b0685",
					 LOG_ERR, EVENT_CLASS_ADMINISTRATION,
					 "A country database was refused" },
	[EVENT_GEO_DATABASE_OLD] = { "geo-database-old",
				     "74ad5989f9764e3f89c6e6ff9c2a6178",
				     LOG_ALERT, EVENT_CLASS_ADMINISTRATION,
				     "The country database is too old to be "
				     "asked" },
	[EVENT_CLOCK_ACCEPTED] = { "clock-accepted",
				   "c4f69bdeb3bb48d4b4a632c02bd20553",
				   LOG_WARNING, EVENT_CLASS_ADMINISTRATION,
				   "Root took the clock to be right, though it "
				   "was later before" },
	[EVENT_SESSION_ENDED] = { "session-ended",
				  "a3fb557c749547f0a7fd76fa1f89562f",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "Root ended a session" },
	[EVENT_LOGIN_TESTED] = { "login-tested",
				 "f1605c14d9e5446d8165e7b25ce05142", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A login was tested; nobody was let in" },
	[EVENT_PROJECT_ADDED] = { "project-added",
				  "8e7e916d1be649a79c1b278f2aa4d4fb",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A project was added" },
	[EVENT_PROJECT_CHANGED] = { "project-changed",
				    "b946b9d1e3aa436eb50a931a012e5eea",
				    LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				    "A project was changed" },
	[EVENT_PROJECT_ARCHIVED] = { "project-archived",
				     "3c348c8afe954309b959abf482a99fb5",
				     LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				     "A project was archived: nobody writes in "
				     "it" },
	[EVENT_PROJECT_REOPENED] = { "project-reopened",
				     "58c2235edb4848ffa88cb56ea348b233",
				     LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				     "A project that was archived is open "
				     "again" },
	[EVENT_PROJECT_DELETED] = { "project-deleted",
				    "62f6d3edaeae404a9648774ae08e5f56",
				    LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				    "A project was deleted, and every right in "
				    "it" },
	[EVENT_GROUP_ADDED] = { "group-added",
				"21ec701f11b74ae6a4823b810a3706ce", LOG_NOTICE,
				EVENT_CLASS_ADMINISTRATION,
				"A group of users was added" },
	[EVENT_GROUP_DELETED] = { "group-deleted",
				  "d554afce343943dabeaed0849156f3ff",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A group of users was deleted, and its "
				  "rights" },
	[EVENT_MEMBER_ADDED] = { "member-added",
				 "a55cf333557b4834bdf692dcecb45207", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A user was put into a group" },
	[EVENT_MEMBER_REMOVED] = { "member-removed",
				   "fb5effa21c9e4e218e94c4a80e3bf97c",
				   LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				   "A user was taken out of a group" },
	[EVENT_GRANT_SET] = { "grant-set", "b1947c687c7d48119a0e16b685819271",
			      LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
			      "A right in a project was granted" },
	[EVENT_GRANT_REMOVED] = { "grant-removed",
				  "3295c1e6b29944d9aded4a86cb6fb014",
				  LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				  "A right in a project was taken away" },
	[EVENT_GRANT_ENDED] = { "grant-ended",
				"055ee3222ce04f56b34f604230aa1c8b", LOG_NOTICE,
				EVENT_CLASS_ADMINISTRATION,
				"A right in a project came to its end" },
	[EVENT_GRANTS_IMPORTED] = { "grants-imported",
				    "b8a966341fc34d10900891b79560d0d6",
				    LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				    "Rights in projects were imported" },
	[EVENT_ACTION] = { "action", "ba7e251946204c4fb8eb84168fa828a6",
			   LOG_INFO, EVENT_CLASS_APPLICATION,
			   "A user did something in an application" },
	[EVENT_AUDIT_READ] = { "audit-read", "30427f1e2f8c421f985c6427fd3ac725",
			       LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
			       "Somebody read records" },
	[EVENT_AUDIT_PROVED] = { "audit-proved",
				 "27e8a29961a344289b5c9b299c2fd226", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "The ledger was proved" },
	[EVENT_AUDIT_PURGED] = { "audit-purged",
				 "852132bca4e040e08ffb97902f86c2e6", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "Records whose keep time was over were "
				 "removed" },
	[EVENT_AUDIT_HELD] = { "audit-held", "460d12854a41405999cfc083f7ec1d6f",
			       LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
			       "Records were put on hold" },
	[EVENT_AUDIT_RELEASED] = { "audit-released",
				   "da95d2d406054a0a8c0e1005ebf23990",
				   LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
				   "A hold on records was released" },
	[EVENT_AUDIT_ERASED] = { "audit-erased",
				 "e9648f51510f45f483253ceb627288f4", LOG_NOTICE,
				 EVENT_CLASS_ADMINISTRATION,
				 "A person was put under a pseudonym in the "
				 "records" },
	[EVENT_AUDIT_BROKEN] = { "audit-broken",
				 "d6a418e819124b59a9e2684e139ccf95", LOG_CRIT,
				 EVENT_CLASS_ADMINISTRATION,
				 "A record is not as it was written" },
	[EVENT_ALARM_RAISED] = { "alarm-raised",
				 "6f25e09c3d5b4d17b2746d5eecf06d09", LOG_ALERT,
				 EVENT_CLASS_ADMINISTRATION,
				 "An alarm was raised" },
	[EVENT_ALARM_OVER] = { "alarm-over", "537df7353a9f4ba2a704a2d44ff91916",
			       LOG_NOTICE, EVENT_CLASS_ADMINISTRATION,
			       "What an alarm was about is over" },
	[EVENT_ALARM_UNDELIVERED] = { "alarm-undelivered",
				      "9044c6aadccc4a4c9d85ff5d3edd66c4",
				      LOG_ERR, EVENT_CLASS_ADMINISTRATION,
				      "An alarm could not be delivered; it is "
				      "tried again" },
};

const char *event_name(enum event event)
{
	return rows[event].name;
}

const char *event_message_id(enum event event)
{
	return rows[event].message_id;
}

int event_priority(enum event event)
{
	return rows[event].priority;
}

const char *event_text(enum event event)
{
	return rows[event].text;
}

enum event_class event_class(enum event event)
{
	return rows[event].class;
}

const char *event_class_name(enum event_class class)
{
	return classes[class];
}

bool event_class_find(const char *name, enum event_class *ret_class)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++)
		if (strcmp(classes[i], name) == 0) {
			*ret_class = (enum event_class)i;
			return true;
		}
	return false;
}

enum event event_find(const char *name)
{
	for (unsigned int i = 1; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum event)i;
	return _EVENT_NONE;
}
