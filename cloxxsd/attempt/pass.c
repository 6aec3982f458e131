/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. A pass opens nothing for another user, service, address or peer.
 *  2. Each phase takes it once; the session ends it.
 *  3. Its text is compared in constant time.
 */
#include "cloxxsd/attempt/pass.h"

#include <sodium.h>
#include <string.h>

#include "base/address.h"
#include "base/name.h"
#include "base/secret.h"

#define N_RANDOM 16

struct pass {
	bool used;
	bool taken[_PASS_PHASE_N];
	char text[PASS_TEXT_MAX];
	uint32_t uid;
	uid_t peer;
	struct pass_proof proof;
	char service[NAME_SERVICE_MAX + 1];
	char address[ADDRESS_TEXT_MAX];
	int64_t until_us;
};

struct passes {
	uint32_t max, next;
	struct pass passes[];
};

int passes_new(uint32_t max, struct passes **ret_passes)
{
	struct passes *passes;

	passes = calloc(1, sizeof(*passes) + max * sizeof(passes->passes[0]));
	if (!passes)
		return -ENOMEM;
	passes->max = max;
	*ret_passes = passes;
	return 0;
}

struct passes *passes_free(struct passes *passes)
{
	if (!passes)
		return NULL;
	explicit_bzero(passes->passes, passes->max * sizeof(passes->passes[0]));
	free(passes);
	return NULL;
}

int pass_give(struct passes *passes, const struct pass_binding *binding,
	      const struct pass_proof *proof, int64_t until_us,
	      char ret_text[PASS_TEXT_MAX])
{
	const char *address = binding->address ? binding->address : "";
	struct pass *pass = &passes->passes[passes->next];
	uint8_t random[N_RANDOM];

	if (strlen(binding->service) >= sizeof(pass->service) ||
	    strlen(address) >= sizeof(pass->address))
		return -ENAMETOOLONG;
	passes->next = (passes->next + 1) % passes->max;
	*pass = (struct pass){ .used = true,
			       .uid = binding->uid,
			       .peer = binding->peer,
			       .proof = *proof,
			       .until_us = until_us };
	memcpy(pass->service, binding->service, strlen(binding->service));
	memcpy(pass->address, address, strlen(address));
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(pass->text, sizeof(pass->text), random, sizeof(random));
	sodium_memzero(random, sizeof(random));
	memcpy(ret_text, pass->text, PASS_TEXT_MAX);
	return 0;
}

static bool is_bound(const struct pass *pass,
		     const struct pass_binding *binding)
{
	return pass->uid == binding->uid && pass->peer == binding->peer &&
	       strcmp(pass->service, binding->service) == 0 &&
	       strcmp(pass->address,
		      binding->address ? binding->address : "") == 0;
}

bool pass_take(struct passes *passes, const char *text,
	       const struct pass_binding *binding, enum pass_phase phase,
	       int64_t now_us, struct pass_proof *ret_proof)
{
	if (strlen(text) != PASS_TEXT_MAX - 1)
		return false;
	for (uint32_t i = 0; i < passes->max; i++) {
		struct pass *pass = &passes->passes[i];

		if (!pass->used ||
		    !secret_equal_bytes(pass->text, text, PASS_TEXT_MAX - 1))
			continue;
		if (!is_bound(pass, binding) || now_us >= pass->until_us ||
		    pass->taken[phase])
			return false;
		pass->taken[phase] = true;
		*ret_proof = pass->proof;
		if (phase == PASS_PHASE_SESSION)
			explicit_bzero(pass, sizeof(*pass));
		return true;
	}
	return false;
}

void pass_revoke(struct passes *passes, uint32_t uid)
{
	for (uint32_t i = 0; i < passes->max; i++)
		if (passes->passes[i].uid == uid)
			explicit_bzero(&passes->passes[i],
				       sizeof(passes->passes[i]));
}
