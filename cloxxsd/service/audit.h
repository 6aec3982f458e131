/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Audit: handlers of nl.cloxxs.Audit that stand in files of their own: who
 * reads (audit_search.c), who proves (audit_verify.c), the unit that looks for
 * records in the journal (audit_journal.c), and what is kept, and under which
 * name (audit_retention.c).
 */

#include "cloxxsd/service/service.h"

extern const struct varlink_parameter audit_search_parameters[];
extern const struct varlink_parameter audit_reading_parameters[];
extern const struct varlink_parameter audit_verify_parameters[];
extern const struct varlink_parameter audit_seen_parameters[];
extern const struct varlink_parameter audit_hold_parameters[];
extern const struct varlink_parameter audit_release_parameters[];
extern const struct varlink_parameter audit_erase_parameters[];

int audit_search(struct varlink_call *call, json_t *parameters, void *service);
int audit_tell_reading(struct varlink_call *call, json_t *parameters,
		       void *service);
int audit_verify(struct varlink_call *call, json_t *parameters, void *service);
int audit_head(struct varlink_call *call, json_t *parameters, void *service);
int audit_unseen(struct varlink_call *call, json_t *parameters, void *service);
int audit_seen(struct varlink_call *call, json_t *parameters, void *service);
int audit_add_hold(struct varlink_call *call, json_t *parameters,
		   void *service);
int audit_list_holds(struct varlink_call *call, json_t *parameters,
		     void *service);
int audit_release_hold(struct varlink_call *call, json_t *parameters,
		       void *service);
int audit_erase_person(struct varlink_call *call, json_t *parameters,
		       void *service);

/* Answers nl.cloxxs.Audit.Invalid, with a sentence. */
must_check int audit_invalid(struct varlink_call *call, const char *parameter,
			     const char *message);
/* A record of what the caller did with the audit; false: it could not be
 * written, and the call was answered so. */
bool audit_tell(struct service *service, struct varlink_call *call,
		enum event event, enum record_result result,
		const char *details);
