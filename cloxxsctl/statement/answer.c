/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What does not fit is cut at the end of a character. */
static void append(char *seen, const char *text)
{
	size_t n = strlen(seen), room = ANSWER_SEEN_MAX - n - 1;
	size_t more = strlen(text);

	if (more > room)
		more = room;
	while (more > 0 && ((unsigned char)text[more] & 0xc0) == 0x80)
		more--;
	memcpy(seen + n, text, more);
	seen[n + more] = '\0';
}

static void append_sentence(char *seen, const char *sentence)
{
	if (seen[0])
		append(seen, " ");
	append(seen, sentence);
}

void answer_say(struct answer *answer, enum answer_outcome outcome,
		const char *en, const char *nl, ...)
{
	char sentence[ANSWER_SEEN_MAX];
	va_list arguments;

	answer->outcome = outcome;
	va_start(arguments, nl);
	(void)vsnprintf(sentence, sizeof(sentence), en, arguments);
	va_end(arguments);
	append_sentence(answer->seen[STATEMENT_ENGLISH], sentence);
	va_start(arguments, nl);
	(void)vsnprintf(sentence, sizeof(sentence), nl, arguments);
	va_end(arguments);
	append_sentence(answer->seen[STATEMENT_DUTCH], sentence);
}

void answer_say_foreign(struct answer *answer, const char *foreign)
{
	char shown[ANSWER_SEEN_MAX];
	struct text text;

	text_init(&text, shown, sizeof(shown));
	text_add_escaped(&text, foreign, strnlen(foreign, 150));
	for (int i = 0; i < _N_STATEMENT_LANGUAGES; i++) {
		append(answer->seen[i], " ");
		append(answer->seen[i], shown);
	}
}

void answer_add(struct answer *answer, const struct answer *other)
{
	for (int i = 0; i < _N_STATEMENT_LANGUAGES; i++) {
		append(answer->seen[i], " ");
		append(answer->seen[i], other->seen[i]);
	}
}
