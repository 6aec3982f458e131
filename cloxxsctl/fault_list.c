/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/fault_list.h"

#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/output.h"

static void note(struct fault_list *list, int64_t line, const char *sentence)
{
	struct fault *fault = &list->faults[list->n_told];
	struct text text;

	if (list->n_told == FAULT_LIST_MAX)
		return;
	list->n_told++;
	fault->line = line;
	text_init(&text, fault->sentence, sizeof(fault->sentence));
	output_add_foreign(&text, sentence, strnlen(sentence, 380));
}

void fault_list_add(struct fault_list *list, int64_t line, const char *sentence)
{
	list->n_own++;
	note(list, line, sentence);
}

void fault_list_take(struct fault_list *list, const json_t *reply)
{
	int64_t line = 0;
	json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(reply, "faults"), i, fault)
	{
		(void)output_member_int(fault, "line", &line);
		note(list, line, output_member(fault, "message", "?"));
	}
	(void)output_member_int(reply, "n_faults", &list->n_theirs);
}

bool fault_list_any(const struct fault_list *list)
{
	return list->n_own + list->n_theirs > 0;
}

static int by_line(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

int fault_list_tell(struct fault_list *list, const struct ctl *ctl,
		    const struct command *command)
{
	long long n = (long long)(list->n_own + list->n_theirs);
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	qsort(list->faults, list->n_told, sizeof(struct fault), by_line);
	for (size_t i = 0; i < list->n_told; i++) {
		char line[600];

		text_init(&text, line, sizeof(line));
		text_add_escaped(&text, list->file, strnlen(list->file, 120));
		text_add_format(&text, ":%lld: %s",
				(long long)list->faults[i].line,
				list->faults[i].sentence);
		fprintf(ctl->errors, "%s\n", line);
	}
	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"%lld fault%s%s; nothing was changed: mend the "
			"file and import it again",
			n, text_plural(n),
			n > (long long)list->n_told
				? ", of which the first are shown"
				: "");
	return ctl_fail(ctl, command, STATUS_USAGE, sentence);
}
