/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Setting order: which of two values of a setting asks less of those who come
 * in. It compares one key at a time, as values are written; whether another key
 * makes up for it is not its question.
 */

#include <stdbool.h>

#include "cloxxsd/config/setting_type.h"

/* What is stricter. */
enum setting_stricter {
	SETTING_STRICTER_NEITHER, /* a change of it weakens nothing */
	SETTING_STRICTER_LOWER,
	SETTING_STRICTER_LOWER_OFF, /* and 0, or off, is not asked at all */
	SETTING_STRICTER_HIGHER,
	SETTING_STRICTER_HIGHER_OFF, /* and 0 has no end */
	SETTING_STRICTER_FEWER,      /* in the list */
	SETTING_STRICTER_FEWER_NONE, /* and none is not asked at all */
	SETTING_STRICTER_MORE,       /* in the list */
	SETTING_STRICTER_ONE,        /* any value rather than none */
	SETTING_STRICTER_HOURS,      /* fewer minutes of the week */
	SETTING_STRICTER_CODE,       /* asked in more places */
};

/* Whether a change from before to after weakens. What cannot be read as that
 * type does. */
bool setting_is_weaker(enum setting_stricter stricter, enum setting_type type,
		       const struct setting_bounds *bounds, const char *before,
		       const char *after);
