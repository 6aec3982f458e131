/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/key_credential.h"

#include <fcntl.h>

#include "cloxxsctl/program.h"

#define DECRYPTER "/usr/bin/systemd-creds"

/* Where cloxxsd(8) says that it may stand. */
static const char *find_credential(void)
{
	static const char *const places[] = {
		CLOXXS_CONFDIR "/cloxxs.key.cred",
		"/etc/credstore.encrypted/cloxxs.key",
	};

	if (access(CLOXXS_CONFDIR "/cloxxs.key", F_OK) == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], F_OK) == 0)
			return places[i];
	return NULL;
}

int key_credential_open(int *ret_fd)
{
	scope(program_answer_freep) struct program_answer *key = NULL;
	const char *place = find_credential();
	const char *const argv[] = {
		"systemd-creds", "decrypt", "--name=cloxxs.key",
		place,           "-",       NULL
	};
	int ends[2], r;

	*ret_fd = -1;
	if (!place)
		return 0;
	r = program_ask(DECRYPTER, argv, &key);
	if (r != 0)
		return r < 0 ? r : -EKEYREJECTED;
	/* It fits in the pipe, so that nobody need write while it is read. */
	if (key->n > 4096)
		return -EKEYREJECTED;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = write(ends[1], key->bytes, key->n) == (ssize_t)key->n ? 0 : -EIO;
	scope_close(&ends[1]);
	if (r == 0)
		*ret_fd = scope_take_fd(&ends[0]);
	scope_close(&ends[0]);
	return r;
}
