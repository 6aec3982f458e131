/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/key.h"

#include <string.h>

#include "cloxxsd/state/recovery.h"

enum offline_status key_recovery(struct offline *offline)
{
	char identity_text[RECOVERY_IDENTITY_TEXT];
	char public_text[RECOVERY_PUBLIC_TEXT], id[KEY_ID_TEXT];
	struct recovery_identity identity;
	json_t *answer;

	recovery_identity_make(&identity);
	recovery_write_identity(&identity, identity_text);
	recovery_write_public(identity.public_key, public_text);
	recovery_id(identity.public_key, id);
	recovery_identity_wipe(&identity);
	answer = json_pack("{s:s, s:s, s:s}", "id", id, "public_key",
			   public_text, "identity", identity_text);
	explicit_bzero(identity_text, sizeof(identity_text));
	return offline_answer(offline, answer);
}
