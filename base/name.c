/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/name.h"

#include <string.h>

#include "base/scope.h"

/* What a byte may be part of, in the C locale, whatever the host program has
 * set. A table, for each look-up of a name asks. */
enum class {
	CLASS_USER_FIRST = 1 << 0,
	CLASS_USER = 1 << 1,
	CLASS_SERVICE_FIRST = 1 << 2,
	CLASS_SERVICE = 1 << 3,
	CLASS_PATH = 1 << 4, /* but for the slash */
};

#define LOWER                                                                  \
	(CLASS_USER_FIRST | CLASS_USER | CLASS_SERVICE_FIRST | CLASS_SERVICE | \
	 CLASS_PATH)
#define UPPER (CLASS_SERVICE_FIRST | CLASS_SERVICE | CLASS_PATH)
#define DIGIT (CLASS_USER | CLASS_SERVICE_FIRST | CLASS_SERVICE | CLASS_PATH)
#define OTHER CLASS_PATH

static const unsigned char classes[256] = {
	['!' ... ','] = OTHER,
	['-'] = CLASS_USER | CLASS_SERVICE | CLASS_PATH,
	['.'] = CLASS_SERVICE | CLASS_PATH,
	['0' ... '9'] = DIGIT,
	[';' ... '@'] = OTHER,
	['A' ... 'Z'] = UPPER,
	['[' ... '^'] = OTHER,
	['_'] = CLASS_USER_FIRST | CLASS_USER | CLASS_SERVICE | CLASS_PATH,
	['`'] = OTHER,
	['a' ... 'z'] = LOWER,
	['{' ... '~'] = OTHER,
};

static bool is_of(char c, enum class class)
{
	return classes[(unsigned char)c] & class;
}

bool name_is_user(const char *name, size_t n)
{
	if (n < 1 || n > NAME_USER_MAX || !is_of(name[0], CLASS_USER_FIRST))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_of(name[i], CLASS_USER))
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
	if (n < 1 || n > NAME_SERVICE_MAX ||
	    !is_of(name[0], CLASS_SERVICE_FIRST))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_of(name[i], CLASS_SERVICE))
			return false;
	return true;
}

bool name_is_project(const char *name, size_t n)
{
	static const char every[] = "every-project";

	_Static_assert(NAME_PROJECT_MAX == NAME_SERVICE_MAX, "one rule");
	return name_is_service(name, n) &&
	       !(n == sizeof(every) - 1 && memcmp(name, every, n) == 0);
}

/* Whether ".." and no more stands there. */
static bool is_parent(const char *part, size_t n)
{
	return n >= 2 && part[0] == '.' && part[1] == '.' &&
	       (n == 2 || part[2] == '/');
}

bool name_is_path(const char *path, size_t n)
{
	if (n < 1 || n > 255 || path[0] != '/')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_of(path[i], CLASS_PATH))
			continue;
		if (path[i] != '/' || is_parent(path + i + 1, n - i - 1))
			return false;
	}
	return true;
}

static bool is_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Whether the four bytes before at are \xNN, which is no letter of a word. */
static bool is_behind_escape(const char *text, const char *at)
{
	return at - text >= 4 && at[-4] == '\\' && at[-3] == 'x';
}

const char *name_find_word(const char *text, const char *name)
{
	size_t n = strlen(name);

	if (n == 0)
		return NULL;
	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		/* Before "=" it is what something is called. */
		if (!is_of_word(at[n]) && at[n] != '=' &&
		    (at == text || !is_of_word(at[-1]) ||
		     is_behind_escape(text, at)))
			return at;
	return NULL;
}
