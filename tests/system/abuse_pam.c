/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that logs people in with PAM, as its arguments say, in order:
 *
 *   abuse_pam SERVICE USER OPERATION ...
 *
 *   item:rhost=TEXT tty= ruser= user=   pam_set_item()
 *   env:NAME=VALUE                      pam_putenv()
 *   answer:TEXT                         for the next question; without one
 *                                       the conversation fails
 *   conv:null conv:empty                no conversation; NULL for an answer
 *   auth account open close chauthtok chauthtok:expired
 *   cred:establish|delete|reinitialize|refresh
 *   getenv:NAME getuser
 *
 * Prints what the conversation and each phase gave, one a line. Goes on after
 * a phase that failed: what a caller may do, is done.
 */
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct talk {
	pam_handle_t *pamh;
	const char *answers[64];
	int n, next;
	int empty;
	FILE *out;
};

static int converse(int n, const struct pam_message **messages,
		    struct pam_response **ret_responses, void *data)
{
	static const char *const names[] = { "", "ASK", "ASK-ECHO", "ERROR",
					     "INFO" };
	struct pam_response *responses = calloc((size_t)n, sizeof(*responses));
	struct talk *talk = data;

	if (!responses)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		int style = messages[i]->msg_style;

		fprintf(talk->out, "%s %s\n",
			style >= 1 && style <= 4 ? names[style] : "?",
			messages[i]->msg);
		if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON)
			continue;
		if (talk->empty)
			continue;
		if (talk->next >= talk->n) {
			free(responses);
			return PAM_CONV_ERR;
		}
		responses[i].resp = strdup(talk->answers[talk->next++]);
	}
	*ret_responses = responses;
	return PAM_SUCCESS;
}

static int fail(FILE *out, const char *operation)
{
	fprintf(out, "cannot do %s\n", operation);
	return 0;
}

static int set_item(struct talk *talk, const char *operation)
{
	static const struct {
		const char *name;
		int item;
	} rows[] = { { "rhost=", PAM_RHOST },
		     { "tty=", PAM_TTY },
		     { "ruser=", PAM_RUSER },
		     { "user=", PAM_USER } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].name);

		if (strncmp(operation, rows[i].name, n) == 0)
			return pam_set_item(talk->pamh, rows[i].item,
					    operation + n) == PAM_SUCCESS;
	}
	return fail(talk->out, operation);
}

static int set_conversation(struct talk *talk, const char *how)
{
	const struct pam_conv none = { NULL, NULL };

	if (strcmp(how, "empty") == 0) {
		talk->empty = 1;
		return 1;
	}
	return pam_set_item(talk->pamh, PAM_CONV, &none) == PAM_SUCCESS;
}

static int run_phase(struct talk *talk, const char *operation)
{
	static const struct {
		const char *name;
		int (*run)(pam_handle_t *pamh, int flags);
		int flags;
	} rows[] = {
		{ "auth", pam_authenticate, 0 },
		{ "account", pam_acct_mgmt, 0 },
		{ "open", pam_open_session, 0 },
		{ "close", pam_close_session, 0 },
		{ "chauthtok", pam_chauthtok, 0 },
		{ "chauthtok:expired", pam_chauthtok,
		  PAM_CHANGE_EXPIRED_AUTHTOK },
		{ "cred:establish", pam_setcred, PAM_ESTABLISH_CRED },
		{ "cred:delete", pam_setcred, PAM_DELETE_CRED },
		{ "cred:reinitialize", pam_setcred, PAM_REINITIALIZE_CRED },
		{ "cred:refresh", pam_setcred, PAM_REFRESH_CRED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(operation, rows[i].name) == 0) {
			fprintf(talk->out, "%s %d\n", operation,
				rows[i].run(talk->pamh, rows[i].flags));
			return 1;
		}
	return fail(talk->out, operation);
}

static int print(struct talk *talk, const char *operation)
{
	const void *user = NULL;
	const char *value;

	if (strncmp(operation, "getenv:", 7) == 0) {
		value = pam_getenv(talk->pamh, operation + 7);
		fprintf(talk->out, "%s=%s\n", operation + 7,
			value ? value : "(none)");
		return 1;
	}
	(void)!pam_get_item(talk->pamh, PAM_USER, &user);
	fprintf(talk->out, "user=%s\n", user ? (const char *)user : "(none)");
	return 1;
}

static int operate(struct talk *talk, const char *operation)
{
	if (strncmp(operation, "item:", 5) == 0)
		return set_item(talk, operation + 5);
	if (strncmp(operation, "env:", 4) == 0)
		return pam_putenv(talk->pamh, operation + 4) == PAM_SUCCESS;
	if (strncmp(operation, "conv:", 5) == 0)
		return set_conversation(talk, operation + 5);
	if (strncmp(operation, "get", 3) == 0)
		return print(talk, operation);
	if (strncmp(operation, "answer:", 7) == 0) {
		if (talk->n == 64)
			return 0;
		talk->answers[talk->n++] = operation + 7;
		return 1;
	}
	return run_phase(talk, operation);
}

struct transaction {
	int argc;
	char **argv;
	char *text;
	size_t n;
	int status;
};

static void *run_transaction(void *data)
{
	struct transaction *transaction = data;
	struct talk talk = { 0 };
	const struct pam_conv conv = { converse, &talk };
	int status = 2, r;

	talk.out = open_memstream(&transaction->text, &transaction->n);
	r = pam_start(transaction->argv[1], transaction->argv[2], &conv,
		      &talk.pamh);
	if (r == PAM_SUCCESS) {
		status = 0;
		for (int i = 3; i < transaction->argc && status == 0; i++)
			status = operate(&talk, transaction->argv[i]) ? 0 : 2;
		pam_end(talk.pamh, 0);
	}
	fclose(talk.out);
	transaction->status = status;
	return NULL;
}

/* ABUSE_THREADS=N: the same transaction N times at once. */
int main(int argc, char **argv)
{
	const char *wanted = getenv("ABUSE_THREADS");
	int n = wanted ? atoi(wanted) : 1;
	struct transaction transactions[16];
	pthread_t threads[16];
	int status = 0;

	if (argc < 3 || n < 1 || n > 16)
		return 2;
	for (int i = 0; i < n; i++) {
		transactions[i] =
			(struct transaction){ argc, argv, NULL, 0, 2 };
		if (pthread_create(&threads[i], NULL, run_transaction,
				   &transactions[i]) != 0)
			return 2;
	}
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		fputs(transactions[i].text, stdout);
		free(transactions[i].text);
		status |= transactions[i].status;
	}
	return status;
}
