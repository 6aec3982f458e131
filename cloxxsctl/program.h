/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Program: runs another program and waits for it: cloxxsd, which reads its own
 * configuration, so that there is one reader of it only, and programs of the
 * system that know what no file says. A clean environment, no shell, no search
 * of a path.
 */

#include <stdint.h>

#include "base/scope.h"
#include "base/text.h"

#define PROGRAM_ANSWER_MAX (1 << 18)

/*
 * Runs program with argv (argv[0] its name, ended by NULL) on our stdout and
 * stderr and waits for it. Its exit status, or -errno; -EINTR if a signal
 * ended it.
 */
must_check int program_run(const char *program, const char *const *argv);

/* What a program wrote on its stdout; wiped when it is freed. */
struct program_answer {
	size_t n;
	char bytes[PROGRAM_ANSWER_MAX];
};
struct program_answer *program_answer_free(struct program_answer *answer);
static inline void program_answer_freep(struct program_answer **answer)
{
	*answer = program_answer_free(*answer);
}

/*
 * The same, with its stdout read to its end. -EMSGSIZE where that is longer
 * than PROGRAM_ANSWER_MAX bytes.
 */
must_check int program_ask(const char *program, const char *const *argv,
			   struct program_answer **ret_answer);

/* Descriptors of ours that a program gets, -1: none. */
struct program_inputs {
	int standard; /* as its stdin; none: /dev/null */
	int extra;    /* as its descriptor PROGRAM_EXTRA */
};
#define PROGRAM_EXTRA 3
#define PROGRAM_EXTRA_WORD "3"

/* The same as program_ask(), with inputs. */
must_check int program_ask_with(const char *program, const char *const *argv,
				const struct program_inputs *inputs,
				struct program_answer **ret_answer);

/*
 * A pipe that holds n bytes and then ends: how a secret gets into a program.
 * -EMSGSIZE over PIPE_BUF, for nobody reads while it is filled.
 */
must_check int program_pipe(const void *bytes, size_t n, int *ret_fd);

/*
 * program_run() with its stdout and stderr appended to output as they came;
 * what does not fit is thrown away (text_is_cut()). A program that runs on
 * after timeout_ms, or holds its output open, is killed with its children:
 * -ETIME.
 */
must_check int program_capture(const char *program, const char *const *argv,
			       uint32_t timeout_ms, struct text *output);
