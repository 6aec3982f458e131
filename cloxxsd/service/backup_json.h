/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Backup JSON: a backup as the type Backup of nl.cloxxs.Admin tells it. */

#include <jansson.h>

#include "cloxxsd/backup/archive_header.h"
#include "cloxxsd/state/backups.h"

/* made: NULL where it is not known. NULL without memory. */
json_t *backup_json(const char *file, const struct archive_header *header,
		    const struct backup_made *made);
/* One that is none; fault as archive_sentence() has it. */
json_t *backup_faulty_json(const char *file, uint64_t bytes, const char *fault);
