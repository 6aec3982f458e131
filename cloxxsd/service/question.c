/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/service/question.h"

#include <string.h>

#include "cloxxsd/service/admin.h"

/* What is wrong with the member that name names. */
struct fault {
	const char *name, *message;
};

static struct fault read_names(json_t *parameters, struct subject *subject)
{
	const char *user = admin_string(parameters, "user");
	const char *service = admin_string(parameters, "service");
	const char *address = admin_string(parameters, "address");
	const char *terminal = admin_string(parameters, "terminal");

	if (!name_is_service(service, strlen(service)))
		return (struct fault){ "service",
				       "A service is named by letters, digits, "
				       "'.', '_' and '-', 64 at most." };
	if (address && address_canonical(address, subject->address) != 0)
		return (struct fault){ "address", "It is no numeric address." };
	subject->comes_from_afar = address != NULL;
	/* The method's row has bounded each of them. */
	memcpy(subject->name, user, strlen(user) + 1);
	memcpy(subject->service, service, strlen(service) + 1);
	if (terminal)
		memcpy(subject->terminal, terminal, strlen(terminal) + 1);
	return (struct fault){ 0 };
}

bool question_read(struct service *service, struct varlink_call *call,
		   json_t *parameters, struct subject *ret_subject)
{
	json_t *system_uid = json_object_get(parameters, "system_uid");
	struct subject subject = { 0 };
	struct fault fault = read_names(parameters, &subject);
	struct user user;
	int r;

	if (fault.name) {
		(void)!admin_invalid(call, fault.name, fault.message);
		return false;
	}
	r = user_find(service->state->store, subject.name, &user);
	if (r != 0 && r != USER_E_UNKNOWN) {
		(void)!admin_unavailable(call, ADMIN_UNREADABLE);
		return false;
	}
	subject.has_system_uid = json_is_integer(system_uid) || r == 0;
	if (json_is_integer(system_uid))
		subject.system_uid = json_integer_value(system_uid);
	else if (r == 0)
		subject.system_uid = user.uid;
	*ret_subject = subject;
	return true;
}
