/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * PAM stack: the lines that libpam makes of a service's file and all that it
 * includes, as pam.d(5) has it, with the controls as actions. It reads; what
 * would come of them pam_judgement.h says. What cannot be read is kept as a
 * fault with file and line, and the rest is read on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

enum pam_phase {
	PAM_PHASE_AUTH,
	PAM_PHASE_ACCOUNT,
	PAM_PHASE_PASSWORD,
	PAM_PHASE_SESSION,
	_N_PAM_PHASES,
};

/* What a module may return, in the order of libpam's own numbers. */
enum pam_code {
	PAM_CODE_SUCCESS = 0,
	PAM_CODE_OPEN_ERR = 1,
	PAM_CODE_SYMBOL_ERR = 2,
	PAM_CODE_AUTH_ERR = 7,
	PAM_CODE_AUTHINFO_UNAVAIL = 9,
	PAM_CODE_USER_UNKNOWN = 10,
	PAM_CODE_NEW_AUTHTOK_REQD = 12,
	PAM_CODE_IGNORE = 25,
	PAM_CODE_MODULE_UNKNOWN = 28,
	_N_PAM_CODES = 32,
};

/* An action above 0 jumps over so many lines. */
enum pam_action {
	PAM_ACTION_IGNORE = 0,
	PAM_ACTION_OK = -1,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5,
	PAM_ACTION_UNSET = -6, /* while it is read only */
};

#define PAM_JUMP_MAX 1000
/* Files within files, as libpam has it. */
#define PAM_DEPTH_MAX 16
/* All lines of a service; libpam knows no bound, but no sane stack has more. */
#define PAM_LINES_MAX 2000

struct pam_line {
	enum pam_phase phase;
	unsigned int level; /* of substacks */
	bool is_substack;   /* its lines follow, one level deeper */
	int16_t actions[_N_PAM_CODES];
	char module[96]; /* its file's name, "pam_unix.so" */
	char file[64];   /* in pam.d */
	unsigned int number;
};

struct pam_fault {
	char file[64];
	unsigned int number;
	const char *what;
};

struct pam_stack {
	struct pam_line *lines;
	size_t n_lines, size;
	struct pam_fault faults[8]; /* the first ones */
	size_t n_faults;            /* all of them */
	bool read[_N_PAM_PHASES];   /* has lines of its own */
};

extern const char *const pam_phase_names[_N_PAM_PHASES];
extern const char *const pam_code_names[_N_PAM_CODES];

struct pam_source {
	/* The file name of pam.d, freed by the caller; -errno. */
	int (*load)(void *userdata, const char *name, char **ret_text);
	void *userdata;
};

/*
 * Reads service; phases without a line are those of the service "other", as
 * libpam has it. 0, -ENOENT where there is neither, or another -errno.
 */
must_check int pam_stack_read(const struct pam_source *source,
			      const char *service,
			      struct pam_stack **ret_stack);
struct pam_stack *pam_stack_free(struct pam_stack *stack);
static inline void pam_stack_freep(struct pam_stack **stack)
{
	*stack = pam_stack_free(*stack);
}
