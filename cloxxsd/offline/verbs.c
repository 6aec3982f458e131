/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/offline/offline.h"

#include "cloxxsd/offline/recover.h"

#define REASON OFFLINE_BIT(OFFLINE_OPTION_REASON)
#define SERVICES OFFLINE_BIT(OFFLINE_OPTION_SERVICES)

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
	{ .noun = NULL },
};
