/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/services.h"

#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/text.h"
#include "cloxxsctl/request.h"

/* As pam.d(5) has it: the host's, and what a distribution brings. */
static bool is_known(const char *service)
{
	static const char *const directories[] = { "/etc/pam.d/",
						   "/usr/lib/pam.d/" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		char path[128];
		struct text text;

		text_init(&text, path, sizeof(path));
		text_add(&text, directories[i]);
		text_add(&text, service);
		if (text_is_cut(&text) || access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* The application of that name; NULL: there is none, or nobody can say. */
static const json_t *application_of(const json_t *status, const char *service)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(status, "applications"), i, one)
	{
		if (strcmp(output_member(one, "service", ""), service) == 0)
			return one;
	}
	return NULL;
}

static void warn_of(const struct ctl *ctl, const struct command *command,
		    const json_t *status, const char *service)
{
	const json_t *application = application_of(status, service);
	const char *fault = output_member(application, "fault", NULL);
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	if (application && !fault)
		return;
	text_init(&text, sentence, sizeof(sentence));
	if (application) {
		const char *account = output_member(application, "account", "");

		text_add(&text, "warning: nobody speaks for the service ");
		text_add_format(&text, "\"%s\" yet: account ", service);
		output_add_foreign(&text, account, strnlen(account, 100));
		text_add(&text, " ");
		output_add_foreign(&text, fault, strnlen(fault, 200));
	} else {
		text_add_format(&text,
				"warning: there is no /etc/pam.d/%s on this "
				"host%s; is \"%s\" the service that was "
				"meant?",
				service,
				status ? ", and no account that speaks for it"
				       : "",
				service);
	}
	failure_print(ctl->errors, command, sentence);
}

/* The first service of *word, which goes on behind it; false at the end. */
static bool next(const char **word, char ret_service[NAME_SERVICE_MAX + 1])
{
	while (**word) {
		const char *begin = *word;
		size_t n = strcspn(begin, ",");

		*word += n + (begin[n] == ',');
		if (n > NAME_SERVICE_MAX || !name_is_service(begin, n))
			continue;
		memcpy(ret_service, begin, n);
		ret_service[n] = '\0';
		return true;
	}
	return false;
}

void services_warn(struct ctl *ctl, const struct command *command,
		   const json_t *reply)
{
	const char *word = command->values[OPTION_SERVICES];
	scope(json_decrefp) json_t *status = NULL;
	char service[NAME_SERVICE_MAX + 1];
	bool asked = false;

	(void)reply;
	while (word && next(&word, service)) {
		if (is_known(service))
			continue;
		if (!asked)
			status = request_try(ctl, "nl.cloxxs.Admin.Status",
					     NULL);
		asked = true;
		warn_of(ctl, command, status, service);
	}
}
