/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nobody gets a uid that another one has, had, or is to have.
 *  2. Only root chooses homes, and changes whom only root changes.
 *  3. What was not named of somebody who is there stays as it is.
 */
#include "cloxxsd/service/settling.h"

#include <string.h>

#include "cloxxsd/service/admin.h"

void settling_deinit(struct settling *settling)
{
	settling->locals = local_accounts_free(settling->locals);
}

int settling_begin(struct settling *settling)
{
	const struct settings *settings = settling->service->attempts->settings;
	int r;

	settling->n_left = 0;
	settling->rest = false;
	settling->locals = local_accounts_free(settling->locals);
	r = local_accounts_load(&settling->locals);
	if (r == 0 && settling->begun)
		r = import_stage_unsettle(settling->stage);
	settling->begun = true;
	if (r == 0)
		r = user_free_uid(settling->service->state->store,
				  settings->uid_min, settings->uid_max,
				  &settling->next_uid);
	if (r == USER_E_UNKNOWN) {
		settling->next_uid = settings->uid_max + 1;
		r = 0;
	}
	import_stage_begin(settling->stage);
	return r;
}

bool settling_goes_on(struct settling *settling)
{
	if (settling->rest || settling->n_left == 0)
		return false;
	settling->rest = true;
	return true;
}

static bool may_have_home(const struct settling *settling,
			  const struct user *user, const char *before)
{
	char configured[USER_PATH_MAX];

	return settling->is_root || strcmp(user->home, before) == 0 ||
	       (admin_default_home(settling->service, user->name, configured) &&
		strcmp(user->home, configured) == 0);
}

/* What was not named stays as it is. */
static void merge(struct import_entry *entry, const struct user *before)
{
	struct user *user = &entry->user;

	if (!(entry->given & IMPORT_ROLE))
		user->role = before->role;
	if (!(entry->given & IMPORT_ENABLED))
		user->enabled = before->enabled;
	if (!(entry->given & IMPORT_SERVICES))
		memcpy(user->services, before->services,
		       sizeof(user->services));
	if (!(entry->given & IMPORT_SHELL))
		memcpy(user->shell, before->shell, sizeof(user->shell));
	if (!(entry->given & IMPORT_HOME))
		memcpy(user->home, before->home, sizeof(user->home));
	if (!(entry->given & IMPORT_NOT_BEFORE))
		user->not_before = before->not_before;
	if (!(entry->given & IMPORT_NOT_AFTER))
		user->not_after = before->not_after;
	if (!(entry->given & IMPORT_HOURS))
		memcpy(user->hours, before->hours, sizeof(user->hours));
	/* What a file cannot say. */
	user->protected = before->protected;
	user->break_glass = before->break_glass;
	if (!(entry->given & IMPORT_NETWORKS))
		memcpy(user->networks, before->networks,
		       sizeof(user->networks));
	if (!(entry->given & IMPORT_LANGUAGE))
		memcpy(user->language, before->language,
		       sizeof(user->language));
}

static int settle_existing(struct settling *settling,
			   struct import_entry *entry,
			   const struct user *before, struct text *fault)
{
	char details[IMPORT_DETAILS_MAX] = "";
	struct text text;

	if (entry->given & IMPORT_UID && entry->user.uid != before->uid)
		text_add_format(fault, "He has uid %u, which never changes.",
				before->uid);
	else if (entry->given & IMPORT_PASSWORD)
		text_add(fault, "He exists already: an import changes no "
				"password.");
	entry->user.uid = before->uid;
	merge(entry, before);
	text_init(&text, details, sizeof(details));
	admin_tell_changes(before, &entry->user, &text);
	entry->act = text.n > 0 ? IMPORT_CHANGE : IMPORT_NOTHING;
	if (fault->n > 0)
		return 0;
	if (!may_have_home(settling, &entry->user, before->home))
		text_add(fault, "home: " ADMIN_HOME_RULE);
	else if (entry->act == IMPORT_CHANGE && !settling->is_root &&
		 (before->protected || before->break_glass))
		text_add(fault, "Only root changes him.");
	else if (!admin_is_validity(&entry->user))
		text_add(fault, "not_after: " ADMIN_VALIDITY_RULE);
	else if (text_is_cut(&text))
		text_add(fault, "This is more than one record can tell.");
	else if (entry->act == IMPORT_CHANGE && !settling->update)
		text_add_format(fault,
				"He exists already and differs (%.150s): only "
				"an import with update changes users.",
				details);
	if (fault->n > 0)
		return 0;
	return import_stage_settle(settling->stage, entry, details);
}

static void add_defaults(struct settling *settling, struct import_entry *entry,
			 struct text *fault)
{
	const struct settings *settings = settling->service->attempts->settings;
	struct user *user = &entry->user;
	struct text shell;

	if (!(entry->given & IMPORT_SHELL)) {
		text_init(&shell, user->shell, sizeof(user->shell));
		text_add(&shell, settings->shell);
	}
	if (!(entry->given & IMPORT_HOME) &&
	    !admin_default_home(settling->service, user->name, user->home))
		text_add(fault, "home: It is too long.");
	else if (!admin_is_validity(user))
		text_add(fault, "not_after: " ADMIN_VALIDITY_RULE);
	else if (!may_have_home(settling, user, ""))
		text_add(fault, "home: " ADMIN_HOME_RULE);
}

/* Why uid cannot be had, as a sentence, "" where it can; -errno. */
static int weigh_uid(struct settling *settling, uint32_t uid,
		     struct text *fault)
{
	const struct settings *settings = settling->service->attempts->settings;
	const char *where = local_accounts_of_id(settling->locals, uid);
	bool used = false;
	int r;

	r = user_uid_is_used(settling->service->state->store, uid, &used);
	if (uid < settings->uid_min || uid > settings->uid_max)
		text_add_format(fault, "uid: It must lie in uid_range, %u-%u.",
				settings->uid_min, settings->uid_max);
	else if (used)
		text_add(fault, "uid: " ADMIN_UID_USED);
	else if (where)
		text_add_format(fault, "uid: It stands in %s.", where);
	return r;
}

/* The next one that nobody has, had, or is to have. */
static int choose_uid(struct settling *settling, uint32_t *ret_uid,
		      struct text *fault)
{
	const struct settings *settings = settling->service->attempts->settings;
	bool taken = true;
	int r = 0;

	while (r == 0 && taken && settling->next_uid <= settings->uid_max) {
		*ret_uid = settling->next_uid++;
		taken = local_accounts_of_id(settling->locals, *ret_uid) !=
			NULL;
		if (!taken)
			r = import_stage_has_uid(settling->stage, *ret_uid,
						 &taken);
	}
	if (r == 0 && taken)
		text_add(fault, "No uid is left: widen uid_range in "
				"cloxxsd.conf.");
	return r;
}

/* Whether the wanted uid can be had; else none was. */
static int weigh_wanted(struct settling *settling, struct import_entry *entry)
{
	char sentence[160] = "";
	struct text text;
	bool taken = false;
	int r;

	text_init(&text, sentence, sizeof(sentence));
	r = weigh_uid(settling, entry->user.uid, &text);
	if (r == 0)
		r = import_stage_has_uid(settling->stage, entry->user.uid,
					 &taken);
	if (r == 0 && (taken || text.n > 0))
		entry->given &= ~(uint32_t)IMPORT_WANTED_UID;
	return r;
}

static int settle_new(struct settling *settling, struct import_entry *entry)
{
	char details[IMPORT_DETAILS_MAX];
	const struct user *user = &entry->user;
	struct text text;

	entry->act = IMPORT_ADD;
	text_init(&text, details, sizeof(details));
	text_add_format(&text, "uid %u, role %s, services \"%s\"%s%s",
			user->uid, user_role_name(user->role), user->services,
			user->password.n > 0 ? ", with a hash" : "",
			user->enabled ? "" : ", disabled");
	admin_tell_validity(user, &text);
	return import_stage_settle(settling->stage, entry, details);
}

/* Somebody new: he is settled now, or left for the rest where he is to be
 * given a uid. */
static int look_at_new(struct settling *settling, struct import_entry *entry,
		       struct text *fault)
{
	const char *where =
		local_accounts_of_name(settling->locals, entry->user.name);
	bool rest = settling->rest, is_group;
	int r;

	r = project_has_group(settling->service->state->store, entry->user.name,
			      &is_group);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	if (is_group) {
		text_add(fault, "name: It is that of a group of a project.");
		return 0;
	}
	if (where) {
		text_add_format(fault,
				"name: It stands in %s: remove that account "
				"first.",
				where);
		return 0;
	}
	add_defaults(settling, entry, fault);
	if (fault->n == 0 && entry->given & IMPORT_UID)
		r = weigh_uid(settling, entry->user.uid, fault);
	else if (fault->n == 0 && entry->given & IMPORT_WANTED_UID)
		r = weigh_wanted(settling, entry);
	if (r < 0 || fault->n > 0)
		return r;
	if (!(entry->given & (IMPORT_UID | IMPORT_WANTED_UID))) {
		if (!rest) {
			settling->n_left++;
			return 0;
		}
		r = choose_uid(settling, &entry->user.uid, fault);
		if (r < 0 || fault->n > 0)
			return r;
	}
	return settle_new(settling, entry);
}

static int look_at(struct settling *settling, struct import_entry *entry,
		   struct text *fault)
{
	struct user before;
	int r;

	if (entry->act != IMPORT_UNSETTLED)
		return 0;
	r = user_find(settling->service->state->store, entry->user.name,
		      &before);
	if (r == 0)
		return settle_existing(settling, entry, &before, fault);
	if (r == USER_E_UNKNOWN)
		return look_at_new(settling, entry, fault);
	return r < 0 ? r : -EIO;
}

int settling_settle(struct settling *settling, struct import_entry *entry,
		    struct text *fault)
{
	int r = look_at(settling, entry, fault);

	if (r == IMPORT_E_TWICE) {
		text_add(fault, "uid: Another user of this import has it.");
		r = 0;
	}
	return r > 0 ? -EIO : r;
}
