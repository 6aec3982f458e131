/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold:
 *  1. Nobody's keys are told whom a login by key would not let in, as far as
 *     that can be known before anybody proved anything: by the same rules.
 *  2. It changes nothing and records nothing: anybody who can reach sshd has it
 *     asked, for any name, as often as he likes.
 */
#include "cloxxsd/service/service.h"

#include <string.h>

#include "cloxxsd/state/ssh_key.h"

static const char *string_of(json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

/* The parameter that cannot be, or NULL. The method's row bounded them. */
static const char *read_subject(json_t *parameters, struct subject *ret_subject)
{
	json_t *system_uid = json_object_get(parameters, "system_uid");
	const char *user = string_of(parameters, "user");
	const char *service = string_of(parameters, "service");
	const char *address = string_of(parameters, "address");
	struct subject subject = { .comes_from_afar = address != NULL };

	if (!name_is_service(service, strlen(service)))
		return "service";
	memcpy(subject.name, user, strlen(user) + 1);
	memcpy(subject.service, service, strlen(service) + 1);
	/* What is no numeric address is no address: names are not looked up. */
	if (address && address_canonical(address, subject.address) != 0)
		subject.address[0] = '\0';
	subject.has_system_uid = json_is_integer(system_uid);
	subject.system_uid = json_integer_value(system_uid);
	*ret_subject = subject;
	return NULL;
}

int service_authorized_keys(
	struct service *service, const struct subject *subject,
	int (*each)(const struct ssh_key *key, void *userdata), void *userdata)
{
	struct login_facts facts;
	struct user user;
	int r;

	r = attempt_gather(service->attempts, subject, LOGIN_PURPOSE_KEYS,
			   &user, &facts);
	if (r < 0)
		return r;
	facts.from_anywhere = !subject->comes_from_afar;
	if (login_decide(&facts).verdict != VERDICT_ALLOW)
		return 0;
	return ssh_key_for_each(service->state->store, user.uid, each,
				userdata);
}

static int send_key(const struct ssh_key *key, void *userdata)
{
	return varlink_call_continue(userdata,
				     json_pack("{s:s}", "key", key->line.key));
}

int login_authorized_keys(struct varlink_call *call, json_t *parameters,
			  void *userdata)
{
	struct service *service = userdata;
	struct subject subject;
	const char *wrong = read_subject(parameters, &subject);
	int r;

	if (wrong)
		return varlink_call_invalid(call, wrong);
	r = service_authorized_keys(service, &subject, send_key, call);
	if (r == 0)
		return varlink_call_reply_empty(call);
	return r < 0 ? r : -EBADMSG;
}
