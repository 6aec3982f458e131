/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/detail.h"

#include <string.h>

/* Figures in a row that may be a code or a number. Codes of errors that
 * providers have are of five at most. */
#define FIGURES 6
/* As many bytes of a text in a row are the text. */
#define QUOTED 16

static bool is_figure(char c)
{
	return c >= '0' && c <= '9';
}

/* Between figures of one number: "06-12 34". */
static bool is_between(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

static bool is_quoted(const char *said, size_t n, const char *text)
{
	size_t n_text = strlen(text);

	for (size_t i = 0; i + QUOTED <= n_text; i++)
		if (memmem(said, n, text + i, QUOTED))
			return true;
	return n_text < QUOTED && n_text > 0 && memmem(said, n, text, n_text);
}

/* The end of what begins with a figure at at, and may be one number. */
static size_t run_end(const char *said, size_t n, size_t at,
		      size_t *ret_figures)
{
	size_t end = at, figures = 0;

	for (size_t i = at; i < n; i++) {
		if (is_figure(said[i])) {
			figures++;
			end = i + 1;
		} else if (!is_between(said[i]) || i > end) {
			break;
		}
	}
	*ret_figures = figures;
	return end;
}

static void add_hidden(struct text *detail, const char *said, size_t n,
		       const struct message *message)
{
	for (size_t i = 0; i < n;) {
		size_t figures, end;

		if (!is_figure(said[i])) {
			text_add_escaped(detail, said + i, 1);
			i++;
			continue;
		}
		end = run_end(said, n, i, &figures);
		if (figures >= FIGURES ||
		    (figures >= 3 &&
		     memmem(wiped_string(&message->text), message->text.n,
			    said + i, end - i)))
			text_add(detail, "###");
		else
			text_add_bytes(detail, said + i, end - i);
		i = end;
	}
}

void detail_add(struct text *detail, const char *said, size_t n,
		const struct message *message, const struct vault *vault)
{
	if (vault_is_within(vault, said, n) ||
	    is_quoted(said, n, wiped_string(&message->text)) ||
	    (strchr(message->to, '@') &&
	     memmem(said, n, message->to, strlen(message->to))))
		text_add(detail, "(not told: it quotes what was sent)");
	else
		add_hidden(detail, said, n, message);
}
