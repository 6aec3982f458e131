/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Schema: the store's tables, as numbered migrations: number n brings a store
 * of version n-1 to n and is never edited once released.
 */

#include <stddef.h>

/* "CLXX": a database that does not say so is not ours. */
#define SCHEMA_APPLICATION_ID 0x434c5858

size_t schema_version(void);
/* from 1 to schema_version() */
const char *schema_migration(size_t version);
