/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An application as small as one can be, by the installed library:
 *
 *	login|change USER ADDRESS ANSWER...  a conversation; then, for a login,
 *	                                     a session, named on stdout
 *	session USER ADDRESS                 a session without a login
 *	check|close USER SESSION [ADDRESS]
 *	record N USER ADDRESS ACTION         N records, one after the other
 *
 * What came of each call is a line on stdout.
 */
#include <cloxxs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE "accounts"

static const char *verdict(const struct cloxxs_login *login)
{
	switch (cloxxs_login_verdict(login)) {
	case CLOXXS_ALLOW:
		return "allow";
	case CLOXXS_CHANGE:
		return "change";
	case CLOXXS_UNAVAILABLE:
		return "unavailable";
	case CLOXXS_DENY:
		break;
	}
	return "deny";
}

static int tell(const char *what, int r, const struct cloxxs_login *login)
{
	printf("%s %s %s %s\n", what, cloxxs_error_name(r), verdict(login),
	       cloxxs_login_reference(login));
	printf("text %s\n", cloxxs_login_text(login));
	return r == 0 && cloxxs_login_verdict(login) == CLOXXS_ALLOW ? 0 : 1;
}

static struct cloxxs_login *begin(const char *service, const char *user,
				  const char *address)
{
	struct cloxxs_login *login;

	if (cloxxs_login_new(user, service, &login) != 0 ||
	    (address && cloxxs_login_set(login, CLOXXS_ITEM_ADDRESS, address)))
		exit(2);
	cloxxs_login_set_deadlines(login, 60000, 30000);
	return login;
}

static int open_session(struct cloxxs_login *login)
{
	int r = tell("session", cloxxs_login_open_session(login), login);

	if (r == 0)
		printf("id %s\n", cloxxs_login_get(login, CLOXXS_ITEM_SESSION));
	return r;
}

static int converse(struct cloxxs_login *login, enum cloxxs_purpose purpose,
		    char **answers)
{
	int r = cloxxs_login_start(login, purpose);

	while (r == 0 && cloxxs_login_step(login) != CLOXXS_STEP_DONE &&
	       *answers) {
		printf("step %d %s\n", (int)cloxxs_login_step(login),
		       cloxxs_login_text(login));
		r = cloxxs_login_answer(login, *answers, strlen(*answers));
		answers++;
	}
	return tell("login", r, login);
}

static int about_session(const char *what, const char *user, const char *id,
			 const char *address)
{
	struct cloxxs_login *login = begin(SERVICE, user, address);
	int r;

	if (cloxxs_login_set(login, CLOXXS_ITEM_SESSION, id) != 0)
		return 2;
	if (strcmp(what, "check") == 0)
		r = tell(what, cloxxs_login_check_session(login), login);
	else
		r = cloxxs_login_close_session(login);
	cloxxs_login_free(login);
	return r != 0;
}

static int record(int n, char **argv)
{
	const char *const details[] = { "by", "library", NULL };
	struct cloxxs_action action = { .size = sizeof(action),
					.user = argv[0],
					.address = argv[1],
					.project = "budget-2027",
					.action = argv[2],
					.result = CLOXXS_RESULT_DONE,
					.details = details };
	struct cloxxs_audit *audit;
	int64_t sequence;
	char object[32];

	if (cloxxs_audit_new(SERVICE, &audit) != 0)
		return 2;
	cloxxs_audit_set_deadline(audit, 60000);
	for (int i = 0; i < n; i++) {
		int r;

		(void)snprintf(object, sizeof(object), "line %d", i);
		action.object = object;
		r = cloxxs_audit_record(audit, &action, &sequence);
		if (r == 0)
			printf("recorded %lld %d\n", (long long)sequence, i);
		else
			printf("error %s %d\n", cloxxs_error_name(r), i);
		fflush(stdout);
	}
	cloxxs_audit_free(audit);
	return 0;
}

int main(int argc, char **argv)
{
	const char *service = getenv("SERVICE");
	struct cloxxs_login *login;
	int r;

	if (argc < 4)
		return 2;
	if (strcmp(argv[1], "record") == 0)
		return argc == 6 ? record(atoi(argv[2]), argv + 3) : 2;
	if (strcmp(argv[1], "check") == 0 || strcmp(argv[1], "close") == 0)
		return about_session(argv[1], argv[2], argv[3], argv[4]);
	login = begin(service ? service : SERVICE, argv[2], argv[3]);
	if (strcmp(argv[1], "login") == 0) {
		r = converse(login, CLOXXS_LOGIN, argv + 4);
		r = r == 0 ? open_session(login) : r;
	} else if (strcmp(argv[1], "change") == 0) {
		r = converse(login, CLOXXS_CHANGE_PASSWORD, argv + 4);
	} else {
		r = open_session(login);
	}
	cloxxs_login_free(login);
	return r;
}
