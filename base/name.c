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

/*
 * By length, for each look-up of a user asks: groups of Debian and its
 * packages, and of other systems' sudoers, that give more than their members'
 * own rights.
 */
static const char reserved[16][9][16] = {
	[2] = { "lp" },
	[3] = { "adm", "bin", "kvm", "lxd", "man", "sys", "tty" },
	[4] = { "disk", "kmem", "mail", "root", "sudo", "sync", "utmp",
		"uucp" },
	[5] = { "admin", "incus", "input", "proxy", "staff", "video", "wheel" },
	[6] = { "backup", "daemon", "docker", "netdev", "nobody", "podman",
		"render", "shadow" },
	[7] = { "libvirt", "lpadmin", "nogroup", "plugdev" },
	[8] = { "operator", "ssl-cert", "www-data" },
	[9] = { "wireshark" },
	[11] = { "incus-admin" },
	[12] = { "libvirt-qemu" },
	[15] = { "systemd-journal" },
};

bool name_is_reserved(const char *name, size_t n)
{
	if (n < 1 || n >= ARRAY_SIZE(reserved))
		return false;
	for (size_t i = 0; reserved[n][i][0] != '\0'; i++)
		if (reserved[n][i][0] == name[0] &&
		    memcmp(reserved[n][i], name, n) == 0)
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
