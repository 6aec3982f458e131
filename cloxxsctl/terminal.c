/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "base/scope.h"
#include "base/text.h"

/* As Documentation/admin-guide/devices.txt of the kernel gives them out. */
static const struct {
	unsigned int major, first, last;
	const char *name;
} kinds[] = {
	{ 4, 0, 63, "tty" },
	{ 4, 64, 255, "ttyS" },
	{ 204, 64, 79, "ttyAMA" },
	{ 229, 0, 255, "hvc" },
};

void terminal_name_of(unsigned int major, unsigned int minor,
		      char ret_name[TERMINAL_NAME_MAX])
{
	struct text text;

	text_init(&text, ret_name, TERMINAL_NAME_MAX);
	if (major == 5 && minor == 1) {
		text_add(&text, "console");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].major == major && minor >= kinds[i].first &&
		    minor <= kinds[i].last) {
			text_add_format(&text, "%s%u", kinds[i].name,
					minor - kinds[i].first);
			return;
		}
	if (major >= 136 && major <= 143)
		text_add_format(&text, "pts/%u", (major - 136) * 256 + minor);
	else
		text_add_format(&text, "device %u:%u", major, minor);
}

bool terminal_name(char ret_name[TERMINAL_NAME_MAX])
{
	scope(scope_close) int fd =
		open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	unsigned int device;

	if (fd < 0 || ioctl(fd, TIOCGDEV, &device) < 0)
		return false;
	/* The kernel's new_encode_dev(). */
	terminal_name_of((device & 0xfff00) >> 8,
			 (device & 0xff) | ((device >> 12) & 0xfff00),
			 ret_name);
	return true;
}
