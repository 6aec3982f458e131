/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Grammar: the language of the command line as data: one row an option, one
 * row a verb; parsing, usage errors, help, completion and the manual's test
 * read the same rows. It decides what was said, never whether it may be done,
 * and knows no rule for names: what is a good name the daemon says.
 *
 *     cloxxsctl [OPTION...] NOUN [VERB] [OPERAND...] [OPTION...]
 *
 * Options stand anywhere, as --name=value or --name value (the next argument,
 * whatever it looks like); "--" ends them. Words are never shortened: a script
 * must not change its meaning when a verb is added.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

enum grammar_option {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_SERVICES,
	OPTION_ROLE,
	OPTION_SHELL,
	OPTION_HOME,
	OPTION_LANGUAGE,
	OPTION_NETWORKS,
	OPTION_UID,
	OPTION_REASON,
	OPTION_RESET_PASSWORD,
	OPTION_YES,
	OPTION_ALL,
	OPTION_NAGIOS,
	OPTION_ROOT,
	OPTION_ADMINISTRATOR,
	OPTION_ADMINISTRATOR_NETWORKS,
	OPTION_COUNTRY_DATABASE,
	OPTION_FORMAT,
	OPTION_PROTECTED,
	OPTION_SHADOW,
	OPTION_DRY_RUN,
	OPTION_UPDATE,
	OPTION_IDENTITY,
	OPTION_ALLOW,
	OPTION_TTL,
	OPTION_REMOTE,
	OPTION_LOCKED_SINCE,
	OPTION_WITH_KEY,
	OPTION_NOT_BEFORE,
	OPTION_NOT_AFTER,
	OPTION_HOURS,
	OPTION_USER,
	OPTION_END_SESSIONS,
	OPTION_SERVICE,
	OPTION_FROM,
	OPTION_TERMINAL,
	OPTION_SYSTEM_UID,
	OPTION_AT,
	OPTION_STDIN,
	OPTION_NOT_ACCEPTED,
	OPTION_PROJECT,
	OPTION_UNIX_GROUPS,
	OPTION_UNTIL,
	OPTION_RIGHT,
	OPTION_BY,
	OPTION_SINCE,
	OPTION_ACTOR,
	OPTION_ADDRESS,
	OPTION_NETWORK,
	OPTION_EVENT,
	OPTION_RESULT,
	OPTION_REVERSE,
	OPTION_LIMIT,
	OPTION_FILE,
	OPTION_DIRECTORY,
	OPTION_NAMESPACE,
	OPTION_LEDGER,
	OPTION_OUTPUT,
	OPTION_ANCHOR,
	OPTION_JOURNAL,
	OPTION_CLASS,
	OPTION_PHONE,
	OPTION_MAIL,
	OPTION_CODE,
	OPTION_TO,
	OPTION_ROUTE,
	_N_OPTIONS,
};

/* A bit for each: the one place where 64 are too few. */
__extension__ typedef unsigned __int128 grammar_options_t;
#define OPTION_BIT(option) ((grammar_options_t)1 << (option))
_Static_assert(_N_OPTIONS <= 128, "an option is one bit of 128");

enum grammar_value {
	VALUE_NONE,     /* a flag */
	VALUE_TEXT,     /* anything but nothing */
	VALUE_LIST,     /* words by comma; empty: none */
	VALUE_NUMBER,   /* decimal, 0 to 4294967295 */
	VALUE_WORD,     /* one of those that the metavariable names */
	VALUE_PATH,     /* an absolute path */
	VALUE_YES_NO,   /* yes or no */
	VALUE_DURATION, /* 90s, 30m, 2h, 1d */
	VALUE_TIME,     /* 2027-01-31, its begin; or with a time; or never */
	VALUE_TIME_END, /* the same, but the end of the day */
	VALUE_UNTIL,    /* the same, but the moment behind the day */
	VALUE_ANY,      /* also nothing */
	VALUE_MOMENT,   /* 2026-12-24 08:30, 2026-12-24T08:30:00+01:00 */
	VALUE_SINCE,    /* the same, or so long ago: 2h */
};

struct grammar_option_row {
	const char *name; /* without its dashes */
	enum grammar_value value;
	const char *metavariable; /* NULL for a flag */
	const char *parameter;    /* of the Varlink method, or NULL */
	const char *help;
};

/* In the order of enum grammar_option. */
extern const struct grammar_option_row grammar_options[_N_OPTIONS];
/* Those that every verb takes. */
#define GRAMMAR_GLOBAL                                          \
	(OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_VERSION) | \
	 OPTION_BIT(OPTION_SOCKET))

#define GRAMMAR_OPERANDS_MAX 3

/* What is shown of a reply: see struct output_form. */
enum grammar_view {
	VIEW_NONE,
	VIEW_USERS,
	VIEW_USER,
	VIEW_CHANGED,
	VIEW_EXPLANATION,
	VIEW_LOGIN_TEST,
	VIEW_STATUS,
	VIEW_MAPS,
	VIEW_BACKUP,
	VIEW_BACKUPS,
	VIEW_REMOVED,
	VIEW_RESTORE,
	VIEW_KEYS,
	VIEW_KEY_ROTATED,
	VIEW_KEY_RECOVERY,
	VIEW_CHECK,
	VIEW_ENVELOPE,
	VIEW_GEOIP,
	VIEW_GEOIP_LOOKUP,
	VIEW_DONE,
	VIEW_PASSWORD_CHECK,
	VIEW_PASSWORD,
	VIEW_NOTICE,   /* by its verbs themselves */
	VIEW_SSH_KEYS, /* the same */
	VIEW_FACTOR,   /* the same */
	VIEW_PROJECT,
	VIEW_GROUP,
	VIEW_GRANT,
	VIEW_ALARMS,
	VIEW_RIGHT, /* why somebody has it or not */
	_N_VIEWS,
};

struct command;
struct ctl;

struct grammar_verb {
	const char *noun;
	/* One word, or two with a blank: "key add". NULL: the noun says all. */
	const char *verb;
	const char *operands; /* as help shows them, or NULL */
	size_t operands_min, operands_max;
	grammar_options_t options;    /* beside GRAMMAR_GLOBAL */
	grammar_options_t required;   /* of these */
	const char *formats; /* "a|b": what --format takes here */
	bool changes;        /* pointless without one of options' parameters */
	const char *summary;
	const char *example;

	/* What it does: calls method, or what run does by itself. */
	int (*run)(struct ctl *ctl, const struct command *command);
	/* What is told on ctl's errors of a change that was done; or NULL. */
	void (*warn)(struct ctl *ctl, const struct command *command,
		     const json_t *reply);
	const char *method;
	const char *parameter; /* that takes the first operand */
	/* Those that take the other ones. */
	const char *more_parameters[GRAMMAR_OPERANDS_MAX - 1];
	const char *user_parameter; /* of --user, where it is another */
	const char *always;         /* a parameter that is true, or NULL */
	bool tells_terminal; /* the parameter "terminal" is the caller's */
	enum grammar_view view;
	bool gives_password; /* with --reset-password only, where it takes it */
	const char *done;    /* what it is then: "locked" */
	const char *none;    /* VIEW_USERS: what is said of no user */
	const char *missing; /* what NotFound means here; {name}: of what */
	const char *find;    /* and the next step then */
};

struct command {
	const struct grammar_verb *row;
	const char *operands[GRAMMAR_OPERANDS_MAX]; /* those given, then NULL */
	grammar_options_t given;                             /* OPTION_BIT()s */
	const char *values[_N_OPTIONS];
};

enum grammar_error {
	_GRAMMAR_E_OK,
	GRAMMAR_E_USAGE, /* what and where stands in the error text */
};

/*
 * Reads argv[1..argc-1] by rows (ended by noun NULL; they must hold
 * "help", "version" and "status"). Without any word it is the status. --help
 * anywhere makes it the verb "help" for what was named. The command points into
 * argv and rows. On GRAMMAR_E_USAGE error holds one line of printable ASCII.
 */
must_check int grammar_parse(const struct grammar_verb *rows, int argc,
			     char *const *argv, struct text *error,
			     struct command *ret_command);

/* The row of noun and verb (NULL: the noun's only row), or NULL. */
const struct grammar_verb *grammar_find(const struct grammar_verb *rows,
					const char *noun, const char *verb);
/* "text|json" for --format of row (which may be NULL), else as the option's
 * row. */
const char *grammar_metavariable(const struct grammar_verb *row,
				 enum grammar_option option);
/* The parameter of row's method that takes the option's value, or NULL. */
const char *grammar_parameter(const struct grammar_verb *row,
			      enum grammar_option option);
/*
 * The row that words begin with, and how many of them name it: 1 where the noun
 * says all, else the noun and the words of the verb. NULL: none.
 */
const struct grammar_verb *grammar_match(const struct grammar_verb *rows,
					 const char *const *words,
					 size_t n_words, size_t *ret_n_used);
/*
 * The word of row's verb behind those of words, which may name its beginning:
 * "add" of "key add" behind "user key"; of n bytes. NULL where words name
 * something else, or all of it.
 */
const char *grammar_next_word(const struct grammar_verb *row,
			      const char *const *words, size_t n_words,
			      size_t *ret_n);
bool grammar_has_noun(const struct grammar_verb *rows, const char *noun);

/* Appends "user add NAME", "user add", … as the row has it. */
void grammar_add_name(struct text *text, const struct grammar_verb *row);
/* Appends the words of rows by comma: the nouns, or the verbs of a noun. */
void grammar_add_words(struct text *text, const struct grammar_verb *rows,
		       const char *noun);

static inline bool command_has(const struct command *command,
			       enum grammar_option option)
{
	return (command->given & OPTION_BIT(option)) != 0;
}

static inline bool command_expects_password(const struct command *command)
{
	return command->row->gives_password &&
	       (!(command->row->options & OPTION_BIT(OPTION_RESET_PASSWORD)) ||
		command_has(command, OPTION_RESET_PASSWORD));
}
