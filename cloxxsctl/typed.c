/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/typed.h"

#include <string.h>
#include <termios.h>

#define CONTROL_C '\003'

bool typed_has_terminal(const struct ctl *ctl)
{
	return isatty(fileno(ctl->questions));
}

/* The rest of a line that is too long goes too: it is no answer to anything. */
static int read_line(int fd, struct secret *line)
{
	char bytes[SECRET_MAX + 1] = "";
	size_t n = 0;
	ssize_t got;
	char c = 0;
	int r;

	/* One by one: what follows the line is not ours, and is in no buffer.
	 */
	while ((got = read(fd, &c, 1)) != 0 && c != '\n' && c != CONTROL_C) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (n < sizeof(bytes))
			bytes[n] = c;
		n++;
	}
	if (got < 0)
		r = -errno;
	else if (c == CONTROL_C || (got == 0 && n == 0))
		r = TYPED_E_END;
	else if (n > SECRET_MAX || secret_set(line, bytes, n) != 0)
		r = TYPED_E_TOO_LONG;
	else
		r = 0;
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(&c, sizeof(c));
	return r;
}

/* ^C ends the line, and does not end us while nothing is echoed. */
static int hide(int fd, struct termios *ret_before)
{
	struct termios hidden;

	if (tcgetattr(fd, ret_before) < 0)
		return -errno;
	hidden = *ret_before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	hidden.c_lflag |= ICANON;
	hidden.c_cc[VEOL] = CONTROL_C;
	/* What was typed before the question is no answer to it. */
	return tcsetattr(fd, TCSAFLUSH, &hidden) < 0 ? -errno : 0;
}

static int ask(const struct ctl *ctl, int fd, const char *prompt, bool echo,
	       struct secret *line)
{
	struct output errors = { .stream = ctl->errors };
	struct termios before;
	int r = 0;

	/* Before the prompt: nobody may answer sooner than it is hidden. */
	if (!echo)
		r = hide(fd, &before);
	if (r < 0)
		return r;
	output_foreign(&errors, prompt);
	(void)fflush(ctl->errors);
	r = read_line(fd, line);
	if (!echo) {
		(void)tcsetattr(fd, TCSADRAIN, &before);
		fputc('\n', ctl->errors);
	}
	return r;
}

int typed_read(const struct ctl *ctl, const char *prompt, bool echo,
	       struct secret *ret_line)
{
	scope(secret_deinit) struct secret line = { 0 };
	int fd = fileno(ctl->questions), r;

	if (typed_has_terminal(ctl))
		r = ask(ctl, fd, prompt, echo, &line);
	else
		r = read_line(fd, &line);
	if (r == 0)
		*ret_line = line;
	return r;
}
