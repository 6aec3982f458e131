/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/subject.h"

#include <stdio.h>
#include <string.h>

#include "cloxxsd/attempt/reference.h"

const char *subject_address(const struct subject *subject)
{
	return record_text(*subject->address ? subject->address
					     : subject->login_address);
}

struct record subject_record(const struct subject *subject, int64_t now_us)
{
	return (struct record){
		.at_us = now_us,
		.user = subject->name,
		.actor = *subject->requester ? subject->requester
					     : subject->name,
		.service = subject->service,
		.address = subject_address(subject),
		.within = record_text(subject->within),
		.terminal = record_text(subject->terminal),
	};
}

struct user_failure subject_failure(const struct subject *subject,
				    enum reason reason,
				    const char reference[REFERENCE_MAX],
				    int64_t now_us)
{
	struct user_failure failure = { .at = now_us / 1000000 };

	memcpy(failure.service, subject->service, sizeof(failure.service));
	memcpy(failure.address, subject->address, sizeof(failure.address));
	memcpy(failure.terminal, subject->terminal, sizeof(failure.terminal));
	(void)snprintf(failure.reason, sizeof(failure.reason), "%s",
		       reason_name(reason));
	memcpy(failure.reference, reference, REFERENCE_MAX);
	return failure;
}

_Static_assert(sizeof((struct user_claim){ 0 }.requester) ==
		       sizeof((struct subject){ 0 }.requester),
	       "who asks, as a claim keeps it");

struct user_claim subject_claim(const struct subject *subject, int64_t now_us)
{
	const char *address = subject_address(subject);
	const char reference[REFERENCE_MAX] = "";
	struct user_claim claim = { .failure = subject_failure(
					    subject, REASON_INTERRUPTED,
					    reference, now_us) };

	(void)snprintf(claim.failure.address, sizeof(claim.failure.address),
		       "%s", address ? address : "");
	memcpy(claim.requester, subject->requester, sizeof(claim.requester));
	return claim;
}

bool subject_is_unattended(const char *service)
{
	static const char *const services[] = { "systemd-user", "cron", "crond",
						"atd" };

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (strcmp(services[i], service) == 0)
			return true;
	return false;
}
