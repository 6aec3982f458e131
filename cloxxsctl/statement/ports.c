/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/statement/ports.h"

#include <stdlib.h>
#include <string.h>

#include "cloxxsctl/doctor/lines.h"

#define LISTENING "0A" /* TCP_LISTEN */

struct ports {
	unsigned int numbers[PORTS_MAX];
	size_t n;
};

static void add(struct ports *ports, unsigned int port)
{
	size_t at = 0;

	while (at < ports->n && ports->numbers[at] < port)
		at++;
	if (ports->n == PORTS_MAX ||
	    (at < ports->n && ports->numbers[at] == port))
		return;
	memmove(&ports->numbers[at + 1], &ports->numbers[at],
		(ports->n - at) * sizeof(ports->numbers[0]));
	ports->numbers[at] = port;
	ports->n++;
}

/* "0100007F:0016": the address in the host's order of bytes, word by word. */
static bool is_loopback(const char *address)
{
	switch (strcspn(address, ":")) {
	case 8:
		return strncmp(address + 6, "7F", 2) == 0;
	case 32:
		/* ::1, or 127.0.0.0/8 as ::ffff:127.x */
		return strncmp(address, "00000000000000000000000001000000",
			       32) == 0 ||
		       (strncmp(address, "0000000000000000FFFF0000", 24) == 0 &&
			strncmp(address + 30, "7F", 2) == 0);
	}
	return false;
}

static int read_table(const struct host *host, const char *path,
		      struct ports *ports)
{
	scope(scope_free) char *table = NULL;
	struct lines lines;
	int r;

	r = host_read(host, path, &table);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	lines = lines_of(table);
	(void)lines_next(&lines);
	for (char *line; (line = lines_next(&lines));) {
		char *rest = line;
		const char *number = lines_word(&rest);
		const char *local = lines_word(&rest);
		const char *remote = lines_word(&rest);
		const char *state = lines_word(&rest);

		if (!number || !remote || !state ||
		    strcmp(state, LISTENING) != 0 || !strchr(local, ':') ||
		    is_loopback(local))
			continue;
		add(ports,
		    (unsigned int)strtoul(strchr(local, ':') + 1, NULL, 16));
	}
	return 0;
}

int ports_listening(const struct host *host, struct text *text)
{
	struct ports ports = { .n = 0 };
	int r;

	r = read_table(host, "/proc/net/tcp", &ports);
	if (r == 0)
		r = read_table(host, "/proc/net/tcp6", &ports);
	for (size_t i = 0; r == 0 && i < ports.n; i++)
		text_add_format(text, "%s%u", i > 0 ? " " : "",
				ports.numbers[i]);
	return r < 0 ? r : (int)ports.n;
}
