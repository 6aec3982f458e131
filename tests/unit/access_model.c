/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/access_model.h"

enum kind {
	SET_USER,
	REMOVE_USER,
	SET_PROJECT,
	REMOVE_PROJECT,
	SET_GRANT,
	REMOVE_GRANT,
};

#define FIRST_UID 70000
#define FIRST_PROJECT 500
#define FIRST_GROUP 3

static unsigned int draw(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) / 7 % n;
}

void model_init(struct model *model)
{
	*model = (struct model){ 0 };
	model->projects[0].there = true;
}

static uint32_t holder_of(unsigned int who)
{
	if (who == 0)
		return ACCESS_EVERYONE;
	return who <= MODEL_USERS
		       ? FIRST_UID + who - 1
		       : ACCESS_GROUP_BIT |
				 (FIRST_GROUP + who - MODEL_USERS - 1);
}

static uint32_t project_of(unsigned int p)
{
	return p == 0 ? ACCESS_EVERY_PROJECT : FIRST_PROJECT + p;
}

static void user_name(char *name, size_t n, unsigned int u, bool renamed)
{
	(void)snprintf(name, n, "%s%u", renamed ? "other" : "user", u);
}

static void project_name(char *name, size_t n, unsigned int p, bool renamed)
{
	(void)snprintf(name, n, "%s%u", renamed ? "Other-" : "budget-", p);
}

struct model_change model_draw(const struct model *model, unsigned int *seed)
{
	static const unsigned char kinds[] = {
		SET_USER,     SET_USER,  SET_PROJECT, REMOVE_USER,
		SET_GRANT,    SET_GRANT, SET_GRANT,   SET_GRANT,
		SET_GRANT,    SET_GRANT, SET_GRANT,   SET_GRANT,
		REMOVE_GRANT, SET_GRANT, SET_GRANT,   REMOVE_GRANT
	};
	static const unsigned char rights[] = { ACCESS_READ,
						ACCESS_READ | ACCESS_WRITE,
						ACCESS_WRITE,
						ACCESS_READ,
						ACCESS_READ | ACCESS_WRITE,
						ACCESS_READ,
						ACCESS_WRITE,
						ACCESS_DENY };
	static const int64_t times[] = { 0, 0, 10, 20 };
	struct model_change change = {
		.kind = kinds[draw(seed, ARRAY_SIZE(kinds))],
		.project = (unsigned char)draw(seed, 1 + MODEL_PROJECTS),
		.rights = rights[draw(seed, ARRAY_SIZE(rights))],
		.groups = (unsigned char)draw(seed, 1 << MODEL_GROUPS),
		.flag = draw(seed, 8) == 0,
		.from = times[draw(seed, 4)],
		.until = times[draw(seed, 4)],
	};

	/* Mostly users: they have their grants in two places. */
	change.who = (unsigned char)(draw(seed, 3) == 0
					     ? draw(seed, MODEL_HOLDERS)
					     : 1 + draw(seed, MODEL_USERS));
	if (draw(seed, 40) == 0)
		change.kind = REMOVE_PROJECT;
	switch ((enum kind)change.kind) {
	case SET_USER:
	case REMOVE_USER:
		change.who = (unsigned char)draw(seed, MODEL_USERS);
		break;
	case SET_PROJECT:
	case REMOVE_PROJECT:
		change.project =
			(unsigned char)(1 + draw(seed, MODEL_PROJECTS));
		break;
	case SET_GRANT:
		if (!model->projects[change.project].there)
			change.kind = SET_PROJECT;
		break;
	case REMOVE_GRANT:
		break;
	}
	return change;
}

void model_apply(struct model *model, const struct model_change *change)
{
	switch ((enum kind)change->kind) {
	case SET_USER:
		model->users[change->who].there = true;
		model->users[change->who].not_before = change->from;
		model->users[change->who].not_after = change->until;
		model->users[change->who].groups = change->groups;
		model->users[change->who].renamed = change->flag;
		break;
	case REMOVE_USER:
		model->users[change->who].there = false;
		break;
	case SET_PROJECT:
		model->projects[change->project].there = true;
		model->projects[change->project].archived = change->groups == 0;
		model->projects[change->project].renamed = change->flag;
		break;
	case REMOVE_PROJECT:
		model->projects[change->project].there = false;
		for (unsigned int i = 0; i < MODEL_HOLDERS; i++)
			model->grants[i][change->project].rights = 0;
		break;
	case SET_GRANT:
		model->grants[change->who][change->project].rights =
			change->rights;
		model->grants[change->who][change->project].until =
			change->until;
		break;
	case REMOVE_GRANT:
		model->grants[change->who][change->project].rights = 0;
		break;
	}
}

static int write_user(struct access_writer *writer,
		      const struct model_change *change)
{
	uint32_t groups[MODEL_GROUPS], n = 0;
	char name[16];
	struct access_user user = {
		.uid = FIRST_UID + change->who,
		.name = name,
		.not_before = change->from,
		.not_after = change->until,
		.groups = groups,
	};

	user_name(name, sizeof(name), change->who, change->flag);
	user.n_name = strlen(name);
	for (unsigned int i = 0; i < MODEL_GROUPS; i++)
		if (change->groups & 1 << i)
			groups[n++] = FIRST_GROUP + i;
	user.n_groups = n;
	return access_writer_set_user(writer, &user);
}

static int write_project(struct access_writer *writer,
			 const struct model_change *change)
{
	char name[16];
	struct access_project project = {
		.id = project_of(change->project),
		.name = name,
		.archived = change->groups == 0,
	};

	project_name(name, sizeof(name), change->project, change->flag);
	project.n_name = strlen(name);
	return access_writer_set_project(writer, &project);
}

int model_try(struct access_writer *writer, const struct model_change *change)
{
	const struct access_grant grant = {
		.holder = holder_of(change->who),
		.project = project_of(change->project),
		.rights = change->rights,
		.until = change->until,
	};

	switch ((enum kind)change->kind) {
	case SET_USER:
		return write_user(writer, change);
	case REMOVE_USER:
		return access_writer_remove_user(writer,
						 FIRST_UID + change->who);
	case SET_PROJECT:
		return write_project(writer, change);
	case REMOVE_PROJECT:
		return access_writer_remove_project(
			writer, project_of(change->project));
	case SET_GRANT:
		return access_writer_set_grant(writer, &grant);
	case REMOVE_GRANT:
		return access_writer_remove_grant(writer, grant.holder,
						  grant.project);
	}
	return -EINVAL;
}

void model_write(struct access_writer *writer,
		 const struct model_change *change)
{
	assert_int_equal(model_try(writer, change), 0);
}

bool model_is_whole(const struct model_change *change)
{
	return change->kind != REMOVE_PROJECT;
}

struct model_question model_ask(unsigned int *seed)
{
	struct model_question question = {
		.u = draw(seed, MODEL_USERS),
		.p = 1 + draw(seed, MODEL_PROJECTS),
		.right = 1 + draw(seed, 3),
		.now = 5 + 10 * draw(seed, 3),
	};

	/* Mostly by the name that they have. */
	user_name(question.user, sizeof(question.user), question.u,
		  draw(seed, 8) == 0);
	project_name(question.project, sizeof(question.project), question.p,
		     draw(seed, 8) == 0);
	return question;
}

static bool in_force(const struct model *model, unsigned int who,
		     unsigned int p, int64_t now)
{
	return model->grants[who][p].until == 0 ||
	       now < model->grants[who][p].until;
}

enum access_reason model_answer(const struct model *model,
				const struct model_question *question,
				uint32_t *ret_rights)
{
	uint32_t had = 0, ended = 0, rights;
	const unsigned int u = question->u;
	char user[16], project[16];

	*ret_rights = 0;
	user_name(user, sizeof(user), u, model->users[u].renamed);
	project_name(project, sizeof(project), question->p,
		     model->projects[question->p].renamed);
	if (!model->users[u].there || strcmp(user, question->user) != 0)
		return ACCESS_UNKNOWN_USER;
	if (!model->projects[question->p].there ||
	    strcmp(project, question->project) != 0)
		return ACCESS_UNKNOWN_PROJECT;
	if (model->users[u].not_before > question->now)
		return ACCESS_NOT_YET_VALID;
	if (model->users[u].not_after &&
	    model->users[u].not_after < question->now)
		return ACCESS_NO_LONGER_VALID;
	for (unsigned int who = 0; who < MODEL_HOLDERS; who++) {
		unsigned int group = who - MODEL_USERS - 1;

		if (who > MODEL_USERS ? !(model->users[u].groups & 1 << group)
				      : who != 0 && who != u + 1)
			continue;
		for (unsigned int p = 0; p <= MODEL_PROJECTS; p++)
			if (p != 0 && p != question->p)
				continue;
			else if (in_force(model, who, p, question->now))
				had |= model->grants[who][p].rights;
			else
				ended |= model->grants[who][p].rights & 3;
	}
	if (had & ACCESS_DENY)
		return ACCESS_DENIED;
	rights = model->projects[question->p].archived ? had & 1 : had;
	*ret_rights = rights;
	if ((rights & question->right) == question->right)
		return ACCESS_ALLOWED;
	if ((had & question->right) == question->right)
		return ACCESS_ARCHIVED;
	return ((had | ended) & question->right) == question->right
		       ? ACCESS_ENDED
		       : ACCESS_NO_GRANT;
}

enum access_reason model_check(const struct map *map,
			       const struct model_question *question,
			       uint32_t *ret_rights)
{
	const struct access_question asked = {
		.user = question->user,
		.n_user = strlen(question->user),
		.project = question->project,
		.n_project = strlen(question->project),
		.right = question->right,
		.now = question->now,
	};

	return access_check(map, &asked, ret_rights);
}
