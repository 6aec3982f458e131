/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/failure.h"

#include <string.h>

#include "cloxxsctl/output.h"
#include "varlink/client.h"

const char *const failure_statuses[_N_STATUSES] = {
	[STATUS_OK] = "done",
	[STATUS_FAILURE] = "failed",
	[STATUS_USAGE] = "used wrongly, or an argument refused",
	[STATUS_NOT_FOUND] = "there is no such user, project, code or file",
	[STATUS_DENIED] = "the caller may not do this",
	[STATUS_UNAVAILABLE] = "the daemon is unavailable",
	[STATUS_CONFLICT] = "exists already, or stands in the way",
	[STATUS_WARNINGS] = "the doctor warns",
	[STATUS_ERRORS] = "the doctor found errors",
	[STATUS_REFUSED] = "what was asked about would be refused",
};

/*
 * {member} in a sentence stands for a member of the error's parameters,
 * {missing} and {find} for the verb's own words.
 */
struct failure_row {
	const char *error;
	enum failure_status status;
	const char *sentence;
};

#define ADMIN "nl.cloxxs.Admin."
#define AUDIT "nl.cloxxs.Audit."
#define ACCESS "nl.cloxxs.Access."
#define SERVICE "org.varlink.service."
#define OTHER_VERSION "is the daemon of another version?"

static const struct failure_row rows[] = {
	{ ADMIN "NotFound", STATUS_NOT_FOUND, "{missing}; {find}" },
	{ ADMIN "AlreadyExists", STATUS_CONFLICT,
	  "\"{name}\" exists already in {where}; choose another name" },
	{ ADMIN "Invalid", STATUS_USAGE,
	  "{parameter}: {message}; nothing was changed" },
	{ ADMIN "Conflict", STATUS_CONFLICT, "{message}; nothing was changed" },
	{ ADMIN "RootOnly", STATUS_DENIED, "{message}; nothing was changed" },
	{ ADMIN "Unavailable", STATUS_UNAVAILABLE,
	  "{message}; nothing was changed, the daemon's log tells more" },
	{ ACCESS "Invalid", STATUS_USAGE, "{parameter}: {message}" },
	{ ACCESS "Unavailable", STATUS_UNAVAILABLE,
	  "{message}; the daemon's log tells more" },
	{ AUDIT "Invalid", STATUS_USAGE, "{parameter}: {message}" },
	{ AUDIT "NotFound", STATUS_NOT_FOUND, "{missing}; {find}" },
	{ AUDIT "Conflict", STATUS_CONFLICT, "{message}; nothing was changed" },
	{ AUDIT "Unavailable", STATUS_UNAVAILABLE,
	  "{message}; the daemon's log tells more" },
	{ SERVICE "PermissionDenied", STATUS_DENIED,
	  "permission denied; be root, or an administrator who is not locked "
	  "and has chosen his password" },
	{ SERVICE "InvalidParameter", STATUS_USAGE,
	  "the daemon refuses {parameter}; nothing was changed" },
	{ SERVICE "MethodNotFound", STATUS_FAILURE,
	  "the daemon knows no {method}; " OTHER_VERSION },
	{ SERVICE "MethodNotImplemented", STATUS_FAILURE,
	  "the daemon has no {method}; " OTHER_VERSION },
	{ SERVICE "InterfaceNotFound", STATUS_FAILURE,
	  "the daemon knows no {interface}; " OTHER_VERSION },
};

/* The verb's own words, which may name members in turn; NULL: a member. */
static const char *own_words(const char *key, const struct command *command)
{
	const struct grammar_verb *row = command->row;

	if (strcmp(key, "missing") == 0)
		return row->missing ? row->missing : "there is no such thing";
	if (strcmp(key, "find") == 0)
		return row->find ? row->find : "see \"cloxxsctl status\"";
	return NULL;
}

/* A member; a sentence of the daemon's goes on behind a semicolon. */
static void add_member(struct text *text, const char *key, bool goes_on,
		       const json_t *parameters)
{
	const char *word = json_string_value(json_object_get(parameters, key));
	size_t n;

	if (!word)
		word = "?";
	n = strnlen(word, 200);
	if (goes_on && n > 0 && word[n - 1] == '.')
		n--;
	output_add_foreign(text, word, n);
}

static void add_sentence(struct text *text, const char *sentence,
			 const struct command *command,
			 const json_t *parameters)
{
	while (*sentence) {
		size_t n = strcspn(sentence, "{");
		const char *end, *words;
		struct text name;
		char key[32];

		text_add_bytes(text, sentence, n);
		sentence += n;
		end = strchr(sentence, '}');
		if (!end)
			break;
		text_init(&name, key, sizeof(key));
		text_add_bytes(&name, sentence + 1,
			       (size_t)(end - sentence) - 1);
		words = own_words(key, command);
		if (words)
			add_sentence(text, words, command, parameters);
		else
			add_member(text, key, end[1] == ';', parameters);
		sentence = end + 1;
	}
}

enum failure_status failure_of_reply(struct text *text,
				     const struct command *command,
				     const char *error,
				     const json_t *parameters)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].error, error) != 0)
			continue;
		add_sentence(text, rows[i].sentence, command, parameters);
		return rows[i].status;
	}
	text_add(text, "the daemon refuses: ");
	text_add_escaped(text, error, strnlen(error, 100));
	return STATUS_FAILURE;
}

enum failure_status failure_of_client(struct text *text, const char *socket,
				      enum failure_call call, int error)
{
	static const char *const ends[_N_FAILURE_CALLS] = {
		[FAILURE_CHANGE_ASKED] =
			"; whether it did what was asked is not known: "
			"look before you ask again",
		[FAILURE_READ_ASKED] =
			"; nothing was to be changed, see \"systemctl status "
			"cloxxsd\"",
		[FAILURE_NOT_ASKED] =
			"; nothing was asked, see \"systemctl status "
			"cloxxsd\"",
	};
	static const char *const sentences[] = {
		[VARLINK_CLIENT_E_UNREACHABLE] = "the daemon does not answer",
		[VARLINK_CLIENT_E_IMPOSTOR] =
			"this socket is not the daemon's: others may write "
			"where it stands, or somebody else answers",
		[VARLINK_CLIENT_E_BROKEN] =
			"the daemon's answer broke off or cannot be read",
	};

	text_add_escaped(text, socket, strnlen(socket, 120));
	text_add(text, ": ");
	if (error < 0)
		return failure_of_errno(text, error);
	text_add(text, (size_t)error < ARRAY_SIZE(sentences) && sentences[error]
			       ? sentences[error]
			       : "the call failed");
	text_add(text, ends[call]);
	return STATUS_UNAVAILABLE;
}

enum failure_status failure_of_errno(struct text *text, int error)
{
	text_add(text, strerrordesc_np(-error) ? strerrordesc_np(-error)
					       : "unknown error");
	if (error == -EACCES || error == -EPERM)
		return STATUS_DENIED;
	if (error == -ENOENT)
		return STATUS_NOT_FOUND;
	return error == -EEXIST ? STATUS_CONFLICT : STATUS_FAILURE;
}

/* What is told of an operand is not told again of the place. */
static const char *without_place(const char *sentence, const char *operand)
{
	size_t n = strlen(operand);

	return strncmp(sentence, operand, n) == 0 &&
			       strncmp(sentence + n, ": ", 2) == 0
		       ? sentence + n + 2
		       : sentence;
}

void failure_print(FILE *stream, const struct command *command,
		   const char *sentence)
{
	char line[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, line, sizeof(line));
	if (command && command->row) {
		grammar_add_name(&text, command->row);
		for (size_t i = 0; i < GRAMMAR_OPERANDS_MAX; i++) {
			const char *operand = command->operands[i];
			size_t before = text.n + 1;

			if (!operand)
				break;
			text_add(&text, " ");
			text_add_escaped(&text, operand, strnlen(operand, 120));
			if (!text_is_cut(&text))
				sentence =
					without_place(sentence, line + before);
		}
		text_add(&text, ": ");
	}
	fprintf(stream, "cloxxsctl: %s%s\n", line, sentence);
}
