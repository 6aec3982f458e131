/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "courier/tally.h"

#include <string.h>

int tally_find(struct tally **list, const struct route *route,
	       struct tally **ret_tally)
{
	struct tally *tally = *list;
	struct text text;

	while (tally && (tally->kind != route->kind ||
			 strcmp(tally->name, route->name) != 0))
		tally = tally->next;
	if (!tally) {
		tally = calloc(1, sizeof(*tally));
		if (!tally)
			return -ENOMEM;
		tally->kind = route->kind;
		text_init(&text, tally->name, sizeof(tally->name));
		text_add(&text, route->name);
		tally->next = *list;
		*list = tally;
	}
	*ret_tally = tally;
	return 0;
}

void tally_count(struct tally *tally, enum result result, const char *detail,
		 int64_t now_s)
{
	struct text text;
	size_t n = strlen(detail);

	tally->n[result]++;
	if (result == RESULT_ACCEPTED) {
		tally->accepted_s = now_s;
		return;
	}
	tally->failed_s = now_s;
	text_init(&text, tally->failed_detail, sizeof(tally->failed_detail));
	text_add_bytes(&text, detail,
		       n < DETAIL_SIZE ? n : (size_t)DETAIL_SIZE - 1);
}

void tally_free_all(struct tally **list)
{
	while (*list) {
		struct tally *next = (*list)->next;

		free(*list);
		*list = next;
	}
}
