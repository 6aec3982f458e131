/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/subject.h"

#include <string.h>

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

bool subject_is_unattended(const char *service)
{
	static const char *const services[] = { "systemd-user", "cron", "crond",
						"atd" };

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (strcmp(services[i], service) == 0)
			return true;
	return false;
}
