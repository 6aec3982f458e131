/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/password_context.h"

#include <stdbool.h>
#include <string.h>

/* What is shorter stands in too many good passwords. */
#define NAME_PART_MIN 4
#define WORD_MIN 4

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Behind the others where there is room and it has a letter. */
static void add(struct password_context *context, const char **list, size_t max,
		const char *word, size_t n)
{
	const char *kept = context->buffer + context->text.n;
	size_t i = 0;

	if (strcspn(word, LETTERS) >= n)
		return;
	while (i < max && list[i])
		i++;
	if (i == max || context->text.n + n + 2 > context->text.size)
		return;
	text_add_bytes(&context->text, word, n);
	text_add_bytes(&context->text, "", 1);
	list[i] = kept;
}

static void add_parts(struct password_context *context, const char **list,
		      size_t max, const char *words, const char *between)
{
	size_t min = list == context->name_parts ? NAME_PART_MIN : WORD_MIN;

	for (const char *word = words; *word;) {
		size_t n = strcspn(word, between);

		if (n >= min)
			add(context, list, max, word, n);
		word += n + (word[n] != '\0');
	}
}

void password_context_init(struct password_context *context, const char *name,
			   const char *services, const char *host)
{
	*context = (struct password_context){ 0 };
	text_init(&context->text, context->buffer, sizeof(context->buffer));
	add_parts(context, context->name_parts,
		  ARRAY_SIZE(context->name_parts) - 1, name, "_-.0123456789");
	add_parts(context, context->words, PASSWORD_CONTEXT_MAX, host, ".-");
	add_parts(context, context->words, PASSWORD_CONTEXT_MAX, services, ",");
}
