/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Undo: the acts of the record backwards. What somebody else changed since is
 * left as it is, and told of. Key, store and users stay: they cannot be had
 * back.
 */
#include "cloxxsctl/setup/setup.h"

#include <string.h>

struct undo {
	struct setup *setup;
	unsigned int n_left; /* what could not be taken back */
};

static void leave(struct undo *undo, const char *what, const char *why)
{
	undo->n_left++;
	fprintf(undo->setup->ctl->errors, "cloxxsctl: setup undo: %s: %s\n",
		what, why);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !a && !b;
}

/* Stacks are pam-auth-update's: once it has run they must be what they were. */
static bool is_stack(const struct record_act *act)
{
	return strncmp(act->about, "/etc/pam.d/common-",
		       strlen("/etc/pam.d/common-")) == 0;
}

static void undo_file(struct undo *undo, const struct record_act *act)
{
	const struct record *record = &undo->setup->record;
	scope(scope_free) char *old = NULL, *new = NULL, *now = NULL;
	int r;

	r = record_tidy_file(act->about);
	if (r == 0 && act->was_there)
		r = record_text(record, act, true, &old);
	if (r == 0)
		r = record_text(record, act, false, &new);
	if (r == 0)
		r = record_read_file(act->about, &now);
	if (r < 0 && r != -ENOENT) {
		leave(undo, act->about, "cannot be read");
		return;
	}
	if (same(now, old))
		return;
	if (is_stack(act) || !same(now, new)) {
		char why[160];
		struct text text;

		text_init(&text, why, sizeof(why));
		text_add_format(&text,
				"was changed since and is left; what it was "
				"is kept in " RECORD_DIRECTORY "/%u.old",
				act->number);
		leave(undo, act->about, why);
		return;
	}
	r = old ? record_write_file(act->about, old, act->mode, act->uid,
				    act->gid)
	    : unlink(act->about) < 0 ? -errno
				     : 0;
	if (r < 0)
		leave(undo, act->about, strerrordesc_np(-r));
	else
		fprintf(undo->setup->stream, "%s: as it was\n", act->about);
}

static void undo_command(struct undo *undo, const char *const *argv)
{
	if (setup_command(undo->setup, argv) != STATUS_OK)
		undo->n_left++;
	else
		fprintf(undo->setup->stream, "%s %s %s\n",
			strrchr(argv[0], '/') + 1, argv[1], argv[2]);
}

static void undo_profile(struct undo *undo, const struct record_act *act)
{
	const char *const argv[] = { SETUP_PAM_UPDATE, "--disable", act->about,
				     NULL };

	undo_command(undo, argv);
}

static void undo_unit(struct undo *undo, const struct record_act *act)
{
	const char *const argv[] = { SETUP_SYSTEMCTL,
				     strcmp(act->kind, "started") == 0
					     ? "stop"
					     : "disable",
				     act->about, NULL };

	if (setup_has_systemd(undo->setup))
		undo_command(undo, argv);
}

static void keep(struct undo *undo, const struct record_act *act)
{
	static const struct {
		const char *kind, *sentence;
	} rows[] = {
		{ "key", "stays: nobody can open the store without it" },
		{ "recovery-key", "stays: the store is sealed to it" },
		{ "administrator", "stays in the store, and gets in nowhere" },
		{ "user", "stays: the store is this user's" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].kind, act->kind) == 0)
			fprintf(undo->setup->stream, "%s %s\n", act->about,
				rows[i].sentence);
}

static const struct {
	const char *kind;
	void (*undo)(struct undo *undo, const struct record_act *act);
} kinds[] = {
	{ "profile", undo_profile }, { "file", undo_file },
	{ "started", undo_unit },    { "enabled", undo_unit },
	{ "administrator", keep },   { "key", keep },
	{ "recovery-key", keep },    { "user", keep },
};

static void undo_all(struct undo *undo)
{
	struct record *record = &undo->setup->record;

	for (size_t i = record->n; i-- > 0;) {
		const struct record_act *act = &record->acts[i];

		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
			if (strcmp(kinds[k].kind, act->kind) == 0)
				kinds[k].undo(undo, act);
		/* sshd reads what is there now, before users are gone. */
		if (strcmp(act->about, SETUP_SNIPPET) == 0 &&
		    setup_reload_sshd(undo->setup) != STATUS_OK)
			undo->n_left++;
	}
}

int setup_undo(struct setup *setup)
{
	struct undo undo = { .setup = setup };
	int r;

	if (setup->dry) {
		for (size_t i = setup->record.n; i-- > 0;)
			fprintf(setup->stream, "would take back: %s %s\n",
				setup->record.acts[i].kind,
				setup->record.acts[i].about);
		return STATUS_OK;
	}
	undo_all(&undo);
	if (undo.n_left > 0)
		return ctl_fail(setup->ctl, setup->command, STATUS_CONFLICT,
				"not all was taken back; mend what is named "
				"above, and call again");
	r = record_remove(&setup->record, RECORD_DIRECTORY);
	if (r < 0)
		return setup_fail(setup, RECORD_DIRECTORY, r);
	fputs("All is as it was before setup. " CLOXXS_CONFDIR
	      " and " CLOXXS_STATEDIR " stay until you remove them.\n",
	      setup->stream);
	return STATUS_OK;
}
