/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * QR: a text as a picture of blocks on a terminal, that a telephone reads
 * (ISO/IEC 18004, by libqrencode). Two rows of the picture in one of the
 * terminal; dark on light whatever the terminal's colours are.
 */

#include <stdio.h>

#include "base/scope.h"

/* -errno; -ERANGE: too long a text. The picture is wiped from memory. */
must_check int qr_write(FILE *stream, const char *text);
