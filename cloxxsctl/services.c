/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsctl/services.h"

#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "base/text.h"

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

static void warn_of(const struct ctl *ctl, const struct command *command,
		    const char *service)
{
	char sentence[FAILURE_LINE_MAX];
	struct text text;

	text_init(&text, sentence, sizeof(sentence));
	text_add_format(&text,
			"warning: there is no /etc/pam.d/%s on this host; "
			"is \"%s\" the service that was meant?",
			service, service);
	failure_print(ctl->errors, command, sentence);
}

void services_warn(const struct ctl *ctl, const struct command *command)
{
	const char *word = command->values[OPTION_SERVICES];

	while (word && *word) {
		size_t n = strcspn(word, ",");
		char service[65] = "";

		if (n < sizeof(service) && name_is_service(word, n)) {
			memcpy(service, word, n);
			if (!is_known(service))
				warn_of(ctl, command, service);
		}
		word += n + (word[n] == ',');
	}
}
