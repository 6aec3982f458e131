/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Word list: "a,b" as options and files have it, as the array that the daemon
 * takes. It judges no word.
 */

#include <jansson.h>

/* "" gives an empty one. NULL where it is not UTF-8, or without memory. */
json_t *word_list_json(const char *words);
