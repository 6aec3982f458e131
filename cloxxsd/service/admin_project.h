/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Admin project: the methods of nl.cloxxs.Admin about projects, groups of users
 * and grants, and what they share.
 */

#include "cloxxsd/service/admin.h"
#include "cloxxsd/service/holder.h"

json_t *admin_project_json(const struct project *project);
json_t *admin_grant_json(const struct grant *grant, const char *holder,
			 const char *project);

/* Adds to a reply, which may be NULL, how many projects and grants there are,
 * and how their readers are served. NULL without memory, or an unreadable
 * store. */
json_t *admin_add_rights(struct service *service, json_t *reply);

/* The project of that name; false: answered. */
bool admin_take_project(struct service *service, struct varlink_call *call,
			const char *name, struct project *ret_project);

int admin_add_project(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_set_project(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_archive_project(struct varlink_call *call, json_t *parameters,
			  void *service);
int admin_reopen_project(struct varlink_call *call, json_t *parameters,
			 void *service);
int admin_delete_project(struct varlink_call *call, json_t *parameters,
			 void *service);
int admin_get_project(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_list_projects(struct varlink_call *call, json_t *parameters,
			void *service);

int admin_add_group(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_delete_group(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_list_groups(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_list_members(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_add_member(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_remove_member(struct varlink_call *call, json_t *parameters,
			void *service);

int admin_add_grant(struct varlink_call *call, json_t *parameters,
		    void *service);
int admin_remove_grant(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_list_grants(struct varlink_call *call, json_t *parameters,
		      void *service);

/* Many grants of one file: staged on the connection, then all or none. */
int admin_grants_begin(struct varlink_call *call, json_t *parameters,
		       void *service);
int admin_grants_put(struct varlink_call *call, json_t *parameters,
		     void *service);
int admin_grants_commit(struct varlink_call *call, json_t *parameters,
			void *service);

/* The review: who can do what, and what changed about it. */
int admin_list_rights(struct varlink_call *call, json_t *parameters,
		      void *service);
int admin_list_right_changes(struct varlink_call *call, json_t *parameters,
			     void *service);
