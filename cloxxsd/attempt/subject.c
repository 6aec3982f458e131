/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/attempt/subject.h"

struct record subject_record(const struct subject *subject, int64_t now_us)
{
	return (struct record){
		.at_us = now_us,
		.user = subject->name,
		.actor = *subject->requester ? subject->requester
					     : subject->name,
		.service = subject->service,
		.address = record_text(subject->address),
		.terminal = record_text(subject->terminal),
	};
}
