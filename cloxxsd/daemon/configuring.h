/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Configuring: what is recorded of settings that come into force: each
 * difference, and by itself what weakens a rule; those that root made while no
 * daemon ran as well, for which the store keeps what was in force last. It
 * loads no file.
 */

#include "cloxxsd/config/settings.h"
#include "cloxxsd/state/state.h"

/*
 * At the start: against what was in force when the daemon last ran. Nothing is
 * recorded where nothing differs, nor the first time. -errno: it could not be
 * read or not be written.
 */
must_check int configuring_begin(struct state *state,
				 const struct settings *settings);
/* At a reload. -errno: not written. */
must_check int configuring_loaded(struct state *state,
				  const struct settings *before,
				  const struct settings *after);
