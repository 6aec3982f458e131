/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The methods of nl.cloxxs.Admin: who may call each, and what it takes. */
#include "cloxxsd/service/acting.h"
#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/admin_alarm.h"
#include "cloxxsd/service/admin_backup.h"
#include "cloxxsd/service/admin_geoip.h"
#include "cloxxsd/service/admin_key.h"
#include "cloxxsd/service/admin_project.h"
#include "cloxxsd/service/admin_session.h"
#include "cloxxsd/service/measuring.h"
#include "cloxxsd/service/question.h"
#include "cloxxsd/service/whence.h"
#include "cloxxsd/state/recovery.h"
#include "varlink/interfaces.h"

#define NAME                                       \
	{                                          \
		"name", VARLINK_STRING, false, 256 \
	}
#define REASON(optional)                                 \
	{                                                \
		"reason", VARLINK_STRING, optional, 1024 \
	}
#define END_SESSIONS                                  \
	{                                             \
		"end_sessions", VARLINK_BOOL, true, 0 \
	}
#define PROFILE                                                  \
	{ "services", VARLINK_STRINGS, true, NAME_SERVICE_MAX }, \
		{ "role", VARLINK_STRING, true, 32 },            \
		{ "shell", VARLINK_STRING, true, 255 },          \
		{ "home", VARLINK_STRING, true, 255 },           \
		{ "language", VARLINK_STRING, true, 15 },        \
		{ "networks", VARLINK_STRINGS, true, 50 },       \
		{ "not_before", VARLINK_INT, true, 0 },          \
		{ "not_after", VARLINK_INT, true, 0 },           \
		{ "hours", VARLINK_STRING, true, 1023 },         \
	{                                                        \
		"protected", VARLINK_BOOL, true, 0               \
	}

static const struct varlink_parameter add_parameters[] = {
	NAME, PROFILE, { "uid", VARLINK_INT, true, 0 }, { 0 }
};
static const struct varlink_parameter set_parameters[] = { NAME,
							   PROFILE,
							   { 0 } };
static const struct varlink_parameter name_parameters[] = { NAME, { 0 } };
static const struct varlink_parameter name_why_parameters[] = { NAME,
								REASON(true),
								{ 0 } };
static const struct varlink_parameter disable_parameters[] = {
	NAME, REASON(true), END_SESSIONS, { 0 }
};
static const struct varlink_parameter delete_parameters[] = { NAME,
							      END_SESSIONS,
							      { 0 } };
static const struct varlink_parameter sessions_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 }, { 0 }
};
static const struct varlink_parameter end_session_parameters[] = {
	{ "session", VARLINK_STRING, true, 64 },
	{ "user", VARLINK_STRING, true, 256 },
	REASON(true),
	{ 0 }
};
static const struct varlink_parameter reason_parameters[] = { REASON(false),
							      { 0 } };
static const struct varlink_parameter lock_parameters[] = {
	NAME, REASON(false), END_SESSIONS, { 0 }
};
static const struct varlink_parameter unlock_parameters[] = {
	NAME, REASON(false), { "reset_password", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter check_parameters[] = {
	{ "password", VARLINK_STRING, false, 8192 },
	{ "user", VARLINK_STRING, true, 256 },
	{ 0 }
};
/* Longer than a key may be, so that a private one is told apart. */
static const struct varlink_parameter ssh_key_parameters[] = {
	NAME, { "key", VARLINK_STRING, false, 16384 }, { 0 }
};
static const struct varlink_parameter fingerprint_parameters[] = {
	NAME, { "fingerprint", VARLINK_STRING, false, 128 }, { 0 }
};
static const struct varlink_parameter factor_parameters[] = {
	NAME,
	{ "phone", VARLINK_STRING, true, 64 },
	{ "mail", VARLINK_STRING, true, 512 },
	{ "code", VARLINK_STRING, true, 4095 },
	{ "totp", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter totp_parameters[] = {
	NAME, { "code", VARLINK_STRING, false, 64 }, { 0 }
};
static const struct varlink_parameter reference_parameters[] = {
	{ "reference", VARLINK_STRING, false, 64 }, { 0 }
};
static const struct varlink_parameter refusals_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "limit", VARLINK_INT, true, 0 },
	{ 0 }
};
static const struct varlink_parameter explain_login_parameters[] = {
	QUESTION_PARAMETERS, { "at", VARLINK_INT, true, 0 }, { 0 }
};
static const struct varlink_parameter test_parameters[] = { QUESTION_PARAMETERS,
							    { 0 } };
/* As long as that of a login, so that one too long is told apart. */
static const struct varlink_parameter test_answer_parameters[] = {
	{ "answer", VARLINK_STRING, false, 8192 }, { 0 }
};
static const struct varlink_parameter rotate_parameters[] = {
	{ "key", VARLINK_STRING, false, 512 },
	{ "check", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter recovery_parameters[] = {
	{ "public_key", VARLINK_STRING, false, RECOVERY_PUBLIC_TEXT },
	{ "replace", VARLINK_BOOL, true, 0 },
	{ "check", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter dry_run_parameters[] = {
	{ "dry_run", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter no_parameters[] = { { 0 } };
static const struct varlink_parameter import_parameters[] = {
	{ "update", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter users_parameters[] = {
	{ "users", VARLINK_OBJECTS, false, 500 }, { 0 }
};
static const struct varlink_parameter commit_parameters[] = {
	{ "dry_run", VARLINK_BOOL, true, 0 }, { 0 }
};

static const struct varlink_parameter geoip_begin_parameters[] = {
	{ "bytes", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter geoip_put_parameters[] = {
	{ "data", VARLINK_STRING, false, 65536 }, { 0 }
};
static const struct varlink_parameter geoip_commit_parameters[] = {
	{ "source", VARLINK_STRING, true, 16 }, { 0 }
};
static const struct varlink_parameter geoip_lookup_parameters[] = {
	{ "address", VARLINK_STRING, false, 255 }, { 0 }
};
static const struct varlink_parameter prepare_parameters[] = {
	NAME,
	{ "services", VARLINK_STRINGS, true, NAME_SERVICE_MAX },
	{ "role", VARLINK_STRING, true, 32 },
	{ 0 }
};
static const struct varlink_parameter open_parameters[] = {
	NAME,
	REASON(false),
	{ "ttl", VARLINK_INT, false, 0 },
	{ "terminal", VARLINK_STRING, true, 64 },
	{ "remote", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter list_parameters[] = {
	{ "break_glass", VARLINK_BOOL, true, 0 },
	{ "locked", VARLINK_BOOL, true, 0 },
	{ "no_code", VARLINK_BOOL, true, 0 },
	{ 0 }
};

static const struct varlink_parameter notice_parameters[] = {
	{ "language", VARLINK_STRING, true, 15 }, { 0 }
};
static const struct varlink_parameter acceptances_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "not_accepted", VARLINK_BOOL, true, 0 },
	{ 0 }
};

#define PROJECT(name)                            \
	{                                        \
		name, VARLINK_STRING, false, 256 \
	}
#define HOLDER(optional)                                \
	{                                               \
		"holder", VARLINK_STRING, optional, 256 \
	}
#define OF_SERVICE(optional)                             \
	{                                                \
		"service", VARLINK_STRING, optional, 256 \
	}

static const struct varlink_parameter add_project_parameters[] = {
	NAME, OF_SERVICE(false), { "unix_groups", VARLINK_BOOL, true, 0 }, { 0 }
};
static const struct varlink_parameter set_project_parameters[] = {
	NAME,
	{ "new_name", VARLINK_STRING, true, 256 },
	{ "unix_groups", VARLINK_BOOL, true, 0 },
	{ 0 }
};
static const struct varlink_parameter archive_parameters[] = { NAME,
							       REASON(false),
							       { 0 } };
static const struct varlink_parameter of_service_parameters[] = {
	OF_SERVICE(true), { 0 }
};
static const struct varlink_parameter member_parameters[] = {
	NAME, { "user", VARLINK_STRING, false, 256 }, { 0 }
};
static const struct varlink_parameter add_grant_parameters[] = {
	HOLDER(false),
	PROJECT("project"),
	{ "right", VARLINK_STRING, false, 32 },
	OF_SERVICE(true),
	{ "until", VARLINK_INT, true, 0 },
	{ 0 }
};
static const struct varlink_parameter remove_grant_parameters[] = {
	HOLDER(false), PROJECT("project"), OF_SERVICE(true), { 0 }
};
static const struct varlink_parameter grants_parameters[] = {
	HOLDER(true),
	{ "project", VARLINK_STRING, true, 256 },
	OF_SERVICE(true),
	{ 0 }
};
static const struct varlink_parameter put_grants_parameters[] = {
	{ "grants", VARLINK_OBJECTS, false, 500 }, { 0 }
};
static const struct varlink_parameter rights_parameters[] = {
	{ "user", VARLINK_STRING, true, 256 },
	{ "project", VARLINK_STRING, true, 256 },
	OF_SERVICE(true),
	{ 0 }
};
static const struct varlink_parameter since_parameters[] = {
	{ "since", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter introduce_parameters[] = {
	{ "audit_session", VARLINK_INT, false, 0 }, { 0 }
};
static const struct varlink_parameter act_parameters[] = {
	{ "session", VARLINK_STRING, false, 64 },
	{ "address", VARLINK_STRING, true, 255 },
	{ 0 }
};

#define ADMINISTRATORS (PEER_ROOT | PEER_ADMINISTRATOR)
#define METHOD(name, flags, parameters, handle)                               \
	{                                                                     \
		"nl.cloxxs.Admin." name, ADMINISTRATORS, flags, 65536, 60000, \
			parameters, handle                                    \
	}

#define ROOT_METHOD(name, flags, parameters, handle)                     \
	{                                                                \
		"nl.cloxxs.Admin." name, PEER_ROOT, flags, 65536, 60000, \
			parameters, handle                               \
	}

static const struct varlink_method methods[] = {
	METHOD("AddUser", VARLINK_SENSITIVE, add_parameters, admin_add_user),
	METHOD("SetUser", 0, set_parameters, admin_set_user),
	METHOD("ListUsers", VARLINK_MORE_ONLY, list_parameters,
	       admin_list_users),
	METHOD("GetUser", 0, name_parameters, admin_get_user),
	METHOD("EnableUser", 0, name_parameters, admin_enable_user),
	METHOD("DisableUser", 0, disable_parameters, admin_disable_user),
	METHOD("DeleteUser", 0, delete_parameters, admin_delete_user),
	METHOD("LockUser", 0, lock_parameters, admin_lock_user),
	METHOD("UnlockUser", VARLINK_SENSITIVE, unlock_parameters,
	       admin_unlock_user),
	METHOD("ResetPassword", VARLINK_SENSITIVE, name_why_parameters,
	       admin_reset_password),
	METHOD("AddSshKey", VARLINK_SENSITIVE, ssh_key_parameters,
	       admin_add_ssh_key),
	METHOD("RemoveSshKey", 0, fingerprint_parameters, admin_remove_ssh_key),
	METHOD("ListSshKeys", VARLINK_MORE_ONLY, name_parameters,
	       admin_list_ssh_keys),
	METHOD("GetSecondFactor", 0, name_parameters, admin_get_second_factor),
	METHOD("SetSecondFactor", VARLINK_SENSITIVE, factor_parameters,
	       admin_set_second_factor),
	METHOD("MakeTotp", VARLINK_SENSITIVE, name_parameters, admin_make_totp),
	METHOD("ConfirmTotp", VARLINK_SENSITIVE, totp_parameters,
	       admin_confirm_totp),
	METHOD("MakeRecoveryCodes", VARLINK_SENSITIVE, name_parameters,
	       admin_make_recovery_codes),
	METHOD("CheckPassword", VARLINK_SENSITIVE, check_parameters,
	       admin_check_password),
	METHOD("GeneratePassword", VARLINK_SENSITIVE, no_parameters,
	       admin_generate_password),
	METHOD("ImportBegin", 0, import_parameters, admin_import_begin),
	METHOD("ImportUsers", VARLINK_SENSITIVE, users_parameters,
	       admin_import_users),
	{ "nl.cloxxs.Admin.ImportCommit", ADMINISTRATORS, VARLINK_MORE, 65536,
	  600000, commit_parameters, admin_import_commit },
	METHOD("ListKeys", 0, no_parameters, admin_list_keys),
	ROOT_METHOD("RotateKey", VARLINK_SENSITIVE, rotate_parameters,
		    admin_rotate_key),
	ROOT_METHOD("SetRecoveryKey", 0, recovery_parameters,
		    admin_set_recovery_key),
	ROOT_METHOD("PrepareBreakGlass", VARLINK_SENSITIVE, prepare_parameters,
		    admin_prepare_break_glass),
	ROOT_METHOD("OpenBreakGlass", 0, open_parameters,
		    admin_open_break_glass),
	ROOT_METHOD("CloseBreakGlass", 0, name_parameters,
		    admin_close_break_glass),
	METHOD("ListSessions", VARLINK_MORE_ONLY, sessions_parameters,
	       admin_list_sessions),
	METHOD("EndSession", 0, end_session_parameters, admin_end_session),
	ROOT_METHOD("AcceptClock", 0, reason_parameters, admin_accept_clock),
	METHOD("GetNotice", 0, notice_parameters, admin_get_notice),
	METHOD("ListAcceptances", VARLINK_MORE_ONLY, acceptances_parameters,
	       admin_list_acceptances),
	METHOD("Explain", 0, reference_parameters, admin_explain),
	METHOD("ListRefusals", VARLINK_MORE_ONLY, refusals_parameters,
	       admin_list_refusals),
	METHOD("ExplainLogin", 0, explain_login_parameters,
	       admin_explain_login),
	ROOT_METHOD("TestLogin", 0, test_parameters, admin_test_login),
	{ "nl.cloxxs.Admin.TestAnswer", PEER_ROOT, VARLINK_SENSITIVE, 65536,
	  300000, test_answer_parameters, admin_test_answer },
	METHOD("Status", 0, no_parameters, admin_status),
	METHOD("Alarms", 0, no_parameters, admin_alarms),
	METHOD("Metrics", VARLINK_MORE_ONLY, no_parameters, admin_metrics),
	{ "nl.cloxxs.Admin.ActFor", PEER_SERVICE, 0, 4096, 10000,
	  act_parameters, acting_begin },
	ROOT_METHOD("Introduce", 0, introduce_parameters, whence_introduce),
	METHOD("CreateBackup", VARLINK_MORE, no_parameters,
	       admin_create_backup),
	METHOD("ListBackups", VARLINK_MORE_ONLY, no_parameters,
	       admin_list_backups),
	METHOD("PruneBackups", VARLINK_MORE_ONLY, dry_run_parameters,
	       admin_prune_backups),
	METHOD("AddProject", 0, add_project_parameters, admin_add_project),
	METHOD("SetProject", 0, set_project_parameters, admin_set_project),
	METHOD("ArchiveProject", 0, archive_parameters, admin_archive_project),
	METHOD("ReopenProject", 0, archive_parameters, admin_reopen_project),
	METHOD("DeleteProject", 0, name_parameters, admin_delete_project),
	METHOD("GetProject", 0, name_parameters, admin_get_project),
	METHOD("ListProjects", VARLINK_MORE_ONLY, of_service_parameters,
	       admin_list_projects),
	METHOD("AddGroup", 0, name_parameters, admin_add_group),
	METHOD("DeleteGroup", 0, name_parameters, admin_delete_group),
	METHOD("ListGroups", VARLINK_MORE_ONLY, no_parameters,
	       admin_list_groups),
	METHOD("ListMembers", VARLINK_MORE_ONLY, name_parameters,
	       admin_list_members),
	METHOD("AddMember", 0, member_parameters, admin_add_member),
	METHOD("RemoveMember", 0, member_parameters, admin_remove_member),
	METHOD("AddGrant", 0, add_grant_parameters, admin_add_grant),
	METHOD("RemoveGrant", 0, remove_grant_parameters, admin_remove_grant),
	METHOD("ListGrants", VARLINK_MORE_ONLY, grants_parameters,
	       admin_list_grants),
	METHOD("GrantsBegin", 0, no_parameters, admin_grants_begin),
	METHOD("GrantsPut", 0, put_grants_parameters, admin_grants_put),
	METHOD("GrantsCommit", VARLINK_MORE, commit_parameters,
	       admin_grants_commit),
	METHOD("ListRights", VARLINK_MORE_ONLY, rights_parameters,
	       admin_list_rights),
	METHOD("ListRightChanges", VARLINK_MORE_ONLY, since_parameters,
	       admin_list_right_changes),
	ROOT_METHOD("GeoipBegin", 0, geoip_begin_parameters, admin_geoip_begin),
	ROOT_METHOD("GeoipPut", 0, geoip_put_parameters, admin_geoip_put),
	{ "nl.cloxxs.Admin.GeoipCommit", PEER_ROOT, 0, 65536, 600000,
	  geoip_commit_parameters, admin_geoip_commit },
	METHOD("GeoipStatus", 0, no_parameters, admin_geoip_status),
	METHOD("GeoipLookup", 0, geoip_lookup_parameters, admin_geoip_lookup),
	{ 0 },
};

const struct varlink_interface service_admin = {
	.name = "nl.cloxxs.Admin",
	.description = varlink_nl_cloxxs_Admin,
	.methods = methods,
};
