/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/verbs.h"

#include "cloxxsctl/doctor/doctor.h"
#include "cloxxsctl/access_review.h"
#include "cloxxsctl/audit/audit.h"
#include "cloxxsctl/backup.h"
#include "cloxxsctl/courier.h"
#include "cloxxsctl/explain.h"
#include "cloxxsctl/factor.h"
#include "cloxxsctl/geoip.h"
#include "cloxxsctl/grant.h"
#include "cloxxsctl/group.h"
#include "cloxxsctl/help.h"
#include "cloxxsctl/key.h"
#include "cloxxsctl/local.h"
#include "cloxxsctl/login_test.h"
#include "cloxxsctl/metrics.h"
#include "cloxxsctl/notice.h"
#include "cloxxsctl/offline.h"
#include "cloxxsctl/password_check.h"
#include "cloxxsctl/project.h"
#include "cloxxsctl/request.h"
#include "cloxxsctl/services.h"
#include "cloxxsctl/session.h"
#include "cloxxsctl/setup/setup.h"
#include "cloxxsctl/ssh_key.h"
#include "cloxxsctl/unlock_all.h"
#include "cloxxsctl/statement/statement.h"
#include "cloxxsctl/status_view.h"
#include "cloxxsctl/user_import.h"

#define JSON OPTION_BIT(OPTION_JSON)
#define REASON OPTION_BIT(OPTION_REASON)
#define RESET OPTION_BIT(OPTION_RESET_PASSWORD)
#define END OPTION_BIT(OPTION_END_SESSIONS)
#define YES OPTION_BIT(OPTION_YES)
#define ATTRIBUTES                                                   \
	(OPTION_BIT(OPTION_SERVICES) | OPTION_BIT(OPTION_ROLE) |     \
	 OPTION_BIT(OPTION_SHELL) | OPTION_BIT(OPTION_HOME) |        \
	 OPTION_BIT(OPTION_LANGUAGE) | OPTION_BIT(OPTION_NETWORKS) | \
	 OPTION_BIT(OPTION_PROTECTED) | VALIDITY)
#define VALIDITY                                                        \
	(OPTION_BIT(OPTION_NOT_BEFORE) | OPTION_BIT(OPTION_NOT_AFTER) | \
	 OPTION_BIT(OPTION_HOURS))

/* A verb about one user who must be there. */
#define ONE_USER                                                    \
	.noun = "user", .operands = "NAME", .operands_min = 1,      \
	.operands_max = 1, .parameter = "name", .run = request_run, \
	.missing = "there is no user of this name",                 \
	.find = "see \"cloxxsctl user list\""
/* A verb about an account for emergencies. */
#define GLASS                                                         \
	.noun = "break-glass", .operands = "NAME", .operands_min = 1, \
	.operands_max = 1, .parameter = "name", .run = request_run,   \
	.missing = "there is no account of this name",                \
	.find = "see \"cloxxsctl break-glass list\""
/* A verb about a project, or a group of users, that must be there. */
#define ONE_PROJECT                                                          \
	.noun = "project", .operands = "NAME", .operands_min = 1,            \
	.operands_max = 1, .parameter = "name", .run = request_run,          \
	.view = VIEW_PROJECT, .missing = "there is no project of this name", \
	.find = "see \"cloxxsctl project list\""
#define ONE_GROUP                                                        \
	.noun = "group", .operands = "NAME", .operands_min = 1,          \
	.operands_max = 1, .parameter = "name", .run = request_run,      \
	.view = VIEW_GROUP, .missing = "there is no group of this name", \
	.find = "see \"cloxxsctl group list\""
#define MEMBERSHIP                                                             \
	.noun = "group", .operands = "GROUP USER", .operands_min = 2,          \
	.operands_max = 2, .parameter = "name", .more_parameters = { "user" }, \
	.run = request_run, .view = VIEW_GROUP,                                \
	.missing = "there is no group or user \"{name}\"",                     \
	.find = "see \"cloxxsctl group list\" and \"cloxxsctl user list\""
#define GRANT_MISSING                                                        \
	.missing = "there is no user, group or project \"{name}\"",          \
	.find = "see \"cloxxsctl user list\", \"cloxxsctl group list\" and " \
		"\"cloxxsctl project list\""
#define OF_SERVICE OPTION_BIT(OPTION_SERVICE)
/* A verb about the SSH keys of one user. */
#define SSH_KEY .noun = "user", .options = JSON, .view = VIEW_SSH_KEYS
/* A verb about the second factor of one user. */
#define FACTOR                                                     \
	.noun = "factor", .operands = "NAME", .operands_min = 1,   \
	.operands_max = 1, .parameter = "name",                    \
	.view = VIEW_FACTOR,                                       \
	.missing = "there is no user of this name",                \
	.find = "see \"cloxxsctl user list\""
#define ADMIN "nl.cloxxs.Admin."
#define AUDIT "nl.cloxxs.Audit."
/* Where records of the audit are read, and which. */
#define AUDIT_PLACE                                                           \
	(OPTION_BIT(OPTION_FILE) | OPTION_BIT(OPTION_DIRECTORY) |             \
	 OPTION_BIT(OPTION_NAMESPACE) | OPTION_BIT(OPTION_UID))
#define AUDIT_LEDGER OPTION_BIT(OPTION_LEDGER)
#define AUDIT_FILTERS                                                         \
	(OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_ACTOR) |                 \
	 OPTION_BIT(OPTION_ADDRESS) | OPTION_BIT(OPTION_NETWORK) |            \
	 OPTION_BIT(OPTION_PROJECT) | OPTION_BIT(OPTION_SERVICE) |            \
	 OPTION_BIT(OPTION_EVENT) | OPTION_BIT(OPTION_RESULT) |               \
	 OPTION_BIT(OPTION_SINCE))
#define AUDIT_LIST                                                            \
	(AUDIT_FILTERS | OPTION_BIT(OPTION_UNTIL) |                           \
	 OPTION_BIT(OPTION_REVERSE) | OPTION_BIT(OPTION_LIMIT) |              \
	 OPTION_BIT(OPTION_FORMAT) | JSON)

/* clang-format off */
const struct grammar_verb verbs[] = {
	{ ONE_USER, .verb = "add", .options = ATTRIBUTES | JSON |
		OPTION_BIT(OPTION_UID),
	  .summary = "add a user and show a temporary password",
	  .example = "cloxxsctl user add anna --services sshd,sudo",
	  .method = ADMIN "AddUser", .view = VIEW_CHANGED,
	  .warn = services_warn,
	  .gives_password = true, .done = "added" },
	{ ONE_USER, .verb = "set", .options = ATTRIBUTES | JSON,
	  .changes = true,
	  .summary = "change what is given, leave the rest",
	  .example = "cloxxsctl user set anna --services sshd",
	  .method = ADMIN "SetUser", .view = VIEW_CHANGED, .done = "changed",
	  .warn = services_warn },
	{ .noun = "user", .verb = "list", .options = JSON,
	  .summary = "list all users",
	  .example = "cloxxsctl user list",
	  .run = request_run_list, .method = ADMIN "ListUsers",
	  .view = VIEW_USERS, .none = "There are no users." },
	{ ONE_USER, .verb = "show", .options = JSON,
	  .summary = "show a user, and what keeps him out",
	  .example = "cloxxsctl user show anna",
	  .method = ADMIN "GetUser", .view = VIEW_USER },
	{ ONE_USER, .verb = "enable", .options = JSON,
	  .summary = "let a disabled user in again",
	  .example = "cloxxsctl user enable anna",
	  .method = ADMIN "EnableUser", .view = VIEW_CHANGED,
	  .done = "enabled" },
	{ ONE_USER, .verb = "disable", .options = REASON | END | JSON,
	  .summary = "let a user in nowhere, and keep him",
	  .example = "cloxxsctl user disable anna --reason \"on leave\"",
	  .method = ADMIN "DisableUser", .view = VIEW_CHANGED,
	  .done = "disabled" },
	{ ONE_USER, .verb = "delete", .options = YES | END | JSON,
	  .summary = "delete a user; his id is never used again",
	  .example = "cloxxsctl user delete anna",
	  .method = ADMIN "DeleteUser", .view = VIEW_CHANGED,
	  .done = "deleted" },
	{ ONE_USER, .verb = "lock", .options = REASON | END | JSON,
	  .required = REASON,
	  .summary = "lock a user, as wrong answers do",
	  .example = "cloxxsctl user lock anna --reason \"lost her laptop\"",
	  .method = ADMIN "LockUser", .view = VIEW_CHANGED, .done = "locked" },
	{ ONE_USER, .verb = "unlock", .options = REASON | RESET | JSON,
	  .required = REASON,
	  .summary = "lift a lock and set the count to zero",
	  .example = "cloxxsctl user unlock anna --reason \"she rang\"",
	  .method = ADMIN "UnlockUser", .view = VIEW_CHANGED,
	  .gives_password = true, .done = "unlocked" },
	{ .noun = "user", .verb = "unlock-all",
	  .options = REASON | JSON | OPTION_BIT(OPTION_LOCKED_SINCE) |
		OPTION_BIT(OPTION_DRY_RUN), .required = REASON,
	  .summary = "lift the locks that wrong answers brought",
	  .example = "cloxxsctl user unlock-all --locked-since 2h "
		     "--reason \"a storm of guesses\"",
	  .run = unlock_all_run },
	{ ONE_USER, .verb = "reset-password", .options = REASON | JSON,
	  .summary = "make and show a temporary password",
	  .example = "cloxxsctl user reset-password anna",
	  .method = ADMIN "ResetPassword", .view = VIEW_CHANGED,
	  .gives_password = true, .done = "has a temporary password" },
	{ .noun = "user", .verb = "import", .operands = "FILE|-",
	  .operands_min = 1, .operands_max = 1,
	  .options = OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_SHADOW) |
		OPTION_BIT(OPTION_SERVICES) | OPTION_BIT(OPTION_DRY_RUN) |
		OPTION_BIT(OPTION_UPDATE) | JSON,
	  .formats = "csv|json|passwd",
	  .summary = "add all users of a file, or none",
	  .example = "cloxxsctl user import users.csv --dry-run",
	  .run = user_import_run },
	{ .noun = "user", .verb = "export",
	  .options = OPTION_BIT(OPTION_FORMAT), .formats = "csv|json",
	  .summary = "write all users as a file that can be imported",
	  .example = "cloxxsctl user export --format csv >users.csv",
	  .run = user_export_run, .method = ADMIN "ListUsers" },
	{ SSH_KEY, .verb = "key add", .operands = "NAME [FILE|-]",
	  .operands_min = 1, .operands_max = 2,
	  .summary = "give a user an SSH key, as his .pub file has it",
	  .example = "cloxxsctl user key add anna id_ed25519.pub",
	  .run = ssh_key_run_add, .method = ADMIN "AddSshKey",
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"", .done = "added" },
	{ SSH_KEY, .verb = "key list", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1,
	  .summary = "list the SSH keys of a user",
	  .example = "cloxxsctl user key list anna",
	  .run = ssh_key_run_list, .method = ADMIN "ListSshKeys",
	  .parameter = "name",
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"" },
	{ SSH_KEY, .verb = "key remove", .operands = "NAME FINGERPRINT",
	  .operands_min = 2, .operands_max = 2,
	  .summary = "take an SSH key from a user, at once",
	  .example = "cloxxsctl user key remove anna SHA256:p2QA...",
	  .run = ssh_key_run_remove, .method = ADMIN "RemoveSshKey",
	  .missing = "there is no such user, or he has no such key",
	  .find = "see \"cloxxsctl user key list\"", .done = "removed" },
	{ .noun = "user", .verb = "projects", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "user",
	  .options = OF_SERVICE | JSON,
	  .summary = "list his projects, and what he may do there",
	  .example = "cloxxsctl user projects anna",
	  .run = project_run_of_user, .method = ADMIN "ListRights",
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"" },
	{ ONE_PROJECT, .verb = "add",
	  .options = OF_SERVICE | OPTION_BIT(OPTION_UNIX_GROUPS) | JSON,
	  .required = OF_SERVICE,
	  .summary = "add a project of a service",
	  .example = "cloxxsctl project add budget-2027 --service "
		     "cloxxs-online",
	  .method = ADMIN "AddProject", .done = "added",
	  .warn = project_warn_added },
	{ .noun = "project", .verb = "list", .options = OF_SERVICE | JSON,
	  .summary = "list all projects, or those of a service",
	  .example = "cloxxsctl project list",
	  .run = project_run_list, .method = ADMIN "ListProjects" },
	{ .noun = "project", .verb = "show", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "name",
	  .options = JSON,
	  .summary = "show a project, and the grants that count in it",
	  .example = "cloxxsctl project show budget-2027",
	  .run = project_run_show, .method = ADMIN "GetProject",
	  .missing = "there is no project of this name",
	  .find = "see \"cloxxsctl project list\"" },
	{ .noun = "project", .verb = "who", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "project",
	  .options = JSON,
	  .summary = "list who can do what there, and by which grants",
	  .example = "cloxxsctl project who budget-2027",
	  .run = project_run_who, .method = ADMIN "ListRights",
	  .missing = "there is no project of this name",
	  .find = "see \"cloxxsctl project list\"" },
	{ .noun = "project", .verb = "rename", .operands = "OLD NEW",
	  .operands_min = 2, .operands_max = 2, .parameter = "name",
	  .more_parameters = { "new_name" }, .options = JSON,
	  .summary = "give a project another name; rights stay",
	  .example = "cloxxsctl project rename budget-2027 budget-2028",
	  .run = request_run, .method = ADMIN "SetProject",
	  .view = VIEW_PROJECT, .done = "renamed",
	  .missing = "there is no project of this name",
	  .find = "see \"cloxxsctl project list\"" },
	{ ONE_PROJECT, .verb = "set",
	  .options = OPTION_BIT(OPTION_UNIX_GROUPS) | JSON,
	  .required = OPTION_BIT(OPTION_UNIX_GROUPS),
	  .summary = "make its readers and writers groups, or not",
	  .example = "cloxxsctl project set budget-2027 --unix-groups yes",
	  .method = ADMIN "SetProject", .done = "changed" },
	{ ONE_PROJECT, .verb = "archive", .options = REASON | JSON,
	  .required = REASON,
	  .summary = "let nobody write in it from now on",
	  .example = "cloxxsctl project archive budget-2027 "
		     "--reason \"the year is closed\"",
	  .method = ADMIN "ArchiveProject", .done = "archived" },
	{ ONE_PROJECT, .verb = "reopen", .options = REASON | JSON,
	  .required = REASON,
	  .summary = "let those write again who could before",
	  .example = "cloxxsctl project reopen budget-2027 "
		     "--reason \"an entry was missing\"",
	  .method = ADMIN "ReopenProject", .done = "open again" },
	{ ONE_PROJECT, .verb = "delete", .options = YES | JSON,
	  .summary = "delete a project, and all grants in it",
	  .example = "cloxxsctl project delete budget-2027",
	  .method = ADMIN "DeleteProject", .done = "deleted" },
	{ ONE_GROUP, .verb = "add", .options = JSON,
	  .summary = "add a group of users that can hold grants",
	  .example = "cloxxsctl group add finance",
	  .method = ADMIN "AddGroup", .done = "added" },
	{ .noun = "group", .verb = "list", .options = JSON,
	  .summary = "list all groups of users",
	  .example = "cloxxsctl group list",
	  .run = group_run_list, .method = ADMIN "ListGroups" },
	{ .noun = "group", .verb = "show", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "name",
	  .options = JSON,
	  .summary = "show its members, and the grants that it holds",
	  .example = "cloxxsctl group show finance",
	  .run = group_run_show, .method = ADMIN "ListMembers",
	  .missing = "there is no group of this name",
	  .find = "see \"cloxxsctl group list\"" },
	{ MEMBERSHIP, .verb = "add-member", .options = JSON,
	  .summary = "put a user into a group",
	  .example = "cloxxsctl group add-member finance anna",
	  .method = ADMIN "AddMember", .done = "is a member",
	  .warn = group_warn_added },
	{ MEMBERSHIP, .verb = "remove-member", .options = JSON,
	  .summary = "take a user out of a group",
	  .example = "cloxxsctl group remove-member finance anna",
	  .method = ADMIN "RemoveMember", .done = "is no member any more" },
	{ ONE_GROUP, .verb = "delete", .options = YES | JSON,
	  .summary = "delete a group, and all grants that it holds",
	  .example = "cloxxsctl group delete finance",
	  .method = ADMIN "DeleteGroup", .done = "deleted" },
	{ .noun = "grant", .verb = "add",
	  .operands = "HOLDER PROJECT RIGHT",
	  .operands_min = 3, .operands_max = 3, .parameter = "holder",
	  .more_parameters = { "project", "right" },
	  .options = OPTION_BIT(OPTION_UNTIL) | OF_SERVICE | JSON,
	  .summary = "give read, write, write-only or deny",
	  .example = "cloxxsctl grant add anna budget-2027 write "
		     "--until 2027-12-31",
	  .run = request_run, .method = ADMIN "AddGrant", .view = VIEW_GRANT,
	  .done = "holds", GRANT_MISSING, .warn = grant_warn_added },
	{ .noun = "grant", .verb = "remove", .operands = "HOLDER PROJECT",
	  .operands_min = 2, .operands_max = 2, .parameter = "holder",
	  .more_parameters = { "project" }, .options = OF_SERVICE | JSON,
	  .summary = "take away what he has there by himself",
	  .example = "cloxxsctl grant remove anna budget-2027",
	  .run = request_run, .method = ADMIN "RemoveGrant",
	  .view = VIEW_GRANT, .done = "no longer holds", GRANT_MISSING },
	{ .noun = "grant", .verb = "list",
	  .options = OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_PROJECT) |
		OF_SERVICE | JSON,
	  .summary = "list grants, of a holder, a project or a service",
	  .example = "cloxxsctl grant list --user @finance",
	  .run = grant_run_list, .method = ADMIN "ListGrants",
	  .user_parameter = "holder", GRANT_MISSING },
	{ .noun = "grant", .verb = "import", .operands = "FILE|-",
	  .operands_min = 1, .operands_max = 1,
	  .options = OPTION_BIT(OPTION_DRY_RUN) | JSON,
	  .summary = "add all grants of a file of CSV, or none",
	  .example = "cloxxsctl grant import grants.csv --dry-run",
	  .run = grant_run_import, .done = "imported" },
	{ .noun = "grant", .verb = "export",
	  .options = OPTION_BIT(OPTION_FORMAT), .formats = "csv",
	  .summary = "write all grants as a file that can be imported",
	  .example = "cloxxsctl grant export --format csv >grants.csv",
	  .run = grant_run_export, .method = ADMIN "ListGrants" },
	{ .noun = "access", .verb = "review",
	  .options = OPTION_BIT(OPTION_PROJECT) | OPTION_BIT(OPTION_USER) |
		OF_SERVICE | OPTION_BIT(OPTION_BY) |
		OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_FORMAT) | JSON,
	  .formats = "table|csv|json",
	  .summary = "list who can do what where, and what changed",
	  .example = "cloxxsctl access review --by user --since 2027-01-01",
	  .run = access_review_run, .method = ADMIN "ListRights",
	  .missing = "there is no user or project \"{name}\"",
	  .find = "see \"cloxxsctl user list\" and \"cloxxsctl project "
		  "list\"" },
	{ .noun = "password", .verb = "check",
	  .options = OPTION_BIT(OPTION_USER) | JSON,
	  .summary = "tell rule by rule whether one would be taken",
	  .example = "cloxxsctl password check --user anna",
	  .run = password_check_run, .method = ADMIN "CheckPassword",
	  .view = VIEW_PASSWORD_CHECK,
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"" },
	{ .noun = "password", .verb = "generate", .options = JSON,
	  .summary = "make a password that keeps the rules",
	  .example = "cloxxsctl password generate",
	  .run = request_run, .method = ADMIN "GeneratePassword",
	  .view = VIEW_PASSWORD },
	{ .noun = "explain", .operands = "[CODE]", .operands_max = 1,
	  .options = JSON | OPTION_BIT(OPTION_USER) |
		OPTION_BIT(OPTION_SERVICE) | OPTION_BIT(OPTION_FROM) |
		OPTION_BIT(OPTION_TERMINAL) | OPTION_BIT(OPTION_SYSTEM_UID) |
		OPTION_BIT(OPTION_AT) | OPTION_BIT(OPTION_PROJECT) |
		OPTION_BIT(OPTION_RIGHT),
	  .summary = "tell why a login or a right would be refused",
	  .example = "cloxxsctl explain K7QF2M9X",
	  .run = explain_run, .view = VIEW_EXPLANATION },
	{ .noun = "audit", .verb = "search",
	  .options = AUDIT_LIST | AUDIT_PLACE | AUDIT_LEDGER,
	  .formats = "table|json|csv",
	  .summary = "find what was recorded, by whom, where and when",
	  .example = "cloxxsctl audit search --user anna --since 2026-11-01",
	  .run = audit_run_search },
	{ .noun = "audit", .verb = "follow",
	  .options = AUDIT_FILTERS | OPTION_BIT(OPTION_LIMIT) |
		OPTION_BIT(OPTION_NAMESPACE) | OPTION_BIT(OPTION_DIRECTORY) |
		OPTION_BIT(OPTION_UID) | OPTION_BIT(OPTION_FORMAT) | JSON,
	  .formats = "table|json|csv",
	  .summary = "show what is recorded from now on, as it comes",
	  .example = "cloxxsctl audit follow --result denied",
	  .run = audit_run_follow },
	{ .noun = "audit", .verb = "export",
	  .options = AUDIT_LIST | AUDIT_PLACE | AUDIT_LEDGER |
		OPTION_BIT(OPTION_OUTPUT),
	  .formats = "table|json|csv",
	  .summary = "write what was recorded, for a file or elsewhere",
	  .example = "cloxxsctl audit export --since 2026-11-01 "
		     "--until 2026-11-30 --format csv --output november.csv",
	  .run = audit_run_export },
	{ .noun = "audit", .verb = "show", .operands = "SEQUENCE|CODE",
	  .operands_min = 1, .operands_max = 1,
	  .options = AUDIT_PLACE | AUDIT_LEDGER | JSON,
	  .summary = "show one record whole, and what it means",
	  .example = "cloxxsctl audit show 4711",
	  .run = audit_run_show,
	  .missing = "there is no such record",
	  .find = "see \"cloxxsctl audit search\"" },
	{ .noun = "audit", .verb = "stats",
	  .options = AUDIT_FILTERS | OPTION_BIT(OPTION_UNTIL) | AUDIT_PLACE |
		AUDIT_LEDGER | OPTION_BIT(OPTION_FORMAT) | JSON,
	  .formats = "table|json",
	  .summary = "count records by day, event, user and the like",
	  .example = "cloxxsctl audit stats --since 2026-11-01",
	  .run = audit_run_stats },
	{ .noun = "audit", .verb = "report",
	  .options = OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) |
		AUDIT_PLACE | AUDIT_LEDGER | OPTION_BIT(OPTION_LANGUAGE) |
		OPTION_BIT(OPTION_FORMAT) | OPTION_BIT(OPTION_OUTPUT) | JSON,
	  .formats = "text|html|json",
	  .summary = "tell who got in, who did not, and what changed",
	  .example = "cloxxsctl audit report --since 2026-11-01 --format html "
		     "--output november.html",
	  .run = audit_run_report },
	{ .noun = "audit", .verb = "verify",
	  .options = OPTION_BIT(OPTION_ANCHOR) | OPTION_BIT(OPTION_JOURNAL) |
		AUDIT_PLACE | JSON,
	  .summary = "prove that no record was changed or is missing",
	  .example = "cloxxsctl audit verify --anchor anchors --journal",
	  .run = audit_run_verify },
	{ .noun = "audit", .verb = "anchor",
	  .summary = "print a line that proves the audit up to now",
	  .example = "cloxxsctl audit anchor",
	  .run = audit_run_anchor },
	{ .noun = "audit", .verb = "hold add",
	  .options = OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_CLASS) |
		OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | REASON |
		JSON,
	  .required = REASON,
	  .summary = "keep records beyond their time, as they are",
	  .example = "cloxxsctl audit hold add --user anna --since 2026-01-01 "
		     "--reason \"case 12\"",
	  .run = audit_run_hold_add, .method = AUDIT "AddHold" },
	{ .noun = "audit", .verb = "hold list", .options = JSON,
	  .summary = "list what is kept so, and why",
	  .example = "cloxxsctl audit hold list",
	  .run = audit_run_hold_list, .method = AUDIT "ListHolds" },
	{ .noun = "audit", .verb = "hold release", .operands = "ID",
	  .operands_min = 1, .operands_max = 1, .options = REASON | JSON,
	  .required = REASON,
	  .summary = "let records go when their time is over",
	  .example = "cloxxsctl audit hold release 3 --reason \"case closed\"",
	  .run = audit_run_hold_release, .method = AUDIT "ReleaseHold",
	  .missing = "there is no such hold",
	  .find = "see \"cloxxsctl audit hold list\"" },
	{ .noun = "audit", .verb = "erase", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "name",
	  .options = REASON | OPTION_BIT(OPTION_YES) | JSON,
	  .required = REASON,
	  .summary = "put a pseudonym for who is no user any more",
	  .example = "cloxxsctl audit erase anna --reason \"she asked for it\"",
	  .run = audit_run_erase, .method = AUDIT "ErasePerson" },
	{ .noun = "session", .verb = "list",
	  .options = OPTION_BIT(OPTION_USER) | JSON,
	  .summary = "list the sessions that run",
	  .example = "cloxxsctl session list --user anna",
	  .run = session_run_list, .method = ADMIN "ListSessions",
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"" },
	{ .noun = "session", .verb = "end", .operands = "[ID]",
	  .operands_max = 1,
	  .options = OPTION_BIT(OPTION_USER) | REASON | JSON,
	  .summary = "end a session, or all of a user; for root",
	  .example = "cloxxsctl session end 3f9a01c2 --reason \"left open\"",
	  .run = session_run_end, .method = ADMIN "EndSession",
	  .view = VIEW_DONE, .done = "Ended",
	  .missing = "there is no such session, or no such user",
	  .find = "see \"cloxxsctl session list\"" },
	{ .noun = "clock", .verb = "accept", .options = REASON | JSON,
	  .required = REASON,
	  .summary = "say that the clock, which was set back, is right",
	  .example = "cloxxsctl clock accept --reason \"it was a year ahead\"",
	  .run = request_run, .method = ADMIN "AcceptClock",
	  .view = VIEW_DONE, .done = "The clock is right" },
	{ .noun = "login", .verb = "test", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .parameter = "user",
	  .options = JSON | OPTION_BIT(OPTION_SERVICE) |
		OPTION_BIT(OPTION_FROM) | OPTION_BIT(OPTION_TERMINAL) |
		OPTION_BIT(OPTION_SYSTEM_UID) | OPTION_BIT(OPTION_STDIN),
	  .summary = "go through a login by which nobody gets in",
	  .example = "cloxxsctl login test anna --from 192.0.2.7",
	  .run = login_test_run, .method = ADMIN "TestLogin",
	  .view = VIEW_LOGIN_TEST },
	{ FACTOR, .verb = "show", .options = JSON,
	  .summary = "show by which ways a user gets a code",
	  .example = "cloxxsctl factor show anna",
	  .run = factor_run_show, .method = ADMIN "GetSecondFactor" },
	{ FACTOR, .verb = "set", .changes = true,
	  .options = OPTION_BIT(OPTION_PHONE) | OPTION_BIT(OPTION_MAIL) |
		OPTION_BIT(OPTION_CODE) | JSON,
	  .summary = "set where codes go, and when one is asked for",
	  .example = "cloxxsctl factor set anna --phone -",
	  .run = factor_run_set, .method = ADMIN "SetSecondFactor" },
	{ FACTOR, .verb = "totp", .options = OPTION_BIT(OPTION_STDIN),
	  .summary = "give a user's authenticator app its key",
	  .example = "cloxxsctl factor totp anna",
	  .run = factor_run_totp, .method = ADMIN "MakeTotp" },
	{ FACTOR, .verb = "remove-totp", .options = JSON,
	  .summary = "take the app from a user, at once",
	  .example = "cloxxsctl factor remove-totp anna",
	  .run = factor_run_remove_totp, .method = ADMIN "SetSecondFactor" },
	{ FACTOR, .verb = "recovery-codes", .options = JSON,
	  .summary = "make and show ten codes for when all else is lost",
	  .example = "cloxxsctl factor recovery-codes anna",
	  .run = factor_run_recovery_codes,
	  .method = ADMIN "MakeRecoveryCodes" },
	{ .noun = "factor", .verb = "missing", .options = JSON,
	  .summary = "list who is asked for a code and cannot give one",
	  .example = "cloxxsctl factor missing",
	  .run = request_run_list, .method = ADMIN "ListUsers",
	  .always = "no_code", .view = VIEW_USERS,
	  .none = "Nobody is asked for a code who cannot give one." },
	{ .noun = "notice", .verb = "show",
	  .options = OPTION_BIT(OPTION_LANGUAGE) | JSON,
	  .summary = "print what users are told about confidentiality",
	  .example = "cloxxsctl notice show --language nl",
	  .run = notice_run_show, .method = ADMIN "GetNotice",
	  .view = VIEW_NOTICE },
	{ .noun = "notice", .verb = "accepted",
	  .options = OPTION_BIT(OPTION_USER) |
		OPTION_BIT(OPTION_NOT_ACCEPTED) | JSON,
	  .summary = "list who accepted which version of it, and when",
	  .example = "cloxxsctl notice accepted --not-accepted",
	  .run = notice_run_accepted, .method = ADMIN "ListAcceptances",
	  .view = VIEW_NOTICE,
	  .missing = "there is no user of this name",
	  .find = "see \"cloxxsctl user list\"" },
	{ .noun = "status", .options = JSON,
	  .summary = "show how it does; also without any word",
	  .example = "cloxxsctl status",
	  .run = status_run, .method = ADMIN "Status", .view = VIEW_STATUS },
	{ .noun = "metrics",
	  .summary = "print all that is measured, as OpenMetrics text",
	  .example = "cloxxsctl metrics",
	  .run = metrics_run, .method = ADMIN "Metrics" },
	{ .noun = "setup", .operands = "[undo]", .operands_max = 1,
	  .options = YES | OPTION_BIT(OPTION_DRY_RUN) |
		OPTION_BIT(OPTION_ADMINISTRATOR) |
		OPTION_BIT(OPTION_ADMINISTRATOR_NETWORKS) |
		OPTION_BIT(OPTION_IDENTITY) |
		OPTION_BIT(OPTION_SERVICES) |
		OPTION_BIT(OPTION_COUNTRY_DATABASE),
	  .summary = "guard the logins of this host, or take it all back",
	  .example = "cloxxsctl setup --administrator anna",
	  .run = setup_run },
	{ .noun = "doctor",
	  .options = JSON | OPTION_BIT(OPTION_ALL) |
		OPTION_BIT(OPTION_NAGIOS) | OPTION_BIT(OPTION_ROOT),
	  .summary = "look at all that a guarded login hangs on",
	  .example = "cloxxsctl doctor --all",
	  .run = doctor_run },
	{ .noun = "statement",
	  .options = OPTION_BIT(OPTION_LANGUAGE) | OPTION_BIT(OPTION_FORMAT) |
		JSON,
	  .formats = "text|html|json",
	  .summary = "tell which promises are kept, as measured now",
	  .example = "cloxxsctl statement --language nl --format html",
	  .run = statement_run },
	{ .noun = "config", .verb = "check", .operands = "[FILE]",
	  .operands_max = 1,
	  .summary = "tell whether the configuration is valid",
	  .example = "cloxxsctl config check",
	  .run = local_run_config_check },
	{ .noun = "config", .verb = "dump", .options = JSON,
	  .summary = "print every setting as it would be in force",
	  .example = "cloxxsctl config dump",
	  .run = local_run_config_dump },
	{ .noun = "key", .verb = "create", .operands = "FILE",
	  .operands_min = 1, .operands_max = 1,
	  .options = OPTION_BIT(OPTION_WITH_KEY) | YES,
	  .summary = "make a key file; never overwrites one",
	  .example = "cloxxsctl key create " CLOXXS_CONFDIR "/cloxxs.key",
	  .run = key_run_create },
	{ .noun = "key", .verb = "list", .options = JSON,
	  .summary = "show the keys by their ids",
	  .example = "cloxxsctl key list",
	  .run = request_run, .method = ADMIN "ListKeys", .view = VIEW_KEYS },
	{ .noun = "key", .verb = "rotate", .operands = "[FILE]",
	  .operands_max = 1, .options = OPTION_BIT(OPTION_WITH_KEY) | JSON,
	  .summary = "put a new key in force while logins go on",
	  .example = "cloxxsctl key rotate",
	  .run = key_run_rotate, .method = ADMIN "RotateKey",
	  .view = VIEW_KEY_ROTATED },
	{ .noun = "key", .verb = "recovery",
	  .options = OPTION_BIT(OPTION_IDENTITY) | YES | JSON,
	  .summary = "make a recovery key; its identity is shown once",
	  .example = "cloxxsctl key recovery",
	  .run = key_run_recovery, .method = ADMIN "SetRecoveryKey",
	  .view = VIEW_KEY_RECOVERY },
	{ .noun = "backup", .verb = "create", .options = JSON,
	  .summary = "make a backup, sealed to the recovery key",
	  .example = "cloxxsctl backup create",
	  .run = backup_run_create, .method = ADMIN "CreateBackup",
	  .view = VIEW_BACKUP },
	{ .noun = "backup", .verb = "list", .options = JSON,
	  .summary = "list backups, and those of others that are watched",
	  .example = "cloxxsctl backup list",
	  .run = backup_run_list, .method = ADMIN "ListBackups",
	  .view = VIEW_BACKUPS },
	{ .noun = "backup", .verb = "verify", .operands = "FILE",
	  .operands_min = 1, .operands_max = 1,
	  .options = JSON | OPTION_BIT(OPTION_IDENTITY),
	  .summary = "tell whether a backup can be put back",
	  .example = "cloxxsctl backup verify FILE --identity identity.txt",
	  .run = backup_run_verify, .view = VIEW_BACKUP },
	{ .noun = "backup", .verb = "restore", .operands = "FILE",
	  .operands_min = 1, .operands_max = 1,
	  .options = JSON | YES | OPTION_BIT(OPTION_IDENTITY) |
		OPTION_BIT(OPTION_ALLOW) | OPTION_BIT(OPTION_DRY_RUN),
	  .required = OPTION_BIT(OPTION_IDENTITY),
	  .summary = "put the store back; the daemon is stopped",
	  .example = "cloxxsctl backup restore FILE --identity identity.txt "
		     "--dry-run",
	  .run = backup_run_restore, .view = VIEW_RESTORE },
	{ .noun = "backup", .verb = "prune",
	  .options = JSON | OPTION_BIT(OPTION_DRY_RUN),
	  .summary = "remove backups that are older than is kept",
	  .example = "cloxxsctl backup prune --dry-run",
	  .run = backup_run_prune, .method = ADMIN "PruneBackups",
	  .view = VIEW_REMOVED },
	{ .noun = "alarm", .verb = "list", .options = JSON,
	  .summary = "list the rules of alarms, and which are raised",
	  .example = "cloxxsctl alarm list",
	  .run = request_run, .method = ADMIN "Alarms",
	  .view = VIEW_ALARMS },
	{ .noun = "geoip", .verb = "import", .operands = "FILE",
	  .operands_min = 1, .operands_max = 1, .options = JSON,
	  .summary = "put a country database in force",
	  .example = "cloxxsctl geoip import dbip-country-lite.mmdb",
	  .run = geoip_run_import, .view = VIEW_GEOIP },
	{ .noun = "geoip", .verb = "update", .options = JSON,
	  .summary = "have the courier fetch a country database",
	  .example = "cloxxsctl geoip update",
	  .run = geoip_run_update, .view = VIEW_GEOIP },
	{ .noun = "geoip", .verb = "status", .options = JSON,
	  .summary = "show the country database and its age",
	  .example = "cloxxsctl geoip status",
	  .run = request_run, .method = ADMIN "GeoipStatus",
	  .view = VIEW_GEOIP },
	{ .noun = "geoip", .verb = "lookup", .operands = "ADDRESS",
	  .operands_min = 1, .operands_max = 1, .options = JSON,
	  .summary = "tell the country of an address, or why it has none",
	  .example = "cloxxsctl geoip lookup 203.0.113.5",
	  .run = request_run, .method = ADMIN "GeoipLookup",
	  .parameter = "address", .view = VIEW_GEOIP_LOOKUP },
	{ .noun = "courier", .verb = "status", .options = JSON,
	  .summary = "list the ways out for messages, and how they fare",
	  .example = "cloxxsctl courier status",
	  .run = courier_run_status, .method = "nl.cloxxs.Courier.Routes" },
	{ .noun = "courier", .verb = "probe", .operands = "[NAME]",
	  .operands_max = 1, .options = JSON,
	  .summary = "look at the application's address from outside",
	  .example = "cloxxsctl courier probe",
	  .run = courier_run_probe, .method = "nl.cloxxs.Courier.Probe" },
	{ .noun = "courier", .verb = "test",
	  .options = OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_ROUTE) | JSON,
	  .required = OPTION_BIT(OPTION_TO),
	  .summary = "send a test message, and tell who took it",
	  .example = "cloxxsctl courier test --to +31612345678 --route cm",
	  .run = courier_run_test, .method = "nl.cloxxs.Courier.Deliver" },
	{ GLASS, .verb = "prepare",
	  .options = OPTION_BIT(OPTION_SERVICES) | OPTION_BIT(OPTION_ROLE) |
		JSON,
	  .summary = "make an account for emergencies, closed",
	  .example = "cloxxsctl break-glass prepare fire --services login,sshd",
	  .method = ADMIN "PrepareBreakGlass", .view = VIEW_ENVELOPE,
	  .warn = services_warn },
	{ GLASS, .verb = "open",
	  .options = REASON | OPTION_BIT(OPTION_TTL) |
		OPTION_BIT(OPTION_REMOTE) | JSON,
	  .required = REASON | OPTION_BIT(OPTION_TTL),
	  .summary = "open it for a while, from the console",
	  .example = "cloxxsctl break-glass open fire --ttl 2h "
		     "--reason \"nobody gets in\"",
	  .method = ADMIN "OpenBreakGlass", .view = VIEW_CHANGED,
	  .tells_terminal = true, .done = "open" },
	{ GLASS, .verb = "close", .options = JSON,
	  .summary = "close it before its time is over",
	  .example = "cloxxsctl break-glass close fire",
	  .method = ADMIN "CloseBreakGlass", .view = VIEW_CHANGED,
	  .done = "closed" },
	{ .noun = "break-glass", .verb = "list", .options = JSON,
	  .summary = "list these accounts, and which are open",
	  .example = "cloxxsctl break-glass list",
	  .run = request_run_list, .method = ADMIN "ListUsers",
	  .always = "break_glass", .view = VIEW_USERS,
	  .none = "There are no accounts for emergencies." },
	{ .noun = "recover", .verb = "unlock", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .options = REASON | JSON,
	  .required = REASON,
	  .summary = "unlock a user while the daemon is stopped",
	  .example = "cloxxsctl recover unlock anna --reason \"she rang\"",
	  .run = offline_run, .view = VIEW_CHANGED, .done = "unlocked" },
	{ .noun = "recover", .verb = "reset-password", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1, .options = REASON | JSON,
	  .required = REASON,
	  .summary = "make a temporary password, daemon stopped",
	  .example = "cloxxsctl recover reset-password anna "
		     "--reason \"she rang\"",
	  .run = offline_run, .view = VIEW_CHANGED, .gives_password = true,
	  .done = "has a temporary password" },
	{ .noun = "recover", .verb = "administrator", .operands = "NAME",
	  .operands_min = 1, .operands_max = 1,
	  .options = REASON | JSON | OPTION_BIT(OPTION_SERVICES),
	  .summary = "make an administrator who gets in, daemon stopped",
	  .example = "cloxxsctl recover administrator anna",
	  .run = offline_run, .view = VIEW_CHANGED, .gives_password = true,
	  .done = "is an administrator" },
	{ .noun = "recover", .verb = "maps", .options = JSON,
	  .summary = "write the identity map anew, daemon stopped",
	  .example = "cloxxsctl recover maps",
	  .run = offline_run, .view = VIEW_MAPS },
	{ .noun = "recover", .verb = "check", .options = JSON,
	  .summary = "tell what is wrong with the state, daemon stopped",
	  .example = "cloxxsctl recover check",
	  .run = offline_run, .view = VIEW_CHECK },
	{ .noun = "version", .options = JSON,
	  .summary = "print the version of this tool",
	  .example = "cloxxsctl version",
	  .run = local_run_version },
	{ .noun = "help", .operands = "[NOUN [VERB]]", .operands_max = 3,
	  .options = JSON,
	  .summary = "tell about a noun, a verb, or all of them",
	  .example = "cloxxsctl help user add",
	  .run = help_run },
	{ .noun = NULL },
};
