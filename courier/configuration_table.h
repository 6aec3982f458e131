/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Configuration table: the sections of cloxxs-courier.conf that stand in it
 * once. Internal to configuration.
 */

#include "courier/configuration.h"

extern const struct key_table configuration_tables[];
extern const size_t configuration_tables_n;
