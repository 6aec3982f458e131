/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/grammar.h"

#include <string.h>

#include "cloxxsctl/duration.h"
#include "cloxxsctl/time_value.h"

const struct grammar_option_row grammar_options[_N_OPTIONS] = {
	[OPTION_HELP] = { "help", VALUE_NONE, NULL, NULL,
			  "tell about the noun or verb named, and stop" },
	[OPTION_VERSION] = { "version", VALUE_NONE, NULL, NULL,
			     "as the verb version" },
	[OPTION_SOCKET] = { "socket", VALUE_PATH, "PATH", NULL,
			    "of the daemon; default " CLOXXS_RUNDIR
			    "/cloxxsd.sock" },
	[OPTION_JSON] = { "json", VALUE_NONE, NULL, NULL,
			  "answer in JSON, for scripts" },
	[OPTION_SERVICES] = { "services", VALUE_LIST, "A,B", "services",
			      "where the user may log in; '' for nowhere" },
	[OPTION_ROLE] = { "role", VALUE_WORD, "user|administrator", "role",
			  "an administrator may use this tool" },
	[OPTION_SHELL] = { "shell", VALUE_TEXT, "SHELL", "shell",
			   "the login shell, an absolute path" },
	[OPTION_HOME] = { "home", VALUE_TEXT, "HOME", "home",
			  "the home directory, an absolute path" },
	[OPTION_LANGUAGE] = { "language", VALUE_WORD, "nl|en", "language",
			      "of the texts that are shown" },
	[OPTION_NETWORKS] = { "networks", VALUE_LIST, "NET,NET", "networks",
			      "the only places the user may come from; '' "
			      "for any" },
	[OPTION_UID] = { "uid", VALUE_NUMBER, "N", "uid",
			 "a new user's id; of a journal, cloxxsd's there" },
	[OPTION_REASON] = { "reason", VALUE_TEXT, "TEXT", "reason",
			    "why; it stands in the audit ledger" },
	[OPTION_RESET_PASSWORD] = { "reset-password", VALUE_NONE, NULL,
				    "reset_password",
				    "make a temporary password too" },
	[OPTION_YES] = { "yes", VALUE_NONE, NULL, NULL, "do not ask" },
	[OPTION_FORMAT] = { "format", VALUE_TEXT, "FORMAT", NULL,
			    "the form that is written, or read" },
	[OPTION_SHADOW] = { "shadow", VALUE_TEXT, "FILE", NULL,
			    "where the passwords of passwd's users are" },
	[OPTION_DRY_RUN] = { "dry-run", VALUE_NONE, NULL, NULL,
			     "tell what would be done, and do nothing" },
	[OPTION_UPDATE] = { "update", VALUE_NONE, NULL, NULL,
			    "change users who exist already" },
	[OPTION_IDENTITY] = { "identity", VALUE_TEXT, "FILE", NULL,
			      "the file of a recovery key's identity" },
	[OPTION_ALLOW] = { "allow", VALUE_LIST, "A,B", NULL,
			   "what may become less strict: locks, disabled, "
			   "roles, services, networks, validity, passwords, "
			   "grants, ssh-keys, users, names; or damaged" },
	[OPTION_ALL] = { "all", VALUE_NONE, NULL, NULL,
			 "tell of what is sound too" },
	[OPTION_NAGIOS] = { "nagios", VALUE_NONE, NULL, NULL,
			    "one line and the statuses of a Nagios plugin" },
	[OPTION_ROOT] = { "root", VALUE_PATH, "DIR", NULL,
			  "look at the system below DIR, not at this one" },
	[OPTION_TTL] = { "ttl", VALUE_DURATION, "TIME", "ttl",
			 "for how long: 1m to 24h, as in 2h" },
	[OPTION_REMOTE] = { "remote", VALUE_NONE, NULL, "remote",
			    "not from the console; that is recorded" },
	[OPTION_LOCKED_SINCE] = { "locked-since", VALUE_DURATION, "TIME", NULL,
				  "only who was locked so long ago at most, as "
				  "in 2h" },
	[OPTION_WITH_KEY] = { "with-key", VALUE_WORD, "host|tpm2|auto", NULL,
			      "encrypt the file with a key of this host" },
	[OPTION_NOT_BEFORE] = { "not-before", VALUE_TIME, "TIME", "not_before",
				"valid from then on, as 2027-01-31 or "
				"2027-01-31T09:00; never: at once" },
	[OPTION_NOT_AFTER] = { "not-after", VALUE_TIME_END, "TIME", "not_after",
			       "valid until then, that day included; never: "
			       "for ever" },
	[OPTION_HOURS] = { "hours", VALUE_ANY, "HOURS", "hours",
			   "when he is let in, as 'mo-fr 07:00-20:00, sa "
			   "09:00-12:00'; or always" },
	[OPTION_USER] = { "user", VALUE_TEXT, "NAME", "user",
			  "whom it is about" },
	[OPTION_END_SESSIONS] = { "end-sessions", VALUE_NONE, NULL,
				  "end_sessions",
				  "end his sessions, and all that he runs; for "
				  "root" },
	[OPTION_SERVICE] = { "service", VALUE_TEXT, "SERVICE", "service",
			     "where, or whose: sshd, sudo, cloxxs-online" },
	[OPTION_FROM] = { "from", VALUE_TEXT, "ADDRESS", "address",
			  "from which address; default none, as at a "
			  "terminal" },
	[OPTION_TERMINAL] = { "terminal", VALUE_TEXT, "TTY", "terminal",
			      "at which terminal, as in tty1" },
	[OPTION_SYSTEM_UID] = { "system-uid", VALUE_NUMBER, "N", "system_uid",
				"the uid that the system gives the name; "
				"default our own" },
	[OPTION_AT] = { "at", VALUE_MOMENT, "TIME", "at",
			"when, as in '2026-12-24 08:30'; default now" },
	[OPTION_STDIN] = { "stdin", VALUE_NONE, NULL, NULL,
			   "read answers from standard input, a line each" },
	[OPTION_NOT_ACCEPTED] = { "not-accepted", VALUE_NONE, NULL,
				  "not_accepted",
				  "users who have not accepted it instead" },
	[OPTION_PROJECT] = { "project", VALUE_TEXT, "NAME", "project",
			     "which project it is about" },
	[OPTION_UNIX_GROUPS] = { "unix-groups", VALUE_YES_NO, "yes|no",
				 "unix_groups",
				 "its readers and writers are groups of the "
				 "system too" },
	[OPTION_UNTIL] = { "until", VALUE_UNTIL, "TIME", "until",
			   "until then, a day included; never: for ever" },
	[OPTION_RIGHT] = { "right", VALUE_WORD, "read|write", "right",
			   "which right in the project" },
	[OPTION_BY] = { "by", VALUE_WORD, "project|user", NULL,
			"in which order; default project" },
	[OPTION_SINCE] = { "since", VALUE_SINCE, "TIME", NULL,
			   "what happened, or changed, from then on" },
	[OPTION_ACTOR] = { "actor", VALUE_TEXT, "NAME", NULL, "who did it" },
	[OPTION_ADDRESS] = { "address", VALUE_TEXT, "ADDRESS", NULL,
			     "from which address" },
	[OPTION_NETWORK] = { "network", VALUE_TEXT, "NET", NULL,
			     "from an address in it, as in 192.0.2.0/24" },
	[OPTION_EVENT] = { "event", VALUE_TEXT, "EVENT,EVENT", NULL,
			   "as named in cloxxs-events(7)" },
	[OPTION_RESULT] = { "result", VALUE_WORD, "allowed|denied|done|failed",
			    NULL, "how it ended" },
	[OPTION_REVERSE] = { "reverse", VALUE_NONE, NULL, NULL,
			     "the newest first" },
	[OPTION_LIMIT] = { "limit", VALUE_NUMBER, "N", NULL,
			   "so many records at most" },
	[OPTION_FILE] = { "file", VALUE_TEXT, "FILE", NULL,
			  "read this file of a journal, or a pattern of such" },
	[OPTION_DIRECTORY] = { "directory", VALUE_TEXT, "DIR", NULL,
			       "read the journal in this directory" },
	[OPTION_NAMESPACE] = { "namespace", VALUE_TEXT, "NAME", NULL,
			       "read this namespace of the journal alone" },
	[OPTION_LEDGER] = { "ledger", VALUE_NONE, NULL, NULL,
			    "ask the daemon, not the journal" },
	[OPTION_OUTPUT] = { "output", VALUE_TEXT, "FILE", NULL,
			    "write to a new file" },
	[OPTION_ANCHOR] = { "anchor", VALUE_TEXT, "FILE|LINE", NULL,
			    "prove that the ledger still holds these" },
	[OPTION_JOURNAL] = { "journal", VALUE_NONE, NULL, NULL,
			     "compare the journal with the ledger too" },
	[OPTION_CLASS] = { "class", VALUE_WORD,
			   "logins|administration|application", "class",
			   "records of this class" },
	[OPTION_TO] = { "to", VALUE_TEXT, "ADDRESS", NULL,
			"a number as +31612345678, an address of mail, or the "
			"name of a web hook" },
	[OPTION_ROUTE] = { "route", VALUE_TEXT, "NAME", NULL,
			   "by this way out alone, as status names it" },
	[OPTION_PROTECTED] = { "protected", VALUE_YES_NO, "yes|no", "protected",
			       "only root changes this user; only root sets "
			       "it" },
	[OPTION_ADMINISTRATOR] = { "administrator", VALUE_TEXT, "NAME", NULL,
				   "the first administrator, to be made" },
	[OPTION_ADMINISTRATOR_NETWORKS] = { "administrator-networks",
					    VALUE_TEXT, "NET,NET", NULL,
					    "where administrators, root and "
					    "local accounts come from" },
	[OPTION_COUNTRY_DATABASE] = { "country-database", VALUE_TEXT, "FILE",
				      NULL,
				      "a country database to put in force" },
	[OPTION_PHONE] = { "phone", VALUE_TEXT, "NUMBER", "phone",
			   "where codes go by SMS, as +31612345678; or none" },
	[OPTION_MAIL] = { "mail", VALUE_TEXT, "ADDRESS", "mail",
			  "where mail goes, and codes if they may; or none" },
	[OPTION_CODE] = { "code", VALUE_TEXT, "WHEN", "code",
			  "when he is asked for a code: never, always, or "
			  "'outside 10.1.0.0/16'" },
};

struct parser {
	const struct grammar_verb *rows;
	int argc;
	char *const *argv;
	int next;
	bool only_words; /* "--" was seen */
	struct text *error;
	struct command command;
	/* noun, verb of two words and operands; one more than there can be */
	const char *words[GRAMMAR_OPERANDS_MAX + 4];
	size_t n_words;
};

static void add_quoted(struct text *text, const char *foreign)
{
	text_add(text, "\"");
	text_add_escaped(text, foreign, strnlen(foreign, 64));
	text_add(text, strlen(foreign) > 64 ? "...\"" : "\"");
}

void grammar_add_name(struct text *text, const struct grammar_verb *row)
{
	text_add(text, row->noun);
	if (row->verb) {
		text_add(text, " ");
		text_add(text, row->verb);
	}
}

void grammar_add_words(struct text *text, const struct grammar_verb *rows,
		       const char *noun)
{
	const char *before = "", *last = "";

	for (const struct grammar_verb *row = rows; row->noun; row++) {
		if (noun ? strcmp(row->noun, noun) != 0
			 : strcmp(row->noun, last) == 0)
			continue;
		text_add(text, before);
		text_add(text, noun ? row->verb : row->noun);
		before = ", ";
		last = row->noun;
	}
}

const char *grammar_metavariable(const struct grammar_verb *row,
				 enum grammar_option option)
{
	if (option == OPTION_FORMAT && row && row->formats)
		return row->formats;
	return grammar_options[option].metavariable;
}

const char *grammar_parameter(const struct grammar_verb *row,
			      enum grammar_option option)
{
	if (option == OPTION_USER && row->user_parameter)
		return row->user_parameter;
	return grammar_options[option].parameter;
}

bool grammar_has_noun(const struct grammar_verb *rows, const char *noun)
{
	for (const struct grammar_verb *row = rows; row->noun; row++)
		if (strcmp(row->noun, noun) == 0)
			return true;
	return false;
}

const struct grammar_verb *grammar_find(const struct grammar_verb *rows,
					const char *noun, const char *verb)
{
	for (const struct grammar_verb *row = rows; row->noun; row++)
		if (strcmp(row->noun, noun) == 0 &&
		    (row->verb ? verb && strcmp(row->verb, verb) == 0 : !verb))
			return row;
	return NULL;
}

const char *grammar_next_word(const struct grammar_verb *row,
			      const char *const *words, size_t n_words,
			      size_t *ret_n)
{
	const char *next = row->verb;

	if (n_words == 0 || strcmp(row->noun, words[0]) != 0)
		return NULL;
	for (size_t i = 1; next && i < n_words; i++) {
		size_t n = strcspn(next, " ");

		if (strlen(words[i]) != n || memcmp(words[i], next, n) != 0)
			return NULL;
		next = next[n] ? next + n + 1 : NULL;
	}
	if (next)
		*ret_n = strcspn(next, " ");
	return next;
}

/* How many of words name row; 0: they name another. */
static size_t count_used(const struct grammar_verb *row,
			 const char *const *words, size_t n_words)
{
	size_t n = 0;

	if (!row->verb)
		return strcmp(row->noun, words[0]) == 0;
	for (size_t n_used = 1; n_used < n_words; n_used++) {
		const char *next = grammar_next_word(row, words, n_used, &n);

		if (!next || strlen(words[n_used]) != n ||
		    memcmp(words[n_used], next, n) != 0)
			return 0;
		if (next[n] == '\0')
			return n_used + 1;
	}
	return 0;
}

const struct grammar_verb *grammar_match(const struct grammar_verb *rows,
					 const char *const *words,
					 size_t n_words, size_t *ret_n_used)
{
	if (n_words == 0)
		return NULL;
	for (const struct grammar_verb *row = rows; row->noun; row++) {
		size_t n_used = count_used(row, words, n_words);

		if (n_used == 0)
			continue;
		*ret_n_used = n_used;
		return row;
	}
	return NULL;
}

/* Options. */

static bool value_is_number(const char *value)
{
	uint64_t number = 0;

	for (const char *c = value; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		number = number * 10 + (uint64_t)(*c - '0');
		if (number > UINT32_MAX)
			return false;
	}
	return *value != '\0';
}

static bool value_is_list(const char *value)
{
	size_t n = strlen(value);

	return n == 0 ||
	       (value[0] != ',' && value[n - 1] != ',' && !strstr(value, ",,"));
}

static bool value_is_word_of(const char *words, const char *value)
{
	size_t n = strlen(value);

	for (const char *word = words; word;) {
		const char *end = strchrnul(word, '|');

		if ((size_t)(end - word) == n && memcmp(word, value, n) == 0)
			return true;
		word = *end ? end + 1 : NULL;
	}
	return false;
}

/* What is wrong with value, or NULL. */
static const char *value_fault(const struct grammar_option_row *row,
			       const char *value)
{
	switch (row->value) {
	case VALUE_NONE:
		return NULL;
	case VALUE_TEXT:
		return *value ? NULL : "must not be empty";
	case VALUE_LIST:
		return value_is_list(value) ? NULL : "has an empty word in it";
	case VALUE_NUMBER:
		return value_is_number(value) ? NULL
					      : "is not a number of ours";
	case VALUE_WORD:
	case VALUE_YES_NO:
		return value_is_word_of(row->metavariable, value)
			       ? NULL
			       : "is not one of the words";
	case VALUE_DURATION:
		return duration_read(value, &(uint32_t){ 0 })
			       ? NULL
			       : "is no time such as 90s, 30m, 2h or 1d";
	case VALUE_TIME:
	case VALUE_TIME_END:
	case VALUE_UNTIL:
		return time_value_read(value, TIMESTAMP_BEGIN, &(int64_t){ 0 })
			       ? NULL
			       : "is no time such as 2027-01-31, "
				 "2027-01-31T09:00 or never";
	case VALUE_ANY:
		return NULL;
	case VALUE_MOMENT:
		return timestamp_read(value, TIMESTAMP_BEGIN, &(int64_t){ 0 })
			       ? NULL
			       : "is no time such as 2026-12-24, "
				 "'2026-12-24 08:30' or "
				 "2026-12-24T08:30:00+01:00";
	case VALUE_SINCE:
		return time_value_read_since(value, &(int64_t){ 0 })
			       ? NULL
			       : "is no time such as 2026-12-24, "
				 "'2026-12-24 08:30', or 2h for so long ago";
	case VALUE_PATH:
		return *value == '/' ? NULL : "is not an absolute path";
	}
	return "cannot be read";
}

static int option_find(const char *name, size_t n)
{
	for (int i = 0; i < _N_OPTIONS; i++)
		if (strlen(grammar_options[i].name) == n &&
		    memcmp(grammar_options[i].name, name, n) == 0)
			return i;
	return -1;
}

static int option_unknown(struct parser *parser, const char *argument)
{
	add_quoted(parser->error, argument);
	text_add(parser->error, " is no option; a name that begins with a dash "
				"goes behind --; see \"cloxxsctl help\"");
	return GRAMMAR_E_USAGE;
}

static int option_refused(struct parser *parser, int option, const char *why)
{
	text_add_format(parser->error, "--%s", grammar_options[option].name);
	if (grammar_options[option].metavariable)
		text_add_format(parser->error, " %s",
				grammar_options[option].metavariable);
	text_add_format(parser->error, ": %s", why);
	return GRAMMAR_E_USAGE;
}

static int option_set(struct parser *parser, int option, const char *value)
{
	const struct grammar_option_row *row = &grammar_options[option];
	struct command *command = &parser->command;
	const char *fault;

	if (command->given & OPTION_BIT(option))
		return option_refused(parser, option, "given twice");
	if (row->value == VALUE_NONE && value)
		return option_refused(parser, option, "takes no value");
	if (row->value != VALUE_NONE && !value) {
		if (parser->next >= parser->argc)
			return option_refused(parser, option,
					      "its value is missing");
		value = parser->argv[parser->next++];
	}
	fault = value ? value_fault(row, value) : NULL;
	if (fault) {
		option_refused(parser, option, "");
		add_quoted(parser->error, value);
		text_add_format(parser->error, " %s", fault);
		return GRAMMAR_E_USAGE;
	}
	command->given |= OPTION_BIT(option);
	command->values[option] = value;
	return 0;
}

static int parse_option(struct parser *parser, const char *argument)
{
	const char *name = argument + 2, *end = strchrnul(name, '=');
	int option;

	if (strcmp(argument, "-h") == 0)
		return option_set(parser, OPTION_HELP, NULL);
	if (argument[1] != '-')
		return option_unknown(parser, argument);
	option = option_find(name, (size_t)(end - name));
	if (option < 0)
		return option_unknown(parser, argument);
	return option_set(parser, option, *end ? end + 1 : NULL);
}

static int parse_arguments(struct parser *parser)
{
	int r = 0;

	while (parser->next < parser->argc && r == 0) {
		const char *argument = parser->argv[parser->next++];

		if (!parser->only_words && strcmp(argument, "--") == 0)
			parser->only_words = true;
		else if (!parser->only_words && argument[0] == '-' &&
			 argument[1] != '\0')
			r = parse_option(parser, argument);
		else if (parser->n_words < ARRAY_SIZE(parser->words))
			parser->words[parser->n_words++] = argument;
	}
	return r;
}

/* Words. */

static int noun_unknown(struct parser *parser)
{
	add_quoted(parser->error, parser->words[0]);
	text_add(parser->error, " is no noun; one of: ");
	grammar_add_words(parser->error, parser->rows, NULL);
	return GRAMMAR_E_USAGE;
}

static int verb_unknown(struct parser *parser)
{
	text_add_format(parser->error, "%s: ", parser->words[0]);
	if (parser->n_words < 2) {
		text_add(parser->error, "the verb is missing");
	} else {
		add_quoted(parser->error, parser->words[1]);
		text_add(parser->error, " is no verb");
	}
	text_add(parser->error, "; one of: ");
	grammar_add_words(parser->error, parser->rows, parser->words[0]);
	return GRAMMAR_E_USAGE;
}

static int match_row(struct parser *parser, size_t *ret_n_used)
{
	const char *const *words = parser->words;

	*ret_n_used = 0;
	if (parser->n_words == 0)
		parser->command.row =
			grammar_find(parser->rows, "status", NULL);
	if (parser->command.row)
		return 0;
	if (parser->n_words == 0 || !grammar_has_noun(parser->rows, words[0]))
		return noun_unknown(parser);
	parser->command.row =
		grammar_match(parser->rows, words, parser->n_words, ret_n_used);
	return parser->command.row ? 0 : verb_unknown(parser);
}

/* Opens the one line about a fault in the use of the row. */
static int row_refused(struct parser *parser, const char *format,
		       const char *what)
{
	grammar_add_name(parser->error, parser->command.row);
	text_add(parser->error, ": ");
	if (what)
		add_quoted(parser->error, what);
	text_add_format(parser->error, "%s; for example: %s", format,
			parser->command.row->example);
	return GRAMMAR_E_USAGE;
}

static int match_operands(struct parser *parser, size_t n_used)
{
	const struct grammar_verb *row = parser->command.row;
	size_t n = parser->n_words - n_used;

	if (n < row->operands_min) {
		char missing[64];
		struct text text;

		text_init(&text, missing, sizeof(missing));
		text_add_format(&text, "%s is missing", row->operands);
		return row_refused(parser, missing, NULL);
	}
	if (n > row->operands_max)
		return row_refused(parser, " is one word too many",
				   parser->words[n_used + row->operands_max]);
	for (size_t i = 0; i < n; i++)
		parser->command.operands[i] = parser->words[n_used + i];
	return 0;
}

static bool changes_something(const struct command *command)
{
	for (int i = 0; i < _N_OPTIONS; i++)
		if ((command->given & OPTION_BIT(i)) &&
		    grammar_options[i].parameter)
			return true;
	return false;
}

static int match_format(struct parser *parser)
{
	const struct command *command = &parser->command;
	char fault[96];
	struct text text;

	if (!command_has(command, OPTION_FORMAT) ||
	    value_is_word_of(command->row->formats,
			     command->values[OPTION_FORMAT]))
		return 0;
	text_init(&text, fault, sizeof(fault));
	text_add_format(&text, " is no format of --format %s",
			command->row->formats);
	return row_refused(parser, fault, command->values[OPTION_FORMAT]);
}

static int match_options(struct parser *parser)
{
	const struct grammar_verb *row = parser->command.row;
	grammar_options_t given = parser->command.given;
	char fault[64];
	struct text text;

	text_init(&text, fault, sizeof(fault));
	for (int i = 0; i < _N_OPTIONS; i++) {
		const struct grammar_option_row *option = &grammar_options[i];

		if ((given & ~(row->options | GRAMMAR_GLOBAL)) & OPTION_BIT(i))
			text_add_format(&text, "--%s does not belong here",
					option->name);
		else if ((row->required & ~given) & OPTION_BIT(i))
			text_add_format(&text, "--%s %s is missing",
					option->name,
					grammar_metavariable(
						row, (enum grammar_option)i));
		else
			continue;
		return row_refused(parser, fault, NULL);
	}
	if (row->changes && !changes_something(&parser->command))
		return row_refused(parser, "nothing to change was named", NULL);
	return match_format(parser);
}

/* --help: the verb "help", about as much as was named before. */
static int turn_to_help(struct parser *parser)
{
	struct command *command = &parser->command;
	const char *noun = parser->n_words > 0 ? parser->words[0] : NULL;
	size_t n_used = parser->n_words < 2 ? parser->n_words : 2;

	/* Operands, where a row is named, are no words of it. */
	(void)grammar_match(parser->rows, parser->words, parser->n_words,
			    &n_used);
	command->row = grammar_find(parser->rows, "help", NULL);
	command->operands[0] = noun;
	for (size_t i = 1; i < n_used; i++)
		command->operands[i] = parser->words[i];
	return 0;
}

int grammar_parse(const struct grammar_verb *rows, int argc, char *const *argv,
		  struct text *error, struct command *ret_command)
{
	struct parser parser = {
		.rows = rows,
		.argc = argc,
		.argv = argv,
		.next = 1,
		.error = error,
	};
	size_t n_used = 0;
	int r;

	r = parse_arguments(&parser);
	if (r == 0 && command_has(&parser.command, OPTION_HELP)) {
		r = turn_to_help(&parser);
	} else if (r == 0 && command_has(&parser.command, OPTION_VERSION)) {
		parser.command.row = grammar_find(rows, "version", NULL);
	} else if (r == 0) {
		r = match_row(&parser, &n_used);
		if (r == 0)
			r = match_operands(&parser, n_used);
		if (r == 0)
			r = match_options(&parser);
	}
	if (r == 0)
		*ret_command = parser.command;
	return r;
}
