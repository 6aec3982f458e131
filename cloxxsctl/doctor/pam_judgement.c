/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/doctor/pam_judgement.h"

#include <string.h>

/* What libpam holds of a stack between two lines. */
enum impression {
	UNDEFINED,
	POSITIVE,
	NEGATIVE,
	_N_IMPRESSIONS,
};

struct position {
	size_t line;
	enum impression impression;
	bool success; /* what would be returned if this were the end */
};

/* One game: what our module answers, and what came of it. */
struct game {
	const struct pam_line *const *lines;
	size_t n;
	bool skips_ours; /* ends where we would be asked */
	enum pam_code answer;
	bool unix_agrees;

	bool *seen; /* by line, impression, success */
	struct position *open;
	size_t n_open;

	const struct pam_line *end;       /* the line that led to success */
	const struct pam_line *unix_line; /* pam_unix, where it was reached */
};

static bool is(const struct pam_line *line, const char *module)
{
	return strcmp(line->module, module) == 0;
}

/* May the module answer code? */
static bool may_answer(const struct game *game, const struct pam_line *line,
		       enum pam_code code)
{
	if (is(line, PAM_OURS))
		return code == game->answer;
	if (is(line, "pam_permit.so"))
		return code == PAM_CODE_SUCCESS;
	if (is(line, "pam_deny.so") || is(line, "pam_rootok.so"))
		return code == PAM_CODE_AUTH_ERR;
	/* It has no password of a user of ours to agree with. */
	if (is(line, "pam_unix.so") && !game->unix_agrees &&
	    line->phase != PAM_PHASE_SESSION)
		return code == PAM_CODE_AUTH_ERR ||
		       code == PAM_CODE_AUTHINFO_UNAVAIL ||
		       code == PAM_CODE_USER_UNKNOWN;
	/* A module that cannot be loaded is a finding of its own. */
	return code != PAM_CODE_OPEN_ERR && code != PAM_CODE_SYMBOL_ERR &&
	       code != PAM_CODE_MODULE_UNKNOWN;
}

static void visit(struct game *game, struct position position,
		  const struct pam_line *from)
{
	size_t index;

	if (position.line >= game->n) {
		if (position.impression == POSITIVE && position.success &&
		    !game->end)
			game->end = from;
		return;
	}
	index = (position.line * _N_IMPRESSIONS + position.impression) * 2 +
		position.success;
	if (game->seen[index])
		return;
	game->seen[index] = true;
	game->open[game->n_open++] = position;
}

/* Where the level of line ends. */
static size_t end_of_level(const struct game *game, size_t line)
{
	unsigned int level = game->lines[line]->level;

	while (line < game->n && game->lines[line]->level >= level)
		line++;
	return level == 0 ? game->n : line;
}

/* n lines of the same level further; a substack is one with its head. */
static size_t jump(const struct game *game, size_t line, int n)
{
	unsigned int level = game->lines[line]->level;

	line++;
	while (n > 0 && line < game->n && game->lines[line]->level >= level) {
		line++;
		while (line < game->n && game->lines[line]->level > level)
			line++;
		n--;
	}
	return n > 0 ? SIZE_MAX : line;
}

/* One answer of the module at position. */
static void play(struct game *game, struct position position,
		 enum pam_code code)
{
	const struct pam_line *line = game->lines[position.line];
	size_t next = position.line + 1;
	int action = line->actions[code];
	bool ends = action == PAM_ACTION_DONE || action == PAM_ACTION_DIE;

	if (action > 0) {
		next = jump(game, position.line, action);
		/* libpam fails on a jump into nothing. */
		if (next == SIZE_MAX)
			return;
	} else if (action == PAM_ACTION_RESET) {
		position.impression = UNDEFINED;
		position.success = true;
	} else if (action == PAM_ACTION_OK || action == PAM_ACTION_DONE) {
		if (position.impression == UNDEFINED ||
		    (position.impression == POSITIVE && position.success)) {
			position.impression = POSITIVE;
			position.success = code == PAM_CODE_SUCCESS;
		}
		ends = ends && position.impression == POSITIVE;
	} else if (action == PAM_ACTION_BAD || action == PAM_ACTION_DIE) {
		position.impression = NEGATIVE;
		position.success = false;
	}
	if (ends)
		next = end_of_level(game, position.line);
	position.line = next;
	visit(game, position, line);
}

static void step(struct game *game, struct position position)
{
	const struct pam_line *line = game->lines[position.line];

	if (line->is_substack) {
		position.line++;
		visit(game, position, line);
		return;
	}
	if (is(line, PAM_OURS) && game->skips_ours)
		return;
	if (is(line, "pam_unix.so") && !game->unix_line)
		game->unix_line = line;
	for (int code = 0; code < _N_PAM_CODES; code++)
		if (may_answer(game, line, (enum pam_code)code))
			play(game, position, (enum pam_code)code);
}

/* All that can come of it from line on, with what came before in impression. */
static void run(struct game *game, size_t line, enum impression impression)
{
	memset(game->seen, 0, game->n * _N_IMPRESSIONS * 2);
	game->end = NULL;
	game->unix_line = NULL;
	game->n_open = 0;
	visit(game,
	      (struct position){ line, impression, impression != NEGATIVE },
	      NULL);
	while (game->n_open > 0)
		step(game, game->open[--game->n_open]);
}

/* Is the code a denial, whatever the profile does with it? */
static bool denies(enum pam_code code)
{
	switch ((int)code) {
	case PAM_CODE_SUCCESS:
	case PAM_CODE_IGNORE:
	case PAM_CODE_USER_UNKNOWN:
	case PAM_CODE_MODULE_UNKNOWN:
	case PAM_CODE_OPEN_ERR:
	case PAM_CODE_SYMBOL_ERR:
		return false;
	}
	return true;
}

static void judge_denials(struct game *game, size_t ours,
			  struct pam_judgement *judgement)
{
	for (int code = 0; code < _N_PAM_CODES; code++) {
		if (!denies((enum pam_code)code))
			continue;
		game->answer = (enum pam_code)code;
		for (int i = UNDEFINED; i <= POSITIVE; i++) {
			run(game, ours, (enum impression)i);
			if (game->end && !judgement->through) {
				judgement->through = game->end;
				judgement->denial = (enum pam_code)code;
			}
			/* The session's pam_unix only writes a log. */
			if (game->unix_line && !judgement->after &&
			    game->unix_line->phase != PAM_PHASE_SESSION)
				judgement->after = game->unix_line;
		}
	}
}

static void judge(struct game *game, struct pam_judgement *judgement)
{
	size_t ours = 0;

	while (ours < game->n && !is(game->lines[ours], PAM_OURS))
		ours++;
	game->unix_agrees = true;
	game->skips_ours = true;
	run(game, 0, UNDEFINED);
	judgement->around = game->end;
	if (ours == game->n)
		return;
	judgement->ours = game->lines[ours];
	game->skips_ours = false;
	judge_denials(game, ours, judgement);
	game->unix_agrees = false;
	game->answer = PAM_CODE_SUCCESS;
	run(game, 0, UNDEFINED);
	judgement->admits = game->end != NULL;
}

int pam_judge(const struct pam_stack *stack, enum pam_phase phase,
	      struct pam_judgement *ret_judgement)
{
	struct pam_judgement judgement = { 0 };
	scope(scope_free) const struct pam_line **lines = NULL;
	scope(scope_free) bool *seen = NULL;
	scope(scope_free) struct position *open = NULL;
	size_t n_states = (stack->n_lines + 1) * _N_IMPRESSIONS * 2;
	struct game game = { 0 };

	lines = calloc(stack->n_lines + 1, sizeof(const struct pam_line *));
	seen = calloc(n_states, sizeof(*seen));
	open = calloc(n_states, sizeof(*open));
	if (!lines || !seen || !open)
		return -ENOMEM;
	for (size_t i = 0; i < stack->n_lines; i++)
		if (stack->lines[i].phase == phase)
			lines[game.n++] = &stack->lines[i];
	game.lines = lines;
	game.seen = seen;
	game.open = open;
	judge(&game, &judgement);
	*ret_judgement = judgement;
	return 0;
}
