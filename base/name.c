/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/name.h"

#include <string.h>

#include "base/scope.h"

/* The C locale's classes, whatever the host program has set. */
static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool name_is_user(const char *name, size_t n)
{
	if (n < 1 || n > NAME_USER_MAX)
		return false;
	if (!is_lower(name[0]) && name[0] != '_')
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_lower(name[i]) && !is_digit(name[i]) &&
		    name[i] != '_' && name[i] != '-')
			return false;
	return true;
}

/* Groups of Debian and its packages, and of other systems' sudoers, that give
 * more than their members' own rights. */
static const char reserved[][16] = {
	"adm",       "admin",    "backup",   "bin",     "daemon",
	"disk",      "docker",   "incus",    "input",   "incus-admin",
	"kmem",      "kvm",      "libvirt",  "lp",      "libvirt-qemu",
	"lpadmin",   "lxd",      "mail",     "man",     "netdev",
	"nobody",    "nogroup",  "operator", "plugdev", "podman",
	"proxy",     "render",   "root",     "shadow",  "ssl-cert",
	"staff",     "sudo",     "sync",     "sys",     "systemd-journal",
	"tty",       "utmp",     "uucp",     "video",   "wheel",
	"wireshark", "www-data",
};

bool name_is_reserved(const char *name, size_t n)
{
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(reserved); i++)
		if (n < sizeof(reserved[i]) && reserved[i][0] == name[0] &&
		    strncmp(reserved[i], name, n) == 0 &&
		    reserved[i][n] == '\0')
			return true;
	return false;
}

bool name_is_service(const char *name, size_t n)
{
	if (n < 1 || n > NAME_SERVICE_MAX || !is_alnum(name[0]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_alnum(name[i]) && name[i] != '.' && name[i] != '_' &&
		    name[i] != '-')
			return false;
	return true;
}

bool name_is_path(const char *path, size_t n)
{
	if (n < 1 || n > 255 || path[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (path[i] <= ' ' || path[i] > '~' || path[i] == ':')
			return false;
		if (path[i] == '/' && n - i >= 3 && path[i + 1] == '.' &&
		    path[i + 2] == '.' && (n - i == 3 || path[i + 3] == '/'))
			return false;
	}
	return true;
}
