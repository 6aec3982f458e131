/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any file of pam.d, which may include itself under every other name but
 * "other"; and the judgement of every phase of what was read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/doctor/pam_judgement.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct input {
	const uint8_t *bytes;
	size_t n;
};

static int load(void *userdata, const char *name, char **ret_text)
{
	const struct input *input = userdata;
	char *text;

	if (strcmp(name, "other") == 0)
		return -ENOENT;
	text = malloc(input->n + 1);
	if (!text)
		abort();
	if (input->n > 0)
		memcpy(text, input->bytes, input->n);
	text[input->n] = '\0';
	*ret_text = text;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	scope(pam_stack_freep) struct pam_stack *stack = NULL;
	struct input input = { bytes, n < 4096 ? n : 4096 };
	const struct pam_source source = { load, &input };

	if (pam_stack_read(&source, "s", &stack) != 0)
		abort();
	for (int i = 0; i < _N_PAM_PHASES; i++) {
		struct pam_judgement judgement;

		if (pam_judge(stack, (enum pam_phase)i, &judgement) != 0)
			abort();
		if (!judgement.ours && (judgement.through || judgement.admits))
			abort();
	}
	return 0;
}
