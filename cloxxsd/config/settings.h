/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Settings: what root wrote in /etc/cloxxs/cloxxsd.conf and its drop-ins,
 * read whole, checked whole, then never changed: a reload makes another one.
 * One table (settings_table.c) names each key once; reading, checking, dumping
 * and the manual's test all come from it. Nothing here acts on a setting.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/language.h"
#include "base/scope.h"
#include "base/text.h"
#include "cloxxsd/config/notice_text.h"
#include "cloxxsd/config/setting_list.h"
#include "policy/code.h"
#include "policy/hours.h"
#include "policy/password.h"

/* [watched_backup NAME]: a backup that others make, looked at from outside */
struct settings_watched {
	char *name;
	char *path;         /* path, required */
	char *pattern;      /* pattern = *, of file names */
	uint32_t max_age_s; /* max_age = 26h, 1m to 365d */
	uint32_t min_count; /* min_count = 1, 1 to 100000 */
};

/* [service NAME]: what holds at one service, whoever comes */
struct settings_service {
	char *name;
	struct hours hours;     /* hours = always */
	enum language language; /* language = auto (LANGUAGE_NONE) */
	char *account;          /* account = none (NULL), or a local account */
	struct setting_proxies proxies; /* proxies = none */
	uint32_t session_lifetime_s;    /* session_lifetime = 24h, 1m to 30d */
	struct code_demand code;        /* code = never */
	uint32_t code_in_password;      /* code_in_password = no; else 1 */
};

/* Who has to accept the notice before he is let in. */
enum settings_require {
	SETTINGS_REQUIRE_NO,
	SETTINGS_REQUIRE_ASK, /* where a question is possible */
	SETTINGS_REQUIRE_YES, /* everybody: else he is refused */
};

struct settings {
	/* [users] */
	uint32_t uid_min, uid_max; /* uid_range = 66000-99999 */
	char *shell;               /* shell = /bin/bash */
	char *home;                /* home = /home/%u, %u being the name */
	/* [account] */
	uint32_t inactive_s; /* inactive = off (0), 1d to 3650d */
	/* [lockout] */
	uint32_t lockout_failures; /* failures = 3, 1 to 10 */
	uint32_t alarm_locks;      /* alarm_locks = 5, 2 to 10000, or off */
	uint32_t alarm_window_s;   /* alarm_window = 10m, 1m to 1d */
	/* [throttle] */
	uint32_t throttle_failures; /* failures = 10, 3 to 10000, or off */
	uint32_t throttle_window_s; /* window = 10m, 1m to 1d */
	struct setting_networks throttle_exempt; /* exempt = none */
	/* [origin] */
	char **local_services; /* local_services = login, cron, ... */
	struct setting_networks bastions; /* bastions = none */
	/* [geofence] */
	char **countries;         /* countries = NL; ended by NULL, or "any" */
	uint32_t local_classes;   /* local = deny; 1 << enum address_class */
	uint32_t geoip_max_age_s; /* max_age = 45d, 1d to 3650d */
	/* [administrators] */
	struct setting_networks administrators; /* networks = none */
	/* [unmanaged]: users of this host who are not ours, by service */
	char **unmanaged_origin; /* origin = sshd */
	char **unmanaged_deny;   /* deny = none */
	/* [password] */
	struct password_policy password; /* preset = modern, minlen and on */
	char **badwords;          /* badwords = cloxxs; NULL at its end */
	char *breached;           /* breached = none, or a path */
	uint32_t trial;           /* trial = no */
	uint64_t hash_memory;     /* hash_memory = 64M, 19M to 1G; bytes */
	uint32_t hash_operations; /* hash_operations = 2, 2 to 16 */
	/* [workers] */
	uint32_t workers;        /* count = auto (0: one a processor), to 64 */
	uint64_t workers_memory; /* memory = 256M, all hashes together; bytes */
	/* [temporary_password] */
	uint32_t temporary_lifetime_s; /* lifetime = 24h, 1m to 30d */
	/* [login] */
	uint32_t answer_timeout_s;    /* answer_timeout = 2m, 10s to 10m */
	uint32_t pass_lifetime_s;     /* pass_lifetime = 2m, 10s to 10m */
	uint32_t attempts_max;        /* attempts = 1024, 16 to 65536 */
	enum language login_language; /* language = en */
	uint32_t last_login;          /* last_login = yes; else 0 */
	/* [code]: the second factor; when it is asked, the services say */
	uint32_t code_lifetime_s; /* lifetime = 5m, 1m to 10m */
	uint32_t code_digits;     /* digits = 6, 6 to 8 */
	char **code_prefixes;     /* prefixes = +31; ended by NULL */
	uint32_t code_mail;       /* mail = no; else 1 */
	uint32_t code_per_user;   /* per_user = 5, 1 to 100 */
	uint32_t code_per_hour;   /* per_hour = 300, 1 to 100000 */
	/* [notice] */
	uint32_t notice_show;    /* show = yes; else 0 */
	uint32_t notice_require; /* require = no; enum settings_require */
	char *notice_text;       /* text = default */
	char *notice_version;    /* version = auto */
	struct notice_texts notice;
	/* [audit] */
	uint32_t audit_keep_s; /* keep = 400d, 1d to 20000d */
	/* = off (0: as keep), 1d to 20000d */
	uint32_t audit_keep_logins_s;
	uint32_t audit_keep_administration_s;
	uint32_t audit_keep_application_s;
	/* [backup] */
	char *backup_directory;           /* directory = /var/backups/cloxxs */
	uint32_t backup_keep_s;           /* keep = 30d, 1d to 3650d */
	uint32_t backup_keep_verified;    /* keep_verified = 7, 1 to 1000 */
	struct settings_watched *watched; /* in the order of the files */
	size_t n_watched;
	struct settings_service *services;
	size_t n_services;
	/* [alarms] */
	char *alarm_mail;               /* mail = none, or an address */
	char *alarm_webhook;            /* webhook = none, or a name */
	uint32_t alarm_group_s;         /* group = 1m, 1s to 1h */
	uint32_t alarm_per_hour;        /* per_hour = 20, 1 to 1000 */
	uint32_t alarm_reminder_s;      /* reminder = 24h, 1h to 30d */
	uint32_t alarm_acts;            /* administrator_acts = yes; else 0 */
	uint32_t alarm_abroad;          /* refusals_abroad = 50, or off */
	uint32_t alarm_abroad_window_s; /* abroad_window = 10m, 1m to 1d */
	uint32_t alarm_gateway;         /* gateway_failures = 5, or off */
	uint32_t alarm_backup_s;        /* backup_age = 26h, or off */
	uint32_t alarm_country_s;       /* country_database_age = 35d, or off */
	uint32_t alarm_ledger_s;        /* ledger_lag = 10m, or off */
	/* [metrics] */
	char *metrics_file;          /* file = none, or a path */
	uint32_t metrics_interval_s; /* interval = 1m, 10s to 1h */
	/* [statement]: what only the operator can say, and since when */
	char *soc2;                     /* soc2 = none */
	char *physical_protection;      /* physical_protection = none */
	char *location;                 /* location = none */
	char *web_application_firewall; /* web_application_firewall = none */
};

enum settings_error {
	_SETTINGS_E_OK,
	SETTINGS_E_INVALID, /* what and where stands in the error text */
};

/*
 * Reads file (absent: all defaults) and each *.conf in directory (absent:
 * none) in order of name; a later file's key stands for an earlier file's, but
 * twice in one file is refused. Every file and the directory must belong to
 * root or to the caller's own uid, be no link, and be writable by nobody else.
 * On SETTINGS_E_INVALID error reads "FILE:LINE: what", one line per finding
 * and no newline at the end; without LINE where it is about a whole file.
 * *ret_settings is untouched on failure.
 */
must_check int settings_load(const char *file, const char *directory,
			     struct text *error,
			     struct settings **ret_settings);
/*
 * The same from n bytes, as the content of file: no file is looked at. They
 * are changed in place, and bytes[n] must be NUL.
 */
must_check int settings_parse(const char *file, char *bytes, size_t n,
			      struct text *error,
			      struct settings **ret_settings);
/* All defaults. -ENOMEM. */
must_check int settings_new(struct settings **ret_settings);
struct settings *settings_free(struct settings *settings);
static inline void settings_freep(struct settings **settings)
{
	*settings = settings_free(*settings);
}

/* Whether a list of services, as settings hold them, names service. */
bool settings_services_have(char *const *services, const char *service);

/* The home of name as configured, %u put in; false where it is too long. */
bool settings_home(const struct settings *settings, const char *name,
		   char *ret_home, size_t size);

/* The section of the service, or NULL. */
const struct settings_service *settings_service_find(
	const struct settings *settings, const char *service);

/* Writes all keys in the file's own syntax; loading that gives the same again.
 */
must_check int settings_dump(const struct settings *settings, FILE *stream);
/* A key as it is told: in words, value in the file's syntax. name is the
 * section's, or NULL; default_value is NULL for a key that must be set. */
struct setting {
	const char *section, *name, *key;
	const char *value, *default_value;
	const char *help;
};

/* Calls each for every key; what it returns other than 0 ends it. */
must_check int settings_for_each(const struct settings *settings,
				 int (*each)(const struct setting *setting,
					     void *userdata),
				 void *userdata);
