/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. No shell is ever started, and no argument comes from a message: it stands
 *     on the program's standard input, where nobody else sees it.
 *  2. It gets nothing else of ours: an environment of two words, no descriptor,
 *     a process group of its own, which ends with its time.
 */
#include "courier/attempt.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

struct program {
	struct attempt attempt;
	sd_event_source *child, *timer;
	pid_t pid; /* 0: it has ended */
};

static void program_free(struct program *program)
{
	sd_event_source_disable_unref(program->child);
	sd_event_source_disable_unref(program->timer);
	free(program);
}

static void program_freep(struct program **program)
{
	if (*program)
		program_free(*program);
}

/* Who is killed here is collected here: nobody else waits for him. */
static void end(struct program *program)
{
	if (program->pid == 0)
		return;
	sd_event_source_disable_unref(program->child);
	program->child = NULL;
	(void)kill(-program->pid, SIGKILL);
	(void)waitpid(program->pid, NULL, 0);
	program->pid = 0;
}

static void finish(struct program *program, enum result result,
		   const char *detail)
{
	struct attempt_args args = program->attempt.args;

	end(program);
	program_free(program);
	args.done(result, detail, args.userdata);
}

static int on_child(sd_event_source *source, const siginfo_t *info,
		    void *userdata)
{
	struct program *program = userdata;
	const struct answer_rules *rules =
		&program->attempt.args.route->endpoint->rules;
	const struct answer answer = { .status = info->si_status, .body = "" };
	char buffer[DETAIL_SIZE];
	struct text detail, nothing;
	char none[1];

	(void)source;
	text_init(&detail, buffer, sizeof(buffer));
	text_init(&nothing, none, sizeof(none));
	/* What it left running in its group ends too. */
	(void)kill(-program->pid, SIGKILL);
	program->pid = 0;
	if (info->si_code != CLD_EXITED) {
		text_add_format(&detail, "the program was ended by signal %d",
				info->si_status);
		finish(program, RESULT_UNCERTAIN, buffer);
		return 0;
	}
	text_add_format(&detail, "exit status %d", info->si_status);
	finish(program, answer_judge(rules, &answer, &nothing), buffer);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	finish(userdata, RESULT_UNCERTAIN,
	       "the program did not end in its time");
	return 0;
}

/* The number on the first line, the text on those behind it. */
static int fill(const struct attempt_args *args, struct wiped *input)
{
	const struct endpoint *endpoint = args->route->endpoint;
	const struct template_values values = endpoint_values(
		endpoint, args->message, &args->configuration->vault);

	if (template_fill(&endpoint->number_template, &values, input) != 0)
		return ATTEMPT_E_MESSAGE;
	wiped_add(input, "\n");
	wiped_add(input, wiped_string(&args->message->text));
	wiped_add(input, "\n");
	return input->error;
}

/* A pipe that holds all of input already; it is less than a pipe holds. */
static int fill_pipe(const struct wiped *input, int *ret_fd)
{
	scope(scope_close) int read_fd = -1;
	scope(scope_close) int write_fd = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	read_fd = fds[0];
	write_fd = fds[1];
	if (write(write_fd, input->bytes, input->n) != (ssize_t)input->n)
		return -EIO;
	if (fcntl(read_fd, F_SETFL, 0) < 0)
		return -errno;
	*ret_fd = scope_take_fd(&read_fd);
	return 0;
}

static int spawn(const struct endpoint *endpoint, int stdin_fd, pid_t *ret_pid)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin",
						   "LANG=C.UTF-8", NULL };
	char *arguments[66] = { endpoint->program };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	for (size_t i = 0; endpoint->arguments && endpoint->arguments[i]; i++)
		arguments[i + 1] = endpoint->arguments[i];
	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	r = posix_spawn_file_actions_adddup2(&actions, stdin_fd, 0);
	for (int fd = 1; fd <= 2 && r == 0; fd++)
		r = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						     O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	if (r == 0)
		r = posix_spawnattr_setflags(&attributes,
					     POSIX_SPAWN_SETPGROUP |
						     POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setsigmask(&attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(&attributes, &all);
	if (r == 0)
		r = posix_spawn(ret_pid, endpoint->program, &actions,
				&attributes, arguments,
				(char *const *)(uintptr_t)environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

static int watch(struct program *program)
{
	const struct attempt_args *args = &program->attempt.args;
	uint64_t usec = (uint64_t)attempt_timeout_ms(
				args, args->route->endpoint->timeout_ms) *
			1000;
	int r = sd_event_add_child(args->event, &program->child, program->pid,
				   WEXITED, on_child, program);

	if (r >= 0)
		r = sd_event_add_time_relative(args->event, &program->timer,
					       CLOCK_MONOTONIC, usec, 1000,
					       on_timer, program);
	return r < 0 ? r : 0;
}

static int program_start(const struct attempt_args *args,
			 struct attempt **ret_attempt)
{
	scope(program_freep) struct program *program =
		calloc(1, sizeof(*program));
	scope(wiped_deinit) struct wiped input = { 0 };
	scope(scope_close) int fd = -1;
	int r;

	if (!program)
		return -ENOMEM;
	program->attempt =
		(struct attempt){ .way = &program_way, .args = *args };
	r = fill(args, &input);
	if (r == 0)
		r = fill_pipe(&input, &fd);
	if (r != 0)
		return r;
	if (spawn(args->route->endpoint, fd, &program->pid) < 0)
		return ATTEMPT_E_GONE;
	r = watch(program);
	if (r < 0) {
		end(program);
		return r;
	}
	*ret_attempt = &program->attempt;
	program = NULL;
	return 0;
}

static bool program_cancel(struct attempt *attempt)
{
	struct program *program = (struct program *)(void *)attempt;

	end(program);
	program_free(program);
	return true;
}

const struct attempt_way program_way = { program_start, program_cancel };
