/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloxxsd/publish/acl.h"

#include <stdbool.h>
#include <sys/acl.h>

static void free_acl(acl_t *acl)
{
	if (*acl)
		acl_free(*acl);
}

/* Adds an entry; qualifier is a uid, or NULL. */
static int add_entry(acl_t *acl, acl_tag_t tag, const uid_t *qualifier,
		     bool reads, bool writes)
{
	acl_permset_t permissions;
	acl_entry_t entry;

	if (acl_create_entry(acl, &entry) < 0 ||
	    acl_set_tag_type(entry, tag) < 0 ||
	    (qualifier && acl_set_qualifier(entry, qualifier) < 0) ||
	    acl_get_permset(entry, &permissions) < 0 ||
	    (reads && acl_add_perm(permissions, ACL_READ) < 0) ||
	    (writes && acl_add_perm(permissions, ACL_WRITE) < 0))
		return -errno;
	return 0;
}

int acl_let_read(int fd, uid_t account)
{
	scope(free_acl) acl_t acl = acl_init(5);
	int r;

	if (!acl)
		return -errno;
	r = add_entry(&acl, ACL_USER_OBJ, NULL, true, true);
	if (r == 0)
		r = add_entry(&acl, ACL_USER, &account, true, false);
	if (r == 0)
		r = add_entry(&acl, ACL_GROUP_OBJ, NULL, false, false);
	if (r == 0)
		r = add_entry(&acl, ACL_MASK, NULL, true, false);
	if (r == 0)
		r = add_entry(&acl, ACL_OTHER, NULL, false, false);
	if (r == 0 && acl_set_fd(fd, acl) < 0)
		r = -errno;
	return r;
}
