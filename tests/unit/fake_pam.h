/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Fake PAM: as much of libpam as the module calls, for one thread, with what
 * it was told kept for the test to see; a user who answers by a script; and a
 * system that knows who the test says. It forks nothing and logs nowhere.
 */

#include <pwd.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

#define FAKE_ANSWERS_MAX 80

/* How the application's conversation goes wrong. */
enum fake_fault {
	FAKE_NO_FAULT,
	FAKE_NO_CONVERSATION, /* no PAM_CONV */
	FAKE_NO_FUNCTION,     /* conv is NULL */
	FAKE_CONV_ERR,        /* PAM_CONV_ERR, as for Ctrl-C and Ctrl-D */
	FAKE_CONV_AGAIN,
	FAKE_NO_RESPONSE, /* PAM_SUCCESS and no response */
	FAKE_NULL_ANSWER, /* a response without an answer */
	FAKE_HUGE_ANSWER, /* of 1 MiB */
	FAKE_ECHO_FAILS,  /* prompts with echo fail: sshpam_passwd_conv */
};

struct fake_user {
	const char *answers[FAKE_ANSWERS_MAX]; /* ended by NULL */
	enum fake_fault fault;
	int fault_at;          /* the prompt that it happens at */
	int n_prompts;         /* asked so far */
	char transcript[8192]; /* "off:Password: |error:Denied.|" */
};

struct fake_data {
	const char *name;
	void *data;
	void (*cleanup)(pam_handle_t *pamh, void *data, int status);
};

struct fake_account {
	const char *name;
	uid_t uid;
};

struct pam_handle {
	char *items[16];
	struct pam_conv conversation;
	bool has_conversation;
	char *variables[8];
	struct fake_data data[8];
	unsigned int fail_delay_us;
	char log[8192];
	struct fake_account accounts[8];
	int system_errno; /* not 0: the name service breaks so */
	int n_lookups;    /* in the name service */
	struct passwd entry;
	struct fake_user person;
};

void fake_pam_init(struct pam_handle *pam);
/* Frees, and calls the cleanups, as pam_end() does. */
void fake_pam_deinit(struct pam_handle *pam);
/* Sets without libpam's rules; NULL unsets. */
void fake_pam_item(struct pam_handle *pam, int type, const char *value);
void fake_pam_variable(struct pam_handle *pam, const char *variable);
const char *fake_pam_data(const struct pam_handle *pam, const char *name);
