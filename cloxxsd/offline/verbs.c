/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/offline.h"

#include "cloxxsd/offline/backup.h"
#include "cloxxsd/offline/key.h"
#include "cloxxsd/offline/check.h"
#include "cloxxsd/offline/recover.h"

#define REASON OFFLINE_BIT(OFFLINE_OPTION_REASON)
#define SERVICES OFFLINE_BIT(OFFLINE_OPTION_SERVICES)
#define IDENTITY OFFLINE_BIT(OFFLINE_OPTION_IDENTITY)

/* clang-format off */
const struct offline_verb offline_verbs[] = {
	{ .noun = "recover", .verb = "unlock", .operand = true,
	  .options = REASON, .required = REASON,
	  .needs = OFFLINE_NEEDS_STATE, .run = recover_unlock,
	  .ordinary = "use \"cloxxsctl user unlock\"" },
	{ .noun = "recover", .verb = "reset-password", .operand = true,
	  .options = REASON, .required = REASON,
	  .needs = OFFLINE_NEEDS_STATE, .run = recover_reset_password,
	  .ordinary = "use \"cloxxsctl user reset-password\"" },
	{ .noun = "recover", .verb = "administrator", .operand = true,
	  .options = REASON | SERVICES,
	  .needs = OFFLINE_NEEDS_STATE, .run = recover_administrator,
	  .ordinary = "use \"cloxxsctl user add\" or \"cloxxsctl user set\" "
		      "with --role administrator" },
	{ .noun = "recover", .verb = "maps",
	  .needs = OFFLINE_NEEDS_STATE, .run = recover_maps,
	  .ordinary = "use \"systemctl restart cloxxsd\", which writes them "
		      "anew" },
	{ .noun = "backup", .verb = "verify", .operand = true,
	  .operand_file = true, .options = IDENTITY, .for_anybody = true,
	  .needs = OFFLINE_NEEDS_NOTHING, .run = backup_verify },
	{ .noun = "backup", .verb = "restore", .operand = true,
	  .operand_file = true, .may_lack_key = true,
	  .options = IDENTITY | OFFLINE_BIT(OFFLINE_OPTION_ALLOW) |
		OFFLINE_BIT(OFFLINE_OPTION_DRY_RUN) |
		OFFLINE_BIT(OFFLINE_OPTION_YES),
	  .required = IDENTITY,
	  .needs = OFFLINE_NEEDS_LOCK, .run = backup_restore },
	{ .noun = "key", .verb = "recovery", .needs = OFFLINE_NEEDS_NOTHING,
	  .run = key_recovery },
	{ .noun = "recover", .verb = "check", .gathers = true,
	  .needs = OFFLINE_NEEDS_LOCK, .run = recover_check,
	  .ordinary = "use \"cloxxsctl doctor\"" },
	{ .noun = NULL },
};
