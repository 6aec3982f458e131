/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/scope.h"
#include "tests/unit/fake_pam.h"

/* Appends, and stops at the end: a test that needs more would fail visibly. */
static void append(char *to, size_t size, const char *text)
{
	size_t n = strlen(to);

	snprintf(to + n, size - n, "%s", text);
}

static const char *style_name(int style)
{
	switch (style) {
	case PAM_PROMPT_ECHO_OFF:
		return "off:";
	case PAM_PROMPT_ECHO_ON:
		return "on:";
	case PAM_ERROR_MSG:
		return "error:";
	case PAM_TEXT_INFO:
		return "info:";
	default:
		return "?:";
	}
}

static char *huge_answer(void)
{
	char *answer = malloc((1 << 20) + 1);

	if (answer) {
		memset(answer, 'x', 1 << 20);
		answer[1 << 20] = '\0';
	}
	return answer;
}

static int respond(struct fake_user *person, enum fake_fault fault,
		   struct pam_response **ret_response)
{
	struct pam_response *response;
	const char *answer;

	if (fault == FAKE_NO_RESPONSE)
		return PAM_SUCCESS;
	answer = person->answers[person->n_prompts - 1];
	if (!answer && fault == FAKE_NO_FAULT)
		return PAM_CONV_ERR;
	response = calloc(1, sizeof(*response));
	if (!response)
		return PAM_BUF_ERR;
	if (fault == FAKE_HUGE_ANSWER)
		response->resp = huge_answer();
	else if (fault != FAKE_NULL_ANSWER)
		response->resp = strdup(answer);
	*ret_response = response;
	return PAM_SUCCESS;
}

static int converse(int n, const struct pam_message **messages,
		    struct pam_response **ret_response, void *userdata)
{
	struct fake_user *person = userdata;
	int style = messages[0]->msg_style;
	enum fake_fault fault = FAKE_NO_FAULT;

	if (n != 1)
		return PAM_CONV_ERR;
	append(person->transcript, sizeof(person->transcript),
	       style_name(style));
	append(person->transcript, sizeof(person->transcript),
	       messages[0]->msg);
	append(person->transcript, sizeof(person->transcript), "|");
	if (style != PAM_PROMPT_ECHO_ON && style != PAM_PROMPT_ECHO_OFF)
		return PAM_SUCCESS;
	if (person->n_prompts++ == person->fault_at)
		fault = person->fault;
	if (fault == FAKE_CONV_AGAIN)
		return PAM_CONV_AGAIN;
	if (fault == FAKE_CONV_ERR ||
	    (person->fault == FAKE_ECHO_FAILS && style == PAM_PROMPT_ECHO_ON))
		return PAM_CONV_ERR;
	return respond(person, fault, ret_response);
}

void fake_pam_init(struct pam_handle *pam)
{
	*pam = (struct pam_handle){ 0 };
	pam->conversation = (struct pam_conv){ converse, &pam->person };
	pam->has_conversation = true;
}

void fake_pam_deinit(struct pam_handle *pam)
{
	for (size_t i = 0; i < ARRAY_SIZE(pam->data); i++)
		if (pam->data[i].cleanup)
			pam->data[i].cleanup(pam, pam->data[i].data,
					     PAM_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(pam->items); i++)
		free(pam->items[i]);
	for (size_t i = 0; i < ARRAY_SIZE(pam->variables); i++)
		free(pam->variables[i]);
}

void fake_pam_item(struct pam_handle *pam, int type, const char *value)
{
	free(pam->items[type]);
	pam->items[type] = value ? strdup(value) : NULL;
}

void fake_pam_variable(struct pam_handle *pam, const char *variable)
{
	if (pam_putenv(pam, variable) != PAM_SUCCESS)
		abort();
}

static struct fake_data *find_data(const struct pam_handle *pam,
				   const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(pam->data); i++)
		if (pam->data[i].name && strcmp(pam->data[i].name, name) == 0)
			return (struct fake_data *)&pam->data[i];
	return NULL;
}

const char *fake_pam_data(const struct pam_handle *pam, const char *name)
{
	const struct fake_data *data = find_data(pam, name);

	return data ? data->data : NULL;
}

/* Below: libpam's side, as its manual pages say. */

int pam_get_item(const pam_handle_t *pamh, int type, const void **ret_item)
{
	if (type == PAM_CONV)
		*ret_item = pamh->has_conversation ? &pamh->conversation : NULL;
	else
		*ret_item = pamh->items[type];
	return PAM_SUCCESS;
}

int pam_set_item(pam_handle_t *pamh, int type, const void *value)
{
	char *copy = strdup(value);

	if (!copy)
		return PAM_BUF_ERR;
	free(pamh->items[type]);
	pamh->items[type] = copy;
	return PAM_SUCCESS;
}

int pam_get_user(pam_handle_t *pamh, const char **ret_user, const char *prompt)
{
	(void)prompt;
	if (!pamh->items[PAM_USER])
		return PAM_CONV_ERR;
	*ret_user = pamh->items[PAM_USER];
	return PAM_SUCCESS;
}

static char **find_variable(const pam_handle_t *pamh, const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < ARRAY_SIZE(pamh->variables); i++)
		if (pamh->variables[i] &&
		    strncmp(pamh->variables[i], variable, n) == 0 &&
		    pamh->variables[i][n] == '=')
			return (char **)&pamh->variables[i];
	return NULL;
}

int pam_putenv(pam_handle_t *pamh, const char *variable)
{
	char **place = find_variable(pamh, variable), *copy;

	if (!strchr(variable, '=')) {
		if (!place)
			return PAM_BAD_ITEM;
		free(*place);
		*place = NULL;
		return PAM_SUCCESS;
	}
	copy = strdup(variable);
	if (!copy)
		return PAM_BUF_ERR;
	for (size_t i = 0; !place && i < ARRAY_SIZE(pamh->variables); i++)
		if (!pamh->variables[i])
			place = &pamh->variables[i];
	if (!place)
		abort();
	free(*place);
	*place = copy;
	return PAM_SUCCESS;
}

const char *pam_getenv(pam_handle_t *pamh, const char *name)
{
	char **place = find_variable(pamh, name);

	return place ? *place + strlen(name) + 1 : NULL;
}

int pam_set_data(pam_handle_t *pamh, const char *name, void *data,
		 void (*cleanup)(pam_handle_t *, void *, int))
{
	struct fake_data *place = find_data(pamh, name);
	char *probe;

	if (place) {
		if (place->cleanup)
			place->cleanup(pamh, place->data,
				       PAM_DATA_REPLACE | PAM_SUCCESS);
		*place = (struct fake_data){ name, data, cleanup };
		return PAM_SUCCESS;
	}
	/* libpam allocates here: so that it can fail here. */
	probe = malloc(1);
	if (!probe)
		return PAM_BUF_ERR;
	free(probe);
	for (size_t i = 0; i < ARRAY_SIZE(pamh->data); i++)
		if (!pamh->data[i].name) {
			pamh->data[i] =
				(struct fake_data){ name, data, cleanup };
			return PAM_SUCCESS;
		}
	abort();
}

int pam_get_data(const pam_handle_t *pamh, const char *name,
		 const void **ret_data)
{
	const struct fake_data *place = find_data(pamh, name);

	if (!place)
		return PAM_NO_MODULE_DATA;
	*ret_data = place->data;
	return PAM_SUCCESS;
}

int pam_fail_delay(pam_handle_t *pamh, unsigned int delay_us)
{
	pamh->fail_delay_us = delay_us;
	return PAM_SUCCESS;
}

void pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
	struct pam_handle *pam = (struct pam_handle *)pamh;
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	append(pam->log, sizeof(pam->log),
	       priority == LOG_DEBUG ? "debug:" : "");
	append(pam->log, sizeof(pam->log), line);
	append(pam->log, sizeof(pam->log), "\n");
}

struct passwd *pam_modutil_getpwnam(pam_handle_t *pamh, const char *user)
{
	pamh->n_lookups++;
	if (pamh->system_errno != 0) {
		errno = pamh->system_errno;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(pamh->accounts); i++)
		if (pamh->accounts[i].name &&
		    strcmp(pamh->accounts[i].name, user) == 0) {
			pamh->entry.pw_uid = pamh->accounts[i].uid;
			return &pamh->entry;
		}
	return NULL;
}

/* Without the second question, which is libpam's affair. */
int pam_get_authtok(pam_handle_t *pamh, int item, const char **ret_token,
		    const char *prompt)
{
	const struct pam_message message = { PAM_PROMPT_ECHO_OFF,
					     prompt ? prompt
						    : "New password: " };
	const struct pam_message *messages[] = { &message };
	struct pam_response *response = NULL;
	int r = PAM_SUCCESS;

	if (!pamh->items[item]) {
		r = converse(1, messages, &response, &pamh->person);
		if (r == PAM_SUCCESS && response && response->resp)
			r = pam_set_item(pamh, item, response->resp);
		if (response)
			free(response->resp);
		free(response);
	}
	if (r == PAM_SUCCESS)
		*ret_token = pamh->items[item];
	return r;
}
