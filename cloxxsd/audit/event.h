/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Event: the catalogue of what is recorded: name, journal MESSAGE_ID,
 * severity and class, one row each. Records name events here and nowhere else;
 * ids are never used again for another meaning.
 */

#include <stdbool.h>

#include "base/scope.h"

enum event {
	_EVENT_NONE,
	EVENT_DAEMON_STARTED,
	EVENT_DAEMON_STOPPED,
	EVENT_CONFIGURATION_LOADED,
	EVENT_CONFIGURATION_REFUSED,
	EVENT_CALL_REFUSED,
	EVENT_LOGIN_ALLOWED,
	EVENT_LOGIN_DENIED,
	EVENT_ACCOUNT_ALLOWED,
	EVENT_ACCOUNT_DENIED,
	EVENT_UNMANAGED_ALLOWED,
	EVENT_UNMANAGED_DENIED,
	EVENT_SESSION_OPENED,
	EVENT_SESSION_DENIED,
	EVENT_SESSION_CLOSED,
	EVENT_PASSWORD_CHANGED,
	EVENT_PASSWORD_CHANGE_DENIED,
	EVENT_PASSWORD_TRIAL,
	EVENT_NOTICE_ACCEPTED,
	EVENT_FAILURE_COUNTED,
	EVENT_USER_LOCKED,
	EVENT_MANY_LOCKS,
	EVENT_ADDRESS_THROTTLED,
	EVENT_REFUSALS_COUNTED,
	EVENT_USER_UNLOCKED,
	EVENT_USER_ADDED,
	EVENT_USER_CHANGED,
	EVENT_USER_ENABLED,
	EVENT_USER_DISABLED,
	EVENT_USER_DELETED,
	EVENT_PASSWORD_RESET,
	EVENT_SSH_KEY_ADDED,
	EVENT_SSH_KEY_REMOVED,
	EVENT_BACKUP_CREATED,
	EVENT_BACKUP_FAILED,
	EVENT_BACKUP_PRUNED,
	EVENT_BACKUP_RESTORED,
	EVENT_ADMINISTRATOR_RECOVERED,
	EVENT_MAPS_REBUILT,
	EVENT_KEY_ROTATED,
	EVENT_KEY_RETIRED,
	EVENT_RECOVERY_KEY_SET,
	EVENT_USERS_IMPORTED,
	EVENT_BREAK_GLASS_PREPARED,
	EVENT_BREAK_GLASS_OPENED,
	EVENT_BREAK_GLASS_USED,
	EVENT_BREAK_GLASS_CLOSED,
	EVENT_GEO_DATABASE_IMPORTED,
	EVENT_GEO_DATABASE_REFUSED,
	EVENT_GEO_DATABASE_OLD,
	EVENT_CLOCK_ACCEPTED,
	EVENT_SESSION_ENDED,
	EVENT_LOGIN_TESTED,
	EVENT_PROJECT_ADDED,
	EVENT_PROJECT_CHANGED,
	EVENT_PROJECT_ARCHIVED,
	EVENT_PROJECT_REOPENED,
	EVENT_PROJECT_DELETED,
	EVENT_GROUP_ADDED,
	EVENT_GROUP_DELETED,
	EVENT_MEMBER_ADDED,
	EVENT_MEMBER_REMOVED,
	EVENT_GRANT_SET,
	EVENT_GRANT_REMOVED,
	EVENT_GRANT_ENDED,
	EVENT_GRANTS_IMPORTED,
	EVENT_ACTION,
	EVENT_AUDIT_READ,
	EVENT_AUDIT_PROVED,
	EVENT_AUDIT_PURGED,
	EVENT_AUDIT_HELD,
	EVENT_AUDIT_RELEASED,
	EVENT_AUDIT_ERASED,
	EVENT_AUDIT_BROKEN,
	_EVENT_N,
};

/* What a keep time is given to. Starts, stops and the configuration are
 * administration. */
enum event_class {
	EVENT_CLASS_LOGIN,
	EVENT_CLASS_ADMINISTRATION,
	EVENT_CLASS_APPLICATION,
	_EVENT_CLASS_N,
};

const char *event_name(enum event event);
/* 32 hexadecimal digits, as journald's MESSAGE_ID (journald fields,
 * systemd.journal-fields(7)). */
const char *event_message_id(enum event event);
/* syslog(3) severity */
int event_priority(enum event event);
const char *event_text(enum event event);
enum event_class event_class(enum event event);
/* logins, administration, application */
const char *event_class_name(enum event_class class);
/* False for a name of none. */
bool event_class_find(const char *name, enum event_class *ret_class);
/* The catalogue read backwards; _EVENT_NONE for no name of it. */
enum event event_find(const char *name);
