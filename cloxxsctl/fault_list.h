/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Fault list: what is wrong with the lines of a file that is imported, as found
 * here and as the daemon tells it, printed by file and line. The first ones are
 * told, all are counted.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

#define FAULT_LIST_MAX 100

struct fault {
	int64_t line;
	char sentence[400];
};

/* Starts as zero, but for file, which is borrowed. */
struct fault_list {
	const char *file;
	struct fault faults[FAULT_LIST_MAX];
	size_t n_told;
	int64_t n_own;    /* found here */
	int64_t n_theirs; /* by the daemon */
};

/* One that was found here. */
void fault_list_add(struct fault_list *list, int64_t line,
		    const char *sentence);
/* Those of a reply, of which n_faults counts all so far. */
void fault_list_take(struct fault_list *list, const json_t *reply);
bool fault_list_any(const struct fault_list *list);
/* Prints them, and that nothing was changed; an exit status. */
int fault_list_tell(struct fault_list *list, const struct ctl *ctl,
		    const struct command *command);
