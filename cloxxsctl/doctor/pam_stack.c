/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/pam_stack.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cloxxsctl/doctor/lines.h"

const char *const pam_phase_names[_N_PAM_PHASES] = {
	[PAM_PHASE_AUTH] = "auth",
	[PAM_PHASE_ACCOUNT] = "account",
	[PAM_PHASE_PASSWORD] = "password",
	[PAM_PHASE_SESSION] = "session",
};

const char *const pam_code_names[_N_PAM_CODES] = {
	"success",
	"open_err",
	"symbol_err",
	"service_err",
	"system_err",
	"buf_err",
	"perm_denied",
	"auth_err",
	"cred_insufficient",
	"authinfo_unavail",
	"user_unknown",
	"maxtries",
	"new_authtok_reqd",
	"acct_expired",
	"session_err",
	"cred_unavail",
	"cred_expired",
	"cred_err",
	"no_module_data",
	"conv_err",
	"authtok_err",
	"authtok_recover_err",
	"authtok_lock_busy",
	"authtok_disable_aging",
	"try_again",
	"ignore",
	"abort",
	"authtok_expired",
	"module_unknown",
	"bad_item",
	"conv_again",
	"incomplete",
};

/* The words that stand for a list of actions: pam.d(5). */
struct control_word {
	const char *word;
	int16_t success, new_authtok, ignore, otherwise;
};

static const struct control_word control_words[] = {
	{ "required", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE,
	  PAM_ACTION_BAD },
	{ "requisite", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE,
	  PAM_ACTION_DIE },
	{ "sufficient", PAM_ACTION_DONE, PAM_ACTION_DONE, PAM_ACTION_IGNORE,
	  PAM_ACTION_IGNORE },
	{ "optional", PAM_ACTION_OK, PAM_ACTION_OK, PAM_ACTION_IGNORE,
	  PAM_ACTION_IGNORE },
};

static const struct {
	const char *word;
	int16_t action;
} action_words[] = {
	{ "ignore", PAM_ACTION_IGNORE }, { "ok", PAM_ACTION_OK },
	{ "done", PAM_ACTION_DONE },     { "bad", PAM_ACTION_BAD },
	{ "die", PAM_ACTION_DIE },       { "reset", PAM_ACTION_RESET },
};

struct reader {
	const struct pam_source *source;
	struct pam_stack *stack;
	bool wanted[_N_PAM_PHASES];
	const char *file;
	unsigned int number, depth, level;
};

static void fault(struct reader *reader, const char *what)
{
	struct pam_stack *stack = reader->stack;
	struct text text;

	if (stack->n_faults < ARRAY_SIZE(stack->faults)) {
		struct pam_fault *one = &stack->faults[stack->n_faults];

		text_init(&text, one->file, sizeof(one->file));
		text_add(&text, reader->file);
		one->number = reader->number;
		one->what = what;
	}
	stack->n_faults++;
}

/* One "code=action" of a bracketed control. */
static bool read_pair(char *pair, int16_t actions[_N_PAM_CODES])
{
	char *equals = strchr(pair, '=');
	unsigned long long jump;
	int action = PAM_ACTION_UNSET;

	if (!equals)
		return false;
	*equals = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(action_words); i++)
		if (strcmp(action_words[i].word, equals + 1) == 0)
			action = action_words[i].action;
	if (lines_number(equals + 1, &jump) && jump <= PAM_JUMP_MAX)
		action = (int)jump;
	if (action == PAM_ACTION_UNSET)
		return false;
	if (strcmp(pair, "default") == 0) {
		for (size_t i = 0; i < _N_PAM_CODES; i++)
			if (actions[i] == PAM_ACTION_UNSET)
				actions[i] = (int16_t)action;
		return true;
	}
	for (size_t i = 0; i < _N_PAM_CODES; i++) {
		if (strcmp(pam_code_names[i], pair) != 0)
			continue;
		actions[i] = (int16_t)action;
		return true;
	}
	return false;
}

/*
 * What no pair names has no action in libpam; here it is as if ignored, the
 * more dangerous reading.
 */
static bool read_pairs(char *pairs, int16_t actions[_N_PAM_CODES])
{
	bool good = true;
	char *pair;

	for (size_t i = 0; i < _N_PAM_CODES; i++)
		actions[i] = PAM_ACTION_UNSET;
	while ((pair = lines_word(&pairs)))
		good = read_pair(pair, actions) && good;
	for (size_t i = 0; i < _N_PAM_CODES; i++)
		if (actions[i] == PAM_ACTION_UNSET)
			actions[i] = PAM_ACTION_IGNORE;
	return good;
}

static bool read_word(const char *word, int16_t actions[_N_PAM_CODES])
{
	for (size_t i = 0; i < ARRAY_SIZE(control_words); i++) {
		const struct control_word *row = &control_words[i];

		if (strcasecmp(row->word, word) != 0)
			continue;
		for (size_t code = 0; code < _N_PAM_CODES; code++)
			actions[code] = row->otherwise;
		actions[PAM_CODE_SUCCESS] = row->success;
		actions[PAM_CODE_NEW_AUTHTOK_REQD] = row->new_authtok;
		actions[PAM_CODE_IGNORE] = row->ignore;
		return true;
	}
	return false;
}

/* The control at *rest: a word, or what stands in brackets. NULL: none. */
static char *take_control(char **rest, bool *ret_bracketed)
{
	char *text = lines_trim(*rest), *end;

	*ret_bracketed = *text == '[';
	if (!*ret_bracketed) {
		*rest = text;
		return lines_word(rest);
	}
	end = strchr(text, ']');
	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return text + 1;
}

static struct pam_line *add_line(struct reader *reader, enum pam_phase phase)
{
	struct pam_stack *stack = reader->stack;
	struct pam_line *line;
	struct text text;

	if (stack->n_lines == stack->size) {
		size_t size = stack->size ? stack->size * 2 : 32;
		struct pam_line *lines =
			reallocarray(stack->lines, size, sizeof(*lines));

		if (!lines)
			return NULL;
		stack->lines = lines;
		stack->size = size;
	}
	line = &stack->lines[stack->n_lines++];
	*line = (struct pam_line){ .phase = phase,
				   .level = reader->level,
				   .number = reader->number };
	text_init(&text, line->file, sizeof(line->file));
	text_add(&text, reader->file);
	stack->read[phase] = true;
	return line;
}

static int read_file(struct reader *reader, const char *name);

/* name for the phases of wanted only. */
static int include(struct reader *reader, const char *name,
		   const bool wanted[_N_PAM_PHASES], bool substack)
{
	struct reader inner = *reader;
	int r;

	if (!name || *name == '/' || strchr(name, '/')) {
		fault(reader, "names no file of pam.d to include");
		return 0;
	}
	if (reader->depth >= PAM_DEPTH_MAX) {
		fault(reader, "includes too deep, or itself");
		return 0;
	}
	memcpy(inner.wanted, wanted, sizeof(inner.wanted));
	inner.depth++;
	inner.level += substack;
	r = read_file(&inner, name);
	if (r == -ENOENT || r == -EINVAL || r == -EFBIG || r == -EACCES) {
		fault(reader, r == -ENOENT ? "includes a file that is not there"
					   : "includes what cannot be read");
		return 0;
	}
	return r;
}

static int include_phase(struct reader *reader, enum pam_phase phase,
			 const char *name, bool substack)
{
	bool wanted[_N_PAM_PHASES] = { false };
	struct pam_line *line;

	wanted[phase] = true;
	if (substack) {
		line = add_line(reader, phase);
		if (!line)
			return -ENOMEM;
		line->is_substack = true;
	}
	return include(reader, name, wanted, substack);
}

static int read_module(struct reader *reader, enum pam_phase phase,
		       char *control, bool bracketed, char *module)
{
	struct pam_line *line = add_line(reader, phase);
	const char *slash;
	struct text text;

	if (!line)
		return -ENOMEM;
	if (!(bracketed ? read_pairs(control, line->actions)
			: read_word(control, line->actions)))
		fault(reader, "has a control that is none");
	if (!module) {
		fault(reader, "names no module");
		return 0;
	}
	slash = strrchr(module, '/');
	text_init(&text, line->module, sizeof(line->module));
	text_add(&text, slash ? slash + 1 : module);
	return 0;
}

static bool read_phase(const char *word, enum pam_phase *ret_phase)
{
	word += *word == '-';
	for (int i = 0; i < _N_PAM_PHASES; i++) {
		if (strcasecmp(pam_phase_names[i], word) != 0)
			continue;
		*ret_phase = (enum pam_phase)i;
		return true;
	}
	return false;
}

static int read_line(struct reader *reader, char *rest)
{
	char *word = lines_word(&rest), *control;
	enum pam_phase phase;
	bool bracketed;

	if (!word)
		return 0;
	if (strcmp(word, "@include") == 0)
		return include(reader, lines_word(&rest), reader->wanted,
			       false);
	if (!read_phase(word, &phase)) {
		fault(reader, "begins with no phase");
		return 0;
	}
	if (!reader->wanted[phase])
		return 0;
	control = take_control(&rest, &bracketed);
	if (!control) {
		fault(reader, "has no control, or one without its end");
		return 0;
	}
	if (!bracketed && (strcasecmp(control, "include") == 0 ||
			   strcasecmp(control, "substack") == 0))
		return include_phase(reader, phase, lines_word(&rest),
				     strcasecmp(control, "substack") == 0);
	return read_module(reader, phase, control, bracketed,
			   lines_word(&rest));
}

/* Makes one line of those that end in a backslash; comments become blank. */
static void join_lines(char *text)
{
	for (char *c = text; *c; c++) {
		if (*c == '#') {
			while (*c && *c != '\n')
				*c++ = ' ';
			if (!*c)
				return;
		} else if (*c == '\\' && c[1] == '\n') {
			c[0] = ' ';
			/* The line keeps its number: see read_file(). */
			c[1] = '\v';
		}
	}
}

static unsigned int count_joined(const char *line)
{
	unsigned int n = 0;

	for (; *line; line++)
		n += *line == '\v';
	return n;
}

static int read_file(struct reader *reader, const char *name)
{
	scope(scope_free) char *text = NULL;
	struct lines lines;
	char *line;
	int r;

	r = reader->source->load(reader->source->userdata, name, &text);
	if (r < 0)
		return r;
	reader->file = name;
	reader->number = 0;
	join_lines(text);
	lines = lines_of(text);
	while (r == 0 && (line = lines_next(&lines))) {
		/* read_line() cuts the line up: count first. */
		unsigned int n_joined = count_joined(line);

		reader->number++;
		r = read_line(reader, line);
		reader->number += n_joined;
		if (reader->stack->n_lines > PAM_LINES_MAX) {
			fault(reader, "makes a stack of too many lines");
			break;
		}
	}
	return r;
}

/* Phases of which the service's own file says nothing. */
static int read_other(struct reader *reader)
{
	struct reader other = *reader;
	bool any = false;

	for (int i = 0; i < _N_PAM_PHASES; i++) {
		other.wanted[i] = !reader->stack->read[i];
		any = any || other.wanted[i];
	}
	return any ? read_file(&other, "other") : 0;
}

int pam_stack_read(const struct pam_source *source, const char *service,
		   struct pam_stack **ret_stack)
{
	scope(pam_stack_freep) struct pam_stack *stack =
		calloc(1, sizeof(*stack));
	struct reader reader = {
		.source = source,
		.stack = stack,
		.wanted = { true, true, true, true },
		.file = service,
	};
	int r, other;

	if (!stack)
		return -ENOMEM;
	r = read_file(&reader, service);
	if (r < 0 && r != -ENOENT)
		return r;
	other = read_other(&reader);
	if (other < 0 && other != -ENOENT)
		return other;
	if (r < 0 && other < 0)
		return -ENOENT;
	*ret_stack = scope_take_ptr(stack);
	return 0;
}

struct pam_stack *pam_stack_free(struct pam_stack *stack)
{
	if (stack)
		free(stack->lines);
	free(stack);
	return NULL;
}
