/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Catalogue: the translations of one language, as the build makes them of
 * po/LANGUAGE.po (po/compile.awk). For language.c alone.
 */

struct catalogue_entry {
	const char *source, *translation; /* NULL in the last one */
};

extern const struct catalogue_entry catalogue_nl[];
