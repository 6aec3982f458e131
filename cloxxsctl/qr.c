/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/qr.h"

#include <qrencode.h>
#include <stdbool.h>
#include <string.h>

/* So much light around it that it is found. */
#define MARGIN 2

static void free_code(QRcode **code)
{
	if (!*code)
		return;
	explicit_bzero((*code)->data,
		       (size_t)(*code)->width * (size_t)(*code)->width);
	QRcode_free(*code);
}

static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

/* Upper and lower half of one character: light is what is printed. */
static const char *block(bool upper_dark, bool lower_dark)
{
	static const char *const blocks[] = { "█", "▀", "▄", " " };

	return blocks[2 * upper_dark + lower_dark];
}

int qr_write(FILE *stream, const char *text)
{
	scope(free_code) QRcode *code = NULL;

	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return errno > 0 ? -errno : -ENOMEM;
	for (int y = -MARGIN; y < code->width + MARGIN; y += 2) {
		fputs("\033[97;40m", stream);
		for (int x = -MARGIN; x < code->width + MARGIN; x++)
			fputs(block(is_dark(code, x, y),
				    is_dark(code, x, y + 1)),
			      stream);
		fputs("\033[0m\n", stream);
	}
	return 0;
}
