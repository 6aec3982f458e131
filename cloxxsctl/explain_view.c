/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/explain_view.h"

#include <string.h>

#include "cloxxsctl/outcome.h"

static void print_member(struct output *output, const char *label,
			 const json_t *reply, const char *key)
{
	const char *text = output_member(reply, key, NULL);

	if (!text)
		return;
	output_label(output, label);
	output_foreign(output, text);
	fputc('\n', output->stream);
}

static void print_user(struct output *output, const json_t *reply)
{
	const char *user = output_member(reply, "user", "?");

	output_label(output, "User");
	/* An address that must wait was decided of, not a user. */
	if (!*user) {
		fputs("everybody from there\n", output->stream);
		return;
	}
	output_foreign(output, user);
	fputs(json_is_true(json_object_get(reply, "known"))
		      ? "\n"
		      : " (not one of ours)\n",
	      output->stream);
}

/* The first that refused: the rules behind it were not asked. */
static const json_t *deciding_rule(const json_t *rules)
{
	const json_t *rule;
	size_t i;

	json_array_foreach((json_t *)rules, i, rule)
	{
		if (outcome_of(rule)->mark == MARK_NO)
			return rule;
	}
	return NULL;
}

static int widest_rule(const json_t *rules)
{
	const json_t *rule;
	size_t i, widest = 0;

	json_array_foreach((json_t *)rules, i, rule)
	{
		size_t n = strlen(output_member(rule, "rule", "?"));

		if (n > widest)
			widest = n;
	}
	return widest < 24 ? (int)widest : 24;
}

static void print_rules(struct output *output, const json_t *rules)
{
	const json_t *rule, *decided = deciding_rule(rules);
	int width = widest_rule(rules);
	size_t i;

	fputs("\nThe rules, in the order in which they were asked:\n",
	      output->stream);
	json_array_foreach((json_t *)rules, i, rule)
	{
		const struct outcome *outcome = outcome_of(rule);
		const char *name = output_member(rule, "rule", "?");
		int pad = width - (int)strlen(name);

		fprintf(output->stream, "  %s%s ",
			output_tone(output, outcome->tone),
			output_mark(output, outcome->mark));
		output_foreign(output, name);
		fprintf(output->stream, "%*s", (pad > 0 ? pad : 0) + 2, "");
		output_foreign(output, output_member(rule, "text", ""));
		fputs(output_plain(output), output->stream);
		if (rule == decided)
			fprintf(output->stream, "  %s decided",
				output_mark(output, MARK_HERE));
		fputc('\n', output->stream);
	}
}

static void print_advice(struct output *output, const json_t *decision)
{
	if (!output_member(decision, "advice", NULL))
		return;
	fputs("\nWhat would allow it: ", output->stream);
	output_foreign(output, output_member(decision, "advice", ""));
	fputc('\n', output->stream);
}

static void print_mark(struct output *output, bool allowed)
{
	fprintf(output->stream, "%s%s ",
		output_tone(output, allowed ? TONE_GOOD : TONE_BAD),
		output_mark(output, allowed ? MARK_YES : MARK_NO));
}

int explain_view(struct output *output, const char *reference,
		 const json_t *reply)
{
	int64_t at;

	output_label(output, "Reference");
	output_foreign(output, reference);
	fputc('\n', output->stream);
	output_label(output, "Verdict");
	print_mark(output, explain_is_allowed(reply));
	output_foreign(output, output_member(reply, "verdict", "deny"));
	fputs(": ", output->stream);
	output_foreign(output, output_member(reply, "reason", "?"));
	fprintf(output->stream, "%s\n", output_plain(output));
	print_member(output, "Because", reply, "text");
	if (output_member_int(reply, "at", &at)) {
		output_label(output, "When");
		output_time(output, at);
		fputc('\n', output->stream);
	}
	print_member(output, "Event", reply, "event");
	print_user(output, reply);
	print_member(output, "Service", reply, "service");
	print_member(output, "Address", reply, "address");
	print_member(output, "Terminal", reply, "terminal");
	print_rules(output, json_object_get(reply, "rules"));
	print_advice(output, reply);
	return 0;
}

/* How one comes: with what is still to be typed, or without. */
enum way_in {
	BY_PASSWORD,
	BY_PASSWORD_AND_CODE,
	WITHOUT,
	AFTER_CODE, /* a password was typed, a code was not */
	_WAYS_IN,
};

/* What the verdicts mean. */
static const struct verdict_row {
	const char *verdict, *words[_WAYS_IN];
} verdicts[] = {
	{ "allow",
	  { "would be asked for a password, and let in by the right one",
	    "would be asked for a password, and let in once he gives a code "
	    "too",
	    "would be let in", "would be let in once he gives a code" } },
	{ "change",
	  { "would be asked for a password, and must change it first",
	    "would be asked for a password and a code, and must change the "
	    "password first",
	    "must change his password first",
	    "must change his password first, once he gave a code" } },
	{ "notice",
	  { "would be asked for a password, and must accept the notice first",
	    "would be asked for a password and a code, and must accept the "
	    "notice first",
	    "must accept the notice first",
	    "must accept the notice first, once he gave a code" } },
	{ "ask",
	  { "would be asked for a password",
	    "would be asked for a password and a code",
	    "would be asked for a password",
	    "would be asked for a password and a code" } },
};

static const struct verdict_row *verdict_of(const json_t *decision)
{
	const char *verdict = output_member(decision, "verdict", "deny");

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++)
		if (strcmp(verdicts[i].verdict, verdict) == 0)
			return &verdicts[i];
	return NULL;
}

bool explain_is_allowed(const json_t *decision)
{
	return verdict_of(decision) != NULL;
}

static void print_verdict(struct output *output, const char *label,
			  const json_t *decision, enum way_in way)
{
	const struct verdict_row *row = verdict_of(decision);

	output_label(output, label);
	print_mark(output, row != NULL);
	if (row) {
		fprintf(output->stream, "%s: %s", row->verdict,
			row->words[way]);
	} else {
		fputs("deny: ", output->stream);
		output_foreign(output, output_member(decision, "reason", "?"));
		fputs(": ", output->stream);
		output_foreign(output, output_member(decision, "text", "?"));
	}
	fprintf(output->stream, "%s\n", output_plain(output));
}

/* Whether one of them says what the other does not. */
static bool is_other(const json_t *login, const json_t *account)
{
	if (explain_is_allowed(login) != explain_is_allowed(account))
		return true;
	return !explain_is_allowed(login) &&
	       strcmp(output_member(login, "reason", ""),
		      output_member(account, "reason", "")) != 0;
}

static void print_question(struct output *output, const json_t *reply)
{
	int64_t at;

	print_user(output, reply);
	print_member(output, "Service", reply, "service");
	print_member(output, "Address", reply, "address");
	print_member(output, "Terminal", reply, "terminal");
	if (output_member_int(reply, "at", &at)) {
		output_label(output, "When");
		output_time(output, at);
		fputc('\n', output->stream);
	}
}

static void print_not_known(struct output *output,
			    const struct command *command, bool code_due)
{
	fputs(code_due ? "\nNot known here: whether password and code would be "
			 "the right ones (taken so)"
		       : "\nNot known here: whether the password would be the "
			 "right one (taken so)",
	      output->stream);
	fputs(command_has(command, OPTION_SYSTEM_UID)
		      ? ".\n"
		      : ", and which\nuid the system gives the name (taken as "
			"ours; see --system-uid).\n",
	      output->stream);
}

int explain_view_login(struct output *output, const struct command *command,
		       const json_t *reply)
{
	const json_t *login = json_object_get(reply, "login");
	const json_t *account = json_object_get(reply, "account");
	bool code_due = json_is_true(json_object_get(reply, "code_due"));

	print_question(output, reply);
	print_verdict(output, "By password", login,
		      code_due ? BY_PASSWORD_AND_CODE : BY_PASSWORD);
	print_verdict(output, "By a key", account, WITHOUT);
	print_rules(output, json_object_get(login, "rules"));
	print_advice(output, login);
	if (is_other(login, account)) {
		fputs("\nBy a key, or in another way without a password:\n",
		      output->stream);
		print_rules(output, json_object_get(account, "rules"));
		print_advice(output, account);
	}
	print_not_known(output, command, code_due);
	return 0;
}

static void print_seen(struct output *output, const char *text)
{
	fputs("  ", output->stream);
	output_foreign(output, text);
	fputc('\n', output->stream);
}

int explain_view_test(struct output *output, const json_t *reply)
{
	const json_t *login = json_object_get(reply, "login"), *step;
	const json_t *account = json_object_get(reply, "account");
	bool code_due = json_is_true(json_object_get(reply, "code_due"));
	size_t i;

	fputs("What the user would see:\n", output->stream);
	json_array_foreach(json_object_get(reply, "steps"), i, step)
		print_seen(output, output_member(step, "prompt", ""));
	if (output_member(reply, "message", NULL))
		print_seen(output, output_member(reply, "message", ""));
	fputc('\n', output->stream);
	print_verdict(output, "Login", login, code_due ? AFTER_CODE : WITHOUT);
	if (json_is_object(account))
		print_verdict(output, "Account", account, WITHOUT);
	if (code_due)
		fputs("\nHere a code would be asked for. None was sent, and "
		      "the test went on as if it\nhad been typed.\n",
		      output->stream);
	print_rules(output, json_object_get(login, "rules"));
	print_advice(output, login);
	if (explain_is_allowed(login) && !explain_is_allowed(account)) {
		fputs("\nBehind it, in the account phase:\n", output->stream);
		print_rules(output, json_object_get(account, "rules"));
		print_advice(output, account);
	}
	fputs("\nA test: nobody was let in, no failure was counted, none was "
	      "reset. It is recorded;\nwrong answers are counted among tests, "
	      "and not all of them are verified.\n",
	      output->stream);
	return 0;
}

/* What would allow it, by the reason, or by the rule that refused before any
 * grant was looked at. In it %U stands for the user, %P for the project, %S for
 * the service and %R for the right. */
static const struct advice_row {
	const char *what, *advice;
} advices[] = {
	{ "user-known", "cloxxsctl user add %U --services %S" },
	{ "user-enabled", "cloxxsctl user enable %U" },
	{ "service-allowed",
	  "cloxxsctl user set %U --services, with %S in it" },
	{ "project-known", "cloxxsctl project list --service %S shows those "
			   "that there are" },
	{ "not-yet-valid", "to wait, or cloxxsctl user set %U --not-before "
			   "never" },
	{ "no-longer-valid", "cloxxsctl user set %U --not-after never" },
	{ "no-grant", "cloxxsctl grant add %U %P %R" },
	{ "ended", "cloxxsctl grant add %U %P %R" },
	{ "denied", "cloxxsctl grant remove, of the grant of deny above" },
	{ "archived", "cloxxsctl project reopen %P --reason TEXT" },
};

static const char *advice_of(const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (strcmp(advices[i].what, what) == 0)
			return advices[i].advice;
	return NULL;
}

static void print_advice_of_right(struct output *output,
				  const struct command *command,
				  const json_t *reply)
{
	const json_t *rule = deciding_rule(json_object_get(reply, "rules"));
	const char *advice = advice_of(output_member(rule, "rule", ""));

	if (!advice)
		advice = advice_of(output_member(reply, "reason", ""));
	if (!advice)
		return;
	fputs("\nWhat would allow it: ", output->stream);
	for (; *advice; advice++) {
		enum grammar_option option = OPTION_USER;

		if (*advice != '%') {
			fputc(*advice, output->stream);
			continue;
		}
		advice++;
		if (*advice != 'U')
			option = *advice == 'P'   ? OPTION_PROJECT
				 : *advice == 'S' ? OPTION_SERVICE
						  : OPTION_RIGHT;
		output_foreign(output, command->values[option]);
	}
	fputc('\n', output->stream);
}

int explain_view_right(struct output *output, const struct command *command,
		       const json_t *reply)
{
	static const struct {
		const char *label;
		enum grammar_option option;
	} question[] = {
		{ "User", OPTION_USER },
		{ "Service", OPTION_SERVICE },
		{ "Project", OPTION_PROJECT },
		{ "Right", OPTION_RIGHT },
	};
	bool allowed = json_is_true(json_object_get(reply, "allowed"));

	for (size_t i = 0; i < ARRAY_SIZE(question); i++) {
		output_label(output, question[i].label);
		output_foreign(output, command->values[question[i].option]);
		fputc('\n', output->stream);
	}
	output_label(output, "Verdict");
	print_mark(output, allowed);
	fputs(allowed ? "allow: " : "deny: ", output->stream);
	output_foreign(output, output_member(reply, "reason", "?"));
	fprintf(output->stream, "%s\n", output_plain(output));
	print_member(output, "Because", reply, "text");
	print_rules(output, json_object_get(reply, "rules"));
	if (!allowed)
		print_advice_of_right(output, command, reply);
	return 0;
}
