/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Geoip: hands a country database over to the daemon, which can read no file of
 * others, piece by piece: one that an administrator names, or the one that the
 * courier fetched. What the file is worth the daemon says.
 */

#include <jansson.h>

#include "cloxxsctl/ctl.h"

int geoip_run_import(struct ctl *ctl, const struct command *command);
/* Has the courier fetch one, and the daemon take it in. */
int geoip_run_update(struct ctl *ctl, const struct command *command);
/*
 * The same with the file at path, for who shows the reply in a way of his own.
 * STATUS_OK, or an exit status, told, upon which nothing is returned.
 */
int geoip_import(const struct ctl *ctl, const struct command *command,
		 const char *path, json_t **ret_reply);
/*
 * The same with what fd reads, a file at path that the courier fetched from
 * source: the daemon holds it against the one in force.
 */
int geoip_adopt(const struct ctl *ctl, const struct command *command,
		const char *source, const char *path, int fd,
		json_t **ret_reply);
