/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/daemon/boot.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/text.h"

void boot_id(char ret_id[SESSION_BOOT_MAX])
{
	const char *named = secure_getenv("CLOXXS_BOOT_ID");
	char kernel[SD_ID128_STRING_MAX] = "";
	struct text text;
	sd_id128_t id;

	text_init(&text, ret_id, SESSION_BOOT_MAX);
	if (named && strspn(named, "0123456789abcdef") == strlen(named))
		text_add(&text, named);
	else if (sd_id128_get_boot(&id) >= 0)
		text_add(&text, sd_id128_to_string(id, kernel));
}
