/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Access model: what an access map must answer, said once more and as plainly
 * as can be: an array of who may what. Changes are numbered and random, so that
 * a reader in another process can follow them.
 */

#include "cloxxsd/publish/access_writer.h"

#define MODEL_USERS 6
#define MODEL_PROJECTS 20 /* more than a user's record has room for */
#define MODEL_GROUPS 3
/* Everyone, users, groups. */
#define MODEL_HOLDERS (1 + MODEL_USERS + MODEL_GROUPS)

struct model_change {
	unsigned char kind, who, project, rights;
	unsigned char groups; /* a bit for each */
	bool flag;
	int64_t from, until;
};

struct model {
	struct {
		bool there;
		int64_t not_before, not_after;
		unsigned char groups;
		bool renamed;
	} users[MODEL_USERS];
	struct {
		bool there, archived, renamed;
	} projects[1 + MODEL_PROJECTS]; /* 0: every project */
	struct {
		uint32_t rights;
		int64_t until;
	} grants[MODEL_HOLDERS][1 + MODEL_PROJECTS];
};

/* Someone asks. */
struct model_question {
	char user[16], project[16];
	unsigned int u, p; /* whom and what they name, if they are there */
	uint32_t right;
	int64_t now;
};

void model_init(struct model *model);
/* One that the model can take as it stands. */
struct model_change model_draw(const struct model *model, unsigned int *seed);
void model_apply(struct model *model, const struct model_change *change);
/* The same to the map: what the writer returns. */
int model_try(struct access_writer *writer, const struct model_change *change);
/* Whether readers see nothing of it where that fails. */
bool model_is_whole(const struct model_change *change);
/* The same; asserts. */
void model_write(struct access_writer *writer,
		 const struct model_change *change);

struct model_question model_ask(unsigned int *seed);
enum access_reason model_answer(const struct model *model,
				const struct model_question *question,
				uint32_t *ret_rights);
/* What the map says to it. */
enum access_reason model_check(const struct map *map,
			       const struct model_question *question,
			       uint32_t *ret_rights);
