/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_cloxxs/conversation.h"

#include <security/_pam_types.h>
#include <stdlib.h>
#include <string.h>

static void response_free(struct pam_response *response)
{
	if (!response)
		return;
	if (response->resp) {
		explicit_bzero(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
}

static void response_freep(struct pam_response **response)
{
	response_free(*response);
	*response = NULL;
}

/* After an error the response is undefined (pam_conv(3)) and not looked at. */
static int converse(pam_handle_t *pamh, int style, const char *text,
		    struct pam_response **ret_response)
{
	const struct pam_message message = { style, text };
	const struct pam_message *messages[] = { &message };
	struct pam_response *response = NULL;
	const struct pam_conv *conversation;
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || !item)
		return CONVERSATION_E_FAILED;
	conversation = item;
	if (!conversation->conv ||
	    conversation->conv(1, messages, &response,
			       conversation->appdata_ptr) != PAM_SUCCESS)
		return CONVERSATION_E_FAILED;
	*ret_response = response;
	return 0;
}

int conversation_ask(pam_handle_t *pamh, const char *prompt, bool echo,
		     struct secret *ret_answer)
{
	scope(response_freep) struct pam_response *response = NULL;

	secret_deinit(ret_answer);
	if (converse(pamh, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF,
		     prompt, &response) != 0)
		return CONVERSATION_E_FAILED;
	if (!response || !response->resp)
		return CONVERSATION_E_FAILED;
	if (secret_set(ret_answer, response->resp, strlen(response->resp)) != 0)
		return CONVERSATION_E_UNFIT;
	return 0;
}

void conversation_show(pam_handle_t *pamh, const char *text, bool is_error)
{
	scope(response_freep) struct pam_response *response = NULL;

	(void)converse(pamh, is_error ? PAM_ERROR_MSG : PAM_TEXT_INFO, text,
		       &response);
}
