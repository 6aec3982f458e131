/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * SSH key: one row for each public key by which a user may come in over SSH,
 * and who gave it to him. Reading only: keys change through state/change.h, and
 * go with their user. Whether he may come in at all is not said here.
 */

#include "cloxxsd/state/ssh_key_line.h"
#include "cloxxsd/state/user.h"

/* So many a user: sshd tries each of them. */
#define SSH_KEYS_MAX 64
/* Who added it, as records have actors. */
#define SSH_KEY_ACTOR_MAX 40

struct ssh_key {
	struct ssh_key_line line;
	int64_t added_at;
	char added_by[SSH_KEY_ACTOR_MAX];
};

/* USER_E_UNKNOWN where uid has no key of that fingerprint. */
must_check int ssh_key_find(struct store *store, uint32_t uid,
			    const char *fingerprint, struct ssh_key *ret_key);
must_check int ssh_key_count(struct store *store, uint32_t uid,
			     uint32_t *ret_n);
/*
 * Each key of uid, the oldest first; what each returns other than 0 ends it.
 * each may change no key of store.
 */
must_check int ssh_key_for_each(struct store *store, uint32_t uid,
				int (*each)(const struct ssh_key *key,
					    void *userdata),
				void *userdata);
