/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Configuration table: the sections of cloxxs-courier.conf that stand in it
 * once. Internal to configuration.
 */

#include "courier/configuration.h"

enum configuration_table {
	TABLE_COURIER,
	TABLE_SMS,
	TABLE_MAIL,
	TABLE_COUNTRIES,
	_TABLES,
};

extern const struct key_table configuration_tables[];
extern const size_t configuration_tables_n;
