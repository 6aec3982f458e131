/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * PAM judgement: what can come of one phase of a stack for a user of Cloxxs,
 * whatever the other modules say. It plays libpam's dispatcher over every
 * answer of every module but ours (pam_deny never agrees, pam_permit always
 * does, pam_rootok never for a user who is not root), so it finds a way round
 * us, where there is one, and cries wolf where only a module's honesty bars it.
 */

#include "cloxxsctl/doctor/pam_stack.h"

struct pam_judgement {
	const struct pam_line *ours;    /* the first line of pam_cloxxs */
	const struct pam_line *around;  /* ends in success, we were not asked */
	const struct pam_line *through; /* ends in success after a denial */
	enum pam_code denial;           /* that one */
	const struct pam_line *after;   /* pam_unix, asked after a denial */
	bool admits;                    /* our success can be the stack's */
};

#define PAM_OURS "pam_cloxxs.so"

must_check int pam_judge(const struct pam_stack *stack, enum pam_phase phase,
			 struct pam_judgement *ret_judgement);
